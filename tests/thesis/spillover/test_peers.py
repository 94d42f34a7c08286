"""Tests of SciPy's optimizers under a budget: no question too many, none too few."""

import numpy as np
import pytest

from rfcore.thesis.spillover import peers

BOX = np.array([[-1.0, 4.0], [2.0, 2.0], [0.0, 1e3], [-5.0, -5.0], [0.0, 1.0]])
both = pytest.mark.parametrize(
    "method", [peers.differential_evolution, peers.dual_annealing]
)


class Sphere:
    """An objective that keeps its questions, and refuses empty ones."""

    def __init__(self, value=None):
        self.value, self.asked = value, []

    def __call__(self, points):
        assert points.ndim == 2
        assert len(points) > 0
        self.asked.append(points.copy())
        if self.value is not None:
            return np.full(len(points), self.value)
        return ((points / [1.0, 1.0, 100.0, 1.0, 1.0]) ** 2).sum(axis=1)

    @property
    def points(self):
        return np.concatenate(self.asked)


@both
@pytest.mark.parametrize("max_evals", [1, 2, 39, 40, 41, 80, 300])
def test_budget_is_spent_and_never_passed(method, max_evals):
    fun = Sphere()
    assert method(fun, BOX, max_evals, 0) == "budget spent"
    assert len(fun.points) == max_evals


@both
def test_budget_is_spent_on_a_plateau(method):
    fun = Sphere(value=1.0)
    assert method(fun, BOX, 200, 0) == "budget spent"
    assert len(fun.points) == 200


@both
def test_points_stay_in_the_box(method):
    fun = Sphere()
    method(fun, BOX, 200, 0)
    assert ((fun.points >= BOX[:, 0]) & (fun.points <= BOX[:, 1])).all()
    np.testing.assert_array_equal(fun.points[:, [1, 3]], [[2.0, -5.0]] * 200)
    assert (np.ptp(fun.points[:, [0, 2, 4]], axis=0) > [2.0, 400.0, 0.4]).all()


@both
def test_box_of_one_point_is_asked_once(method):
    fun = Sphere()
    frozen = np.array([[2.0, 2.0], [3.0, 3.0], [0.0, 0.0], [1.0, 1.0], [5.0, 5.0]])
    assert method(fun, frozen, 50, 0) == "the box holds a single point"
    np.testing.assert_array_equal(fun.points, frozen[None, :, 0])


@both
def test_one_free_coordinate(method):
    fun = Sphere()
    box = np.where(np.arange(5)[:, None] == 0, BOX, BOX[:, :1])
    method(fun, box, 150, 0)
    assert len(fun.points) == 150
    assert np.abs(fun.points[:, 0]).min() < 0.2


@both
def test_seed_decides_the_points(method):
    runs = []
    for seed in (0, 0, 1):
        fun = Sphere()
        method(fun, BOX, 100, seed)
        runs.append(fun.points)
    np.testing.assert_array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])


@both
def test_global_random_numbers_are_left_alone(method):
    np.random.seed(5)
    expected = np.random.random(3)
    np.random.seed(5)
    method(Sphere(), BOX, 100, 0)
    np.testing.assert_array_equal(np.random.random(3), expected)


@both
def test_search_improves(method):
    fun = Sphere()
    method(fun, BOX, 400, 0)
    values = Sphere()(fun.points)
    assert values[-100:].min() < 0.5 * (values[:40].min() - 29.0) + 29.0


def test_genetic_search_begins_with_a_latin_hypercube():
    fun = Sphere()
    peers.differential_evolution(fun, BOX, 40, 0)
    free = BOX[:, 0] < BOX[:, 1]
    low, high = BOX[free].T
    slices = np.floor((fun.points[:, free] - low) / (high - low) * 40)
    np.testing.assert_array_equal(np.sort(slices, axis=0), [[i] * 3 for i in range(40)])


@both
def test_error_of_the_objective_passes_through(method):
    def broken(points):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        method(broken, BOX, 100, 0)
