"""Sum-of-norms clustering: fits to a gap of 1e-6, steps, beside NumPy and clarabel."""

import sys
from pathlib import Path

import numpy as np
import pytest
from race import THREADS, Case, Goal, Ladder

from rfcore import _core
from rfcore.cluster import SONClustering


def planted(n, d, *, seed=0):
    """Five normal clusters 15 deviations from the middle, the last one 45."""
    rng = np.random.default_rng(seed)
    centers = rng.normal(size=(5, d))
    centers *= 15.0 / np.linalg.norm(centers, axis=1, keepdims=True)
    centers[4] *= 3.0
    return centers[np.arange(n) % 5] + rng.normal(size=(n, d))


def share_fused(labels):
    """The share of all pairs of rows that are in one cluster."""
    n, sizes = len(labels), np.bincount(labels)
    return (sizes * (sizes - 1)).sum() / (n * (n - 1))


def fit(n, d, pull, *, threads=THREADS):
    """One fit at lam = pull / n."""
    X = planted(n, d)

    def by_rfcore(threads):
        estimator = SONClustering(pull / n)
        return lambda: estimator.fit(X)

    def quality(results):
        own = results["rfcore"]
        fused = share_fused(own.labels_)
        gap = own.duality_gap_ / own.objective_
        return f"gap {gap:.1e} in {own.n_iter_} steps, {fused:.2%} of edges fused"

    return Case(contestants={"rfcore": by_rfcore}, quality=quality, threads=threads)


def against_clarabel(n, d, pull, *, threads=THREADS):
    """One fit, and the same problem by cvxpy and clarabel at its own tolerance."""
    X = planted(n, d)
    sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))
    import oracles_son

    def by_rfcore(threads):
        estimator = SONClustering(pull / n, tol=1e-9, max_iter=20000)
        return lambda: estimator.fit(X).centers_

    def by_clarabel(threads):
        return lambda: oracles_son.centers_by_cvxpy(X, pull / n)

    def quality(results):
        own, other = results.values()
        return f"largest difference of centers {np.abs(own - other).max():.1e}"

    return Case(
        contestants={"rfcore": by_rfcore, "clarabel": by_clarabel},
        quality=quality,
        threads=threads,
    )


def steps(n, d, *, n_steps=5, threads=THREADS):
    """Steps of ADMM with the duals of all pairs."""
    X = planted(n, d)
    X -= X.mean(axis=0)
    lam, step = 25.0 / n, 8.0 / n

    def by_rfcore(threads):
        dual = np.empty(_core.son_dual_shape(n, d))

        def run():
            dual[:] = 0.0
            centers, sums = X.copy(), np.zeros_like(X)
            _core.son_sweep(X, lam, step, n_steps, centers, sums, dual)
            return centers

        return run

    def by_numpy(threads):
        return lambda: numpy_steps(X, lam, step, n_steps)

    def quality(results):
        own, other = results.values()
        return f"largest difference of centers {np.abs(own - other).max():.1e}"

    return Case(
        contestants={"rfcore": by_rfcore, "NumPy": by_numpy},
        quality=quality,
        flops=n_steps * n * n / 2 * 8.0 * d,
        n_bytes=n_steps * 8.0 * n * n * d,
        threads=threads,
    )


def numpy_steps(X, lam, step, n_steps):
    """The same steps with each pair once, as arrays (pairs, d)."""
    n = len(X)
    i, j = np.triu_indices(n, 1)
    centers, z, sums = X.copy(), np.zeros((len(i), X.shape[1])), np.zeros_like(X)
    for _ in range(n_steps):
        z += step * (centers[i] - centers[j])
        norms = np.sqrt(np.einsum("ef,ef->e", z, z))
        z *= np.minimum(1.0, lam / np.maximum(norms, lam / 2))[:, None]
        new = np.stack(
            [np.bincount(i, own, n) - np.bincount(j, own, n) for own in z.T], axis=1
        )
        centers = (X + step * n * centers + sums - 2 * new) / (1 + step * n)
        sums = new
    return centers


def steps_by_n(n):
    return steps(n, 10)


def steps_by_d(d):
    return steps(500, d)


def steps_by_threads(threads):
    return steps(1000, 10, threads=threads)


def partly_fused():
    return fit(2000, 10, 24.0)


def all_but_one_fused():
    return fit(2000, 10, 40.0)


def eighty_rows():
    return against_clarabel(80, 3, 26.0)


GOALS = (
    Goal("SON, n = 2000, d = 10, five clusters partly fused", partly_fused, {}),
    Goal("SON, n = 2000, d = 10, all but one fused", all_but_one_fused, {}),
    Goal("SON, n = 80, d = 3", eighty_rows, {}),
)

LADDERS = (
    Ladder("5 SON steps, d = 10", "n", (125, 250, 500, 1000, 2000), steps_by_n),
    Ladder("5 SON steps, n = 500", "d", (2, 8, 32), steps_by_d),
    Ladder("5 SON steps, n = 1000, d = 10", "threads", (1, 2), steps_by_threads),
)


@pytest.mark.parametrize("pull", [24.0, 40.0])
def test_fit(compare, full, pull):
    found = compare(fit(2000 if full else 60, 10, pull))["rfcore"]
    assert found.duality_gap_ <= 1e-6 * found.objective_
    if full and pull == 24.0:
        assert 0.05 <= share_fused(found.labels_) <= 0.95
    elif full:
        assert np.sort(np.bincount(found.labels_)).tolist() == [400, 1600]


def test_clarabel(compare, full):
    own, other = compare(against_clarabel(80 if full else 20, 3, 26.0)).values()
    np.testing.assert_allclose(own, other, atol=1e-4)


def test_steps(compare, full):
    own, other = compare(steps(1000 if full else 70, 10)).values()
    np.testing.assert_allclose(own, other, atol=1e-11)
