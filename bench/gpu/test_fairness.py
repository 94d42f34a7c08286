"""Device balance and entropy against the host, over rows, clusters and batches."""

import numpy as np
import pytest

from rfcore import _core

pytestmark = pytest.mark.gpu


@pytest.mark.parametrize("name", ["balance", "group_entropy"])
@pytest.mark.parametrize("batch", ["labels", "groups", "both"])
@pytest.mark.parametrize("k", [2, 10, 100])
@pytest.mark.parametrize("n", [3594, 100_000])
def bench_fairness(cupy, compare, name, batch, n, k, n_groups=4, b=400):
    random = np.random.default_rng(0)
    labels = random.integers(k, size=(b, n), dtype=np.int32)
    groups = random.integers(n_groups, size=(b, n), dtype=np.int32)
    labels = labels[:1] if batch == "groups" else labels
    groups = groups[:1] if batch == "labels" else groups
    out = np.empty(b)
    clusters, members, result = (cupy.asarray(x) for x in (labels, groups, out))
    on_device, on_host = getattr(_core.cuda, name), getattr(_core, name)
    contestants = {
        "rfcore": lambda: on_device(clusters, members, k, n_groups, result),
        "rfcore on the host": lambda: on_host(labels, groups, k, n_groups, out),
    }
    for work in contestants.values():
        work()
    np.testing.assert_array_equal(cupy.asnumpy(result), out)
    compare(
        contestants,
        n_bytes=labels.nbytes + groups.nbytes,
        n_flop=0,
        error=dict.fromkeys(contestants, 0.0),
    )
