"""The 0/1 knapsack against all subsets, and the published table for its ties."""

import numpy as np
import oracles_video
import pytest

from rfcore import _core


def knapsack(values, weights, capacity, single=False):
    values = np.asarray(values, dtype=np.float64)
    weights = np.asarray(weights, dtype=np.int64)
    taken = np.full(len(values), 7, dtype=np.uint8)
    total = _core.knapsack(values, weights, capacity, single, taken)
    assert np.isin(taken, [0, 1]).all()
    return total, taken.astype(bool)


def test_by_hand():
    assert knapsack([3, 4, 5, 6], [2, 3, 4, 5], 5)[0] == 7.0
    assert knapsack([3, 4, 5, 6], [2, 3, 4, 5], 5)[1].tolist() == [1, 1, 0, 0]


@pytest.mark.parametrize("n", [0, 1, 2, 5, 10])
@pytest.mark.parametrize("capacity", [0, 1, 7, 20, 1000])
def test_no_subset_is_worth_more(n, capacity):
    rng = np.random.default_rng(n + capacity)
    values, weights = rng.integers(-3, 30, n), rng.integers(0, 12, n)
    total, taken = knapsack(values, weights, capacity)
    assert total == oracles_video.knapsack_by_trying(values, weights, capacity)
    assert values[taken].sum() == total
    assert weights[taken].sum() <= capacity


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("levels", [2, 4, 1000])
@pytest.mark.parametrize("seed", range(4))
def test_takes_the_items_of_the_published_table(single, levels, seed):
    """Few levels of value make many ties."""
    rng = np.random.default_rng(seed)
    values = rng.integers(levels, size=25) / 7.0
    weights = rng.integers(1, 20, 25)
    dtype = np.float32 if single else np.float64
    expected = oracles_video.knapsack_by_table(values, weights, 60, dtype)
    np.testing.assert_array_equal(knapsack(values, weights, 60, single)[1], expected)


def test_of_equal_choices_the_earlier_item_stays():
    assert knapsack([2, 2], [3, 3], 3)[1].tolist() == [1, 0]
    assert knapsack([1, 1, 2], [1, 1, 2], 2)[1].tolist() == [1, 1, 0]


def test_rounding_to_float32_can_choose_otherwise():
    values = [1.0, 1.0 + 1e-9]
    assert knapsack(values, [2, 2], 2)[1].tolist() == [0, 1]
    total, taken = knapsack([2.0**25, 1.0, 1.0], [1, 1, 1], 3, single=True)
    assert total == 2.0**25
    assert taken.tolist() == [1, 1, 1]


def test_items_that_are_worth_nothing_or_too_heavy_are_left_out():
    assert knapsack([0.0, -1.0, 5.0, 1.0], [0, 0, 9, 1], 8)[1].tolist() == [0, 0, 0, 1]
    assert knapsack([5.0, 1.0], [2**62, 2**62], 2**62 - 1)[1].tolist() == [0, 0]
    assert knapsack([5.0], [1], 0)[1].tolist() == [0]
    assert knapsack([5.0], [0], 0)[1].tolist() == [1]


def test_a_capacity_beyond_all_weights_costs_nothing():
    assert knapsack([1.0, 2.0], [1, 2], 2**62)[1].tolist() == [1, 1]


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_scales(scale):
    rng = np.random.default_rng(0)
    values, weights = rng.integers(1, 64, 30) / 8.0, rng.integers(1, 20, 30)
    expected = oracles_video.knapsack_by_table(values * scale, weights, 80)
    np.testing.assert_array_equal(knapsack(values * scale, weights, 80)[1], expected)


def test_errors():
    with pytest.raises(ValueError, match=r"weights.shape\[0\]=1 should be 2"):
        knapsack([1, 2], [1], 3)
    with pytest.raises(ValueError, match="weight=-1 should be >= 0"):
        knapsack([1, 2], [1, -1], 3)
    with pytest.raises(ValueError, match="capacity=-2 should be >= 0"):
        knapsack([1, 2], [1, 1], -2)
    with pytest.raises(ValueError, match=r"taken.shape\[0\]=1 should be 2"):
        _core.knapsack(np.ones(2), np.ones(2, int), 3, False, np.zeros(1, np.uint8))
