"""Balance and entropy of groups against their definitions."""

import numpy as np
import oracles
import pytest

from rfcore import _core


def balance(labels, groups, k, n_groups, b=None):
    out = np.full(max(len(labels), len(groups)) if b is None else b, np.nan)
    _core.balance(labels, groups, k, n_groups, out)
    return out


def group_entropy(labels, groups, k, n_groups, b=None):
    out = np.full(max(len(labels), len(groups)) if b is None else b, np.nan)
    _core.group_entropy(labels, groups, k, n_groups, out)
    return out


MEASURES = [balance, group_entropy]


def names(*rows):
    return np.array(rows, dtype=np.int32)


def random_names(shape, k, seed):
    return np.random.default_rng(seed).integers(k, size=shape, dtype=np.int32)


def test_by_hand():
    """Groups of 3 and 3 rows; clusters hold 2 + 1 and 1 + 2, then 3 + 0 and 0 + 3."""
    labels = names([0, 0, 0, 1, 1, 1])
    groups = names([0, 0, 1, 0, 1, 1], [0, 0, 0, 1, 1, 1])
    np.testing.assert_allclose(balance(labels, groups, 2, 2), [(1 / 3) / (1 / 2), 0.0])
    mixed = -2 / 3 * np.log(2 / 3) - 1 / 3 * np.log(1 / 3)
    np.testing.assert_allclose(group_entropy(labels, groups, 2, 2), [mixed, 0.0])


def test_a_share_above_the_overall_one_counts_as_one_below():
    """Group 1 holds 1/4 of the rows and 1/2 of cluster 0."""
    labels, groups = names([0, 0, 1, 1, 1, 1, 1, 1]), names([0, 1, 0, 0, 0, 0, 0, 1])
    assert balance(labels, groups, 2, 2).tolist() == [0.5]


@pytest.mark.parametrize("n", [1, 2, 13, 300])
@pytest.mark.parametrize(("k", "n_groups"), [(1, 1), (1, 4), (4, 1), (3, 5), (5, 3)])
@pytest.mark.parametrize(("p", "q"), [(4, 1), (1, 4), (4, 4), (1, 1)])
def test_equals_the_definitions(n, k, n_groups, p, q):
    labels, groups = random_names((p, n), k, 0), random_names((q, n), n_groups, 1)
    pairs = list(zip(*np.broadcast_arrays(labels, groups), strict=True))
    expected = [oracles.balance(*pair) for pair in pairs]
    found = balance(labels, groups, k, n_groups)
    np.testing.assert_allclose(found, expected, rtol=1e-15)
    expected = [oracles.group_entropy(*pair) for pair in pairs]
    found = group_entropy(labels, groups, k, n_groups)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("sizes", [(1, 1), (3, 7, 11), (2, 2, 2, 94), (49,)])
@pytest.mark.parametrize("copies", [(1, 2), (1, 3, 6), (7, 13, 29)])
def test_equal_shares_give_exactly_one(sizes, copies):
    """Each cluster holds the groups as often as its number of copies says."""
    one = np.repeat(np.arange(len(sizes)), sizes)
    groups = np.concatenate([np.tile(one, c) for c in copies])
    labels = np.repeat(np.arange(len(copies)), len(one) * np.array(copies))
    found = balance(names(labels), names(groups), len(copies), len(sizes))
    assert found.tolist() == [1.0]


def test_names_that_are_not_used_change_nothing():
    labels, groups = random_names((3, 40), 3, 2), random_names((1, 40), 2, 3)
    for measure in MEASURES:
        expected = measure(labels, groups, 3, 2)
        np.testing.assert_array_equal(measure(labels, groups, 9, 7), expected)
        np.testing.assert_array_equal(measure(labels + 4, groups, 9, 2), expected)
        np.testing.assert_array_equal(measure(labels, groups + 5, 3, 7), expected)


def test_one_row_one_group_one_cluster():
    one, many = names([0] * 6), names([0, 1, 2, 0, 1, 2])
    assert balance(many, one, 3, 1).tolist() == [1.0]
    assert balance(one, many, 1, 3).tolist() == [1.0]
    assert balance(names([0]), names([0]), 1, 1).tolist() == [1.0]
    assert group_entropy(many, one, 3, 1).tobytes() == np.zeros(1).tobytes()
    np.testing.assert_allclose(group_entropy(one, many, 1, 3), np.log(3) / 3)


def test_every_row_alone():
    alone, groups = names(range(6)), names([0, 0, 1, 1, 0, 1])
    for measure in MEASURES:
        assert measure(alone, groups, 6, 2).tolist() == [0.0]


def test_no_questions():
    for measure in MEASURES:
        assert measure(names([0, 1]), np.empty((0, 2), np.int32), 2, 2, 0).size == 0
        assert measure(np.empty((0, 2), np.int32), names([0, 1]), 2, 2, 0).size == 0


def test_products_beyond_32_bits():
    n = 200_000
    labels, groups = np.arange(n) % 2, np.arange(n) // 2 % 2
    found = balance(names(labels), names(groups), 2, 2)
    assert found.tolist() == [1.0]


def test_the_same_answers_for_any_number_of_threads(same_bits):
    labels, groups = random_names((50, 999), 6, 4), random_names((50, 999), 3, 5)
    for measure in MEASURES:
        same_bits(lambda measure=measure: [measure(labels, groups, 6, 3)])
        same_bits(lambda measure=measure: [measure(labels[:1], groups, 6, 3)])


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize(
    ("labels", "groups", "message"),
    [
        ([[0, 2]], [[0, 1]], r"labels should be in \[0, k\)"),
        ([[0, 1], [-1, 0]], [[0, 1]], r"labels should be in \[0, k\)"),
        ([[0, 1]], [[0, 3]], r"groups should be in \[0, l\)"),
        ([[0, 1]], [[0, 1], [1, -2]], r"groups should be in \[0, l\)"),
        ([[0, 1]] * 3, [[0, 1]] * 2, r"groups.shape\[0\]=2 should be 1 or 3"),
        ([[0, 1]] * 2, [[0, 1]] * 3, r"labels.shape\[0\]=2 should be 1 or 3"),
        ([[0, 1]], [[0, 1, 1]], r"groups.shape\[1\]=3 should be 2"),
        ([[]], [[]], r"labels.shape\[1\]=0 should be >= 1"),
    ],
)
def test_error_labels_and_groups(measure, labels, groups, message):
    with pytest.raises(ValueError, match=message):
        measure(names(*labels), names(*groups), 2, 3)


@pytest.mark.parametrize("measure", MEASURES)
def test_error_output_of_another_length(measure):
    with pytest.raises(ValueError, match=r"labels.shape\[0\]=2 should be 1 or 3"):
        measure(names([0], [0]), names([0]), 1, 1, 3)
