"""Pictures of an attack: images or features of rows, and groups before and after."""

import numpy as np

from rfcore._style import COLORS, pyplot, style

_TARGET, _SPILLED = COLORS[5], COLORS[1]
_CLUSTERS = (COLORS[0], COLORS[2], COLORS[3], COLORS[4], "0.5")
_GROUPS = "o^sDPXv*"


@style()
def images(X_adv, changed, switched, image_shape, *, n_columns=8):
    """Draw the rows that switched cluster as images, the moved ones first.

    Parameters
    ----------
    X_adv : float64 array of shape (n, m)
    changed, switched : int64 arrays
        The rows that moved, and those that switched cluster.
    image_shape : (int, int)
        Its product is the number of features.
    n_columns : int, default=8

    Returns
    -------
    matplotlib.figure.Figure
        Moved rows have a red border, as in the thesis's figures 2.2-2.5.

    Raises
    ------
    ValueError
        If the shape does not fit the rows.
    """
    if np.prod(image_shape) != X_adv.shape[1]:
        raise ValueError(
            f"image_shape={tuple(image_shape)} should hold {X_adv.shape[1]} features"
        )
    spilled = np.setdiff1d(switched, changed)
    rows = np.concatenate([changed, spilled])
    n_lines = -(-len(rows) // n_columns)
    figure, axes = pyplot().subplots(
        n_lines, n_columns, figsize=(n_columns, 1.05 * n_lines + 0.5), squeeze=False
    )
    for ax in axes.flat:
        ax.axis("off")
    for ax, row in zip(axes.flat, rows, strict=False):
        ax.axis("on")
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(True)
        ax.imshow(X_adv[row].reshape(image_shape), cmap="gray")
        moved = row in changed
        for spine in ax.spines.values():
            spine.set(color=_TARGET if moved else "0.7", linewidth=3 if moved else 0.5)
    figure.suptitle(
        f"{len(switched)} rows switched cluster ({len(changed)} moved, red)"
    )
    figure.tight_layout()
    return figure


@style()
def scatter(
    X_adv, labels, changed, switched, features=None, ax=None, feature_names=None
):
    """Draw all rows in two or three features, the moved and the spilled ones marked.

    Parameters
    ----------
    X_adv : float64 array of shape (n, m)
    labels : int32 array of shape (n,)
        Clusters before the attack.
    changed, switched : int64 arrays
        The rows that moved, and those that switched cluster.
    features : sequence of 2 or 3 int, optional
        None takes the first three, or two where there are no more or `ax` is flat.
    ax : matplotlib axes, optional
        With `projection="3d"` for three features.
    feature_names : sequence of str, optional
        One name per feature of the data.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If there are not two or three features, one does not exist, or there are
        three for a flat `ax`.
    """
    m = X_adv.shape[1]
    flat = ax is not None and not hasattr(ax, "get_zlim")
    if features is None:
        features = range(min(m, 2 if flat else 3))
    features = _as_features(features, m, (2, 3))
    if flat and len(features) == 3:
        raise ValueError(f"features={features} need axes with projection='3d'")
    if ax is None:
        projection = "3d" if len(features) == 3 else None
        ax = pyplot().figure(figsize=(6, 5)).add_subplot(projection=projection)
    spilled = np.setdiff1d(switched, changed)
    plain = np.setdiff1d(np.arange(len(X_adv)), np.concatenate([spilled, changed]))
    for c in np.unique(labels):
        rows = plain[labels[plain] == c]
        ax.scatter(*X_adv[rows][:, features].T, s=30, color=_color(c), alpha=0.6,
                   linewidths=0, label=f"cluster {c}")  # fmt: skip
    for rows, color, word in (
        (spilled, _SPILLED, "spilled over"),
        (changed, _TARGET, "moved"),
    ):
        if len(rows):
            ax.scatter(*X_adv[rows][:, features].T, s=70, color=color, label=word,
                       edgecolors="black")  # fmt: skip
    _name_axes(ax, features, feature_names)
    ax.legend()
    return ax.figure


@style()
def groups_scatter(
    X, labels, groups, attackable, changed, titles, features=None, axes=None
):
    """Draw all rows before and after an attack on groups, side by side.

    Parameters
    ----------
    X : float64 array of shape (n, m)
    labels : pair of int arrays of shape (n,)
        Clusters before and after; their numbers give the colors.
    groups : pair of arrays of shape (n,)
        The true and the attacked groups; their sorted names give the markers: circle,
        triangle, square, five more, and around again.
    attackable, changed : int64 arrays
        The rows whose groups the attacker controls, in red as in the thesis's figure
        4.1, and those of them with another group than before, with a thicker edge.
    titles : pair of str
    features : sequence of 2 int, optional
        None takes the first two.
    axes : sequence of 2 matplotlib axes, optional
        None makes a figure of two.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If there are not two features, one does not exist, or there are not two axes.
    """
    m = X.shape[1]
    features = range(min(m, 2)) if features is None else features
    features = _as_features(features, m, (2,))
    if axes is None:
        _, axes = pyplot().subplots(
            1, 2, figsize=(10, 4), sharex=True, sharey=True, layout="constrained"
        )
    axes = np.ravel(axes)
    if len(axes) != 2:
        raise ValueError(f"ax holds {len(axes)} axes, should hold 2: before and after")
    names, clusters = np.unique(groups), np.unique(labels)
    for ax, own_labels, own_groups, title in zip(
        axes, labels, groups, titles, strict=True
    ):
        plain = np.setdiff1d(np.arange(len(X)), attackable)
        layers = [(plain[own_labels[plain] == c], _color(c), 0) for c in clusters]
        layers.append((np.setdiff1d(attackable, changed), _TARGET, 0.5))
        layers.append((changed, _TARGET, 2))
        for rows, color, width in layers:
            for i, name in enumerate(names):
                own = rows[own_groups[rows] == name]
                ax.scatter(*X[own][:, features].T, s=45, color=color,
                           marker=_marker(i), edgecolors="black",
                           linewidths=width)  # fmt: skip
        ax.set_title(title)
        _name_axes(ax, features)
    _add_legend(axes[1], clusters, names)
    return axes[1].figure


def _add_legend(ax, clusters, names):
    entries = [(f"cluster {c}", "o", _color(c)) for c in clusters]
    entries += [(f"group {name}", _marker(i), "0.6") for i, name in enumerate(names)]
    for label, marker, color in [*entries, ("attackable", "o", _TARGET)]:
        ax.plot([], [], marker, color=color, label=label)
    ax.legend(fontsize="small", loc="upper left", bbox_to_anchor=(1.01, 1.0))


def _as_features(features, m, counts):
    features = list(features)
    if len(features) not in counts or not all(0 <= f < m for f in features):
        counts = " or ".join(map(str, counts))
        raise ValueError(f"features={features} should be {counts} numbers in [0, {m})")
    return features


def _name_axes(ax, features, feature_names=None):
    for axis, f in zip("xyz", features, strict=False):
        name = feature_names[f] if feature_names is not None else f"feature {f}"
        getattr(ax, f"set_{axis}label")(name)


def _color(cluster):
    return _CLUSTERS[int(cluster) % len(_CLUSTERS)]


def _marker(group):
    return _GROUPS[group % len(_GROUPS)]
