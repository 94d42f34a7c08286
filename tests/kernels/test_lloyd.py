"""Lloyd's steps and runs against loops."""

import numpy as np
import oracles
import pytest

from rfcore import _core

PLACES = [(1e-6, 0.0), (1.0, 0.0), (1e6, 0.0), (1.0, 1e6)]
DTYPES = [np.float32, np.float64]


def assign(X, C):
    labels, sq = np.full(len(X), -9, dtype=np.int32), np.full(len(X), np.nan)
    _core.assign_nearest(X, C, labels, sq)
    return labels, sq


def step(X, C):
    labels, means = np.full(len(X), -9, dtype=np.int32), np.full(C.shape, np.nan)
    counts = np.full(len(C), np.nan)
    inertia = _core.lloyd_step(X, C, labels, means, counts)
    return labels, means, counts, inertia


def lloyd(X, starts=None, uniforms=None, n_clusters=3, max_iter=100, tol=1e-4):
    d = X.shape[1]
    starts = np.empty((0, n_clusters, d)) if starts is None else starts
    uniforms = np.empty((0, 0)) if uniforms is None else uniforms
    centers = np.full((n_clusters, d), np.nan)
    labels = np.full(len(X), -9, dtype=np.int32)
    plan = starts, uniforms, n_clusters, max_iter, tol
    inertia, n_iter, converged = _core.lloyd(X, *plan, centers, labels)
    return centers, labels, inertia, n_iter, converged


def replace_rows(X, t, rows, starts, uniforms, n_clusters, max_iter=100, tol=1e-4):
    b, (n, d) = len(rows), X.shape
    labels = np.full((b, n), -9, dtype=np.int32)
    centers, inertia = np.full((b, n_clusters, d), np.nan), np.full(b, np.nan)
    plan = starts, uniforms, n_clusters, max_iter, tol
    _core.lloyd_replace_rows(X, np.array(t), rows, *plan, labels, centers, inertia)
    return labels, centers, inertia


def random_rows(n, d, seed, dtype=np.float64):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(dtype)


def uniforms_for(n_clusters, n_starts, seed):
    shape = n_starts, _core.seeding_uniforms(n_clusters)
    return np.random.default_rng(seed).random(shape)


def assert_equal_runs(found, expected, rtol=1e-12, atol=0.0):
    centers, labels, inertia, n_iter, converged = found
    np.testing.assert_array_equal(labels, expected[1])
    np.testing.assert_allclose(centers, expected[0], rtol=rtol, atol=atol)
    np.testing.assert_allclose(inertia, expected[2], rtol=1e-9)
    assert (n_iter, converged) == expected[3:]


def test_assign_by_hand_the_lowest_of_equal_centers_wins():
    labels, sq = assign(
        np.array([[0.0], [3.0], [1.0]]), np.array([[2.0], [0.0], [4.0]])
    )
    assert labels.tolist() == [1, 0, 0]
    assert sq.tolist() == [0.0, 1.0, 1.0]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("scale", "offset"), PLACES)
def test_assign_equals_loops(dtype, scale, offset):
    X = (random_rows(60, 17, 0) * scale + offset).astype(dtype)
    C = random_rows(7, 17, 1) * scale + offset
    labels, sq = assign(X, C)
    expected, expected_sq = oracles.nearest(X.astype(float), C)
    np.testing.assert_array_equal(labels, expected)
    np.testing.assert_allclose(sq, expected_sq, rtol=1e-12)


def test_assign_takes_no_rows():
    labels, sq = assign(np.empty((0, 2)), np.zeros((1, 2)))
    assert labels.shape == sq.shape == (0,)


def test_step_by_hand():
    X = np.array([[0.0, 1.0], [2.0, 1.0], [9.0, 5.0]])
    labels, means, counts, inertia = step(X, np.array([[1.0, 1.0], [9.0, 4.0]]))
    assert labels.tolist() == [0, 0, 1]
    assert means.tolist() == [[1.0, 1.0], [9.0, 5.0]]
    assert counts.tolist() == [2.0, 1.0]
    assert inertia == 3.0


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("scale", "offset"), PLACES)
@pytest.mark.parametrize("n", [30, 700])
def test_step_equals_loops(dtype, scale, offset, n):
    X = (random_rows(n, 3, 2) * scale + offset).astype(dtype)
    C = X[:5].astype(np.float64)
    for found, expected in zip(step(X, C), oracles.lloyd_step(X, C), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-11)


