"""Descents to k medoids against every swap tried out."""

import functools

import numpy as np
import oracles
import pytest

from rfcore import _core

PLACES = [(1e-6, 0.0), (1.0, 0.0), (1e6, 0.0), (1.0, 1e6)]
# One more than this many rows, and distances are no longer kept.
KEPT_ROWS = 2048


def k_medoids(X, uniforms, rows=None, max_iter=100, **options):
    rows = np.arange(len(X)) if rows is None else np.asarray(rows)
    kernel = functools.partial(_core.k_medoids, **options)
    return descend(kernel, len(rows), uniforms, max_iter, X, rows)


def of_distances(D, uniforms, max_iter=100):
    return descend(_core.k_medoids_of_distances, len(D), uniforms, max_iter, D)


def descend(kernel, n_points, uniforms, max_iter, *data):
    """Cost, medoids, labels and rounds."""
    uniforms = np.atleast_2d(np.asarray(uniforms, dtype=float))
    medoids = np.full(uniforms.shape[1], -9)
    labels = np.full(n_points, -9, dtype=np.int32)
    cost, n_rounds = kernel(*data, uniforms, max_iter, medoids, labels)
    return cost, medoids, labels, n_rounds


def replace_rows(X, t, rows, uniforms, max_iter=100):
    b, n, k = len(rows), len(X), uniforms.shape[1]
    medoids, labels = np.full((b, k), -9), np.full((b, n), -9, dtype=np.int32)
    cost = np.full(b, np.nan)
    plan = uniforms, max_iter
    _core.k_medoids_replace_rows(X, np.array(t), rows, *plan, medoids, labels, cost)
    return cost, medoids, labels


def random_rows(n, d, seed):
    return np.random.default_rng(seed).normal(size=(n, d))


def random_uniforms(n_starts, n_clusters, seed):
    return np.random.default_rng(seed).random((n_starts, n_clusters))


def distances(X):
    return np.sqrt(oracles.sq_distances(X, X))


def rounded_distances(X):
    """In the library's order of summation, so that bits can be compared."""
    D = np.empty((len(X), len(X)))
    _core.pairwise_sq_distances(X, X, D)
    return np.sqrt(D)


def assert_same(found, expected):
    for part, expected_part in zip(found, expected, strict=True):
        np.testing.assert_array_equal(part, expected_part)


def assert_equals_oracle(found, D, uniforms, max_rounds=100):
    expected = oracles.swap_descent(D, uniforms, max_rounds)
    cost, labels = oracles.medoid_cost(D, expected)
    np.testing.assert_array_equal(found[1], expected)
    np.testing.assert_array_equal(found[2], labels)
    assert found[0] == pytest.approx(cost, rel=1e-12)


def test_by_hand():
    """Seeds are rows 0 and 2; row 1 takes the place of row 0, row 4 that of row 2."""
    X = np.array([[0.0], [1.0], [10.0], [2.0], [11.0], [12.0]])
    cost, medoids, labels, n_rounds = k_medoids(X, [0.0, 0.2])
    assert medoids.tolist() == [1, 4]
    assert labels.tolist() == [0, 0, 1, 0, 1, 1]
    assert cost == 4.0
    # The last swap was candidate 4 of the first round.
    assert n_rounds == 2


@pytest.mark.parametrize(("scale", "offset"), PLACES)
@pytest.mark.parametrize("n_clusters", [1, 2, 5, 12])
def test_equals_every_swap_tried_out(scale, offset, n_clusters):
    for seed in range(3):
        X = random_rows(37, 3, seed) * scale + offset
        uniforms = random_uniforms(1, n_clusters, seed)
        assert_equals_oracle(k_medoids(X, uniforms), distances(X), uniforms[0])


@pytest.mark.parametrize("n_clusters", [2, 3, 6])
def test_ties_go_as_they_should_where_sums_are_exact(n_clusters):
    """Whole numbers on a line, many of them equal."""
    rng = np.random.default_rng(n_clusters)
    for _ in range(25):
        X = rng.integers(12, size=(15, 1)).astype(float)
        uniforms = rng.random((1, n_clusters))
        assert_equals_oracle(k_medoids(X, uniforms), distances(X), uniforms[0])


@pytest.mark.parametrize("max_iter", [1, 2])
def test_equals_every_swap_tried_out_where_it_is_cut_short(max_iter):
    X, uniforms = random_rows(60, 2, 4), random_uniforms(1, 6, 5)
    found = k_medoids(X, uniforms, max_iter=max_iter)
    assert found[3] == max_iter
    assert_equals_oracle(found, distances(X), uniforms[0], max_iter)
    assert k_medoids(X, uniforms)[3] > max_iter


