"""Device seeding against the host, over rows and centers."""

import numpy as np
import pytest

from rfcore import _core

pytestmark = pytest.mark.gpu


@pytest.mark.parametrize("k", [2, 10, 100])
@pytest.mark.parametrize("n", [10_000, 100_000, 1_000_000])
def bench_kmeans_plus_plus(cupy, compare, rows, n, k, d=64):
    X = rows(n, d, k)
    uniforms = np.random.default_rng(1).random(_core.seeding_uniforms(k))
    chosen = np.empty(k, np.int64)
    placed = [cupy.asarray(a) for a in (X, uniforms, chosen)]
    contestants = {"rfcore": lambda: _core.cuda.kmeans_plus_plus(*placed)}
    if n * k <= 1_000_000:
        contestants["rfcore on the host"] = lambda: _core.kmeans_plus_plus(
            X, uniforms, chosen
        )
    _core.kmeans_plus_plus(X, uniforms, chosen)
    _core.cuda.kmeans_plus_plus(*placed)
    np.testing.assert_array_equal(cupy.asnumpy(placed[2]), chosen)
    n_trials = (len(uniforms) - 1) // max(k - 1, 1)
    compare(
        contestants,
        n_bytes=k * X.nbytes,
        n_flop=3 * n * d * (1 + (k - 1) * n_trials),
        error=dict.fromkeys(contestants, 0.0),
    )


@pytest.mark.parametrize("k", [2, 10, 100])
@pytest.mark.parametrize("n", [10_000, 100_000, 1_000_000])
def bench_farthest_first(cupy, compare, rows, n, k, d=64):
    X = rows(n, d, k)
    chosen, sq = np.empty(k, np.int64), np.empty(n)
    x, picks, distances = (cupy.asarray(a) for a in (X, chosen, sq))
    contestants = {
        "rfcore": lambda: _core.cuda.farthest_first(x, 0, picks, distances),
        "rfcore on the host": lambda: _core.farthest_first(X, 0, chosen, sq),
    }
    for work in contestants.values():
        work()
    np.testing.assert_array_equal(cupy.asnumpy(picks), chosen)
    compare(
        contestants,
        n_bytes=k * X.nbytes,
        n_flop=3 * n * d * k,
        error=dict.fromkeys(contestants, 0.0),
    )
