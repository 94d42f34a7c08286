"""Squared distances against exact arithmetic."""

import numpy as np
import pytest
from oracles import sq_distance_in_lanes, sq_distances

from rfcore import _core

PLACES = [(1e-6, 0.0), (1.0, 0.0), (1e6, 0.0), (1.0, 1e6), (1e6, 1e6)]


def pairwise(X, Y):
    out = np.full((len(X), len(Y)), np.nan)
    _core.pairwise_sq_distances(X, Y, out)
    return out


def random_rows(n, d, seed, dtype=np.float64):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(dtype)


def test_by_hand():
    X, Y = np.array([[0.0, 0.0], [3.0, 4.0]]), np.array([[3.0, 0.0]])
    assert pairwise(X, Y).tolist() == [[9.0], [16.0]]


@pytest.mark.parametrize("d", [1, 2, 15, 16, 17, 33, 64])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equals_exact_arithmetic_for_every_remainder_of_lanes(d, dtype):
    X, Y = random_rows(4, d, 0, dtype), random_rows(5, d, 1, dtype)
    np.testing.assert_allclose(pairwise(X, Y), sq_distances(X, Y), rtol=1e-15 * (8 + d))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_order_of_summation_is_that_of_the_contract(dtype):
    """To the bit, on whatever vector unit this machine has."""
    for d in range(1, 70):
        x, y = random_rows(2, d, d, dtype) * 1e3
        expected = sq_distance_in_lanes(x, y)
        assert pairwise(x[None], y[None]).tolist() == [[expected]]


@pytest.mark.parametrize(("scale", "offset"), PLACES)
def test_scale_and_offset_cost_no_digits(scale, offset):
    X = random_rows(6, 20, 2) * scale + offset
    np.testing.assert_allclose(pairwise(X, X), sq_distances(X, X), rtol=1e-14, atol=0)


def test_float32_gives_the_bits_of_the_same_numbers_in_float64():
    X, Y = random_rows(7, 37, 3, np.float32), random_rows(8, 37, 4, np.float32)
    wide = pairwise(X.astype(np.float64), Y.astype(np.float64))
    np.testing.assert_array_equal(pairwise(X, Y), wide)


def test_equal_rows_are_at_exactly_zero_and_order_does_not_matter():
    X = random_rows(30, 21, 5) * 1e6 + 0.1
    X[7] = X[3]
    D = pairwise(X, X)
    assert D[7, 3] == 0.0
    assert not D.diagonal().any()
    np.testing.assert_array_equal(D, D.T)


@pytest.mark.parametrize(("n", "m", "d"), [(0, 3, 2), (3, 0, 2), (2, 3, 0), (1, 1, 1)])
def test_empty_and_single(n, m, d):
    assert pairwise(np.ones((n, d)), np.ones((m, d))).tolist() == [[0.0] * m] * n


def test_the_same_bits_for_any_number_of_threads(same_bits):
    X, Y = random_rows(700, 19, 6), random_rows(300, 19, 7, np.float64)
    same_bits(lambda: [pairwise(X, Y)])
    same_bits(lambda: [pairwise(X.astype(np.float32), Y.astype(np.float32))])


@pytest.mark.parametrize("squared", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("t", [0, 4, 8])
def test_a_replaced_row_gives_the_bits_of_a_fresh_matrix(squared, dtype, t):
    X, row = random_rows(9, 18, 8, dtype), random_rows(1, 18, 9, dtype)[0]
    changed = X.copy()
    changed[t] = row
    fresh, D = pairwise(changed, changed), pairwise(X, X)
    if not squared:
        fresh, D = np.sqrt(fresh), np.sqrt(D)
    _core.replace_row_distances(X, row, t, squared, D)
    np.testing.assert_array_equal(D, fresh)


def test_replacing_touches_one_row_and_one_column_only():
    X, D = random_rows(6, 3, 10), np.arange(36.0).reshape(6, 6)
    _core.replace_row_distances(X, X[5].copy(), 2, True, D)
    kept = np.delete(np.delete(D, 2, axis=0), 2, axis=1)
    before = np.arange(36.0).reshape(6, 6)
    np.testing.assert_array_equal(
        kept, np.delete(np.delete(before, 2, axis=0), 2, axis=1)
    )
    np.testing.assert_array_equal(D[2], D[:, 2])


def test_the_only_row_may_be_replaced():
    D = np.full((1, 1), np.nan)
    _core.replace_row_distances(np.ones((1, 2)), np.zeros(2), 0, False, D)
    assert D.tolist() == [[0.0]]


@pytest.mark.parametrize("t", [-1, 3])
def test_error_row_out_of_range(t):
    with pytest.raises(ValueError, match="t should be a row of X"):
        _core.replace_row_distances(
            np.ones((3, 2)), np.zeros(2), t, True, np.zeros((3, 3))
        )


def all_pairs(X, squared):
    out = np.full((len(X), len(X)), np.nan)
    _core.self_distances(X, squared, out)
    return out


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("d", [1, 7, 8, 9, 15, 16, 17, 31, 40, 65])
def test_self_distances_have_the_bits_of_pairs(d, dtype):
    for n in (1, 7, 8, 9, 70, 133):
        X = random_rows(n, d, n, dtype) * 1e3 + 1e4
        np.testing.assert_array_equal(all_pairs(X, True), pairwise(X, X))
        np.testing.assert_array_equal(all_pairs(X, False), np.sqrt(pairwise(X, X)))


def test_self_distances_of_nothing():
    assert all_pairs(np.empty((0, 3)), True).shape == (0, 0)


def test_self_distances_same_bits_for_any_number_of_threads(same_bits):
    X = random_rows(300, 21, 6)
    same_bits(lambda: [all_pairs(X, False)])


def test_error_self_distances_of_another_shape():
    with pytest.raises(ValueError, match=r"out.shape\[1\]=3 should be 4"):
        _core.self_distances(np.ones((4, 2)), True, np.empty((4, 3)))
