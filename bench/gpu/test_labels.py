"""Device counts of labelings against the host, over questions, rows and clusters."""

import numpy as np
import pytest

from rfcore import _core

pytestmark = pytest.mark.gpu


@pytest.mark.parametrize("name", ["co_membership_distance", "n_switched", "nmi", "ari"])
@pytest.mark.parametrize("k", [2, 10, 100])
@pytest.mark.parametrize("n", [1000, 100_000])
def bench_labels(cupy, compare, name, n, k, b=400):
    random = np.random.default_rng(0)
    a = random.integers(k, size=n, dtype=np.int32)
    others = random.integers(k, size=(b, n), dtype=np.int32)
    dtype = np.int64 if name == "n_switched" else np.float64
    out = np.empty(b, dtype)
    one, many, result = (cupy.asarray(x) for x in (a, others, out))
    contestants = {
        "rfcore": lambda: getattr(_core.cuda, name)(one, many, k, k, result),
        "rfcore on the host": lambda: getattr(_core, name)(a, others, k, k, out),
    }
    for work in contestants.values():
        work()
    np.testing.assert_array_equal(cupy.asnumpy(result), out)
    compare(
        contestants,
        n_bytes=a.nbytes + others.nbytes,
        n_flop=0,
        error=dict.fromkeys(contestants, 0.0),
    )
