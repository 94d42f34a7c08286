"""Tests of columns, features and splits on a table that can be read at a glance."""

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

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

ROWS = [["3", "b", "yes"], ["1", "a", "no"], ["2", "b", "no"], ["5", "c", "?"]]


@pytest.fixture
def columns():
    return named_columns(ROWS, ("n", "letter", "answer"))


def test_named_columns(columns):
    assert columns["n"].tolist() == [3, 1, 2, 5]
    assert columns["n"].dtype == np.int64
    assert columns["letter"].tolist() == ["b", "a", "b", "c"]


@pytest.mark.parametrize("row", [["1", "a"], ["1", "a", "no", "more"]])
def test_rows_of_another_length(row):
    with pytest.raises(ValueError, match="argument"):
        named_columns([*ROWS, row], ("n", "letter", "answer"))


def test_more_columns_than_names():
    with pytest.raises(ValueError, match="argument"):
        named_columns(ROWS, ("n", "letter"))


def test_complete_rows(columns):
    assert complete_rows(columns, "?").tolist() == [0, 1, 2]
    assert complete_rows(columns, "b").tolist() == [1, 3]


def test_encode(columns):
    features = (one_hot("letter"), number("n"), equals("answer", "yes"))
    X, names = encode(columns, features)
    assert names == ("letter=b", "letter=a", "letter=c", "n", "answer=yes")
    assert X.dtype == np.float64
    assert X.tolist() == [
        [1, 0, 0, 3, 1],
        [0, 1, 0, 1, 0],
        [1, 0, 0, 2, 0],
        [0, 0, 1, 5, 0],
    ]


def test_a_value_that_only_the_later_rows_have(columns):
    X, names = encode(columns, [one_hot("letter")], 3)
    assert names == ("letter=b", "letter=a")
    assert X.tolist() == [[1, 0], [0, 1], [1, 0], [0, 0]]


@pytest.mark.parametrize("n", [2, 5, 10, 41])
@pytest.mark.parametrize("test_size", [0.4, 0.5])
def test_split_rows_is_that_of_scikit_learn(n, test_size):
    expected = train_test_split(np.arange(n), test_size=test_size, random_state=42)
    for part, rows in zip(split_rows(n, test_size, 42), expected, strict=True):
        np.testing.assert_array_equal(part, rows)


def test_halve():
    rows = np.arange(100, 105)
    test, validation = train_test_split(rows, test_size=0.5, random_state=42000)
    halves = halve(rows)
    assert list(halves) == ["validation", "test"]
    np.testing.assert_array_equal(halves["validation"], validation)
    np.testing.assert_array_equal(halves["test"], test)
    assert (len(validation), len(test)) == (3, 2)
