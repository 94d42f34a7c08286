"""What users hand over beside X: gaps, indexes, attributes, dates, of every kind."""

import datetime
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from rfcore import _columns
from rfcore._columns import complete, require_numbers, require_same_rows

NA = pd.NA
NAT = pd.NaT
NAN = float("nan")

GAPS = {
    "list of text": ["a", "a", "b", NAN, "b"],
    "list with None": ["a", "a", "b", None, "b"],
    "list with NA": ["a", "a", "b", NA, "b"],
    "list with NaT": ["a", "a", "b", NAT, "b"],
    "list of numbers": [0, 0, 1, NAN, 1],
    "list of numbers and None": [0, 0, 1, None, 1],
    "tuple": ("a", "a", "b", NAN, "b"),
    "text array": np.array(["a", "a", "b", NAN, "b"]),
    "text array of None": np.array(["a", "a", "b", None, "b"], dtype=str),
    "text array of NA": np.array(["a", "a", "b", NA, "b"]).astype(str),
    "text array of NaT": np.array(["a", "a", "b", NAT, "b"]).astype(str),
    "bytes": np.array([b"a", b"a", b"b", b"nan", b"b"]),
    "StringDType": np.array(
        ["a", "a", "b", NAN, "b"], dtype=np.dtypes.StringDType(na_object=NAN)
    ),
    "objects": np.array(["a", "a", "b", NAN, "b"], dtype=object),
    "objects with None": np.array(["a", "a", "b", None, "b"], dtype=object),
    "objects with NA": np.array([0, 0, 1, NA, 1], dtype=object),
    "floats": np.array([0, 0, 1, NAN, 1]),
    "dates": np.array(["2020", "2020", "2021", "NaT", "2021"], dtype="M8[D]"),
    "masked numbers": np.ma.array([0, 0, 1, 1, 1], mask=[0, 0, 0, 1, 0]),
    "masked text": np.ma.array([*"aabbb"], mask=[0, 0, 0, 1, 0]),
    "masked floats": np.ma.array([0, 0, 1.0, 1, 1], mask=[0, 0, 0, 1, 0]),
    "pandas text": pd.Series(["a", "a", "b", None, "b"]),
    "pandas objects": pd.Series(["a", "a", "b", NAN, "b"], dtype=object),
    "pandas string": pd.Series(["a", "a", "b", NA, "b"], dtype="string"),
    "pandas category": pd.Series(["a", "a", "b", NAN, "b"], dtype="category"),
    "pandas numbers as categories": pd.Series([0, 0, 1, NAN, 1], dtype="category"),
    "pandas Int64": pd.Series([0, 0, 1, NA, 1], dtype="Int64"),
    "pandas boolean": pd.Series([True, True, False, NA, False], dtype="boolean"),
    "pandas dates": pd.Series(pd.to_datetime(["2020", "2020", "2021", None, "2021"])),
    "pandas turned into text": pd.Series(["a", "a", "b", "nan", "b"], dtype=object),
    "Categorical": pd.Categorical(["a", "a", "b", NAN, "b"]),
    "Index": pd.Index(["a", "a", "b", NAN, "b"]),
}


@pytest.mark.parametrize("kind", GAPS)
def test_a_gap_of_any_kind_is_found_and_where(kind):
    with pytest.raises(ValueError) as caught:
        complete(GAPS[kind], "groups")
    message = str(caught.value)
    assert message.startswith("groups holds 1 missing value (row 3")
    assert message.endswith("leave such rows out, or give them a value of their own, "
                            "such as 'unknown'")  # fmt: skip
    assert "\n" not in message


