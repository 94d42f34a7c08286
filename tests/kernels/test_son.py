"""Steps of sum-of-norms clustering against NumPy's, fused rows, the penalty."""

import numpy as np
import oracles_son
import pytest
from threadpoolctl import threadpool_limits

from rfcore import _core

TILE = _core.son_dual_shape(1, 1)[1]


def start(X):
    return X.copy(), np.zeros_like(X), np.zeros(_core.son_dual_shape(*X.shape))


def rows(n, d, seed=0):
    X = np.random.default_rng(seed).normal(size=(n, d))
    return X - X.mean(axis=0)


def test_by_hand():
    """Two rows 2 apart, lam = 1/2, step = 1."""
    X = np.array([[-1.0], [1.0]])
    centers, sums, dual = start(X)
    _core.son_sweep(X, 0.5, 1.0, 1, centers, sums, dual)
    # z_12 = P(1 (-1 - 1)) = -1/2, so T = (-1/2, 1/2); M = (-1 - 2 + 1) / 3.
    np.testing.assert_array_equal(sums, [[-0.5], [0.5]])
    np.testing.assert_array_equal(centers, [[-2 / 3], [2 / 3]])
    assert dual[0, 0, 0, 1] == -0.5
    assert dual[0, 1, 0, 0] == 0.5
    assert np.count_nonzero(dual) == 2


@pytest.mark.parametrize("n", [1, 2, TILE, TILE + 1, 2 * TILE + 7])
@pytest.mark.parametrize("d", [1, 3, 17])
def test_equals_numpy(n, d):
    X = rows(n, d, n)
    centers, sums, dual = start(X)
    lam, step = 2.0 / n, 5.0 / n
    _core.son_sweep(X, lam, step, 4, centers, sums, dual)
    _core.son_sweep(X, lam, step, 3, centers, sums, dual)
    M, z, T = oracles_son.admm(X, lam, step, 7)
    np.testing.assert_allclose(oracles_son.dual_of(dual, n), z, atol=1e-13)
    np.testing.assert_allclose(sums, T, atol=1e-12)
    np.testing.assert_allclose(centers, M, atol=1e-12)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_scales(scale):
    X = rows(70, 3)
    one, other = start(X), start(X * scale)
    _core.son_sweep(X, 0.02, 0.1, 6, *one)
    _core.son_sweep(X * scale, 0.02 * scale, 0.1, 6, *other)
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(b, a * scale, rtol=1e-9, atol=1e-12 * scale)


def test_duals_are_feasible_and_antisymmetric_and_sum_to_sums():
    X = rows(150, 4)
    centers, sums, dual = start(X)
    _core.son_sweep(X, 0.01, 0.05, 9, centers, sums, dual)
    z = oracles_son.dual_of(dual, 150)
    lengths = np.linalg.norm(z, axis=2)
    assert lengths.max() <= 0.01 * (1 + 1e-14)
    assert (lengths < 0.0099).any()
    np.testing.assert_array_equal(z, -z.transpose(1, 0, 2))
    np.testing.assert_allclose(z.sum(axis=1), sums, atol=1e-14)
    # A diagonal tile holds each pair twice, with the same bits.
    np.testing.assert_array_equal(
        dual[0].transpose(0, 2, 1), -dual[0].transpose(2, 0, 1)
    )


def test_no_pull_and_no_steps():
    X = rows(5, 2)
    centers, sums, dual = start(X)
    _core.son_sweep(X, 0.0, 1.0, 3, centers, sums, dual)
    np.testing.assert_allclose(centers, X, rtol=1e-14)
    assert not dual.any()
    assert not sums.any()
    labels = np.empty(5, dtype=np.int32)
    assert _core.son_labels(dual, 0.0, labels) == 5
    centers, sums, dual = start(X)
    _core.son_sweep(X, 1.0, 1.0, 0, centers, sums, dual)
    np.testing.assert_array_equal(centers, X)


