"""Tests of the cubic surrogate: against dense solves, and where points repeat."""

import numpy as np
import pytest

from rfcore.zeroth import surrogate
from rfcore.zeroth.sampling import latin_hypercube
from rfcore.zeroth.surrogate import CubicSurrogate

# Fewer points than dim + 1, as many, and more.
SIZES = [(1, 6), (2, 12), (5, 3), (5, 6), (5, 40), (64, 30), (784, 1), (784, 40)]


def sample(dim, n, seed=0):
    rng = np.random.default_rng(seed)
    return latin_hypercube(n, dim, rng), 10 * rng.normal(size=n), rng.random((30, dim))


def fitted(U, values, capacity=None):
    model = CubicSurrogate(U.shape[1], capacity or len(U))
    model.add(U, values)
    return model


def cubes(A, B):
    return np.linalg.norm(A[:, None] - B[None], axis=2) ** 3


def kernel(A, B, weight):
    """The kernel as its docstring says it."""
    dim = A.shape[1]
    tail = 1.0 + (2 * A - 1) @ (2 * B - 1).T / dim
    return cubes(A, B) / dim**1.5 + weight * tail


def free_tail(U, values, queries):
    """The classic interpolant: the saddle point system of cubes and a linear tail."""
    n, dim = U.shape
    P = np.column_stack([np.ones(n), U])
    system = np.block([[cubes(U, U), P], [P.T, np.zeros((dim + 1, dim + 1))]])
    c = np.linalg.solve(system, np.concatenate([values, np.zeros(dim + 1)]))
    tail = np.column_stack([np.ones(len(queries)), queries]) @ c[n:]
    return cubes(queries, U) @ c[:n] + tail


@pytest.mark.parametrize(("dim", "n"), SIZES)
def test_values_are_reproduced(dim, n):
    U, values, _ = sample(dim, n)
    predicted, distances = fitted(U, values).predict(U)
    np.testing.assert_allclose(predicted, values, atol=1e-5 * np.abs(values).max())
    np.testing.assert_allclose(np.diag(distances), 0.0, atol=1e-7 * dim**0.5)


@pytest.mark.parametrize(("dim", "n"), SIZES)
def test_predictions_solve_the_documented_kernel(dim, n):
    U, values, queries = sample(dim, n)
    weights = np.linalg.solve(kernel(U, U, 100.0), values)
    expected = kernel(queries, U, 100.0) @ weights
    predicted, distances = fitted(U, values).predict(queries)
    np.testing.assert_allclose(predicted, expected, atol=1e-5 * np.ptp(expected) + 1e-9)
    np.testing.assert_allclose(distances, np.cbrt(cubes(queries, U)), rtol=1e-6)


@pytest.mark.parametrize("dim", [2, 5, 10, 30])
def test_heavy_tail_interpolates_like_a_free_one(dim, monkeypatch):
    U, values, queries = sample(dim, 3 * dim + 3)
    expected = free_tail(U, values, queries)
    errors = {}
    for weight in (100.0, 1000.0):
        monkeypatch.setattr(surrogate, "_TAIL_WEIGHT", weight)
        predicted, _ = fitted(U, values).predict(queries)
        errors[weight] = np.abs(predicted - expected).max() / np.ptp(values)
    # The penalty on the tail is of order 1 / weight, and so is what it changes.
    assert errors[100.0] < 5e-3
    assert errors[1000.0] < 0.15 * errors[100.0]


def test_linear_functions_are_nearly_reproduced():
    U, _, queries = sample(5, 40)
    slopes = np.array([3.0, -2.0, 0.0, 1.0, 10.0])
    predicted, _ = fitted(U, U @ slopes - 4.0).predict(queries)
    np.testing.assert_allclose(predicted, queries @ slopes - 4.0, atol=0.02)


@pytest.mark.parametrize("parts", [(1,) * 24, (5, 0, 7, 12), (23, 1)])
def test_growing_equals_adding_at_once(parts):
    U, values, queries = sample(5, 24)
    whole, _ = fitted(U, values).predict(queries)
    model, start = CubicSurrogate(5, 24), 0
    for size in parts:
        model.add(U[start : start + size], values[start : start + size])
        start += size
        # Predictions in between must not be remembered.
        model.predict(queries)
    np.testing.assert_array_equal(model.predict(queries)[0], whole)
    np.testing.assert_array_equal(model.points, U)
    np.testing.assert_array_equal(model.values, values)


