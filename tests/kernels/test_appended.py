"""k-means with rows appended: the warm kernel is Lloyd, label for label."""

import numpy as np
import pytest

from rfcore import _core
from rfcore.cluster.appended import WarmRows

STARTS = np.empty((0, 0))


def lloyd(X, V, start, max_iter, tol):
    centers = np.empty((len(V), *start.shape))
    labels = np.empty((len(V), len(X)), dtype=np.int32)
    rule = start[None], STARTS, len(start), max_iter, tol
    _core.lloyd_append_rows(X, V, *rule, centers, labels)
    return centers, labels


def fit(X, rows, start, max_iter, tol):
    stacked = np.vstack([X, rows])
    centers = np.empty(start.shape)
    labels = np.empty(len(stacked), dtype=np.int32)
    rule = start[None], STARTS, len(start), max_iter, tol
    _core.lloyd(stacked, *rule, centers, labels)
    return centers, labels[: len(X)]


def question(seed, *, n=None, grid=False, scale=1.0, offset=0.0):
    """Rows, start and appended rows near and far, of any small shape."""
    rng = np.random.default_rng(seed)
    n = n or int(rng.integers(6, 250))
    d, k, s = rng.choice([1, 2, 3, 17]), int(rng.integers(1, 6)), rng.integers(0, 5)
    X = rng.normal(size=(n, d))
    far = rng.choice([0.0, 0.1, 5.0])
    V = X[rng.integers(n, size=(6, s))] * (1.0 + far * rng.normal(size=(6, s, 1)))
    if grid:
        X, V = np.round(2.0 * X), np.round(2.0 * V)
    X, V = X * scale + offset, V * scale + offset
    rule = int(rng.choice([1, 2, 300])), float(rng.choice([0.0, 1e-4, 1e-2]))
    return X, X[rng.permutation(n)[:k]].copy(), V, *rule


def assert_equal_to_lloyd(X, start, V, max_iter, tol):
    centers, labels, n_refits = WarmRows(X, start).append(V, max_iter, tol)
    for q, rows in enumerate(V):
        expected, own = fit(X, rows, start, max_iter, tol)
        np.testing.assert_array_equal(labels[q], own)
        size = np.abs(np.vstack([X, rows])).max()
        np.testing.assert_allclose(centers[q], expected, rtol=0, atol=1e-11 * size)
    return n_refits


@pytest.mark.parametrize("seed", range(60))
def test_warm_answers_are_those_of_lloyd(seed):
    assert_equal_to_lloyd(*question(seed))


@pytest.mark.parametrize("seed", range(40))
def test_ties_and_empty_clusters_of_a_grid(seed):
    assert_equal_to_lloyd(*question(seed, grid=True))


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(("scale", "offset"), [(1e-6, 0.0), (1e6, 0.0), (1.0, 1e6)])
def test_scales_and_offsets(seed, scale, offset):
    assert_equal_to_lloyd(*question(seed, scale=scale, offset=offset))


def test_few_questions_take_a_whole_run():
    refits = [assert_equal_to_lloyd(*question(seed, n=400)) for seed in range(20)]
    assert sum(refits) <= 6


def test_questions_that_take_a_whole_run_are_counted():
    X, nothing = np.array([[0.0], [1.0], [2.0], [3.0]]), np.empty((1, 0, 1))
    # After a step from 0 and 50 the second cluster is empty.
    start = np.array([[0.0], [50.0]])
    assert assert_equal_to_lloyd(X, start, np.zeros((3, 2, 1)), 300, 0.0) == 3
    # After a step from 0 and 1 the row 1 is halfway: rounding could decide.
    assert assert_equal_to_lloyd(X, X[:2].copy(), nothing, 300, 0.0) == 1
    assert assert_equal_to_lloyd(X, X[[0, 3]], nothing, 300, 0.0) == 0


