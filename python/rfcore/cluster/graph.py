"""Neighbor graphs."""

import numpy as np
import scipy.sparse

from rfcore import _core
from rfcore._arrays import require_count

METRICS = ("euclidean", "manhattan")


def require_neighbors(n_samples, n_neighbors, metric):
    """Check what `neighbor_graph` asks of its parameters.

    Raises
    ------
    ValueError
        If `n_neighbors` is not in [1, n_samples) or the metric is unknown.
    TypeError
        If `n_neighbors` is not an integer.
    """
    require_count("n_neighbors", n_neighbors)
    if metric not in METRICS:
        raise ValueError(f"metric={metric!r} should be one of {', '.join(METRICS)}")
    if n_neighbors >= n_samples:
        raise ValueError(f"n_samples={n_samples} should be > n_neighbors={n_neighbors}")


def neighbor_graph(X, n_neighbors, metric="euclidean"):
    """The graph that joins each row to its nearest others.

    Parameters
    ----------
    X : float64 array of shape (n, m)
    n_neighbors : int
        In [1, n); a row is not its own neighbor. Of rows at one distance the first.
    metric : {"euclidean", "manhattan"}, default="euclidean"

    Returns
    -------
    CSR array of shape (n, n)
        W = max(A, A') with A[i, j] = 1 where j is a neighbor of i: symmetric, ones.

    Raises
    ------
    ValueError
        If a parameter is outside its range.
    TypeError
        If `n_neighbors` is not an integer.

    Examples
    --------
    >>> neighbor_graph(np.array([[0.0], [1.0], [3.0]]), 1).toarray()
    array([[0., 1., 0.],
           [1., 0., 1.],
           [0., 1., 0.]])
    """
    n = len(X)
    require_neighbors(n, n_neighbors, metric)
    neighbors = np.empty((n, n_neighbors), dtype=np.int64)
    _core.nearest_neighbors(X, metric, neighbors, np.empty((n, n_neighbors)))
    ends = np.arange(0, neighbors.size + 1, n_neighbors)
    A = scipy.sparse.csr_array(
        (np.ones(neighbors.size), neighbors.ravel(), ends), shape=(n, n)
    )
    return A.maximum(A.T).tocsr()
