"""How many of n things a share of them is, everywhere."""

import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import rfcore
from rfcore._shares import count_of
from rfcore.cluster.partitions import drawn
from rfcore.influence import trim
from rfcore.video import FairSummaryMILP


def test_hundredths_are_exact():
    for n in (1, 7, 100, 1000, 123_457):
        for hundredths in range(101):
            exact = Fraction(hundredths, 100) * n
            assert count_of(hundredths / 100, n) == exact.numerator // exact.denominator


def test_differences_of_shares_are_whole_where_they_should_be():
    assert count_of(1 - 0.9, 10) == 1
    assert count_of(0.1 + 0.2, 10) == 3
    assert count_of(0.999999, 10) == 9


@pytest.mark.parametrize(("share", "k"), [(0.29, 29), (0.57, 57), (0.58, 58)])
def test_whoever_takes_a_share_takes_all_of_it(share, k):
    presence = np.arange(100)[:, None] % 2
    summary = FairSummaryMILP(share=share).fit(np.hstack([presence, 1 - presence]))
    assert summary.selected_.sum() == k
    assert len(trim(-np.ones(100), share).removed) == k
    assert drawn("share", share, 100) == k


# Protocols that are repeated as they were published.
PUBLISHED = {
    "thesis/summarization/tables.py",
    "thesis/influence/evasion.py",
    "video/select.py",
}


def test_no_share_is_rounded_down_elsewhere():
    """`int(x * n)` takes 28 of 100 for .29."""
    root = Path(rfcore.__file__).parent
    pattern = re.compile(
        r"(?i)(?:int|floor)\([^()]*(?:share|fraction|budget)[^()]* \* "
    )
    found = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if pattern.search(path.read_text(encoding="utf-8"))
    }
    assert found <= PUBLISHED | {"_shares.py"}