def test_any_plan_is_a_fresh_run():
    X, _, V, max_iter, tol = question(5, n=120)
    uniforms = np.random.default_rng(6).random((4, _core.seeding_uniforms(3)))
    centers = np.empty((len(V), 3, X.shape[1]))
    labels = np.empty((len(V), len(X)), dtype=np.int32)
    rule = np.empty((0, 3, X.shape[1])), uniforms, 3, max_iter, tol
    _core.lloyd_append_rows(X, V, *rule, centers, labels)
    for q, rows in enumerate(V):
        stacked, own = np.vstack([X, rows]), np.empty((3, X.shape[1]))
        expected = np.empty(len(X) + len(rows), dtype=np.int32)
        _core.lloyd(stacked, *rule, own, expected)
        np.testing.assert_array_equal(labels[q], expected[: len(X)])
        np.testing.assert_array_equal(centers[q], own)


def test_margins_bound_what_centers_have_to_move():
    X = np.random.default_rng(3).normal(size=(200, 3))
    k, start = 4, X[:4].copy()
    warm = WarmRows(X, start)
    labels, order, rows, margins, begin, sums, moments = warm._prepared
    distances = np.sqrt(((X[:, None] - start) ** 2).sum(axis=2))
    np.testing.assert_array_equal(labels, distances.argmin(axis=1))
    np.testing.assert_array_equal(np.sort(order), np.arange(200))
    np.testing.assert_array_equal(rows, X[order])
    two = np.sort(distances, axis=1)[order]
    exact = two[:, 1] - two[:, 0]
    assert (margins <= exact).all()
    np.testing.assert_allclose(margins, exact, atol=1e-12)
    for c in range(k):
        part = slice(begin[c], begin[c + 1])
        assert (labels[order[part]] == c).all()
        assert (np.diff(margins[part]) >= 0).all()
        np.testing.assert_allclose(sums[c], X[labels == c].sum(axis=0), atol=1e-12)
    deviations = ((X - X.mean(axis=0)) ** 2).sum(axis=0)
    expected = [X.mean(axis=0), deviations, np.abs(X).max(axis=0)]
    np.testing.assert_allclose(moments, expected, atol=1e-12)


def test_one_center_never_changes_a_label():
    X, _, V, max_iter, tol = question(8, n=50)
    assert assert_equal_to_lloyd(X, X[:1].copy(), V, max_iter, tol) == 0


def test_the_same_bits_for_any_number_of_threads(same_bits):
    X, start, V, max_iter, tol = question(9, n=700)
    same_bits(lambda: WarmRows(X, start).append(V, max_iter, tol)[:2])
    same_bits(lambda: lloyd(X, V, start, max_iter, tol))


def test_error_shapes():
    X, start, V = np.zeros((6, 2)), np.zeros((2, 2)), np.zeros((3, 1, 2))
    warm = WarmRows(X, start)
    with pytest.raises(ValueError, match=r"V.shape\[2\]=1 should be 2"):
        warm.append(V[:, :, :1].copy(), 300, 0.0)
    with pytest.raises(ValueError, match="max_iter=0 should be >= 1"):
        warm.append(V, 0, 0.0)
    with pytest.raises(ValueError, match="tol should be >= 0"):
        warm.append(V, 300, -1.0)
    with pytest.raises(ValueError, match="n_samples=1 should be >= 2"):
        WarmRows(X[:1], start)
    with pytest.raises(ValueError, match=r"centers.shape\[1\]=1 should be 2"):
        WarmRows(X, start[:, :1].copy())
    centers, labels = np.empty((3, 2, 2)), np.empty((2, 6), dtype=np.int32)
    with pytest.raises(ValueError, match=r"labels.shape\[0\]=2 should be 3"):
        _core.lloyd_append_rows(X, V, start[None], STARTS, 2, 9, 0.0, centers, labels)


def test_error_prepared_arrays_that_do_not_fit():
    X, start, V = np.zeros((6, 2)), np.zeros((2, 2)), np.zeros((1, 1, 2))
    out = np.empty((1, 2, 2)), np.empty((1, 6), dtype=np.int32)
    for position, change, message in (
        (1, 9, r"order should be in \[0, n\)"),
        (4, 7, "begin should go from 0 to n"),
    ):
        prepared = [array.copy() for array in WarmRows(X, start)._prepared]
        prepared[position][-1] = change
        with pytest.raises(ValueError, match=message):
            _core.warm_append_rows(X, start, *prepared, V, 300, 0.0, *out)
