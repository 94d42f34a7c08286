"""Regions around good points: against loops, by hand, and what they must hold."""

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfcore import _core

BELOW_1 = np.nextafter(1.0, 0.0)


def shrink_regions(positives, negatives, bounds, discrete, n_free, uniforms):
    positives = np.asarray(positives, dtype=float)
    negatives = np.reshape(negatives, (-1, positives.shape[1])).astype(float)
    low, high, points = np.full((3, *positives.shape), np.nan)
    _core.shrink_regions(
        positives,
        negatives,
        np.asarray(bounds, dtype=float),
        discrete,
        n_free,
        np.asarray(uniforms, dtype=float),
        low,
        high,
        points,
    )
    return low, high, points


def space(widths, discrete):
    """Bounds: of so many choices, or of a box that begins anywhere; 1 is frozen."""
    widths = np.subtract(widths, 1.0)
    if discrete:
        return np.column_stack([np.zeros(len(widths)), widths])
    low = np.linspace(-3.0, 1e3, len(widths))
    return np.column_stack([low, low + widths])


def random_points(n, bounds, discrete, rng):
    low, high = bounds.T
    if discrete:
        return rng.integers(low, high, (n, len(low)), endpoint=True).astype(float)
    return np.minimum(high, low + rng.random((n, len(low))) * (high - low))


def random_question(bounds, discrete, n_positives, n_negatives, n_free, seed):
    rng = np.random.default_rng(seed)
    positives = random_points(n_positives, bounds, discrete, rng)
    near = positives[rng.integers(n_positives, size=n_negatives)]
    change = rng.random(near.shape) < rng.random((n_negatives, 1))
    far = random_points(n_negatives, bounds, discrete, rng)
    negatives = np.where(change, far, near)
    n_uniforms = _core.region_uniforms(n_negatives, n_free)
    uniforms = rng.random((n_positives, n_uniforms))
    return positives, negatives, bounds, discrete, n_free, uniforms


BITS = space([2] * 4, True)
CUBE = np.tile([0.0, 1.0], (2, 1))


@pytest.mark.parametrize(("n_negatives", "n_free"), [(0, 0), (0, 4), (3, 0), (21, 5)])
def test_number_of_uniforms(n_negatives, n_free):
    expected = 3 * n_negatives + 2 * n_free
    assert _core.region_uniforms(n_negatives, n_free) == expected


def test_choices_by_hand():
    """x = 0000; 1100 and 0110 differ from it in the coordinates 0, 1, 2.

    0.5 takes coordinate 1, and that leaves both out. Of 0, 2 and 3 one stays: 0.9 takes
    coordinate 3, and 0.6 its second value.
    """
    low, high, points = shrink_regions(
        [[0, 0, 0, 0]],
        [[1, 1, 0, 0], [0, 1, 1, 0]],
        BITS,
        True,
        1,
        [[0.5, 0, 0, 0, 0, 0, 0.9, 0.6]],
    )
    assert low.tolist() == [[0, 0, 0, 0]]
    assert high.tolist() == [[0, 0, 0, 1]]
    assert points.tolist() == [[0, 0, 0, 1]]


def test_a_coordinate_that_leaves_some_out_is_followed_by_another():
    """0.0 takes coordinate 0, which leaves 0110 inside; then 0.9 takes coordinate 2."""
    low, high, points = shrink_regions(
        [[0, 0, 0, 0]],
        [[1, 1, 0, 0], [0, 1, 1, 0]],
        BITS,
        True,
        4,
        [[0.0, 0, 0, 0.9, 0, 0, 0.6, 0.7, 0.0, 0.7, 0, 0, 0, 0]],
    )
    assert high.tolist() == [[0, 1, 0, 1]]
    assert low.tolist() == [[0, 0, 0, 0]]
    assert points.tolist() == [[0, 1, 0, 1]]


def test_a_box_by_hand():
    """x = (0.5, 0.5) between (0.1, 0.5) and (0.9, 0.9).

    Step 1: coordinate 0, where both differ; the second is taken, and the bound lies a
    quarter of the way to 0.9. Step 2: only 0 tells the first negative from x, and the
    bound lies half way to 0.1. Both stay free, coordinate 1 first.
    """
    low, high, points = shrink_regions(
        [[0.5, 0.5]],
        [[0.1, 0.5], [0.9, 0.9]],
        CUBE,
        False,
        2,
        [[0.0, 0.5, 0.25, 0.9, 0.9, 0.5, 0.5, 0.75, 0.9, 0.5]],
    )
    np.testing.assert_allclose(low, [[0.3, 0.0]], rtol=1e-15)
    np.testing.assert_allclose(high, [[0.6, 1.0]], rtol=1e-15)
    np.testing.assert_allclose(points, [[0.45, 0.75]], rtol=1e-15)


