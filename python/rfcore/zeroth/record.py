"""Every value that a search was given, and the checks of what the function gives."""

import math

import numpy as np
from scipy.optimize import OptimizeResult

_FIRST_CAPACITY = 64
# Room for points that is taken at once; the system gives it page by page.
_FIRST_BYTES = 2**26


class Record:
    """The evaluations of a search in order, and the best of them.

    Parameters
    ----------
    fun : callable
        Takes a batch of points (b, dim) and gives their values (b,).
    dim : int
    max_evals : int, optional
        How many points there may be; room for them is made in advance.
    keep_points : bool
        Whether results have `X`, all points; it takes 8 dim bytes a point.
    """

    def __init__(self, fun, dim, max_evals=_FIRST_CAPACITY, *, keep_points=True):
        self.fun = fun
        self.keep_points = keep_points
        self.n = 0
        self.best_x, self.best = None, np.inf
        self._values = np.empty(_FIRST_CAPACITY)
        n_rows = max(min(max_evals, _FIRST_BYTES // (8 * dim)), 1)
        self._points = np.empty((n_rows if keep_points else 0, dim))

    def __len__(self):
        return self.n

    def evaluate(self, points):
        """The values (b,) of points (b, dim), taken down.

        Raises
        ------
        ValueError
            If the function gives a wrong shape or a value that is not finite.
        """
        # A copy, so that a function that writes into its argument changes nothing here.
        values = np.asarray(self.fun(points.copy()), dtype=np.float64)
        if values.shape != (len(points),):
            raise ValueError(
                f"fun gave shape {values.shape} for {len(points)} points, "
                f"should be ({len(points)},)"
            )
        best, worst = int(values.argmin()), int(values.argmax())
        if not math.isfinite(values[best]) or not math.isfinite(values[worst]):
            bad = int(np.flatnonzero(~np.isfinite(values))[0])
            raise ValueError(f"fun gave {values[bad]} at {points[bad]}")
        end = self.n + len(values)
        self._values = _with_room(self._values, end)
        self._values[self.n : end] = values
        if self.keep_points:
            self._points = _with_room(self._points, end)
            self._points[self.n : end] = points
        if values[best] < self.best:
            self.best_x, self.best = points[best].copy(), float(values[best])
        values = self._values[self.n : end]
        self.n = end
        return values

    def result(self, message):
        """What was found so far."""
        values = self._values[: self.n]
        points = {"X": self._points[: self.n]} if self.keep_points else {}
        return OptimizeResult(
            x=self.best_x.copy(),
            fun=self.best,
            nfev=self.n,
            **points,
            funs=values,
            trace=np.minimum.accumulate(values),
            message=message,
            success=True,
        )


def _with_room(array, n):
    """The array, or a copy of at least twice its length, if it is shorter than n."""
    if n <= len(array):
        return array
    longer = np.empty((max(n, 2 * len(array)), *array.shape[1:]))
    longer[: len(array)] = array
    return longer
