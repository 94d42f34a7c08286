"""Lloyd's runs that keep bounds, against steps that take every distance."""

import numpy as np
import pytest

from rfcore import _core

F64 = np.float64


def kept(X, centers, n_steps=12):
    """A run that is large enough to keep bounds."""
    (n, d), k = X.shape, len(centers)
    assert n * d * k >= 1 << 20
    found, labels = np.empty((k, d)), np.empty(n, np.int32)
    inertia, n_iter, _ = _core.lloyd(
        X, centers[None], np.empty((0, 0)), k, n_steps, 0.0, found, labels
    )
    return found, labels, inertia, n_iter


def stepped(X, centers, n_steps=12):
    """The same by `lloyd_step`, which knows no bounds."""
    (n, d), k = X.shape, len(centers)
    C, before = centers.copy(), np.full(n, -1)
    labels, counts = np.empty(n, np.int32), np.empty(k)
    n_done = 0
    while n_done < n_steps:
        n_done += 1
        means = np.empty((k, d))
        _core.lloyd_step(X, C, labels, means, counts)
        moved, C = not np.array_equal(means, C), means
        if not moved or np.array_equal(labels, before):
            break
        before = labels.copy()
    sq = np.empty(n)
    _core.assign_nearest(X, C, labels, sq)
    return C, labels, sq.sum(), n_done


def blobs(n, d, k, *, dtype=F64, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(k, d))[rng.integers(k, size=n)] + rng.normal(size=(n, d))
    return X.astype(dtype), X[rng.permutation(n)[:k]].astype(F64)


def assert_equal_runs(X, centers, n_steps=12):
    ours, theirs = kept(X, centers, n_steps), stepped(X, centers, n_steps)
    np.testing.assert_array_equal(ours[1], theirs[1])
    np.testing.assert_array_equal(ours[0], theirs[0])
    assert ours[2] == pytest.approx(theirs[2], rel=1e-12)
    assert ours[3] == theirs[3]


@pytest.mark.parametrize("dtype", [np.float32, F64])
@pytest.mark.parametrize(
    ("n", "d", "k"),
    [(9000, 16, 8), (7001, 3, 50), (5003, 21, 10), (300, 400, 9), (40_000, 1, 27),
     (2000, 32, 100), (270_000, 2, 2)],
)  # fmt: skip
def test_labels_and_centers_are_those_of_plain_steps(n, d, k, dtype):
    assert_equal_runs(*blobs(n, d, k, dtype=dtype))


@pytest.mark.parametrize("offset", [0.0, 1e6, -3e9])
@pytest.mark.parametrize("scale", [1e-150, 1e-6, 1.0, 1e6, 1e140])
def test_scales_and_offsets(scale, offset):
    X, centers = blobs(9000, 8, 15)
    assert_equal_runs((X + offset) * scale, (centers + offset) * scale)


@pytest.mark.parametrize("dtype", [np.float32, F64])
def test_ties_go_to_the_lowest_center(dtype):
    """Rows on a grid with centers on it: thousands of exact ties."""
    rng = np.random.default_rng(0)
    X = rng.integers(0, 3, (9000, 5)).astype(dtype)
    centers = rng.integers(0, 3, (24, 5)).astype(F64)
    centers[7] = centers[3]
    for n_steps in (1, 2, 12):
        assert_equal_runs(X, centers, n_steps)


def test_one_far_row_leaves_the_others_to_differences():
    """All others are alike to single precision."""
    X, centers = blobs(9000, 8, 15)
    X[0] = 1e9
    assert_equal_runs(X, centers)


def test_centers_that_are_near_each_other():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(9000, 8))
    assert_equal_runs(X, X[0] + 1e-9 * rng.normal(size=(15, 8)), 30)


def test_empty_clusters_take_the_farthest_rows():
    X, centers = blobs(9000, 8, 15)
    centers[[2, 5, 9]] = 1e3
    assert_equal_runs(X, centers)
    centers[:] = centers[0]
    assert_equal_runs(X, centers)


def test_equal_rows():
    assert_equal_runs(np.ones((9000, 8)), np.ones((15, 8)))


def test_columns_of_unlike_scale():
    X, centers = blobs(9000, 8, 15)
    scales = 10.0 ** np.arange(-8, 8, 2)
    assert_equal_runs(X * scales, centers * scales)


def test_random_problems():
    for seed in range(40):
        rng = np.random.default_rng(seed)
        d, k = int(rng.integers(1, 12)), int(rng.integers(2, 40))
        n = (1 << 20) // (d * k) + int(rng.integers(1, 600))
        X = rng.normal(size=(n, d)) ** 3
        X[: n // 3] = np.round(X[: n // 3], int(rng.integers(0, 4)))
        assert_equal_runs(X, X[rng.integers(0, n, k)].copy(), 6)


def test_same_bits_for_any_number_of_threads(same_bits):
    X, centers = blobs(90_000, 10, 12)
    same_bits(lambda: kept(X, centers)[:3])
