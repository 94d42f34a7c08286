"""Seeds of k-means and farthest-first traversals against loops."""

import numpy as np
import oracles
import pytest

from rfcore import _core

PLACES = [(1e-6, 0.0), (1.0, 0.0), (1e6, 0.0), (1.0, 1e6)]
DTYPES = [np.float32, np.float64]


def kmeans_plus_plus(X, uniforms, n_clusters):
    chosen = np.full(n_clusters, -9)
    _core.kmeans_plus_plus(X, np.asarray(uniforms, dtype=float), chosen)
    return chosen


def farthest_first(X, first, n_clusters):
    chosen, sq = np.full(n_clusters, -9), np.full(len(X), np.nan)
    _core.farthest_first(X, first, chosen, sq)
    return chosen, sq


def random_rows(n, d, seed, dtype=np.float64):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(dtype)


@pytest.mark.parametrize("n_clusters", [1, 2, 3, 7, 8, 20, 21, 55, 1000])
def test_number_of_uniforms(n_clusters):
    """One for the first center, 2 + floor(log k) trials for each of the others."""
    expected = 1 + (n_clusters - 1) * (2 + int(np.floor(np.log(n_clusters))))
    assert _core.seeding_uniforms(n_clusters) == expected


@pytest.mark.parametrize("n_clusters", [0, -3])
def test_error_no_clusters_to_seed(n_clusters):
    with pytest.raises(ValueError, match=f"n_clusters={n_clusters} should be >= 1"):
        _core.seeding_uniforms(n_clusters)


@pytest.mark.parametrize(
    ("uniforms", "expected"),
    [
        ([0.0, 0.0, 0.0], [0, 1]),
        ([0.99, 0.0, 0.0], [3, 0]),
        ([0.25, 0.95, 0.95], [1, 3]),
        ([0.0, 0.0, 0.999], [0, 3]),
        ([0.0, 0.999, 0.0], [0, 3]),
    ],
)
def test_by_hand(uniforms, expected):
    """Rows 0, 1, 10, 11: from row 0 the weights are 0, 1, 100, 121.

    Of the trials 1 and 3 row 3 leaves 0 + 1 + 1 + 0, so it is the better one.
    """
    X = np.array([[0.0], [1.0], [10.0], [11.0]])
    assert kmeans_plus_plus(X, uniforms, 2).tolist() == expected


def test_a_mark_that_is_met_exactly_goes_to_the_next_row():
    """Weights 0, 1, 1: half of their sum is the cumulated weight of row 1."""
    X = np.array([[0.0], [1.0], [-1.0]])
    assert kmeans_plus_plus(X, [0.0, 0.5, 0.5], 2).tolist() == [0, 2]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("scale", "offset"), PLACES)
@pytest.mark.parametrize("n_clusters", [1, 2, 8, 21])
def test_equals_loops(dtype, scale, offset, n_clusters):
    X = (random_rows(50, 3, 0) * scale + offset).astype(dtype)
    rng = np.random.default_rng(n_clusters)
    for _ in range(10):
        uniforms = rng.random(_core.seeding_uniforms(n_clusters))
        found = kmeans_plus_plus(X, uniforms, n_clusters)
        expected = oracles.kmeans_plus_plus(X, uniforms, n_clusters, like=found)
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("n_clusters", [2, 5, 9])
def test_the_first_of_equal_trials_is_kept(n_clusters):
    """Whole numbers on a line: many trials are equally good, and sums are exact."""
    rng = np.random.default_rng(8)
    for _ in range(40):
        X = rng.permutation(20)[:12, None].astype(float)
        uniforms = rng.random(_core.seeding_uniforms(n_clusters))
        found = kmeans_plus_plus(X, uniforms, n_clusters)
        expected = oracles.kmeans_plus_plus(X, uniforms, n_clusters)
        np.testing.assert_array_equal(found, expected)


def test_more_rows_than_a_chunk():
    X = random_rows(700, 2, 1)
    uniforms = np.random.default_rng(2).random(_core.seeding_uniforms(6))
    found = kmeans_plus_plus(X, uniforms, 6)
    expected = oracles.kmeans_plus_plus(X, uniforms, 6, like=found)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("u", [0.0, 0.5, np.nextafter(1.0, 0.0)])
