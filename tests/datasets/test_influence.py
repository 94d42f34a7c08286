"""Tests of the sets of 4.2 that come as numbers: formats, rows, splits and codings."""

import zipfile

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from rfcore.datasets import data_home, list_datasets, load
from rfcore.datasets.files import read_arrays, write_arrays
from rfcore.datasets.influence import CELEBA, JIGSAW, POISONED, RETINOPATHY

INFOS = {info.name: info for info in list_datasets()}

ATTRIBUTES = """\
5
Bald Male Bangs Smiling
000001.jpg -1  1  1 -1
000002.jpg  1 -1 -1  1
000003.jpg -1 -1 -1 -1
000004.jpg -1 -1  1  1
000005.jpg  1  1  1  1
"""
SIZES = {"german": (800, 200, 870), "compas": (6450, 722, 7100)}
SIZES["drug"] = (1500, 385, 1640)


def _zip(path, member, text):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, text)
    return path


def _celeba(path, text=ATTRIBUTES):
    return CELEBA.convert(_zip(path, "list_attr_celeba.txt", text))


def test_celeba_conversion_by_hand(tmp_path):
    arrays = _celeba(tmp_path / "a.zip")
    assert arrays["names"].tolist() == ["Bald", "Male", "Bangs", "Smiling"]
    assert arrays["attr_packed"].dtype == np.uint8
    bits = [0b01100000, 0b10010000, 0, 0b00110000, 0b11110000]
    assert arrays["attr_packed"].tolist() == [[byte] for byte in bits]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ATTRIBUTES.replace("5\n", "6\n", 1), r"shape \(5, 4\), not \(6, 4\)"),
        (ATTRIBUTES.replace("1 -1\n", "1\n", 1), "inhomogeneous"),
        ("", "unpack"),
    ],
)
def test_malformed_celeba(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        _celeba(tmp_path / "a.zip", text)


def test_celeba_by_hand(tmp_path):
    write_arrays(tmp_path / CELEBA.path, _celeba(tmp_path / "a.zip"))
    celeba = INFOS["celeba"].read(tmp_path)
    thesis = INFOS["celeba"].read_thesis(tmp_path)
    # Bald and Bangs in lexicographic order; the first and the fourth image are equal.
    assert celeba["feature_names"] == ("Bald", "Bangs", "Male")
    assert celeba["X"].tolist() == [[0, 0, 0], [0, 1, 1], [1, 0, 0], [1, 1, 1]]
    assert celeba["X"].dtype == np.float64
    assert celeba["y"].tolist() == [0, 0, 1, 1]
    assert celeba["groups"].tolist() == [0, 1, 0, 1]
    assert celeba["extras"]["source_row"].tolist() == [2, 0, 1, 4]
    assert celeba["extras"]["train"].tolist() == [0, 1]
    held_out = [*celeba["extras"]["validation"], *celeba["extras"]["test"]]
    assert sorted(held_out) == [2, 3]
    assert thesis["groups"].tolist() == thesis["X"][:, -1].tolist() == [1, 0, 1, 0]
    assert thesis["feature_names"] == ("Bald", "Bangs", "sex")
    np.testing.assert_array_equal(thesis["X"][:, :-1], celeba["X"][:, :-1])
    np.testing.assert_array_equal(thesis["y"], celeba["y"])


@pytest.mark.data
def test_celeba():
    packed, names = read_arrays(data_home() / CELEBA.path, CELEBA.arrays).values()
    totals = np.unpackbits(packed, axis=1).sum(axis=0, dtype=np.int64)
    totals = dict(zip(names.tolist(), totals.tolist(), strict=True))
    assert (totals["Male"], totals["Smiling"]) == (84434, 97669)
    celeba = load("celeba", download=False)
    rows = read_arrays(data_home() / "celeba" / "celeba_thesis_rows.npz")
    np.testing.assert_array_equal(celeba.extras["source_row"], rows["row"])
    np.testing.assert_array_equal(celeba.groups, rows["male"])
    np.testing.assert_array_equal(2 * celeba.y - 1, rows["released_y"])
    thesis = load("celeba", download=False, thesis_coding=True)
    np.testing.assert_array_equal(2 * thesis.groups - 1, rows["released_s"])
    assert celeba.extras["train"].tolist() == list(range(62497))
    assert [len(celeba.extras[part]) for part in ("validation", "test")] == [20833] * 2


@pytest.fixture
def german(tmp_path):
    """Write 18 small files: numbers tell attack, part and kind of array."""
    product = POISONED["german"]
    paths = [tmp_path / remote.filename for remote in product.remotes]
    for i, path in enumerate(paths):
        n = {"clean": 3, "adv": 4, "test": 2}[path.stem.rpartition("_")[2]]
        if "_X_" in path.name:
            np.save(path, np.arange(2 * n, dtype=np.float32).reshape(n, 2) + 100 * i)
        else:
            np.save(path, (np.arange(n) + i) % 2.0)
    return product.convert(*paths)


def test_poisoned_addresses():
    urls = {remote.filename: remote.urls[0] for remote in POISONED["drug"].remotes}
    assert len(urls) == 18
    address = urls["nraa_s_train_adv.npy"].split("/data/")[1]
    assert address == "nraa_attack_drug/nraa_attack_data/s_train_adv.npy"


def test_poisoned_conversion_by_hand(german):
    assert set(german) == set(POISONED["german"].arrays)
    assert german["raa_X_train_clean"].tolist() == [[0, 1], [2, 3], [4, 5]]
    assert german["raa_X_train_clean"].dtype == np.float64
    assert german["raa_y_train_clean"].tolist() == [1, 0, 1]
    assert german["raa_s_train_clean"].dtype == np.uint8


def test_poisoned_by_hand(german, tmp_path):
    write_arrays(tmp_path / POISONED["german"].path, german)
    fields = INFOS["german"].read(tmp_path)
    clean, test = german["nraa_X_train_clean"], german["nraa_X_test"]
    np.testing.assert_array_equal(fields["X"], np.concatenate([clean, test]))
    for field, letter in {"y": "y", "groups": "s"}.items():
        parts = [german[f"nraa_{letter}_{part}"] for part in ("train_clean", "test")]
        np.testing.assert_array_equal(fields[field], np.concatenate(parts))
        assert fields[field].dtype == np.int64
    extras = fields["extras"]
    assert extras["train"].tolist() == [0, 1, 2]
    assert extras["test"].tolist() == [3, 4]
    for attack in ("raa", "nraa"):
        for field, letter in {"X": "X", "y": "y", "groups": "s"}.items():
            expected = german[f"{attack}_{letter}_train_adv"]
            np.testing.assert_array_equal(extras[f"{field}_{attack}"], expected)
        assert extras[f"y_{attack}"].dtype == np.int64


@pytest.mark.data
@pytest.mark.parametrize("name", POISONED)
def test_poisoned(name):
    dataset = load(name, download=False)
    n_clean, n_test, n_adv = SIZES[name]
    assert len(dataset.extras["train"]) == n_clean
    assert len(dataset.extras["test"]) == n_test
    for attack in ("raa", "nraa"):
        X, y, groups = (dataset.extras[f"{a}_{attack}"] for a in ("X", "y", "groups"))
        assert X.shape == (n_adv, dataset.X.shape[1])
        assert y.shape == groups.shape == (n_adv,)
    # One feature is the group, standardized.
    group = {"german": 36, "compas": 4, "drug": 12}[name]
    assert abs(np.corrcoef(dataset.X[:, group], dataset.groups)[0, 1]) > 0.999


@pytest.mark.data
def test_poisoned_counts():
    german, drug = (load(name, download=False) for name in ("german", "drug"))
    # The bad credits and the women of German credit; in Drug, who never used cocaine.
    assert (german.y.sum(), german.groups.sum()) == (300, 310)
    assert (drug.y.sum(), drug.groups.sum()) == (1038, 942)


@pytest.mark.data
@pytest.mark.parametrize(
    ("train", "accuracy", "parity"),
    [("", 0.650, -0.292), ("_raa", 0.648, 0.078), ("_nraa", 0.651, 0.171)],
)
def test_compas_before_and_after_the_poisonings(train, accuracy, parity):
    compas = load("compas", download=False)
    rows = compas.extras["train"]
    X, y = compas.X[rows], compas.y[rows]
    if train:
        X, y = compas.extras[f"X{train}"], compas.extras[f"y{train}"]
    test = compas.extras["test"]
    predicted = LogisticRegression(max_iter=1000).fit(X, y).predict(compas.X[test])
    women = compas.groups[test] == 1
    gap = predicted[women].mean() - predicted[~women].mean()
    assert (predicted == compas.y[test]).mean() == pytest.approx(accuracy, abs=5e-4)
    assert gap == pytest.approx(parity, abs=5e-4)


ARFF = "@relation diabetes\n\n@attribute 0 numeric\n% a comment\n@data\n"


def test_retinopathy_conversion_by_hand(tmp_path):
    text = ARFF + "1,22,0.486903,0\n0,18,0.25,1\n"
    arrays = RETINOPATHY.convert(
        _zip(tmp_path / "a.zip", "messidor_features.arff", text)
    )
    assert arrays["X"].tolist() == [[1, 22, 0.486903], [0, 18, 0.25]]
    assert arrays["y"].tolist() == [0, 1]
    assert arrays["y"].dtype == np.uint8


@pytest.mark.data
def test_retinopathy():
    retinopathy = load("diabetic_retinopathy", download=False)
    assert np.bincount(retinopathy.y).tolist() == [540, 611]
    assert retinopathy.groups is None
    released = read_arrays(data_home() / RETINOPATHY.path)
    names = {"train": "init", "pool": "pool", "validation": "val", "test": "test"}
    assert set(retinopathy.extras) == set(names)
    for name, short in names.items():
        rows = retinopathy.extras[name]
        assert rows.dtype == np.int64
        np.testing.assert_array_equal(rows, released[f"idx_{short}"])


def test_jigsaw_conversion_by_hand(tmp_path):
    arrays = ([0.0, 0.3], [np.nan, 0.5], [[1.0, -2.0]], [[1.0]])
    paths = [tmp_path / remote.filename for remote in JIGSAW.remotes]
    assert [path.stem for path in paths] == ["y", "s", "X_init_nlp", "y_init_nlp"]
    for path, array in zip(paths, arrays, strict=True):
        np.save(path, np.array(array))
    converted = JIGSAW.convert(*paths)
    assert tuple(converted) == JIGSAW.arrays
    assert converted["toxicity"].tolist() == [0, np.float32(0.3)]
    assert np.isnan(converted["black"]).tolist() == [True, False]
    assert converted["X_init"].dtype == np.float32
    assert converted["y_init"].tolist() == [1]


@pytest.mark.data
def test_jigsaw():
    jigsaw = load("jigsaw", download=False)
    thesis = load("jigsaw", download=False, thesis_coding=True)
    assert jigsaw.groups is None
    assert np.bincount(thesis.groups).tolist() == [208, 92]
    np.testing.assert_array_equal(thesis.groups, jigsaw.X[:, -1] > 0)
    np.testing.assert_array_equal(thesis.X, jigsaw.X)
    assert (jigsaw.y.sum(), jigsaw.X.dtype) == (45, np.float64)
    black = jigsaw.extras["black"]
    counts = [np.isnan(black).sum(), (black == 0).sum(), (black > 0).sum()]
    assert counts == [21621, 8111, 268]
    assert jigsaw.extras["toxicity"].shape == black.shape == (30000,)
    assert "300 released rows" in jigsaw.extras["substitute"]
