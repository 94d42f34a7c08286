"""Balance and entropy of groups: formulas, invariances, the thesis's toy data."""

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfcore.metrics import balance, group_entropy

MEASURES = [balance, group_entropy]
TOL = {"rtol": 1e-12, "atol": 1e-15}


@st.composite
def clusterings(draw, n_labelings=1, n_groupings=1):
    n = draw(st.integers(1, 14))
    names = st.lists(st.integers(0, 3), min_size=n, max_size=n)
    return [draw(names) for _ in range(n_labelings + n_groupings)]


def clusters_of(*groups):
    """Labels and groups of clusters that are given by their rows' groups."""
    labels = np.repeat(np.arange(len(groups)), [len(own) for own in groups])
    return labels, np.concatenate(groups)


@given(clusterings())
def test_formulas(pair):
    np.testing.assert_allclose(balance(*pair), oracles.balance(*pair), rtol=1e-15)
    expected = oracles.group_entropy(*pair)
    np.testing.assert_allclose(group_entropy(*pair), expected, **TOL)


@given(clusterings())
def test_ranges(pair):
    labels, groups = pair
    assert 0.0 <= balance(labels, groups) <= 1.0
    most = len(set(labels)) / np.e
    assert 0.0 <= group_entropy(labels, groups) <= most * (1 + 1e-12)


@given(clusterings())
def test_balance_is_zero_just_where_a_group_is_missing_in_a_cluster(pair):
    labels, groups = pair
    n_cells = len(set(labels)) * len(set(groups))
    missing = len(set(zip(labels, groups, strict=True))) < n_cells
    assert (balance(labels, groups) == 0.0) == missing


@given(clusterings(), st.permutations(range(4)), st.randoms(use_true_random=False))
def test_invariances(pair, names, random):
    labels, groups = pair
    order = random.sample(range(len(labels)), len(labels))
    renamed = [names[i] for i in labels]
    for measure in MEASURES:
        expected = measure(labels, groups)
        np.testing.assert_allclose(measure(renamed, groups), expected, **TOL)
        np.testing.assert_allclose(
            measure(labels, [names[i] for i in groups]), expected, **TOL
        )
        shuffled = [labels[i] for i in order], [groups[i] for i in order]
        assert measure(*shuffled) == expected
        assert measure(labels * 3, groups * 3) == expected


@given(clusterings())
def test_one_group_or_one_cluster(pair):
    labels, groups = pair
    one = [5] * len(labels)
    assert balance(labels, one) == 1.0
    assert group_entropy(labels, one) == 0.0
    assert balance(one, groups) == 1.0
    shares = np.unique(groups, return_counts=True)[1] / len(groups)
    expected = -(shares * np.log(shares)).mean()
    np.testing.assert_allclose(group_entropy(one, groups), expected, **TOL)


@given(clusterings(3, 3))
def test_a_batch_gives_what_each_gives_alone(six):
    labels, groups = six[:3], six[3:]
    for measure in MEASURES:
        for given_labels, given_groups in [
            (labels, groups),
            (labels, groups[0]),
            (labels[0], groups),
            (labels[:1], groups),
            (labels, groups[:1]),
        ]:
            batch = measure(given_labels, given_groups)
            assert batch.dtype == np.float64
            # Names are shared by a batch, which changes no order among them.
            pairs = np.broadcast_arrays(given_labels, given_groups)
            alone = [measure(*pair) for pair in zip(*pairs, strict=True)]
            assert batch.tolist() == alone


def test_the_toy_data_of_the_thesis_before_the_attack():
    """4.1.3.5: clusters of 8 and 6 rows, half of each in either group."""
    labels, groups = clusters_of([0] * 4 + [1] * 4, [0] * 3 + [1] * 3)
    assert len(labels) == 14
    assert balance(labels, groups) == 1.0
    assert group_entropy(labels, groups) == pytest.approx(np.log(2), rel=1e-15)
    assert group_entropy(labels, groups) == pytest.approx(0.693, abs=5e-4)


@pytest.mark.paper
def test_the_toy_data_of_the_thesis_after_the_attack():
    """4.1.3.5: (1/4) / (7/14) = 0.5; the printed 0.617 is cut off, not rounded."""
    labels, groups = clusters_of([0] + [1] * 3, [0] * 6 + [1] * 4)
    assert np.bincount(groups).tolist() == [7, 7]
    assert balance(labels, groups) == 0.5
    assert group_entropy(labels, groups) == pytest.approx(0.617, abs=1e-3)


def test_the_log_of_the_number_of_clusters_is_no_bound():
    """In k clusters of equal halves a group has k (1/2) log 2."""
    labels, groups = clusters_of(*[[0, 1]] * 5)
    np.testing.assert_allclose(group_entropy(labels, groups), 2.5 * np.log(2))
    assert group_entropy(labels, groups) > np.log(5)


def test_only_clusters_and_groups_that_occur_count():
    """In each pair of a batch for itself."""
    labels, groups = [[0, 0, 1, 1], [7, 7, 7, 7]], [[0, 1, 0, 1], [2, 2, 2, 9]]
    assert balance(labels, groups).tolist() == [1.0, 1.0]
    expected = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25)) / 2
    np.testing.assert_allclose(group_entropy(labels, groups), [np.log(2), expected])


