"""Contingency counts and the measures read off them, against their definitions."""

import numpy as np
import oracles
import pytest
from sklearn.metrics import adjusted_rand_score

from rfcore import _core

TOL = 1e-12


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


def nmi(a, others, k, n_names):
    out = np.full(len(others), np.nan)
    _core.nmi(a, others, k, n_names, out)
    return out


def ari(a, others, k, n_names):
    out = np.full(len(others), np.nan)
    _core.ari(a, others, k, n_names, out)
    return out


MEASURES = [contingency, co_membership_distance, n_switched, nmi, ari]


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
    # Of 10 pairs 4 are in a, 4 in the other, 2 in both: mean 1.6, at most 4.
    np.testing.assert_allclose(ari(a, others, 2, 2), [(2 - 1.6) / (4 - 1.6), 1.0])
    entropy = -0.4 * np.log(0.4) - 0.6 * np.log(0.6)
    together = 0.2 * np.log(0.2 / 0.36) + 2 * 0.4 * np.log(0.4 / 0.24)
    np.testing.assert_allclose(nmi(a, others, 2, 2), [together / entropy, 1.0])


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
    information, adjusted = nmi(a, others, k, n_names), ari(a, others, k, n_names)
    np.testing.assert_allclose(
        information, [oracles.nmi(a, b) for b in others], rtol=0, atol=TOL
    )
    np.testing.assert_allclose(
        adjusted, [oracles.ari(a, b) for b in others], rtol=0, atol=TOL
    )


# Around the 32 and 1024 cells where counting changes its way, and the block of rows.
@pytest.mark.parametrize("n", [1, 63, 64, 65, 4095, 4096, 4097, 12_289])
@pytest.mark.parametrize("cells", [1, 31, 32, 33, 1024, 1025])
def test_no_row_is_left_out(n, cells):
    a, others = random_labels(n, 1, 0), random_labels((2, n), cells, n)
    expected = [np.bincount(b, minlength=cells) for b in others]
    np.testing.assert_array_equal(contingency(a, others, 1, cells)[:, 0], expected)
    flat = contingency(others[0], a[None], cells, 1).ravel()
    np.testing.assert_array_equal(flat, expected[0])


def test_rows_of_one_cell_do_not_overflow_the_counters():
    a = np.zeros(70_000, dtype=np.int32)
    for k in (1, 20, 2000):
        assert contingency(a, a[None], k, 1)[0, 0] == 70_000


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
    for measure in (co_membership_distance, n_switched, nmi, ari):
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
    for measure in (nmi, ari):
        assert measure(a, others, 9, 1).tolist() == [0.0]
        assert measure(others[0], others, 1, 1).tolist() == [1.0]
        assert measure(a, a[None], 9, 9).tolist() == [1.0]


def test_no_rows_and_no_questions():
    none, empty = labels(), np.empty((2, 0), dtype=np.int32)
    assert contingency(none, empty, 2, 3).tolist() == [[[0] * 3] * 2] * 2
    assert co_membership_distance(none, empty, 2, 3).tolist() == [0.0, 0.0]
    assert n_switched(none, empty, 0, 0).tolist() == [0, 0]
    for measure in (nmi, ari):
        assert measure(none, empty, 2, 3).tolist() == [1.0, 1.0]
    for measure in MEASURES:
        assert measure(labels(0, 1), np.empty((0, 2), np.int32), 2, 2).shape[0] == 0


def test_pairs_beyond_32_bits():
    n = 70_000
    a, b = np.zeros(n, dtype=np.int32), np.arange(n, dtype=np.int32) % 2
    expected = np.sqrt(float(n * n - n * n // 2))
    assert co_membership_distance(a, b[None], 1, 2).tolist() == [expected]


def test_pairs_of_pairs_beyond_64_bits():
    """The products of numbers of pairs in ari reach n^4."""
    rows = np.arange(300_000)
    a, b = rows % 3, rows % 2
    nearly = np.where(rows < 6, b, a)
    others = np.array([b, nearly], dtype=np.int32)
    found = ari(a.astype(np.int32), others, 3, 3)
    expected = [adjusted_rand_score(a, other) for other in others]
    np.testing.assert_allclose(found, expected, rtol=0, atol=TOL)
    assert 0.9999 < found[1] < 1


def test_the_same_answers_for_any_number_of_threads(same_bits):
    a, others = random_labels(999, 6, 4), random_labels((50, 999), 7, 5)
    for measure in MEASURES:
        same_bits(lambda measure=measure: [measure(a, others, 6, 7)])


@pytest.mark.parametrize("measure", MEASURES)
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


@pytest.mark.parametrize("k", [2, 40])
def test_error_label_out_of_range_in_any_block(k):
    """In one labeling of several, and in the last row of the last block."""
    a, others = random_labels(9000, k, 0), random_labels((3, 9000), k, 1)
    for bad in (-1, k, 2**31 - 1, -(2**31)):
        wrong = others.copy()
        wrong[1, -1] = bad
        for measure in MEASURES:
            with pytest.raises(ValueError, match=r"labels should be in \[0, l\)"):
                measure(a, wrong, k, k)
            with pytest.raises(ValueError, match=r"labels should be in \[0, k\)"):
                measure(wrong[1], others, k, k)


@pytest.mark.parametrize("measure", MEASURES[1:])
def test_error_numbers_of_names(measure):
    none = np.empty((0, 2), dtype=np.int32)
    for k, message in [(-1, "=-1 should be >= 0"), (2**31 + 1, "should be <= 2147483")]:
        with pytest.raises(ValueError, match=f"k.*{message}"):
            measure(labels(), none[:, :0], k, 1)
        with pytest.raises(ValueError, match=f"l.*{message}"):
            measure(labels(), none[:, :0], 1, k)
