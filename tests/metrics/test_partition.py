"""Distances of partitions: formulas, names of any kind, properties of a metric."""

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfcore.metrics import co_membership_distance, contingency, n_switched

DISTANCES = [co_membership_distance, n_switched]


@st.composite
def partitions(draw, n_partitions):
    n = draw(st.integers(1, 12))
    names = st.lists(st.integers(0, 4), min_size=n, max_size=n)
    return [draw(names) for _ in range(n_partitions)]


@given(partitions(2))
def test_formulas(pair):
    a, b = pair
    table = oracles.contingency(a, b, max(a) + 1, max(b) + 1)
    np.testing.assert_array_equal(contingency(a, b), table)
    by_margins = (
        (table.sum(axis=1) ** 2).sum()
        + (table.sum(axis=0) ** 2).sum()
        - 2 * (table**2).sum()
    )
    assert co_membership_distance(a, b) == np.sqrt(by_margins)
    assert co_membership_distance(a, b) == oracles.co_membership_distance(a, b)
    assert n_switched(a, b) == oracles.n_switched(a, b)


@given(partitions(2), st.permutations(range(5)), st.randoms(use_true_random=False))
def test_invariances(pair, names, random):
    a, b = pair
    order = random.sample(range(len(a)), len(a))
    for distance in DISTANCES:
        expected = distance(a, b)
        assert distance(b, a) == expected
        assert distance([names[i] for i in a], b) == expected
        assert distance(a, [names[i] for i in b]) == expected
        assert distance([a[i] for i in order], [b[i] for i in order]) == expected
    np.testing.assert_array_equal(contingency(b, a), contingency(a, b).T)


@given(partitions(2))
def test_ranges_and_zero_only_for_the_same_partition(pair):
    a, b = pair
    same = oracles.co_membership_distance(a, b) == 0
    assert 0 <= co_membership_distance(a, b) <= len(a)
    assert 0 <= n_switched(a, b) < len(a)
    assert (co_membership_distance(a, b) == 0) == same
    assert (n_switched(a, b) == 0) == same


@given(partitions(3))
def test_triangle_inequality(three):
    a, b, c = three
    for distance in DISTANCES:
        assert distance(a, c) <= distance(a, b) + distance(b, c) + 1e-9


@given(partitions(4))
def test_a_batch_gives_what_each_gives_alone(four):
    a, *others = four
    for distance in DISTANCES:
        batch = distance(a, others)
        assert batch.shape == (3,)
        assert batch.tolist() == [distance(a, b) for b in others]
    tables = contingency(a, others)
    for table, b in zip(tables, others, strict=True):
        alone = contingency(a, b)
        np.testing.assert_array_equal(table[:, : alone.shape[1]], alone)
        assert not table[:, alone.shape[1] :].any()


def test_single_answers_are_python_numbers():
    assert type(co_membership_distance([0, 1], [0, 0])) is float
    assert type(n_switched([0, 1], [0, 0])) is int
    assert n_switched([0, 1], [[0, 0]]).dtype == np.int64
    assert co_membership_distance([0, 1], [[0, 0]]).dtype == np.float64
    assert contingency([0, 1], [[0, 0]]).dtype == np.int64


@pytest.mark.parametrize(
    "names",
    [
        ["no", "yes", "maybe"],
        [-1, 0, 7],
        [0, 10**15, 5],
        [0.5, -1.5, 2.0],
        [np.float32(1), np.float32(2), np.float32(3)],
        np.array([3, 1, 2], dtype=np.uint8),
    ],
)
def test_names_of_any_kind(names):
    a, b = [0, 0, 1, 1, 2, 2], [0, 1, 1, 1, 2, 0]
    renamed = [names[i] for i in a], [names[i] for i in b]
    for distance in DISTANCES:
        assert distance(*renamed) == distance(a, b)


def test_names_true_and_false():
    assert n_switched([True, False, False], [0, 1, 0]) == 1


def test_strided_and_read_only_labels():
    labels = np.arange(24).reshape(6, 4) % 5
    labels.flags.writeable = False
    for distance in DISTANCES:
        expected = distance(labels[:, 1].tolist(), labels[:, 2].tolist())
        assert distance(labels[:, 1], labels[:, 2]) == expected
        assert distance(labels[:, 1], labels.T)[2] == expected


def test_the_distances_of_the_thesis_carry_no_sign():
    """24 of 363 rows leave a cluster of 182 for one of 181: equation 2.1 without -."""
    before = np.repeat([0, 1], [181, 182])
    after = before.copy()
    after[181:205] = 0
    kept = (before[:, None] == before) ^ (after[:, None] == after)
    assert co_membership_distance(before, after) == np.sqrt(kept.sum())
    assert n_switched(before, after) == 24


def test_no_labelings():
    none = np.empty((0, 3), dtype=int)
    assert contingency([0, 1, 1], none).shape[0] == 0
    assert n_switched([0, 1, 1], none).shape == (0,)
    assert co_membership_distance([0, 1, 1], none).shape == (0,)


@pytest.mark.parametrize("measure", [contingency, *DISTANCES])
@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ([0, 1], [0, 1, 1], r"b.shape\[-1\]=3 should be 2"),
        ([0, 1], [[0, 1, 1]], r"b.shape\[-1\]=3 should be 2"),
        ([[0, 1]], [0, 1], "a.ndim=2 should be 1"),
        (3, [0, 1], "a.ndim=0 should be 1"),
        ([0, 1], [[[0, 1]]], "b.ndim=3 should be"),
        ([0, 1], [0, np.nan], "b should be finite"),
        ([np.inf, 1], [0, 1], "a should be finite"),
    ],
)
def test_error_labels(measure, a, b, message):
    with pytest.raises(ValueError, match=message):
        measure(a, b)
