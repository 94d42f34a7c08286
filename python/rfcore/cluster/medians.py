"""Clustering around centers that are rows of the data: k-median and k-center."""

import warnings

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin, clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from rfcore import _core
from rfcore._arrays import require_count, require_moderate, validate_data
from rfcore.cluster.oracle import Oracle
from rfcore.errors import ConvergenceWarning


class _AroundRows(ClusterMixin, BaseEstimator):
    """What the two share: checks, the nearest center, the warning of empty clusters."""

    _counts = ("n_clusters", "n_init")

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
        X = validate_data(self, X, dtype=np.float64, order="C", reset=False)
        return nearest(X, self.cluster_centers_)[0]

    def _validated(self, X):
        X = validate_data(self, X, dtype=np.float64, order="C")
        require_moderate(X)
        for name in self._counts:
            require_count(name, getattr(self, name))
        if self.n_clusters > len(X):
            raise ValueError(
                f"n_samples={len(X)} should be >= n_clusters={self.n_clusters}"
            )
        return X

    def _warn_of_empty(self):
        used = len(np.unique(self.labels_))
        if used < self.n_clusters:
            warnings.warn(
                f"{used} distinct clusters found, n_clusters={self.n_clusters} asked",
                ConvergenceWarning,
                stacklevel=3,
            )


class KMedian(_AroundRows):
    """k-median with centers among the rows, by swaps from several random starts.

    The sum of the Euclidean distances of the rows to their nearest centers is made
    small; squares are not taken, so far rows pull less than in k-means.

    Parameters
    ----------
    n_clusters : int, default=8
        In [1, n].
    n_init : int, default=10
        Starts; the one with the lowest cost is kept.
    max_iter : int, default=100
        Rounds through all rows as candidates of one start, >= 1.
    random_state : int, RandomState or None, default=None

    Attributes
    ----------
    cluster_centers_ : float64 array of shape (n_clusters, m)
        Rows of X.
    medoid_indices_ : int64 array of shape (n_clusters,)
        Which; all different.
    labels_ : int32 array of shape (n,)
        The nearest center of each row; the lowest of equals.
    cost_ : float
        Sum of distances to those centers, in units of X.
    n_iter_ : int
        Rounds that the kept start began.
    n_features_in_ : int

    Notes
    -----
    A start ends where no swap of one center for another row lowers the cost, or after
    max_iter rounds. Distances of up to 2048 rows are kept (32 MiB); those of more are
    computed for each candidate anew.

    *Differences from the paper and the authors' code.* The swaps are FasterPAM's: each
    row in turn is a candidate and takes the best center's place at once where that
    lowers the cost. The first center is drawn evenly and the others by the distance to
    the nearest one so far, in place of BUILD or of an even draw. Candidates come in
    the order of the rows. The change of a swap is summed over the points that the
    candidate attracts and over the cluster that loses its center, without keeping the
    losses of removals: those are large where clusters are far apart, and cancel. A
    swap has to lower the cost by more than a share of 1e-12.

    References
    ----------
    Schubert and Rousseeuw 2021, doi:10.1016/j.is.2021.101804, algorithm 3.

    Examples
    --------
    >>> KMedian(2, random_state=0).fit([[0.0], [1.0], [9.0], [3.0]]).cost_
    3.0
    """

    _counts = ("n_clusters", "n_init", "max_iter")

    def __init__(self, n_clusters=8, *, n_init=10, max_iter=100, random_state=None):
        self.n_clusters = n_clusters
        self.n_init = n_init
        self.max_iter = max_iter
        self.random_state = random_state

    def fit(self, X, y=None):
        """Cluster the rows of X.

        Parameters
        ----------
        X : array-like of shape (n, m)
            Becomes float64.
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If X is not a finite matrix, or a parameter is outside its range.
        TypeError
            If a count is not an integer.

        Warns
        -----
        ConvergenceWarning
            If fewer than n_clusters clusters have rows, since rows are equal.
        """
        X = self._validated(X)
        self.medoid_indices_ = np.empty(self.n_clusters, dtype=np.int64)
        self.labels_ = np.empty(len(X), dtype=np.int32)
        self.cost_, self.n_iter_ = _core.k_medoids(
            X,
            np.arange(len(X)),
            self._uniforms(),
            self.max_iter,
            self.medoid_indices_,
            self.labels_,
        )
        self.cluster_centers_ = X[self.medoid_indices_]
        self._warn_of_empty()
        return self

    def _uniforms(self):
        rng = check_random_state(self.random_state)
        return rng.random_sample((self.n_init, self.n_clusters))

    def _prepare(self, X):
        return KMedianOracle(clone(self), X)


