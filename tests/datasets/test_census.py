"""Tests of Adult and ACS Income: the official formats, the features and the splits."""

import zipfile

import numpy as np
import pytest

from rfcore.datasets import data_home, list_datasets, load
from rfcore.datasets.census import ACS_INCOME, ADULT_TEST, ADULT_TRAIN
from rfcore.datasets.files import content_digest, read_arrays, write_arrays

READ = {info.name: info.read for info in list_datasets()}

TRAIN = """\
39, State-gov, 77516, Bachelors, 13, Never-married, Sales, Wife, White, Female, \
2174, 0, 40, Cuba, <=50K
50, Private, 83311, 9th, 5, Divorced, Sales, Husband, Black, Male, 0, 7, 13, ?, >50K
28, ?, 338409, 9th, 5, Divorced, Sales, Husband, Black, Male, 0, 0, 40, Cuba, >50K
38, Private, 21564, 9th, 5, Divorced, Sales, Husband, Black, Male, 0, 7, 13, Cuba, >50K

"""
TEST = """\
|1x3 Cross validator
25, Private, 2268, 11th, 7, Divorced, Sales, Husband, White, Male, 0, 0, 9, Cuba, <=50K.
26, Private, 2269, 9th, 5, Divorced, Sales, Wife, White, Female, 0, 0, 9, Cuba, >50K.
"""


@pytest.fixture
def adult_zip(tmp_path):
    path = tmp_path / "adult.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("adult.data", TRAIN)
        archive.writestr("adult.test", TEST)
    return path


@pytest.fixture
def adult(adult_zip, tmp_path):
    for product in (ADULT_TRAIN, ADULT_TEST):
        write_arrays(tmp_path / product.path, product.convert(adult_zip))
    return READ["adult"](tmp_path)


def test_adult_conversion_by_hand(adult_zip):
    train, test = (p.convert(adult_zip) for p in (ADULT_TRAIN, ADULT_TEST))
    assert tuple(train) == tuple(test) == ADULT_TRAIN.arrays == ADULT_TEST.arrays
    assert train["age"].tolist() == [39, 50, 28, 38]
    assert train["workclass"].tolist() == ["State-gov", "Private", "?", "Private"]
    assert train["income"].tolist() == ["<=50K", ">50K", ">50K", ">50K"]
    assert test["income"].tolist() == ["<=50K", ">50K"]
    assert test["income"].dtype == "<U5"


def test_malformed_adult(tmp_path):
    path = tmp_path / "adult.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("adult.data", TRAIN.replace("Bachelors, ", "", 1))
    with pytest.raises(ValueError, match="argument"):
        ADULT_TRAIN.convert(path)
    with pytest.raises(KeyError, match=r"adult\.test"):
        ADULT_TEST.convert(path)


def test_adult_by_hand(adult):
    # Rows with a question mark are left out; 11th is not among the training rows.
    assert adult["extras"]["source_row"].tolist() == [0, 3, 4, 5]
    assert adult["y"].tolist() == [0, 1, 0, 1]
    assert adult["groups"].tolist() == [0, 1, 1, 0]
    assert adult["feature_names"] == (
        *("age", "education_num", "capital_gain", "capital_loss", "hours_per_week"),
        *("workclass=State-gov", "workclass=Private", "education=Bachelors"),
        *("education=9th", "marital_status=Never-married", "marital_status=Divorced"),
        *("occupation=Sales", "relationship=Wife", "relationship=Husband"),
        *("race=White", "race=Black", "sex=Male", "native_country=Cuba"),
    )
    assert adult["X"].tolist() == [
        [39, 13, 2174, 0, 40, 1, 0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 0, 1],
        [38, 5, 0, 7, 13, 0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 1, 1],
        [25, 7, 0, 0, 9, 0, 1, 0, 0, 0, 1, 1, 0, 1, 1, 0, 1, 1],
        [26, 5, 0, 0, 9, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 0, 1],
    ]
    assert adult["extras"]["train"].tolist() == [0, 1]
    held_out = [*adult["extras"]["validation"], *adult["extras"]["test"]]
    assert sorted(held_out) == [2, 3]


def _acs_line(age, cow, occp, sex, income):
    return f"{age}.0,{cow}.0,16.0,1.0,{occp}.0,6.0,0.0,40.0,{sex},8.0,{income}\n"


@pytest.fixture
def acs(tmp_path):
    texts = (
        _acs_line(36, 1, 4110, "Male", "Y") + _acs_line(20, 2, 10, "Female", "N"),
        _acs_line(35, 2, 4110, "Female", "Y") + _acs_line(61, 2, 10, "Male", "N"),
        _acs_line(51, 1, 4610, "Male", "N") + _acs_line(62, 1, 10, "Male", "N"),
        _acs_line(49, 3, 10, "Male", "Y") + _acs_line(63, 1, 10, "Male", "N"),
    )
    paths = [tmp_path / remote.filename for remote in ACS_INCOME.remotes]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text)
    return ACS_INCOME.convert(*paths)