def test_any_dissimilarity_will_do():
    """Numbers that keep no triangle inequality."""
    half = np.triu(random_uniforms(30, 30, 6), 1)
    D, uniforms = half + half.T, random_uniforms(1, 4, 7)
    assert_equals_oracle(of_distances(D, uniforms), D, uniforms[0])


@pytest.mark.parametrize("seed", range(5))
def test_no_swap_lowers_the_cost_and_seeds_cost_no_less(seed):
    X, uniforms = random_rows(80, 2, seed), random_uniforms(1, 5, seed)
    cost, medoids, labels, _ = k_medoids(X, uniforms)
    D = distances(X)
    assert cost == pytest.approx(D[np.arange(80), medoids[labels]].sum(), rel=1e-12)
    assert oracles.best_medoid_swap(D, medoids.tolist()) >= cost * (1 - 1e-11)
    seeds = oracles.medoid_seeds(D, uniforms[0])
    assert cost <= oracles.medoid_cost(D, seeds)[0]


@pytest.mark.parametrize("n_clusters", [1, 2, 3])
def test_ten_starts_find_the_optimum_more_often_than_not(n_clusters):
    found = 0
    for seed in range(20):
        X = random_rows(9, 2, seed)
        cost = k_medoids(X, random_uniforms(10, n_clusters, seed))[0]
        least = oracles.least_medoid_cost(distances(X), n_clusters)
        assert cost >= least * (1 - 1e-12)
        found += cost <= least * (1 + 1e-12)
    assert found >= 18


def test_tight_clusters_far_apart_are_as_well_solved_as_alone():
    """The loss of a far cluster's medoid is 1e15 times what a swap within gains."""
    A = random_rows(20, 2, 8) * 1e-9
    X = np.concatenate([np.c_[A, np.zeros(20)], np.c_[A, np.full(20, 1e6)]])
    alone, medoid, _, _ = k_medoids(A, random_uniforms(1, 1, 9))
    for seed in range(5):
        cost, medoids, _, _ = k_medoids(X, random_uniforms(1, 2, seed))
        assert cost == pytest.approx(2 * alone, rel=1e-12)
        assert sorted(medoids) == [medoid[0], medoid[0] + 20]


def test_a_mark_that_is_met_exactly_goes_to_the_next_row():
    """As many medoids as rows: nothing is swapped. Distances are 0, 1, 1."""
    X = np.array([[0.0], [1.0], [-1.0]])
    assert k_medoids(X, [0.0, 0.5, 0.0])[1].tolist() == [0, 2, 1]


@pytest.mark.parametrize("u", [0.0, 0.5, np.nextafter(1.0, 0.0)])
def test_as_many_medoids_as_rows(u):
    X = random_rows(9, 2, 10)
    cost, medoids, labels, n_rounds = k_medoids(X, np.full(9, u))
    assert (cost, n_rounds) == (0.0, 1)
    np.testing.assert_array_equal(medoids, oracles.medoid_seeds(distances(X), [u] * 9))
    np.testing.assert_array_equal(medoids[labels], np.arange(9))


def test_one_medoid_is_the_row_nearest_to_all():
    X = random_rows(50, 3, 11)
    cost, medoids, labels, _ = k_medoids(X, [[0.9]])
    sums = distances(X).sum(axis=1)
    assert medoids[0] == sums.argmin()
    assert cost == pytest.approx(sums.min(), rel=1e-12)
    assert not labels.any()


def test_equal_rows_are_medoids_once_each_the_lowest_first():
    X = np.full((4, 2), 7.0)
    cost, medoids, labels, _ = k_medoids(X, [0.6, 0.6, 0.6])
    assert medoids.tolist() == [2, 0, 1]
    assert labels.tolist() == [0, 0, 0, 0]
    assert cost == 0.0


def test_a_row_is_labelled_with_the_lowest_of_equally_near_medoids():
    """Nothing is swapped: each medoid stands for three rows of its own."""
    X = np.array([[2.0], [2.0], [0.0], [0.0], [1.0], [2.0], [0.0]])
    for u, expected in ((0.0, [0, 2]), (0.45, [3, 0])):
        _, medoids, labels, _ = k_medoids(X, [u, 0.0])
        assert medoids.tolist() == expected
        assert labels[4] == 0


def test_the_best_start_is_kept():
    X, uniforms = random_rows(60, 2, 12), random_uniforms(6, 7, 13)[::-1].copy()
    runs = [k_medoids(X, u) for u in uniforms]
    costs = [run[0] for run in runs]
    assert len(set(costs)) > 2
    assert np.argmin(costs) > 0
    assert_same(k_medoids(X, uniforms), runs[np.argmin(costs)])


