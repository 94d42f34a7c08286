"""The interval of paired differences, and when there is none."""

import numpy as np
import pytest

from rfcore.experiments.claims import Claim, judge
from rfcore.experiments.paired import gain_rows, mean_interval

ABOUT = ("adult", "trimmed")


def rows_of(differences, **options):
    return {
        row.metric: row
        for row in gain_rows(
            differences, ABOUT, "gain[over random]", protocol="held-out", **options
        )
    }


def test_the_interval_by_hand():
    # s of 1, 2, 3, 6 is the root of 14 / 3, and t of 3 degrees of freedom 3.182446.
    mean, low, high = mean_interval([1.0, 2.0, 3.0, 6.0])
    half = 3.182446 * np.sqrt(14 / 3) / 2
    assert mean == 3.0
    assert (low, high) == pytest.approx((3 - half, 3 + half), rel=1e-6)


def test_it_covers_the_mean_as_often_as_it_says():
    draws = np.random.default_rng(0).normal(size=(2000, 10))
    ends = [mean_interval(draw)[1:] for draw in draws]
    assert np.mean([low <= 0 <= high for low, high in ends]) == pytest.approx(
        0.95, abs=0.015
    )


def test_rows_are_the_mean_and_both_ends():
    rows = rows_of([1.0, 2.0, 3.0, 6.0])
    assert list(rows) == [f"gain[over random{end}]" for end in ("", ", low", ", high")]
    assert [row.value for row in rows.values()] == list(mean_interval([1, 2, 3, 6]))
    assert all(row.protocol == "held-out" for row in rows.values())
    assert rows_of([1.0, 2.0], min_seeds=3) == {}


def test_a_number_that_was_not_drawn_has_no_interval():
    rows = rows_of([0.25, 0.25, 0.25])
    assert list(rows) == ["gain[over random]"]
    assert rows["gain[over random]"].value == 0.25


def test_no_difference_is_no_success():
    rows = rows_of([0.0, 0.0, 0.0])
    claim = Claim(*ABOUT, "gain[over random, low]", None, low=0.0)
    (judgment,) = judge([claim], list(rows.values()))
    assert judgment.verdict.startswith("missed: degenerate")
    rows = rows_of([1.0, 2.0, 3.0], degenerate="alike")
    assert {row.degenerate for row in rows.values()} == {"alike"}
