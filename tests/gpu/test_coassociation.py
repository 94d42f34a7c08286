"""Device co-association is the host's."""

import numpy as np
import pytest

from rfcore.metrics import co_association

pytestmark = pytest.mark.gpu

DTYPES = [np.uint16, np.float32]


def labelings(r, n, k, seed=0):
    return np.random.default_rng(seed).integers(-1, k, size=(r, n), dtype=np.int32)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("r", "n", "k"),
    [(1, 0, 1), (1, 1, 1), (3, 63, 2), (31, 64, 3), (33, 65, 300), (70, 200, 10)],
)
def test_matrices_are_those_of_the_host(same_as_host, r, n, k, dtype):
    same_as_host("co_association", [labelings(r, n, k)], [((n, n), dtype)])


def test_known_counts(same_as_host):
    labels = np.array([[0, 0, 1], [2, 3, 3]], np.int32)
    (found,) = same_as_host("co_association", [labels], [((3, 3), np.uint16)])
    np.testing.assert_array_equal(found, [[2, 1, 0], [1, 2, 1], [0, 1, 2]])


@pytest.mark.parametrize("dtype", DTYPES)
def test_more_partitions_than_a_byte_counts(same_as_host, dtype):
    labels = labelings(600, 9, 2)
    labels[:, 1] = labels[:, 0]
    S, *_ = same_as_host("co_association", [labels], [((9, 9), dtype)])
    assert S[0, 1] == (600 if dtype == np.uint16 else 1)


def test_any_integers_name_clusters(same_as_host):
    names = np.array([-(2**31), 2**31 - 1, 0, -7], np.int32)
    labels = names[labelings(5, 130, 3)]
    same_as_host("co_association", [labels], [((130, 130), np.uint16)])


@pytest.mark.parametrize("dtype", DTYPES)
def test_shapes_are_refused_in_the_words_of_the_host(same_error_as_host, dtype):
    labels = labelings(2, 5, 3)
    same_error_as_host("co_association", labels, np.zeros((4, 5), dtype))
    same_error_as_host("co_association", labels, np.zeros((5, 6), dtype))
    same_error_as_host("co_association", labels[:0], np.zeros((5, 5), dtype))


def test_error_a_matrix_of_another_type(device):
    from rfcore import _core

    labels, S = device.put(labelings(2, 3, 2)), device.put(np.zeros((3, 3)))
    with pytest.raises(TypeError, match=r"S.typestr='<f8' should be '<f4'"):
        _core.cuda.co_association(labels, S)


def test_the_metric_takes_arrays_on_a_device(device):
    cupy = pytest.importorskip("cupy")
    labels = labelings(9, 70, 4)
    found = co_association(device.put(labels))
    assert isinstance(found, cupy.ndarray)
    np.testing.assert_array_equal(device.take(found), co_association(labels))
