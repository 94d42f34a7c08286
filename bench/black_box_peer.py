"""The package black-box 1.0.2 as a peer: what lets it run and stop, and its clock.

The package has not followed NumPy and offers no way to end a search, so three things
are put into it from outside; its algorithm is untouched.

- NumPy dropped `np.math`, and `math.factorial` its floats: its module gets a NumPy that
  has both.
- By default it hands every evaluation to a pool of processes: it gets an executor that
  evaluates in place, which is faster here.
- A search that passes a time limit is ended by the system's timer (POSIX).
"""

import contextlib
import io
import math
import os
import signal
import types
import warnings

import numpy as np
from black_box import blackbox


class _NumPyWithMath(types.ModuleType):
    math = types.SimpleNamespace(factorial=lambda x: math.factorial(int(x)))

    def __getattr__(self, name):
        return getattr(np, name)


class _InPlace:
    """An executor of black-box's kind that evaluates in the caller's own process."""

    map = staticmethod(map)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None


class _TimeIsUp(Exception):
    """Raised wherever black-box is when its time ends."""


blackbox.np = _NumPyWithMath("numpy")


def search(fun, box, max_evals, *, batch, seed, time_limit_s=None):
    """Minimize by black-box; what is found is known to `fun` alone.

    Parameters
    ----------
    fun : callable
        Takes a point (dim,) and gives a float.
    box : array-like of shape (dim, 2)
    max_evals : int
        More than 2 dim; a multiple of twice the batch.
    batch : int
    seed : int
        black-box draws from NumPy's global generator, which is seeded.
    time_limit_s : float, optional
    """
    np.random.seed(seed)
    box = [[float(low), float(high)] for low, high in box]
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        # Its solver leaves the bounds by rounding and SciPy says so.
        warnings.simplefilter("ignore")
        with _time_limit(time_limit_s):
            blackbox.search_min(
                fun, box, max_evals, batch, os.devnull, executor=_InPlace
            )


@contextlib.contextmanager
def _time_limit(seconds):
    if seconds is None:
        yield
        return

    def end(signal_number, frame):
        raise _TimeIsUp

    before = signal.signal(signal.SIGALRM, end)
    # Again every second: a bare except in black-box may swallow the first.
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        with contextlib.suppress(_TimeIsUp):
            yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
