"""Device distances against torch and the host, over rows and features."""

import numpy as np
import pytest

from rfcore import _core

pytestmark = pytest.mark.gpu


def relative(got, expected):
    """The largest error, relative to the largest value."""
    return float(np.abs(got - expected).max() / np.abs(expected).max())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("d", [2, 16, 64, 784])
@pytest.mark.parametrize("n", [500, 2000, 8000])
def bench_pairwise_sq_distances(cupy, compare, rows, n, d, dtype):
    torch = pytest.importorskip("torch")
    X = rows(n, d, 2).astype(dtype)
    on_host = np.empty((n, n))
    x, out = cupy.asarray(X), cupy.empty((n, n))
    tensor = torch.as_tensor(X, device="cuda", dtype=torch.float64)

    def by_torch():
        return torch.cdist(
            tensor, tensor, compute_mode="donot_use_mm_for_euclid_dist"
        ).square_()

    contestants = {
        "rfcore": lambda: _core.cuda.pairwise_sq_distances(x, x, out),
        "rfcore on the host": lambda: _core.pairwise_sq_distances(X, X, on_host),
        "torch": by_torch,
    }
    for work in contestants.values():
        work()
    np.testing.assert_array_equal(cupy.asnumpy(out), on_host)
    error = {
        "rfcore": relative(cupy.asnumpy(out), on_host),
        "rfcore on the host": 0.0,
        "torch": relative(by_torch().cpu().numpy(), on_host),
    }
    compare(
        contestants,
        n_bytes=8 * n * n + 2 * X.nbytes,
        n_flop=3 * n * n * d,
        error=error,
    )


@pytest.mark.parametrize("n", [500, 8000, 20_000])
def bench_replace_row_distances(cupy, compare, rows, n, d=64):
    X = rows(n, d, 2)
    D = np.zeros((n, n))
    x, row, on_device = cupy.asarray(X), cupy.asarray(X[0] + 1.0), cupy.zeros((n, n))
    contestants = {
        "rfcore": lambda: _core.cuda.replace_row_distances(x, row, 5, True, on_device),
        "rfcore on the host": lambda: _core.replace_row_distances(
            X, X[0] + 1.0, 5, True, D
        ),
    }
    for work in contestants.values():
        work()
    np.testing.assert_array_equal(cupy.asnumpy(on_device[5]), D[5])
    compare(
        contestants,
        n_bytes=X.nbytes + 16 * n,
        n_flop=3 * n * d,
        error=dict.fromkeys(contestants, 0.0),
    )
