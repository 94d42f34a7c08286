"""Tests of the spaces that optimizers search."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfcore.zeroth import Discrete
from rfcore.zeroth.space import Box, as_space

FINITE = st.floats(-1e12, 1e12, allow_nan=False)


def test_bounds_become_a_box():
    space = as_space([[0, 1], [2, 2], [-3, 4]])
    assert isinstance(space, Box)
    assert space.dim == 3
    np.testing.assert_array_equal(space.low, [0, 2, -3])
    np.testing.assert_array_equal(space.high, [1, 2, 4])
    np.testing.assert_array_equal(space.free, [0, 2])


def test_box_does_not_follow_its_bounds():
    bounds = np.array([[0.0, 1.0]])
    space = as_space(bounds)
    bounds[:] = 7.0
    assert (space.low[0], space.high[0]) == (0.0, 1.0)


def test_unit_cube_maps_onto_the_box():
    space = as_space([[0.0, 10.0], [2.0, 2.0], [-1.0, 1.0]])
    X = space.from_unit(np.array([[0.0, 0.0], [0.5, 0.25], [1.0, 1.0]]))
    np.testing.assert_array_equal(X, [[0, 2, -1], [5, 2, -0.5], [10, 2, 1]])
    np.testing.assert_array_equal(space.to_unit(X), [[0, 0], [0.5, 0.25], [1, 1]])


@given(
    st.lists(st.tuples(FINITE, FINITE), min_size=1, max_size=4),
    st.integers(0, 2**32 - 1),
)
def test_points_never_leave_the_box(pairs, seed):
    space = as_space([sorted(pair) for pair in pairs])
    rng = np.random.default_rng(seed)
    U = rng.choice([0.0, 1.0, rng.random(), np.nextafter(1.0, 0.0)], (20, 4))
    X = space.from_unit(U[:, : space.free.size])
    assert space.contains(X).all()
    back = space.from_unit(space.to_unit(X))
    np.testing.assert_allclose(back, X, atol=1e-3, rtol=1e-12)


@pytest.mark.parametrize(
    ("point", "inside"),
    [
        ([0.0, 2.0], True),
        ([1.0, 2.0], True),
        ([np.nextafter(1.0, 2.0), 2.0], False),
        ([np.nextafter(0.0, -1.0), 2.0], False),
        ([0.5, np.nextafter(2.0, 3.0)], False),
        ([np.nan, 2.0], False),
    ],
)
def test_box_knows_its_points(point, inside):
    assert as_space([[0, 1], [2, 2]]).contains(np.array([point])).item() is inside


@pytest.mark.parametrize(
    ("point", "inside"),
    [
        ([0.0, 0.0], True),
        ([1.0, 2.0], True),
        ([2.0, 0.0], False),
        ([0.0, 3.0], False),
        ([-1.0, 0.0], False),
        ([0.5, 0.0], False),
        ([np.nan, 0.0], False),
    ],
)
def test_choices_know_their_points(point, inside):
    assert Discrete([2, 3]).contains(np.array([point])).item() is inside


def test_choices_are_kept_as_integers():
    space = Discrete(np.array([2, 3]))
    assert space.choices == (2, 3)
    assert space.dim == 2
    assert as_space(space) is space


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ([[1.0, 0.5]], r"the box is empty: low=1\.0 > high=0\.5 in 0"),
        ([[0, 1], [3, 2]], r"low=3\.0 > high=2\.0 in 1"),
        ([[0, np.inf]], "should be finite"),
        ([[np.nan, 1]], "should be finite"),
        ([0, 1], r"space\.shape=\(2,\) should be \(dim, 2\)"),
        ([[0, 1, 2]], r"space\.shape=\(1, 3\)"),
        (np.empty((0, 2)), r"space\.shape=\(0, 2\)"),
        (None, r"space\.shape=\(\)"),
        ([[-1.7e308, 1.7e308]], "the box is too wide: low=-1.7e"),
    ],
)
def test_error_of_bounds(bounds, message):
    with pytest.raises(ValueError, match=message):
        as_space(bounds)


@pytest.mark.parametrize(
    ("choices", "error", "message"),
    [
        ([], ValueError, "at least 1 coordinate"),
        ([2, 0], ValueError, r"choices=\(2, 0\) should be >= 1"),
        ([-3], ValueError, r"choices=\(-3,\) should be >= 1"),
        ([2.5], TypeError, "float"),
        ("23", TypeError, "str"),
    ],
)
def test_error_of_choices(choices, error, message):
    with pytest.raises(error, match=message):
        Discrete(choices)