def test_as_many_centers_as_rows_takes_each_row_once(u):
    X = random_rows(9, 2, 3)
    chosen = kmeans_plus_plus(X, np.full(_core.seeding_uniforms(9), u), 9)
    assert sorted(chosen.tolist()) == list(range(9))


@pytest.mark.parametrize("u", [0.0, 0.5, np.nextafter(1.0, 0.0)])
def test_a_row_equal_to_a_center_is_never_drawn_before_all_are_covered(u):
    X = np.repeat([[0.0], [1.0], [5.0]], 3, axis=0)
    chosen = kmeans_plus_plus(X, np.full(_core.seeding_uniforms(3), u), 3)
    assert sorted(X[chosen, 0].tolist()) == [0.0, 1.0, 5.0]


def test_row_0_is_drawn_again_where_every_row_is_a_center():
    X = np.full((4, 2), 7.0)
    uniforms = np.full(_core.seeding_uniforms(3), 0.6)
    assert kmeans_plus_plus(X, uniforms, 3).tolist() == [2, 0, 0]


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_same_bits_for_any_number_of_threads(same_bits, dtype):
    X = random_rows(3001, 4, 4, dtype)
    uniforms = np.random.default_rng(5).random(_core.seeding_uniforms(12))
    same_bits(lambda: [kmeans_plus_plus(X, uniforms, 12)])
    same_bits(lambda: farthest_first(X, 17, 12))


def test_farthest_first_by_hand():
    X = np.array([[0.0], [4.0], [9.0], [5.0]])
    chosen, sq = farthest_first(X, 1, 3)
    assert chosen.tolist() == [1, 2, 0]
    assert sq.tolist() == [0.0, 0.0, 0.0, 1.0]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("scale", "offset"), PLACES)
@pytest.mark.parametrize("n_clusters", [1, 4, 30])
def test_farthest_first_equals_loops(dtype, scale, offset, n_clusters):
    X = (random_rows(30, 3, 6) * scale + offset).astype(dtype)
    chosen, sq = farthest_first(X, 11, n_clusters)
    expected, expected_sq = oracles.farthest_first(X, 11, n_clusters)
    np.testing.assert_array_equal(chosen, expected)
    np.testing.assert_allclose(sq, expected_sq, rtol=1e-12)


def test_farthest_first_takes_the_lowest_of_equally_far_rows():
    X = np.array([[0.0], [2.0], [-2.0], [2.0]])
    assert farthest_first(X, 0, 3)[0].tolist() == [0, 1, 2]
    assert farthest_first(np.zeros((3, 1)), 2, 3)[0].tolist() == [2, 0, 0]


def test_farthest_first_is_within_twice_the_best_radius():
    """Gonzalez's bound against all choices of three centers."""
    X = random_rows(12, 2, 7)
    D = oracles.sq_distances(X, X)
    triples = np.array(np.meshgrid(*[range(12)] * 3)).reshape(3, -1)
    best = D[triples].min(axis=0).max(axis=1).min()
    for first in range(12):
        assert farthest_first(X, first, 3)[1].max() <= 4 * best


@pytest.mark.parametrize("first", [-1, 5])
def test_error_first_row_out_of_range(first):
    with pytest.raises(ValueError, match="first should be a row of X"):
        farthest_first(np.zeros((5, 2)), first, 2)


@pytest.mark.parametrize(
    ("n_clusters", "message"),
    [(0, "n_clusters=0 should be >= 1"), (4, "n_samples=3 should be >= 4")],
)
def test_error_impossible_number_of_clusters(n_clusters, message):
    with pytest.raises(ValueError, match=message):
        kmeans_plus_plus(np.zeros((3, 1)), np.zeros(10), n_clusters)
    with pytest.raises(ValueError, match=message):
        farthest_first(np.zeros((3, 1)), 0, n_clusters)


def test_error_number_of_uniforms():
    with pytest.raises(ValueError, match=r"uniforms.shape\[0\]=5 should be 7"):
        kmeans_plus_plus(np.zeros((9, 1)), np.zeros(5), 3)
