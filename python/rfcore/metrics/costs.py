"""Fairness costs of centers: what rows pay that go to the nearest (thesis 3.1)."""

import numpy as np

from rfcore._arrays import (
    as_labels,
    as_rows,
    empty,
    kernels,
    on_device,
    require_moderate,
)
from rfcore._columns import require_same_rows


def social_cost(X, centers, groups):
    """The social fairness cost: what the worst group pays on average.

    With ``D(x) = min_c |x - centers[c]|^2`` it is the maximum over groups g of the mean
    of D over the rows of g.

    Parameters
    ----------
    X : array-like of shape (n, m)
        float32 stays float32; all else becomes float64.
    centers : array-like of shape (k, m) or (b, k, m)
        Several sets of centers make a batch.
    groups : array-like of shape (n,)
        The protected group of each row; names of any kind. Only the groups that occur
        count.

    Returns
    -------
    float or float64 array of shape (b,)
        In squared units of X, >= 0; lower is fairer.

    Raises
    ------
    ValueError
        If shapes disagree, there are no rows or centers, a value is missing or not
        finite, or the indexes of X and groups differ.

    References
    ----------
    Thesis, definition 3.1.1; Ghadiri et al. 2021, arXiv:2006.10085.

    Examples
    --------
    >>> X, centers = [[0.0], [1.0], [5.0], [7.0]], [[0.0], [6.0]]
    >>> social_cost(X, centers, ["a", "a", "b", "b"])
    1.0
    """
    counts, sums, single = tally(X, centers, groups)
    costs = social_of(counts, sums)
    return float(costs[0]) if single else costs


def tally(X, centers, groups):
    """Rows counted by nearest center and group, and squared distances by group.

    Parameters
    ----------
    X : array-like of shape (n, m)
    centers : array-like of shape (k, m) or (b, k, m)
    groups : array-like of shape (n,)

    Returns
    -------
    counts : int64 array of shape (b, k, l)
        The rows of group g whose nearest center is c, the lowest of equals; b = 1 for
        one set of centers.
    sums : float64 array of shape (b, l)
        The squared distances of the rows of g to their nearest centers, added up.
    single : bool
        Whether it was one set of centers.

    Raises
    ------
    ValueError
        As in `social_cost`.
    """
    kernels(X, centers, groups)
    require_same_rows(X=X, groups=groups)
    if not on_device(X):
        X = as_rows(X, min_rows=1, dtype=None)
        centers = np.ascontiguousarray(centers, dtype=np.float64)
    if centers.ndim not in (2, 3):
        raise ValueError(f"centers.ndim={centers.ndim} should be 2 or 3")
    single = centers.ndim == 2
    if single:
        centers = centers[None]
    if not on_device(X):
        _require_centers(centers, X.shape[1])
    groups, n_groups = as_labels(groups, "groups", n_rows=len(X))
    return *checked_tally(X, centers, groups, n_groups), single


def checked_tally(X, centers, groups, n_groups):
    """`tally` of what was checked: centers (b, k, m), groups (n,) int32 below n_groups.

    Returns
    -------
    counts : int64 array of shape (b, k, l)
    sums : float64 array of shape (b, l)
    """
    counts = empty(X, (*centers.shape[:2], n_groups), np.int64)
    sums = empty(X, (len(centers), n_groups), np.float64)
    kernel = kernels(X, centers, groups).tally_nearest
    kernel(X, centers, groups, counts, sums)
    return counts, sums


def _require_centers(centers, n_features):
    if centers.shape[2] != n_features:
        raise ValueError(f"centers.shape[-1]={centers.shape[2]} should be {n_features}")
    if not np.isfinite(centers).all():
        raise ValueError("centers should be finite")
    require_moderate(centers, "centers")


def social_of(counts, sums):
    """The social cost that a tally holds, (b,)."""
    sizes = counts.sum(axis=1)
    return (sums / sizes.clip(min=1)).max(axis=1)


def balance_of(counts):
    """The balance of nearest-center labels that a tally holds, (b,), on the host.

    The number of `rfcore.metrics.balance`, to the bit: the clusters and groups that
    have rows count.
    """
    clusters, groups = counts.sum(axis=2), counts.sum(axis=1)
    in_cluster = (counts * groups.sum(axis=1)[:, None, None]).astype(np.float64)
    overall = (clusters[:, :, None] * groups[:, None]).astype(np.float64)
    low, high = np.minimum(in_cluster, overall), np.maximum(in_cluster, overall)
    ratios = np.divide(low, high, out=np.ones_like(low), where=overall > 0)
    return ratios.min(axis=(1, 2))