def test_noise_is_an_error_left_out_or_a_cluster():
    labels, groups = [-1, -1, 0, 0, 1, 1], [0, 0, 0, 1, 0, 1]
    assert balance(labels, groups, noise="cluster") == 0.0
    assert balance(labels, groups, noise="drop") == 1.0
    for measure in MEASURES:
        for own in (labels, np.array(labels, float), np.array(labels, object)):
            with pytest.raises(ValueError, match=r"2 times -1.*'drop'.*'cluster'"):
                measure(own, groups)
            found = measure(own, groups, noise="cluster")
            assert found == measure([2, 2, 0, 0, 1, 1], groups)
            found = measure(own, groups, noise="drop")
            assert found == measure(labels[2:], groups[2:])
        assert measure(["-1", "0"], [0, 1]) == measure([0, 1], [0, 1])


def test_noise_is_left_out_of_each_labeling_of_a_batch():
    labels = np.array([[-1, 0, 0, 1, 1], [0, 0, 1, 1, 1], [0, 0, 1, -1, -1]])
    groups = np.array([[0, 1, 0, 1, 0], [0, 1, 1, 0, 1], [1, 0, 1, 0, 0]])

    def expected(measure, own, group):
        kept = own != -1
        return measure(own[kept], group[kept])

    for measure in MEASURES:
        found = measure(labels, groups, noise="drop")
        pairs = zip(labels, groups, strict=True)
        assert found.tolist() == [expected(measure, *pair) for pair in pairs]
        found = measure(labels, groups[0], noise="drop")
        assert found.tolist() == [expected(measure, own, groups[0]) for own in labels]
        for one in (labels[0], labels[:1]):
            found = measure(one, groups, noise="drop")
            assert found.tolist() == [expected(measure, labels[0], g) for g in groups]


def test_error_noise():
    for measure in MEASURES:
        with pytest.raises(ValueError, match="noise='no' should be 'raise', 'drop' or"):
            measure([0, 1], [0, 1], noise="no")
        with pytest.raises(ValueError, match="labels holds noise only"):
            measure([[0, 1], [-1, -1]], [0, 1], noise="drop")
        with pytest.raises(ValueError, match=r"groups.shape\[-1\]=3 should be 2"):
            measure([0, -1], [0, 1, 1], noise="drop")
        with pytest.raises(ValueError, match=r"groups.shape\[0\]=2 should be 1 or 3"):
            measure([[0, -1]] * 3, [[0, 1]] * 2, noise="drop")


def test_names_of_any_kind():
    labels, groups = [0, 0, 0, 1, 1, 2, 2], [0, 1, 1, 0, 1, 1, 0]
    for measure in MEASURES:
        expected = measure(labels, groups)
        assert measure(["c", "c", "c", "d", "d", "e", "e"], groups) == expected
        assert measure(np.array(labels) * 10**12, groups) == expected
        assert measure(labels, [["f", "m"][g] for g in groups]) == expected
        assert measure(labels, np.array(groups, bool)) == expected
        assert measure(labels, np.array(groups) - 0.5) == expected
        assert measure(labels, np.array(groups, np.int8) - 1) == expected


def test_strided_and_read_only_arrays():
    labels = np.arange(36).reshape(6, 6) % 5 % 2
    groups = np.arange(36).reshape(6, 6) % 7 % 3
    labels.flags.writeable = groups.flags.writeable = False
    for measure in MEASURES:
        found = measure(labels.T, groups[:, ::-1])
        pairs = zip(labels.T.tolist(), groups[:, ::-1].tolist(), strict=True)
        assert found.tolist() == [measure(*pair) for pair in pairs]


def test_single_answers_are_python_numbers():
    for measure in MEASURES:
        assert type(measure([0, 1], [0, 1])) is float
        assert measure([[0, 1]], [0, 1]).shape == (1,)
        assert measure([0, 1], [[0, 1]]).shape == (1,)
        assert measure(np.empty((0, 2), int), [0, 1]).shape == (0,)
        assert measure([0, 1], np.empty((0, 2), int)).shape == (0,)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize(
    ("labels", "groups", "message"),
    [
        ([], [], "labels has 0 rows: at least 1 is needed"),
        (np.empty((3, 0)), [], "labels has 0 rows: at least 1 is needed"),
        ([0, 1], [0, 1, 1], r"groups.shape\[-1\]=3 should be 2"),
        ([0, 1], [], r"groups.shape\[-1\]=0 should be 2"),
        (3, [0, 1], "labels.ndim=0 should be 1 or 2"),
        ([0, 1], [[[0, 1]]], "groups.ndim=3 should be 1 or 2"),
        ([0, np.nan], [0, 1], r"labels holds 1 missing value \(row 1\)"),
        ([0, 1], [0, np.inf], "groups should be finite"),
        ([[0, 1]] * 3, [[0, 1]] * 2, r"groups.shape\[0\]=2 should be 1 or 3"),
        ([0, 1], np.array([1, "a"], object), "groups should be of one kind"),
    ],
)
def test_error_labels_and_groups(measure, labels, groups, message):
    with pytest.raises(ValueError, match=message):
        measure(labels, groups)
