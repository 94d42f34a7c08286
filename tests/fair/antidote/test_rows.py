"""Where antidote rows may lie, and which rows are suggested first."""

import itertools

import numpy as np
import pytest

from rfcore.cluster import KMeans
from rfcore.fair.antidote.questions import Questions
from rfcore.fair.antidote.rows import Room, _gradients, suggested_rows
from rfcore.metrics import coordinate_depth

RNG = np.random.default_rng(0)
SCALES = np.array([1.0, 10.0, 0.1])
GROUPS = RNG.integers(0, 2, 150).astype(np.int32)
X = RNG.normal(size=(150, 3)) * SCALES
X[:, 0] += 2.0 * GROUPS
WEIGHTS = np.array([3.0, 0.5, 70.0])


def bowl(X, centers, groups):
    """A smooth cost, whose gradient is 2 w c."""
    return float((WEIGHTS * centers**2).sum())


def asked(cost=bowl):
    return Questions(KMeans(2, random_state=0), X, GROUPS, cost)


def room(questions, bounds="range", depth_quantile=None):
    before = questions.before
    return Room(X, bounds, depth_quantile, before.centers, before.labels)


def holds_row(rows, row):
    return np.isclose(rows, row, rtol=1e-12, atol=1e-12).all(axis=1).any()


def test_gradients_of_a_smooth_cost():
    questions = asked()
    expected = 2.0 * WEIGHTS * questions.before.centers
    gradients = _gradients(questions)
    assert len(gradients) == 2
    for own in gradients:
        np.testing.assert_allclose(own, expected, rtol=1e-8, atol=1e-9)
    assert questions.n_queries == 0


def test_a_cost_that_is_nan_off_the_centers_has_no_gradient():
    before = asked().before.centers

    def cost(X, centers, groups):
        return 0.0 if np.array_equal(centers, before) else np.nan

    assert not _gradients(asked(cost)).any()


def test_a_room_without_bounds_is_ten_times_the_range():
    wide = room(asked(), None)
    low, high = X.min(axis=0), X.max(axis=0)
    np.testing.assert_allclose(wide.high - wide.low, 10.0 * (high - low))
    np.testing.assert_allclose(wide.high + wide.low, high + low)
    assert len(wide.boxes) == 2
    np.testing.assert_array_equal(wide.boxes[1], [low, high])
    (only,) = room(asked()).boxes
    np.testing.assert_array_equal(only, [low, high])


@pytest.mark.parametrize("bounds", ["range", None, [[0.5, 2], [-3, 3], [0, 0]]])
def test_suggested_rows_lie_in_the_room_and_none_is_there_twice(bounds):
    questions = asked()
    own = room(questions, bounds)
    rows = suggested_rows(questions, own, GROUPS, np.random.default_rng(0))
    assert ((rows >= own.low) & (rows <= own.high)).all()
    assert len(np.unique(rows, axis=0)) == len(rows) > 100
    for low, high in own.boxes:
        for corner in itertools.product(*zip(low, high, strict=True)):
            assert (rows == corner).all(axis=1).any()


def test_suggested_rows_go_down_and_toward_groups():
    questions = asked()
    own = room(questions, None)
    rows = suggested_rows(questions, own, GROUPS, np.random.default_rng(0))
    before = questions.before
    moves = -2.0 * WEIGHTS * before.centers
    for c, (center, move) in enumerate(zip(before.centers, moves, strict=True)):
        assert holds_row(rows, np.where(move > 0, own.high, own.low))
        assert holds_row(rows, np.clip(center + move, own.low, own.high))
        for g in (0, 1):
            mean = X[(before.labels == c) & (GROUPS == g)].mean(axis=0)
            assert holds_row(rows, mean)
            assert holds_row(rows, 2.0 * center - mean)
    assert holds_row(rows, before.centers.mean(axis=0))
    first = np.where(moves[0] > 0, own.high, own.low)
    np.testing.assert_array_equal(rows[0], first)


BEYOND = [[1.6, 9.0], [1.0, 40.0], [-0.3, 0.3]]


def test_rows_pulled_to_depth_stay_within_bounds_that_leave_centers_out():
    questions = asked()
    centers = questions.before.centers
    own = room(questions, BEYOND, 0.1)
    assert (np.clip(centers, own.low, own.high) != centers).any(axis=1).all()
    V = own.admit(np.random.default_rng(1).normal(size=(20, 5, 3)) * 9 * SCALES)
    assert V.shape == (20, 5, 3)
    rows = V.reshape(-1, 3)
    assert ((rows >= own.low) & (rows <= own.high)).all()
    depths = coordinate_depth(rows, X, questions.before.labels)
    assert (depths >= own.least_depth).all()
    assert own.holds(rows).all()
    # Pulled no farther than that.
    assert np.median(depths) < 1.05 * own.least_depth


def test_a_constant_column_stays_what_it_is():
    """Though the mean of its values is another number in the last digit."""
    constant = np.column_stack([X[:, 0], np.full(150, 0.1)])
    labels = (X[:, 0] > 1).astype(np.int32)
    centers = np.array([[-0.5, np.nextafter(0.1, 1)], [2.0, np.nextafter(0.1, 0)]])
    own = Room(constant, "range", 0.3, centers, labels)
    rows = own.admit(np.array([[-9.0, 0.1], [9.0, 5.0], [0.5, -1.0]]))
    assert (rows[:, 1] == 0.1).all()
    assert (coordinate_depth(rows, constant, labels) >= own.least_depth).all()


def test_rows_as_deep_as_the_deepest_row():
    questions = asked()
    own = room(questions, "range", 1.0)
    rows = own.admit(np.random.default_rng(1).normal(size=(30, 3)) * 9 * SCALES)
    depths = coordinate_depth(rows, X, questions.before.labels)
    assert (depths >= own.least_depth).all()
    assert ((rows >= own.low) & (rows <= own.high)).all()


def test_error_bounds_without_a_row_that_is_deep():
    with pytest.raises(ValueError, match="bounds hold no row as deep as the quantile"):
        room(asked(), [[30.0, 40.0]] * 3, 0.5)
