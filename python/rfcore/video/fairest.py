"""The greatest SumBal that a number of frames allows, as a small integer problem.

How often a group is seen in k frames is an integer, so SumBal takes few values: with
``a`` of a group's n frames it is ``min(s n / (a k), a k / (s n))`` at s selected ones.
A value can be reached if every s can lie in an interval of integers at once.
"""

import numpy as np

# Values that floating point computes differently differ by far more than this.
_SAME = 1e-12


class CountBounds:
    """What SumBal >= t asks of the numbers of selected frames that show the groups.

    Parameters
    ----------
    seen : int array of shape (n_groups,)
        Frames of the video that show a group, at least 1.
    n : int
        Frames of the video.
    k : int
        Frames of the summary.
    """

    def __init__(self, seen, n, k):
        self.seen = np.asarray(seen, dtype=np.int64)
        self.target = self.seen * (k / n)
        self.most = np.minimum(self.seen, k)

    def ratio(self, selected):
        """``min(s / target, target / s)`` of each group, 0 for s = 0."""
        selected = np.asarray(selected, dtype=np.float64)
        with np.errstate(divide="ignore"):
            return np.minimum(selected / self.target, self.target / selected)

    def interval(self, t):
        """The least and the greatest s of each group with ratio >= t."""
        low = np.ceil(t * self.target - _SAME * self.target)
        high = np.full(len(self.target), np.inf)
        if t > 0:
            high = np.floor(self.target / t + _SAME * self.target)
        return np.maximum(low, 0), np.minimum(high, self.most)

    def values(self, above=0.0):
        """All values above a number that SumBal may take, the greatest first."""
        found = [
            self._values_of(target, most)
            for target, most in zip(self.target, self.most, strict=True)
        ]
        found = np.unique(np.concatenate(found))[::-1]
        return found[found > above]

    @staticmethod
    def _values_of(target, most):
        s = np.arange(1, most + 1, dtype=np.float64)
        return np.minimum(s / target, target / s)


def fairest_counts(program, rows, bounds, extra, *, start=None):
    """The selection of greatest SumBal, by bisection over the values it may take.

    Parameters
    ----------
    program : IntegerProgram
    rows : array of shape (n_groups + r, m)
        The first give the frames of each group that a selection shows.
    bounds : CountBounds
    extra : tuple of two arrays of shape (r,)
        Bounds of the other rows.
    start : int array of shape (m,), optional
        A selection that satisfies them.

    Returns
    -------
    x : int64 array of shape (m,), or None
        None where even SumBal 0 cannot be had.
    """

    def attempt(t):
        low, high = bounds.interval(t)
        if (low > high).any():
            return None
        return program.solve(rows, np.append(low, extra[0]), np.append(high, extra[1]))

    def value(x):
        return float(bounds.ratio(rows[: len(bounds.seen)] @ x).min())

    best = attempt(0.0) if start is None else np.asarray(start)
    if best is None:
        return None
    values = bounds.values(above=value(best) * (1 + _SAME))
    # Optima are near the top, so steps grow from there; what is above `step` is
    # impossible, what is at or below `best` is reached.
    first, step = 0, 1
    while first < len(values):
        at = min(first + step - 1, len(values) - 1)
        found = attempt(values[at])
        if found is None:
            first, step = at + 1, 2 * step
            continue
        best = found
        values = values[first:at]
        values = values[values > value(best) * (1 + _SAME)]
        first, step = 0, max(1, len(values) // 2)
    return best
