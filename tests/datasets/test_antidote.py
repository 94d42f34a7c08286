"""The sets of thesis 3.1: official formats, columns, groups."""

import gzip

import numpy as np
import pytest

from rfcore.datasets import DataError, MissingDataError, data_home, list_datasets, load
from rfcore.datasets.antidote import CREDITCARD
from rfcore.datasets.bank import BANK_FULL
from rfcore.datasets.census import ADULT_TRAIN
from rfcore.datasets.files import content_digest, read_arrays, write_arrays

INFOS = {info.name: info for info in list_datasets()}
ROWS = [
    "1,20000,2,2,1,24,2,2,-1,-1,-2,-2,3913,3102,689,0,0,0,0,689,0,0,0,0,1",
    "2,50000,1,3,2,26,-1,2,0,0,0,2,2682,1725,2682,3272,3455,3261,0,1,1,1,0,2,0",
    "3,90000,2,0,2,34,0,0,0,0,0,0,29,14,13,14,14,15,15,15,10,10,10,50,0",
]
NUMBERED = ["ID", *(f"X{i}" for i in range(1, 24)), "Y"]


def columns_of(product, **given):
    """Three rows of a product: the given columns, the others all words."""
    return {name: np.array(given.get(name, ["?"] * 3)) for name in product.arrays}


@pytest.mark.parametrize("header", [NUMBERED, CREDITCARD.arrays])
def test_creditcard_from_the_official_format(tmp_path, header):
    table = tmp_path / "creditcard.csv"
    table.write_text("\ufeff" + "\n".join([",".join(header), *ROWS, ""]))
    columns = CREDITCARD.convert(table)
    assert tuple(columns) == CREDITCARD.arrays
    assert columns["PAY_6"].tolist() == [-2, 2, 0]
    write_arrays(tmp_path / CREDITCARD.path, columns)
    card = INFOS["creditcard"].read(tmp_path)
    assert card["X"].shape == (3, 23)
    assert card["X"][0].tolist() == [float(word) for word in ROWS[0].split(",")[1:-1]]
    assert card["feature_names"][2] == "EDUCATION"
    assert card["y"].tolist() == [1, 0, 0]
    # 2 is university, 3 high school, 0 nothing that is explained.
    assert card["groups"].tolist() == [1, 0, 1]


def test_malformed_creditcard(tmp_path):
    table = tmp_path / "creditcard.csv"
    table.write_text("\n".join([",".join(NUMBERED[1:]), *ROWS]))
    with pytest.raises(ValueError, match=r"creditcard\.csv has the columns \['X1'"):
        CREDITCARD.convert(table)
    table.write_text("\n".join([",".join(NUMBERED), "1,2"]))
    with pytest.raises(ValueError, match="argument"):
        CREDITCARD.convert(table)


def test_adult_by_hand(tmp_path):
    columns = columns_of(
        ADULT_TRAIN,
        age=[39, 50, 38],
        fnlwgt=[77516, 83311, 215646],
        education_num=[13, 13, 9],
        capital_gain=[2174, 0, 0],
        hours_per_week=[40, 13, 40],
        race=["Other", "White", "Black"],
        income=["<=50K", ">50K", "<=50K"],
    )
    write_arrays(tmp_path / ADULT_TRAIN.path, columns)
    adult = INFOS["adult_clustering"].read(tmp_path)
    assert adult["X"][0].tolist() == [39, 77516, 13, 2174, 40]
    assert adult["groups"].tolist() == [4, 0, 1]
    assert adult["y"].tolist() == [0, 1, 0]


def test_bank_by_hand(tmp_path):
    columns = columns_of(
        BANK_FULL,
        age=[58, 30, 36],
        balance=[2143, -29, 0],
        duration=[261, 151, 1],
        marital=["single", "divorced", "married"],
        y=["no", "yes", "no"],
    )
    write_arrays(tmp_path / BANK_FULL.path, columns)
    bank = INFOS["bank_clustering"].read(tmp_path)
    assert bank["X"].tolist() == [[58, 2143, 261], [30, -29, 151], [36, 0, 1]]
    assert bank["groups"].tolist() == [1, 2, 0]
    assert bank["y"].tolist() == [0, 1, 0]


def test_lfw_by_hand(tmp_path):
    with pytest.raises(MissingDataError, match="principal components of the gray"):
        load("lfw", data_home=tmp_path)
    X, sex = np.ones((13229, 80), np.float32), np.zeros(13229, np.uint8)
    write_arrays(tmp_path / "lfw" / "lfw_pca80.npz", {"X": X, "sex": sex})
    lfw = load("lfw", data_home=tmp_path)
    assert (lfw.X.dtype, lfw.groups.dtype, lfw.y) == (np.float64, np.int64, None)
    assert "stand in for" in lfw.extras["substitute"]
    write_arrays(tmp_path / "lfw" / "lfw_pca80.npz", {"X": X[1:], "sex": sex})
    with pytest.raises(DataError, match=r"shapes=\(\(13228, 80\), \(13229,\)\)"):
        load("lfw", data_home=tmp_path)


@pytest.mark.data
def test_creditcard_of_the_whole_official_format(tmp_path):
    path = data_home() / CREDITCARD.path
    table = tmp_path / "creditcard.csv"
    with gzip.open(path, "rt") as file:
        file.readline()
        table.write_text(",".join(NUMBERED) + "\n" + file.read())
    assert content_digest(CREDITCARD.convert(table)) == CREDITCARD.digest
    assert content_digest(read_arrays(path)) == CREDITCARD.digest


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("adult_clustering", [8556, 953, 309, 99, 83]),
        ("bank_clustering", [27214, 12790, 5207]),
        ("creditcard", [5371, 24629]),
        ("lfw", [2966, 10263]),
    ],
)
def test_groups_of_the_whole_sets(name, counts):
    data = load(name, download=False)
    assert np.bincount(data.groups).tolist() == counts
    assert len(data.feature_names) == data.X.shape[1]
    assert np.isfinite(data.X).all()