@pytest.mark.parametrize("discrete", [True, False])
@pytest.mark.parametrize(
    "widths",
    [[2] * 30, [3] * 30, [5] * 30, [2], [1, 1, 1], [4, 2, 1, 5, 3] * 4],
    ids=str,
)
@pytest.mark.parametrize("n_negatives", [0, 1, 3, 21])
@pytest.mark.parametrize("n_free", [0, 1, 4, 50])
def test_equals_loops(widths, discrete, n_negatives, n_free):
    bounds = space(widths, discrete)
    for seed in range(5):
        question = random_question(bounds, discrete, 6, n_negatives, n_free, seed)
        found = shrink_regions(*question)
        positives, negatives, *_, uniforms = question
        for i, (x, u) in enumerate(zip(positives, uniforms, strict=True)):
            expected = oracles.shrink_region(x, negatives, bounds, discrete, n_free, u)
            np.testing.assert_array_equal([part[i] for part in found], expected)


@given(
    st.lists(st.sampled_from([1, 2, 3, 5]), min_size=1, max_size=8),
    st.booleans(),
    st.integers(0, 12),
    st.integers(0, 9),
    st.sampled_from([0.0, 0.5, BELOW_1, None]),
    st.integers(0, 2**32 - 1),
)
def test_regions_hold_the_positive_point_and_no_negative(
    widths, discrete, n_negatives, n_free, u, seed
):
    bounds = space(widths, discrete)
    question = random_question(bounds, discrete, 3, n_negatives, n_free, seed)
    positives, negatives, *_, uniforms = question
    if u is not None:
        uniforms[:] = u
    low, high, points = shrink_regions(*question)
    assert ((bounds[:, 0] <= low) & (high <= bounds[:, 1])).all()
    assert ((low <= positives) & (positives <= high)).all()
    assert ((low <= points) & (points <= high)).all()
    assert ((low < high).sum(axis=1) <= n_free).all()
    for x, a, b in zip(positives, low, high, strict=True):
        inside = ((a <= negatives) & (negatives <= b)).all(axis=1)
        assert (negatives[inside] == x).all()
    if discrete:
        assert (points == np.floor(points)).all()


@pytest.mark.parametrize(("discrete", "n_free"), [(True, 2), (False, 3)])
def test_a_box_keeps_free_what_choices_fix(discrete, n_free):
    """A bound leaves a real coordinate free; of choices x alone is left."""
    question = [[0, 0, 0]], [[1, 0, 0]], np.tile([0.0, 1.0], (3, 1)), discrete, 3
    low, high, _ = shrink_regions(*question, [[0.0, 0.0, 0.5, *[0.0] * 6]])
    assert (low < high).sum() == n_free


def test_points_fill_their_regions():
    uniforms = np.random.default_rng(0).random((4000, 7))
    low, high, points = shrink_regions(
        np.tile([0.25, 0.5], (4000, 1)), [[1.0, 0.5]], CUBE, False, 2, uniforms
    )
    assert high[:, 0].min() >= 0.25
    np.testing.assert_allclose(high[:, 0].mean(), 0.625, atol=0.02)
    within = (points - low) / (high - low)
    quarters = [0.25, 0.5, 0.75]
    for column in within.T:
        np.testing.assert_allclose(np.quantile(column, quarters), quarters, atol=0.03)


def test_all_choices_are_drawn():
    uniforms = np.random.default_rng(0).random((4000, 4))
    bounds = space([3, 5], True)
    nothing = np.empty((0, 2))
    _, _, points = shrink_regions(
        np.ones((4000, 2)), nothing, bounds, True, 2, uniforms
    )
    for column, n in zip(points.T, (3, 5), strict=True):
        counts = np.bincount(column.astype(int), minlength=n)
        assert counts.min() > 0.85 * 4000 / n


def test_free_coordinates_are_drawn_alike():
    uniforms = np.random.default_rng(1).random((3000, 4))
    bounds = space([2] * 6, True)
    nothing = np.empty((0, 6))
    low, high, _ = shrink_regions(
        np.zeros((3000, 6)), nothing, bounds, True, 2, uniforms
    )
    counts = (low < high).sum(axis=0)
    np.testing.assert_allclose(counts, 1000, atol=100)


