"""A device step of Lloyd against torch and the host, over rows, centers, features."""

import numpy as np
import pytest

from rfcore import _core

pytestmark = pytest.mark.gpu


def torch_step(torch, X, C):
    """Lloyd's step in plain torch: distances by a GEMM, sums by index_add_."""
    sq = X.square().sum(1, keepdim=True) - 2.0 * X @ C.T + C.square().sum(1)
    least, labels = sq.min(1)
    sums = torch.zeros_like(C).index_add_(0, labels, X)
    counts = torch.bincount(labels, minlength=len(C))
    return sums / counts.unsqueeze(1), least.sum().item()


@pytest.mark.parametrize("k", [2, 10, 100])
@pytest.mark.parametrize("d", [8, 64])
@pytest.mark.parametrize("n", [10_000, 100_000, 1_000_000])
def bench_lloyd_step(cupy, compare, rows, n, d, k):
    torch = pytest.importorskip("torch")
    X = rows(n, d, k)
    C = X[:k].copy()
    labels, means, counts = np.empty(n, np.int32), np.empty((k, d)), np.empty(k)
    placed = [cupy.asarray(a) for a in (X, C, labels, means, counts)]
    tensor, centers = (torch.as_tensor(a, device="cuda") for a in (X, C))
    inertia = {}

    def on_device():
        inertia["rfcore"] = _core.cuda.lloyd_step(*placed)

    def on_host():
        inertia["rfcore on the host"] = _core.lloyd_step(X, C, labels, means, counts)

    def by_torch():
        inertia["torch"] = torch_step(torch, tensor, centers)[1]

    contestants = {
        "rfcore": on_device,
        "rfcore on the host": on_host,
        "torch": by_torch,
    }
    for work in contestants.values():
        work()
    np.testing.assert_array_equal(cupy.asnumpy(placed[3]), means)
    exact = inertia["rfcore on the host"]
    compare(
        contestants,
        n_bytes=2 * X.nbytes + 4 * n,
        n_flop=3 * n * k * d,
        error={who: abs(value / exact - 1.0) for who, value in inertia.items()},
    )
