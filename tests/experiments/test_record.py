"""Tests of the records: what a row turns numbers into, and its null."""

import json
import pickle

import numpy as np
import pytest

from rfcore.experiments import Cell, Row
from rfcore.experiments.record import degenerate_rate, marked, substitutes_of


def test_numpy_numbers_become_pythons_own():
    row = Row(
        "d",
        "m",
        "x",
        np.float32(0.5),
        seed=np.int64(3),
        seconds=np.float64(1.5),
        n_queries=np.int32(7),
        null=np.array([1, 2]),
    )
    numbers = (row.value, row.seed, row.seconds, row.n_queries, row.null)
    assert numbers == (0.5, 3, 1.5, 7, [1.0, 2.0])
    assert [type(number) for number in numbers] == [float, int, float, int, list]
    assert json.loads(json.dumps(row.to_dict()))["null"] == [1.0, 2.0]


def test_value_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match="could not convert string to float: 'many'"):
        Row("d", "m", "x", "many")


@pytest.mark.parametrize(
    ("null", "expected"),
    [
        (None, (None, None)),
        ([], (None, None)),
        ([3, 1, 2], (1.0, 3.0)),
        ([float("nan"), 2.0], (2.0, 2.0)),
        ({"max": np.int64(3), "n": 20}, (None, 3.0)),
        ({"min": 0, "max": 3}, (0.0, 3.0)),
    ],
)
def test_null_range(null, expected):
    assert Row("d", "m", "x", 1.0, null=null).null_range() == expected


def test_cell_says_what_it_is():
    assert str(Cell("table-1", "d", "m", 3, "thesis", "small")) == (
        "table-1, d, m, thesis, seed 3"
    )
    assert str(Cell("table-1", "d", "m", None, None, "small")) == "table-1, d, m"


def test_cell_is_a_key_that_travels():
    cell = Cell("table-1", "d", "m", 3, None, "small")
    assert {cell: 1}[pickle.loads(pickle.dumps(cell))] == 1


def test_rows_of_stand_ins_are_marked():
    rows = [Row("a", "m", "x", 1.0), Row("b", "m", "x", 2.0)]
    found = marked(rows, {"b": "other texts"})
    assert [row.substitute for row in found] == [None, "other texts"]
    assert [row.value for row in found] == [1.0, 2.0]
    assert substitutes_of(found) == {"b": "other texts"}


def test_constant_classifiers_are_degenerate():
    assert degenerate_rate(0.0) == degenerate_rate(1.0) == "all predictions are alike"
    assert degenerate_rate(0.5) == degenerate_rate(1e-9) == ""