def test_the_first_of_equal_starts_is_kept():
    X = np.array([[0.0], [1.0]])
    both = np.array([[0.9, 0.0], [0.0, 0.0]])
    assert k_medoids(X, both)[1].tolist() == [1, 0]
    assert k_medoids(X, both[::-1].copy())[1].tolist() == [0, 1]


def test_some_rows_some_of_them_twice():
    X, uniforms = random_rows(40, 3, 14), random_uniforms(2, 4, 15)
    rows = np.array([5, 9, 9, 0, 39, *range(20, 35), 5])
    assert_same(k_medoids(X, uniforms, rows), k_medoids(X[rows], uniforms))


@pytest.mark.parametrize("d", [0, 1, 15, 16, 17, 40, 64])
@pytest.mark.parametrize("n", [1, 31, 32, 33, 100])
def test_distances_have_the_bits_of_all_other_kernels(n, d):
    X, uniforms = random_rows(n, d, 16) + 1e3, random_uniforms(2, min(n, 3), 17)
    assert_same(k_medoids(X, uniforms), of_distances(rounded_distances(X), uniforms))


def test_distances_that_are_not_kept_have_the_same_bits():
    X, uniforms = random_rows(KEPT_ROWS + 9, 3, 18), random_uniforms(2, 3, 19)
    assert_same(k_medoids(X, uniforms), of_distances(rounded_distances(X), uniforms))


@pytest.mark.parametrize(
    ("n", "t"), [(40, [3]), (40, [8, 0]), (KEPT_ROWS + 1, [2048, 5])]
)
def test_replaced_rows_give_the_bits_of_a_fresh_run(n, t):
    X, rows = random_rows(n, 3, 20), random_rows(6, 3, 21)
    rows, uniforms = rows[: 6 if n == 40 else 4], random_uniforms(2, 4, 22)
    rows = np.ascontiguousarray(rows.reshape(-1, len(t), 3))
    cost, medoids, labels = replace_rows(X, t, rows, uniforms)
    for q, replacement in enumerate(rows):
        changed = X.copy()
        changed[t] = replacement
        fresh = k_medoids(changed, uniforms)[:3]
        assert_same((cost[q], medoids[q], labels[q]), fresh)


def test_no_questions():
    uniforms = random_uniforms(1, 2, 23)
    cost, medoids, labels = replace_rows(
        random_rows(5, 2, 24), [0], np.empty((0, 1, 2)), uniforms
    )
    assert (len(cost), len(medoids), len(labels)) == (0, 0, 0)


@pytest.mark.parametrize("n_starts", [1, 3])
def test_the_same_bits_for_any_number_of_threads(same_bits, n_starts):
    uniforms = random_uniforms(n_starts, 6, 25)
    X, rows = random_rows(700, 20, 26), random_rows(9, 20, 27)[:, None]
    same_bits(lambda: k_medoids(X, uniforms))
    same_bits(lambda: replace_rows(X, [5], rows, uniforms))
    many = random_rows(KEPT_ROWS + 1, 64, 28)
    same_bits(lambda: k_medoids(many, uniforms, max_iter=1))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"uniforms": np.empty((1, 0))}, "n_clusters=0 should be >= 1"),
        ({"uniforms": np.zeros((1, 5))}, "n_samples=4 should be >= 5"),
        ({"uniforms": np.empty((0, 2))}, r"uniforms.shape\[0\]=0 should be >= 1"),
        ({"max_iter": 0}, "max_iter=0 should be >= 1"),
    ],
)
def test_error_plans(changed, message):
    X, plan = random_rows(4, 2, 29), {"uniforms": np.zeros((1, 2))} | changed
    with pytest.raises(ValueError, match=message):
        k_medoids(X, **plan)
    with pytest.raises(ValueError, match=message):
        of_distances(distances(X), **plan)
    with pytest.raises(ValueError, match=message):
        replace_rows(X, [0], X[:, None], **plan)


@pytest.mark.parametrize("row", [-1, 4])
def test_error_rows_out_of_range(row):
    with pytest.raises(ValueError, match="rows should be rows of X"):
        k_medoids(np.zeros((4, 2)), [0.0], [0, row])


