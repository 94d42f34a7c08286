"""How fair a video summary is to the groups that appear, and how it agrees with users.

Frames are 0/1 flags: a summary selects some, a group is present in some.
"""

import numbers

import numpy as np

from rfcore import _core
from rfcore._arrays import empty, kernels, on_device
from rfcore._columns import complete, require_same_rows


def sum_bal(selected, presence, *, packed=False, return_group=False):
    """SumBal: the least ratio of a group's share in a summary and in the video.

    With ``a_g``, the share of the video's n frames that show group g, and ``b_g``, the
    share of the summary's k frames that do, it is the minimum over g of
    ``min(a_g / b_g, b_g / a_g)``, where a group with ``b_g = 0`` gives 0. Only groups
    that appear in the video count.

    Parameters
    ----------
    selected : array-like of shape (n,) or (b, n)
        The frames of one summary or of several, as booleans or 0 and 1. With `packed`
        it is uint8 of shape (ceil(n / 8),) or (b, ceil(n / 8)).
    presence : array-like of shape (n, n_groups)
        In which frames each group appears, as booleans or 0 and 1.
    packed : bool, default=False
        Whether `selected` holds eight frames a byte, as ``np.packbits(selected,
        axis=-1)`` gives them: frame 0 is the highest bit. What is beyond frame n - 1
        is not read.
    return_group : bool, default=False
        Whether to return the violating groups too.

    Returns
    -------
    values : float or float64 array of shape (b,)
        In [0, 1]; higher is fairer. Exactly 1 where every group has the same share in
        the summary as in the video.
    violating : int or int32 array of shape (b,)
        Only with `return_group`: the group of the minimum; of equal ones the first.

    Raises
    ------
    ValueError
        If shapes disagree, a value is not 0 or 1, a summary has no frame, or no group
        appears at all.
    DeviceError
        If one array lives on a device and the other one does not. Arrays on a device
        should be uint8.

    References
    ----------
    Thesis eq. 3.7.

    Examples
    --------
    >>> presence = [[1, 0], [1, 1], [0, 1], [0, 1]]
    >>> sum_bal([1, 1, 0, 0], presence, return_group=True)
    (0.5, 0)
    >>> packed = np.packbits([[0, 1, 1, 0], [1, 0, 1, 1]], axis=1)
    >>> sum_bal(packed, presence, packed=True)
    array([0.75      , 0.66666667])
    """
    require_same_rows(presence=presence, selected=None if packed else selected)
    presence = _as_flags(presence, "presence", (2,))
    selected, single = _as_batch(selected, "selected", packed)
    if len(presence) == 0 or presence.shape[1] == 0:
        raise ValueError(
            f"presence.shape={tuple(presence.shape)} should have frames and groups"
        )
    _require_length(selected, "selected", len(presence), packed)
    kernel = kernels(selected, presence).sum_bal
    values = empty(selected, len(selected), np.float64)
    violating = empty(selected, len(selected), np.int32)
    kernel(selected, presence, packed, values, violating)
    if single:
        values, violating = float(values[0]), int(violating[0])
    return (values, violating) if return_group else values


