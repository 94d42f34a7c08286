"""Rows by nearest center and group, against NumPy row by row."""

import numpy as np
import pytest

from rfcore import _core

F64 = np.float64


def tally(X, centers, groups, n_groups):
    b, k = centers.shape[:2]
    counts = np.full((b, k, n_groups), -7, dtype=np.int64)
    sums = np.full((b, n_groups), np.nan)
    _core.tally_nearest(X, centers, groups, counts, sums)
    return counts, sums


def tally_slowly(X, centers, groups, n_groups):
    counts = np.zeros((*centers.shape[:2], n_groups), dtype=np.int64)
    sums = np.zeros((len(centers), n_groups))
    for q, own in enumerate(centers):
        for x, g in zip(X.astype(F64), groups, strict=True):
            sq = ((x - own) ** 2).sum(axis=1)
            counts[q, sq.argmin(), g] += 1
            sums[q, g] += sq.min()
    return counts, sums


def question(n, d, b, k, n_groups, dtype=F64, seed=0):
    random = np.random.default_rng(seed)
    X = random.normal(size=(n, d)).astype(dtype)
    centers = random.normal(size=(b, k, d))
    return X, centers, random.integers(0, n_groups, n, dtype=np.int32)


def test_by_hand():
    X = np.array([[0.0], [1.0], [2.0], [9.0]])
    centers = np.array([[[0.0], [8.0]], [[9.0], [1.0]]])
    counts, sums = tally(X, centers, np.array([0, 1, 1, 0], np.int32), 2)
    assert counts.tolist() == [[[1, 2], [1, 0]], [[1, 0], [1, 2]]]
    assert sums.tolist() == [[1.0, 5.0], [1.0, 1.0]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("n", "d", "b", "k", "n_groups"),
    [(1, 1, 1, 1, 1), (65, 3, 4, 2, 3), (700, 16, 2, 5, 2), (300, 17, 3, 3, 4)],
)
def test_counts_and_sums_are_those_of_the_definition(dtype, n, d, b, k, n_groups):
    given = question(n, d, b, k, n_groups, dtype)
    counts, sums = tally(*given, n_groups)
    expected = tally_slowly(*given, n_groups)
    np.testing.assert_array_equal(counts, expected[0])
    np.testing.assert_allclose(sums, expected[1], rtol=1e-12)


@pytest.mark.parametrize(("scale", "offset"), [(1e-6, 0.0), (1e6, 0.0), (1.0, 1e6)])
def test_scales_and_offsets(scale, offset):
    X, centers, groups = question(200, 4, 2, 3, 2)
    X, centers = X * scale + offset, centers * scale + offset
    counts, sums = tally(X, centers, groups, 2)
    expected = tally_slowly(X, centers, groups, 2)
    np.testing.assert_array_equal(counts, expected[0])
    np.testing.assert_allclose(sums, expected[1], rtol=1e-9)


@pytest.mark.parametrize("d", [2, 20])
def test_the_lowest_of_equally_near_centers(d):
    X, centers, groups = question(100, d, 1, 2, 1)
    counts, _ = tally(X, np.repeat(centers[:, :1], 3, axis=1), groups, 1)
    assert counts.ravel().tolist() == [100, 0, 0]


def test_no_rows_no_centers_sets_and_groups_without_rows():
    counts, sums = tally(*question(0, 2, 2, 2, 3), 3)
    assert not counts.any()
    assert not sums.any()
    assert tally(*question(5, 2, 0, 2, 3), 3)[1].shape == (0, 3)
    X, centers, groups = question(50, 2, 1, 2, 2)
    counts, sums = tally(X, centers, 2 * groups, 5)
    assert not counts[..., [1, 3, 4]].any()
    assert not sums[:, [1, 3, 4]].any()


@pytest.mark.parametrize("d", [3, 40])
def test_the_same_bits_for_any_number_of_threads(same_bits, d):
    given = question(3000, d, 5, 3, 4)
    same_bits(lambda: tally(*given, 4))


def test_error_shapes_and_groups():
    X, centers, groups = question(6, 2, 1, 2, 2)
    counts, sums = np.zeros((1, 2, 2), np.int64), np.zeros((1, 2))
    call = _core.tally_nearest
    with pytest.raises(ValueError, match=r"centers.shape\[2\]=2 should be 1"):
        call(X[:, :1].copy(), centers, groups, counts, sums)
    with pytest.raises(ValueError, match="n_clusters=0 should be >= 1"):
        call(X, centers[:, :0], groups, counts, sums)
    with pytest.raises(ValueError, match=r"groups.shape\[0\]=5 should be 6"):
        call(X, centers, groups[:5], counts, sums)
    with pytest.raises(ValueError, match=r"counts.shape\[1\]=1 should be 2"):
        call(X, centers, groups, counts[:, :1].copy(), sums)
    with pytest.raises(ValueError, match=r"sums.shape\[1\]=1 should be 2"):
        call(X, centers, groups, counts, sums[:, :1].copy())
    for bad in (-1, 2):
        groups[3] = bad
        with pytest.raises(ValueError, match=r"groups should be in \[0, l\)"):
            call(X, centers, groups, counts, sums)
