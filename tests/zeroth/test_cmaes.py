"""Tests of CMA-ES: its generations, its random numbers, and what it finds."""

import numpy as np
import pytest

from rfcore.zeroth import minimize
from rfcore.zeroth.cmaes import CMAES
from rfcore.zeroth.space import as_space

BOX = [[-4.0, 6.0]] * 5


def ellipsoid(X):
    return (10.0 ** np.linspace(0, 3, 5) * (X - 1.0) ** 2).sum(axis=1)


def search(fun=ellipsoid, box=BOX, **options):
    options = {"max_evals": 100, "random_state": 0, **options}
    return minimize(fun, box, method="cmaes", **options)


def test_cmaes_beats_random_search():
    found = {
        method: [
            minimize(
                ellipsoid, BOX, method=method, max_evals=400, random_state=seed
            ).fun
            for seed in range(5)
        ]
        for method in ("cmaes", "random")
    }
    assert np.median(found["cmaes"]) < 0.1 * np.median(found["random"])


def test_global_random_numbers_are_left_alone():
    np.random.seed(5)
    expected = np.random.random(3)
    np.random.seed(5)
    search()
    np.testing.assert_array_equal(np.random.random(3), expected)


def test_global_random_numbers_are_not_used():
    np.random.seed(1)
    first = search()
    np.random.seed(2)
    np.testing.assert_array_equal(search().X, first.X)


@pytest.mark.parametrize("box", [[[-4.0, 6.0]], [[2.0, 2.0], [-4.0, 6.0], [0.0, 0.0]]])
def test_one_free_coordinate(box):
    result = search(lambda X: ((X - 1.0) ** 2).sum(axis=1), box)
    frozen = [b[0] for b in box if b[0] == b[1]]
    assert result.fun - sum((b - 1.0) ** 2 for b in frozen) < 1e-3


@pytest.mark.parametrize("batch", [1, 3, 8])
def test_batches_within_a_generation_change_nothing(batch):
    assert CMAES(as_space(BOX), 1, 0, None).batch == 8
    np.testing.assert_array_equal(search(batch=batch).X, search().X)


@pytest.mark.parametrize(
    ("batch", "sizes"),
    [
        (None, [8, 8, 8, 6]),
        (5, [5, 3, 5, 3, 5, 3, 5, 1]),
        (8, [8, 8, 8, 6]),
        (20, [16, 8, 6]),
        (64, [24, 6]),
    ],
)
def test_batches_end_with_generations(batch, sizes):
    seen = []

    def fun(X):
        seen.append(len(X))
        return ellipsoid(X)

    search(fun, max_evals=30, batch=batch)
    assert seen == sizes


@pytest.mark.parametrize(("batch", "max_evals"), [(3, 500), (20, 500), (64, 2000)])
def test_other_batches_still_converge(batch, max_evals):
    assert search(max_evals=max_evals, batch=batch).fun < 1.0


def test_best_start_is_the_first_mean():
    middle = search(max_evals=8).X
    x0 = [[-3.0] * 5, [1.0] * 5, [5.0] * 5]
    for starts, batch in ((x0, None), (x0[::-1], None), (x0, 1)):
        same = search(x0=starts, max_evals=11, batch=batch).X[3:]
        np.testing.assert_allclose(same, middle, atol=1e-9)
    elsewhere = search(x0=[[4.0] * 5], max_evals=9).X[1:]
    assert abs(middle.mean() - 1.0) < 1.0 < elsewhere.mean() - 1.0


def test_first_step_is_a_good_part_of_the_box():
    spread = search(max_evals=8).X.std() / 10.0
    assert 0.2 < spread < 0.35


def test_stalled_search_restarts_elsewhere(monkeypatch):
    means = []
    start = CMAES._start

    def noted(self, mean):
        means.append(mean)
        start(self, mean)

    monkeypatch.setattr(CMAES, "_start", noted)
    result = search(lambda X: np.zeros(len(X)), max_evals=600)
    assert len(np.unique(result.X, axis=0)) == 600
    assert len(means) > 2
    assert len(np.unique(means, axis=0)) == len(means)


def test_start_in_a_corner_is_allowed():
    result = search(x0=[[-4.0] * 5], max_evals=300)
    assert result.fun < ellipsoid(np.full((1, 5), -4.0))[0] / 100
