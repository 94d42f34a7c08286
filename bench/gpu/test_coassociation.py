"""Device co-association against torch and the host, over rows and partitions."""

import numpy as np
import pytest

from rfcore import _core

pytestmark = pytest.mark.gpu


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
@pytest.mark.parametrize("r", [25, 100, 400])
@pytest.mark.parametrize("n", [3594, 16_000])
def bench_co_association(cupy, compare, n, r, dtype, k=10):
    torch = pytest.importorskip("torch")
    labels = np.random.default_rng(0).integers(k, size=(r, n), dtype=np.int32)
    S = np.empty((n, n), dtype)
    placed, counted = cupy.asarray(labels), cupy.empty((n, n), dtype)
    columns = torch.as_tensor(labels, device="cuda").long().T
    columns = columns + k * torch.arange(r, device="cuda")

    def by_product():
        H = torch.zeros(n, r * k, device="cuda").scatter_(1, columns, 1.0)
        return H @ H.T

    contestants = {
        "rfcore": lambda: _core.cuda.co_association(placed, counted),
        "rfcore on the host": lambda: _core.co_association(labels, S),
        "torch": by_product,
    }
    for work in contestants.values():
        work()
    np.testing.assert_array_equal(cupy.asnumpy(counted), S)
    product = by_product().cpu().numpy()
    if dtype == np.float32:
        product /= np.float32(r)
    error = dict.fromkeys(contestants, 0.0)
    error["torch"] = float(np.abs(product - S).max())
    compare(contestants, n_bytes=labels.nbytes + S.nbytes, n_flop=0, error=error)