def test_an_empty_cluster_takes_the_farthest_row_and_labels_stay():
    X = np.array([[0.0], [1.0], [2.0], [7.0]])
    labels, means, counts, inertia = step(X, np.array([[1.0], [100.0]]))
    assert labels.tolist() == [0, 0, 0, 0]
    assert means.tolist() == [[1.0], [7.0]]
    assert counts.tolist() == [3.0, 1.0]
    assert inertia == 38.0


def test_two_empty_clusters_take_the_two_farthest_rows_in_turn():
    X = np.array([[-8.0], [0.0], [0.5], [9.0]])
    _, means, counts, _ = step(X, np.array([[50.0], [0.0], [60.0]]))
    assert means.tolist() == [[9.0], [0.25], [-8.0]]
    assert counts.tolist() == [1.0, 2.0, 1.0]


def test_the_first_of_equally_far_rows_is_taken():
    X = np.array([[5.0], [-5.0], [0.0]])
    _, means, _, _ = step(X, np.array([[0.0], [90.0]]))
    assert means.tolist() == [[-2.5], [5.0]]


def test_a_row_that_is_alone_is_not_taken():
    """The farthest row is the only one of its cluster."""
    X = np.array([[0.0], [1.0], [50.0]])
    _, means, counts, _ = step(X, np.array([[0.0], [40.0], [500.0]]))
    assert means.tolist() == [[0.0], [50.0], [1.0]]
    assert counts.tolist() == [1.0, 1.0, 1.0]


def test_an_empty_cluster_keeps_its_center_where_no_row_is_off_its_center():
    X, C = np.full((4, 2), 3.0), np.array([[3.0, 3.0], [7.0, 8.0]])
    _, means, counts, inertia = step(X, C)
    assert means.tolist() == C.tolist()
    assert counts.tolist() == [4.0, 0.0]
    assert inertia == 0.0


@pytest.mark.parametrize("seed", range(6))
def test_steps_with_empty_clusters_equal_loops(seed):
    rng = np.random.default_rng(seed)
    X = np.round(rng.normal(size=(12, 2)) * 2)
    C = rng.normal(size=(6, 2)) * rng.choice([1, 4, 50], size=(6, 1))
    found, expected = step(X, C), oracles.lloyd_step(X, C)
    assert 0 in np.bincount(found[0], minlength=6)
    for part, expected_part in zip(found, expected, strict=True):
        np.testing.assert_allclose(part, expected_part, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("scale", "offset"), PLACES)
def test_mean_variance_recomputed_with_unlike_columns(dtype, scale, offset):
    X = random_rows(50, 3, 3) * [1.0, 40.0, 0.1] * scale + offset
    X = X.astype(dtype)
    expected = np.mean([np.var(column.astype(np.float64)) for column in X.T])
    np.testing.assert_allclose(_core.mean_variance(X), expected, rtol=1e-9)


def test_mean_variance_by_hand():
    assert _core.mean_variance(np.array([[0.0, 5.0], [2.0, 5.0]])) == 0.5


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("scale", "offset"), PLACES)
def test_runs_from_centers_equal_loops(dtype, scale, offset):
    X = (random_rows(80, 2, 4) * scale + offset).astype(dtype)
    C = X[:3].astype(np.float64)
    expected = oracles.lloyd(X, C, 100, 1e-4)
    assert expected[3] > 3
    assert_equal_runs(lloyd(X, C[None]), expected)