def test_order_of_points_does_not_matter():
    U, values, queries = sample(5, 24)
    shuffled = np.random.default_rng(1).permutation(24)
    first, _ = fitted(U, values).predict(queries)
    second, _ = fitted(U[shuffled], values[shuffled]).predict(queries)
    np.testing.assert_allclose(first, second, atol=1e-6 * np.ptp(values))


@pytest.mark.parametrize("dim", [1, 2, 5, 64])
def test_repeated_point_changes_nothing(dim):
    U, values, queries = sample(dim, 12)
    model = fitted(U, values, capacity=36)
    before = model.predict(queries)[0].copy()
    for _ in range(2):
        model.add(U, values)
    np.testing.assert_allclose(model.predict(queries)[0], before, atol=1e-4)


@pytest.mark.parametrize("dim", [1, 2, 5, 64])
def test_contradiction_at_one_point_stays_local(dim):
    U, values, queries = sample(dim, 12)
    model = fitted(U, values, capacity=13)
    before = model.predict(queries)[0].copy()
    model.add(U[:1], values[:1] + 1.0)
    assert np.abs(model.predict(queries)[0] - before).max() < 3.0


@pytest.mark.parametrize("apart", [0.0, 1e-300, 1e-12, 1e-8, 1e-4])
def test_pivots_stay_positive_where_points_crowd(apart):
    rng = np.random.default_rng(0)
    U = np.clip(0.5 + apart * rng.normal(size=(30, 3)), 0.0, 1.0)
    model = fitted(U, rng.normal(size=30))
    assert (np.diag(model._factor) > 0.0).all()
    assert np.isfinite(model.predict(rng.random((50, 3)))[0]).all()


def test_rounding_cannot_make_a_pivot_negative(monkeypatch):
    """Solves are off by 1e-12, as after a thousand points: their squares overshoot."""
    solve = surrogate.solve_triangular
    monkeypatch.setattr(
        surrogate, "solve_triangular", lambda *a, **k: solve(*a, **k) * (1 + 1e-12)
    )
    model = fitted(np.full((5, 2), 0.25), np.zeros(5))
    assert (np.diag(model._factor) > 0.0).all()


@pytest.mark.parametrize("level", [0.0, 1.0, -1e6])
def test_constant_values_are_predicted_constant(level):
    U, _, queries = sample(3, 20)
    predicted, _ = fitted(U, np.full(20, level)).predict(queries)
    np.testing.assert_allclose(predicted, level, rtol=1e-3)


def test_corners_of_the_cube_are_positive_definite():
    corners = np.array(np.meshgrid(*[[0.0, 1.0]] * 7)).reshape(7, -1).T
    values = np.random.default_rng(0).normal(size=len(corners))
    predicted, _ = fitted(corners, values).predict(corners)
    np.testing.assert_allclose(predicted, values, atol=1e-7)


def test_slope_is_that_of_the_value():
    rng = np.random.default_rng(5)
    surrogate = CubicSurrogate(4, 30)
    surrogate.add(rng.random((30, 4)), rng.normal(size=30))
    surrogate.predict(np.zeros((1, 4)))
    u, step = rng.random(4), 1e-6
    value, slope = surrogate._value_and_slope(u)
    assert value == pytest.approx(surrogate.predict(u[None])[0][0])
    for f, direction in enumerate(np.eye(4)):
        above, below = u + step * direction, u - step * direction
        rise = np.diff(surrogate.predict(np.array([below, above]))[0])[0]
        assert slope[f] == pytest.approx(rise / (2 * step), rel=1e-4, abs=1e-4)


def test_descent_ends_lower_and_in_the_cube():
    rng = np.random.default_rng(6)
    U = rng.random((60, 3))
    surrogate = CubicSurrogate(3, 60)
    surrogate.add(U, ((U - 0.3) ** 2).sum(axis=1))
    lowest = surrogate.lowest_near(np.array([0.9, 0.9, 0.9]))
    np.testing.assert_allclose(lowest, 0.3, atol=0.05)
    steep = CubicSurrogate(3, 60)
    steep.add(U, U.sum(axis=1))
    np.testing.assert_allclose(steep.lowest_near(np.full(3, 0.5)), 0.0, atol=1e-9)
