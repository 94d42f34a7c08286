"""The door: what is taken as it is, what is converted, what is refused and how."""

import re
import shutil

import numpy as np
import pytest

from rfcore import _arrays, _core
from rfcore.errors import DeviceError


class OnDevice(np.ndarray):
    """A host array that claims to live on a device."""

    @property
    def __cuda_array_interface__(self):
        return self.__array_interface__


def on_device(values):
    return np.asarray(values, dtype=np.int32).view(OnDevice)


def test_good_rows_are_not_copied():
    X = np.ones((3, 2))
    assert _arrays.as_rows(X) is X
    narrow = X.astype(np.float32)
    assert _arrays.as_rows(narrow, dtype=None) is narrow


@pytest.mark.parametrize(
    ("given", "dtype", "expected"),
    [
        ([[1, 2]], np.float64, np.float64),
        (np.ones((2, 2), np.float32), np.float64, np.float64),
        (np.ones((2, 2), np.float32), None, np.float32),
        (np.ones((2, 2), np.float16), None, np.float64),
        (np.ones((2, 2), bool), None, np.float64),
        (np.ones((2, 2), ">f8"), None, np.float64),
        ([["1.5", "2"]], np.float64, np.float64),
    ],
)
def test_rows_become_c_ordered_floats(given, dtype, expected):
    X = _arrays.as_rows(given, dtype=dtype)
    assert X.dtype == expected
    assert X.dtype.isnative
    np.testing.assert_array_equal(X, np.asarray(given, dtype=np.float64))


