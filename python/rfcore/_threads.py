"""One thread of BLAS for a while, whoever else wants the same at that moment."""

import os
import threading
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController

_lock = threading.Lock()
_n_inside = 0
# The libraries that were set to one thread, with the numbers that they had.
_limited = []


@contextmanager
def one_blas_thread():
    """A context, or a decorator, within which BLAS computes in one thread.

    The number of BLAS's threads belongs to the process. The first thread of Python to
    enter sets it to 1, and the last to leave sets it to what the first one found: each
    for itself would put back the 1 of another. A number that somebody else has set
    meanwhile stays.
    """
    _enter()
    try:
        yield
    finally:
        _leave()


def blas_threads():
    """The most threads that a BLAS may use now, by its variables and its limits."""
    return max([library.num_threads for library in _libraries()], default=1)


def _enter():
    global _n_inside
    with _lock:
        if _n_inside == 0:
            for library in _libraries():
                number = library.num_threads
                if number > 1:
                    _limited.append((library, number))
                    _set(library, 1)
        _n_inside += 1


def _leave():
    global _n_inside
    with _lock:
        _n_inside -= 1
        if _n_inside == 0:
            _put_back()


def _put_back():
    while _limited:
        library, number = _limited.pop()
        if library.num_threads == 1:
            _set(library, number)


def _set(library, number):
    # Since threadpoolctl 3.8 one thread of Python has control, and what others set is
    # ignored in silence; here the last to leave may be another than the first to enter.
    release = getattr(library, "clear_controlling_thread", lambda force: None)
    release(force=True)
    library.set_num_threads(number)
    release(force=True)


@cache
def _libraries():
    # NumPy's BLAS and SciPy's are two; neither is seen before it is loaded.
    import scipy.linalg  # noqa: F401

    return ThreadpoolController().select(user_api="blas").lib_controllers


def _begin_child():
    """No thread of the parent is inside in its forked child."""
    global _n_inside
    _n_inside = 0
    _put_back()
    _lock.release()


# A child that is forked while another thread holds the lock would wait for ever.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_lock.acquire,
        after_in_parent=_lock.release,
        after_in_child=_begin_child,
    )
