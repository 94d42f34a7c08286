"""Races: contestants that do the same work, timed in turn on the same inputs."""

import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

# rfcore's threads, and the workers or threads of each peer.
THREADS = 2

# BLAS's idle threads spin on the cores for a while after a call; nobody starts then.
_SETTLE_SECONDS = 0.1

# Writing 5 here makes Linux forget the peak of the resident memory.
_CLEAR_REFS = Path("/proc/self/clear_refs")


@dataclass(frozen=True)
class Case:
    """One piece of work and those who do it; rfcore comes first.

    Attributes
    ----------
    contestants : dict of str to callable
        ``prepare(threads)`` gives the call that is timed; what it does before is not.
    quality : callable
        Takes the results by name and gives the column that stands beside the times.
    own_seconds : callable, optional
        Takes the seconds of a call and its result and gives those to report.
    flops, n_bytes : float
        The arithmetic and the memory traffic that the work needs at least; 0 where
        they say nothing.
    threads : int
    """

    contestants: dict[str, Callable]
    quality: Callable
    own_seconds: Callable = field(default=lambda seconds, result: seconds)
    flops: float = 0.0
    n_bytes: float = 0.0
    threads: int = THREADS


@dataclass(frozen=True)
class Goal:
    """A case of the size that a promise was made for.

    Attributes
    ----------
    title : str
    build : callable
        ``build()`` gives the case.
    at_least : dict of str to float
        The promised ratio to each peer.
    once : bool
        Whether it takes so long that one round without warming up has to do.
    """

    title: str
    build: Callable
    at_least: dict[str, float]
    once: bool = False


@dataclass(frozen=True)
class Ladder:
    """A case whose cost is looked at as one size grows.

    Attributes
    ----------
    title : str
    axis : str
        What grows: n, d, k, batch, threads.
    sizes : tuple of int
    build : callable
        ``build(size)`` gives the case; a function of a module, so that a new process
        can call it.
    once : bool
        As in `Goal`.
    """

    title: str
    axis: str
    sizes: tuple[int, ...]
    build: Callable
    once: bool = False


class Race:
    """Prepared contestants of a case, and the seconds that their calls took."""

    def __init__(self, case):
        self.case = case
        with self._limits():
            self.calls = {
                name: prepare(case.threads)
                for name, prepare in case.contestants.items()
            }
        self.names = list(self.calls)
        self.seconds = {name: [] for name in self.calls}
        # In the order of the names, whoever runs first.
        self.results = dict.fromkeys(self.names)

    def run(self, name):
        """Let one contestant do the work once."""
        with self._limits():
            start = time.perf_counter()
            result = self.calls[name]()
            elapsed = time.perf_counter() - start
        self.seconds[name].append(self.case.own_seconds(elapsed, result))
        self.results[name] = result

    def run_each(self):
        """Let everybody do the work once."""
        for name in self.names:
            self.run(name)
        return self

    def run_rounds(self, n_rounds):
        """Warm everybody up, then let them take turns."""
        self.run_each()
        for times in self.seconds.values():
            times.clear()
        for _ in range(n_rounds):
            for name in self.names:
                time.sleep(_SETTLE_SECONDS)
                self.run(name)
        return self

    def median(self, name):
        return float(np.median(self.seconds[name]))

    def ratios(self):
        """How many times longer each peer took than rfcore, by medians."""
        own, *peers = self.names
        return {name: self.median(name) / self.median(own) for name in peers}

    def quality(self):
        return self.case.quality(self.results)

    def _limits(self):
        return threadpool_limits(self.case.threads)


def exponent(sizes, seconds):
    """The slope of log seconds over log sizes, by least squares.

    Parameters
    ----------
    sizes, seconds : array-like of shape (q,)
        Positive; q >= 2.

    Returns
    -------
    float
    """
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def peak_bytes(ladder, name):
    """The memory that a contestant takes at most on the top rung, preparing included.

    Measured in a new process on one thread, above what the process held with the
    inputs made and the code warm from the lowest rung.

    Parameters
    ----------
    ladder : Ladder
    name : str
        The contestant.

    Returns
    -------
    int or None
        Bytes; None where the system does not tell.
    """
    if not _CLEAR_REFS.exists():
        return None
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as process:
        return process.submit(_peak_growth, ladder, name).result()


def _peak_growth(ladder, name):
    low, top = ladder.sizes[0], ladder.sizes[-1]
    with threadpool_limits(1):
        ladder.build(low).contestants[name](1)()
        prepare = ladder.build(top).contestants[name]
        before = _status_bytes("VmRSS")
        _CLEAR_REFS.write_text("5")
        prepare(1)()
        return _status_bytes("VmHWM") - before


def _status_bytes(entry):
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(entry + ":"):
            return 1024 * int(line.split()[1])
    raise OSError(f"/proc/self/status has no {entry}")