def test_error_shapes():
    medoids, labels = np.zeros(2, dtype=np.int64), np.zeros(4, dtype=np.int32)
    X, uniforms, rows = np.zeros((4, 2)), np.zeros((1, 2)), np.arange(4)
    with pytest.raises(ValueError, match=r"uniforms.shape\[1\]=3 should be 2"):
        _core.k_medoids(X, rows, np.zeros((1, 3)), 9, medoids, labels)
    with pytest.raises(ValueError, match=r"labels.shape\[0\]=4 should be 3"):
        _core.k_medoids(X, rows[:3], uniforms, 9, medoids, labels)
    with pytest.raises(ValueError, match=r"D.shape\[1\]=2 should be 4"):
        _core.k_medoids_of_distances(X, uniforms, 9, medoids, labels)
    with pytest.raises(ValueError, match=r"labels.shape\[0\]=4 should be 3"):
        _core.k_medoids_of_distances(np.zeros((3, 3)), uniforms, 9, medoids, labels)


@pytest.mark.parametrize(
    ("t", "shape", "message"),
    [
        ([0], (2, 2, 2), r"rows.shape\[1\]=2 should be 1"),
        ([0], (2, 1, 3), r"rows.shape\[2\]=3 should be 2"),
        ([4], (2, 1, 2), r"row 4 should be in \[0, 4\)"),
        ([1, 1], (2, 2, 2), "replaced rows should differ"),
    ],
)
def test_error_replaced_rows(t, shape, message):
    with pytest.raises(ValueError, match=message):
        replace_rows(np.zeros((4, 2)), t, np.zeros(shape), np.zeros((1, 2)))


@pytest.mark.parametrize("short", ["medoids", "labels", "cost"])
def test_error_number_of_answers(short):
    outputs = {
        "medoids": np.zeros((3, 2), dtype=np.int64),
        "labels": np.zeros((3, 4), dtype=np.int32),
        "cost": np.zeros(3),
    }
    outputs[short] = outputs[short][:2].copy()
    t, rows = np.array([0]), np.zeros((3, 1, 2))
    with pytest.raises(ValueError, match=rf"{short}.shape\[0\]=2 should be 3"):
        _core.k_medoids_replace_rows(
            np.zeros((4, 2)), t, rows, np.zeros((1, 2)), 9, **outputs
        )


@pytest.mark.parametrize("n", [40, 2500])
def test_as_many_candidates_as_points_are_all_of_them(n):
    X, uniforms = random_rows(n, 3, 0), random_uniforms(2, 4, 0)
    assert_same(k_medoids(X, uniforms, max_candidates=n), k_medoids(X, uniforms))


def geometric_medians(X, labels, k):
    """By many of Weiszfeld's steps."""
    centers = np.array([X[labels == c].mean(axis=0) for c in range(k)])
    for _ in range(200):
        for c, own in enumerate(centers):
            rows = X[labels == c]
            weights = 1 / np.linalg.norm(rows - own, axis=1)
            centers[c] = weights @ rows / weights.sum()
    return centers


@pytest.mark.parametrize("n", [900, 3000])
def test_few_candidates_are_spread_or_central(n):
    X, k = random_rows(n, 2, 1) + np.repeat([[0.0], [9.0], [18.0]], n // 3, axis=0), 3
    uniforms = random_uniforms(1, k, 3)
    cost, medoids, labels, _ = k_medoids(X, uniforms, max_candidates=20)
    to_medoids = np.linalg.norm(X[:, None] - X[medoids], axis=2)
    np.testing.assert_array_equal(labels, to_medoids.argmin(axis=1))
    gaps = np.linalg.norm(X[:, None] - geometric_medians(X, labels, k), axis=2)
    for c, medoid in enumerate(medoids):
        nearest = np.argsort(np.where(labels == c, gaps[:, c], np.inf))[:66]
        assert medoid in nearest or medoid % -(-n // 20) == 0
    assert k_medoids(X, uniforms)[0] <= cost <= 1.01 * k_medoids(X, uniforms)[0]


def test_the_rounds_of_few_candidates_do_not_grow_with_the_points():
    """The work is the product of both with the points, so it grows as these do."""
    uniforms = random_uniforms(1, 5, 0)
    rounds = [
        k_medoids(random_rows(n, 4, n), uniforms, max_candidates=64)[3]
        for n in (500, 5000, 50_000)
    ]
    assert max(rounds) <= 12


def test_few_candidates_same_bits_for_any_number_of_threads(same_bits):
    X, uniforms = random_rows(9000, 30, 8), random_uniforms(2, 3, 8)
    same_bits(lambda: k_medoids(X, uniforms, max_candidates=48))


def test_error_no_candidate():
    with pytest.raises(ValueError, match="max_candidates=0 should be >= 1"):
        k_medoids(random_rows(9, 2, 0), [0.5, 0.5], max_candidates=0)
