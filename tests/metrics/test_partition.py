"""Partitions compared: formulas, names of any kind, properties of a metric."""

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from rfcore.metrics import (
    accuracy,
    ari,
    co_membership_distance,
    contingency,
    n_switched,
    nmi,
)

DISTANCES = [co_membership_distance, n_switched]
SCORES = [accuracy, nmi, ari]
TOL = 1e-12


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


@given(partitions(2))
def test_formulas_of_scores(pair):
    a, b = pair
    assert accuracy(a, b) == float(oracles.accuracy(a, b))
    np.testing.assert_allclose(nmi(a, b), oracles.nmi(a, b), rtol=0, atol=TOL)
    np.testing.assert_allclose(ari(a, b), oracles.ari(a, b), rtol=0, atol=TOL)


@given(partitions(2))
def test_scores_are_those_of_scikit_learn(pair):
    expected = normalized_mutual_info_score(*pair)
    np.testing.assert_allclose(nmi(*pair), expected, rtol=0, atol=TOL)
    np.testing.assert_allclose(ari(*pair), adjusted_rand_score(*pair), rtol=0, atol=TOL)


@pytest.mark.parametrize("n", [100, 10_000, 200_000])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.9, 1.0])
def test_scores_of_many_rows_are_those_of_scikit_learn(n, share):
    rng = np.random.default_rng(n)
    a = rng.integers(7, size=n)
    b = np.where(rng.random(n) < share, rng.integers(12, size=n), a)
    np.testing.assert_allclose(
        nmi(a, b), normalized_mutual_info_score(a, b), rtol=0, atol=TOL
    )
    np.testing.assert_allclose(ari(a, b), adjusted_rand_score(a, b), rtol=0, atol=TOL)


@given(partitions(1), st.permutations(range(5)))
def test_scores_of_one_partition_under_two_names_are_exactly_one(one, names):
    for score in SCORES:
        assert score(one[0], [names[i] for i in one[0]]) == 1.0


@given(partitions(2))
def test_ranges_of_scores_and_one_only_for_the_same_partition(pair):
    a, b = pair
    same = oracles.co_membership_distance(a, b) == 0
    least = {accuracy: 1 / len(a), nmi: 0.0, ari: -0.5}
    for score in SCORES:
        assert least[score] <= score(a, b) <= 1
        assert (score(a, b) == 1) == same


@given(partitions(2), st.permutations(range(5)), st.randoms(use_true_random=False))
def test_invariances_of_scores(pair, names, random):
    a, b = pair
    order = random.sample(range(len(a)), len(a))
    for score in SCORES:
        expected = pytest.approx(score(a, b), abs=TOL)
        assert score(b, a) == expected
        assert score([names[i] for i in a], b) == expected
        assert score(a, [names[i] for i in b]) == expected
        assert score([a[i] for i in order], [b[i] for i in order]) == score(a, b)


@pytest.mark.parametrize("n", [2, 3, 9])
def test_scores_of_single_clusters(n):
    one, alone, two = [0] * n, list(range(n)), [0] * (n - 1) + [1]
    for score in (nmi, ari):
        assert score(one, one) == score(alone, alone) == 1.0
        assert score(one, alone) == score(alone, one) == 0.0
        assert score(one, two) == score(two, one) == 0.0
        assert score([3], [8]) == score([], []) == 1.0
    assert accuracy(one, alone) == accuracy(alone, one) == 1 / n


def test_nmi_of_independent_partitions_is_exactly_zero():
    a, b = np.repeat([0, 1, 2], 14), np.tile(np.repeat([0, 1], 7), 3)
    assert nmi(a, b) == 0.0


@pytest.mark.paper
@pytest.mark.parametrize(
    ("table", "printed_nmi", "printed_acc"),
    [([[7, 0], [1, 6]], 0.695, 0.928), ([[4, 3], [0, 7]], 0.397, 0.785)],
)
def test_the_toy_data_of_the_thesis(table, printed_nmi, printed_acc):
    """4.1.3.5: two classes of 7 rows; the printed values are cut off, not rounded."""
    y = np.repeat([0, 1], 7)
    labels = np.concatenate([np.repeat([0, 1], row) for row in table])
    assert nmi(y, labels) == pytest.approx(printed_nmi, abs=1e-3)
    assert accuracy(y, labels) == pytest.approx(printed_acc, abs=1e-3)


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
    for distance in DISTANCES + SCORES:
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
    for score in SCORES:
        assert type(score([0, 1], [0, 0])) is float
        assert score([0, 1], [[0, 0]]).dtype == np.float64
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
    for score in SCORES:
        assert score(*renamed) == pytest.approx(score(a, b), abs=TOL)


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
    for score in SCORES:
        assert score([0, 1, 1], none).shape == (0,)


@pytest.mark.parametrize("measure", [contingency, *DISTANCES, nmi, ari])
@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ([0, 1], [0, 1, 1], r"b.shape\[-1\]=3 should be 2"),
        ([0, 1], [[0, 1, 1]], r"b.shape\[-1\]=3 should be 2"),
        ([[0, 1]], [0, 1], "a.ndim=2 should be 1"),
        (3, [0, 1], "a.ndim=0 should be 1"),
        ([0, 1], [[[0, 1]]], "b.ndim=3 should be 1 or 2"),
        ([0, 1], [0, np.nan], "b holds 1 missing value"),
        ([np.inf, 1], [0, 1], "a should be finite"),
    ],
)
def test_error_labels(measure, a, b, message):
    with pytest.raises(ValueError, match=message):
        measure(a, b)


@pytest.mark.parametrize(
    ("y", "labels", "message"),
    [
        ([0, 1], [0, 1, 1], r"labels.shape\[-1\]=3 should be 2"),
        ([[0, 1]], [0, 1], "y.ndim=2 should be 1"),
        ([0, 1], 3, "labels.ndim=0 should be 1 or 2"),
        ([0, np.nan], [0, 1], "y holds 1 missing value"),
        ([], [], "y has 0 rows: at least 1 is needed"),
    ],
)
def test_error_accuracy(y, labels, message):
    with pytest.raises(ValueError, match=message):
        accuracy(y, labels)
