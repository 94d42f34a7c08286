"""Fair spectral clustering: eigenvectors under a group constraint, then k-means."""

import numpy as np

from rfcore.cluster import FairOracle
from rfcore.cluster.graph import require_neighbors
from rfcore.cluster.spectral import (
    cluster_embedding,
    embedding_uniforms,
    prepared_laplacian,
    warn_of_residual,
)
from rfcore.fair.base import FairClusterer

# Starts of k-means on the eigenvectors.
_N_INIT = 10


class FairSpectral(FairClusterer):
    """Spectral clustering in which each group is spread over the clusters alike (FSC).

    The k lowest eigenvectors h of a neighbor graph's Laplacian are taken among those
    with F'h = 0, where column g of F is ``1[group of i = g] - n_g / n`` for all groups
    but the last; k-means on their rows gives the clusters. Were h an indicator of a
    cluster, F'h = 0 would say that the cluster holds each group in its overall share.

    Parameters
    ----------
    n_clusters : int
        In [1, n - l + 1] for l groups.
    n_neighbors : int, default=3
        Of the graph, in [1, n): two rows are joined where one is among the nearest of
        the other, with weight 1.
    metric : {"euclidean", "manhattan"}, default="euclidean"
        What makes neighbors near.
    normalized : bool, default=False
        Whether the Laplacian is D^(-1/2) (D - W) D^(-1/2); then the rows of
        D^(-1/2) h are clustered, for F'D^(-1/2) h = 0.
    random_state : int, RandomState or None, default=None
        Of k-means.

    Attributes
    ----------
    labels_ : int32 array of shape (n,)
    embedding_ : float64 array of shape (n, n_clusters)
        What k-means clustered.
    eigenvalues_ : float64 array of shape (n_clusters,)
        Ascending, >= 0 up to rounding.
    residual_ : float
        The largest norm of P L h - theta h, P the projection on F'h = 0.
    n_components_ : int
        Connected components of the graph; more than one is normal.
    inertia_ : float
        Of k-means.
    groups_ : ndarray of shape (l,)
        The names of the groups. One group alone is no constraint: this is then
        spectral clustering.
    n_features_in_ : int

    Notes
    -----
    The constraint is a projection, no null space is formed. Labels depend on the span
    of the eigenvectors alone, so they are defined wherever eigenvalue k is below
    eigenvalue k + 1; `rfcore.cluster.laplacian` says what is taken where more than k
    eigenvalues are 0. The graph of the last data is kept in memory, so a fit of the
    same rows under another seed or other groups does not build it again.

    A residual above 1e-8 times a bound on the eigenvalues of L gives a
    ConvergenceWarning.

    *Differences from the paper and the authors' code.* Theirs forms the null space of
    F' as a dense (n, n - l + 1) matrix and calls a dense eigensolver, which takes n^2
    memory and n^3 time; the eigenvectors agree up to a rotation. Their normalized
    variant constrains the same vectors. Theirs leaves the graph to the caller; the
    neighbor graph here is the thesis's.

    References
    ----------
    Kleindessner, Samadi, Awasthi and Morgenstern 2019, arXiv:1901.08668, algorithms 2
    and 3. Thesis 4.1.3.2.

    Examples
    --------
    >>> X = np.array([[0.0], [0.1], [0.2], [5.0], [5.1], [5.2]])
    >>> fair = FairSpectral(2, n_neighbors=2, random_state=0)
    >>> fair.fit(X, groups=[0, 1, 0, 0, 1, 0]).labels_.tolist() in (
    ...     [0, 0, 0, 1, 1, 1], [1, 1, 1, 0, 0, 0])
    True
    """

    def __init__(
        self,
        n_clusters,
        *,
        n_neighbors=3,
        metric="euclidean",
        normalized=False,
        random_state=None,
    ):
        self.n_clusters = n_clusters
        self.n_neighbors = n_neighbors
        self.metric = metric
        self.normalized = normalized
        self.random_state = random_state

    def _validated(self, X):
        X = super()._validated(X)
        require_neighbors(len(X), self.n_neighbors, self.metric)
        return X

    def _answers(self, X):
        return FairSpectralOracle(self, X)

    def _take(self, answers, groups):
        H, self.eigenvalues_, self.residual_ = answers.embed(groups)
        warn_of_residual(self.residual_, answers.laplacian.bound)
        self.embedding_ = H
        self.labels_, self.inertia_ = answers.cluster(H)
        self.n_components_ = answers.laplacian.n_components


class FairSpectralOracle(FairOracle):
    """Answers for `FairSpectral`: graph, factor and lowest eigenvectors once.

    With `random_state=None` the uniforms of k-means are drawn once, when the oracle is
    made.
    """

    def __init__(self, estimator, X):
        super().__init__(X)
        self.k = estimator.n_clusters
        self.laplacian = prepared_laplacian(
            self.X,
            self.k,
            estimator.n_neighbors,
            estimator.metric,
            estimator.normalized,
        )
        self._uniforms = embedding_uniforms(self.k, _N_INIT, estimator.random_state)

    def embed(self, groups):
        """The eigenvectors under the constraint of some groups.

        Parameters
        ----------
        groups : int32 array of shape (n,)

        Returns
        -------
        H : float64 array of shape (n, k)
        eigenvalues : float64 array of shape (k,)
        residual : float
        """
        weights = self.laplacian.weights[:, None]
        F = group_constraints(groups)
        H, values, residual = self.laplacian.lowest(F / weights)
        return H / weights, values, residual

    def cluster(self, H):
        """k-means of an embedding: labels (n,) int32 and inertia."""
        return cluster_embedding(H, self._uniforms)

    def _regroup(self, groups):
        return np.array([self.cluster(self.embed(own)[0])[0] for own in groups])


def group_constraints(groups):
    """The vectors to which a fair indicator is orthogonal.

    Parameters
    ----------
    groups : int array of shape (n,)

    Returns
    -------
    float64 array of shape (n, l - 1)
        Column g is ``1[groups = g] - n_g / n``, for all groups that occur but the last.
    """
    names = np.unique(groups)[:-1]
    members = (groups[:, None] == names).astype(np.float64)
    return members - members.mean(axis=0)
