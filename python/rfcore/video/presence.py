"""Who is seen in which frame: one attribute or several, and frames that are alike."""

import numbers
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rfcore._columns import complete, require_same_rows
from rfcore._shares import count_of


@dataclass(frozen=True)
class Presence:
    """Presence matrices of one or more attributes, side by side.

    Attributes
    ----------
    matrix : bool array of shape (n, n_groups)
        Only groups that are seen in some frame.
    names : tuple of str
        What its columns are: ``"ethnicity: asian"``, or the number of the column as it
        came in.
    """

    matrix: np.ndarray
    names: tuple

    @classmethod
    def of(cls, presence, groups=None):
        """Presence from a matrix, or from matrices by attribute.

        Parameters
        ----------
        presence : array-like of shape (n, n_groups), or dict of str to array-like
            0 and 1, or bool. A dict joins attributes: their groups all count.
        groups : sequence of str, or dict of str to sequence of str, or None
            Names of the columns; None numbers them.

        Returns
        -------
        Presence
            Without the groups that are never seen: no summary can be unfair to them.

        Raises
        ------
        ValueError
            If there are no frames, a value is neither 0 nor 1, attributes have
            different numbers of frames, names do not fit, or no group is ever seen.
        """
        require_same_rows(presence=presence)
        by_attribute = presence
        if not isinstance(presence, Mapping):
            by_attribute, groups = {"": presence}, {"": groups}
        parts, names = [], []
        for attribute, matrix in by_attribute.items():
            name = f"presence[{attribute!r}]" if attribute else "presence"
            parts.append(_as_matrix(matrix, name))
            own = (groups or {}).get(attribute)
            names += _names(attribute, own, parts[-1].shape[1])
        if not parts:
            raise ValueError("presence should have at least one attribute")
        lengths = {len(part) for part in parts}
        if len(lengths) > 1:
            raise ValueError(
                f"the attributes of presence have {sorted(lengths)} frames, should "
                "have equal numbers"
            )
        joined = np.concatenate(parts, axis=1)
        seen = joined.any(axis=0)
        if not seen.any():
            raise ValueError("presence shows no group in any frame")
        kept = tuple(n for n, is_seen in zip(names, seen, strict=True) if is_seen)
        return cls(np.ascontiguousarray(joined[:, seen]), kept)

    def patterns(self, *, also=None):
        """Classes of frames that no constraint can tell apart.

        Parameters
        ----------
        also : array of shape (n,), optional
            Frames of a class have the same value of this too.

        Returns
        -------
        members : int64 array of shape (n_classes, n_groups)
            What the frames of a class show, 0 or 1.
        counts : int64 array of shape (n_classes,)
            Frames in a class.
        of_frame : int64 array of shape (n,)
            The class of each frame.
        first : int64 array of shape (n_classes,)
            The first frame of each class.
        """
        packed = np.packbits(self.matrix, axis=1)
        keys = np.zeros(len(packed), dtype=np.int64)
        for column in (*packed.T, *([] if also is None else [also])):
            value = np.unique(column, return_inverse=True)[1].ravel()
            # Renamed at each step, so that the numbers stay below n times n.
            keys = np.unique(keys * (value.max() + 1) + value, return_inverse=True)[1]
        _, first, of_frame, counts = np.unique(
            keys, return_index=True, return_inverse=True, return_counts=True
        )
        return self.matrix[first].astype(np.int64), counts, of_frame, first


def _as_matrix(matrix, name):
    matrix = complete(matrix, name)
    if matrix.ndim != 2:
        raise ValueError(f"{name}.ndim={matrix.ndim} should be 2")
    if len(matrix) == 0:
        raise ValueError(f"{name} has 0 frames: at least 1 is needed")
    if matrix.dtype != bool and not np.isin(matrix, (0, 1)).all():
        raise ValueError(f"{name} should hold 0 and 1")
    return matrix.astype(bool, copy=False)


def _names(attribute, groups, n_groups):
    if groups is None:
        groups = range(n_groups)
    groups = [str(group) for group in groups]
    if len(groups) != n_groups:
        raise ValueError(f"groups has {len(groups)} names for {n_groups} groups")
    return [f"{attribute}: {group}" if attribute else group for group in groups]


def summary_size(n_frames, share, n):
    """The frames of a summary.

    Parameters
    ----------
    n_frames : int or None
        So many; None takes `share`.
    share : float
        Of all frames, rounded down.
    n : int
        Frames of the video.

    Returns
    -------
    int
        In [1, n].

    Raises
    ------
    TypeError
        If `n_frames` is not an integer.
    ValueError
        If it is below 1 or above n, or `share` is outside (0, 1] or less than a frame.
    """
    if n_frames is not None:
        if not isinstance(n_frames, numbers.Integral):
            raise TypeError(f"n_frames={n_frames!r} should be an integer")
        if not 1 <= n_frames <= n:
            raise ValueError(
                f"n_frames={n_frames} should be in [1, {n}], the frames of the video"
            )
        return int(n_frames)
    if not isinstance(share, numbers.Real) or not 0.0 < share <= 1.0:
        raise ValueError(f"share={share!r} should be in (0, 1]")
    k = count_of(share, n)
    if k < 1:
        raise ValueError(f"share={share} of {n} frames is less than one frame")
    return k
