"""Agglomerative clustering."""

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin, clone

from rfcore import _core
from rfcore._arrays import require_count, require_moderate, validate_data
from rfcore.cluster.oracle import Oracle

LINKAGES = ("ward", "complete", "average", "single")


class Agglomerative(ClusterMixin, BaseEstimator):
    """Agglomerative clustering of rows by Euclidean distance.

    Parameters
    ----------
    n_clusters : int, default=2
        In [1, n].
    linkage : {"ward", "complete", "average", "single"}, default="ward"

    Attributes
    ----------
    labels_ : int32 array of shape (n,)
        Clusters 0 .. n_clusters - 1, numbered by their smallest row.
    children_ : int64 array of shape (n - 1, 2)
        Merge i joins these two nodes into node n + i; nodes below n are rows. Merges
        are sorted by height.
    distances_ : float64 array of shape (n - 1,)
        The heights of the merges, on SciPy's scale.
    n_features_in_ : int

    Notes
    -----
    Nearest-neighbor chains: O(n^2) time and one n x n matrix. Among pairs at the same
    distance the one with the smallest first row goes first, then the smallest second;
    single linkage may take equal distances in another order, which changes no
    partition between two different heights.

    *Differences from scikit-learn's AgglomerativeClustering.* The labels are the same
    up to names wherever distances are not tied; there is no connectivity, no other
    metric, and the whole tree is always built.

    References
    ----------
    Murtagh 1983, doi:10.1093/comjnl/26.4.354; Muellner 2011, arXiv:1109.2378.

    Examples
    --------
    >>> Agglomerative(2).fit([[0.0], [0.1], [5.0]]).labels_
    array([0, 0, 1], dtype=int32)
    """

    def __init__(self, n_clusters=2, *, linkage="ward"):
        self.n_clusters = n_clusters
        self.linkage = linkage

    def fit(self, X, y=None):
        """Build the tree of the rows of X and cut it.

        Parameters
        ----------
        X : array-like of shape (n, m)
            n >= 2.
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If X is not a finite matrix, n_clusters is not in [1, n], or the linkage is
            unknown.
        """
        X = self._validated(X)
        self.children_, heights = tree(self._distances(X), self.linkage)
        self.distances_ = np.sqrt(heights) if self.linkage == "ward" else heights
        self.labels_ = cut(self.children_, self.n_clusters)
        return self

    def _validated(self, X):
        X = validate_data(self, X, dtype=np.float64, order="C", ensure_min_samples=2)
        if self.linkage not in LINKAGES:
            raise ValueError(
                f"linkage={self.linkage!r} should be one of {', '.join(LINKAGES)}"
            )
        require_moderate(X)
        require_count("n_clusters", self.n_clusters)
        if self.n_clusters > len(X):
            raise ValueError(
                f"n_samples={len(X)} should be >= n_clusters={self.n_clusters}"
            )
        return X

    def _distances(self, X):
        distances = np.empty((len(X), len(X)))
        _core.self_distances(X, self.linkage == "ward", distances)
        return distances

    def _prepare(self, X):
        return AgglomerativeOracle(clone(self), X)


class AgglomerativeOracle(Oracle):
    """Answers for `Agglomerative` with the distances computed once.

    Questions about one row are answered by inserting it into the dendrogram of the
    other rows, which is kept for the row that was asked about last; questions about
    several rows, or where rounding would decide, by a new dendrogram.

    Attributes
    ----------
    n_rebuilt : int
        Questions that took a new dendrogram.
    """

    def __init__(self, estimator, X):
        X = estimator._validated(X)
        self.estimator = estimator
        self.n_rebuilt = 0
        self._linkage = estimator.linkage
        self._n_clusters = estimator.n_clusters
        self._distances = estimator._distances(X)
        self._prepared_row = None
        children, _ = tree(self._distances.copy(), self._linkage)
        super().__init__(X, cut(children, self._n_clusters))

    def _replace_rows(self, t, rows):
        labels = np.empty((len(rows), len(self.X)), dtype=np.int32)
        rule = self._linkage, self._n_clusters
        if len(t) == 1 and self._prepare_row(int(t[0])):
            self.n_rebuilt += _core.linkage_insert_row(
                self.X,
                self._distances,
                int(t[0]),
                rows[:, 0],
                *rule,
                *self._others,
                labels,
            )
        else:
            self.n_rebuilt += len(rows)
            _core.linkage_replace_rows(self.X, self._distances, t, rows, *rule, labels)
        return labels

    def _prepare_row(self, t):
        """Whether the dendrogram of the rows but t is clear enough to insert into."""
        if self._prepared_row != t:
            n = len(self.X)
            self._prepared_row = None
            pairs = np.empty((n - 2, 2), dtype=np.int64)
            self._others = pairs, np.empty(n - 2), np.empty((n - 2, n))
            self._clear = _core.prepare_insertion(
                self._distances, t, self._linkage, *self._others
            )
            self._prepared_row = t
        return self._clear


def tree(distances, linkage):
    """Merges and heights of a distance matrix, which is overwritten."""
    n = len(distances)
    children = np.empty((n - 1, 2), dtype=np.int64)
    heights = np.empty(n - 1)
    _core.linkage(distances, linkage, children, heights)
    return children, heights


def cut(children, n_clusters):
    """Labels of the partition into n_clusters."""
    labels = np.empty(len(children) + 1, dtype=np.int32)
    _core.cut_tree(children, n_clusters, labels)
    return labels
