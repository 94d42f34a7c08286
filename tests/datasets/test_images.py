"""Tests of digits and MNIST: the official format, the rows, the released attacks."""

import gzip

import numpy as np
import pytest
from sklearn.datasets import load_digits

from rfcore.datasets import DataError, data_home, load
from rfcore.datasets.files import content_digest, read_arrays, write_arrays
from rfcore.datasets.images import (
    DIGITS_1_4,
    DIGITS_8_9,
    MNIST_1_4,
    MNIST_2_3,
    MNIST_TEST,
    MNIST_TRAIN,
    read_idx,
)

DIGIT_PAIRS = [("digits_1_4", (1, 4), DIGITS_1_4), ("digits_8_9", (9, 8), DIGITS_8_9)]
MNIST_PAIRS = [("mnist_1_4", (1, 4), MNIST_1_4), ("mnist_2_3", (2, 3), MNIST_2_3)]


def _write_idx(path, array):
    header = bytes([0, 0, 8, array.ndim])
    header += b"".join(n.to_bytes(4, "big") for n in array.shape)
    path.write_bytes(gzip.compress(header + array.tobytes(), 1, mtime=0))
    return path


def _small_mnist_train(home):
    """Write a training file whose first pixels number the images."""
    y = np.random.default_rng(0).integers(0, 10, 3000).astype(np.uint8)
    X = np.zeros((3000, 28, 28), np.uint8)
    X[:, 0, 0], X[:, 0, 1] = np.divmod(np.arange(3000), 256)
    write_arrays(home / MNIST_TRAIN.path, {"X": X, "y": y})
    return y


def test_read_idx_by_hand(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(
        gzip.compress(
            bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, *b"abcxyz"])
        )
    )
    assert read_idx(path).tolist() == [[[97, 98, 99]], [[120, 121, 122]]]
    path.write_bytes(gzip.compress(bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 9])))
    assert read_idx(path).tolist() == [7, 9]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\x00\x08",
        b"\x00\x00\x08\x01\x00\x00",
        b"\x00\x00\x08\x01\x00\x00\x00\x03ab",
        b"\x00\x00\x08\x01\x00\x00\x00\x01ab",
        b"\x00\x00\x0d\x01\x00\x00\x00\x01abcd",
        b"\x00\x00\x08\x02\x00\x00\x00\x01\x00\x00\x00\x01a",
    ],
)
def test_malformed_idx(tmp_path, data):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(data))
    with pytest.raises(ValueError, match=r"idx header|buffer|reshape"):
        read_idx(path)


def test_mnist_conversion_of_a_small_copy(tmp_path):
    X = np.random.default_rng(0).integers(0, 256, (5, 28, 28)).astype(np.uint8)
    y = np.arange(5, dtype=np.uint8)
    images, labels = (
        _write_idx(tmp_path / name, array) for name, array in (("X", X), ("y", y))
    )
    assert content_digest(MNIST_TRAIN.convert(images, labels)) == content_digest(
        {"X": X, "y": y}
    )


def test_digits_are_those_of_scikit_learn(tmp_path):
    digits = load("digits", data_home=tmp_path)
    X, y = load_digits(return_X_y=True)
    np.testing.assert_array_equal(digits.X, X)
    np.testing.assert_array_equal(digits.y, y)
    assert digits.feature_names == tuple(load_digits().feature_names)
    assert digits.image_shape == (8, 8)
    assert digits.extras == {}


@pytest.mark.parametrize(("name", "order", "product"), DIGIT_PAIRS)
def test_digit_pair_without_the_released_attack(tmp_path, name, order, product):
    X, y = load_digits(return_X_y=True)
    pair = load(name, data_home=tmp_path)
    rows = [i for digit in order for i in range(len(y)) if y[i] == digit]
    np.testing.assert_array_equal(pair.X, X[rows])
    np.testing.assert_array_equal(pair.y, y[rows])
    assert (pair.X.dtype, pair.y.dtype) == (np.float64, np.int64)
    assert pair.image_shape == (8, 8)
    assert pair.groups is None
    assert pair.extras == {}


