"""Tests of the verdicts: a table of cases, each computed by hand."""

import math

import pytest

from rfcore.experiments import Claim, Row, judge

NAN = float("nan")


def rows(values, **more):
    return [
        Row("d", "m", "x", value, seed=seed, **more)
        for seed, value in enumerate(values)
    ]


def claim(reported=24.0, **more):
    return Claim("d", "m", "x", reported, **{"min_seeds": 1, **more})


def verdict(a_claim, found):
    (judgment,) = judge([a_claim], found)
    return judgment.verdict


@pytest.mark.parametrize(
    ("bounds", "value", "expected"),
    [
        ({}, 25, "beaten"),
        ({}, 24, "met"),
        ({}, 22.5, "missed by 1.5"),
        ({"low": 26}, 25, "missed by 1"),
        ({"low": 26}, 26, "beaten"),
        ({"low": 22}, 22, "met"),
        ({"low": 22}, 21, "missed by 1"),
        ({"low": 22, "high": 26}, 26, "met"),
        ({"low": 22, "high": 26}, 27, "beaten"),
        ({"direction": "at_most"}, 23, "beaten"),
        ({"direction": "at_most"}, 24, "met"),
        ({"direction": "at_most"}, 25, "missed by 1"),
        ({"direction": "at_most", "high": 20}, 21, "missed by 1"),
        ({"direction": "at_most", "high": 20}, 20, "beaten"),
        ({"direction": "at_most", "low": 20, "high": 26}, 20, "met"),
        ({"direction": "equal"}, 24, "met"),
        ({"direction": "equal"}, 25, "missed by 1"),
        ({"direction": "equal"}, 23, "missed by 1"),
        ({"direction": "equal", "low": 23.5, "high": 24.5}, 24.5, "met"),
        ({"direction": "equal", "low": 23.5, "high": 24.5}, 25, "missed by 0.5"),
        ({"reported": None, "low": 3}, 99, "met"),
        ({"reported": None, "low": 3}, 2, "missed by 1"),
        ({"reported": None, "high": 3, "direction": "at_most"}, -9, "met"),
        ({"reported": None, "high": 3, "direction": "at_most"}, 4, "missed by 1"),
        ({}, math.inf, "beaten"),
        ({"direction": "at_most"}, math.inf, "missed by inf"),
    ],
)
def test_verdict_of_one_value(bounds, value, expected):
    assert verdict(claim(**bounds), rows([value])) == expected


@pytest.mark.parametrize(
    ("statistic", "measured"),
    [("median", 3.0), ("mean", 4.0), ("min", 1.0), ("max", 9.0)],
)
def test_statistics_over_seeds(statistic, measured):
    found = rows([9, 1, 3, 2, 5])
    (judgment,) = judge([claim(measured, statistic=statistic)], found)
    assert judgment.measured == measured
    assert judgment.verdict == "met"
    assert (judgment.measured_min, judgment.measured_max) == (1.0, 9.0)
    assert judgment.n_seeds == 5


def test_ten_seeds_are_needed_by_default():
    ten = Claim("d", "m", "x", 24.0)
    assert verdict(ten, rows([30] * 9)) == "reported: 9 of 10 seeds"
    assert verdict(ten, rows([30] * 10)) == "beaten"


def test_the_same_seed_twice_counts_once():
    found = [Row("d", "m", "x", 30, seed=0) for _ in range(10)]
    assert verdict(Claim("d", "m", "x", 24.0), found) == "reported: 1 of 10 seeds"


def test_rows_without_a_seed_need_no_more():
    found = [Row("d", "m", "x", 30)]
    assert verdict(Claim("d", "m", "x", 24.0), found) == "beaten"


def test_without_rows_nothing_was_run():
    other = [
        Row("e", "m", "x", 30),
        Row("d", "n", "x", 30),
        Row("d", "m", "y", 30),
    ]
    (judgment,) = judge([claim()], other)
    assert (judgment.verdict, judgment.measured) == ("not run", None)


@pytest.mark.parametrize(
    ("null", "value", "expected"),
    [
        ([0, 3, 1], 30, "beaten"),
        ([0, 30, 1], 30, "missed: within restart noise"),
        ([0, 148], 30, "missed: within restart noise"),
        ({"max": 29}, 30, "beaten"),
        ({"median": 29}, 30, "missed: no null to compare with"),
        (None, 30, "missed: no null to compare with"),
        ([0], 20, "missed by 4"),
    ],
)
def test_value_must_lie_above_the_null(null, value, expected):
    found = rows([value], null=null)
    assert verdict(claim(above_null=True), found) == expected


def test_value_must_lie_below_the_null_where_less_is_better():
    downward = claim(direction="at_most", above_null=True)
    assert verdict(downward, rows([20], null=[21, 50])) == "beaten"
    assert verdict(downward, rows([21], null=[21, 50])).endswith("restart noise")


def test_null_of_every_seed_counts():
    found = [*rows([30, 30]), Row("d", "m", "x", 30, seed=2, null=[40])]
    found[0] = Row("d", "m", "x", 30, seed=0, null=[2])
    (judgment,) = judge([claim(above_null=True)], found)
    assert judgment.verdict == "missed: within restart noise"
    assert (judgment.null_min, judgment.null_max) == (2.0, 40.0)
    assert judgment.why == "the null reaches 40"


