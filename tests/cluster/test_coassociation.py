"""Rows of powers of S through its factors, against the dense power in whole numbers."""

import numpy as np
import oracles_consensus as slow
import pytest

from rfcore.cluster import CoAssociation


def labelings(r, n, k, seed=0):
    return np.random.default_rng(seed).integers(k, size=(r, n))


def dense_power(S, power):
    """In Python's whole numbers."""
    S = S.astype(object)
    found = S
    for _ in range(power - 1):
        found = found @ S
    return found


@pytest.mark.parametrize(("r", "n", "k"), [(1, 1, 1), (3, 20, 4), (30, 25, 3)])
@pytest.mark.parametrize("power", [1, 2, 3, 4])
def test_rows_equal_the_dense_power_exactly(r, n, k, power):
    labels = labelings(r, n, k)
    S = CoAssociation(labels)
    expected = dense_power(slow.co_association(labels), power)
    found = S.rows(np.arange(n), power)
    assert (found.astype(object) == expected).all()
    some, others = [n - 1, 0, 0], [0, n // 2]
    assert (S.rows(some, power) == found[some]).all()
    block = S.block(some, others, power)
    np.testing.assert_array_equal(block, found[np.ix_(some, others)])


def test_numbers_beyond_what_float64_holds():
    labels = np.zeros((60, 60), dtype=int)
    labels[:, 0] = 1
    S, dense = CoAssociation(labels), slow.co_association(labels)
    assert S.rows([1], 4).dtype == np.float64
    assert S.rows([1], 5).dtype == np.int64
    expected = dense_power(dense, 5)
    assert expected.max() > 2**53
    assert (S.rows([1, 0], 5).astype(object) == expected[[1, 0]]).all()
    with pytest.raises(ValueError, match=r"power=6: entries of up to .* below 2\^63"):
        S.rows([0], 6)


def test_degrees_products_and_sizes():
    labels = labelings(4, 30, 3)
    S, dense = CoAssociation(labels), slow.co_association(labels)
    np.testing.assert_array_equal(S.degrees(), dense.sum(axis=1))
    V = np.random.default_rng(2).normal(size=(30, 2))
    np.testing.assert_allclose(S.matvec(V), dense @ V)
    np.testing.assert_allclose(S.matvec(V[:, 0]), dense @ V[:, 0])
    assert (S.n_partitions, S.n_rows, S.n_columns) == (4, 30, 12)
    np.testing.assert_array_equal(np.sort(S.codes, axis=1), S.codes)
    assert (S.H.sum(axis=1) == 4).all()


def test_names_that_are_not_used_take_no_column():
    labels = labelings(3, 12, 2)
    S, renamed = CoAssociation(labels), CoAssociation(labels * 1000 + 5)
    assert S.n_columns == renamed.n_columns == 6
    np.testing.assert_array_equal(S.codes, renamed.codes)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda S: S.rows([12]), ValueError, r"row 12 should be in \[0, 12\)"),
        (lambda S: S.rows([-1]), ValueError, r"row -1 should be in \[0, 12\)"),
        (lambda S: S.rows([0.5]), ValueError, "should hold row numbers"),
        (lambda S: S.rows([0], 0), ValueError, "power=0 should be >= 1"),
        (lambda S: S.rows([0], 1.5), TypeError, "power=1.5 should be an integer"),
        (lambda S: S.inner(0), ValueError, "power=0 should be >= 1"),
    ],
)
def test_error_questions(call, error, message):
    with pytest.raises(error, match=message):
        call(CoAssociation(labelings(2, 12, 2)))


def test_error_nothing_to_associate():
    with pytest.raises(ValueError, match=r"partitions.shape=\(0, 3\) should hold"):
        CoAssociation(np.empty((0, 3), dtype=int))
    with pytest.raises(ValueError, match=r"partitions.ndim=1 should be 2"):
        CoAssociation([0, 1])