def test_attack_on_other_rows_is_refused(tmp_path):
    X = np.zeros((363, 64))
    arrays = {"X_org": X, "X_adv": X, "y": X[:, 0], "target_row": np.array([3])}
    write_arrays(tmp_path / DIGITS_1_4.path, arrays)
    with pytest.raises(DataError, match=r"rows differ"):
        load("digits_1_4", data_home=tmp_path)


@pytest.mark.parametrize(("name", "order", "product"), MNIST_PAIRS)
def test_mnist_pair_takes_the_first_200_of_each(tmp_path, name, order, product):
    y = _small_mnist_train(tmp_path)
    pair = load(name, data_home=tmp_path, download=False)
    rows = [i for digit in order for i in range(3000) if y[i] == digit]
    rows = [i for k in (0, 1) for i in [r for r in rows if y[r] == order[k]][:200]]
    np.testing.assert_array_equal(pair.X[:, 0] * 256 + pair.X[:, 1], rows)
    assert (pair.X.dtype, pair.y.dtype) == (np.float64, np.int64)
    assert pair.y.tolist() == [order[0]] * 200 + [order[1]] * 200
    assert pair.image_shape == (28, 28)
    assert pair.extras == {}


def test_mnist_pair_prefers_nothing_over_a_damaged_attack(tmp_path):
    _small_mnist_train(tmp_path)
    (tmp_path / "spillover").mkdir()
    (tmp_path / MNIST_1_4.path).write_bytes(b"half a file")
    with pytest.raises(DataError, match=r"mnist_1_4\.npz cannot be read"):
        load("mnist_1_4", data_home=tmp_path)


@pytest.mark.data
@pytest.mark.parametrize(("name", "order", "product"), DIGIT_PAIRS + MNIST_PAIRS)
def test_released_attack(name, order, product):
    pair = load(name, download=False)
    released = read_arrays(data_home() / product.path)
    np.testing.assert_array_equal(pair.X, released["X_org"])
    np.testing.assert_array_equal(pair.y, released["y"])
    np.testing.assert_array_equal(pair.extras["X_adv"], released["X_adv"])
    changed = np.flatnonzero((pair.extras["X_adv"] != pair.X).any(axis=1))
    assert changed.tolist() == [pair.extras["target_row"]]
    assert pair.extras["X_adv"].dtype == np.float64


@pytest.mark.data
@pytest.mark.parametrize(("name", "order", "product"), DIGIT_PAIRS)
def test_digit_rows_are_the_published_ones(name, order, product):
    index = read_arrays(data_home() / product.path)["sklearn_idx"]
    np.testing.assert_array_equal(load(name).X, load_digits().data[index])


@pytest.mark.data
@pytest.mark.parametrize(("name", "order", "product"), MNIST_PAIRS)
def test_mnist_pair_is_the_same_from_either_file(tmp_path, name, order, product):
    (tmp_path / "mnist").mkdir()
    (tmp_path / MNIST_TRAIN.path).symlink_to(data_home() / MNIST_TRAIN.path)
    from_train = load(name, data_home=tmp_path, download=False)
    from_attack = load(name, download=False)
    np.testing.assert_array_equal(from_train.X, from_attack.X)
    np.testing.assert_array_equal(from_train.y, from_attack.y)
    assert "X_adv" not in from_train.extras

    index = read_arrays(data_home() / product.path)["mnist_train_idx"]
    train = load("mnist", download=False)
    np.testing.assert_array_equal(from_train.X, train.X[index])
    np.testing.assert_array_equal(from_train.y, train.y[index])


@pytest.mark.data
def test_mnist_from_the_official_format(tmp_path):
    test = load("mnist_test", download=False)
    assert (test.X.dtype, test.image_shape) == (np.uint8, (28, 28))
    X, y = test.X.reshape(-1, 28, 28), test.y.astype(np.uint8)
    images, labels = _write_idx(tmp_path / "X", X), _write_idx(tmp_path / "y", y)
    assert content_digest(MNIST_TEST.convert(images, labels)) == MNIST_TEST.digest


@pytest.mark.data
def test_mnist_moments_are_the_known_ones():
    train = load("mnist", download=False)
    assert train.X.mean() / 255 == pytest.approx(0.1307, abs=5e-5)
    assert np.bincount(train.y).tolist() == [
        *(5923, 6742, 5958, 6131, 5842),
        *(5421, 5918, 6265, 5851, 5949),
    ]
