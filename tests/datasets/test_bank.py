"""Tests of Bank Marketing: the official format, the features and the two codings."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from rfcore.datasets import data_home, list_datasets, load
from rfcore.datasets.bank import BANK_ADDITIONAL, BANK_FULL
from rfcore.datasets.files import content_digest, read_arrays, write_arrays

INFOS = {info.name: info for info in list_datasets()}
MEMBERS = {
    BANK_FULL: ("bank.zip", "bank-full.csv"),
    BANK_ADDITIONAL: (
        "bank-additional.zip",
        "bank-additional/bank-additional-full.csv",
    ),
}
FULL = [
    '58;"retired";"married";"tertiary";"no";2143;"yes";"no";"unknown";5;"may";261;1;'
    '-1;0;"unknown";"no"',
    '30;"admin.";"divorced";"unknown";"yes";-29;"no";"yes";"cellular";6;"jun";151;2;'
    '92;1;"failure";"yes"',
    '36;"admin.";"single";"primary";"no";0;"no";"no";"cellular";6;"jun";1;2;'
    '-1;0;"unknown";"no"',
]
ADDITIONAL = [
    '37;"retired";"married";"basic.4y";"no";"no";"no";"telephone";"may";"mon";261;1;'
    '999;0;"nonexistent";1.1;93.994;-36.4;4.857;5191;"no"',
    '57;"services";"single";"basic.4y";"unknown";"no";"no";"telephone";"may";"mon";1;'
    '1;999;0;"nonexistent";1.1;93.994;-36.4;4.857;5191;"no"',
    '36;"admin.";"single";"high.school";"no";"yes";"yes";"cellular";"jun";"tue";50;2;'
    '3;1;"success";-0.1;93.2;-42;4.1;5195.8;"yes"',
]


def _text(product, lines):
    header = ";".join(f'"{name}"' for name in product.arrays)
    return "\r\n".join([header, *lines, ""])


def _zip(path, product, text):
    inner, member = MEMBERS[product]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(member, text)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(inner, packed.getvalue())
    return path


def _home(tmp_path, product, lines):
    path = _zip(tmp_path / "bank.zip", product, _text(product, lines))
    write_arrays(tmp_path / product.path, product.convert(path))
    return tmp_path


def test_conversion_by_hand(tmp_path):
    path = _zip(tmp_path / "a.zip", BANK_FULL, _text(BANK_FULL, FULL))
    columns = BANK_FULL.convert(path)
    assert tuple(columns) == BANK_FULL.arrays
    assert columns["balance"].tolist() == [2143, -29, 0]
    assert columns["job"].tolist() == ["retired", "admin.", "admin."]
    assert columns["y"].tolist() == ["no", "yes", "no"]


def test_malformed_bank(tmp_path):
    text = _text(BANK_FULL, FULL).replace('"balance"', '"blance"')
    with pytest.raises(ValueError, match=r"bank-full\.csv has the columns .*blance"):
        BANK_FULL.convert(_zip(tmp_path / "a.zip", BANK_FULL, text))
    text = _text(BANK_FULL, [*FULL, "1;2"])
    with pytest.raises(ValueError, match="argument"):
        BANK_FULL.convert(_zip(tmp_path / "a.zip", BANK_FULL, text))


def test_bank_full_by_hand(tmp_path):
    bank = INFOS["bank_full"].read(_home(tmp_path, BANK_FULL, FULL))
    assert bank["y"].tolist() == [0, 1, 0]
    assert bank["groups"].tolist() == [0, 2, 1]
    assert bank["feature_names"] == (
        *("age", "balance", "day", "duration", "campaign", "pdays", "previous"),
        *("job=retired", "job=admin."),
        *("marital=married", "marital=divorced", "marital=single"),
        *("education=tertiary", "education=unknown", "education=primary"),
        *("default=yes", "housing=yes", "loan=yes"),
        *("contact=unknown", "contact=cellular", "month=may", "month=jun"),
        *("poutcome=unknown", "poutcome=failure"),
    )
    assert bank["X"].tolist() == [
        [
            58,
            2143,
            5,
            261,
            1,
            -1,
            0,
            *(1, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0),
        ],
        [
            30,
            -29,
            6,
            151,
            2,
            92,
            1,
            *(0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1),
        ],
        [36, 0, 6, 1, 2, -1, 0, *(0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 1, 0)],
    ]


def test_bank_additional_by_hand(tmp_path):
    home = _home(tmp_path, BANK_ADDITIONAL, ADDITIONAL)
    bank = INFOS["bank_additional"].read(home)
    thesis = INFOS["bank_additional"].read_thesis(home)
    # The second row says "unknown".
    assert bank["extras"]["source_row"].tolist() == [0, 2]
    assert bank["y"].tolist() == thesis["y"].tolist() == [0, 1]
    assert bank["feature_names"] == (
        *("duration", "campaign", "pdays", "previous", "emp.var.rate"),
        *("cons.price.idx", "cons.conf.idx", "euribor3m", "nr.employed"),
        *("job=retired", "job=admin.", "marital=married"),
        *("education=basic.4y", "education=high.school"),
        *("default=yes", "housing=yes", "loan=yes", "contact=cellular"),
        *("month=may", "month=jun", "day_of_week=mon", "day_of_week=tue"),
        *("poutcome=nonexistent", "poutcome=success", "age"),
    )
    economy = ([1.1, 93.994, -36.4, 4.857, 5191], [-0.1, 93.2, -42, 4.1, 5195.8])
    words = ((1, 0, 1, 1, 0, 0, 0, 0, 0), (0, 1, 0, 0, 1, 0, 1, 1, 1))
    rest = ((1, 0, 1, 0, 1, 0), (0, 1, 0, 1, 0, 1))
    expected = [
        [261, 1, 999, 0, *economy[0], *words[0], *rest[0], 37],
        [50, 2, 3, 1, *economy[1], *words[1], *rest[1], 36],
    ]
    assert bank["X"].tolist() == expected
    # The thesis calls those up to 36 years male, and male is 1.
    assert bank["groups"].tolist() == [1, 0]
    assert thesis["groups"].tolist() == [0, 1]
    assert thesis["feature_names"] == (*bank["feature_names"][:-1], "sex")
    np.testing.assert_array_equal(thesis["X"][:, :-1], bank["X"][:, :-1])
    assert thesis["X"][:, -1].tolist() == [0, 1]


@pytest.mark.data
@pytest.mark.parametrize("product", MEMBERS, ids=lambda p: Path(p.path).name)
def test_bank_from_the_official_format(tmp_path, product):
    columns = read_arrays(data_home() / product.path, product.arrays)
    words = [
        [f'"{word}"' for word in column]
        if column.dtype.kind == "U"
        else map(str, column)
        for column in columns.values()
    ]
    text = _text(product, map(";".join, zip(*words, strict=True)))
    path = _zip(tmp_path / "bank.zip", product, text)
    assert content_digest(product.convert(path)) == product.digest


@pytest.mark.data
def test_bank_full():
    bank = load("bank_full", download=False)
    assert bank.y.sum() == 5289
    assert np.bincount(bank.groups).tolist() == [27214, 12790, 5207]
    assert bank.X[0, :4].tolist() == [58, 2143, 5, 261]
    assert bank.extras == {}


@pytest.mark.data
def test_bank_additional():
    bank = load("bank_additional", download=False)
    thesis = load("bank_additional", download=False, thesis_coding=True)
    columns = read_arrays(data_home() / BANK_ADDITIONAL.path)
    assert (columns["y"] == "yes").sum() == 4640
    assert bank.y.sum() == 3859
    np.testing.assert_array_equal(
        bank.X[:, -1], columns["age"][bank.extras["source_row"]]
    )
    np.testing.assert_array_equal(bank.groups, bank.X[:, -1] > 36)
    np.testing.assert_array_equal(thesis.groups, 1 - bank.groups)
    np.testing.assert_array_equal(thesis.X[:, -1], thesis.groups)
    np.testing.assert_array_equal(thesis.y, bank.y)
    train, rest = train_test_split(np.arange(30488), test_size=0.4, random_state=42)
    test, validation = train_test_split(rest, test_size=0.5, random_state=42000)
    for part, rows in {"train": train, "validation": validation, "test": test}.items():
        np.testing.assert_array_equal(bank.extras[part], rows)
