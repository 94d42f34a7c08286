"""One group of several attributes: names, kinds, order, errors."""

import numpy as np
import pandas as pd
import pytest

from rfcore.metrics import balance, joint_groups

SEX, RACE = ["F", "M", "F", "M"], ["white", "black", "black", "black"]
JOINT = ["F & white", "M & black", "F & black", "M & black"]


@pytest.mark.parametrize(
    "groups",
    [
        {"sex": SEX, "race": RACE},
        {"sex": np.array(SEX), "race": pd.Categorical(RACE)},
        np.array([SEX, RACE]).T,
        np.array([SEX, RACE], dtype=object).T,
        [list(row) for row in zip(SEX, RACE, strict=True)],
    ],
)
def test_names_in_the_order_of_the_columns(groups):
    found = joint_groups(groups)
    assert type(found) is np.ndarray
    assert found.tolist() == JOINT


def test_a_frame_keeps_its_index():
    frame = pd.DataFrame({"sex": SEX, "race": RACE}, index=[7, 5, 6, 4])
    found = joint_groups(frame)
    assert found.tolist() == JOINT
    assert found.index.equals(frame.index)
    assert joint_groups({"sex": frame["sex"], "race": RACE}).index.equals(frame.index)
    assert joint_groups(frame.astype("category")).tolist() == JOINT
    twice = pd.DataFrame([["a", "b"]], columns=["x", "y"])
    assert joint_groups(twice).tolist() == ["a & b"]


def test_a_frame_of_polars():
    pl = pytest.importorskip("polars")
    assert joint_groups(pl.DataFrame({"sex": SEX, "race": RACE})).tolist() == JOINT


def test_numbers_and_one_attribute():
    assert joint_groups(np.array([[0, 1], [0, 0]])).tolist() == ["0 & 1", "0 & 0"]
    assert joint_groups({"old": [True, False]}).tolist() == ["True", "False"]
    assert joint_groups({"a": [1.5], "b": ["x"], "c": [2]}).tolist() == ["1.5 & x & 2"]


def test_combinations_that_would_read_alike_are_quoted():
    found = joint_groups({"a": ["x & y", "x"], "b": ["z", "y & z"]})
    assert found.tolist() == ["'x & y' & 'z'", "'x' & 'y & z'"]


def test_the_groups_are_those_of_the_pairs():
    rng = np.random.default_rng(0)
    labels, pairs = rng.integers(3, size=90), rng.integers(2, size=(90, 2))
    expected = balance(labels, pairs @ [2, 1])
    assert balance(labels, joint_groups(pairs)) == expected


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (SEX, "groups should have two dimensions, rows and attributes"),
        ({}, "groups should have two dimensions, rows and attributes"),
        ({"a": SEX, "b": RACE[:3]}, r"len\(groups\['b'\]\)=3 should be 4"),
        ({"a": SEX, "b": [["x"]] * 4}, r"groups\['b'\].ndim=2 should be 1"),
        ({"a": SEX, "b": ["x", None] * 2}, r"groups\['b'\] holds 2 missing values"),
        ([["F", np.nan], ["M", "w"]], r"groups\['1'\] holds 1 missing value \(row 0\)"),
        ({"a": np.array([1, "x"], object)}, r"groups\['a'\] should be of one kind"),
        (
            {"a": pd.Series(SEX), "b": pd.Series(RACE, index=[3, 2, 1, 0])},
            r"the index of groups\['b'\] differs from that of groups\['a'\]",
        ),
    ],
)
def test_errors(groups, message):
    with pytest.raises(ValueError, match=message):
        joint_groups(groups)
