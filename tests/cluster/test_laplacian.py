"""Constrained eigenvectors against the dense formula, on graphs of every shape."""

import numpy as np
import pytest
import scipy.linalg
import scipy.sparse

from rfcore.cluster import laplacian
from rfcore.cluster.graph import neighbor_graph
from rfcore.cluster.laplacian import Laplacian


def dense_formula(W, constraints, k, normalized):
    """Eigenpairs of Z'LZ with a dense basis Z of the constraints' complement."""
    degrees = W.sum(axis=1)
    L = np.diag(degrees) - W
    if normalized:
        L /= np.sqrt(np.outer(degrees, degrees))
    Z = scipy.linalg.null_space(constraints.T) if constraints.size else np.eye(len(W))
    values, vectors = scipy.linalg.eigh(Z.T @ L @ Z)
    return values, Z @ vectors[:, :k]


def blobs(sizes, d=3, seed=0):
    rng = np.random.default_rng(seed)
    rows = [rng.normal(40.0 * c, 1.0, (n, d)) for c, n in enumerate(sizes)]
    return np.concatenate(rows)


def random_constraints(n, q, seed):
    groups = np.random.default_rng(seed).integers(0, q + 1, n)
    members = (groups[:, None] == np.arange(q)).astype(float)
    return members - members.mean(axis=0)


GRAPHS = {
    "one small": (60,),
    "two small": (40, 30),
    "many small": (9,) * 12,
    "many small, factored": (9,) * 40,
    "one large": (400,),
    "large and small": (330, 20, 7),
    "two large": (300, 310),
}


@pytest.mark.parametrize("normalized", [False, True])
@pytest.mark.parametrize("q", [0, 1, 2, 4])
@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("k", [2, 7])
def test_equals_the_dense_formula(name, q, k, normalized):
    X = blobs(GRAPHS[name])
    W = neighbor_graph(X, 3)
    C = random_constraints(len(X), q, q)
    prepared = Laplacian(W, k, normalized=normalized)
    if normalized:
        C = C / prepared.weights[:, None]
    H, values, residual = prepared.lowest(C)
    expected, vectors = dense_formula(W.toarray(), C, k, normalized)
    np.testing.assert_allclose(values, expected[:k], atol=1e-9)
    np.testing.assert_allclose(H.T @ H, np.eye(k), atol=1e-9)
    np.testing.assert_allclose(C.T @ H, 0.0, atol=1e-9)
    assert residual < 1e-9
    if expected[k] - expected[k - 1] > 1e-3:
        np.testing.assert_allclose(H @ H.T, vectors @ vectors.T, atol=1e-7)


def test_lanczos_on_the_operator_gives_the_same(monkeypatch):
    X = blobs((300, 200, 8))
    W, C = neighbor_graph(X, 4), random_constraints(508, 2, 0)
    H, values, _ = Laplacian(W, 6).lowest(C)
    monkeypatch.setattr(laplacian, "_FACTORED", 100)
    free, its_values, residual = Laplacian(W, 6).lowest(C)
    np.testing.assert_allclose(its_values, values, atol=1e-9)
    np.testing.assert_allclose(free @ free.T, H @ H.T, atol=1e-6)
    assert residual < 1e-9


def test_components_are_counted_and_span_the_null_space():
    X = blobs((30, 12, 20))
    prepared = Laplacian(neighbor_graph(X, 3), 3)
    assert prepared.n_components == 3
    H, values, _ = prepared.lowest(np.empty((62, 0)))
    indicators = np.repeat(np.eye(3), (30, 12, 20), axis=0)
    indicators /= np.sqrt(indicators.sum(axis=0))
    np.testing.assert_allclose(H @ H.T, indicators @ indicators.T, atol=1e-12)
    np.testing.assert_array_equal(values, 0.0)


@pytest.mark.parametrize("sizes", [(30, 4, 20, 5, 10, 6), (300, 4, 40, 5, 10, 6)])
def test_of_a_large_null_space_the_large_components_are_told_apart(sizes):
    """sum_i h_i^2 / |component of i| is least: here the three largest components."""
    X = blobs(sizes)
    H, values, _ = Laplacian(neighbor_graph(X, 3), 3).lowest(np.empty((len(X), 0)))
    largest = np.repeat(np.eye(6)[:, [0, 2, 4]], sizes, axis=0)
    largest /= np.sqrt(largest.sum(axis=0))
    np.testing.assert_allclose(H @ H.T, largest @ largest.T, atol=1e-9)
    np.testing.assert_array_equal(values, 0.0)


def test_a_large_null_space_under_constraints_is_the_least_crowded():
    sizes = (12, 9, 8, 7, 6, 5, 5)
    X, k = blobs(sizes), 3
    C = random_constraints(len(X), 2, 1)
    H, values, _ = Laplacian(neighbor_graph(X, 3), k).lowest(C)
    N = np.repeat(np.eye(len(sizes)), sizes, axis=0)
    N /= np.sqrt(N.sum(axis=0))
    flat = N @ scipy.linalg.null_space(C.T @ N)
    crowd = 1.0 / np.repeat(sizes, sizes)
    least = scipy.linalg.eigvalsh(flat.T @ (flat * crowd[:, None]))[:k].sum()
    assert np.sum(H**2 * crowd[:, None]) == pytest.approx(least, rel=1e-10)
    np.testing.assert_allclose(C.T @ H, 0.0, atol=1e-12)
    np.testing.assert_array_equal(values, 0.0)


def test_dependent_and_zero_constraints_count_once():
    X = blobs((300,))
    W, C = neighbor_graph(X, 3), random_constraints(300, 2, 0)
    many = np.hstack([C, C[:, :1] + C[:, 1:], np.zeros((300, 1)), 1e6 * C])
    prepared = Laplacian(W, 4)
    few, more = prepared.lowest(C), prepared.lowest(many)
    np.testing.assert_allclose(more[1], few[1], atol=1e-12)
    np.testing.assert_allclose(more[0] @ more[0].T, few[0] @ few[0].T, atol=1e-9)


def test_answers_do_not_depend_on_earlier_questions():
    prepared = Laplacian(neighbor_graph(blobs((400,)), 3), 5)
    first = prepared.lowest(random_constraints(400, 1, 0))[0]
    prepared.lowest(random_constraints(400, 3, 1))
    again = prepared.lowest(random_constraints(400, 1, 0))[0]
    np.testing.assert_array_equal(first, again)


def test_a_cluster_of_equal_eigenvalues_is_complete():
    """Two copies of a component have each eigenvalue twice; none is overlooked."""
    X = blobs((300,), seed=3)
    W = neighbor_graph(X, 3)
    twice = scipy.sparse.block_diag([W, W], format="csr")
    _, values, _ = Laplacian(scipy.sparse.csr_array(twice), 8).lowest(
        np.empty((600, 0))
    )
    expected = np.repeat(dense_formula(W.toarray(), np.empty((300, 0)), 4, False)[0], 2)
    np.testing.assert_allclose(values, expected[:8], atol=1e-10)


def test_error_too_few_vectors_are_left():
    prepared = Laplacian(neighbor_graph(blobs((6,)), 2), 5)
    with pytest.raises(ValueError, match="n_samples=6 should be >= 5 eigenvectors \\+"):
        prepared.lowest(random_constraints(6, 2, 0))
