"""Clustering around centers: k-means."""

import warnings

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin, clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from rfcore import _core
from rfcore._arrays import require_count, require_moderate, validate_data
from rfcore.cluster.appended import WarmRows
from rfcore.cluster.oracle import Oracle
from rfcore.errors import ConvergenceWarning


class KMeans(ClusterMixin, BaseEstimator):
    """k-means by Lloyd's iterations from several k-means++ starts.

    Parameters
    ----------
    n_clusters : int, default=8
        In [1, n].
    n_init : int, default=10
        Starts; the one with the lowest inertia is kept. Ignored where `init` gives
        the centers.
    init : "k-means++" or array-like of shape (n_clusters, m), default="k-means++"
    max_iter : int, default=300
        Steps of one run, >= 1.
    tol : float, default=1e-4
        A run ends when the squared moves of the centers sum to at most tol times the
        mean of the features' variances, or earlier when no label changes.
    random_state : int, RandomState or None, default=None

    Attributes
    ----------
    cluster_centers_ : float64 array of shape (n_clusters, m)
    labels_ : int32 array of shape (n,)
        The nearest center of each row; the lowest of equals.
    inertia_ : float
        Sum of squared distances to those centers, in squared units of X.
    n_iter_ : int
        Steps of the run that was kept.
    n_features_in_ : int

    Notes
    -----
    *Differences from scikit-learn's KMeans.* From the same centers the labels are the
    same. The k-means++ draws come from other random numbers: one call for
    (n_init, 1 + (k - 1) (2 + floor(log k))) uniforms, so that a start can be repeated
    on changed data. Distances are sums of squared differences, so an offset of the
    data costs no digits. Where a step leaves clusters empty they take the farthest
    rows one after the other, and never the only row of a cluster; scikit-learn takes
    all at once. There are no sample weights and no sparse input.

    References
    ----------
    Lloyd 1982, doi:10.1109/TIT.1982.1056489; Arthur and Vassilvitskii 2007.

    Examples
    --------
    >>> KMeans(2, random_state=0).fit([[0.0], [0.1], [5.0]]).inertia_
    0.005000000000000001
    """

    def __init__(
        self,
        n_clusters=8,
        *,
        n_init=10,
        init="k-means++",
        max_iter=300,
        tol=1e-4,
        random_state=None,
    ):
        self.n_clusters = n_clusters
        self.n_init = n_init
        self.init = init
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state

    def fit(self, X, y=None):
        """Cluster the rows of X.

        Parameters
        ----------
        X : array-like of shape (n, m)
            float32 stays float32; all else becomes float64.
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If X is not a finite matrix, or a parameter is outside its range.

        Warns
        -----
        ConvergenceWarning
            If fewer than n_clusters clusters have rows.
        """
        X = self._validated(X)
        starts, uniforms = self._starts(X)
        self.cluster_centers_ = np.empty((self.n_clusters, X.shape[1]))
        self.labels_ = np.empty(len(X), dtype=np.int32)
        self.inertia_, self.n_iter_, _ = _core.lloyd(
            X,
            starts,
            uniforms,
            self.n_clusters,
            self.max_iter,
            self.tol,
            self.cluster_centers_,
            self.labels_,
        )
        used = np.count_nonzero(np.bincount(self.labels_))
        if used < self.n_clusters:
            warnings.warn(
                f"{used} distinct clusters found, n_clusters={self.n_clusters} asked",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self

    def predict(self, X):
        """The nearest center of each row.

        Parameters
        ----------
        X : array-like of shape (n, m)

        Returns
        -------
        int32 array of shape (n,)
        """
        check_is_fitted(self)
        X = validate_data(
            self, X, dtype=[np.float64, np.float32], order="C", reset=False
        )
        labels = np.empty(len(X), dtype=np.int32)
        _core.assign_nearest(X, self.cluster_centers_, labels, np.empty(len(X)))
        return labels

    def _validated(self, X):
        X = validate_data(
            self,
            X,
            dtype=[np.float64, np.float32],
            order="C",
            ensure_all_finite=False,
        )
        require_moderate(X)
        for name in ("n_clusters", "n_init", "max_iter"):
            require_count(name, getattr(self, name))
        if self.n_clusters > len(X):
            raise ValueError(
                f"n_samples={len(X)} should be >= n_clusters={self.n_clusters}"
            )
        if not self.tol >= 0:
            raise ValueError(f"tol={self.tol} should be >= 0")
        return X

    def _starts(self, X):
        """Explicit centers (r, k, m) and uniforms (r, u); one of them has r = 0."""
        k, m = self.n_clusters, X.shape[1]
        if isinstance(self.init, str):
            if self.init != "k-means++":
                raise ValueError(
                    f"init={self.init!r} should be 'k-means++' or an array of centers"
                )
            rng = check_random_state(self.random_state)
            shape = (self.n_init, _core.seeding_uniforms(k))
            return np.empty((0, k, m)), rng.random_sample(shape)
        centers = np.ascontiguousarray(self.init, dtype=np.float64)
        if centers.shape != (k, m):
            raise ValueError(f"init.shape={centers.shape} should be {(k, m)}")
        if not np.isfinite(centers).all():
            raise ValueError("init should be finite")
        return centers[None], np.empty((0, 0))

    def _prepare(self, X):
        return KMeansOracle(clone(self), X)


class KMeansOracle(Oracle):
    """Answers for `KMeans`: the same uniforms, the seeding recomputed.

    With `random_state=None` the uniforms are drawn once, when the oracle is made. What
    `append_rows` prepares for warm centers is kept for those that it got last.

    Attributes
    ----------
    n_refits : int
        Questions of `append_rows` from warm centers that took a whole run of Lloyd.
    """

    def __init__(self, estimator, X):
        X = estimator._validated(X).astype(np.float64, copy=False)
        self._starts = estimator._starts(X)
        self._rule = estimator.n_clusters, estimator.max_iter, estimator.tol
        centers = np.empty((estimator.n_clusters, X.shape[1]))
        labels = np.empty(len(X), dtype=np.int32)
        _core.lloyd(X, *self._starts, *self._rule, centers, labels)
        super().__init__(X, labels)
        self.n_refits = 0
        self._warm = None

    def _append_rows(self, V, init):
        k, *stop = self._rule
        starts, uniforms = self._starts
        if init is None and len(starts) == 0:
            centers = np.empty((len(V), k, self.X.shape[1]))
            labels = np.empty((len(V), len(self.X)), dtype=np.int32)
            _core.lloyd_append_rows(
                self.X, V, starts, uniforms, *self._rule, centers, labels
            )
            return centers, labels
        init = starts[0] if init is None else init
        if len(init) != k:
            raise ValueError(f"init.shape[0]={len(init)} should be {k}")
        if self._warm is None or not np.array_equal(init, self._warm.centers):
            self._warm = WarmRows(self.X, init)
        centers, labels, n_refits = self._warm.append(V, *stop)
        self.n_refits += n_refits
        return centers, labels

    def _replace_rows(self, t, rows):
        b, (n, m), k = len(rows), self.X.shape, self._rule[0]
        labels = np.empty((b, n), dtype=np.int32)
        _core.lloyd_replace_rows(
            self.X,
            t,
            rows,
            *self._starts,
            *self._rule,
            labels,
            np.empty((b, k, m)),
            np.empty(b),
        )
        return labels