class KMedianOracle(Oracle):
    """Answers for `KMedian`: the same uniforms, distances of moved rows alone.

    With `random_state=None` the uniforms are drawn once, when the oracle is made.
    """

    def __init__(self, estimator, X):
        X = estimator._validated(X)
        self.estimator = estimator
        self._plan = estimator._uniforms(), estimator.max_iter
        labels = np.empty(len(X), dtype=np.int32)
        medoids = np.empty(estimator.n_clusters, dtype=np.int64)
        _core.k_medoids(X, np.arange(len(X)), *self._plan, medoids, labels)
        super().__init__(X, labels)

    def _replace_rows(self, t, rows):
        b, k = len(rows), self._plan[0].shape[1]
        labels = np.empty((b, len(self.X)), dtype=np.int32)
        medoids, cost = np.empty((b, k), dtype=np.int64), np.empty(b)
        _core.k_medoids_replace_rows(
            self.X, t, rows, *self._plan, medoids, labels, cost
        )
        return labels


class KCenter(_AroundRows):
    """k-center by farthest-first traversal: the largest distance to a center is small.

    The radius is at most twice the least that any n_clusters centers give, be they
    rows or not, from each start.

    Parameters
    ----------
    n_clusters : int, default=8
        In [1, n].
    n_init : int, default=1
        Starts; the one with the smallest radius is kept, the first of equals.
    random_state : int, RandomState or None, default=None
        Draws the first center of each start.

    Attributes
    ----------
    cluster_centers_ : float64 array of shape (n_clusters, m)
        Rows of X, in the order of the traversal.
    center_indices_ : int64 array of shape (n_clusters,)
        Which; row 0 is named again where all rows equal centers already.
    labels_ : int32 array of shape (n,)
        The nearest center of each row; the lowest of equals.
    radius_ : float
        The largest distance of a row to its center, in units of X.
    n_features_in_ : int

    Notes
    -----
    *Differences from the paper and the authors' code.* The first center is drawn, and
    the best of several starts may be kept. The lowest of equally far rows is the next
    center, and labels are those of the nearest centers in the end, the lowest of
    equals, where the paper moves rows as centers come. There is no authors' code.

    References
    ----------
    Gonzalez 1985, doi:10.1016/0304-3975(85)90224-5.

    Examples
    --------
    >>> KCenter(2, random_state=0).fit([[0.0], [1.0], [9.0]]).radius_
    1.0
    """

    def __init__(self, n_clusters=8, *, n_init=1, random_state=None):
        self.n_clusters = n_clusters
        self.n_init = n_init
        self.random_state = random_state

    def fit(self, X, y=None):
        """Cluster the rows of X.

        Parameters
        ----------
        X : array-like of shape (n, m)
            Becomes float64.
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If X is not a finite matrix, or a parameter is outside its range.
        TypeError
            If a count is not an integer.

        Warns
        -----
        ConvergenceWarning
            If fewer than n_clusters clusters have rows, since rows are equal.
        """
        X = self._validated(X)
        rng = check_random_state(self.random_state)
        least = np.inf
        for first in rng.randint(len(X), size=self.n_init):
            chosen, sq = np.empty(self.n_clusters, dtype=np.int64), np.empty(len(X))
            _core.farthest_first(X, first, chosen, sq)
            if sq.max() < least:
                least, self.center_indices_ = sq.max(), chosen
        self.cluster_centers_ = X[self.center_indices_]
        self.labels_, sq = nearest(X, self.cluster_centers_)
        self.radius_ = float(np.sqrt(sq.max()))
        self._warn_of_empty()
        return self


def nearest(X, centers):
    """The nearest center of each row and the squared distance to it, (n,) each."""
    labels, sq = np.empty(len(X), dtype=np.int32), np.empty(len(X))
    _core.assign_nearest(X, centers, labels, sq)
    return labels, sq
