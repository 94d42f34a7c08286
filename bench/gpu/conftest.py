"""Timing on a device, its limits in the same run, and the table at the end."""

import json
import statistics
import time

import numpy as np
import pytest

from rfcore import _core

ROUNDS = 9
ROWS = pytest.StashKey[list]()
COLUMNS = ["bench", "who", "seconds", "GB/s", "of copy", "Gflop/s", "of GEMM", "error"]


@pytest.fixture(scope="session")
def cupy():
    """CuPy, where rfcore's device kernels can run."""
    if not _core.cuda.is_available():
        pytest.skip("no CUDA device, or a build without device kernels")
    return pytest.importorskip("cupy")


@pytest.fixture(scope="session")
def race(cupy):
    """Medians of interleaved runs, the device idle before and after each."""

    def run(contestants, rounds=ROUNDS):
        seconds = {who: [] for who in contestants}
        for turn in range(rounds + 1):
            for who, work in contestants.items():
                cupy.cuda.Device().synchronize()
                start = time.perf_counter()
                work()
                cupy.cuda.Device().synchronize()
                if turn > 0:  # the first round compiles and warms up
                    seconds[who].append(time.perf_counter() - start)
        return {who: statistics.median(times) for who, times in seconds.items()}

    return run


@pytest.fixture(scope="session")
def limits(cupy, race):
    """What the device can do: bytes per second of a copy, flop per second of a GEMM."""
    n_bytes, side = 1 << 30, 4096
    source = cupy.ones(n_bytes // 8)
    target = cupy.empty_like(source)
    A = cupy.ones((side, side))
    C = cupy.empty_like(A)
    seconds = race(
        {
            "copy": lambda: cupy.copyto(target, source),
            "gemm": lambda: cupy.matmul(A, A, out=C),
        }
    )
    return {
        "bytes": 2 * n_bytes / seconds["copy"],
        "flop": 2 * side**3 / seconds["gemm"],
    }


@pytest.fixture
def compare(request, record_property, race, limits):
    """Races contestants and notes a row for each, also in pytest's JUnit file.

    `n_bytes` are those that the work cannot do without, `n_flop` its operations on
    doubles, `error` how far each contestant's result is from the host's.
    """

    def run(contestants, *, n_bytes, n_flop, error):
        rows = request.config.stash.setdefault(ROWS, [])
        for who, seconds in race(contestants).items():
            noted = {
                "who": who,
                "seconds": seconds,
                "of_copy": n_bytes / seconds / limits["bytes"],
                "of_gemm": n_flop / seconds / limits["flop"],
                "error": float(error[who]),
            }
            record_property("median", json.dumps(noted))
            rows.append(
                [
                    request.node.name,
                    who,
                    f"{seconds:.3g}",
                    f"{n_bytes / seconds / 1e9:.3g}",
                    f"{n_bytes / seconds / limits['bytes']:.1%}",
                    f"{n_flop / seconds / 1e9:.3g}",
                    f"{n_flop / seconds / limits['flop']:.1%}",
                    f"{error[who]:.1e}",
                ]
            )

    return run


@pytest.fixture(scope="session")
def rows():
    """Reproducible rows: blobs, since k-means of noise has no answer."""

    def make(n, d, k, seed=0):
        random = np.random.default_rng(seed)
        centers = 5.0 * random.normal(size=(k, d))
        return centers[random.integers(k, size=n)] + random.normal(size=(n, d))

    return make


def pytest_terminal_summary(terminalreporter, config):
    """One line per contestant; seconds are medians."""
    rows = [COLUMNS, *config.stash.get(ROWS, [])]
    if len(rows) == 1:
        return
    widths = [max(len(row[c]) for row in rows) for c in range(len(COLUMNS))]
    terminalreporter.section("device kernels")
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        terminalreporter.write_line("  ".join(cells))
