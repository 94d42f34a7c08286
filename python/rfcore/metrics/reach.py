"""How far a row may move, feature by feature, before it looks like an outlier."""

import numpy as np

from rfcore._arrays import as_rows
from rfcore.metrics.depth import cluster_moments, coordinate_depth


def coordinate_reach(x, X, labels, *, quantile=0.1):
    """The noise threshold Delta of the spill-over attack, from coordinate depth.

    Coordinate depth is a minimum over features, so the features can be treated one by
    one. With q the `quantile` of the coordinate depths of the rows of X, ``Delta_f``
    is the largest d such that the depth of feature f is at least q on all of
    ``[x_f - d, x_f + d]`` inside the observed range of feature f. Every point of that
    box then has coordinate depth at least q.

    Parameters
    ----------
    x : array-like of shape (m,)
        The row that moves.
    X : array-like of shape (n, m)
        The clean data.
    labels : array-like of shape (n,)
        Their clusters.
    quantile : float in [0, 1], default=0.1

    Returns
    -------
    delta : float64 array of shape (m,)
        >= 0; 0 where the row itself is below q, or at once beside it. Where the whole
        range qualifies it is the distance to the farther end of the range.
    threshold : float
        q.

    Raises
    ------
    ValueError
        If `quantile` is outside [0, 1] or shapes disagree.

    Notes
    -----
    The depth of a feature is a sum of k bumps, one a cluster, and may have k modes, so
    it can fall below q and rise again: the first crossing on either side counts. Each
    bump has one mode, so on an interval the sum is at least the sum of the bumps' lower
    ends. Intervals where that bound does not reach q are halved, nearest first, until
    they hold two neighboring numbers; all before them is certain.

    References
    ----------
    Thesis, 2.2.4 ("Delta is chosen such that the perturbed point is at least above 0.1
    quantile of the COMD values of the dataset").
    """
    if not 0.0 <= quantile <= 1.0:
        raise ValueError(f"quantile={quantile} should be in [0, 1]")
    X = as_rows(X, min_rows=1)
    x = np.asarray(x)
    if x.ndim != 1:
        raise ValueError(f"x.ndim={x.ndim} should be 1")
    x = as_rows(x[None], "x", n_features=X.shape[1])[0]
    threshold = float(np.quantile(coordinate_depth(X, X, labels), quantile))
    means, variances = cluster_moments(X, labels)
    low, high = X.min(axis=0), X.max(axis=0)
    delta = np.zeros(len(x))
    for f in range(len(x)):
        delta[f] = _reach(
            x[f], low[f], high[f], means[:, f], variances[:, f], threshold
        )
    return delta, threshold


def _reach(x, low, high, means, variances, threshold):
    """The largest d with depth >= threshold on [x - d, x + d] within [low, high]."""
    # A constant feature helps at a single point only, so no interval can rely on it.
    means, variances = means[variances > 0], variances[variances > 0]
    farthest = max(x - low, high - x, 0.0)
    if farthest == 0.0 or _bumps(x, means, variances).sum() < threshold:
        return 0.0
    reach = farthest
    for end in (low, high):
        below = _first_below(x, end, means, variances, threshold)
        if below is not None:
            reach = min(reach, abs(below - x))
    return reach


def _bumps(x, means, variances):
    """The depth of a feature in each cluster, in the kernel's own arithmetic."""
    return 1.0 / (1.0 + (x - means) ** 2 / variances)


def _first_below(start, end, means, variances, threshold):
    """The last number before the depth falls below the threshold, or None."""
    pending = [(start, end)]
    while pending:
        near, far = pending.pop()
        ends = _bumps(near, means, variances), _bumps(far, means, variances)
        if np.minimum(*ends).sum() >= threshold:
            continue
        middle = near + (far - near) / 2
        if middle in (near, far):
            return near
        pending += [(middle, far), (near, middle)]
    return None
