"""Spectral clustering, and the steps that it shares with the fair one."""

import functools
import hashlib
import inspect
import warnings

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils import check_random_state

from rfcore import _core
from rfcore._arrays import require_count, require_moderate, validate_data
from rfcore.cluster.graph import neighbor_graph, require_neighbors
from rfcore.cluster.laplacian import Laplacian
from rfcore.errors import ConvergenceWarning

# scikit-learn's limits for one start of k-means.
_MAX_ITER = 300
_TOL = 1e-4

# A larger residual, relative to a bound on the eigenvalues, is warned of.
_LARGEST_RESIDUAL = 1e-8


class SpectralClustering(ClusterMixin, BaseEstimator):
    """k-means on the lowest eigenvectors of a neighbor graph's Laplacian.

    Parameters
    ----------
    n_clusters : int, default=8
        In [1, n].
    n_neighbors : int, default=10
        Of the graph, in [1, n): two rows are joined where one is among the nearest of
        the other, with weight 1.
    metric : {"euclidean", "manhattan"}, default="euclidean"
        What makes neighbors near.
    normalized : bool, default=False
        Whether the Laplacian is D^(-1/2) (D - W) D^(-1/2) and not D - W; then the rows
        of D^(-1/2) h are clustered for its eigenvectors h.
    n_init : int, default=10
        Starts of k-means.
    random_state : int, RandomState or None, default=None
        Of k-means.
    affinity : str or callable, default="nearest_neighbors"
        "nearest_neighbors", "precomputed" (X are affinities (n, n)),
        "precomputed_nearest_neighbors", "rbf", or another kernel of
        `sklearn.metrics.pairwise.pairwise_kernels`.
    gamma, degree, coef0, kernel_params : default=1.0, 3, 1, None
        Of the kernel.
    n_components : int or None, default=None
        Eigenvectors that are clustered; None takes n_clusters.
    assign_labels : {"kmeans", "discretize", "cluster_qr"}, default="kmeans"
        How rows of eigenvectors become clusters.
    eigen_solver : {None, "arpack", "lobpcg", "amg"}, default=None
        None is rfcore's own, by a factor of the Laplacian, where the graph is one of
        neighbors; "amg" needs pyamg.
    eigen_tol : float or "auto", default="auto"
        Of the other solvers.
    n_jobs, verbose : default=None, False
        Of scikit-learn's code.

    Attributes
    ----------
    labels_ : int32 array of shape (n,)
    cluster_centers_ : float64 array of shape (n_clusters, m)
        The mean of the rows of each cluster, in units of X. A row may be nearer to
        another cluster's mean: `labels_` come from the eigenvectors.
    embedding_ : float64 array of shape (n, n_clusters)
        What k-means clustered.
    eigenvalues_ : float64 array of shape (n_clusters,)
        Ascending, >= 0 up to rounding.
    residual_ : float
        The largest norm of L h - theta h.
    n_components_ : int
        Connected components of the graph; more than one is normal.
    inertia_ : float
        Of k-means.
    affinity_matrix_ : sparse matrix or ndarray of shape (n, n)
        The graph.
    n_features_in_ : int

    Notes
    -----
    Whatever is asked for beside a neighbor graph, k-means and as many eigenvectors as
    clusters is done by scikit-learn's own code, on the normalized Laplacian; then there
    are `labels_` and `affinity_matrix_` alone.

    Labels depend on the span of the eigenvectors alone, so they are defined wherever
    eigenvalue k is below eigenvalue k + 1; `rfcore.cluster.laplacian` says what is
    taken where more than k eigenvalues are 0. The graph of the last data is kept in
    memory, so a fit of the same rows under another seed does not build it again.

    A residual above 1e-8 times a bound on the eigenvalues of L gives a
    ConvergenceWarning.

    *Differences from scikit-learn's SpectralClustering.* Theirs is normalized, and its
    graph averages A and A' where this one takes the larger; a row is its own neighbor
    there. Theirs has no centers.

    References
    ----------
    von Luxburg 2007, doi:10.1007/s11222-007-9033-z, section 4. Thesis 3.1.4.

    Examples
    --------
    >>> X = np.array([[0.0], [0.1], [0.2], [5.0], [5.1], [5.2]])
    >>> spectral = SpectralClustering(2, n_neighbors=2, random_state=0).fit(X)
    >>> np.sort(spectral.cluster_centers_, axis=0).round(6).tolist()
    [[0.1], [5.1]]
    """

    def __init__(
        self,
        n_clusters=8,
        *,
        n_neighbors=10,
        metric="euclidean",
        normalized=False,
        n_init=10,
        random_state=None,
        affinity="nearest_neighbors",
        gamma=1.0,
        degree=3,
        coef0=1,
        kernel_params=None,
        n_components=None,
        assign_labels="kmeans",
        eigen_solver=None,
        eigen_tol="auto",
        n_jobs=None,
        verbose=False,
    ):
        self.n_clusters = n_clusters
        self.n_neighbors = n_neighbors
        self.metric = metric
        self.normalized = normalized
        self.n_init = n_init
        self.random_state = random_state
        self.affinity = affinity
        self.gamma = gamma
        self.degree = degree
        self.coef0 = coef0
        self.kernel_params = kernel_params
        self.n_components = n_components
        self.assign_labels = assign_labels
        self.eigen_solver = eigen_solver
        self.eigen_tol = eigen_tol
        self.n_jobs = n_jobs
        self.verbose = verbose

    def fit(self, X, y=None):
        """Cluster the rows of X.

        Parameters
        ----------
        X : array-like of shape (n, m)
            Computed with as float64.
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
            If the eigenvectors are not exact.
        """
        if not self._is_plain() or issparse(X):
            return self._fit_by_scikit_learn(X)
        X = self._validated(X)
        graph = self.n_neighbors, self.metric, self.normalized
        laplacian = prepared_laplacian(X, self.n_clusters, *graph, n_kept=0)
        H, self.eigenvalues_, self.residual_ = laplacian.lowest(np.empty((len(X), 0)))
        warn_of_residual(self.residual_, laplacian.bound)
        self.embedding_ = H / laplacian.weights[:, None]
        uniforms = embedding_uniforms(self.n_clusters, self.n_init, self.random_state)
        self.labels_, self.inertia_ = cluster_embedding(self.embedding_, uniforms)
        self.cluster_centers_ = cluster_means(X, self.labels_, self.n_clusters)
        self.n_components_ = laplacian.n_components
        self.affinity_matrix_ = laplacian.graph
        return self

    def _is_plain(self):
        """Whether nothing is asked for that rfcore does not do itself."""
        return (
            isinstance(self.affinity, str)
            and self.affinity == "nearest_neighbors"
            and self.assign_labels == "kmeans"
            and self.eigen_solver is None
            and self.n_components in (None, self.n_clusters)
        )

    def _fit_by_scikit_learn(self, X):
        from sklearn.cluster import SpectralClustering as OfScikitLearn

        names = inspect.signature(OfScikitLearn).parameters
        options = {k: v for k, v in self.get_params().items() if k in names}
        found = OfScikitLearn(**options).fit(X)
        self.labels_ = found.labels_.astype(np.int32)
        self.affinity_matrix_ = found.affinity_matrix_
        self.n_features_in_ = found.n_features_in_
        return self

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        words = ("precomputed", "precomputed_nearest_neighbors")
        tags.input_tags.pairwise = self.affinity in words
        tags.input_tags.sparse = True
        return tags

    def _validated(self, X):
        X = validate_data(self, X, dtype=np.float64, order="C")
        require_moderate(X)
        for name in ("n_clusters", "n_init"):
            require_count(name, getattr(self, name))
        if self.n_clusters > len(X):
            raise ValueError(
                f"n_samples={len(X)} should be >= n_clusters={self.n_clusters}"
            )
        require_neighbors(len(X), self.n_neighbors, self.metric)
        return X


