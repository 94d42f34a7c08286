"""A gap between two groups as weights of rows."""

import numpy as np

from rfcore._columns import complete, require_one_attribute


def group_weights(name, groups, counted, second_class):
    """1 / n_1 for rows of group 1, -1 / n_0 for rows of group 0, 0 if not counted.

    Parameters
    ----------
    name : str
        Of the target, for messages.
    groups : array-like of shape (v,) or None
        Two values, numbered in sorted order.
    counted : bool array of shape (v,)
        The rows that the gap is of.
    second_class : object
        Whose rows count where not all do, for messages.

    Returns
    -------
    float64 array of shape (v,)

    Raises
    ------
    ValueError
        If there are no groups, not two, one is missing or has no row that counts.
    """
    if groups is None:
        raise ValueError(f"target={name!r} needs groups")
    groups = complete(groups, "groups")
    require_one_attribute(groups, "groups")
    if groups.shape != counted.shape:
        raise ValueError(f"groups.shape={groups.shape} should be {counted.shape}")
    if groups.dtype.kind == "f" and not np.isfinite(groups).all():
        raise ValueError("groups should be finite")
    try:
        found, index = np.unique(groups, return_inverse=True)
    except TypeError as error:
        raise ValueError(f"groups should be of one kind: {error}") from error
    if len(found) != 2:
        raise ValueError(
            f"groups holds {len(found)} values, should hold 2: "
            f"{found[:5].tolist()}{' ...' if len(found) > 5 else ''}"
        )
    weights = np.zeros(len(groups))
    for g, sign in ((0, -1.0), (1, 1.0)):
        own = (index == g) & counted
        if not own.any():
            raise ValueError(
                f"target={name!r}: no row of group {found.tolist()[g]!r} has "
                f"y = {second_class!r}"
            )
        weights[own] = sign / own.sum()
    return weights
