"""kNN-Shapley beside the sum over all subsets, its properties, and bad input."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfcore.influence import knn_shapley, trim
from rfcore.influence.selection import baselines

PLACES = [(1e-6, 0.0), (1.0, 0.0), (1e6, 0.0), (1.0, 1e6)]


def utility(X, y, x, label, subset, k):
    """Votes for the label among the k nearest of a subset, divided by k."""
    near = sorted(subset, key=lambda i: (((X[i] - x) ** 2).sum(), i))[:k]
    return sum(y[i] == label for i in near) / k


def brute_force(X, y, X_val, y_val, k):
    """The Shapley value from its definition: marginal worth over all subsets."""
    n = len(X)
    values = np.zeros(n)
    for x, label in zip(X_val, y_val, strict=True):
        for i in range(n):
            others = [j for j in range(n) if j != i]
            for size in range(n):
                share = 1 / (n * math.comb(n - 1, size))
                for subset in itertools.combinations(others, size):
                    gain = utility(X, y, x, label, [*subset, i], k)
                    values[i] += share * (gain - utility(X, y, x, label, subset, k))
    return values / len(X_val)


def random_case(seed, n, n_val=3, m=2, n_classes=3):
    rng = np.random.default_rng(seed)
    return (
        rng.normal(size=(n, m)) * [1.0, 20.0],
        rng.integers(n_classes, size=n),
        rng.normal(size=(n_val, m)) * [1.0, 20.0],
        rng.integers(n_classes, size=n_val),
    )


@pytest.mark.parametrize("k", [1, 2, 3, 5, 9])
@pytest.mark.parametrize("n", [1, 2, 5, 7])
def test_equals_the_sum_over_all_subsets(n, k):
    case = random_case(10 * n + k, n)
    found = knn_shapley(*case, n_neighbors=k)
    np.testing.assert_allclose(found, brute_force(*case, k), rtol=0, atol=1e-14)


def test_equals_it_on_eight_rows_with_ties():
    X = np.array([[0.0], [1.0], [1.0], [-1.0], [2.0], [2.0], [0.0], [3.0]])
    y = np.array([1, 0, 1, 1, 0, 1, 0, 1])
    case = X, y, np.array([[0.0]]), np.array([1])
    np.testing.assert_allclose(
        knn_shapley(*case, n_neighbors=2), brute_force(*case, 2), rtol=0, atol=1e-14
    )


def test_a_case_by_hand():
    """Sorted votes 1, 0, 1 and K = 1: s = 1/3, then 1/3 - 1/2, then that + 1."""
    found = knn_shapley([[3.0], [1.0], [2.0]], [1, 1, 0], [[0.0]], [1], n_neighbors=1)
    expected = [1 / 3, 1 / 3 - 1 / 2 + 1, 1 / 3 - 1 / 2]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-15)


@given(
    seed=st.integers(0, 10**6),
    n=st.integers(1, 60),
    k=st.integers(1, 12),
    place=st.sampled_from(PLACES),
)
def test_values_sum_to_the_worth_of_all_rows(seed, n, k, place):
    X, y, X_val, y_val = random_case(seed, n, n_val=4)
    scale, offset = place
    X, X_val = X * scale + offset, X_val * scale + offset
    found = knn_shapley(X, y, X_val, y_val, n_neighbors=k)
    worth = [
        utility(X, y, x, label, range(n), k)
        for x, label in zip(X_val, y_val, strict=True)
    ]
    assert found.sum() == pytest.approx(np.mean(worth), abs=1e-12)


def test_blocks_do_not_matter(monkeypatch):
    case = random_case(3, 50, n_val=21)
    whole = knn_shapley(*case)
    monkeypatch.setattr(baselines, "_BLOCK", 4 * 50)
    np.testing.assert_allclose(knn_shapley(*case), whole, rtol=0, atol=1e-15)


def test_a_mislabeled_row_is_harmful_and_trimmed_first():
    rng = np.random.default_rng(0)
    y = np.repeat(["a", "b"], 30)
    X = rng.normal(size=(60, 2)) + 6.0 * (y == "b")[:, None]
    noisy = y.copy()
    noisy[7] = "b"
    values = knn_shapley(X, noisy, X[::3] + 0.1, y[::3])
    assert values[7] < 0 < np.delete(values, 7).mean()
    assert trim(values, 1).removed.tolist() == [7]


def test_error_neighbors():
    case = random_case(0, 5)
    with pytest.raises(ValueError, match="n_neighbors=0 should be >= 1"):
        knn_shapley(*case, n_neighbors=0)
    with pytest.raises(TypeError, match=r"n_neighbors=1.5 should be an integer"):
        knn_shapley(*case, n_neighbors=1.5)


def test_error_shapes():
    X, y, X_val, y_val = random_case(0, 5)
    with pytest.raises(ValueError, match=r"y.shape=\(4,\) should be \(5,\)"):
        knn_shapley(X, y[:4], X_val, y_val)
    with pytest.raises(ValueError, match=r"y_val.shape=\(2,\) should be \(3,\)"):
        knn_shapley(X, y, X_val, y_val[:2])
    with pytest.raises(ValueError, match=r"X_val.shape\[-1\]=1 should be 2"):
        knn_shapley(X, y, X_val[:, :1], y_val)
    with pytest.raises(ValueError, match="X_val has 0 rows, should have >= 1"):
        knn_shapley(X, y, X_val[:0], y_val[:0])
    with pytest.raises(ValueError, match="X has 0 rows, should have >= 1"):
        knn_shapley(X[:0], y[:0], X_val, y_val)


def test_error_not_finite():
    X, y, X_val, y_val = random_case(0, 5)
    X[2, 1] = np.nan
    with pytest.raises(ValueError, match=r"X\[2, 1\]=nan should be finite"):
        knn_shapley(X, y, X_val, y_val)
