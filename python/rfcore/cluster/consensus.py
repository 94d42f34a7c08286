"""Consensus clustering: one clustering from many partitions of the same rows."""

import numpy as np
from scipy import linalg
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils import check_random_state

from rfcore._arrays import require_count, require_moderate, validate_data
from rfcore.cluster.centers import KMeans
from rfcore.cluster.coassociation import CoAssociation
from rfcore.cluster.partitions import basic_partitions

# Eigenvalues of the normalized matrix lie in [0, 1]; below this one is rounding.
_LEAST = 1e-10


class ConsensusClustering(ClusterMixin, BaseEstimator):
    """Spectral clustering of the co-association matrix of many k-means partitions.

    Parameters
    ----------
    n_clusters : int, default=8
        Of the result and of each partition; in [1, rows that a partition draws].
    n_partitions : int, default=100
    max_samples, max_features : float or int, default=0.5
        As by `basic_partitions`.
    n_init : int, default=10
        Starts of k-means on the embedding.
    random_state : int, RandomState or None, default=None

    Attributes
    ----------
    labels_ : int32 array of shape (n,)
    embedding_ : float64 array of shape (n, c)
        What k-means clustered, c <= n_clusters: see `consensus_embedding`.
    partitions_ : int32 array of shape (n_partitions, n)
    n_features_in_ : int

    Notes
    -----
    The matrix S is never formed. Time and memory beyond the partitions are O(n r c) and
    O(n c + q^2), q the number of their clusters.

    References
    ----------
    Strehl and Ghosh 2002, doi:10.1162/153244303321897735; Liu, Wu, Liu, Tao and Fu
    2017, doi:10.1109/TKDE.2017.2650229, for the spectral view.

    Examples
    --------
    >>> X = [[0.0], [0.1], [0.2], [5.0], [5.1], [5.2]]
    >>> labels = ConsensusClustering(2, max_features=1, random_state=0).fit_predict(X)
    >>> int(np.abs(np.diff(labels)).sum())
    1
    """

    def __init__(
        self,
        n_clusters=8,
        *,
        n_partitions=100,
        max_samples=0.5,
        max_features=0.5,
        n_init=10,
        random_state=None,
    ):
        self.n_clusters = n_clusters
        self.n_partitions = n_partitions
        self.max_samples = max_samples
        self.max_features = max_features
        self.n_init = n_init
        self.random_state = random_state

    def fit(self, X, y=None):
        """Cluster the rows of X.

        Parameters
        ----------
        X : array-like of shape (n, m)
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If X is not a finite matrix, or a parameter is outside its range.
        """
        X = validate_data(self, X, dtype=np.float64, order="C")
        require_moderate(X)
        require_count("n_clusters", self.n_clusters)
        require_count("n_init", self.n_init)
        if self.n_clusters > len(X):
            raise ValueError(
                f"n_samples={len(X)} should be >= n_clusters={self.n_clusters}"
            )
        seeds = check_random_state(self.random_state).randint(2**31 - 1, size=2)
        self.partitions_ = basic_partitions(
            X,
            self.n_clusters,
            n_partitions=self.n_partitions,
            max_samples=self.max_samples,
            max_features=self.max_features,
            random_state=seeds[0],
        )
        S = CoAssociation(self.partitions_)
        self.embedding_ = consensus_embedding(S, self.n_clusters)
        means = KMeans(self.n_clusters, n_init=self.n_init, random_state=seeds[1])
        self.labels_ = means.fit(self.embedding_).labels_
        return self


def consensus_embedding(S, n_components):
    """Rows by the leading eigenvectors of a normalized co-association matrix.

    With the degrees D of S = H H' the eigenvectors u of D^(-1/2) S D^(-1/2) with the
    largest eigenvalues t are ``D^(-1/2) H v / sqrt(t)``, v those of the (q, q) matrix
    H' D^(-1) H. Each row of the result is scaled to length 1.

    Parameters
    ----------
    S : CoAssociation
    n_components : int
        >= 1.

    Returns
    -------
    float64 array of shape (n, c)
        c = n_components, or fewer where fewer eigenvalues are above 1e-10. The first
        is 1; an eigenvector's sign and the basis inside equal eigenvalues are free.

    References
    ----------
    Ng, Jordan and Weiss 2001 (rows of length 1).

    Examples
    --------
    >>> E = consensus_embedding(CoAssociation([[0, 0, 1, 1]]), 2)
    >>> np.round(abs(E @ E.T))
    array([[1., 1., 0., 0.],
           [1., 1., 0., 0.],
           [0., 0., 1., 1.],
           [0., 0., 1., 1.]])
    """
    require_count("n_components", n_components)
    weights = 1.0 / np.sqrt(S.degrees())
    H = S.H.multiply(weights[:, None]).tocsr()
    G = (H.T @ H).toarray()
    c = min(n_components, len(G))
    values, vectors = linalg.eigh(G, subset_by_index=(len(G) - c, len(G) - 1))
    kept = values > _LEAST
    E = H @ (vectors[:, kept] / np.sqrt(values[kept]))[:, ::-1]
    lengths = np.linalg.norm(E, axis=1, keepdims=True)
    return np.ascontiguousarray(E / np.where(lengths > 0, lengths, 1.0))
