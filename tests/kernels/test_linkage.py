"""Dendrograms against the definition of each linkage, in exact arithmetic."""

import numpy as np
import oracles
import pytest
from scipy.cluster import hierarchy

from rfcore import _core

METHODS = ("ward", "complete", "average", "single")


def distances(X, method):
    out = np.empty((len(X), len(X)))
    _core.pairwise_sq_distances(np.ascontiguousarray(X), np.ascontiguousarray(X), out)
    return out if method == "ward" else np.sqrt(out)


def linkage(D, method):
    n = len(D)
    merges, heights = np.full((n - 1, 2), -9), np.full(n - 1, np.nan)
    _core.linkage(np.array(D, dtype=float), method, merges, heights)
    return merges, heights


def cut(merges, n_clusters):
    labels = np.full(len(merges) + 1, -9, dtype=np.int32)
    _core.cut_tree(merges, n_clusters, labels)
    return labels


def replace_rows(X, D, t, rows, method, n_clusters):
    labels = np.full((len(rows), len(X)), -9, dtype=np.int32)
    _core.linkage_replace_rows(
        X, D, np.array(t), np.ascontiguousarray(rows), method, n_clusters, labels
    )
    return labels


def symmetric(D):
    return np.triu(D, 1) + np.triu(D, 1).T


def random_rows(n, d, seed):
    return np.random.default_rng(seed).normal(size=(n, d))


@pytest.mark.parametrize("method", METHODS)
def test_by_hand(method):
    """Rows 0, 1 and 8, 10 on a line; ward's last height is 2 * 2 * 2 / 4 * 8.5^2."""
    X = np.array([[0.0], [8.0], [1.0], [10.0]])
    last = {"ward": 144.5, "complete": 10.0, "average": 8.5, "single": 7.0}[method]
    merges, heights = linkage(distances(X, method), method)
    assert merges.tolist() == [[0, 2], [1, 3], [4, 5]]
    assert heights.tolist() == [1.0, 4.0 if method == "ward" else 2.0, last]
    assert cut(merges, 2).tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("scale", "offset"), [(1e-6, 0.0), (1.0, 0.0), (1e6, 0.0), (1.0, 1e6)]
)
def test_equals_the_definition(method, scale, offset):
    X = random_rows(24, 3, 0) * scale + offset
    D = distances(X, method)
    merges, heights = linkage(D, method)
    expected = oracles.agglomerate(D, method)
    np.testing.assert_array_equal(merges, oracles.nodes(expected, len(X)))
    np.testing.assert_allclose(heights, [h for h, _, _ in expected], rtol=1e-12)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", [17, 40])
def test_equals_scipy(method, n):
    X = random_rows(n, 5, n)
    merges, heights = linkage(distances(X, method), method)
    expected = hierarchy.linkage(X, method)
    np.testing.assert_array_equal(merges, expected[:, :2])
    scale = np.sqrt(heights) if method == "ward" else heights
    np.testing.assert_allclose(scale, expected[:, 2], rtol=1e-12)


@pytest.mark.parametrize("method", [m for m in METHODS if m != "single"])
def test_tied_pairs_merge_in_the_order_of_the_contract(method):
    """Small whole numbers, scaled so that every height of 8 rows is a whole number."""
    rng = np.random.default_rng(1)
    for _ in range(80):
        n = int(rng.integers(2, 9))
        D = symmetric(5040.0 * rng.integers(1, 6, size=(n, n)))
        if method == "ward":
            D = distances(2520.0 * rng.integers(0, 3, size=(n, 2)), method)
        merges, heights = linkage(D, method)
        expected = oracles.agglomerate(D, method)
        assert heights.tolist() == [height for height, _, _ in expected]
        assert merges.tolist() == oracles.nodes(expected, n).tolist(), D.tolist()


def test_partitions_of_single_linkage_between_heights_do_not_depend_on_ties():
    rng = np.random.default_rng(14)
    for _ in range(80):
        n = int(rng.integers(2, 9))
        D = symmetric(5040.0 * rng.integers(1, 6, size=(n, n)))
        merges, heights = linkage(D, "single")
        expected = oracles.agglomerate(D, "single")
        for k in range(2, n):
            if heights[n - k] > heights[n - k - 1]:
                labels = oracles.cut(expected, n, k)
                np.testing.assert_array_equal(cut(merges, k), labels)


@pytest.mark.parametrize("method", METHODS)
def test_many_ties_and_rounding_leave_a_whole_tree_of_rising_heights(method):
    rng = np.random.default_rng(2)
    for _ in range(60):
        n = int(rng.integers(2, 40))
        D = symmetric(rng.choice(rng.uniform(0.1, 1, size=3), size=(n, n)))
        if method == "ward":
            D = distances(np.round(random_rows(n, 3, n), 1), method)
        merges, heights = linkage(D, method)
        assert sorted(merges.ravel().tolist()) == list(range(2 * n - 2))
        assert (merges < n + np.arange(n - 1)[:, None]).all()
        assert (merges[:, 0] < merges[:, 1]).all()
        assert (np.diff(heights) >= 0).all()


