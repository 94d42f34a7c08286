"""Tests of random search and of the Latin hypercube."""

import numpy as np
import pytest

from rfcore.zeroth import Discrete
from rfcore.zeroth.sampling import RandomSearch, latin_hypercube
from rfcore.zeroth.space import as_space


@pytest.mark.parametrize(("n", "dim"), [(1, 1), (1, 5), (7, 1), (10, 3), (50, 64)])
def test_latin_hypercube_has_one_point_in_each_slice(n, dim):
    points = latin_hypercube(n, dim, np.random.default_rng(0))
    assert points.shape == (n, dim)
    slices = np.sort(np.floor(points * n), axis=0)
    np.testing.assert_array_equal(slices, np.tile(np.arange(n), (dim, 1)).T)


def test_latin_hypercube_may_be_empty():
    assert latin_hypercube(0, 4, np.random.default_rng(0)).shape == (0, 4)


def test_latin_hypercube_shuffles_each_coordinate_by_itself():
    points = latin_hypercube(200, 3, np.random.default_rng(0))
    correlations = np.corrcoef(points.T)[np.triu_indices(3, 1)]
    assert np.abs(correlations).max() < 0.25


def test_latin_hypercube_fills_its_slices():
    within = latin_hypercube(500, 1, np.random.default_rng(0)).ravel() * 500 % 1.0
    assert within.min() < 0.02
    assert within.max() > 0.98
    assert abs(within.mean() - 0.5) < 0.05


def test_latin_hypercube_repeats_with_its_generator():
    first, again, other = (
        latin_hypercube(9, 4, np.random.default_rng(seed)) for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_random_points_fill_the_box():
    space = as_space([[-1.0, 3.0], [5.0, 5.0], [0.0, 1e-3]])
    points = RandomSearch(space, 10, 0, np.random.default_rng(0)).ask(4000)
    assert space.contains(points).all()
    np.testing.assert_array_equal(points[:, 1], 5.0)
    np.testing.assert_allclose(points.min(axis=0), space.low, atol=0.01)
    np.testing.assert_allclose(points.max(axis=0), space.high, atol=0.01)
    np.testing.assert_allclose(points[:, 0].mean(), 1.0, atol=0.1)


def test_random_choices_are_all_drawn():
    choices = (1, 2, 5)
    points = RandomSearch(Discrete(choices), 10, 0, np.random.default_rng(0)).ask(300)
    for column, n in zip(points.T, choices, strict=True):
        values, counts = np.unique(column, return_counts=True)
        np.testing.assert_array_equal(values, np.arange(n))
        assert counts.min() > 0.6 * 300 / n
