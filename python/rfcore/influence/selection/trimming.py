"""Which training rows to remove, by their influence."""

import numbers
import warnings
from dataclasses import dataclass

import numpy as np

from rfcore._shares import count_of
from rfcore._shown import Record
from rfcore.errors import ApproximationWarning
from rfcore.influence.doubts import repeat_doubts

# Relative, of a target and of a difference from it.
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False, repr=False)
class TrimResult(Record):
    """Rows to remove from a training set of n rows, and rows to keep.

    Attributes
    ----------
    removed : int64 array of shape (r,)
        Rows to remove, by ascending influence; of equals the lower number first.
    kept : int64 array of shape (n - r,)
        All other rows, by number.
    predicted_change : float
        The sum of the removed rows' scores, <= 0: to first order what their removal
        adds to the target.
    """

    removed: np.ndarray
    kept: np.ndarray
    predicted_change: float

    def _lines(self):
        n = len(self.removed) + len(self.kept)
        rows = ", ".join(map(str, self.removed[:8]))
        rows += ", ..." if len(self.removed) > 8 else ""
        head = f"{type(self).__name__}: {len(self.removed)} of {n} rows removed"
        return [
            f"{head}, predicted change of the target {self.predicted_change:g}",
            f"removed  {rows}",
        ]


def trim(influence, budget, *, stop=None, value=None):
    """Remove the rows whose removal should lower the target most.

    With the scores s in ascending order, b' the number of negative ones, the first
    min(budget, b') rows are removed. `stop="target"` removes only the first r of these,

        r = max {i : s_(1) + ... + s_(i) >= -value},

    so that the predicted target, `value` plus the sum, does not pass 0. A gap between
    groups is an absolute value: past 0 the other group would be at a disadvantage, and
    the gap would grow again.

    Parameters
    ----------
    influence : array-like of shape (n,)
        Score of each row; negative means: removing the row lowers the target.
    budget : int or float
        The most rows to remove: an int in [0, n], or a float in [0, 1] as a share of n,
        rounded down.
    stop : "target" or None, default=None
    value : float, optional
        The target on the untrimmed model, >= 0, e.g. the demographic parity gap; in the
        unit of the scores. Needed with `stop="target"` and only there.

    Returns
    -------
    TrimResult

    Raises
    ------
    TypeError
        If the budget is no number.
    ValueError
        If the scores are not a finite vector, the budget is outside its range, `stop`
        is another word, or `value` is missing, superfluous, negative or not finite.

    Warns
    -----
    ApproximationWarning
        As the scores did where they were taken (`InfluenceFunction.scores`); and, of
        any scores, if one alone is below -value, which no row's removal can do.

    References
    ----------
    Thesis Algorithm 5.

    Examples
    --------
    >>> trim([0.5, -0.25, -1.0, 0.0], 3).removed
    array([2, 1])
    >>> trim([0.5, -0.25, -1.0, 0.0], 3, stop="target", value=1.125).removed
    array([2])
    """
    repeat_doubts(influence)
    influence = np.asarray(influence, dtype=np.float64)
    if influence.ndim != 1:
        raise ValueError(f"influence.ndim={influence.ndim} should be 1")
    if not np.isfinite(influence).all():
        row = int(np.flatnonzero(~np.isfinite(influence))[0])
        raise ValueError(f"influence[{row}]={influence[row]} should be finite")
    limit = min(_n_rows(budget, len(influence)), int((influence < 0).sum()))
    order = np.argsort(influence, kind="stable")
    if _stops_at_target(stop, value):
        if limit and influence[order[0]] < -value * (1 + _ROUNDING):
            warnings.warn(
                f"influence[{order[0]}]={influence[order[0]]:.3g} is below minus "
                f"value={value:.3g}, though no row takes a target below 0: scores of "
                "first order go beyond, those of method='newton' do not",
                ApproximationWarning,
                stacklevel=2,
            )
        sums = np.cumsum(influence[order[:limit]])
        limit = int((sums >= -value).sum())
    removed = order[:limit].astype(np.int64)
    kept = np.setdiff1d(np.arange(len(influence), dtype=np.int64), removed)
    return TrimResult(removed, kept, float(influence[removed].sum()))


def _n_rows(budget, n):
    """The budget as a number of rows of n."""
    if isinstance(budget, numbers.Integral) and not isinstance(budget, bool):
        if not 0 <= budget <= n:
            raise ValueError(f"budget={budget} should be in [0, n_samples={n}]")
        return int(budget)
    if isinstance(budget, bool) or not isinstance(budget, numbers.Real):
        raise TypeError(f"budget={budget!r} should be an int or a float")
    if not 0 <= budget <= 1:
        raise ValueError(f"budget={budget} should be a share in [0, 1], or an int")
    return count_of(budget, n)


def _stops_at_target(stop, value):
    """Whether to stop there; both arguments are checked."""
    if stop not in (None, "target"):
        raise ValueError(f"stop={stop!r} should be None or 'target'")
    if stop is None:
        if value is not None:
            raise ValueError(f"value={value} is used with stop='target' only")
        return False
    if value is None:
        raise ValueError("stop='target' needs value, the target before trimming")
    if not (np.isfinite(value) and value >= 0):
        raise ValueError(f"value={value} should be finite and >= 0")
    return True