@pytest.mark.parametrize(
    ("max_iter", "tol"), [(1, 0.0), (2, 0.0), (100, 0.0), (100, 1e-2), (100, np.inf)]
)
def test_runs_end_when_they_should(max_iter, tol):
    X = random_rows(60, 2, 5) * [1.0, 30.0]
    found = lloyd(X, X[:3][None], max_iter=max_iter, tol=tol)
    assert_equal_runs(found, oracles.lloyd(X, X[:3], max_iter, tol))
    assert found[4] == (max_iter == 100)


def test_a_run_that_repeats_its_labels_has_converged():
    """Centers still move in the second step by more than the tolerance of 0."""
    X = np.array([[0.0], [1.0], [10.0], [11.0]])
    centers, labels, inertia, n_iter, converged = lloyd(
        X, np.array([[[2.0], [9.0]]]), n_clusters=2, tol=0.0
    )
    assert labels.tolist() == [0, 0, 1, 1]
    assert centers.tolist() == [[0.5], [10.5]]
    assert (inertia, n_iter, converged) == (1.0, 2, True)


def test_labels_and_inertia_belong_to_the_centers_that_are_returned():
    X = random_rows(50, 2, 6)
    centers, labels, inertia, _, converged = lloyd(X, X[:3][None], max_iter=1)
    assert not converged
    np.testing.assert_array_equal(labels, assign(X, centers)[0])
    np.testing.assert_allclose(inertia, assign(X, centers)[1].sum())


def test_a_fixed_point_is_stationary():
    X = random_rows(200, 3, 7)
    centers, labels, inertia, _, converged = lloyd(X, X[:4][None], n_clusters=4, tol=0)
    again, means, _, same = step(X, centers)
    assert converged
    np.testing.assert_array_equal(again, labels)
    np.testing.assert_allclose(means, centers, rtol=1e-12)
    np.testing.assert_allclose(same, inertia, rtol=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_best_start_is_kept(dtype):
    X = random_rows(90, 2, 8, dtype)
    uniforms = uniforms_for(5, 6, 9)
    runs = []
    for own in uniforms:
        rows = oracles.kmeans_plus_plus(X, own, 5)
        runs.append(oracles.lloyd(X, X[rows], 100, 1e-4))
    best = min(runs, key=lambda run: run[2])
    assert len({round(run[2], 9) for run in runs}) > 1
    assert_equal_runs(lloyd(X, uniforms=uniforms, n_clusters=5), best, atol=1e-12)


def test_the_first_of_equal_starts_is_kept():
    X = np.array([[0.0], [1.0]])
    both = np.array([[[0.0], [1.0]], [[1.0], [0.0]]])
    assert lloyd(X, both, n_clusters=2)[1].tolist() == [0, 1]
    swapped = np.ascontiguousarray(both[::-1])
    assert lloyd(X, swapped, n_clusters=2)[1].tolist() == [1, 0]


@pytest.mark.parametrize(("n", "n_clusters"), [(1, 1), (5, 5), (6, 1)])
def test_one_row_and_as_many_clusters_as_rows(n, n_clusters):
    X = random_rows(n, 2, 10)
    centers, _, inertia, _, converged = lloyd(
        X, uniforms=uniforms_for(n_clusters, 2, 11), n_clusters=n_clusters, tol=0.0
    )
    assert converged
    if n_clusters == n:
        assert inertia == 0.0
        assert sorted(centers.tolist()) == sorted(X.tolist())
    else:
        np.testing.assert_allclose(centers[0], X.mean(axis=0))


def test_duplicates_alone_leave_clusters_without_rows():
    X = np.repeat([[1.0, 2.0], [5.0, 5.0]], 4, axis=0)
    _, labels, inertia, _, converged = lloyd(
        X, uniforms=uniforms_for(3, 2, 12), tol=0.0
    )
    assert converged
    assert inertia == 0.0
    assert len(set(labels.tolist())) == 2


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("t", [[3], [8, 0]])
@pytest.mark.parametrize("explicit", [True, False])
def test_replaced_rows_give_the_bits_of_a_fresh_run(dtype, t, explicit):
    X, rows = random_rows(40, 3, 13, dtype), random_rows(10, 3, 14, dtype)
    rows = np.ascontiguousarray(rows.reshape(-1, len(t), 3))
    starts = X[None, :4].astype(np.float64) if explicit else np.empty((0, 4, 3))
    uniforms = np.empty((0, 0)) if explicit else uniforms_for(4, 5, 15)
    labels, centers, inertia = replace_rows(X, t, rows, starts, uniforms, 4)
    for q, replacement in enumerate(rows):
        changed = X.copy()
        changed[t] = replacement
        fresh = lloyd(changed, starts, uniforms, n_clusters=4)
        np.testing.assert_array_equal(centers[q], fresh[0])
        np.testing.assert_array_equal(labels[q], fresh[1])
        assert inertia[q] == fresh[2]


def test_no_questions():
    X = random_rows(5, 2, 16)
    labels, centers, inertia = replace_rows(
        X, [0], np.empty((0, 1, 2)), X[None, :2].copy(), np.empty((0, 0)), 2
    )
    assert (len(labels), len(centers), len(inertia)) == (0, 0, 0)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_same_bits_for_any_number_of_threads(same_bits, dtype):
    X, rows = random_rows(3000, 5, 17, dtype), random_rows(9, 5, 18, dtype)[:, None]
    C, uniforms = X[:6].astype(np.float64), uniforms_for(6, 4, 19)
    none = np.empty((0, 6, 5))
    same_bits(lambda: assign(X, C))
    same_bits(lambda: step(X, C))
    same_bits(lambda: lloyd(X, C[None], n_clusters=6, max_iter=9))
    same_bits(lambda: lloyd(X, uniforms=uniforms, n_clusters=6, max_iter=9))
    same_bits(lambda: replace_rows(X, [5], rows, none, uniforms, 6, max_iter=5))
    same_bits(lambda: [_core.mean_variance(X)])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"n_clusters": 0}, "n_clusters=0 should be >= 1"),
        ({"n_clusters": 5}, "n_samples=4 should be >= 5"),
        ({"max_iter": 0}, "max_iter=0 should be >= 1"),
        ({"tol": -1.0}, "tol should be >= 0"),
        ({"tol": np.nan}, "tol should be >= 0"),
        ({"uniforms": np.empty((0, 0))}, r"uniforms.shape\[0\]=0 should be >= 1"),
        ({"uniforms": np.zeros((2, 4))}, r"uniforms.shape\[1\]=4 should be 7"),
    ],
)
def test_error_plans(changed, message):
    with pytest.raises(ValueError, match=message):
        lloyd(random_rows(4, 2, 20), **{"uniforms": uniforms_for(3, 1, 0)} | changed)


