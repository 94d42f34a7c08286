"""Contingency, co-membership distance and switch count against their definitions."""

import numpy as np
import oracles
import pytest

from rfcore import _core


def contingency(a, others, k, n_names):
    table = np.full((len(others), k, n_names), -9)
    _core.contingency(a, others, table)
    return table


def co_membership_distance(a, others, k, n_names):
    distance = np.full(len(others), np.nan)
    _core.co_membership_distance(a, others, k, n_names, distance)
    return distance


def n_switched(a, others, k, n_names):
    switched = np.full(len(others), -9)
    _core.n_switched(a, others, k, n_names, switched)
    return switched


def random_labels(shape, k, seed):
    return np.random.default_rng(seed).integers(k, size=shape, dtype=np.int32)


def labels(*values):
    return np.array(values, dtype=np.int32)


def test_by_hand():
    a, others = labels(0, 0, 0, 1, 1), labels([1, 1, 0, 0, 0], [0, 0, 0, 1, 1])
    tables = [[[1, 2], [2, 0]], [[3, 0], [0, 2]]]
    assert contingency(a, others, 2, 2).tolist() == tables
    # 9 + 4 pairs kept by a, 9 + 4 by the other, 1 + 4 + 4 by both.
    assert co_membership_distance(a, others, 2, 2).tolist() == [np.sqrt(8.0), 0.0]
    assert n_switched(a, others, 2, 2).tolist() == [1, 0]


@pytest.mark.parametrize("n", [1, 2, 13, 300])
@pytest.mark.parametrize(("k", "n_names"), [(1, 1), (1, 4), (4, 1), (3, 5), (5, 3)])
def test_equals_the_definitions(n, k, n_names):
    a, others = random_labels(n, k, 0), random_labels((4, n), n_names, 1)
    tables = contingency(a, others, k, n_names)
    distances = co_membership_distance(a, others, k, n_names)
    switched = n_switched(a, others, k, n_names)
    for q, b in enumerate(others):
        expected = oracles.contingency(a, b, k, n_names)
        np.testing.assert_array_equal(tables[q], expected)
        assert distances[q] == oracles.co_membership_distance(a, b)
        assert switched[q] == oracles.n_switched(a, b)


@pytest.mark.parametrize("seed", range(20))
def test_the_best_matching_is_not_the_greedy_one(seed):
    """Tables whose rows are near each other make the matching a real question."""
    rng = np.random.default_rng(seed)
    table = rng.integers(8, 12, size=(5, 5))
    a = np.repeat(np.arange(5), table.sum(axis=1)).astype(np.int32)
    b = np.concatenate([np.repeat(np.arange(5), row) for row in table])
    found = n_switched(a, b[None].astype(np.int32), 5, 5)
    assert found.tolist() == [oracles.n_switched(a, b)]


def test_names_that_are_not_used_change_nothing():
    a, others = random_labels(40, 3, 2), random_labels((3, 40), 3, 3)
    for measure in (co_membership_distance, n_switched):
        expected = measure(a, others, 3, 3)
        np.testing.assert_array_equal(measure(a, others, 6, 11), expected)
        np.testing.assert_array_equal(measure(a + 3, others, 6, 3), expected)
    wide = contingency(a + 3, others, 6, 4)
    np.testing.assert_array_equal(wide[:, 3:, :3], contingency(a, others, 3, 3))
    assert wide.sum() == 3 * 40


def test_every_row_alone_against_all_together():
    a, others = np.arange(9, dtype=np.int32), np.zeros((1, 9), dtype=np.int32)
    assert n_switched(a, others, 9, 1).tolist() == [8]
    assert co_membership_distance(a, others, 9, 1).tolist() == [np.sqrt(81.0 - 9.0)]


def test_no_rows_and_no_questions():
    none, empty = labels(), np.empty((2, 0), dtype=np.int32)
    assert contingency(none, empty, 2, 3).tolist() == [[[0] * 3] * 2] * 2
    assert co_membership_distance(none, empty, 2, 3).tolist() == [0.0, 0.0]
    assert n_switched(none, empty, 0, 0).tolist() == [0, 0]
    assert n_switched(labels(0, 1), np.empty((0, 2), np.int32), 2, 2).shape == (0,)


def test_pairs_beyond_32_bits():
    n = 70_000
    a, b = np.zeros(n, dtype=np.int32), np.arange(n, dtype=np.int32) % 2
    expected = np.sqrt(float(n * n - n * n // 2))
    assert co_membership_distance(a, b[None], 1, 2).tolist() == [expected]


def test_the_same_answers_for_any_number_of_threads(same_bits):
    a, others = random_labels(999, 6, 4), random_labels((50, 999), 7, 5)
    for measure in (contingency, co_membership_distance, n_switched):
        same_bits(lambda measure=measure: [measure(a, others, 6, 7)])


@pytest.mark.parametrize("measure", [contingency, co_membership_distance, n_switched])
@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ([0, 2], [0, 1], r"labels should be in \[0, k\)"),
        ([0, -1], [0, 1], r"labels should be in \[0, k\)"),
        ([0, 1], [0, 3], r"labels should be in \[0, l\)"),
        ([0, 1], [-2, 1], r"labels should be in \[0, l\)"),
    ],
)
def test_error_label_out_of_range(measure, a, b, message):
    with pytest.raises(ValueError, match=message):
        measure(labels(*a), labels(b), 2, 3)
