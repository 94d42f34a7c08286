"""The executor of this machine: cells one by one here, or in processes beside."""

import os
import signal
import threading
import time
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice

# What the thread pools of BLAS, OpenMP and joblib read when a process starts.
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "LOKY_MAX_CPU_COUNT",
)
_WATCH_SECONDS = 0.2


class LocalExecutor:
    """Run cells on the cores of this machine.

    Any object with this `map_unordered` is an executor.

    Parameters
    ----------
    n_jobs : int, default=1
        Cells at once. With 1 they run in this process, on all its threads; with more
        each runs in a process of its own, and the cores are shared out.

    Raises
    ------
    ValueError
        If `n_jobs` is below 1.
    """

    def __init__(self, n_jobs=1):
        if n_jobs < 1:
            raise ValueError(f"n_jobs={n_jobs} should be >= 1")
        self.n_jobs = n_jobs

    def map_unordered(self, function, cells):
        """Apply a function to cells.

        Parameters
        ----------
        function : callable
            Picklable where ``n_jobs > 1``; it should return rather than raise.
        cells : iterable of Cell
            Drawn from as workers get free.

        Yields
        ------
        cell, outcome : Cell, object
            As they finish. Where a worker process died of the cell, the outcome is
            the exception; other cells go on.
        """
        if self.n_jobs > 1:
            yield from self._in_processes(function, iter(cells))
            return
        for cell in cells:
            yield cell, function(cell)

    def _in_processes(self, function, cells):
        while True:
            suspects = yield from self._until_broken(function, cells)
            if suspects is None:
                return
            # One of them killed its process; alone, only that one does so again.
            for cell in suspects:
                yield cell, self._alone(function, cell)

    def _until_broken(self, function, cells):
        """Work through the cells; give those in flight when a process died, or None."""
        pool = self._pool(self.n_jobs)
        running = {}
        try:
            while True:
                for cell in islice(cells, self.n_jobs - len(running)):
                    running[_submit(pool, function, cell)] = cell
                if not running:
                    return None
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                died = {future for future in finished if _died(future)}
                for future in finished - died:
                    yield running.pop(future), future.result()
                if died:
                    return list(running.values())
        finally:
            pool.shutdown(wait=True, kill_workers=True)

    def _alone(self, function, cell):
        pool = self._pool(1)
        try:
            return pool.submit(function, cell).result()
        except BrokenProcessPool as error:
            return error
        finally:
            pool.shutdown(wait=True, kill_workers=True)

    def _pool(self, n_workers):
        import joblib
        from joblib.externals.loky import ProcessPoolExecutor

        n_threads = max(1, joblib.cpu_count() // self.n_jobs)
        limits = {
            name: str(min(n_threads, _positive(os.environ.get(name), n_threads)))
            for name in _THREAD_VARIABLES
        }
        return ProcessPoolExecutor(
            max_workers=n_workers,
            env=limits,
            initializer=_obey_parent,
            initargs=(os.getpid(),),
        )


def _obey_parent(parent):
    """Make a worker deaf to Ctrl-C, and end it when its parent has gone."""
    # Ctrl-C reaches the whole group; the parent alone decides and ends its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent):
    # A killed parent cannot end its workers, which would wait for work for ever.
    while os.getppid() == parent:
        time.sleep(_WATCH_SECONDS)
    os._exit(1)


def _submit(pool, function, cell):
    """The future of a cell; one that has failed where a process died since."""
    try:
        return pool.submit(function, cell)
    except BrokenProcessPool as error:
        future = Future()
        future.set_exception(error)
        return future


def _died(future):
    return isinstance(future.exception(), BrokenProcessPool)


def _positive(text, default):
    return int(text) if text and text.isdigit() and int(text) > 0 else default
