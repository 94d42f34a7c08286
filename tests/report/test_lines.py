"""Tests of the lines of a table: grouping, medians, intervals, words."""

import math
from itertools import permutations
from pathlib import Path

import pytest

from rfcore.experiments import Claim, Experiment, Results, Row, judge
from rfcore.report.lines import footnotes, interval, number, table_lines, texts


class Grid(Experiment):
    id = "table-9.1"
    title = "a grid"
    datasets = ("b", "a")
    methods = ("slow", "fast")
    protocols = ("thesis", "held-out")


def results(rows, claims=(), **more):
    experiment = Grid()
    experiment.claims = claims
    for name, value in more.items():
        setattr(experiment, name, value)
    judged = judge(claims, rows)
    return Results(experiment, "1.0", "paper", rows, judged, [], [], Path("o"), 1)


def test_groups_and_lines_come_in_the_order_of_the_axes():
    keys = [
        ("a", "fast", "y", "held-out"),
        ("a", "extra", "x", None),
        ("a", "slow", "x", "held-out"),
        ("b", "fast", "x", "thesis"),
        ("a", "slow", "x", "thesis"),
    ]
    rows = [
        Row(dataset, method, metric, 1.0, protocol=protocol)
        for dataset, method, metric, protocol in keys
    ]
    groups = table_lines(results(rows))
    assert list(groups) == [("b", "x"), ("a", "y"), ("a", "x")]
    assert [(line.method, line.protocol) for line in groups["a", "x"]] == [
        ("slow", "thesis"),
        ("slow", "held-out"),
        ("extra", None),
    ]


def test_a_line_holds_all_seeds():
    rows = [
        Row(
            "a",
            "fast",
            "x",
            value,
            unit="rows",
            seed=seed,
            seconds=seed,
            n_queries=10 * seed,
            null=[seed, 7],
        )
        for seed, value in enumerate([5, 1, 9])
    ]
    ((line,),) = table_lines(results(rows)).values()
    assert (line.median, line.low, line.high) == (5.0, 1.0, 9.0)
    assert (line.n_rows, line.n_seeds, line.unit) == (3, 3, "rows")
    assert (line.seconds, line.n_queries) == (1.0, 10)
    assert (line.null_low, line.null_high) == (0.0, 7.0)
    assert texts(line) == {
        "method": "fast",
        "protocol": "",
        "thesis": "",
        "rfcore": "5",
        "interval": "[1, 9]",
        "seeds": "3",
        "queries": "10",
        "null": "[0, 7]",
        "seconds": "1",
        "verdict": "",
    }


def test_single_row_has_no_interval():
    ((line,),) = table_lines(results([Row("a", "fast", "x", 2.0)])).values()
    assert (texts(line)["interval"], texts(line)["seeds"]) == ("", "")


@pytest.mark.parametrize("values", list(permutations([1, math.nan, 3])))
def test_nan_is_shown_and_kept_out_of_the_interval(values):
    rows = [Row("a", "fast", "x", v, seed=seed) for seed, v in enumerate(values)]
    ((line,),) = table_lines(results(rows)).values()
    assert (texts(line)["rfcore"], texts(line)["interval"]) == ("nan", "[1, 3]")


def test_degenerate_answers_are_counted_beside_the_number():
    rows = [Row("a", "fast", "x", 2.0, seed=i, degenerate="e" * i) for i in range(3)]
    ((line,),) = table_lines(results(rows)).values()
    assert texts(line)["rfcore"] == "2 (2 degenerate)"


def test_claims_without_rows_are_lines():
    ((line,),) = table_lines(results([], [Claim("a", "fast", "x", 24)])).values()
    assert (texts(line)["thesis"], texts(line)["rfcore"]) == ("24", "")
    assert texts(line)["verdict"] == "not run"


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        ({}, "met"),
        ({"low": 23}, "met, bar 23"),
        ({"low": 24}, "met"),
        ({"statistic": "mean"}, "met, mean 24"),
        ({"direction": "at_most", "high": 30}, "met, bar 30"),
        ({"direction": "equal", "low": 23, "high": 25}, "met"),
    ],
)
def test_words_of_a_verdict(claim, verdict):
    claims = [Claim("a", "fast", "x", 24, **claim)]
    ((line,),) = table_lines(results([Row("a", "fast", "x", 24)], claims)).values()
    assert texts(line)["verdict"].replace("beaten", "met") == verdict


def test_second_claim_about_the_same_rows_is_a_second_line():
    claims = [Claim("a", "fast", "x", 24), Claim("a", "fast", "x", None, low=99)]
    ((first, second),) = table_lines(
        results([Row("a", "fast", "x", 24)], claims)
    ).values()
    assert texts(first)["verdict"] == "met"
    assert texts(second)["verdict"] == "missed by 75, bar 99"


def test_metrics_of_the_table_can_be_chosen():
    rows = [Row("a", "fast", metric, 1.0) for metric in "xyz"]
    found = results(rows, [Claim("a", "fast", "z", 1)], table_metrics=("x",))
    assert [metric for _, metric in table_lines(found)] == ["x", "z"]
    assert [metric for _, metric in table_lines(found, every=True)] == ["x", "y", "z"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (24.0, "24"),
        (-0.0, "-0"),
        (0.061234, "0.06123"),
        (0.00001234, "1.234e-05"),
        (1234.5678, "1235"),
        (12345.678, "12346"),
        (1e9, "1000000000"),
        (1e20, "1.000e+20"),
        (math.nan, "nan"),
        (math.inf, "inf"),
    ],
)
def test_number(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("ends", "text"),
    [
        ((None, None), ""),
        ((1, 2.5), "[1, 2.5]"),
        ((None, 3), "[?, 3]"),
        ((2, 2), "2"),
    ],
)
def test_interval(ends, text):
    assert interval(*ends) == text


def test_footnotes_say_each_thing_once():
    rows = [
        Row("a", "fast", "x", 30, seed=seed, null=[40], note="n") for seed in range(2)
    ]
    rows.append(Row("a", "slow", "x", 1, degenerate="empty", substitute="s"))
    claims = [
        Claim("a", "fast", "x", 24, above_null=True, min_seeds=1, note="of the claim")
    ]
    found = results(rows, claims)
    found.notes.append("of the run")
    assert footnotes(found) == [
        "a, fast, x: missed: within restart noise: the null reaches 40",
        "a, fast, x: of the claim",
        "a, fast: n",
        "a, slow: stand-in: s",
        "a, slow: degenerate: empty",
        "of the run",
    ]
