"""Device seeding draws the rows of the host."""

import numpy as np
import pytest

from rfcore import _core

pytestmark = pytest.mark.gpu

F32, F64, I64 = np.float32, np.float64, np.int64
BELOW_ONE = np.nextafter(1.0, 0.0)


def rows(n, d, dtype=F64, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(dtype)


def uniforms(k, seed=0):
    return np.random.default_rng(seed).random(_core.seeding_uniforms(k))


@pytest.mark.parametrize("dtype", [F32, F64])
@pytest.mark.parametrize(
    ("n", "d", "k"), [(1, 1, 1), (5, 2, 5), (300, 3, 4), (257, 17, 8), (60, 2, 21)]
)
def test_plus_plus_draws_the_rows_of_the_host(same_as_host, n, d, k, dtype):
    X = rows(n, d, dtype)
    same_as_host("kmeans_plus_plus", [X, uniforms(k)], [((k,), I64)])


@pytest.mark.parametrize("seed", range(5))
def test_plus_plus_draws_the_rows_of_the_host_among_duplicates(same_as_host, seed):
    X = np.round(rows(90, 1, seed=seed))
    same_as_host("kmeans_plus_plus", [X, uniforms(6, seed)], [((6,), I64)])


@pytest.mark.parametrize("u", [0.0, 0.5, BELOW_ONE])
def test_plus_plus_at_the_ends_of_the_uniforms(same_as_host, u):
    at_ends = np.full(_core.seeding_uniforms(5), u)
    same_as_host("kmeans_plus_plus", [rows(70, 2), at_ends], [((5,), I64)])


def test_plus_plus_draws_row_0_where_all_rows_are_centers(same_as_host):
    X = np.ones((40, 2))
    (chosen,) = same_as_host("kmeans_plus_plus", [X, uniforms(4)], [((4,), I64)])
    np.testing.assert_array_equal(chosen[1:], 0)


def test_plus_plus_over_chunks_longer_than_256_rows(same_as_host):
    X = rows(64 * 256 + 300, 1)
    same_as_host("kmeans_plus_plus", [X, uniforms(2)], [((2,), I64)])


@pytest.mark.parametrize("dtype", [F32, F64])
@pytest.mark.parametrize(
    ("n", "d", "k"), [(1, 1, 1), (6, 2, 6), (300, 3, 5), (40, 17, 12)]
)
def test_farthest_first_visits_the_rows_of_the_host(same_as_host, n, d, k, dtype):
    inputs = [rows(n, d, dtype), n // 2]
    same_as_host("farthest_first", inputs, [((k,), I64), ((n,), F64)])


def test_farthest_first_takes_the_first_of_equals(same_as_host):
    X = np.zeros((600, 1))
    X[[300, 599, 290]] = 2.0
    chosen, _ = same_as_host("farthest_first", [X, 0], [((3,), I64), ((600,), F64)])
    np.testing.assert_array_equal(chosen, [0, 290, 0])


def test_shapes_are_refused_in_the_words_of_the_host(same_error_as_host):
    X = rows(4, 3)
    same_error_as_host("kmeans_plus_plus", X, uniforms(1), np.zeros(0, I64))
    same_error_as_host("kmeans_plus_plus", X, uniforms(5), np.zeros(5, I64))
    same_error_as_host("kmeans_plus_plus", X, uniforms(3), np.zeros(2, I64))
    chosen, sq = np.zeros(2, I64), np.zeros(4)
    same_error_as_host("farthest_first", X, 0, np.zeros(0, I64), sq)
    same_error_as_host("farthest_first", X, 0, np.zeros(5, I64), sq)
    same_error_as_host("farthest_first", X, 0, chosen, sq[:3])
    same_error_as_host("farthest_first", X, 4, chosen, sq)
    same_error_as_host("farthest_first", X, -1, chosen, sq)
