"""Work on blocks of rows, several at a time, with results in the order of the rows."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from contextvars import copy_context

from rfcore._threads import blas_threads, one_blas_thread

# Numbers from which a matrix is worth the time in which BLAS's threads meet.
_LARGE = 2**21


def over_blocks(function, design, *, n_rows=None, check=False):
    """Yields function(part, block) for each block of rows, from first to last.

    As many blocks at a time as BLAS has threads, on one of BLAS's each: they never wait
    for each other within a block, and the results do not depend on their number. Where
    large blocks are too few for that, one at a time on all of BLAS's threads; and of
    rows that live on a device one at a time.

    Parameters
    ----------
    function : callable
        Takes a slice of rows and these rows of X.
    design : Design
    n_rows, check
        As of `Design.blocks`.
    """
    parts, n_threads = design.parts(n_rows), blas_threads()

    def work(part):
        return function(part, design.block(part, check=check))

    if design.resident:
        yield from map(work, parts)
        return
    if n_threads > 1 and len(parts) >= 2 * n_threads:
        yield from _in_order(work, parts, n_threads)
        return
    with one_thread(n_numbers=parts[0].stop * design.n_columns):
        yield from map(work, parts)


def _in_order(work, parts, n_threads):
    with one_thread(), ThreadPoolExecutor(n_threads) as workers:
        waiting = deque()
        for part in parts:
            # In a context of its own, so that numpy.errstate counts there.
            waiting.append(workers.submit(copy_context().run, work, part))
            # Not all at once, for their results take memory until they are read.
            if len(waiting) > n_threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def one_thread(n_numbers=0):
    """A context with one thread of BLAS, unless a matrix has many numbers.

    On a busy machine two threads can wait for each other longer than one would work;
    NumPy's BLAS and SciPy's have threads of their own that spin on the same cores.
    """
    return nullcontext() if n_numbers > _LARGE else one_blas_thread()
