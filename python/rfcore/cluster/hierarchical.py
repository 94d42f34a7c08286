"""Agglomerative clustering."""

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin, clone

from rfcore import _core
from rfcore._arrays import require_count, require_moderate, validate_data
from rfcore.cluster.oracle import GenericOracle, Oracle

LINKAGES = ("ward", "complete", "average", "single")


class Agglomerative(ClusterMixin, BaseEstimator):
    """Agglomerative clustering of rows by their distances.

    Parameters
    ----------
    n_clusters : int or None, default=2
        In [1, n]; None with a `distance_threshold`.
    linkage : {"ward", "complete", "average", "single"}, default="ward"
    metric : str or callable, default="euclidean"
        Of `sklearn.metrics.pairwise_distances`; "precomputed" says that X are distances
        (n, n). Ward's method takes "euclidean" alone.
    distance_threshold : float or None, default=None
        Merges at or above this height are undone, in place of a number of clusters.
    connectivity : array-like or sparse matrix of shape (n, n), callable, default=None
        Which rows may be merged first, say a neighbor graph; a callable gives it for X.
        None lets all merge.
    compute_full_tree : "auto" or bool, default="auto"
        With `connectivity`, whether the tree goes on above n_clusters; without, the
        whole tree is there in any case.
    compute_distances : bool, default=False
        With `connectivity`, whether heights are kept; without, they are in any case.
    memory : str, joblib.Memory or None, default=None
        Where trees under `connectivity` are cached.

    Attributes
    ----------
    n_clusters_ : int
    labels_ : int32 array of shape (n,)
        Clusters 0 .. n_clusters - 1, numbered by their smallest row.
    children_ : int64 array of shape (n - 1, 2)
        Merge i joins these two nodes into node n + i; nodes below n are rows. Merges
        are sorted by height.
    distances_ : float64 array of shape (n - 1,)
        The heights of the merges, on SciPy's scale.
    n_leaves_ : int
        The number of rows.
    n_connected_components_ : int
        Of the graph, which is joined where they are more than one; 1 without.
    n_features_in_ : int

    Notes
    -----
    Nearest-neighbor chains: O(n^2) time and one n x n matrix. Among pairs at the same
    distance the one with the smallest first row goes first, then the smallest second;
    single linkage may take equal distances in another order, which changes no
    partition between two different heights.

    *Differences from scikit-learn's AgglomerativeClustering.* The labels are the same
    up to names wherever distances are not tied. A tree under `connectivity` is that of
    scikit-learn's own code.

    References
    ----------
    Murtagh 1983, doi:10.1093/comjnl/26.4.354; Muellner 2011, arXiv:1109.2378.

    Examples
    --------
    >>> Agglomerative(2).fit([[0.0], [0.1], [5.0]]).labels_
    array([0, 0, 1], dtype=int32)
    """

    def __init__(
        self,
        n_clusters=2,
        *,
        linkage="ward",
        metric="euclidean",
        distance_threshold=None,
        connectivity=None,
        compute_full_tree="auto",
        compute_distances=False,
        memory=None,
    ):
        self.n_clusters = n_clusters
        self.linkage = linkage
        self.metric = metric
        self.distance_threshold = distance_threshold
        self.connectivity = connectivity
        self.compute_full_tree = compute_full_tree
        self.compute_distances = compute_distances
        self.memory = memory

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
            If X is not a finite matrix, n_clusters is not in [1, n], not exactly one of
            it and distance_threshold is given, the linkage is unknown, or the metric
            does not go with it.
        """
        X = self._validated(X)
        if self.connectivity is not None:
            return self._fit_by_scikit_learn(X)
        self.children_, heights = tree(self._distances(X), self.linkage)
        self.distances_ = np.sqrt(heights) if self.linkage == "ward" else heights
        self.n_leaves_, self.n_connected_components_ = len(X), 1
        self.n_clusters_ = self.n_clusters
        if self.distance_threshold is not None:
            self.n_clusters_ = 1 + int(
                np.count_nonzero(self.distances_ >= self.distance_threshold)
            )
        self.labels_ = cut(self.children_, self.n_clusters_)
        return self

    def _fit_by_scikit_learn(self, X):
        from sklearn.cluster import AgglomerativeClustering

        found = AgglomerativeClustering(**self.get_params()).fit(X)
        names = ("children_", "distances_", "labels_", "n_clusters_", "n_leaves_")
        for name in (*names, "n_connected_components_"):
            if hasattr(found, name):
                setattr(self, name, getattr(found, name))
        return self

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.pairwise = self.metric == "precomputed"
        return tags

    def _validated(self, X):
        X = validate_data(self, X, dtype=np.float64, order="C", ensure_min_samples=2)
        if self.linkage not in LINKAGES:
            raise ValueError(
                f"linkage={self.linkage!r} should be one of {', '.join(LINKAGES)}"
            )
        require_moderate(X)
        if (self.n_clusters is None) == (self.distance_threshold is None):
            raise ValueError(
                "Exactly one of n_clusters and distance_threshold has to be set, not "
                f"n_clusters={self.n_clusters!r}, "
                f"distance_threshold={self.distance_threshold!r}"
            )
        if self.n_clusters is not None:
            require_count("n_clusters", self.n_clusters)
            if self.n_clusters > len(X):
                raise ValueError(
                    f"n_samples={len(X)} should be >= n_clusters={self.n_clusters}"
                )
        elif not self.compute_full_tree:
            raise ValueError(
                "compute_full_tree must be True if distance_threshold is set"
            )
        if self.linkage == "ward" and self.metric not in ("euclidean", "l2"):
            raise ValueError(
                f"metric={self.metric!r} should be 'euclidean' with linkage='ward'"
            )
        if self.metric == "precomputed" and X.shape[0] != X.shape[1]:
            raise ValueError(
                f"Distance matrix should be square, got matrix of shape {X.shape}"
            )
        return X

    def _distances(self, X):
        if self.metric == "precomputed":
            return X.copy()
        if self.metric not in ("euclidean", "l2"):
            from sklearn.metrics import pairwise_distances

            return np.ascontiguousarray(
                pairwise_distances(X, metric=self.metric), dtype=np.float64
            )
        distances = np.empty((len(X), len(X)))
        _core.self_distances(X, self.linkage == "ward", distances)
        return distances

    def _prepare(self, X):
        plain = self.metric == "euclidean" and self.connectivity is None
        if plain and self.distance_threshold is None:
            return AgglomerativeOracle(clone(self), X)
        return GenericOracle(clone(self), X)


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
