"""Neighbor graphs against a loop over sorted distances."""

import numpy as np
import pytest

from rfcore.cluster.graph import neighbor_graph


def graph_by_sorting(X, k, metric):
    power = {"euclidean": 2, "manhattan": 1}[metric]
    W = np.zeros((len(X), len(X)))
    for i in range(len(X)):
        distance = (abs(X - X[i]) ** power).sum(axis=1)
        order = sorted(range(len(X)), key=lambda j, d=distance: (d[j], j))
        for j in [j for j in order if j != i][:k]:
            W[i, j] = W[j, i] = 1.0
    return W


@pytest.mark.parametrize("metric", ["euclidean", "manhattan"])
@pytest.mark.parametrize("k", [1, 3, 8])
def test_joins_each_row_to_its_nearest(metric, k):
    X = np.random.default_rng(k).integers(0, 5, size=(40, 3)).astype(float)
    W = neighbor_graph(X, k, metric)
    np.testing.assert_array_equal(W.toarray(), graph_by_sorting(X, k, metric))


def test_metrics_differ():
    X = np.array([[0.0, 0.0], [2.0, 2.0], [0.0, 3.5]])
    near = neighbor_graph(X, 1, "euclidean").toarray()
    assert near[0].tolist() == [0, 1, 0]
    near = neighbor_graph(X, 1, "manhattan").toarray()
    assert near[0].tolist() == [0, 0, 1]


def test_error_parameters():
    X = np.zeros((3, 1))
    with pytest.raises(ValueError, match="n_samples=3 should be > n_neighbors=3"):
        neighbor_graph(X, 3)
    with pytest.raises(ValueError, match="n_neighbors=0 should be >= 1"):
        neighbor_graph(X, 0)
    with pytest.raises(TypeError, match=r"n_neighbors=1\.5 should be an integer"):
        neighbor_graph(X, 1.5)
    with pytest.raises(ValueError, match="metric='cosine' should be one of euclidean"):
        neighbor_graph(X, 1, "cosine")
