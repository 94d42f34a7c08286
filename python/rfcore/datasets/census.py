"""The census tables of thesis 4.2: Adult and ACS Income.

The features are those of the authors' repository github.com/anshuman23/InfDataSel,
before it standardizes them: numbers first, then categories, and the group is one of
the features. The splits are theirs as well, to the row.
"""

import csv
import zipfile
from functools import partial

import numpy as np

from rfcore.datasets.download import Product, github_file, uci_archive
from rfcore.datasets.encoding import (
    complete_rows,
    encode,
    equals,
    halve,
    named_columns,
    number,
    one_hot,
)
from rfcore.datasets.files import read_arrays
from rfcore.datasets.record import DatasetInfo

INFDATASEL = ("anshuman23/InfDataSel", "a8352bfc83a8a3a6844f3f239130f8d3aad0e3da")

_ADULT_COLUMNS = (
    "age",
    "workclass",
    "fnlwgt",
    "education",
    "education_num",
    "marital_status",
    "occupation",
    "relationship",
    "race",
    "sex",
    "capital_gain",
    "capital_loss",
    "hours_per_week",
    "native_country",
    "income",
)
# The sampling weight fnlwgt is no feature.
_ADULT_FEATURES = (
    *map(number, ("age", "education_num")),
    *map(number, ("capital_gain", "capital_loss", "hours_per_week")),
    *map(one_hot, ("workclass", "education", "marital_status")),
    *map(one_hot, ("occupation", "relationship", "race")),
    equals("sex", "Male"),
    one_hot("native_country"),
)

_ACS_COLUMNS = ("AGEP", "COW", "SCHL", "MAR", "OCCP", "POBP", "RELP", "WKHP", "RAC1P")
_ACS_FEATURES = (
    *map(number, ("AGEP", "WKHP")),
    *map(one_hot, ("COW", "SCHL", "MAR", "OCCP", "POBP", "RELP")),
    number("SEX=Male"),
    one_hot("RAC1P"),
)
# The name of a shift, its arrays and its file, in the order of the rows.
_ACS_TRAIN = "train_CA_2014"
_ACS_TESTS = {
    "time": ("test_CA_2018", "dist_shift_adult_time"),
    "location": ("test_MI_2014", "dist_shift_adult_loc"),
    "time_location": ("test_MI_2018", "dist_shift_adult"),
}


def _convert_adult(member, archive):
    """Convert UCI's zip: a comma and a space between words, a banner in the test."""
    with zipfile.ZipFile(archive) as members:
        lines = members.read(member).decode("ascii").splitlines()
    # The labels of the test rows end in a full stop, those of the others do not.
    lines = [line.rstrip(". ") for line in lines if not line.startswith("|")]
    rows = csv.reader(filter(None, lines), skipinitialspace=True)
    return named_columns(rows, _ADULT_COLUMNS)


def _convert_acs(*paths):
    """Convert the released tables: no header, the codes as floats, then words."""
    arrays = {"columns": np.array(_ACS_COLUMNS)}
    names = (*_ACS_COLUMNS[:-1], "SEX", _ACS_COLUMNS[-1], "PINCP")
    parts = (_ACS_TRAIN, *(part for part, _ in _ACS_TESTS.values()))
    for part, path in zip(parts, paths, strict=True):
        with open(path, encoding="ascii", newline="") as file:
            columns = named_columns(csv.reader(file), names)
        X = np.stack([columns[name] for name in _ACS_COLUMNS], axis=1)
        arrays[f"{part}_X"] = X.astype(np.int32)
        arrays[f"{part}_sex_male"] = (columns["SEX"] == "Male").astype(np.uint8)
        arrays[f"{part}_y"] = (columns["PINCP"] == "Y").astype(np.uint8)
    return arrays


def _read_adult(home):
    parts = [read_arrays(home / p.path, p.arrays) for p in (ADULT_TRAIN, ADULT_TEST)]
    n_train = len(complete_rows(parts[0], "?"))
    columns = {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}
    rows = complete_rows(columns, "?")
    columns = {name: column[rows] for name, column in columns.items()}
    X, names = encode(columns, _ADULT_FEATURES, n_train)
    return {
        "X": X,
        "y": (columns["income"] == ">50K").astype(np.int64),
        "groups": (columns["sex"] == "Male").astype(np.int64),
        "feature_names": names,
        "extras": {
            "train": np.arange(n_train),
            **halve(np.arange(n_train, len(rows))),
            "source_row": rows,
        },
    }


def _read_acs_income(home):
    arrays = read_arrays(home / ACS_INCOME.path, ACS_INCOME.arrays)
    parts = (_ACS_TRAIN, *(part for part, _ in _ACS_TESTS.values()))
    codes, groups, y = (
        np.concatenate([arrays[f"{part}_{what}"] for part in parts])
        for what in ("X", "sex_male", "y")
    )
    columns = dict(zip(_ACS_COLUMNS, codes.T, strict=True)) | {"SEX=Male": groups}
    sizes = [len(arrays[f"{part}_y"]) for part in parts]
    X, names = encode(columns, _ACS_FEATURES, sizes[0])
    train, *tests = np.split(np.arange(len(X)), np.cumsum(sizes)[:-1])
    extras = {"train": train}
    for shift, rows in zip(_ACS_TESTS, tests, strict=True):
        halves = halve(rows)
        extras |= {f"{part}_{shift}": half for part, half in halves.items()}
    return {
        "X": X,
        "y": y.astype(np.int64),
        "groups": groups.astype(np.int64),
        "feature_names": names,
        "extras": extras,
    }


def _adult_product(name, member, digest):
    return Product(
        path=f"adult/{name}.csv.gz",
        remotes=(uci_archive(2, "adult.zip"),),
        convert=partial(_convert_adult, member),
        arrays=_ADULT_COLUMNS,
        digest=digest,
    )


ADULT_TRAIN = _adult_product(
    "adult_train",
    "adult.data",
    "a6f0c58f23839dffb63b1f468e32c9005ab0f1cef3f457966c6d2cdcaacf0200",
)
ADULT_TEST = _adult_product(
    "adult_test",
    "adult.test",
    "3ed876f4868d0adac3e29dcd567ee43594729e95963f51f95838b7f2c9e304ac",
)
ACS_INCOME = Product(
    path="acs_income/acs_income.npz",
    remotes=tuple(
        github_file(*INFDATASEL, f"data/{file}", as_name)
        for file, as_name in (
            ("dist_shift_adult_time/train.csv", "train.csv"),
            *((f"{f}/test.csv", f"{part}.csv") for part, f in _ACS_TESTS.values()),
        )
    ),
    convert=_convert_acs,
    arrays=(
        "columns",
        *(
            f"{part}_{what}"
            for part in (_ACS_TRAIN, *(part for part, _ in _ACS_TESTS.values()))
            for what in ("X", "sex_male", "y")
        ),
    ),
    digest="a8731959cb6d05bf53b82462e7efb516bf2615f80fed652f349571b8dc71fd75",
)

CENSUS = (
    DatasetInfo(
        "adult",
        45222,
        102,
        source="https://archive.ics.uci.edu/dataset/2/adult",
        license="CC BY 4.0",
        read=_read_adult,
        layouts=((ADULT_TRAIN.path, ADULT_TEST.path),),
        products=(ADULT_TRAIN, ADULT_TEST),
    ),
    DatasetInfo(
        "acs_income",
        54000,
        710,
        source="https://github.com/anshuman23/InfDataSel",
        license="US Census public data",
        read=_read_acs_income,
        layouts=((ACS_INCOME.path,),),
        products=(ACS_INCOME,),
    ),
)
