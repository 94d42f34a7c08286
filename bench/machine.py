"""What the machine can do at best: the copy and the matrix product that others meet."""

import os
import platform
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from threadpoolctl import threadpool_limits

_COPY_BYTES = 128 * 2**20
_GEMM_SIZE = 1024
_ROUNDS = 5


def copy_rate(threads):
    """Bytes a second, read and written, of a copy too large for the caches.

    Parameters
    ----------
    threads : int
        Each copies its own part.

    Returns
    -------
    float
        The best of five rounds.
    """
    source = np.ones(_COPY_BYTES // 8)
    target = np.zeros_like(source)
    parts = list(
        zip(
            np.array_split(target, threads),
            np.array_split(source, threads),
            strict=True,
        )
    )
    with ThreadPoolExecutor(threads) as pool:
        return (
            2
            * _COPY_BYTES
            / _least_seconds(
                lambda: list(pool.map(lambda part: np.copyto(*part), parts))
            )
        )


def gemm_rate(threads, dtype=np.float64):
    """Floating point operations a second of a matrix product.

    Parameters
    ----------
    threads : int
        The BLAS's.
    dtype : dtype, default=float64

    Returns
    -------
    float
        The best of five rounds.
    """
    A = np.ones((_GEMM_SIZE, _GEMM_SIZE), dtype)
    out = np.empty_like(A)
    with threadpool_limits(threads, user_api="blas"):
        return 2 * _GEMM_SIZE**3 / _least_seconds(lambda: np.matmul(A, A, out=out))


def description():
    """One line: processor, cores, load, and the versions that matter."""
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"{_processor()}, {os.cpu_count()} cores{load}; "
        f"Python {platform.python_version()}, NumPy {np.__version__}"
    )


def _least_seconds(call):
    seconds = []
    for _ in range(_ROUNDS + 1):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return min(seconds[1:])


def _processor():
    try:
        with open("/proc/cpuinfo") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
