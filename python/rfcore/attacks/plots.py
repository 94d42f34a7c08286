"""Pictures of an attack: the images or the features of the rows that it moved over."""

import numpy as np

_TARGET = "tab:red"
_SPILLED = "tab:orange"
_CLUSTERS = ("tab:blue", "tab:green", "tab:purple", "tab:brown", "tab:gray")


def pyplot():
    """Give matplotlib.pyplot, or say how to get it."""
    try:
        from matplotlib import pyplot as plt
    except ImportError as error:
        raise ImportError(
            'figures need matplotlib: pip install "rfcore[report]"'
        ) from error
    return plt


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
        ax.imshow(X_adv[row].reshape(image_shape), cmap="gray")
        moved = row in changed
        for spine in ax.spines.values():
            spine.set(color=_TARGET if moved else "0.7", linewidth=3 if moved else 0.5)
    figure.suptitle(
        f"{len(switched)} rows switched cluster ({len(changed)} moved, red)"
    )
    figure.tight_layout()
    return figure


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
    features = list(features)
    if len(features) not in (2, 3) or not all(0 <= f < m for f in features):
        raise ValueError(f"features={features} should be 2 or 3 numbers in [0, {m})")
    if flat and len(features) == 3:
        raise ValueError(f"features={features} need axes with projection='3d'")
    if ax is None:
        projection = "3d" if len(features) == 3 else None
        ax = pyplot().figure(figsize=(6, 5)).add_subplot(projection=projection)
    spilled = np.setdiff1d(switched, changed)
    plain = np.setdiff1d(np.arange(len(X_adv)), np.concatenate([spilled, changed]))
    for c in np.unique(labels):
        rows = plain[labels[plain] == c]
        color = _CLUSTERS[int(c) % len(_CLUSTERS)]
        ax.scatter(*X_adv[rows][:, features].T, s=12, color=color, alpha=0.5,
                   label=f"cluster {c}")  # fmt: skip
    for rows, color, word in (
        (spilled, _SPILLED, "spilled over"),
        (changed, _TARGET, "moved"),
    ):
        ax.scatter(*X_adv[rows][:, features].T, s=45, color=color, label=word,
                   edgecolors="black")  # fmt: skip
    names = [
        feature_names[f] if feature_names is not None else f"feature {f}"
        for f in features
    ]
    for axis, name in zip("xyz", names, strict=False):
        getattr(ax, f"set_{axis}label")(name)
    ax.legend(fontsize="small")
    return ax.figure
