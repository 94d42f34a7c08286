"""Nearest rows against sorting all distances; ties go to the lower row."""

import numpy as np
import pytest
from oracles import sq_distances

from rfcore import _core

PLACES = [(1e-6, 0.0), (1.0, 0.0), (1e6, 0.0), (1.0, 1e6)]


def nearest(X, k, metric="euclidean"):
    neighbors = np.full((len(X), k), -1)
    distances = np.full((len(X), k), np.nan)
    _core.nearest_neighbors(X, metric, neighbors, distances)
    return neighbors, distances


def all_distances(X, metric):
    if metric == "euclidean":
        # Exact, so the other half is the same.
        D = np.zeros((len(X), len(X)))
        for i in range(len(X) - 1):
            D[i, i + 1 :] = sq_distances(X[i : i + 1], X[i + 1 :])[0]
        return D + D.T
    return np.array([[sum(abs(a - b)) for b in X] for a in X])


def sorted_pairs(X, k, metric):
    D = all_distances(X, metric)
    rows = []
    for i, own in enumerate(D):
        others = [j for j in range(len(X)) if j != i]
        rows.append(sorted(others, key=lambda j, own=own: (own[j], j))[:k])
    return np.array(rows), np.take_along_axis(D, np.array(rows), axis=1)


def test_by_hand():
    X = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0], [9.0, 9.0]])
    neighbors, distances = nearest(X, 2)
    assert neighbors.tolist() == [[1, 2], [0, 2], [0, 1], [2, 1]]
    assert distances.tolist() == [[1, 4], [1, 5], [4, 5], [130, 145]]
    neighbors, distances = nearest(X, 2, "manhattan")
    assert neighbors.tolist() == [[1, 2], [0, 2], [0, 1], [2, 1]]
    assert distances.tolist() == [[1, 2], [1, 3], [2, 3], [16, 17]]


@pytest.mark.parametrize("metric", ["euclidean", "manhattan"])
@pytest.mark.parametrize("d", [1, 3, 15, 16, 31, 32, 33, 64, 70])
def test_equals_sorting_every_distance(metric, d):
    # Two blocks of rows and a part of one.
    X = np.random.default_rng(d).normal(size=(35, d))
    neighbors, distances = nearest(X, 7, metric)
    rows, sums = sorted_pairs(X, 7, metric)
    np.testing.assert_array_equal(neighbors, rows)
    np.testing.assert_allclose(distances, sums, rtol=1e-13)


@pytest.mark.parametrize("metric", ["euclidean", "manhattan"])
@pytest.mark.parametrize("d", [2, 40])
def test_ties_go_to_the_lower_row(metric, d):
    X = np.random.default_rng(0).integers(0, 2, size=(60, d)).astype(float)
    X[30:45] = X[:15]
    neighbors, distances = nearest(X, 5, metric)
    rows, sums = sorted_pairs(X, 5, metric)
    np.testing.assert_array_equal(neighbors, rows)
    np.testing.assert_array_equal(distances, sums)


@pytest.mark.parametrize(("scale", "offset"), PLACES)
def test_scale_and_offset_cost_no_digits(scale, offset):
    X = np.random.default_rng(1).normal(size=(40, 48)) * scale + offset
    neighbors, distances = nearest(X, 39)
    rows, sums = sorted_pairs(X, 39, "euclidean")
    np.testing.assert_array_equal(neighbors, rows)
    np.testing.assert_allclose(distances, sums, rtol=1e-14)


def test_squared_distances_are_the_bits_of_the_distance_kernel():
    X = np.random.default_rng(2).normal(size=(30, 100)) * 1e3
    D = np.empty((30, 30))
    _core.pairwise_sq_distances(X, X, D)
    neighbors, distances = nearest(X, 29)
    np.testing.assert_array_equal(distances, np.take_along_axis(D, neighbors, axis=1))


def test_bits_do_not_depend_on_threads(same_bits):
    X = np.random.default_rng(3).normal(size=(200, 33))
    same_bits(lambda: nearest(X, 4))


def test_two_rows_and_no_rows():
    assert nearest(np.array([[0.0], [3.0]]), 1)[0].tolist() == [[1], [0]]
    assert nearest(np.empty((0, 2)), 3)[0].shape == (0, 3)


def test_error_shapes_and_metric():
    X = np.zeros((4, 2))
    with pytest.raises(ValueError, match=r"X\.shape\[0\]=4 should be >= 5"):
        nearest(X, 4)
    with pytest.raises(ValueError, match=r"neighbors\.shape\[1\]=0 should be >= 1"):
        nearest(X, 0)
    with pytest.raises(ValueError, match=r"neighbors\.shape\[0\]=3 should be 4"):
        _core.nearest_neighbors(X, "euclidean", np.zeros((3, 2), int), np.zeros((4, 2)))
    with pytest.raises(ValueError, match=r"distances\.shape\[1\]=1 should be 2"):
        _core.nearest_neighbors(X, "euclidean", np.zeros((4, 2), int), np.zeros((4, 1)))
    with pytest.raises(ValueError, match="metric='cosine' should be 'euclidean' or"):
        nearest(X, 1, "cosine")
