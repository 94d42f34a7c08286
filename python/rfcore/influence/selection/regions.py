"""The picture of where influence is positive and where it is negative."""

import numpy as np

from rfcore._style import COLORS, pyplot, style

NEGATIVE, ZERO, POSITIVE = "#f8cfcf", "white", "#cfeecf"
_CLASSES = (COLORS[1], COLORS[0], COLORS[3], COLORS[6], "0.5")
_MARKS = ("o", "x", "^", "s", "+")
_STEPS = 200
_MARGIN = 0.05


@style()
def plot(value, X, y, groups, *, rows, features, at, boundary, names, ax):
    """Draw the sign of a function of two features, and rows on top.

    Parameters
    ----------
    value : callable
        (p, m) points -> (p,) values.
    X : float64 array of shape (n, m)
    y, groups : arrays of shape (n,) or None
        Colors and marks; sorted names take colors and marks in turn.
    rows : bool array of shape (n,)
        Which to draw; the picture's range and `at` are those of all.
    features, at, boundary, ax
        As in `TreeInfluence.plot_regions`.
    names : list of m str

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If there are no rows, or features, `at` or `boundary` do not fit.
    """
    m = X.shape[1]
    if not rows.any():
        raise ValueError("there are no rows to draw")
    features = list(features)
    if (
        len(set(features)) != 2
        or len(features) != 2
        or not set(features) <= set(range(m))
    ):
        raise ValueError(f"features={features} should be 2 numbers in [0, {m})")
    at = np.median(X, axis=0) if at is None else _per_feature(at, "at", m)
    if boundary is not None:
        coef, intercept = _per_feature(boundary[0], "coefficients", m), boundary[1]
    if ax is None:
        ax = pyplot().figure(figsize=(6, 5)).add_subplot()
    sides = [_side(X[:, f]) for f in features]
    grid = np.meshgrid(*sides)
    points = np.tile(at, (_STEPS * _STEPS, 1))
    points[:, features] = np.stack([g.ravel() for g in grid], axis=1)
    sign = np.sign(value(points)).reshape(_STEPS, _STEPS)
    _fill(ax, grid, sign)
    if boundary is not None:
        decision = (points @ coef + float(intercept)).reshape(_STEPS, _STEPS)
        # matplotlib warns where no contour is in the picture.
        if decision.min() < 0 < decision.max():
            ax.contour(*grid, decision, levels=[0.0], colors="black")
    _scatter(ax, X[:, features], y, groups, rows)
    ax.set(xlabel=names[features[0]], ylabel=names[features[1]])
    return ax.figure


def _fill(ax, grid, sign):
    from matplotlib.colors import ListedColormap

    colors = ListedColormap([NEGATIVE, ZERO, POSITIVE])
    ax.pcolormesh(*grid, sign, cmap=colors, vmin=-1, vmax=1, shading="nearest")


def _scatter(ax, points, y, groups, shown):
    """One call for each class and group, so that the legend names them."""
    n = len(points)
    classes, of_class = np.unique(np.zeros(n) if y is None else y, return_inverse=True)
    marks, of_group = np.unique(
        np.zeros(n) if groups is None else groups, return_inverse=True
    )
    for c, name in enumerate(classes):
        for g, group in enumerate(marks):
            rows = shown & (of_class == c) & (of_group == g)
            if not rows.any():
                continue
            words = [f"class {name}"] * (y is not None)
            words += [f"group {group}"] * (groups is not None)
            ax.scatter(
                *points[rows].T, s=25, color=_CLASSES[c % len(_CLASSES)],
                marker=_MARKS[g % len(_MARKS)], label=", ".join(words) or "rows",
            )  # fmt: skip
    ax.legend(loc="upper right", fontsize="small")


def _side(column):
    low, high = column.min(), column.max()
    margin = _MARGIN * (high - low) or 1.0
    return np.linspace(low - margin, high + margin, _STEPS)


def _per_feature(values, name, m):
    values = np.asarray(values, dtype=np.float64).ravel()
    if values.shape != (m,) or not np.isfinite(values).all():
        raise ValueError(f"{name} should be {m} finite numbers")
    return values
