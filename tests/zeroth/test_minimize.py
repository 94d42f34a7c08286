"""Tests of the loop that every optimizer runs in: budget, order, seeds, bad input."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from rfcore.zeroth import Discrete, minimize

METHODS = ("rbf", "racos", "cmaes", "imgpo", "random")
# The points of IMGPO do not depend on a seed.
DRAWING = ("rbf", "racos", "cmaes", "random")
BOX = [[-1.0, 2.0], [0.5, 0.5], [10.0, 30.0]]


def sphere(X):
    return (X**2).sum(axis=1)


def search(fun=sphere, box=BOX, method="rbf", **options):
    options = {"max_evals": 40, "random_state": 0, **options}
    return minimize(fun, box, method=method, **options)


class Counted:
    """An objective that keeps what it was asked."""

    def __init__(self, fun=sphere):
        self.fun, self.batches = fun, []

    def __call__(self, X):
        self.batches.append(X.copy())
        return self.fun(X)

    @property
    def n_asked(self):
        return sum(len(batch) for batch in self.batches)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("batch", [None, 1, 7, 100])
@pytest.mark.parametrize(
    ("max_evals", "n_starts"), [(1, 0), (1, 5), (2, 1), (17, 0), (17, 5), (40, 1)]
)
def test_budget_is_spent_and_never_passed(method, max_evals, batch, n_starts):
    fun = Counted()
    x0 = np.array([[0.0, 0.5, 20.0]] * n_starts) if n_starts else None
    result = search(fun, method=method, max_evals=max_evals, batch=batch, x0=x0)
    assert fun.n_asked == result.nfev == len(result.funs) == max_evals
    assert max(len(points) for points in fun.batches) <= (batch or 16)
    np.testing.assert_array_equal(np.concatenate(fun.batches), result.X)
    assert result.message == "budget spent"


@pytest.mark.parametrize("method", ["rbf", "random"])
def test_batches_are_full_but_the_last(method):
    fun = Counted()
    search(fun, method=method, max_evals=33, batch=10)
    assert [len(points) for points in fun.batches] == [10, 10, 10, 3]


@pytest.mark.parametrize("method", METHODS)
def test_result_tells_what_was_asked(method):
    result = search(method=method)
    np.testing.assert_array_equal(result.funs, sphere(result.X))
    np.testing.assert_array_equal(result.trace, np.minimum.accumulate(result.funs))
    assert result.fun == result.funs.min() == result.trace[-1]
    np.testing.assert_array_equal(result.x, result.X[np.argmin(result.funs)])
    assert result.success is True


@pytest.mark.parametrize("method", METHODS)
def test_first_of_equal_points_is_best(method):
    result = search(lambda X: np.zeros(len(X)), method=method)
    np.testing.assert_array_equal(result.x, result.X[0])


@pytest.mark.parametrize("method", METHODS)
def test_points_stay_in_the_box_and_frozen_coordinates_still(method):
    box = np.array([[-1e-3, 1e-3], [7.0, 7.0], [-1e6, 3e6], [0.1, 0.1]])
    result = search(lambda X: -X.sum(axis=1), box, method, max_evals=80)
    assert ((result.X >= box[:, 0]) & (result.X <= box[:, 1])).all()
    np.testing.assert_array_equal(result.X[:, [1, 3]], [[7.0, 0.1]] * 80)
    assert len(np.unique(result.X[:, 2])) > 5


@pytest.mark.parametrize("method", METHODS)
def test_frozen_box_is_asked_once(method):
    fun = Counted()
    x0 = [[2.0, 3.0]] * 4
    result = search(fun, [[2.0, 2.0], [3.0, 3.0]], method, x0=x0)
    np.testing.assert_array_equal(result.X, [[2.0, 3.0]])
    assert fun.n_asked == result.nfev == 1
    assert result.fun == 13.0
    assert result.message == "the box holds a single point"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("batch", [1, 3, 50])
def test_starts_come_first_and_in_order(method, batch):
    x0 = np.random.default_rng(1).random((5, 2))
    result = search(box=[[0, 1]] * 2, method=method, max_evals=20, batch=batch, x0=x0)
    np.testing.assert_array_equal(result.X[:5], x0)
    assert len(np.unique(result.X, axis=0)) == 20


@pytest.mark.parametrize("method", METHODS)
def test_starts_beyond_the_budget_are_left_out(method):
    x0 = np.random.default_rng(1).random((5, 2))
    result = search(box=[[0, 1]] * 2, method=method, max_evals=3, x0=x0)
    np.testing.assert_array_equal(result.X, x0[:3])


def test_single_start_may_be_a_vector():
    result = search(box=[[0, 1]] * 2, x0=[0.25, 0.75])
    np.testing.assert_array_equal(result.X[0], [0.25, 0.75])


def test_no_starts_equal_none():
    empty = search(box=[[0, 1]] * 2, x0=np.empty((0, 2)))
    np.testing.assert_array_equal(empty.X, search(box=[[0, 1]] * 2).X)


@pytest.mark.parametrize("method", DRAWING)
def test_seed_decides_all_points(method):
    first, again, other = (
        search(method=method, random_state=seed, batch=4) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first.X, again.X)
    assert not np.array_equal(first.X, other.X)


@pytest.mark.parametrize("method", DRAWING)
def test_no_seed_is_not_a_seed(method):
    runs = [search(method=method, random_state=None, batch=4).X for _ in range(2)]
    assert not np.array_equal(*runs)


@pytest.mark.parametrize("method", METHODS)
def test_points_do_not_depend_on_how_values_are_computed(method):
    def in_threads(X):
        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(lambda x: float(sphere(x[None])[0]), X))

    with threadpool_limits(1):
        alone = search(method=method, batch=6)
    np.testing.assert_array_equal(search(in_threads, method=method, batch=6).X, alone.X)


@pytest.mark.parametrize("method", METHODS)
def test_function_may_write_into_its_argument(method):
    def careless(X):
        values = sphere(X)
        X[:] = 99.0
        return values

    x0 = np.array([[0.0, 0.5, 20.0]] * 2)
    result = search(careless, method=method, x0=x0)
    np.testing.assert_array_equal(x0, [[0.0, 0.5, 20.0]] * 2)
    np.testing.assert_array_equal(result.X, search(method=method, x0=x0).X)


@pytest.mark.parametrize("method", METHODS)
def test_function_may_reuse_its_answer(method):
    kept = np.empty(40)

    def reusing(X):
        kept[: len(X)] = sphere(X)
        return kept[: len(X)]

    result = search(reusing, method=method)
    np.testing.assert_array_equal(result.funs, sphere(result.X))


@pytest.mark.parametrize("method", METHODS)
def test_callback_sees_each_batch_and_may_stop(method):
    seen = []

    def third(so_far):
        seen.append((so_far.nfev, so_far.fun, so_far.message))
        return len(seen) == 3

    fun = Counted()
    result = search(fun, method=method, batch=5, callback=third)
    assert result.message == "stopped by the callback"
    assert len(fun.batches) == len(seen) == 3
    assert result.nfev == fun.n_asked == seen[-1][0]
    for nfev, best, message in seen:
        assert best == result.funs[:nfev].min()
        assert message == "running"


def test_callback_that_answers_nothing_does_not_stop():
    assert search(callback=lambda so_far: None).nfev == 40


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_interrupt_of_the_function_passes_through(method, error):
    def interrupted(X):
        raise error

    with pytest.raises(error):
        search(interrupted, method=method)


@pytest.mark.parametrize("method", ["racos", "random"])
def test_discrete_choices_are_searched(method):
    space = Discrete([2, 3, 1])
    result = search(box=space, method=method, x0=[[1, 2, 0]])
    assert space.contains(result.X).all()
    np.testing.assert_array_equal(result.X[0], [1, 2, 0])
    np.testing.assert_array_equal(result.x, [0, 0, 0])


@pytest.mark.parametrize("method", ["racos", "random"])
def test_seed_decides_all_choices(method):
    first, again, other = (
        search(box=Discrete([2, 3] * 20), method=method, random_state=seed).X
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_search_ends_where_every_point_was_asked():
    fun = Counted()
    result = search(fun, Discrete([2, 3]), "racos")
    assert result.message == "every point was asked"
    assert result.nfev == fun.n_asked == 6
    assert len(np.unique(result.X, axis=0)) == 6


@pytest.mark.parametrize("method", ["rbf", "cmaes", "imgpo"])
def test_error_of_choices_for_a_method_of_boxes(method):
    fun = Counted()
    with pytest.raises(ValueError, match=f"method='{method}' searches a box"):
        search(fun, Discrete([2, 3]), method)
    assert fun.n_asked == 0


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"method": "newton"}, ValueError, "'newton' should be one of rbf, racos, cma"),
        ({"method": None}, ValueError, "method=None should be one of"),
        ({"method": ["rbf"]}, ValueError, r"method=\['rbf'\] should be one of"),
        ({"max_evals": 0}, ValueError, "max_evals=0 should be >= 1"),
        ({"max_evals": -3}, ValueError, "max_evals=-3 should be >= 1"),
        ({"max_evals": None}, TypeError, "max_evals=None should be an integer"),
        ({"max_evals": 10.5}, TypeError, r"max_evals=10\.5 should be an integer"),
        ({"max_evals": "10"}, TypeError, "max_evals='10' should be an integer"),
        ({"batch": 0}, ValueError, "batch=0 should be >= 1"),
        ({"batch": 2.5}, TypeError, r"batch=2\.5 should be an integer"),
        ({"box": [[1, 0]]}, ValueError, "the box is empty: low=1"),
        ({"box": [[0, 1, 2]]}, ValueError, r"space\.shape=\(1, 3\)"),
        ({"x0": [[0.0, 0.5]]}, ValueError, r"x0\.shape=\(1, 2\) should be \(q, 3\)"),
        ({"x0": [[0, 0.5, 9]]}, ValueError, r"x0\[0\] should lie in the space"),
        ({"x0": [[0, 0.5, 20], [0, 0.6, 20]]}, ValueError, r"x0\[1\] should lie"),
        ({"x0": [[np.nan, 0.5, 20]]}, ValueError, r"x0\[0\] should lie"),
        ({"random_state": -1}, ValueError, "non-negative"),
    ],
)
def test_error_of_arguments_comes_before_any_question(options, error, message):
    fun = Counted()
    with pytest.raises(error, match=message):
        search(fun, **options)
    assert fun.n_asked == 0


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("fun", "message"),
    [
        (lambda X: np.where(np.arange(len(X)) == 1, np.nan, 0.0), "fun gave nan at"),
        (lambda X: np.full(len(X), np.inf), "fun gave inf at"),
        (lambda X: np.full(len(X), -np.inf), "fun gave -inf at"),
        (lambda X: 0.0, r"fun gave shape \(\) for 4 points, should be \(4,\)"),
        (lambda X: np.zeros(len(X) - 1), r"fun gave shape \(3,\) for 4 points"),
        (lambda X: np.zeros((len(X), 1)), r"fun gave shape \(4, 1\)"),
    ],
)
def test_error_of_what_the_function_gives(method, fun, message):
    # Starts, because the first batch of a method may hold one point.
    x0 = [[0.0, 0.5, 20.0]] * 4
    with pytest.raises(ValueError, match=message):
        search(fun, method=method, batch=4, x0=x0)


def test_error_of_a_bad_value_names_its_point():
    with pytest.raises(ValueError, match=r"fun gave nan at \[0\.25 0\.5 *\]"):
        search(
            lambda X: np.where(X[:, 0] == 0.25, np.nan, 1.0),
            [[0, 1]] * 2,
            x0=[[0.5, 0.5], [0.25, 0.5]],
        )
