"""Clustering around centers: k-means."""

import warnings

import numpy as np
from scipy.sparse import issparse
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    ClusterMixin,
    TransformerMixin,
    clone,
)
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from rfcore import _core
from rfcore._arrays import require_count, require_moderate, validate_data
from rfcore._columns import require_same_rows
from rfcore.cluster.appended import WarmRows
from rfcore.cluster.oracle import GenericOracle, Oracle
from rfcore.errors import ConvergenceWarning


class KMeans(
    ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClusterMixin, BaseEstimator
):
    """k-means by Lloyd's iterations from several k-means++ starts.

    Parameters
    ----------
    n_clusters : int, default=8
        In [1, n].
    n_init : int or "auto", default=10
        Starts; the one with the lowest inertia is kept. Ignored where `init` gives
        the centers. "auto" is 1 for k-means++ and 10 for random starts.
    init : {"k-means++", "random"}, callable or array-like, default="k-means++"
        "random" are different rows; a callable ``init(X, n_clusters, random_state=)``
        and an array give centers (n_clusters, m).
    max_iter : int, default=300
        Steps of one run, >= 1.
    tol : float, default=1e-4
        A run ends when the squared moves of the centers sum to at most tol times the
        mean of the features' variances, or earlier when no label changes.
    random_state : int, RandomState or None, default=None
    algorithm : {"lloyd", "elkan"}, default="lloyd"
        Both words give the same answer by the same code: bounds are kept wherever they
        save time.
    copy_x : bool, default=True
        For scikit-learn's users. X is never written to.
    verbose : int, default=0
        Above 0 a fit prints a line when it is done.

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
    all at once. Sparse rows, and rows of unequal weights, are clustered by
    scikit-learn's own code from the same parameters, with its draws. `predict` takes
    the sparse rows too.

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
        algorithm="lloyd",
        copy_x=True,
        verbose=0,
    ):
        self.n_clusters = n_clusters
        self.n_init = n_init
        self.init = init
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state
        self.algorithm = algorithm
        self.copy_x = copy_x
        self.verbose = verbose

    def fit(self, X, y=None, sample_weight=None):
        """Cluster the rows of X.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n, m)
            float32 stays float32; all else becomes float64.
        y : ignored
        sample_weight : array-like of shape (n,) or None, default=None
            How much each row counts, >= 0; None and equal weights are the same.

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
        require_same_rows(X=X, sample_weight=sample_weight)
        X = self._validated(X, accept_sparse="csr")
        weights = None
        if sample_weight is not None:
            weights = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
        if issparse(X) or (weights is not None and np.ptp(weights) > 0):
            return self._fit_by_scikit_learn(X, weights)
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
        if weights is not None:
            self.inertia_ *= weights[0]
        if self.verbose:
            print(f"inertia {self.inertia_:g} after {self.n_iter_} steps")
        self._warn_of_empty()
        return self

    def _warn_of_empty(self):
        used = np.count_nonzero(np.bincount(self.labels_))
        if used < self.n_clusters:
            warnings.warn(
                f"{used} distinct clusters found, n_clusters={self.n_clusters} asked",
                ConvergenceWarning,
                stacklevel=3,
            )

    def fit_predict(self, X, y=None, sample_weight=None):
        """Cluster the rows of X and give their labels.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`.

        Returns
        -------
        int32 array of shape (n,)
        """
        return self.fit(X, sample_weight=sample_weight).labels_

    def predict(self, X):
        """The nearest center of each row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n, m)

        Returns
        -------
        int32 array of shape (n,)
        """
        return self._nearest(X)[0]

    def transform(self, X):
        """The distance of each row to each center.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n, m)

        Returns
        -------
        float64 array of shape (n, n_clusters)
            In units of X.
        """
        X = self._checked(X)
        if issparse(X):
            return np.sqrt(self._sparse_sq_distances(X))
        distances = np.empty((len(X), len(self.cluster_centers_)))
        # Centers in single precision would lose the digits that an offset leaves.
        X = X.astype(np.float64, copy=False)
        _core.pairwise_sq_distances(X, self.cluster_centers_, distances)
        return np.sqrt(distances)

    def score(self, X, y=None, sample_weight=None):
        """Minus the sum of squared distances to the nearest centers.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n, m)
        y : ignored
        sample_weight : array-like of shape (n,) or None, default=None

        Returns
        -------
        float
            In squared units of X.
        """
        require_same_rows(X=X, sample_weight=sample_weight)
        sq = self._nearest(X)[1]
        return -float(sq @ _check_sample_weight(sample_weight, X, dtype=np.float64))

    def _nearest(self, X):
        """Labels and squared distances."""
        X = self._checked(X)
        if issparse(X):
            sq = self._sparse_sq_distances(X)
            return sq.argmin(axis=1).astype(np.int32), sq.min(axis=1)
        labels, sq = np.empty(len(X), dtype=np.int32), np.empty(len(X))
        _core.assign_nearest(X, self.cluster_centers_, labels, sq)
        return labels, sq

    def _sparse_sq_distances(self, X):
        from sklearn.metrics.pairwise import euclidean_distances

        return euclidean_distances(X, self.cluster_centers_, squared=True)

    def _checked(self, X):
        check_is_fitted(self)
        dtypes = [np.float64, np.float32]
        return validate_data(
            self, X, dtype=dtypes, order="C", reset=False, accept_sparse="csr"
        )

    def _fit_by_scikit_learn(self, X, weights):
        from sklearn import cluster, exceptions

        options = {**self.get_params(), "n_init": self._n_starts()}
        with warnings.catch_warnings():
            # Of empty clusters, which are warned of below.
            warnings.simplefilter("ignore", exceptions.ConvergenceWarning)
            found = cluster.KMeans(**options).fit(X, sample_weight=weights)
        self.cluster_centers_ = found.cluster_centers_.astype(np.float64)
        self.labels_, self.inertia_ = found.labels_, float(found.inertia_)
        self.n_iter_ = found.n_iter_
        self._warn_of_empty()
        return self

    @property
    def _n_features_out(self):
        return len(self.cluster_centers_)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _n_starts(self):
        if not isinstance(self.init, str) and not callable(self.init):
            return 1
        if self.n_init == "auto":
            return 1 if self.init == "k-means++" else 10
        return self.n_init

    def _validated(self, X, accept_sparse=False):
        X = validate_data(
            self,
            X,
            dtype=[np.float64, np.float32],
            order="C",
            accept_sparse=accept_sparse,
            ensure_all_finite=issparse(X),
        )
        require_moderate(X.data if issparse(X) else X)
        counts = ["n_clusters", "max_iter"]
        for name in counts if self.n_init == "auto" else [*counts, "n_init"]:
            require_count(name, getattr(self, name))
        if self.n_clusters > X.shape[0]:
            raise ValueError(
                f"n_samples={X.shape[0]} should be >= n_clusters={self.n_clusters}"
            )
        if self.algorithm not in ("lloyd", "elkan"):
            raise ValueError(
                f"algorithm={self.algorithm!r} should be 'lloyd' or 'elkan'"
            )
        if not self.tol >= 0:
            raise ValueError(f"tol={self.tol} should be >= 0")
        return X

    def _starts(self, X):
        """Explicit centers (r, k, m) and uniforms (r, u); one of them has r = 0."""
        k, m = self.n_clusters, X.shape[1]
        rng = check_random_state(self.random_state)
        if isinstance(self.init, str) and self.init == "k-means++":
            shape = (self._n_starts(), _core.seeding_uniforms(k))
            return np.empty((0, k, m)), rng.random_sample(shape)
        starts = [self._start(X, rng) for _ in range(self._n_starts())]
        return np.stack(starts), np.empty((0, 0))

    def _start(self, X, rng):
        """Centers (k, m) by `init`, where that is not k-means++."""
        k, m = self.n_clusters, X.shape[1]
        if isinstance(self.init, str):
            if self.init != "random":
                raise ValueError(
                    f"init={self.init!r} should be 'k-means++', 'random', a callable "
                    "or an array of centers"
                )
            return X[rng.permutation(len(X))[:k]].astype(np.float64)
        own = self.init(X, k, random_state=rng) if callable(self.init) else self.init
        centers = np.ascontiguousarray(own, dtype=np.float64)
        if centers.shape != (k, m):
            raise ValueError(f"init.shape={centers.shape} should be {(k, m)}")
        if not np.isfinite(centers).all():
            raise ValueError("init should be finite")
        return centers

    def _prepare(self, X):
        # Starts that depend on the rows change with them.
        if callable(self.init) or np.array_equal(self.init, "random"):
            return GenericOracle(clone(self), X)
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
