"""The two tables of Bank Marketing: one for thesis 3.1, one for thesis 4.2."""

import csv
import io
import zipfile
from functools import partial

import numpy as np

from rfcore.datasets.download import Product, uci_archive
from rfcore.datasets.encoding import (
    complete_rows,
    encode,
    equals,
    halve,
    named_columns,
    number,
    one_hot,
    split_rows,
)
from rfcore.datasets.files import read_arrays
from rfcore.datasets.record import DatasetInfo

_BANK_FULL_COLUMNS = (
    *("age", "job", "marital", "education", "default", "balance", "housing", "loan"),
    *("contact", "day", "month", "duration", "campaign", "pdays", "previous"),
    *("poutcome", "y"),
)
_BANK_FULL_FEATURES = (
    *map(number, ("age", "balance", "day", "duration")),
    *map(number, ("campaign", "pdays", "previous")),
    *map(one_hot, ("job", "marital", "education")),
    *(equals(name, "yes") for name in ("default", "housing", "loan")),
    *map(one_hot, ("contact", "month", "poutcome")),
)
BANK_MARITAL = ("married", "single", "divorced")

_ECONOMY = (
    *("emp.var.rate", "cons.price.idx", "cons.conf.idx", "euribor3m", "nr.employed"),
)
_BANK_ADDITIONAL_COLUMNS = (
    *("age", "job", "marital", "education", "default", "housing", "loan", "contact"),
    *("month", "day_of_week", "duration", "campaign", "pdays", "previous"),
    *("poutcome", *_ECONOMY, "y"),
)
_BANK_ADDITIONAL_FEATURES = (
    *map(number, ("duration", "campaign", "pdays", "previous", *_ECONOMY)),
    one_hot("job"),
    equals("marital", "married"),
    one_hot("education"),
    *(equals(name, "yes") for name in ("default", "housing", "loan")),
    equals("contact", "cellular"),
    *map(one_hot, ("month", "day_of_week", "poutcome")),
)
# Up to this age the thesis's "sex" is male.
_MALE_AGE = 36


def _convert_bank(inner, member, names, archive):
    """Convert UCI's zip of zips: semicolons between words, words in quotes."""
    with zipfile.ZipFile(archive) as outer:
        packed = io.BytesIO(outer.read(inner))
    with zipfile.ZipFile(packed) as members:
        text = members.read(member).decode("ascii")
    header, *rows = csv.reader(io.StringIO(text), delimiter=";", strict=True)
    if tuple(header) != names:
        raise ValueError(f"{member} has the columns {header}, should have {names}")
    return named_columns(rows, names)


def _read_bank_full(home):
    columns = read_arrays(home / BANK_FULL.path, BANK_FULL.arrays)
    X, names = encode(columns, _BANK_FULL_FEATURES)
    return {
        "X": X,
        "y": (columns["y"] == "yes").astype(np.int64),
        "groups": (columns["marital"][:, None] == BANK_MARITAL).argmax(axis=1),
        "feature_names": names,
    }


def _read_bank_additional(home, thesis_coding=False):
    columns = read_arrays(home / BANK_ADDITIONAL.path, BANK_ADDITIONAL.arrays)
    rows = complete_rows(columns, "unknown")
    columns = {name: column[rows] for name, column in columns.items()}
    groups = (columns["age"] > _MALE_AGE).astype(np.int64)
    last = "age"
    if thesis_coding:
        groups = 1 - groups
        last = "sex"
        columns[last] = groups
    X, names = encode(columns, (*_BANK_ADDITIONAL_FEATURES, number(last)))
    train, held_out = split_rows(len(X), 0.4, 42)
    return {
        "X": X,
        "y": (columns["y"] == "yes").astype(np.int64),
        "groups": groups,
        "feature_names": names,
        "extras": {"train": train, **halve(held_out), "source_row": rows},
    }


def _bank_product(name, inner, member, columns, digest):
    return Product(
        path=f"bank/{name}.csv.gz",
        remotes=(uci_archive(222, "bank+marketing.zip"),),
        convert=partial(_convert_bank, inner, member, columns),
        arrays=columns,
        digest=digest,
    )


BANK_FULL = _bank_product(
    "bank_full",
    "bank.zip",
    "bank-full.csv",
    _BANK_FULL_COLUMNS,
    "59ef6c69f872e6df86c803920b7e42a3aeb8746dcff217cb28d2c453eea54b76",
)
BANK_ADDITIONAL = _bank_product(
    "bank_additional_full",
    "bank-additional.zip",
    "bank-additional/bank-additional-full.csv",
    _BANK_ADDITIONAL_COLUMNS,
    "cdb1af36ed4b8b3ebf937614438ed4e9d4906d1359f8e9966fc79205d669884f",
)
_BANK_ABOUT = {
    "source": "https://archive.ics.uci.edu/dataset/222/bank+marketing",
    "license": "CC BY 4.0",
}

BANK = (
    DatasetInfo(
        "bank_full",
        45211,
        48,
        read=_read_bank_full,
        layouts=((BANK_FULL.path,),),
        products=(BANK_FULL,),
        **_BANK_ABOUT,
    ),
    DatasetInfo(
        "bank_additional",
        30488,
        51,
        read=_read_bank_additional,
        read_thesis=partial(_read_bank_additional, thesis_coding=True),
        layouts=((BANK_ADDITIONAL.path,),),
        products=(BANK_ADDITIONAL,),
        **_BANK_ABOUT,
    ),
)
