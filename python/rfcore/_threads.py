"""One thread of BLAS for a while, whoever else wants the same at that moment."""

import os
import threading
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController

_lock = threading.Lock()
_inside = 0
_limit = None


@contextmanager
def one_blas_thread():
    """A context, or a decorator, within which BLAS computes in one thread.

    The number of BLAS's threads belongs to the process. The first thread of Python to
    enter sets it to 1, and the last to leave sets it to what the first one found: each
    for itself would put back the 1 of another.
    """
    _enter()
    try:
        yield
    finally:
        _leave()


def blas_threads():
    """The most threads that a BLAS may use now, by its variables and its limits."""
    blas = _pools().select(user_api="blas").lib_controllers
    return max([pool.num_threads for pool in blas], default=1)


def _enter():
    global _inside, _limit
    with _lock:
        if _inside == 0:
            _limit = _pools().limit(limits=1, user_api="blas")
        _inside += 1


def _leave():
    global _inside, _limit
    with _lock:
        _inside -= 1
        if _inside == 0:
            _limit.restore_original_limits()
            _limit = None


@cache
def _pools():
    # NumPy's BLAS and SciPy's are two; neither is seen before it is loaded.
    import scipy.linalg  # noqa: F401

    return ThreadpoolController()


def _forget():
    """The threads that were inside are not in a forked child."""
    global _inside, _limit
    if _inside:
        _limit.restore_original_limits()
    _inside, _limit = 0, None
    _lock.release()


# A child that is forked while another thread holds the lock would wait for ever.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_forget
    )
