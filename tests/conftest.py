"""What all tests share: the real data, repeatable properties, and threads."""

import os
from pathlib import Path

# Read when OpenBLAS is loaded. The matrices of the tests are small: a second thread
# takes a core and saves no time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

try:
    from hypothesis import settings
except ImportError:  # The tests of a device do without.
    settings = None

BESIDE_THE_REPOSITORY = Path(__file__).resolve().parents[2] / "shared" / "data"

# Read when OpenMP is loaded: threads that wait should not spin on a busy machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

if settings is not None:
    settings.register_profile(
        "repeatable", derandomize=True, deadline=None, max_examples=40, database=None
    )
    settings.load_profile("repeatable")


def pytest_configure():
    if "RFCORE_DATA" not in os.environ and BESIDE_THE_REPOSITORY.is_dir():
        os.environ["RFCORE_DATA"] = str(BESIDE_THE_REPOSITORY)


def pytest_collection_modifyitems(items):
    if _data_home().is_dir():
        return
    reason = f"the real data sets are missing: RFCORE_DATA={str(_data_home())!r}"
    for item in items:
        if item.get_closest_marker("data"):
            item.add_marker(pytest.mark.skip(reason=reason))


def _data_home():
    return Path(os.environ.get("RFCORE_DATA") or BESIDE_THE_REPOSITORY)


@pytest.fixture(scope="session")
def spillover_set():
    """Loads the arrays of one of the thesis's spill-over sets by its name."""

    def load(name):
        path = _data_home() / "spillover" / f"{name}.npz"
        if not path.is_file():
            pytest.skip(f"{path} is missing")
        with np.load(path) as arrays:
            return dict(arrays)

    return load


@pytest.fixture(scope="session")
def same_bits():
    """Checks that a call gives the same bytes for 1, 2 and 7 OpenMP threads."""

    def check(call):
        answers = [_bytes_with_threads(call, n) for n in (1, 2, 7)]
        assert answers[0] == answers[1] == answers[2]

    return check


def _bytes_with_threads(call, n_threads):
    with threadpool_limits(n_threads, user_api="openmp"):
        pools = [p for p in threadpool_info() if p["user_api"] == "openmp"]
        assert pools
        assert all(pool["num_threads"] == n_threads for pool in pools), pools
        return [np.asarray(part).tobytes() for part in call()]