@pytest.mark.parametrize(
    "kind", ["String", "Categorical", "Enum", "Int64", "Boolean", "Date"]
)
def test_nulls_of_polars(kind):
    pl = pytest.importorskip("polars")
    dates = [datetime.date(2020, 1, 1)] * 3 + [None, datetime.date(2021, 1, 1)]
    values = {"Int64": [0, 0, 1, None, 1], "Boolean": [True] * 3 + [None, False]}
    values = {"Date": dates, **values}.get(kind, ["a", "a", "b", None, "b"])
    dtype = pl.Enum(["a", "b"]) if kind == "Enum" else getattr(pl, kind)
    with pytest.raises(ValueError, match=r"groups holds 1 missing value \(row 3"):
        complete(pl.Series(values, dtype=dtype), "groups")
    whole = pl.Series(values[:3], dtype=dtype)
    assert complete(whole, "groups").tolist() == np.asarray(whole).tolist()


def test_nulls_of_arrow():
    pa = pytest.importorskip("pyarrow")
    for values in (["a", None], [1, None]):
        with pytest.raises(ValueError, match=r"groups holds 1 missing value \(row 1"):
            complete(pa.array(values), "groups")


def test_messages_of_gaps():
    with pytest.raises(ValueError, match=r"y holds 5 missing values \(rows 0, 2, 4, "):
        complete(["a" if i % 2 else None for i in range(10)], "y")
    with pytest.raises(ValueError, match=r"\(rows 1, 2\): leave"):
        complete(["a", None, NA], "y")
    with pytest.raises(ValueError, match=r"\(row 1: the text 'nan'\): leave"):
        complete(np.array(["a", "nan"]), "y")
    with pytest.raises(ValueError, match=r"\(position \[1, 0\]\): leave"):
        complete([["a", "b"], [None, "b"]], "groups")
    with pytest.raises(ValueError, match=r"leave such rows out, or fill them in$"):
        complete([1.0, np.nan], "y")


def test_what_is_whole_comes_through():
    numbers = np.arange(3)
    assert complete(numbers) is numbers
    words = np.array(["a", "Nan", "none"])
    assert complete(words) is words
    # None in words is a word where a missing value would have been one.
    assert complete(["None", "a"]).tolist() == ["None", "a"]
    assert complete(np.array(["None", "a"], object)).tolist() == ["None", "a"]
    assert complete(pd.Series(["None", "a"])).tolist() == ["None", "a"]
    masked = np.ma.array([0, 1], mask=[False, False])
    assert type(complete(masked)) is np.ndarray
    assert complete(masked).tolist() == [0, 1]
    assert complete(pd.Series([1, 2], dtype="Int64")).tolist() == [1, 2]
    assert complete(pd.Categorical(["a", "b"])).tolist() == ["a", "b"]
    assert complete([]).tolist() == []
    assert complete(None).shape == ()