def prepared_laplacian(X, k, n_neighbors, metric, normalized, n_kept=None):
    """The Laplacian of rows; the last one is kept, for refits under other seeds.

    Parameters
    ----------
    X : float64 array of shape (n, m)
        C-ordered.
    k : int
        Eigenvectors that will be asked for.
    n_neighbors : int
    metric : str
    normalized : bool
    n_kept : int or None, default=None
        As for `Laplacian`.

    Returns
    -------
    Laplacian
    """
    return _laplacian(_Rows(X), k, n_neighbors, metric, normalized, n_kept)


class _Rows:
    """Rows that are equal where their bytes are."""

    def __init__(self, X):
        self.X = X
        self.key = X.shape, hashlib.blake2b(X).digest()

    def __hash__(self):
        return hash(self.key)

    def __eq__(self, other):
        return self.key == other.key


@functools.lru_cache(maxsize=1)
def _laplacian(rows, k, n_neighbors, metric, normalized, n_kept):
    W = neighbor_graph(rows.X, n_neighbors, metric)
    return Laplacian(W, k, normalized=normalized, n_kept=n_kept)


def warn_of_residual(residual, bound):
    """Warn where eigenvectors are not exact.

    Parameters
    ----------
    residual : float
    bound : float
        On the eigenvalues.
    """
    if residual > _LARGEST_RESIDUAL * bound:
        warnings.warn(
            f"the eigenvectors leave a residual of {residual:.3g}, more than "
            f"{_LARGEST_RESIDUAL:g} times {bound:g}",
            ConvergenceWarning,
            stacklevel=4,
        )


def embedding_uniforms(k, n_init, random_state):
    """What k-means draws for its starts, (n_init, u) in [0, 1).

    Parameters
    ----------
    k, n_init : int
    random_state : int, RandomState or None

    Returns
    -------
    float64 array of shape (n_init, u)
    """
    shape = (n_init, _core.seeding_uniforms(k))
    return check_random_state(random_state).random_sample(shape)


def cluster_embedding(H, uniforms):
    """k-means of eigenvectors into as many clusters.

    Parameters
    ----------
    H : float64 array of shape (n, k)
    uniforms : float64 array of shape (r, u)

    Returns
    -------
    labels : int32 array of shape (n,)
        None of the k clusters is empty: k independent columns have k different rows.
    inertia : float
    """
    H = np.ascontiguousarray(H)
    n, k = H.shape
    labels = np.empty(n, dtype=np.int32)
    centers, none = np.empty((k, k)), np.empty((0, k, k))
    inertia, _, _ = _core.lloyd(H, none, uniforms, k, _MAX_ITER, _TOL, centers, labels)
    return labels, inertia


def cluster_means(X, labels, k):
    """The mean of the rows of each cluster.

    Parameters
    ----------
    X : float64 array of shape (n, m)
    labels : int32 array of shape (n,)
        Each of 0 .. k - 1 occurs.
    k : int

    Returns
    -------
    float64 array of shape (k, m)
    """
    sizes = np.bincount(labels, minlength=k)
    sums = [np.bincount(labels, column, k) for column in X.T]
    return np.stack(sums, axis=1) / sizes[:, None]