def test_error_centers_and_uniforms_at_once():
    """Only one of them may say where the runs start, or their numbers disagree."""
    X = random_rows(9, 2, 21)
    with pytest.raises(ValueError, match="uniforms"):
        lloyd(X, X[None, :3].copy(), uniforms_for(3, 4, 22))


def test_error_fewer_rows_than_clusters():
    with pytest.raises(ValueError, match="n_samples=2 should be >= 3"):
        step(np.zeros((2, 1)), np.zeros((3, 1)))
    with pytest.raises(ValueError, match="n_clusters=0 should be >= 1"):
        step(np.zeros((2, 1)), np.zeros((0, 1)))
    with pytest.raises(ValueError, match="n_clusters=0 should be >= 1"):
        assign(np.zeros((2, 1)), np.zeros((0, 1)))


def test_error_nothing_to_average():
    with pytest.raises(ValueError, match="n_samples=0 should be >= 1"):
        _core.mean_variance(np.empty((0, 2)))
    with pytest.raises(ValueError, match="n_features=0 should be >= 1"):
        _core.mean_variance(np.empty((2, 0)))


@pytest.mark.parametrize(
    ("t", "message"),
    [([9], r"row 9 should be in \[0, 6\)"), ([1, 1], "replaced rows should differ")],
)
def test_error_replaced_rows(t, message):
    X, rows = random_rows(6, 2, 23), np.zeros((2, len(t), 2))
    with pytest.raises(ValueError, match=message):
        replace_rows(X, t, rows, X[None, :2].copy(), np.empty((0, 0)), 2)