def test_no_library_is_imported_to_look_for_its_gaps():
    code = (
        "import sys, rfcore.metrics as m\n"
        "m.balance([0, 1], ['a', 'b'])\n"
        "try: m.balance([0, 1], ['a', None])\n"
        "except ValueError: pass\n"
        "print({'pandas', 'polars', 'pyarrow'} & set(sys.modules))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "set()"


def test_equal_indexes_and_none_go_by_position():
    X = pd.DataFrame({"a": [1.0, 2.0, 3.0]}, index=[5, 3, 4])
    groups = pd.Series([0, 1, 0], index=[5, 3, 4])
    require_same_rows(X=X, groups=groups, y=[1, 2, 3], weights=None)
    require_same_rows(X=X.to_numpy(), groups=groups[::-1])
    require_same_rows(X=X, groups=groups[::-1].to_numpy())
    require_same_rows(X=X, groups={"sex": groups, "race": [0, 1, 1]})
    # Another length is an error of its own.
    require_same_rows(X=X, groups=groups[:2])


@pytest.mark.parametrize("other", [[3, 4, 5], [0, 1, 2], list("abc")])
def test_error_indexes_that_differ(other):
    X = pd.DataFrame({"a": [1.0, 2.0, 3.0]}, index=[5, 3, 4])
    groups = pd.Series([0, 1, 0], index=other)
    message = (
        r"^the index of groups differs from that of X: take groups.reindex\(X.index\), "
        r"or groups.to_numpy\(\) to go by position$"
    )
    for own in (groups, groups.to_frame(), {"sex": groups}, {"a": X["a"], "b": groups}):
        with pytest.raises(ValueError, match=message):
            require_same_rows(X=X, y=None, groups=own)
    with pytest.raises(ValueError, match="the index of groups differs from that of y"):
        require_same_rows(X=X.to_numpy(), y=X["a"], groups=groups)


DATES = pd.date_range("2020", periods=3)
DAYS = np.array(DATES)
DATED = {
    "datetime64": DAYS[:, None],
    "timedelta64": (DAYS - DAYS[0])[:, None],
    "frame": pd.DataFrame({"when": DATES}),
    "frame of times": pd.DataFrame({"when": DATES - DATES[0]}),
    "frame with zones": pd.DataFrame({"when": DATES.tz_localize("UTC")}),
    "frame of periods": pd.DataFrame({"when": DATES.to_period("D")}),
    "frame with numbers": pd.DataFrame({"age": [1.0, 2.0, 3.0], "when": DATES}),
    "frame of objects": pd.DataFrame({"when": DATES.astype(object)}),
    "list of datetime": [[datetime.datetime(2020, 1, day)] for day in (1, 2, 3)],
    "list of date": [[datetime.date(2020, 1, day), 1.0] for day in (1, 2, 3)],
    "list of timedelta": [[datetime.timedelta(day)] for day in (1, 2, 3)],
    "objects datetime64": np.array([[d] for d in DAYS] + [[0]], dtype=object)[:3],
    "objects timedelta64": np.array(
        [[np.timedelta64(i, "D"), 1.0] for i in range(3)], dtype=object
    ),
}


@pytest.mark.parametrize("kind", DATED)
def test_dates_are_refused(kind):
    message = r"^X should hold numbers, has dates \(.*\): give them in a unit"
    with pytest.raises(ValueError, match=message):
        require_numbers(DATED[kind])


def test_dates_of_polars_are_refused():
    pl = pytest.importorskip("polars")
    for frame in (
        pl.DataFrame({"when": list(DATES)}),
        pl.DataFrame({"age": [1.0, 2.0, 3.0], "when": [d.date() for d in DATES]}),
    ):
        with pytest.raises(ValueError, match="X should hold numbers, has dates"):
            require_numbers(frame)


def test_a_frame_names_its_column_of_dates():
    with pytest.raises(ValueError, match=r"has dates \(column 'when'\)"):
        require_numbers(DATED["frame with numbers"])


def test_numbers_are_numbers():
    for X in (
        np.ones((2, 2)),
        np.ones((2, 2), bool),
        [[1, 2], [3, 4]],
        pd.DataFrame({"a": [1, 2], "b": [True, False]}),
        np.array([[1, 2.5]], dtype=object),
        [[1, 2], [3]],
        "text",
        None,
    ):
        require_numbers(X)


def test_masked_rows_are_refused():
    with pytest.raises(ValueError, match=r"X holds 1 missing .* \[1, 0\]"):
        require_numbers(np.ma.array(np.ones((2, 2)), mask=[[0, 0], [1, 0]]))
    require_numbers(np.ma.array(np.ones((2, 2)), mask=False))


def test_attributes():
    assert _columns.attributes(["a", "b"]) == {}
    assert _columns.attributes(pd.Series(["a", "b"])) == {}
    assert _columns.attributes({}) == {}
    twice = pd.DataFrame([["a", 1], ["b", 2]], columns=["x", "y"])
    found = _columns.attributes(twice)
    assert {name: list(own) for name, own in found.items()} == {
        "x": ["a", "b"],
        "y": [1, 2],
    }
    found = _columns.attributes([["a", None], ["b", "c"]])
    assert {name: list(own) for name, own in found.items()} == {
        "0": ["a", "b"],
        "1": [None, "c"],
    }
