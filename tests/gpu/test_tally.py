"""Device counts and sums by nearest center and group are the host's."""

import numpy as np
import pytest

pytestmark = pytest.mark.gpu

F64, I32, I64 = np.float64, np.int32, np.int64


def question(n, d, b, k, m, dtype=F64, seed=0):
    random = np.random.default_rng(seed)
    X = random.normal(size=(n, d)).astype(dtype)
    centers = random.normal(size=(b, k, d))
    return [X, centers, random.integers(0, m, n, dtype=I32)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("n", "d", "b", "k", "m"),
    [
        (1, 1, 1, 1, 1),
        (300, 3, 4, 2, 3),
        (700, 20, 2, 9, 2),
        (50, 2, 0, 2, 2),
        (0, 2, 2, 2, 2),
    ],
)
def test_counts_and_sums_are_those_of_the_host(same_as_host, dtype, n, d, b, k, m):
    inputs = question(n, d, b, k, m, dtype)
    same_as_host("tally_nearest", inputs, [((b, k, m), I64), ((b, m), F64)])


@pytest.mark.parametrize("bad", [-1, 2])
def test_groups_out_of_range_are_refused(same_error_as_host, bad):
    X, centers, groups = question(30, 2, 1, 2, 2)
    groups[29] = bad
    counts, sums = np.zeros((1, 2, 2), I64), np.zeros((1, 2))
    same_error_as_host("tally_nearest", X, centers, groups, counts, sums)


def test_shapes_are_refused_in_the_words_of_the_host(same_error_as_host):
    X, centers, groups = question(6, 2, 1, 2, 2)
    counts, sums = np.zeros((1, 2, 2), I64), np.zeros((1, 2))
    name = "tally_nearest"
    same_error_as_host(name, X[:, :1].copy(), centers, groups, counts, sums)
    same_error_as_host(name, X, centers[:, :0], groups, counts, sums)
    same_error_as_host(name, X, centers, groups[:5].copy(), counts, sums)
    same_error_as_host(name, X, centers, groups, counts[:, :1].copy(), sums)
    same_error_as_host(name, X, centers, groups, counts, np.zeros((2, 2)))
