"""Device counts of labelings are the host's."""

import numpy as np
import pytest

from rfcore import _core
from rfcore.errors import DeviceError

pytestmark = pytest.mark.gpu

F64, I32, I64 = np.float64, np.int32, np.int64


def labelings(b, n, k, m, seed=0):
    random = np.random.default_rng(seed)
    a = random.integers(0, k, n, dtype=I32)
    return a, random.integers(0, m, (b, n), dtype=I32)


SIZES = [
    (1, 1, 1, 1),
    (3, 50, 2, 4),
    (2, 8200, 3, 3),
    (5, 300, 10, 7),
    (2, 500, 70, 60),  # more counts than a block keeps
    (0, 10, 2, 2),
    (4, 0, 2, 3),
    (2, 0, 0, 0),
]


@pytest.mark.parametrize(("b", "n", "k", "m"), SIZES)
def test_contingency_counts_as_the_host(same_as_host, b, n, k, m):
    inputs = labelings(b, n, max(k, 1), max(m, 1))
    (table,) = same_as_host("contingency", inputs, [((b, k, m), I64)])
    assert table.sum() == b * n


@pytest.mark.parametrize(("b", "n", "k", "m"), SIZES)
def test_co_membership_distance_is_that_of_the_host(same_as_host, b, n, k, m):
    inputs = [*labelings(b, n, max(k, 1), max(m, 1)), k, m]
    same_as_host("co_membership_distance", inputs, [((b,), F64)])


@pytest.mark.parametrize(("b", "n", "k", "m"), SIZES)
def test_n_switched_is_that_of_the_host(same_as_host, b, n, k, m):
    inputs = [*labelings(b, n, max(k, 1), max(m, 1)), k, m]
    same_as_host("n_switched", inputs, [((b,), I64)])


@pytest.mark.parametrize("name", ["nmi", "ari"])
@pytest.mark.parametrize(("b", "n", "k", "m"), SIZES)
def test_scores_are_those_of_the_host(same_as_host, name, b, n, k, m):
    inputs = [*labelings(b, n, max(k, 1), max(m, 1)), k, m]
    same_as_host(name, inputs, [((b,), F64)])


def test_known_labelings(same_as_host):
    a = np.array([0, 0, 1, 1], I32)
    others = np.array([[1, 1, 0, 0], [0, 1, 1, 1]], I32)
    (table,) = same_as_host("contingency", [a, others], [((2, 2, 2), I64)])
    np.testing.assert_array_equal(table, [[[0, 2], [2, 0]], [[1, 1], [0, 2]]])
    (distance,) = same_as_host(
        "co_membership_distance", [a, others, 2, 2], [((2,), F64)]
    )
    np.testing.assert_array_equal(distance, [0.0, np.sqrt(6.0)])
    (switched,) = same_as_host("n_switched", [a, others, 2, 2], [((2,), I64)])
    np.testing.assert_array_equal(switched, [0, 1])
    for name in ("nmi", "ari"):
        (score,) = same_as_host(name, [a, others, 2, 2], [((2,), F64)])
        assert score[0] == 1.0
        assert 0.0 <= score[1] < 1.0


def test_tables_too_many_for_one_batch(same_as_host):
    k, m = 4096, 2049
    inputs = [*labelings(3, 100, k, m), k, m]
    for name in ("co_membership_distance", "nmi"):
        same_as_host(name, inputs, [((3,), F64)])


def test_a_number_of_labels_below_0_is_refused(device):
    a, others = (device.put(x) for x in labelings(1, 0, 1, 1))
    for k, m in [(-1, 2), (2, -1)]:
        with pytest.raises(ValueError, match="=-1 should be >= 0"):
            _core.cuda.n_switched(a, others, k, m, device.put(np.zeros(1, I64)))


@pytest.mark.parametrize("name", ["co_membership_distance", "n_switched", "nmi", "ari"])
@pytest.mark.parametrize("bad", [-1, 2])
@pytest.mark.parametrize("which", ["a", "others"])
def test_labels_out_of_range_are_refused(same_error_as_host, name, bad, which):
    a, others = labelings(2, 30, 2, 2)
    (a if which == "a" else others[1])[29] = bad
    out = np.zeros(2, I64 if name == "n_switched" else F64)
    same_error_as_host(name, a, others, 2, 2, out)
    same_error_as_host("contingency", a, others, np.zeros((2, 2, 2), I64))


def test_shapes_are_refused_in_the_words_of_the_host(same_error_as_host):
    a, others = labelings(2, 6, 2, 2)
    same_error_as_host("contingency", a, others, np.zeros((1, 2, 2), I64))
    same_error_as_host("contingency", a[:5], others, np.zeros((2, 2, 2), I64))
    same_error_as_host("co_membership_distance", a, others, 2, 2, np.zeros(3))
    same_error_as_host("co_membership_distance", a[:5], others, 2, 2, np.zeros(2))
    same_error_as_host("n_switched", a, others, 2, 2, np.zeros(3, I64))
    same_error_as_host("n_switched", a[:5], others, 2, 2, np.zeros(2, I64))
    for name in ("nmi", "ari"):
        same_error_as_host(name, a, others, 2, 2, np.zeros(3))
        same_error_as_host(name, a[:5], others, 2, 2, np.zeros(2))


@pytest.mark.parametrize("k", [1 << 21, 1 << 31])
def test_a_device_without_enough_memory_says_so(device, k):
    a, others = (device.put(x) for x in labelings(1, 0, 1, 1))
    with pytest.raises(DeviceError, match="cudaErrorMemoryAllocation"):
        _core.cuda.n_switched(a, others, k, k, device.put(np.zeros(1, I64)))


def test_more_labels_than_there_are_names_for(device):
    a, others = (device.put(x) for x in labelings(1, 0, 1, 1))
    with pytest.raises(ValueError, match="k=4294967296 should be <= 2147483648"):
        _core.cuda.n_switched(a, others, 1 << 32, 1, device.put(np.zeros(1, I64)))
