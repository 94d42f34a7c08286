"""The sets of thesis 3.1 as it clusters them: rows, columns and protected groups.

`adult_clustering` and `bank_clustering` are columns of the files of `adult` and
`bank_full`.
"""

import csv

import numpy as np

from rfcore.datasets.bank import BANK_FULL, BANK_MARITAL
from rfcore.datasets.census import ADULT_TRAIN
from rfcore.datasets.download import Product, Remote
from rfcore.datasets.encoding import named_columns
from rfcore.datasets.files import DataError, read_arrays
from rfcore.datasets.record import DatasetInfo

_N_ADULT = 10_000
_ADULT_FEATURES = (
    *("age", "fnlwgt", "education_num", "capital_gain", "hours_per_week"),
)
_RACES = ("White", "Black", "Asian-Pac-Islander", "Amer-Indian-Eskimo", "Other")

_BANK_FEATURES = ("age", "balance", "duration")

_CREDITCARD_FEATURES = (
    *("LIMIT_BAL", "SEX", "EDUCATION", "MARRIAGE", "AGE"),
    *(f"PAY_{i}" for i in (0, 2, 3, 4, 5, 6)),
    *(f"BILL_AMT{i}" for i in range(1, 7)),
    *(f"PAY_AMT{i}" for i in range(1, 7)),
)
_CREDITCARD_COLUMNS = ("ID", *_CREDITCARD_FEATURES, "default payment next month")
# UCI's own table numbers the columns.
_CREDITCARD_NUMBERED = ("ID", *(f"X{i}" for i in range(1, 24)), "Y")
# Graduate school and university are 1 and 2; 0 occurs too, unexplained.
_HIGHER_EDUCATION = 2

_BERA = (
    "https://raw.githubusercontent.com/nicolasjulioflores/"
    "fair_algorithms_for_clustering/85220f5fc1e92fbeaee8958aa101cb953527c694"
)

_LFW_FILE = "lfw/lfw_pca80.npz"
_LFW_SHAPE = (13229, 80)
_LFW_PAGE = "http://vis-www.cs.umass.edu/lfw/"
_LFW_BY_HAND = (
    "X (13229, 80) float32 and sex (13229,) uint8, 1 male and 0 female: the first 80 "
    "principal components of the gray deep-funneled images, whose central 140 x 140 "
    "pixels are resized to 42 x 42 and z-scored, of the people whose sex is known, in "
    "the order of the files' names"
)


def _convert_creditcard(table):
    """Convert UCI's table of numbers, by its own or by the paper's column names."""
    with open(table, encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file, strict=True)
    if tuple(header) not in (_CREDITCARD_NUMBERED, _CREDITCARD_COLUMNS):
        raise ValueError(f"{table.name} has the columns {header}")
    return named_columns(rows, _CREDITCARD_COLUMNS)


def _fields(columns, features, **fields):
    X = np.stack([columns[name] for name in features], axis=1).astype(np.float64)
    return {"X": X, "feature_names": features, **fields}


def _read_adult(home):
    columns = read_arrays(home / ADULT_TRAIN.path, ADULT_TRAIN.arrays)
    columns = {name: column[:_N_ADULT] for name, column in columns.items()}
    return _fields(
        columns,
        _ADULT_FEATURES,
        y=(columns["income"] == ">50K").astype(np.int64),
        groups=(columns["race"][:, None] == _RACES).argmax(axis=1),
    )


def _read_bank(home):
    columns = read_arrays(home / BANK_FULL.path, BANK_FULL.arrays)
    return _fields(
        columns,
        _BANK_FEATURES,
        y=(columns["y"] == "yes").astype(np.int64),
        groups=(columns["marital"][:, None] == BANK_MARITAL).argmax(axis=1),
    )


def _read_creditcard(home):
    columns = read_arrays(home / CREDITCARD.path, CREDITCARD.arrays)
    return _fields(
        columns,
        _CREDITCARD_FEATURES,
        y=columns["default payment next month"],
        groups=(columns["EDUCATION"] <= _HIGHER_EDUCATION).astype(np.int64),
    )


def _read_lfw(home):
    path = home / _LFW_FILE
    X, sex = read_arrays(path, ("X", "sex")).values()
    shapes = (X.shape, sex.shape)
    if shapes != (_LFW_SHAPE, _LFW_SHAPE[:1]):
        raise DataError(f"{path} holds X, sex of {shapes=}; it should hold "
                        f"{_LFW_BY_HAND}")  # fmt: skip
    return {
        "X": X.astype(np.float64),
        "y": None,
        "groups": sex.astype(np.int64),
        "feature_names": tuple(f"component_{i}" for i in range(X.shape[1])),
        "extras": {
            "substitute": "80 principal components of gray crops stand in for the "
            "thesis's 80 features, which nobody published; 13,229 of its 13,232 rows.",
        },
    }


# UCI publishes no checksum of the table: the digest of the columns vouches for it.
# After its own address comes the copy of the authors of Bera et al. (2019).
CREDITCARD = Product(
    path="creditcard/creditcard.csv.gz",
    remotes=(
        Remote(
            "creditcard.csv",
            (
                "https://archive.ics.uci.edu/static/public/350/data.csv",
                f"{_BERA}/data/creditcard.csv",
            ),
        ),
    ),
    convert=_convert_creditcard,
    arrays=_CREDITCARD_COLUMNS,
    digest="78830169435f0efe43e68dde16b38f91e0bcbd483aa8e6cf080f92ce44b02eb3",
)

ANTIDOTE = (
    DatasetInfo(
        "adult_clustering",
        _N_ADULT,
        len(_ADULT_FEATURES),
        source="https://archive.ics.uci.edu/dataset/2/adult",
        license="CC BY 4.0",
        read=_read_adult,
        layouts=((ADULT_TRAIN.path,),),
        products=(ADULT_TRAIN,),
    ),
    DatasetInfo(
        "bank_clustering",
        45211,
        len(_BANK_FEATURES),
        source="https://archive.ics.uci.edu/dataset/222/bank+marketing",
        license="CC BY 4.0",
        read=_read_bank,
        layouts=((BANK_FULL.path,),),
        products=(BANK_FULL,),
    ),
    DatasetInfo(
        "creditcard",
        30000,
        len(_CREDITCARD_FEATURES),
        source="https://archive.ics.uci.edu/dataset/350",
        license="CC BY 4.0",
        read=_read_creditcard,
        layouts=((CREDITCARD.path,),),
        products=(CREDITCARD,),
    ),
    DatasetInfo(
        "lfw",
        *_LFW_SHAPE,
        source=_LFW_PAGE,
        license="research",
        read=_read_lfw,
        layouts=((_LFW_FILE,),),
        by_hand=f"take the images from {_LFW_PAGE} and save {_LFW_BY_HAND}",
    ),
)