def summary_f1(summary, user_summaries, *, aggregate="mean", beta=1.0):
    """F measure: how well a summary agrees with the summaries of users.

    For a summary S and a user's U it is ``(1 + beta^2) p r / (beta^2 p + r)`` with
    precision ``p = |S and U| / |S|`` and recall ``r = |S and U| / |U|``, and 0 where
    they share no frame.

    Parameters
    ----------
    summary : array-like of shape (n,) or (b, n)
        One summary or several, as booleans or 0 and 1.
    user_summaries : array-like of shape (u, n_user)
        The shorter ones, here or there, are taken to select none of the frames that
        they lack, as all published evaluations do.
    aggregate : {"mean", "max", None}, default="mean"
        Over users: ``"mean"`` as on TVSum and FairVidSum, ``"max"`` as on SumMe; None
        gives each user's value.
    beta : float, default=1.0
        The weight of recall; 1 gives F1.

    Returns
    -------
    float or float64 array
        In [0, 1], of shape (b,) for several summaries; with u more at the end for
        ``aggregate=None``.

    Raises
    ------
    ValueError
        If a value is not 0 or 1, a summary has no frame, there is no user, or an option
        is not one of those above. A user that selects nothing gives 0.

    Notes
    -----
    Differences from published evaluations: they give shares in percent (Apostolidis et
    al.) and 0 to a summary without frames, where this is an error. Those that cut to
    the user's length instead of padding differ where the summary is longer, by the
    frames beyond.

    References
    ----------
    Thesis eq. 3.6; Song et al. 2015, doi:10.1109/CVPR.2015.7299154.

    Examples
    --------
    >>> users = [[1, 1, 0, 0], [0, 0, 0, 1]]
    >>> round(summary_f1([0, 1, 1, 0], users), 3), summary_f1([0, 1, 1, 0], users,
    ...     aggregate="max")
    (0.25, 0.5)
    """
    _require_aggregate(aggregate)
    if not isinstance(beta, numbers.Real) or not 0.0 < beta < np.inf:
        raise ValueError(f"beta={beta!r} should be a positive number")
    summaries, single = _as_batch(summary, "summary")
    users = _as_flags(user_summaries, "user_summaries", (2,))
    if len(users) == 0:
        raise ValueError("user_summaries has 0 users: at least 1 is needed")
    n = max(summaries.shape[1], users.shape[1])
    measures = _f_measures(_padded(summaries, n), _padded(users, n), float(beta))
    values = aggregated(measures, aggregate)
    return _unpacked(values, single)


def aggregated(values, aggregate):
    """The mean, the maximum or all of the values along the last axis, the users."""
    if aggregate is None:
        return values
    return values.mean(axis=-1) if aggregate == "mean" else values.max(axis=-1)


def _require_aggregate(aggregate):
    if aggregate not in ("mean", "max", None):
        raise ValueError(f"aggregate={aggregate!r} should be 'mean', 'max' or None")


def _f_measures(summaries, users, beta):
    """F measures (b, u) of summaries (b, n) with users (u, n)."""
    shared = np.empty((len(summaries), len(users)), dtype=np.int64)
    sizes = np.empty(len(summaries), dtype=np.int64)
    by_frame = np.ascontiguousarray(users.T)
    _core.count_groups(summaries, by_frame, False, shared, sizes)
    if not sizes.all():
        raise ValueError(
            f"summary {int(np.argmin(sizes))} should hold at least one frame"
        )
    lengths = users.sum(axis=1, dtype=np.int64)
    # (1 + beta^2) p r / (beta^2 p + r) with both shares multiplied out.
    return (1.0 + beta**2) * shared / (beta**2 * lengths + sizes[:, None])


def _unpacked(values, single):
    if not single:
        return values
    return float(values[0]) if values.ndim == 1 else values[0]


def _as_batch(selected, name, packed=False):
    """Summaries (b, n) of uint8, and whether it was one."""
    selected = _as_flags(selected, name, (1, 2), packed)
    single = selected.ndim == 1
    return (selected[None] if single else selected), single


def _as_flags(flags, name, ndims, packed=False):
    """A C-ordered array of uint8; the values are checked by the kernels where possible.

    Arrays on a device go through.
    """
    if not on_device(flags):
        flags = complete(flags, name)
        if packed and flags.dtype != np.uint8:
            raise ValueError(f"{name}.dtype={flags.dtype} should be uint8 when packed")
        flags = _as_bytes(flags, name)
    if flags.ndim not in ndims:
        expected = " or ".join(map(str, ndims))
        raise ValueError(f"{name}.ndim={flags.ndim} should be {expected}")
    return flags


def _as_bytes(flags, name):
    if flags.dtype == np.bool_:
        return np.ascontiguousarray(flags).view(np.uint8)
    if flags.dtype == np.uint8:
        return np.ascontiguousarray(flags)
    if flags.dtype.kind not in "iuf" or not ((flags == 0) | (flags == 1)).all():
        raise ValueError(f"{name} should hold 0 and 1")
    return np.ascontiguousarray(flags, dtype=np.uint8)


def _require_length(selected, name, n, packed):
    length = -(-n // 8) if packed else n
    if selected.shape[1] != length:
        unit = "bytes of the packed" if packed else "the"
        raise ValueError(
            f"{name}.shape[-1]={selected.shape[1]} should be {length}, {unit} frames "
            f"of presence"
        )


def _padded(flags, n):
    missing = n - flags.shape[1]
    return flags if missing == 0 else np.pad(flags, ((0, 0), (0, missing)))