def test_acs_conversion_by_hand(acs):
    assert set(acs) == set(ACS_INCOME.arrays)
    assert acs["train_CA_2014_X"].tolist() == [
        [36, 1, 16, 1, 4110, 6, 0, 40, 8],
        [20, 2, 16, 1, 10, 6, 0, 40, 8],
    ]
    assert acs["train_CA_2014_X"].dtype == np.int32
    assert acs["train_CA_2014_sex_male"].tolist() == [1, 0]
    assert acs["train_CA_2014_y"].tolist() == [1, 0]
    ages = {name: X[0, 0] for name, X in acs.items() if name.endswith("_X")}
    assert ages["test_CA_2018_X"] == 35
    assert ages["test_MI_2014_X"] == 51
    assert ages["test_MI_2018_X"] == 49


def test_acs_addresses():
    paths = [remote.urls[0].split("/data/")[1] for remote in ACS_INCOME.remotes]
    assert paths == [
        "dist_shift_adult_time/train.csv",
        "dist_shift_adult_time/test.csv",
        "dist_shift_adult_loc/test.csv",
        "dist_shift_adult/test.csv",
    ]
    assert len({remote.filename for remote in ACS_INCOME.remotes}) == 4


def test_acs_by_hand(acs, tmp_path):
    write_arrays(tmp_path / ACS_INCOME.path, acs)
    income = READ["acs_income"](tmp_path)
    assert income["feature_names"] == (
        *("AGEP", "WKHP", "COW=1", "COW=2", "SCHL=16", "MAR=1", "OCCP=4110"),
        *("OCCP=10", "POBP=6", "RELP=0", "SEX=Male", "RAC1P=8"),
    )
    # The codes 4610 and 3 are not among the training rows.
    assert income["X"][[0, 2, 4, 6]].tolist() == [
        [36, 40, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1],
        [35, 40, 0, 1, 1, 1, 1, 0, 1, 1, 0, 1],
        [51, 40, 1, 0, 1, 1, 0, 0, 1, 1, 1, 1],
        [49, 40, 0, 0, 1, 1, 0, 1, 1, 1, 1, 1],
    ]
    assert income["y"].tolist() == [1, 0, 1, 0, 0, 0, 1, 0]
    assert income["groups"].tolist() == [1, 0, 0, 1, 1, 1, 1, 1]
    extras = {name: rows.tolist() for name, rows in income["extras"].items()}
    assert extras.pop("train") == [0, 1]
    for shift, rows in {
        "time": [2, 3],
        "location": [4, 5],
        "time_location": [6, 7],
    }.items():
        halves = extras.pop(f"validation_{shift}") + extras.pop(f"test_{shift}")
        assert sorted(halves) == rows
    assert extras == {}


def _adult_text(columns, end):
    lines = map(", ".join, zip(*(c.astype(str) for c in columns.values()), strict=True))
    return "".join(f"{line}{end}\n" for line in lines)


@pytest.mark.data
def test_adult_from_the_official_format(tmp_path):
    path = tmp_path / "adult.zip"
    train, test = (
        read_arrays(data_home() / p.path, p.arrays) for p in (ADULT_TRAIN, ADULT_TEST)
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("adult.data", _adult_text(train, "") + "\n")
        text = _adult_text(test, ".")
        archive.writestr("adult.test", f"|1x3 Cross validator\n{text}\n")
    for product in (ADULT_TRAIN, ADULT_TEST):
        assert content_digest(product.convert(path)) == product.digest


@pytest.mark.data
def test_adult():
    train, test = (read_arrays(data_home() / p.path) for p in (ADULT_TRAIN, ADULT_TEST))
    assert (train["income"] == ">50K").sum() == 7841
    assert (test["income"] == ">50K").sum() == 3846
    adult = load("adult", download=False)
    parts = [adult.extras[name] for name in ("train", "validation", "test")]
    assert [len(part) for part in parts] == [30162, 7530, 7530]
    assert adult.y[parts[0]].sum() == 7508
    assert adult.y.sum() == 7508 + 3700
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(45222))
    assert adult.X[0, :5].tolist() == [39, 13, 2174, 0, 40]
    # Each category is one of its values: seven ones beside the indicator of sex.
    assert set(adult.X[:, 5:].sum(axis=1) - adult.groups) == {7}
    sex = adult.feature_names.index("sex=Male")
    np.testing.assert_array_equal(adult.X[:, sex], adult.groups)


@pytest.mark.data
def test_acs_income():
    income = load("acs_income", download=False)
    shares = {
        "train": 0.353,
        "time": 0.413,
        "location": 0.279,
        "time_location": 0.336,
    }
    for name, share in shares.items():
        rows = income.extras.get(name)
        if rows is None:
            parts = [income.extras[f"{part}_{name}"] for part in ("validation", "test")]
            assert [len(part) for part in parts] == [6000, 6000]
            rows = np.concatenate(parts)
        assert income.y[rows].mean() == pytest.approx(share, abs=5e-4)
    # All seven categories of the training rows are known.
    train = income.extras["train"]
    assert set(income.X[train, 2:].sum(axis=1) - income.groups[train]) == {7}
