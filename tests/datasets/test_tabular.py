"""Tests of seeds and hand postures: the official format and the rows."""

import zipfile

import numpy as np
import pytest

from rfcore.datasets import DataError, data_home, load
from rfcore.datasets.files import content_digest, read_arrays, write_arrays
from rfcore.datasets.tabular import (
    HAND_POSTURES,
    SEEDS,
    SEEDS_FEATURES,
    SEEDS_KAMA_ROSA,
)

LINES = "15.26\t14.84\t0.871\t5.763\t3.312\t2.221\t5.22\t1\n"
LINES += "14.88\t14.57\t0.8811\t5.554\t3.333\t1.018\t\t4.956\t\t2\n"


def _zip(path, text, member="seeds_dataset.txt"):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, text)
    return path


def _seeds_text(columns):
    """Write columns as UCI does: by tabs, two of them where it pleased someone."""
    rows = zip(*(columns[name].tolist() for name in SEEDS.arrays), strict=True)
    tabs = ("\t", "\t\t")
    return "".join(
        tabs[i % 7 == 0].join(map(str, row)) + "\n" for i, row in enumerate(rows)
    )


def test_seeds_conversion_by_hand(tmp_path):
    columns = SEEDS.convert(_zip(tmp_path / "a.zip", LINES))
    assert tuple(columns) == (*SEEDS_FEATURES, "variety")
    assert columns["area"].tolist() == [15.26, 14.88]
    assert columns["groove_length"].tolist() == [5.22, 4.956]
    assert columns["variety"].tolist() == [1, 2]
    assert columns["variety"].dtype == np.int64


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (LINES + "15.26\t14.84\n", ValueError),
        (LINES.replace("0.871", "o.871"), ValueError),
        (LINES.replace("\t1\n", "\t1.5\n"), ValueError),
        ("", IndexError),
        ("<html>not found</html>", ValueError),
    ],
)
def test_malformed_seeds(tmp_path, text, error):
    with pytest.raises(error):
        SEEDS.convert(_zip(tmp_path / "a.zip", text))


def test_seeds_zip_without_its_member(tmp_path):
    with pytest.raises(KeyError, match=r"seeds_dataset\.txt"):
        SEEDS.convert(_zip(tmp_path / "a.zip", LINES, member="readme.txt"))


def test_kama_rosa_are_the_first_140_rows(tmp_path):
    rng = np.random.default_rng(0)
    columns = {name: rng.random(210) for name in SEEDS_FEATURES}
    write_arrays(
        tmp_path / SEEDS.path, {**columns, "variety": np.arange(210) // 70 + 1}
    )
    seeds = load("seeds", data_home=tmp_path, download=False)
    pair = load("seeds_kama_rosa", data_home=tmp_path, download=False)
    np.testing.assert_array_equal(seeds.X, np.column_stack(list(columns.values())))
    np.testing.assert_array_equal(pair.X, seeds.X[:140])
    np.testing.assert_array_equal(pair.y, seeds.y[:140])
    assert pair.feature_names == seeds.feature_names == SEEDS_FEATURES
    assert pair.extras == {}


def test_wrong_number_of_rows(tmp_path):
    columns = {name: np.ones(3) for name in SEEDS_FEATURES}
    write_arrays(tmp_path / SEEDS.path, {**columns, "variety": np.arange(3)})
    with pytest.raises(DataError, match=r"seeds in .* shape \(3, 7\), .*\(210, 7\)"):
        load("seeds", data_home=tmp_path)


@pytest.mark.data
def test_seeds_from_the_official_format(tmp_path):
    columns = read_arrays(data_home() / SEEDS.path)
    path = _zip(tmp_path / "seeds.zip", _seeds_text(columns))
    assert content_digest(SEEDS.convert(path)) == SEEDS.digest


@pytest.mark.data
def test_seeds():
    seeds = load("seeds", download=False)
    assert seeds.X[0].tolist() == [15.26, 14.84, 0.871, 5.763, 3.312, 2.221, 5.22]
    assert np.bincount(seeds.y).tolist() == [0, 70, 70, 70]
    assert (seeds.X.dtype, seeds.y.dtype) == (np.float64, np.int64)
    # Compactness is 4 pi area / perimeter^2, which ties three columns together.
    area, perimeter, compactness = seeds.X.T[:3]
    ratio = 4 * np.pi * area / perimeter**2
    assert np.abs(ratio - compactness).max() < 2e-3


@pytest.mark.data
def test_kama_rosa_with_the_released_attack():
    pair = load("seeds_kama_rosa", download=False)
    released = read_arrays(data_home() / SEEDS_KAMA_ROSA.path)
    np.testing.assert_array_equal(pair.X, load("seeds", download=False).X[:140])
    np.testing.assert_array_equal(pair.X, released["X_org"])
    np.testing.assert_array_equal(pair.y, released["y"])
    changed = np.flatnonzero((pair.extras["X_adv"] != pair.X).any(axis=1))
    assert changed.tolist() == [pair.extras["target_row"]] == [100]


@pytest.mark.data
@pytest.mark.paper
def test_hand_postures():
    hands = load("hand_postures", download=False)
    assert (hands.X.shape, hands.X.dtype, hands.y) == ((400, 9), np.float64, None)
    assert hands.feature_names == ("X0", "Y0", "Z0", "X1", "Y1", "Z1", "X2", "Y2", "Z2")
    changed = np.flatnonzero((hands.extras["X_adv"] != hands.X).any(axis=1))
    assert changed.tolist() == [hands.extras["target_row"]]
    labels_org, labels_adv = hands.extras["labels_org"], hands.extras["labels_adv"]
    assert labels_org.dtype == labels_adv.dtype == np.int32
    assert np.bincount(labels_org).tolist() == [191, 209]
    assert np.count_nonzero(labels_org != labels_adv) == 5


def test_hand_postures_conversion_of_a_small_copy(tmp_path):
    X = np.arange(6, dtype=np.float32).reshape(3, 2)
    X_adv = X.copy()
    X_adv[1] += 0.5
    paths = [tmp_path / name for name in ("o.npy", "a.npy", "lo.csv", "la.csv")]
    np.save(paths[0], X)
    np.save(paths[1], X_adv)
    paths[2].write_text("0\n1\n1\n")
    paths[3].write_text("0.0\n0.0\n1.0\n")
    arrays = HAND_POSTURES.convert(*paths)
    assert set(arrays) == set(HAND_POSTURES.arrays)
    assert arrays["X_org"].dtype == arrays["X_adv"].dtype == np.float32
    np.testing.assert_array_equal(arrays["X_adv"], X_adv)
    assert arrays["target_row"].tolist() == [1]
    assert arrays["labels_org"].tolist() == [0, 1, 1]
    assert arrays["labels_adv"].tolist() == [0, 0, 1]