@pytest.mark.parametrize("method", METHODS)
def test_duplicates_merge_first_at_exactly_zero(method):
    X = random_rows(6, 4, 3)[[0, 1, 1, 2, 1, 3, 4, 3]] + 1e6
    merges, heights = linkage(distances(X, method), method)
    assert heights[:3].tolist() == [0.0, 0.0, 0.0]
    assert heights[3] > 0
    assert cut(merges, 5).tolist() == [0, 1, 1, 2, 1, 3, 4, 3]


@pytest.mark.parametrize("method", METHODS)
def test_all_rows_alike(method):
    merges, heights = linkage(np.zeros((5, 5)), method)
    assert not heights.any()
    assert cut(merges, 2).tolist() == [0, 0, 0, 0, 1]


@pytest.mark.parametrize("method", METHODS)
def test_one_and_two_rows(method):
    merges, heights = linkage(np.zeros((1, 1)), method)
    assert merges.shape == (0, 2)
    assert cut(merges, 1).tolist() == [0]
    merges, heights = linkage(np.array([[0.0, 2.5], [2.5, 0.0]]), method)
    assert merges.tolist() == [[0, 1]]
    assert heights.tolist() == [2.5]


@pytest.mark.parametrize("method", METHODS)
def test_the_order_of_rows_does_not_change_the_partition(method):
    X, order = random_rows(50, 3, 4), np.random.default_rng(5).permutation(50)
    merges, heights = linkage(distances(X, method), method)
    other, other_heights = linkage(distances(X[order], method), method)
    np.testing.assert_allclose(other_heights, heights, rtol=1e-12)
    for k in (2, 7, 30):
        a, b = cut(merges, k)[order], cut(other, k)
        assert oracles.co_membership_distance(a, b) == 0


def test_cut_by_hand_numbers_clusters_by_their_smallest_row():
    merges = np.array([[2, 4], [1, 3], [0, 5], [6, 7]])
    expected = {
        5: [0, 1, 2, 3, 4],
        4: [0, 1, 2, 3, 2],
        3: [0, 1, 2, 1, 2],
        2: [0, 1, 0, 1, 0],
        1: [0, 0, 0, 0, 0],
    }
    for k, labels in expected.items():
        assert cut(merges, k).tolist() == labels


@pytest.mark.parametrize("method", METHODS)
def test_cuts_are_nested_and_equal_the_definition(method):
    D = distances(random_rows(15, 2, 6), method)
    merges, _ = linkage(D, method)
    expected = oracles.agglomerate(D, method)
    for k in range(1, 16):
        np.testing.assert_array_equal(cut(merges, k), oracles.cut(expected, 15, k))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("t", [[4], [7, 0, 3], list(range(12))])
def test_replaced_rows_give_the_labels_of_a_fresh_dendrogram(method, t):
    X, rng = random_rows(12, 3, 7), np.random.default_rng(8)
    rows = rng.normal(size=(6, len(t), 3)) * 2
    labels = replace_rows(X, distances(X, method), t, rows, method, 4)
    for answer, replacement in zip(labels, rows, strict=True):
        changed = X.copy()
        changed[t] = replacement
        expected = oracles.agglomerate(distances(changed, method), method)
        np.testing.assert_array_equal(answer, oracles.cut(expected, 12, 4))


def test_no_questions_and_unchanged_rows():
    X = random_rows(9, 2, 9)
    D = distances(X, "ward")
    assert replace_rows(X, D, [1], np.empty((0, 1, 2)), "ward", 2).shape == (0, 9)
    same = replace_rows(X, D, [1, 5], X[[1, 5]][None], "ward", 3)
    np.testing.assert_array_equal(same[0], cut(linkage(D, "ward")[0], 3))


@pytest.mark.parametrize("method", METHODS)
def test_the_same_bits_for_any_number_of_threads(same_bits, method):
    X = random_rows(60, 4, 10)
    D, rows = distances(X, method), random_rows(40, 4, 11)[:, None]
    same_bits(lambda: [replace_rows(X, D, [3], rows, method, 5)])


def test_error_unknown_linkage():
    message = "linkage='median' should be ward, complete, average or single"
    with pytest.raises(ValueError, match=message):
        linkage(np.zeros((3, 3)), "median")


def test_error_empty_matrix():
    with pytest.raises(ValueError, match="n_samples=0 should be >= 1"):
        _core.linkage(np.empty((0, 0)), "ward", np.empty((0, 2), int), np.empty(0))


@pytest.mark.parametrize(
    ("n_clusters", "message"),
    [(0, "n_clusters=0 should be >= 1"), (5, "n_samples=4 should be >= 5")],
)
def test_error_impossible_number_of_clusters(n_clusters, message):
    X = random_rows(4, 2, 12)
    D = distances(X, "ward")
    with pytest.raises(ValueError, match=message):
        cut(linkage(D, "ward")[0], n_clusters)
    with pytest.raises(ValueError, match=message):
        replace_rows(X, D, [0], X[:1][None], "ward", n_clusters)


@pytest.mark.parametrize(
    ("t", "message"),
    [
        ([4], r"row 4 should be in \[0, 4\)"),
        ([-1], r"row -1 should be in \[0, 4\)"),
        ([2, 2], "replaced rows should differ"),
    ],
)
def test_error_replaced_rows(t, message):
    X = random_rows(4, 2, 13)
    with pytest.raises(ValueError, match=message):
        replace_rows(X, distances(X, "ward"), t, X[None, : len(t)], "ward", 2)
