"""Device balance and entropy of groups are the host's."""

import numpy as np
import pytest

pytestmark = pytest.mark.gpu

F64, I32 = np.float64, np.int32
MEASURES = ["balance", "group_entropy"]


def clusters_and_groups(p, q, n, k, m, seed=0):
    random = np.random.default_rng(seed)
    labels = random.integers(0, k, (p, n), dtype=I32)
    return labels, random.integers(0, m, (q, n), dtype=I32)


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize(("p", "q"), [(1, 1), (3, 1), (1, 3), (3, 3), (0, 1), (1, 0)])
@pytest.mark.parametrize(
    ("n", "k", "m"),
    [
        (1, 1, 1),
        (50, 2, 4),
        (8200, 3, 3),
        (300, 10, 7),
        (500, 70, 60),  # more counts than a block keeps
    ],
)
def test_measures_are_those_of_the_host(same_as_host, name, p, q, n, k, m):
    b = p if q == 1 else q
    inputs = [*clusters_and_groups(p, q, n, k, m), k, m]
    same_as_host(name, inputs, [((b,), F64)])


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize("alone", ["labels", "groups", "neither"])
def test_tables_too_many_for_one_batch(same_as_host, name, alone):
    k, m = 4096, 2049
    labels, groups = clusters_and_groups(3, 3, 100, k, m)
    labels = labels[:1] if alone == "labels" else labels
    groups = groups[:1] if alone == "groups" else groups
    same_as_host(name, [labels, groups, k, m], [((3,), F64)])


def test_known_clusterings(same_as_host):
    labels = np.array([[0, 0, 1, 1]], I32)
    groups = np.array([[0, 1, 1, 0], [0, 0, 1, 1]], I32)
    (found,) = same_as_host("balance", [labels, groups, 2, 2], [((2,), F64)])
    np.testing.assert_array_equal(found, [1.0, 0.0])
    (found,) = same_as_host("group_entropy", [labels, groups, 2, 2], [((2,), F64)])
    np.testing.assert_allclose(found, [np.log(2.0), 0.0])


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize("bad", [-1, 2])
@pytest.mark.parametrize("which", [0, 1])
def test_names_out_of_range_are_refused(same_error_as_host, name, bad, which):
    given = clusters_and_groups(2, 2, 30, 2, 2)
    given[which][1, 29] = bad
    same_error_as_host(name, *given, 2, 2, np.zeros(2))


@pytest.mark.parametrize("name", MEASURES)
def test_shapes_are_refused_in_the_words_of_the_host(same_error_as_host, name):
    labels, groups = clusters_and_groups(2, 2, 6, 2, 2)
    same_error_as_host(name, labels, groups, 2, 2, np.zeros(3))
    same_error_as_host(name, labels[:1], groups, 2, 2, np.zeros(3))
    same_error_as_host(name, labels, groups[:, :5].copy(), 2, 2, np.zeros(2))
    same_error_as_host(name, labels[:, :0], groups[:, :0], 2, 2, np.zeros(2))
    same_error_as_host(name, labels, groups, -1, 2, np.zeros(2))
    same_error_as_host(name, labels, groups, 2, 1 << 32, np.zeros(2))
