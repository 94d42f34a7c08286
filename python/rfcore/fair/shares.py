"""The bounds on a group's share in every cluster, and how far a clustering is off."""

import numpy as np

from rfcore.errors import InfeasibleError

# Shares of rows that differ by less are equal.
SHARE_TOLERANCE = 1e-9


def as_bounds(bounds):
    """Bounds that a user gives, checked.

    Parameters
    ----------
    bounds : array-like of shape (l, 2)
        The least and the largest share of each group.

    Returns
    -------
    float64 array of shape (l, 2)

    Raises
    ------
    ValueError
        If they are none.
    """
    bounds = np.asarray(bounds, dtype=np.float64)
    if bounds.ndim != 2 or bounds.shape[1] != 2:
        raise ValueError(f"bounds.shape={bounds.shape} should be (n_groups, 2)")
    if (
        not ((bounds[:, 0] >= 0) & (bounds[:, 0] <= bounds[:, 1])).all()
        or not (bounds[:, 1] <= 1).all()
    ):
        raise ValueError("bounds should hold 0 <= low <= high <= 1 in each row")
    return bounds


def require_delta(delta):
    """Check a slack of shares.

    Raises
    ------
    ValueError
        If it is not in [0, 1).
    """
    if not 0 <= delta < 1:
        raise ValueError(f"delta={delta} should be in [0, 1)")


def bounds_for(counts, names, delta, bounds=None, n_rows=None):
    """The bounds for groups of these sizes.

    Parameters
    ----------
    counts : int array of shape (l,)
        The rows of each group.
    names : array-like of shape (l,)
        What the error messages call them.
    delta : float
        A share r may be in [r (1 - delta), r / (1 - delta)].
    bounds : float64 array of shape (l, 2) or None, default=None
        Given bounds, which replace those by delta.
    n_rows : int or None, default=None
        Of which the groups are; None is the sum of their sizes, for groups that do not
        overlap.

    Returns
    -------
    float64 array of shape (l, 2)

    Raises
    ------
    ValueError
        If the given bounds are for another number of groups.
    InfeasibleError
        If no clustering can have shares within them.
    """
    shares = counts / (counts.sum() if n_rows is None else n_rows)
    if bounds is None:
        highest = np.minimum(shares / (1 - delta), 1.0)
        return np.stack([shares * (1 - delta), highest], axis=1)
    if len(bounds) != len(counts):
        raise ValueError(
            f"bounds has {len(bounds)} rows, should have one for each of "
            f"{len(counts)} groups"
        )
    low, high = bounds.T
    # Shares over all rows are means of those in clusters, and one cluster of all
    # rows has exactly these: nothing else can make the bounds infeasible.
    outside = np.maximum(low - shares, shares - high)
    worst = int(np.argmax(outside))
    if outside[worst] > SHARE_TOLERANCE:
        raise InfeasibleError(
            f"group {names[worst]!s} is {shares[worst]:.4g} of all rows: its share "
            f"cannot be in [{low[worst]:.4g}, {high[worst]:.4g}] in every cluster"
        )
    return np.stack([np.minimum(low, shares), np.maximum(high, shares)], axis=1)


def require_bounds(groups, bounds):
    """Check that each of several vectors of groups can keep given bounds.

    Parameters
    ----------
    groups : array-like of shape (b, n)
    bounds : float64 array of shape (l, 2) or None
        None can always be kept.

    Raises
    ------
    ValueError, InfeasibleError
        As `bounds_for`; the message says which one.
    """
    for i, own in enumerate(groups if bounds is not None else ()):
        names, counts = np.unique(own, return_counts=True)
        try:
            bounds_for(counts, names, 0.0, bounds)
        except ValueError as error:
            raise type(error)(f"candidate {i}: {error}") from error


def share_violation(labels, groups, bounds):
    """How many rows the worst count of a group in a cluster is outside its bounds.

    The largest, over clusters c and groups g with bounds [low_g, high_g], of
    N_cg - high_g N_c, low_g N_c - N_cg and 0, where N_cg counts the rows of g in c and
    N_c all rows of c.

    Parameters
    ----------
    labels : int array of shape (n,)
    groups : int array of shape (n,) or (n, m)
        In [0, l); a row may be in several.
    bounds : float64 array of shape (l, 2)

    Returns
    -------
    float
    """
    k, n_groups = int(labels.max()) + 1, len(bounds)
    pairs = groups.T + labels * np.int64(n_groups)  # (n,) or (m, n)
    counts = np.bincount(pairs.ravel(), minlength=k * n_groups)
    counts = counts.reshape(k, n_groups)  # (k, l)
    sizes = np.bincount(labels, minlength=k)[:, None]
    above = counts - bounds[:, 1] * sizes
    below = bounds[:, 0] * sizes - counts
    return float(max(above.max(), below.max(), 0.0))
