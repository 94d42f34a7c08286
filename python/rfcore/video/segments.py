"""Kernel temporal segmentation: shots as the runs of frames that vary least."""

import numbers

import numpy as np

from rfcore import _core
from rfcore._arrays import as_rows, require_count
from rfcore._threads import one_blas_thread

# Frames that extend the table in one call, between which Python sees Ctrl-C.
_BLOCK = 96


def kernel_temporal_segmentation(
    X, *, kernel="linear", max_change_points=None, penalty=1.0, n_change_points=None
):
    """The exact segmentation of n frames into shots of least scatter.

    For k change points, the boundaries between k + 1 shots, it minimizes the sum over
    shots of ``sum_a K_aa - sum_ab K_ab / length``, the squared distances to the shot's
    mean in the space of the kernel. With ``I_k`` for the minimum, k itself minimizes
    ``I_k / n + v k / (2 n) (log(n / k) + 1)``, where k = 0 has no penalty.

    Parameters
    ----------
    X : array-like of shape (n, m), or (n, n)
        Features of the frames, or with ``kernel="precomputed"`` the kernel matrix.
    kernel : {"linear", "precomputed"}, default="linear"
        ``"linear"`` is the inner product of features.
    max_change_points : int, optional
        The greatest k that is considered; n - 1 without it, as published.
    penalty : float, default=1.0
        ``v``, 0 or more: greater values give fewer shots.
    n_change_points : int, optional
        This k instead of the one of least penalized cost.

    Returns
    -------
    int64 array of shape (k + 1, 2)
        The first and the last frame of each shot, as `select_shots` takes them. Equal
        costs go to the lowest k, then to the earliest boundaries, the last one first.

    Raises
    ------
    TypeError
        If a number of change points is not an integer.
    ValueError
        If X is not a matrix of finite numbers with at least one row, or a kernel
        matrix that is not symmetric; if a number of change points is below 0 or above
        n - 1, the penalty is below 0, or the kernel is not one of those above.

    Notes
    -----
    It takes n^2 max_change_points / 2 steps and 12 (n + 1) (max_change_points + 1)
    bytes. Of the kernel matrix 96 rows are made at a time.

    Differences from the authors' code: shots have no greatest length, which is 100000
    frames there, and features are centered first, which changes no distance.

    References
    ----------
    Potapov et al. 2014, doi:10.1007/978-3-319-10599-4_35.

    Examples
    --------
    >>> kernel_temporal_segmentation([[0.0], [0.1], [9.0], [9.1]], n_change_points=1)
    array([[0, 1],
           [2, 3]])
    """
    if kernel not in ("linear", "precomputed"):
        raise ValueError(f"kernel={kernel!r} should be 'linear' or 'precomputed'")
    if not isinstance(penalty, numbers.Real) or not 0.0 <= penalty < np.inf:
        raise ValueError(f"penalty={penalty!r} should be a number >= 0")
    X = as_rows(X, min_rows=1)
    n = len(X)
    fixed = n_change_points is not None
    wanted = n_change_points if fixed else max_change_points
    name = "n_change_points" if fixed else "max_change_points"
    most = n - 1 if wanted is None else _as_change_points(wanted, name, n)
    rows = _precomputed(X) if kernel == "precomputed" else _linear(X)
    costs, previous = _tables(rows, n, most)
    k = most if fixed else _best_count(costs[n], n, penalty)
    return _shots(previous, n, k)


def _tables(rows, n, most):
    """Costs (n + 1, most + 1) of prefixes by numbers of change points, and starts."""
    sums, diagonal = np.empty(n), np.empty(n + 1)
    costs = np.empty((n + 1, most + 1))
    previous = np.empty((n + 1, most + 1), dtype=np.int32)
    # Other threads of a BLAS would go on spinning on the cores of the table.
    with one_blas_thread():
        for begin in range(0, n, _BLOCK):
            K = rows(begin, min(n, begin + _BLOCK))
            _core.extend_segments(K, sums, diagonal, costs, previous)
    return costs, previous


def _best_count(costs, n, penalty):
    """The number of change points of least penalized cost."""
    k = np.arange(1, len(costs))
    penalized = costs / n
    penalized[1:] += penalty * k / (2.0 * n) * (np.log(n / k) + 1.0)
    return int(np.argmin(penalized))


def _shots(previous, n, k):
    """Shots (k + 1, 2) from the starts that the table remembers."""
    bounds = [n]
    for count in range(k, 0, -1):
        bounds.append(int(previous[bounds[-1], count]))
    starts = np.array([0, *bounds[:0:-1]], dtype=np.int64)
    return np.column_stack([starts, np.append(starts[1:], n) - 1])


def _linear(X):
    """Gives the kernel of frames begin .. end - 1 with all frames before end."""
    X = X - X.mean(axis=0)
    return lambda begin, end: X[begin:end] @ X[:end].T


def _precomputed(K):
    if K.shape[0] != K.shape[1]:
        raise ValueError(f"X.shape={K.shape} should be (n, n): a kernel matrix")
    scale = np.abs(K).max()
    if not np.allclose(K, K.T, rtol=1e-7, atol=1e-9 * scale):
        raise ValueError("X should be symmetric: a kernel matrix")
    return lambda begin, end: np.ascontiguousarray(K[begin:end, :end])


def _as_change_points(count, name, n):
    if count != 0:
        require_count(name, count)
    if count > n - 1:
        raise ValueError(f"{name}={count} should be <= {n - 1}, one less than frames")
    return int(count)
