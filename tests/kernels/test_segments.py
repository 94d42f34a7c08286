"""The table of best segmentations against all segmentations of few frames."""

import numpy as np
import oracles_video
import pytest
from threadpoolctl import threadpool_limits

from rfcore import _core


def tables(K, most, block):
    n = len(K)
    sums, diagonal = np.full(n, np.nan), np.full(n + 1, np.nan)
    costs = np.full((n + 1, most + 1), np.nan)
    previous = np.full((n + 1, most + 1), 77, dtype=np.int32)
    for begin in range(0, n, block):
        end = min(n, begin + block)
        rows = np.ascontiguousarray(K[begin:end, :end])
        _core.extend_segments(rows, sums, diagonal, costs, previous)
    return costs, previous


def kernel_matrix(n, m=3, seed=0):
    X = np.random.default_rng(seed).normal(size=(n, m))
    return X @ X.T


def boundaries(previous, n, k):
    found = [n]
    for count in range(k, 0, -1):
        found.append(int(previous[found[-1], count]))
    return tuple(found[:0:-1])


def test_by_hand():
    """Positions 0, 2, 10: scatters 2 of the first two, 32 of the last two."""
    x = np.array([0.0, 2.0, 10.0])
    costs, previous = tables(np.outer(x, x), 2, 3)
    np.testing.assert_allclose(costs[3], [56.0, 2.0, 0.0], atol=1e-12)
    assert previous[3].tolist() == [-1, 2, 2]
    assert np.isinf(costs[0]).all()
    assert np.isinf(costs[1, 1:]).all()


@pytest.mark.parametrize("n", [1, 2, 3, 7, 10])
@pytest.mark.parametrize("block", [1, 2, 3, 64])
def test_no_segmentation_costs_less(n, block):
    K = kernel_matrix(n)
    costs, previous = tables(K, n - 1, block)
    for k in range(n):
        each = {
            cut: oracles_video.segmentation_cost(K, cut)
            for cut in oracles_video.segmentations(n, k)
        }
        np.testing.assert_allclose(costs[n, k], min(each.values()), atol=1e-10)
        found = each[boundaries(previous, n, k)]
        np.testing.assert_allclose(found, costs[n, k], atol=1e-10)


@pytest.mark.parametrize("most", [0, 1, 8, 9, 30])
def test_blocks_of_frames_change_nothing_but_rounding(most):
    K = kernel_matrix(70)
    costs, previous = tables(K, most, 70)
    for block in (1, 5, 64):
        again, moved = tables(K, most, block)
        np.testing.assert_array_equal(again, costs)
        np.testing.assert_array_equal(moved, previous)


def test_of_equal_starts_the_lowest():
    """Frames of two kinds in turn: every boundary at a change is as good."""
    x = np.array([0.0, 0.0, 4.0, 4.0, 0.0, 0.0])
    _, previous = tables(np.outer(x, x), 2, 2)
    assert boundaries(previous, 6, 1) == (2,)
    _, previous = tables(np.zeros((5, 5)), 3, 2)
    assert boundaries(previous, 5, 3) == (1, 2, 3)


def test_same_bits_for_all_thread_counts():
    K, first = kernel_matrix(150), None
    for n_threads in (1, 2, 7):
        with threadpool_limits(n_threads, user_api="openmp"):
            found = tables(K, 149, 32)
        first = first or found
        for a, b in zip(found, first, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_scales(scale):
    K = kernel_matrix(40)
    costs, previous = tables(scale * K, 20, 16)
    expected, moved = tables(K, 20, 16)
    np.testing.assert_allclose(costs[1:], scale * expected[1:], atol=1e-12 * scale)
    np.testing.assert_array_equal(previous[40], moved[40])


def test_errors():
    K, n = np.eye(4), 4

    def extend(K, sums=n, diagonal=n + 1, costs=(n + 1, 3), previous=(n + 1, 3)):
        arrays = [np.zeros(shape) for shape in (sums, diagonal, costs)]
        _core.extend_segments(K, *arrays, np.zeros(previous, dtype=np.int32))

    with pytest.raises(ValueError, match=r"K.shape\[1\]=3 should be >= 4"):
        extend(K[:, :3].copy())
    with pytest.raises(ValueError, match=r"sums.shape\[0\]=0 should be >= 1"):
        extend(K, sums=0)
    with pytest.raises(ValueError, match=r"sums.shape\[0\]=4 should be >= 5"):
        extend(np.eye(5))
    with pytest.raises(ValueError, match=r"diagonal.shape\[0\]=4 should be 5"):
        extend(K, diagonal=4)
    with pytest.raises(ValueError, match=r"costs.shape\[0\]=4 should be 5"):
        extend(K, costs=(4, 3))
    with pytest.raises(ValueError, match=r"costs.shape\[1\]=0 should be >= 1"):
        extend(K, costs=(5, 0))
    with pytest.raises(ValueError, match=r"previous.shape\[0\]=4 should be 5"):
        extend(K, previous=(4, 3))
    with pytest.raises(ValueError, match=r"previous.shape\[1\]=2 should be 3"):
        extend(K, previous=(5, 2))
