"""Tests of CORS: its rule, its design, and that it beats random search."""

import numpy as np
import pytest

from rfcore.zeroth import minimize
from rfcore.zeroth.rbf import _CYCLE as CYCLE
from rfcore.zeroth.rbf import CORS
from rfcore.zeroth.space import as_space


def sphere(X):
    return ((X - 0.7) ** 2).sum(axis=1)


def rosenbrock(X):
    return (100 * (X[:, 1:] - X[:, :-1] ** 2) ** 2 + (1 - X[:, :-1]) ** 2).sum(axis=1)


def ackley(X):
    radius = np.sqrt((X**2).mean(axis=1))
    waves = np.cos(2 * np.pi * X).mean(axis=1)
    return -20 * np.exp(-0.2 * radius) - np.exp(waves) + 20 + np.e


@pytest.mark.parametrize(
    ("fun", "bounds"),
    [(sphere, (-2, 2)), (rosenbrock, (-2, 2)), (ackley, (-15, 30))],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_rbf_beats_random_search(fun, bounds):
    found = {
        method: [
            minimize(
                fun, [bounds] * 5, method=method, max_evals=80, random_state=seed
            ).fun
            for seed in range(5)
        ]
        for method in ("rbf", "random")
    }
    assert np.median(found["rbf"]) < 0.5 * np.median(found["random"])


def told(max_evals, candidates=None):
    """A search that knows ten points, and looks for more among given candidates."""
    cors = CORS(as_space([[0, 1]] * 3), max_evals, 0, np.random.default_rng(0))
    points = np.random.default_rng(1).random((10, 3))
    cors.tell(points, sphere(points))
    cors.design = cors.design[:0]
    if candidates is not None:
        cors._candidates = lambda: candidates
    return cors, points


def test_cycle_goes_from_exploration_to_none():
    assert 0.0 < CYCLE[0] <= 1.0
    assert CYCLE[-1] == 0.0
    assert (np.diff(CYCLE) < 0).all()


@pytest.mark.parametrize("sizes", [(6,), (2, 4), (1, 1, 1, 1, 1, 1)])
@pytest.mark.parametrize("max_evals", [11, 40, 1000])
def test_chosen_points_follow_the_cors_rule(max_evals, sizes):
    """Each is the lowest candidate that is far enough from all points before it."""
    known = told(max_evals)[1]
    candidates = np.random.default_rng(2).random((50, 3))
    cors, _ = told(max_evals, np.concatenate([candidates, known[:3]]))
    predicted, _ = cors.surrogate.predict(candidates)
    chosen = np.concatenate([cors.ask(size) for size in sizes])
    starts = np.cumsum((0, *sizes))
    for i, (share, point) in enumerate(zip(CYCLE, chosen, strict=True)):
        if i in starts:
            before = list(known)
        gaps = np.array([np.linalg.norm(c - before, axis=1).min() for c in candidates])
        share *= 1.0 - 10 / max_evals
        allowed = (gaps >= share * gaps.max()) & (gaps > 0.0)
        lowest = np.argmin(np.where(allowed, predicted, np.inf))
        if share > 0.0:
            np.testing.assert_allclose(point, candidates[lowest], rtol=1e-12)
        else:
            # Without exclusion the search goes on downhill from the candidate.
            value = cors.surrogate.predict(point[None])[0]
            assert value < predicted[lowest] - 1e-6
            assert ((point >= 0.0) & (point <= 1.0)).all()
            assert np.linalg.norm(point - before, axis=1).min() > 1e-3
        before.append(point)


def test_descent_that_ends_at_a_known_point_is_not_asked(monkeypatch):
    cors, known = told(40, np.random.default_rng(2).random((50, 3)))
    monkeypatch.setattr(cors.surrogate, "lowest_near", lambda point: known[4])
    asked = cors.ask(len(CYCLE))
    assert np.linalg.norm(asked[:, None] - known, axis=2).min() > 1e-3


def test_points_of_the_design_count_as_asked():
    """A batch that begins with the rest of the design keeps away from it too."""
    candidates = np.random.default_rng(2).random((50, 3))
    alone, known = told(1000, candidates)
    first = alone.ask(1)
    cors, _ = told(1000, candidates)
    cors.design = first + 1e-3
    asked = cors.ask(2)
    np.testing.assert_array_equal(asked[:1], first + 1e-3)
    before = np.concatenate([known, asked[:1]])
    gaps = np.linalg.norm(candidates[:, None] - before, axis=2).min(axis=1)
    share = CYCLE[0] * (1.0 - 10 / 1000)
    assert np.linalg.norm(asked[1] - before, axis=1).min() >= share * gaps.max()
    assert np.linalg.norm(asked[1] - first) > 0.1


def test_candidates_lie_in_the_cube_and_reach_its_faces():
    candidates = told(40)[0]._candidates()
    assert candidates.shape == (600, 3)
    assert ((candidates >= 0.0) & (candidates <= 1.0)).all()
    assert (candidates == 0.0).any(axis=0).all()
    assert (candidates == 1.0).any(axis=0).all()


def test_points_without_room_are_drawn_at_random():
    cors, known = told(40)
    cors._candidates = lambda: known
    asked = cors.ask(4)
    assert np.linalg.norm(asked[:, None] - known[None], axis=2).min() > 1e-3


@pytest.mark.parametrize(
    ("dim", "max_evals", "n_starts", "n_design"),
    [
        (3, 100, 0, 8),
        (3, 20, 0, 5),
        (3, 100, 5, 3),
        (3, 100, 9, 0),
        (3, 1, 0, 1),
        (784, 40, 0, 10),
    ],
)
def test_design_size(dim, max_evals, n_starts, n_design):
    rng = np.random.default_rng(0)
    cors = CORS(as_space([[0, 1]] * dim), max_evals, n_starts, rng)
    assert cors.design.shape == (n_design, dim)


def test_search_begins_with_a_latin_hypercube():
    box = [[-2.0, 6.0], [1.0, 1.0], [0.0, 1e-3]]
    result = minimize(sphere, box, method="rbf", max_evals=60, random_state=0)
    n = 6
    for f, (low, high) in ((0, box[0]), (2, box[2])):
        slices = np.floor((result.X[:n, f] - low) / (high - low) * n)
        np.testing.assert_array_equal(np.sort(slices), np.arange(n))


@pytest.mark.parametrize("dim", [1, 2, 8])
@pytest.mark.parametrize(
    "fun",
    [
        sphere,
        lambda X: np.zeros(len(X)),
        lambda X: np.floor(3 * X).sum(axis=1),
        lambda X: X.sum(axis=1),
        lambda X: 1e12 * (X.sum(axis=1) > 0.5),
    ],
    ids=["sphere", "constant", "steps", "corner", "cliff"],
)
def test_no_point_is_asked_twice(fun, dim):
    for seed in (2, 3):
        result = minimize(
            fun, [[0, 1]] * dim, method="rbf", max_evals=90, random_state=seed
        )
        gaps = np.linalg.norm(result.X[:, None] - result.X[None], axis=2)
        assert gaps[np.triu_indices(90, 1)].min() > 1e-9


def test_starts_may_repeat():
    x0 = np.full((6, 2), 0.5)
    result = minimize(
        sphere, [[0, 1]] * 2, method="rbf", max_evals=40, x0=x0, random_state=0
    )
    assert len(np.unique(result.X, axis=0)) == 35
    assert result.fun < 1e-3


def test_plateau_does_not_hold_the_search():
    """Where most of the box is flat the good corner is found all the same."""
    result = minimize(
        lambda X: -np.maximum((X > 0.8).sum(axis=1) - 1, 0),
        [[0, 1]] * 4,
        method="rbf",
        max_evals=120,
        random_state=0,
    )
    assert result.fun == -3


def test_fewer_points_than_coordinates():
    rng = np.random.default_rng(0)
    slopes = rng.normal(size=784)
    found = {
        method: minimize(
            lambda X: X @ slopes,
            [[0.0, 1.0]] * 784,
            method=method,
            max_evals=100,
            random_state=0,
        )
        for method in ("rbf", "random")
    }
    assert np.isfinite(found["rbf"].X).all()
    assert found["rbf"].fun < found["random"].fun - 15


def test_scale_and_offset_of_the_box_change_nothing():
    unit = minimize(sphere, [[0, 1]] * 3, method="rbf", max_evals=40, random_state=0)
    wide = minimize(
        lambda X: sphere((X + 64.0) / 1024.0),
        [[-64.0, 960.0]] * 3,
        method="rbf",
        max_evals=40,
        random_state=0,
    )
    np.testing.assert_allclose((wide.X + 64.0) / 1024.0, unit.X, atol=1e-6)
