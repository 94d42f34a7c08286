"""Tests of the released attacks: conversion, digests and what a set gets of them."""

import numpy as np
import pytest

from rfcore.datasets import DataError, data_home
from rfcore.datasets.files import content_digest, read_arrays
from rfcore.datasets.images import DIGITS_1_4, DIGITS_8_9, MNIST_1_4, MNIST_2_3
from rfcore.datasets.released import attack_extras, convert_attack, read_attack
from rfcore.datasets.tabular import HAND_POSTURES, SEEDS_KAMA_ROSA

PRODUCTS = [
    DIGITS_1_4,
    DIGITS_8_9,
    MNIST_1_4,
    MNIST_2_3,
    SEEDS_KAMA_ROSA,
    HAND_POSTURES,
]
IDS = [product.path for product in PRODUCTS]


def test_convert_attack_flattens_and_finds_the_row(tmp_path):
    X = np.arange(12.0).reshape(3, 4, 1)
    X_adv = X.copy()
    X_adv[2, 1] += 0.25
    np.save(tmp_path / "o.npy", X)
    np.save(tmp_path / "a.npy", X_adv)
    arrays = convert_attack(tmp_path / "o.npy", tmp_path / "a.npy", dtype=np.uint8)
    assert arrays["X_org"].tolist() == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    assert arrays["X_adv"][2].tolist() == [8, 9.25, 10, 11]
    assert arrays["target_row"].tolist() == [2]
    assert [arrays[name].dtype for name in ("X_org", "X_adv", "target_row")] == [
        np.uint8,
        np.float64,
        np.int64,
    ]


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0, 300.0])
def test_values_out_of_range_are_left_to_the_digest(tmp_path, value):
    np.save(tmp_path / "o.npy", np.full((2, 2), value))
    arrays = convert_attack(tmp_path / "o.npy", tmp_path / "o.npy", dtype=np.uint8)
    assert arrays["X_org"].shape == (2, 2)


def test_matrices_of_unlike_shape(tmp_path):
    np.save(tmp_path / "o.npy", np.zeros((3, 2)))
    np.save(tmp_path / "a.npy", np.zeros((4, 2)))
    with pytest.raises(ValueError, match="shape"):
        convert_attack(tmp_path / "o.npy", tmp_path / "a.npy", dtype=np.uint8)


def test_absent_attack_gives_no_extras(tmp_path):
    assert read_attack(tmp_path, DIGITS_1_4) is None
    assert attack_extras(None, np.zeros((2, 2))) == {}


def test_extras_are_copies_of_float64():
    X = np.zeros((2, 2), np.float32)
    attack = {"X_org": X, "X_adv": X, "target_row": np.array([1])}
    extras = attack_extras(attack, X)
    assert extras["X_adv"].dtype == np.float64
    assert (extras["target_row"], type(extras["target_row"])) == (1, int)
    with pytest.raises(DataError, match="differ"):
        attack_extras(attack, X + 1)


@pytest.mark.parametrize("product", PRODUCTS, ids=IDS)
def test_addresses_are_pinned_first(product):
    assert len(product.remotes) == (4 if product is HAND_POSTURES else 2)
    for remote in product.remotes:
        pinned, newest = remote.urls
        assert pinned.startswith("https://raw.githubusercontent.com/Cinofix/")
        assert newest == pinned.replace(pinned.split("/")[5], "HEAD")
        assert pinned.endswith(f"/{remote.filename}")


@pytest.mark.data
@pytest.mark.parametrize("product", PRODUCTS, ids=IDS)
def test_attack_from_the_released_format(tmp_path, product):
    arrays = read_arrays(data_home() / product.path)
    originals = {
        ".npy": lambda path, name: np.save(path, arrays[name]),
        ".csv": lambda path, name: np.savetxt(path, arrays[name], fmt="%d"),
    }
    paths = [tmp_path / remote.filename for remote in product.remotes]
    names = ("X_org", "X_adv", "labels_org", "labels_adv")
    for path, name in zip(paths, names, strict=False):
        originals[path.suffix](path, name)
    converted = product.convert(*paths)
    assert set(converted) == set(product.arrays)
    assert content_digest(converted) == product.digest
