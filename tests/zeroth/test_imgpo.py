"""Tests of IMGPO: its first steps by hand, its bounds, and the published functions."""

import numpy as np
import pytest
from published_functions import OF_IMGPO

from rfcore.zeroth import minimize
from rfcore.zeroth.imgpo import IMGPO, Cell, _parts
from rfcore.zeroth.space import as_space


def search(fun, box, **options):
    options = {"max_evals": 60, "random_state": 0, **options}
    return minimize(fun, box, method="imgpo", **options)


def regrets(name, max_evals, **options):
    fun, box, least = OF_IMGPO[name]
    return search(fun, box, max_evals=max_evals, **options).trace - least


def test_the_first_boxes_are_thirds():
    result = search(lambda X: X[:, 0] + 10 * X[:, 1], [[0, 1]] * 2, max_evals=4)
    thirds = [[1 / 2, 1 / 2], [1 / 6, 1 / 2], [5 / 6, 1 / 2], [1 / 6, 1 / 6]]
    np.testing.assert_allclose(result.X, thirds)


def test_cells_are_cut_along_their_longest_side():
    cell = Cell(np.array([0.5, 0.5]), np.array([1.0, 1.0]), 0.0)
    centers, sides = cell.thirds()
    np.testing.assert_allclose(centers, [[1 / 6, 0.5], [5 / 6, 0.5]])
    np.testing.assert_allclose(sides, [1 / 3, 1.0])
    inner, sides = Cell(centers[0], sides, 0.0).thirds()
    np.testing.assert_allclose(inner, [[1 / 6, 1 / 6], [1 / 6, 5 / 6]])
    np.testing.assert_allclose(sides, [1 / 3, 1 / 3])
    np.testing.assert_array_equal(cell.sides, [1.0, 1.0])


@pytest.mark.parametrize("n_divisions", [1, 2, 3])
def test_parts_are_the_new_centers_of_repeated_cuts(n_divisions):
    cells = [Cell(np.array([0.5, 0.5]), np.array([1.0, 1.0]), 0.0)]
    for _ in range(n_divisions):
        cut = [(cell.center, *cell.thirds()) for cell in cells]
        cells = [
            Cell(center, sides, 0.0)
            for old, new, sides in cut
            for center in (old, *new)
        ]
    expected = sorted(tuple(np.round(cell.center, 9)) for cell in cells[1:])
    parts = _parts(Cell(np.array([0.5, 0.5]), np.ones(2), 0.0), n_divisions)
    assert sorted(map(tuple, np.round(parts, 9))) == expected


def test_bounds_are_means_less_growing_multiples_of_deviations():
    imgpo = IMGPO(as_space([[0, 1]]), 50, 0, np.random.default_rng(0))
    for u in (0.1, 0.6, 0.9):
        imgpo.process.add(np.array([u]), np.sin(9 * u))
    centers = np.array([[0.3], [0.7]])
    means, deviations = imgpo.process.predict(centers)
    for m in (1, 3, 5):
        width = np.sqrt(2 * np.log(np.pi**2 * m**2 / (12 * 0.05)))
        np.testing.assert_allclose(imgpo._bounds(centers), means - width * deviations)


def test_hopeless_boxes_are_not_evaluated():
    """Of the boxes that are cut, some centers are bounded only."""
    fun, box, _ = OF_IMGPO["branin"]
    imgpo = IMGPO(as_space(box), 100, 0, np.random.default_rng(0))
    for _ in range(100):
        points = imgpo.ask(1)
        imgpo.tell(points, fun(points))
    cells = [entry[2] for heap in imgpo.leaves for entry in heap]
    bounded = [cell for cell in cells if cell.bounded and not cell.divided]
    assert len(bounded) > 10
    assert min(cell.value for cell in bounded) > imgpo.best


@pytest.mark.parametrize(
    ("name", "max_evals", "regret"),
    [
        ("sin1", 40, 1e-6),
        ("sin2", 150, 1e-3),
        ("peaks", 80, 1e-4),
        ("branin", 100, 1e-3),
        ("rosenbrock2", 120, 1e-2),
        ("hartmann3", 120, 1e-2),
    ],
)
def test_published_functions_are_minimized(name, max_evals, regret):
    found = regrets(name, max_evals)
    assert -1e-9 < found[-1] < regret


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "regret"),
    [
        ("sin1", 1e-9),
        ("sin2", 1e-9),
        ("peaks", 1e-8),
        ("branin", 1e-8),
        ("rosenbrock2", 1e-4),
        ("hartmann3", 1e-4),
        ("hartmann6", 1e-3),
        ("shekel5", 1e-3),
    ],
)
def test_published_functions_are_minimized_in_400(name, regret):
    assert -1e-9 < regrets(name, 400)[-1] < regret


def test_pairs_of_points_find_about_as_much():
    batches = []

    def fun(X):
        batches.append(len(X))
        return OF_IMGPO["branin"][0](X)

    search(fun, OF_IMGPO["branin"][1], max_evals=100, batch=2)
    assert max(batches) == 2
    assert regrets("branin", 100, batch=2)[-1] < 1e-2


def test_scale_and_offset_of_the_values_change_nothing():
    """Of the search, until rounding does."""
    fun, box, _ = OF_IMGPO["branin"]
    plain = search(fun, box, max_evals=40)
    scaled = search(lambda X: 1024 * fun(X) + 4096, box, max_evals=40)
    np.testing.assert_array_equal(plain.X, scaled.X)


def test_points_do_not_depend_on_the_seed():
    one, other = (regrets("branin", 50, random_state=seed) for seed in (0, 1))
    np.testing.assert_array_equal(one, other)


def test_starts_teach():
    fun, box, least = OF_IMGPO["branin"]
    result = search(fun, box, x0=[[np.pi, 2.275]], max_evals=30)
    assert result.funs[0] - least < 1e-3
    # The middle is asked all the same, and few points between.
    np.testing.assert_allclose(result.X[1], [2.5, 7.5])


def test_plateaus_are_divided_evenly():
    result = search(lambda X: np.zeros(len(X)), [[0, 1]] * 2, max_evals=81)
    assert len(np.unique(result.X.round(9), axis=0)) == 81
    gaps = np.abs(np.sort(result.X[:, 0])[1:] - np.sort(result.X[:, 0])[:-1])
    assert gaps.max() < 0.2


def test_an_exhausted_box_is_searched_at_random():
    imgpo = IMGPO(as_space([[0, 1]]), 200, 0, np.random.default_rng(0))
    imgpo.ask(1)
    imgpo.tell(np.array([[0.5]]), [0.0])
    imgpo._add = lambda depth, cell: None
    for _ in range(3):
        point = imgpo.ask(1)
        imgpo.tell(point, [1.0])
    assert point[0, 0] not in (0.5, 1 / 6, 5 / 6)