def test_telling_coordinates_are_drawn_alike():
    uniforms = np.random.default_rng(2).random((3000, 15))
    bounds = space([2] * 6, True)
    low, high, _ = shrink_regions(
        np.zeros((3000, 6)), [[1, 0, 1, 0, 1, 0]], bounds, True, 6, uniforms
    )
    fixed = (low == high).sum(axis=0)
    np.testing.assert_allclose(fixed, [1000, 0] * 3, atol=100)


@pytest.mark.parametrize(("discrete", "expected"), [(True, 1.0), (False, 0.75)])
def test_a_negative_equal_to_the_positive_is_left_out(discrete, expected):
    low, high, points = shrink_regions(
        [[1, 0]], [[1, 0], [1, 0]], CUBE, discrete, 2, np.full((1, 10), 0.75)
    )
    assert low.tolist() == [[0, 0]]
    assert high.tolist() == [[1, 1]]
    assert (points == expected).all()


def test_a_bound_that_rounds_to_the_negative_is_the_positive():
    """On either side; the next uniforms would put it half way."""
    for x, z, expected in ((0.5, 0.75, (0.0, 0.5)), (-0.5, -0.75, (-0.5, 0.0))):
        assert x + BELOW_1 * (z - x) == z
        bounds = [[min(0.0, 2 * x), max(0.0, 2 * x)]]
        u = [[0, 0, BELOW_1, 0, 0, 0.5, 0]]
        low, high, _ = shrink_regions([[x]], [[z]], bounds, False, 2, u)
        assert (low.item(), high.item()) == expected


def test_no_points():
    low, _, points = shrink_regions(
        np.empty((0, 4)), [[0, 1, 0, 0]], BITS, True, 1, np.empty((0, 5))
    )
    assert low.shape == points.shape == (0, 4)


@pytest.mark.parametrize(
    ("widths", "discrete"), [([2] * 539, True), ([2] * 64, False), ([3, 1] * 60, True)]
)
def test_the_same_bits_for_any_number_of_threads(same_bits, widths, discrete):
    question = random_question(space(widths, discrete), discrete, 400, 21, 9, 3)
    same_bits(lambda: shrink_regions(*question))


GOOD = {
    "positives": np.zeros((4, 3)),
    "negatives": np.ones((2, 3)),
    "bounds": np.tile([0.0, 1.0], (3, 1)),
    "discrete": True,
    "n_free": 1,
    "uniforms": np.zeros((4, 8)),
    "low": np.zeros((4, 3)),
    "high": np.zeros((4, 3)),
    "points": np.zeros((4, 3)),
}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("negatives", np.ones((2, 4)), r"negatives.shape\[1\]=4 should be 3"),
        ("bounds", np.zeros((2, 2)), r"bounds.shape\[0\]=2 should be 3"),
        ("bounds", np.zeros((3, 1)), r"bounds.shape\[1\]=1 should be 2"),
        ("n_free", -1, "n_free=-1 should be >= 0"),
        ("uniforms", np.zeros((3, 8)), r"uniforms.shape\[0\]=3 should be 4"),
        ("uniforms", np.zeros((4, 7)), r"uniforms.shape\[1\]=7 should be 8"),
        ("low", np.zeros((3, 3)), r"low.shape\[0\]=3 should be 4"),
        ("high", np.zeros((4, 2)), r"high.shape\[1\]=2 should be 3"),
        ("points", np.zeros((5, 3)), r"points.shape\[0\]=5 should be 4"),
        ("positives", np.zeros(3), "positives.ndim=1 should be 2"),
    ],
)
def test_error_of_shapes(name, value, message):
    with pytest.raises(ValueError, match=message):
        _core.shrink_regions(**{**GOOD, name: value})


@pytest.mark.parametrize("name", ["positives", "bounds", "uniforms", "points"])
def test_error_of_another_dtype(name):
    with pytest.raises(TypeError):
        _core.shrink_regions(**{**GOOD, name: GOOD[name].astype(np.float32)})


def test_error_of_negative_counts():
    with pytest.raises(ValueError, match="n_negatives=-1 should be >= 0"):
        _core.region_uniforms(-1, 2)
    with pytest.raises(ValueError, match="n_free=-2 should be >= 0"):
        _core.region_uniforms(3, -2)