@pytest.mark.parametrize("n", [3, 80, 2 * TILE + 1])
def test_labels_are_components_of_short_duals(n):
    X = np.concatenate([rows(n // 3, 2), rows(n // 3, 2, 1) + 9, rows(n, 2, 2) - 9])
    X = X[np.random.default_rng(0).permutation(len(X))[:n]]
    X = X - X.mean(axis=0)
    lam = 8.0 / n
    centers, sums, dual = start(X)
    _core.son_sweep(X, lam, 8.0 / n, 40, centers, sums, dual)
    short = np.linalg.norm(oracles_son.dual_of(dual, n), axis=2) < lam * (1 - 1e-9)
    labels = np.full(n, -9, dtype=np.int32)
    n_clusters = _core.son_labels(dual, lam, labels)
    expected = oracles_son.components(short & ~np.eye(n, dtype=bool))
    np.testing.assert_array_equal(labels, expected)
    assert n_clusters == expected.max() + 1
    assert n < 80 or 1 < n_clusters < n


@pytest.mark.parametrize("k", [1, 2, TILE, 3 * TILE + 5])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_penalty(k, offset):
    C = rows(k, 3) * [1.0, 1e-3, 1e3] + offset
    weights = np.random.default_rng(k).integers(1, 9, size=k).astype(float)
    gaps = np.linalg.norm(C[:, None] - C[None], axis=2)
    expected = 0.5 * weights @ gaps @ weights
    assert _core.son_penalty(C, weights) == pytest.approx(expected, rel=1e-12)


def test_same_bits_for_any_number_of_threads():
    X = rows(300, 5)
    found = []
    for threads in (1, 2, 7):
        with threadpool_limits(threads):
            state = start(X)
            _core.son_sweep(X, 0.01, 0.03, 5, *state)
            found.append((*state, _core.son_penalty(state[0], np.ones(300))))
    for other in found[1:]:
        for a, b in zip(found[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lam": -1.0}, "lam should be >= 0"),
        ({"lam": np.nan}, "lam should be >= 0"),
        ({"step": 0.0}, "step should be > 0"),
        ({"n_steps": -1}, "n_steps=-1 should be >= 0"),
        ({"X": np.zeros((0, 2))}, "n_samples=0 should be >= 1"),
        ({"centers": np.zeros((2, 2))}, r"centers.shape\[0\]=2 should be 3"),
        ({"centers": np.zeros((3, 1))}, r"centers.shape\[1\]=1 should be 2"),
        ({"sums": np.zeros((2, 2))}, r"sums.shape\[0\]=2 should be 3"),
        ({"sums": np.zeros((3, 1))}, r"sums.shape\[1\]=1 should be 2"),
        ({"dual": np.zeros((2, TILE, 2, TILE))}, r"dual.shape\[0\]=2 should be 1"),
        ({"dual": np.zeros((1, 3, 2, TILE))}, rf"dual.shape\[1\]=3 should be {TILE}"),
        ({"dual": np.zeros((1, TILE, 1, TILE))}, r"dual.shape\[2\]=1 should be 2"),
        ({"dual": np.zeros((1, TILE, 2, 9))}, rf"dual.shape\[3\]=9 should be {TILE}"),
    ],
)
def test_errors_of_steps(change, message):
    X = np.zeros((3, 2))
    centers, sums, dual = start(X)
    given = {"X": X, "lam": 1.0, "step": 1.0, "n_steps": 1}
    given |= {"centers": centers, "sums": sums, "dual": dual}
    with pytest.raises(ValueError, match=message):
        _core.son_sweep(**(given | change))


def test_errors_of_labels_and_penalty():
    dual = np.zeros(_core.son_dual_shape(TILE + 1, 2))
    with pytest.raises(ValueError, match=r"dual.shape\[0\]=3 should be 1"):
        _core.son_labels(dual, 1.0, np.zeros(TILE, dtype=np.int32))
    with pytest.raises(ValueError, match=r"weights.shape\[0\]=2 should be 3"):
        _core.son_penalty(np.zeros((3, 2)), np.zeros(2))