def test_null_is_ignored_where_the_claim_does_not_ask():
    assert verdict(claim(), rows([30], null=[99])) == "beaten"


def test_degenerate_answer_is_no_success():
    found = rows([30, 30])
    found.append(Row("d", "m", "x", 30, seed=2, degenerate="an empty cluster"))
    (judgment,) = judge([claim()], found)
    assert judgment.verdict == "missed: degenerate in 1 of 3 answers"
    assert judgment.why == "an empty cluster"


def test_nan_is_no_success():
    (judgment,) = judge([claim()], rows([30, NAN, 50]))
    assert judgment.verdict == "missed: not a number"
    assert math.isnan(judgment.measured)
    assert (judgment.measured_min, judgment.measured_max) == (30.0, 50.0)


def misprinted(reported, released, **more):
    a_claim = claim(
        reported, contradicted_by="x[released]", misprint="the data say so", **more
    )
    return [a_claim], [
        Row("d", "authors", "x[released]", value, seed=seed)
        for seed, value in enumerate(released)
    ]


@pytest.mark.parametrize(
    ("reported", "released", "decimals", "is_misprint"),
    [
        (5, [1], None, True),
        (5, [5], None, False),
        (5, [5.4], None, False),
        (5, [5.6], None, True),
        (0.8814, [0.8692], None, True),
        (0.8814, [0.88135], None, False),
        (0.8814, [0.88146], None, True),
        (0.1, [0.096], None, False),
        (0.1, [0.096], 3, True),
        (20, [21], None, True),
        (1e-05, [1e-05], None, False),
        (1e-05, [3e-05], None, True),
        (5, [1, 5, 5], None, False),
        (5, [], None, False),
        (5, [NAN], None, False),
    ],
)
def test_misprint_is_computed(reported, released, decimals, is_misprint):
    claims, found = misprinted(reported, released, decimals=decimals)
    expected = "misprint" if is_misprint else "beaten"
    assert verdict(claims[0], found + rows([99])) == expected


def test_misprint_needs_no_run_and_carries_the_proof():
    claims, found = misprinted(5, [1])
    (judgment,) = judge(claims, found)
    assert (judgment.verdict, judgment.measured) == ("misprint", None)
    assert judgment.why == "the data say so (1 recomputed, 5 printed)"


def test_released_rows_of_another_data_set_prove_nothing():
    claims, _ = misprinted(5, [1])
    other = [Row("e", "authors", "x[released]", 1)]
    assert verdict(claims[0], other + rows([5])) == "met"


def test_each_protocol_is_judged_by_itself():
    found = rows([30], protocol="thesis") + rows([20], protocol="held-out")
    both = judge([claim()], found)
    assert [(item.protocol, item.verdict) for item in both] == [
        ("thesis", "beaten"),
        ("held-out", "missed by 4"),
    ]
    assert verdict(claim(protocol="held-out"), found) == "missed by 4"


def test_dict_has_the_words_that_are_fixed():
    (judgment,) = judge([claim(low=26, note="n")], rows([25], null=[1]))
    found = judgment.to_dict()
    fixed = {
        "dataset": "d",
        "method": "m",
        "metric": "x",
        "reported": 24.0,
        "measured": 25.0,
        "low": 26,
        "high": None,
        "verdict": "missed by 1",
    }
    assert {name: found[name] for name in fixed} == fixed
    assert (found["null_max"], found["note"], found["n_seeds"]) == (1.0, "n", 1)


@pytest.mark.parametrize(
    ("options", "interval"),
    [
        ({}, (24.0, None)),
        ({"direction": "at_most"}, (None, 24.0)),
        ({"direction": "equal"}, (24.0, 24.0)),
        ({"low": 1, "high": 30}, (1, 30)),
    ],
)
def test_interval(options, interval):
    assert claim(**options).interval() == interval


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"direction": "up"}, "direction='up' should be one of: at_least, at_most"),
        ({"statistic": "mode"}, "statistic='mode' should be one of: median, mean"),
        ({"low": 2, "high": 1}, "low=2 should be <= high=1"),
        ({"reported": None}, "reported=None should come with low or high"),
        ({"reported": None, "high": 1}, "reported=None should come with low or high"),
        (
            {"reported": None, "low": 1, "direction": "equal"},
            "reported=None should come with low or high",
        ),
        ({"contradicted_by": "y"}, "should come with misprint"),
        ({"misprint": "because"}, "should come with misprint"),
        (
            {"reported": None, "low": 1, "contradicted_by": "y", "misprint": "b"},
            "should come with a reported number",
        ),
        ({"direction": "equal", "above_null": True}, "direction='equal'"),
    ],
)
def test_wrong_claims(options, message):
    with pytest.raises(ValueError, match=message):
        claim(**options)


def test_what_stands_in_for_the_thesis_data_is_only_reported():
    found = [Row("d", "m", "x", 30, seed=s, substitute="pixels") for s in range(10)]
    assert verdict(Claim("d", "m", "x", 24.0), found) == "reported: on a stand-in"
