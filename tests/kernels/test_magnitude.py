"""The largest absolute value, against NumPy."""

import numpy as np
import pytest

from rfcore import _core


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [1, 7, 64, 1001, 700_001])
def test_equals_numpy(n, dtype):
    x = (np.random.default_rng(n).normal(size=n) ** 9).astype(dtype)
    assert _core.largest_magnitude(x) == np.abs(x).max()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_by_hand(dtype):
    def largest(*values):
        return _core.largest_magnitude(np.array(values, dtype))

    assert largest() == 0.0
    assert largest(0.0, -0.0) == 0.0
    assert largest(1.0, -3.5, 2.0) == 3.5
    assert largest(1.0, -np.inf) == np.inf
    assert np.isnan(largest(np.inf, np.nan, 1.0))
    assert np.isnan(largest(-np.nan))
    assert largest(np.finfo(dtype).smallest_subnormal) > 0.0


def test_one_gap_is_found_in_any_part():
    x = np.zeros(600_000)
    for place in (0, 299_999, 300_001, 599_999):
        x[place] = np.nan
        assert np.isnan(_core.largest_magnitude(x))
        x[place] = 7.0
        assert _core.largest_magnitude(x) == 7.0
        x[place] = 0.0
