"""Gaps between groups against plain loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfcore.metrics import demographic_parity, equal_opportunity


def rate(predictions, keep):
    kept = [p for p, k in zip(predictions, keep, strict=True) if k]
    return sum(kept) / len(kept)


@given(seed=st.integers(0, 10**6), n=st.integers(8, 60))
def test_gaps_are_differences_of_rates(seed, n):
    rng = np.random.default_rng(seed)
    y, p, g = rng.integers(0, 2, (3, n))
    y[:4], g[:4] = 1, [0, 1, 0, 1]
    gap = rate(p, g == 1) - rate(p, g == 0)
    assert demographic_parity(p, g) == pytest.approx(gap, abs=1e-12)
    assert demographic_parity(p, 1 - g) == pytest.approx(-gap, abs=1e-12)
    gap = rate(p, (g == 1) & (y == 1)) - rate(p, (g == 0) & (y == 1))
    assert equal_opportunity(y, p, g) == pytest.approx(gap, abs=1e-12)


def test_a_constant_classifier_has_no_gap():
    groups = np.arange(10) % 2
    for constant in (0, 1):
        assert demographic_parity(np.full(10, constant), groups) == 0
        assert equal_opportunity(np.ones(10, int), np.full(10, constant), groups) == 0


def test_kinds_of_numbers_do_not_matter():
    p, g = np.array([1, 0, 1, 1]), np.array([0, 0, 1, 1])
    for kind in (bool, float, np.uint8, list):
        given_ = (p.tolist(), g.tolist()) if kind is list else (p, g)
        given_ = given_ if kind is list else tuple(x.astype(kind) for x in given_)
        assert demographic_parity(*given_) == 0.5


def test_error_gaps():
    with pytest.raises(ValueError, match="groups should hold both 0 and 1"):
        demographic_parity([0, 1], [1, 1])
    with pytest.raises(ValueError, match="groups where y = 1 should hold both"):
        equal_opportunity([0, 1], [0, 1], [0, 1])
    with pytest.raises(ValueError, match="predictions should hold 0 and 1 only"):
        demographic_parity([0, 2], [0, 1])
    with pytest.raises(ValueError, match=r"groups\.shape\[-1\]=3 should be 2"):
        demographic_parity([0, 1], [0, 1, 1])
    with pytest.raises(ValueError, match="y holds 1 missing value"):
        equal_opportunity([np.nan, 1], [0, 1], [0, 1])
