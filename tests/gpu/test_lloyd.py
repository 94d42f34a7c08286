"""Device Lloyd steps are the host's, bit for bit."""

import numpy as np
import pytest

pytestmark = pytest.mark.gpu

F32, F64, I32 = np.float32, np.float64, np.int32


def rows(n, d, dtype=F64, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(dtype)


def assigned(n):
    return [((n,), I32), ((n,), F64)]


def stepped(n, k, d):
    return [((n,), I32), ((k, d), F64), ((k,), F64)]


@pytest.mark.parametrize("dtype", [F32, F64])
@pytest.mark.parametrize("k", [1, 2, 8, 9, 16, 17, 33, 70])
@pytest.mark.parametrize(("n", "d"), [(1, 1), (40, 18), (300, 3)])
def test_assign_has_the_bits_of_the_host(same_as_host, n, d, k, dtype):
    inputs = [rows(n, d, dtype), rows(k, d, seed=1)]
    same_as_host("assign_nearest", inputs, assigned(n))


@pytest.mark.parametrize("k", [2, 7, 12, 40])
def test_assign_gives_ties_to_the_lowest_center(same_as_host, k):
    C = np.zeros((k, 2))
    C[0] = 5.0
    labels, sq = same_as_host("assign_nearest", [np.ones((9, 2)), C], assigned(9))
    np.testing.assert_array_equal(labels, np.ones(9))
    np.testing.assert_array_equal(sq, np.full(9, 2.0))


@pytest.mark.parametrize("k", [3, 20])
def test_assign_to_centers_beyond_a_double_picks_the_first(same_as_host, k):
    C = np.full((k, 1), 1e200)
    labels, sq = same_as_host("assign_nearest", [np.zeros((5, 1)), C], assigned(5))
    assert (labels == 0).all()
    assert np.isinf(sq).all()


def test_assign_of_nothing(same_as_host):
    same_as_host("assign_nearest", [rows(0, 3), rows(2, 3)], assigned(0))


def test_assign_without_features(same_as_host):
    same_as_host("assign_nearest", [rows(4, 0), rows(2, 0)], assigned(4))


@pytest.mark.parametrize("dtype", [F32, F64])
@pytest.mark.parametrize("k", [1, 3, 11])
@pytest.mark.parametrize("n", [11, 255, 256, 257, 600])
@pytest.mark.parametrize("d", [1, 33])
def test_step_has_the_bits_of_the_host(same_as_host, n, d, k, dtype):
    X = 1e3 + rows(n, d, dtype)
    same_as_host("lloyd_step", [X, X[:k].astype(F64)], stepped(n, k, d))


def test_step_over_chunks_longer_than_256_rows(same_as_host):
    n = 64 * 256 + 300
    X = rows(n, 1)
    _, _, counts, _ = same_as_host("lloyd_step", [X, X[:2]], stepped(n, 2, 1))
    assert counts.sum() == n


@pytest.mark.parametrize("seed", range(4))
def test_step_fills_empty_clusters_with_the_farthest_rows(same_as_host, seed):
    X = np.round(rows(40, 2, seed=seed), 1)
    C = np.full((6, 2), 50.0)
    C[seed] = 0.0
    labels, means, counts, _ = same_as_host("lloyd_step", [X, C], stepped(40, 6, 2))
    assert (labels == seed).all()
    assert (counts >= 1).all()
    assert counts.sum() == 40
    np.testing.assert_allclose(counts @ means, X.sum(axis=0), rtol=1e-12)


def test_step_fills_empty_clusters_beyond_one_block(same_as_host):
    X = rows(1100, 1)
    C = X.copy()
    C[[3, 1050, 1051]] = 1e3
    labels, _, counts, _ = same_as_host("lloyd_step", [X, C], stepped(1100, 1100, 1))
    assert not np.isin([3, 1050, 1051], labels).any()
    assert (counts == 1).all()


def test_step_keeps_the_center_where_no_row_can_be_spared(same_as_host):
    C = np.array([[2.0], [7.0], [9.0]])
    _, means, counts, inertia = same_as_host(
        "lloyd_step", [np.full((5, 1), 2.0), C], stepped(5, 3, 1)
    )
    np.testing.assert_array_equal(means, C)
    np.testing.assert_array_equal(counts, [5.0, 0.0, 0.0])
    assert inertia == 0.0


def test_step_of_a_known_case(same_as_host):
    X = np.array([[0.0], [1.0], [10.0], [14.0]])
    labels, means, counts, inertia = same_as_host(
        "lloyd_step", [X, np.array([[0.0], [11.0]])], stepped(4, 2, 1)
    )
    np.testing.assert_array_equal(labels, [0, 0, 1, 1])
    np.testing.assert_array_equal(means, [[0.5], [12.0]])
    np.testing.assert_array_equal(counts, [2.0, 2.0])
    assert inertia == 11.0


def test_step_without_features(same_as_host):
    same_as_host("lloyd_step", [rows(4, 0), rows(2, 0)], stepped(4, 2, 0))


def test_shapes_are_refused_in_the_words_of_the_host(same_error_as_host):
    X, C = rows(4, 3), rows(2, 3)
    labels, sq = np.zeros(4, I32), np.zeros(4)
    same_error_as_host("assign_nearest", X, rows(2, 2), labels, sq)
    same_error_as_host("assign_nearest", X, rows(0, 3), labels, sq)
    same_error_as_host("assign_nearest", X, C, labels[:3], sq)
    same_error_as_host("assign_nearest", X, C, labels, sq[:3])
    means, counts = np.zeros((2, 3)), np.zeros(2)
    same_error_as_host("lloyd_step", X, rows(2, 2), labels, means, counts)
    same_error_as_host("lloyd_step", X, rows(0, 3), labels, means, counts)
    same_error_as_host("lloyd_step", X, rows(5, 3), labels, means, counts)
    same_error_as_host("lloyd_step", X, C, labels[:3], means, counts)
    same_error_as_host("lloyd_step", X, C, labels, means[:1], counts)
    same_error_as_host("lloyd_step", X, C, labels, np.zeros((2, 2)), counts)
    same_error_as_host("lloyd_step", X, C, labels, means, counts[:1])
