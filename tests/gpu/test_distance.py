"""Device distances are the host's, bit for bit."""

import numpy as np
import pytest

from rfcore import _core

pytestmark = pytest.mark.gpu

F32, F64 = np.float32, np.float64


def rows(n, d, dtype=F64, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(dtype)


@pytest.mark.parametrize("dtype", [F32, F64])
@pytest.mark.parametrize("d", [0, 1, 15, 16, 17, 33])
@pytest.mark.parametrize(
    ("n", "m"),
    [(1, 1), (100, 70), (33, 31), (5, 40), (130, 8), (129, 9), (65, 16), (64, 17)],
)
def test_pairwise_has_the_bits_of_the_host(same_as_host, n, m, d, dtype):
    X, Y = rows(n, d, dtype), rows(m, d, dtype, seed=1)
    same_as_host("pairwise_sq_distances", [X, Y], [((n, m), F64)])


@pytest.mark.parametrize(("n", "m"), [(0, 3), (3, 0), (0, 0)])
def test_pairwise_of_nothing_is_nothing(same_as_host, n, m):
    same_as_host("pairwise_sq_distances", [rows(n, 2), rows(m, 2)], [((n, m), F64)])


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_pairwise_has_no_scale(same_as_host, scale, offset):
    X = scale * rows(20, 7) + offset
    (D,) = same_as_host("pairwise_sq_distances", [X, X], [((20, 20), F64)])
    assert (np.diag(D) == 0.0).all()
    np.testing.assert_array_equal(D, D.T)


def test_pairwise_of_a_known_triangle(same_as_host):
    X = np.array([[0.0, 0.0], [3.0, 4.0]])
    (D,) = same_as_host("pairwise_sq_distances", [X, X], [((2, 2), F64)])
    np.testing.assert_array_equal(D, [[0.0, 25.0], [25.0, 0.0]])


def test_pairwise_of_squares_beyond_a_double_is_infinite(same_as_host):
    X = np.array([[1e200], [-1e200], [0.0]])
    (D,) = same_as_host("pairwise_sq_distances", [X, X], [((3, 3), F64)])
    assert np.isinf(D[0, 1])


def test_pairwise_accepts_another_stream(same_as_host):
    X = rows(3, 2)
    same_as_host("pairwise_sq_distances", [X, X], [((3, 3), F64)], stream=2)


@pytest.mark.parametrize("dtype", [F32, F64])
@pytest.mark.parametrize("squared", [True, False])
@pytest.mark.parametrize(("n", "d", "t"), [(1, 3, 0), (40, 5, 39), (300, 17, 128)])
def test_replace_row_changes_its_cross_alone(device, n, d, t, squared, dtype):
    X, row = rows(n, d, dtype), rows(1, d, dtype, seed=2)[0]
    D = np.full((n, n), -1.0)
    expected = D.copy()
    _core.replace_row_distances(X, row, t, squared, expected)
    placed = device.put(D)
    _core.cuda.replace_row_distances(device.put(X), device.put(row), t, squared, placed)
    got = device.take(placed)
    np.testing.assert_array_equal(got, expected)
    outside = np.delete(np.delete(got, t, axis=0), t, axis=1)
    assert (outside == -1.0).all()
    assert got[t, t] == 0.0


def test_shapes_are_refused_in_the_words_of_the_host(same_error_as_host):
    X, out = rows(4, 3), np.zeros((4, 2))
    same_error_as_host("pairwise_sq_distances", X, rows(2, 2), out)
    same_error_as_host("pairwise_sq_distances", X, rows(3, 3), out)
    same_error_as_host("pairwise_sq_distances", rows(5, 3), rows(2, 3), out)
    D = np.zeros((4, 4))
    same_error_as_host("replace_row_distances", X, np.zeros(2), 0, True, D)
    same_error_as_host("replace_row_distances", X, np.zeros(3), 0, True, out)
    same_error_as_host(
        "replace_row_distances", X, np.zeros(3), 0, True, np.zeros((2, 4))
    )
    same_error_as_host("replace_row_distances", X, np.zeros(3), 4, True, D)
    same_error_as_host("replace_row_distances", X, np.zeros(3), -1, True, D)
