"""How far a row may move, feature by feature, before it looks like an outlier."""

import itertools

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
    it can fall below q and rise again: the first crossing on either side counts. The
    crossings are the real roots of a polynomial of degree 2 k, found as eigenvalues,
    and each is then tightened by bisection to a point where the depth is at least q.

    References
    ----------
    Thesis, 2.2.4 ("Delta is chosen such that the perturbed point is at least above 0.1
    quantile of the COMD values of the dataset").
    """
    if not 0.0 <= quantile <= 1.0:
        raise ValueError(f"quantile={quantile} should be in [0, 1]")
    X = as_rows(X)
    x = as_rows(np.atleast_2d(x), "x", n_features=X.shape[1])[0]
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
    if farthest == 0.0 or _bumps(x, means, variances) < threshold:
        return 0.0
    roots = _crossings(means, variances, threshold)
    reach = farthest
    for side, room in ((-1.0, x - low), (1.0, high - x)):
        # Roots split the line into pieces of one sign: the middle of each tells it.
        steps = np.sort(side * (roots - x))
        steps = np.concatenate([[0.0], steps[(steps > 0) & (steps < room)], [room]])
        for near, far in itertools.pairwise(steps):
            if near >= reach or near >= far:
                continue
            if _bumps(x + side * (near + far) / 2, means, variances) < threshold:
                reach = min(reach, _tighten(x, side, near, means, variances, threshold))
                break
    return max(reach, 0.0)


def _bumps(x, means, variances):
    return np.sum(variances / (variances + (x - means) ** 2))


def _crossings(means, variances, threshold):
    """The real x where the sum of bumps equals the threshold."""
    if threshold <= 0.0 or len(means) == 0:
        return np.empty(0)
    # In units of the spread, so that the polynomial's coefficients are of one size.
    center, scale = means.mean(), np.sqrt(variances.max() + np.ptp(means) ** 2)
    factors = [
        np.poly1d([1.0, -2 * u, u * u + v])
        for u, v in zip((means - center) / scale, variances / scale**2, strict=True)
    ]
    whole = np.poly1d([1.0])
    for factor in factors:
        whole = whole * factor
    sides = np.poly1d([0.0])
    for c, v in enumerate(variances / scale**2):
        product = np.poly1d([v])
        for other in factors[:c] + factors[c + 1 :]:
            product = product * other
        sides = sides + product
    roots = (threshold * whole - sides).roots
    real = roots[np.abs(roots.imag) <= 1e-6 * (1.0 + np.abs(roots))].real
    return center + scale * real


def _tighten(x, side, step, means, variances, threshold):
    """The largest step up to the crossing whose depth, as computed, qualifies."""
    good, slack = step, 1e-12 * (1.0 + abs(step))
    while good > 0.0 and _bumps(x + side * good, means, variances) < threshold:
        good, slack = step - slack, 2.0 * slack
    return max(good, 0.0)