def test_rows_in_another_order_are_copied():
    X = np.asfortranarray(np.arange(6.0).reshape(3, 2))
    for given in (X, np.arange(12.0).reshape(3, 4)[:, ::2]):
        rows = _arrays.as_rows(given)
        assert rows.flags.c_contiguous
        np.testing.assert_array_equal(rows, given)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([1.0, 2.0], "X.ndim=1 should be 2"),
        (3.0, "X.ndim=0 should be 2"),
        (np.ones((1, 1, 1)), "X.ndim=3 should be 2"),
        (np.ones((3, 0)), "X has 0 features: at least 1 is needed"),
        ([[0.0, 1.0], [2.0, np.nan]], "X[1, 1]=nan should be finite"),
        ([[0.0, -np.inf], [np.nan, 1.0]], "X[0, 1]=-inf should be finite"),
        ([["a"]], "X should hold numbers"),
        ([[None]], "X"),
        ([[{}]], "X should hold numbers"),
    ],
)
def test_error_rows(X, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        _arrays.as_rows(X)


def test_error_rows_of_another_width_or_name():
    with pytest.raises(ValueError, match=re.escape("points.shape[-1]=2 should be 3")):
        _arrays.as_rows(np.ones((4, 2)), "points", n_features=3)


def test_error_complex_numbers():
    with pytest.raises(ValueError, match="X should hold"):
        _arrays.as_rows([[1.0 + 2.0j]])


def test_row_batches():
    rows = np.ones((4, 1, 2))
    assert _arrays.as_row_batch(rows, n_features=2) is rows
    assert _arrays.as_row_batch(np.empty((0, 1, 2)), n_features=2).shape == (0, 1, 2)
    with pytest.raises(ValueError, match=r"rows.ndim=2 should be 3"):
        _arrays.as_row_batch(rows[0], n_features=2)
    with pytest.raises(ValueError, match=re.escape("rows.shape[-1]=2 should be 5")):
        _arrays.as_row_batch(rows, n_features=5)
    rows[2, 0, 1] = np.inf
    with pytest.raises(ValueError, match=re.escape("rows[2, 0, 1]=inf should be")):
        _arrays.as_row_batch(rows, n_features=2)


@pytest.mark.parametrize("t", [3, [3], np.int32(3), np.array([3], np.uint8)])
def test_one_position(t):
    positions = _arrays.as_positions(t, 4)
    assert positions.dtype == np.int64
    assert positions.tolist() == [3]


@pytest.mark.parametrize(
    ("t", "message"),
    [
        (4, r"t=4 should be in \[0, 4\)"),
        ([0, -1], r"t=-1 should be in \[0, 4\)"),
        ([1, 2, 1], r"t=\[1, 2, 1\] should name different rows"),
        ([], "t=.* should hold one or more row numbers"),
        (1.0, "t=.* should hold one or more row numbers"),
        (True, "t=.* should hold one or more row numbers"),
        ("1", "t=.* should hold one or more row numbers"),
        ([[1]], "t=.* should hold one or more row numbers"),
        (np.uint64(2**64 - 1), r"t=18446744073709551615 should be in \[0, 4\)"),
    ],
)
def test_error_positions(t, message):
    with pytest.raises(ValueError, match=message):
        _arrays.as_positions(t, 4)


@pytest.mark.parametrize(
    ("labels", "names", "k"),
    [
        ([0, 2, 2], [0, 2, 2], 3),
        (np.array([1, 0], np.uint8), [1, 0], 2),
        ([True, False], [1, 0], 2),
        ([-1, 3, -1], [0, 1, 0], 2),
        (np.array([-1, 3], np.int8), [0, 1], 2),
        (np.array([1, 0], ">i4"), [1, 0], 2),
        (np.array([-5, 4], ">i2"), [0, 1], 2),
        ([0, 10**12], [0, 1], 2),
        ([4095, 0], [4095, 0], 4096),
        ([4096, 0], [1, 0], 2),
        (["b", "a", "b"], [1, 0, 1], 2),
        ([0.5, -2.0], [1, 0], 2),
        ([], [], 0),
    ],
)
def test_labels_keep_small_names_and_lose_others(labels, names, k):
    found, n_names = _arrays.as_labels(labels)
    assert found.dtype == np.int32
    assert found.flags.c_contiguous
    assert found.tolist() == names
    assert n_names == k


def test_a_batch_of_labels_shares_its_names():
    found, k = _arrays.as_labels([["x", "y"], ["z", "x"]], ndim=2)
    assert found.tolist() == [[0, 1], [2, 0]]
    assert k == 3


@pytest.mark.parametrize(
    ("labels", "options", "message"),
    [
        ([[0]], {}, "labels.ndim=2 should be 1"),
        ([0, 1], {"ndim": 2}, "labels.ndim=1 should be 2"),
        ([0, 1], {"n_rows": 3}, r"labels.shape\[-1\]=2 should be 3"),
        ([0.0, np.nan], {}, "labels holds 1 missing value"),
        ([None, "a"], {}, "labels"),
    ],
)
def test_error_labels(labels, options, message):
    with pytest.raises(ValueError, match=message):
        _arrays.as_labels(labels, **options)


def test_one_labeling_or_several():
    for given, names, single in [
        ([3, 0], [[3, 0]], True),
        ([[3, 0]], [[3, 0]], False),
        ([["b", "a"], ["c", "b"]], [[1, 0], [2, 1]], False),
    ]:
        found, k, was_single = _arrays.as_labelings(given, "labels")
        assert found.tolist() == names
        assert k == found.max() + 1
        assert was_single is single


@pytest.mark.parametrize("labels", [3, [[[0]]]])
def test_error_neither_one_labeling_nor_several(labels):
    with pytest.raises(ValueError, match=r"b.ndim=\d should be 1 or 2"):
        _arrays.as_labelings(labels, "b")


def test_arrays_on_the_host_go_to_the_host_kernels():
    assert _arrays.kernels(np.ones(2), np.ones(3)) is _core
    assert not _arrays.on_device(np.ones(2))
    assert _arrays.on_device(on_device([1]))
    assert type(_arrays.empty(np.ones(2), (2, 3), np.int64)) is np.ndarray


def test_labels_on_a_device_are_left_there():
    labels = on_device([0, 3])
    found, k = _arrays.as_labels(labels)
    assert found is labels
    assert k == 4


def test_error_arrays_in_two_places():
    with pytest.raises(DeviceError, match="one place"):
        _arrays.kernels(np.ones(2), on_device([1]))


@pytest.mark.skipif(shutil.which("nvidia-smi") is not None, reason="there is a device")
def test_error_no_device():
    """Neither a build without device kernels nor one without a device falls back."""
    labels = on_device([0, 1])
    table = np.zeros((1, 2, 2), np.int64).view(OnDevice)
    with pytest.raises(DeviceError):
        _arrays.kernels(labels).contingency(labels, labels[None], table)
