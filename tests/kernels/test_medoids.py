"""Descents to k medoids against every swap tried out."""

import numpy as np
import oracles
import pytest

from rfcore import _core

PLACES = [(1e-6, 0.0), (1.0, 0.0), (1e6, 0.0), (1.0, 1e6)]
# One more than this many rows, and distances are no longer kept.
KEPT_ROWS = 2048


def k_medoids(X, uniforms, rows=None, max_iter=100):
    uniforms = np.atleast_2d(np.asarray(uniforms, dtype=float))
    rows = np.arange(len(X)) if rows is None else np.asarray(rows)
    medoids = np.full(uniforms.shape[1], -9)
    labels = np.full(len(rows), -9, dtype=np.int32)
    cost, _ = _core.k_medoids(X, rows, uniforms, max_iter, medoids, labels)
    return cost, medoids, labels


def of_distances(D, uniforms, max_iter=100):
    uniforms = np.atleast_2d(np.asarray(uniforms, dtype=float))
    medoids = np.full(uniforms.shape[1], -9)
    labels = np.full(len(D), -9, dtype=np.int32)
    cost, _ = _core.k_medoids_of_distances(D, uniforms, max_iter, medoids, labels)
    return cost, medoids, labels


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


def test_by_hand():
    """Seeds are rows 0 and 2; row 1 takes the place of row 0, row 4 that of row 2."""
    X = np.array([[0.0], [1.0], [10.0], [2.0], [11.0], [12.0]])
    cost, medoids, labels = k_medoids(X, [0.0, 0.2])
    assert medoids.tolist() == [1, 4]
    assert labels.tolist() == [0, 0, 1, 0, 1, 1]
    assert cost == 4.0


@pytest.mark.parametrize(("scale", "offset"), PLACES)
@pytest.mark.parametrize("n_clusters", [1, 2, 5, 12])
def test_equals_every_swap_tried_out(scale, offset, n_clusters):
    for seed in range(3):
        X = random_rows(37, 3, seed) * scale + offset
        uniforms = random_uniforms(1, n_clusters, seed)
        cost, medoids, labels = k_medoids(X, uniforms)
        D = distances(X)
        expected = oracles.swap_descent(D, uniforms[0])
        expected_cost, expected_labels = oracles.medoid_cost(D, expected)
        np.testing.assert_array_equal(medoids, expected)
        np.testing.assert_array_equal(labels, expected_labels)
        assert cost == pytest.approx(expected_cost, rel=1e-12)
