"""How far a row may move, feature by feature, before it looks like an outlier."""

import itertools

import numpy as np

from rfcore._arrays import as_rows
from rfcore.metrics.clustered import as_clustered
from rfcore.metrics.depth import cluster_moments, coordinate_depth


def coordinate_reach(x, X, labels, *, quantile=0.1, noise="raise"):
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
    noise : {"raise", "drop", "cluster"}, default="raise"
        What becomes of rows of X with the label -1: they are an error, they are left
        out, or they are a cluster like others.

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
        If `quantile` is outside [0, 1], shapes disagree, or labels are noise where that
        is an error.

    Notes
    -----
    The depth of a feature is a sum of k bumps, one a cluster, and may have k modes, so
    it can fall below q and rise again: the first crossing on either side counts. Each
    bump is a pair of conjugate poles, which makes the crossings the real eigenvalues of
    a diagonal matrix plus one of rank one (a secular equation): solved, not searched.
    A crossing is then moved by rounding errors until the depth, as computed, is at
    least q.

    References
    ----------
    Thesis, 2.2.4 ("Delta is chosen such that the perturbed point is at least above 0.1
    quantile of the COMD values of the dataset").
    """
    if not 0.0 <= quantile <= 1.0:
        raise ValueError(f"quantile={quantile} should be in [0, 1]")
    X, names, _ = as_clustered(X, labels, noise)
    x = np.asarray(x)
    if x.ndim != 1:
        raise ValueError(f"x.ndim={x.ndim} should be 1")
    x = as_rows(x[None], "x", n_features=X.shape[1])[0]
    threshold = float(np.quantile(coordinate_depth(X, X, names), quantile))
    means, variances = cluster_moments(X, names)
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
    if farthest == 0.0 or _depth(x, means, variances) < threshold:
        return 0.0
    crossings = _crossings(means, variances, threshold)
    reach = farthest
    for side, room in ((-1.0, x - low), (1.0, high - x)):
        # Crossings split the line into pieces of one sign: the middle of each tells it.
        steps = np.sort(side * (crossings - x))
        steps = np.concatenate([[0.0], steps[(steps > 0) & (steps < room)], [room]])
        for near, far in itertools.pairwise(steps):
            middle = x + side * (near + far) / 2
            if near < far and _depth(middle, means, variances) < threshold:
                own = _last_deep(x, side, near, means, variances, threshold)
                reach = min(reach, own)
                break
    return reach


def _depth(x, means, variances):
    """The depth of a feature, in the kernel's own order of additions."""
    return sum((1.0 / (1.0 + (x - means) ** 2 / variances)).tolist())


def _crossings(means, variances, threshold):
    """The real x where the depth of a feature equals the threshold.

    With w = sqrt(variance), ``1 / (1 + (x - mean)^2 / w^2)`` is
    ``(w / 2i) (1 / (x - mean - iw) - 1 / (x - mean + iw))``, so the sum over clusters
    divided by the threshold is ``sum_j u_j^2 / (x - p_j)``, which is 1 exactly at the
    eigenvalues of ``diag(p) + u u'``.
    """
    if threshold <= 0.0 or len(means) == 0:
        return np.empty(0)
    width, center = np.sqrt(variances), means.mean()
    poles = np.concatenate([means - center + 1j * width, means - center - 1j * width])
    scale = np.abs(poles).max()
    u = np.sqrt(np.concatenate([width, -width]) / (2j * threshold * scale))
    roots = scale * np.linalg.eigvals(np.diag(poles / scale) + np.outer(u, u))
    real = np.abs(roots.imag) <= 1e-6 * (np.abs(roots) + width.min())
    return center + roots[real].real


def _last_deep(x, side, step, means, variances, threshold):
    """The largest step up to a crossing whose depth, as computed, qualifies."""
    good, slack = step, np.spacing(max(abs(x), step))
    while good > 0.0 and _depth(x + side * good, means, variances) < threshold:
        good, slack = step - slack, 2.0 * slack
    return max(good, 0.0)
