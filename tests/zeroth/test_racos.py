"""Tests of RACOS: its model, its settings, what it never asks, and what it finds."""

import itertools

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from rfcore.zeroth import Discrete, minimize
from rfcore.zeroth import racos as racos_module
from rfcore.zeroth.racos import RACOS
from rfcore.zeroth.space import as_space

BITS = Discrete([2] * 539)
# Of a seed that no search here has, or else a first point would be the answer.
TARGET = np.random.default_rng(12345).integers(2, size=539)


def wrong_bits(X):
    return (X != TARGET).sum(axis=1).astype(float)


def weighted_bits(X):
    return (X != TARGET) @ np.linspace(0.1, 2.0, 539)


def plateaus(X):
    return np.floor(wrong_bits(X) / 10)


def sphere(X):
    return ((X - 0.3) ** 2).sum(axis=1)


def search(fun=wrong_bits, space=BITS, **options):
    options = {"max_evals": 50, "random_state": 0, **options}
    return minimize(fun, space, method="racos", **options)


def best_values(fun, space, n_seeds, **options):
    """Best values by method, one for each seed."""
    return {
        method: np.array(
            [
                minimize(fun, space, method=method, random_state=seed, **options).fun
                for seed in range(n_seeds)
            ]
        )
        for method in ("racos", "random")
    }


def optimizer(space, max_evals=50, n_starts=0, seed=0):
    return RACOS(as_space(space), max_evals, n_starts, np.random.default_rng(seed))


def told(space, points, values, max_evals=50, seed=0):
    racos = optimizer(space, max_evals, len(points), seed)
    racos.tell(np.array(points, dtype=float), np.array(values, dtype=float))
    return racos


@pytest.mark.parametrize("batch", [None, 1, 5])
@pytest.mark.parametrize(
    ("max_evals", "fun", "least"),
    [(20, wrong_bits, 3), (50, wrong_bits, 10), (50, weighted_bits, 10)],
)
def test_racos_beats_random_search_with_few_evaluations(max_evals, fun, least, batch):
    found = best_values(fun, BITS, 12, max_evals=max_evals, batch=batch)
    assert found["random"].mean() - found["racos"].mean() > least


@pytest.mark.parametrize("batch", [None, 1, 5])
@pytest.mark.parametrize(("fun", "least"), [(wrong_bits, 70), (weighted_bits, 70)])
def test_racos_beats_random_search_with_many_evaluations(fun, least, batch):
    found = best_values(fun, BITS, 3, max_evals=500, batch=batch)
    assert (found["random"] - found["racos"]).min() > least


def test_plateaus_are_walked():
    """Only every tenth bit shows, and yet more than one of them is found."""
    found = best_values(plateaus, BITS, 6, max_evals=500)
    assert found["random"].mean() - found["racos"].mean() >= 1.5


@pytest.mark.parametrize(
    ("dim", "max_evals", "share"), [(5, 50, 0.5), (20, 500, 0.2), (100, 500, 0.5)]
)
def test_racos_beats_random_search_in_a_box(dim, max_evals, share):
    found = best_values(sphere, [[-1.0, 1.0]] * dim, 6, max_evals=max_evals)
    assert np.median(found["racos"]) < share * np.median(found["random"])


def test_choices_of_more_values_are_found():
    hidden = np.random.default_rng(12345).integers(5, size=40)
    found = best_values(
        lambda X: (X != hidden).sum(axis=1), Discrete([5] * 40), 6, max_evals=300
    )
    assert np.median(found["racos"]) < 0.6 * np.median(found["random"])


@pytest.mark.parametrize(
    ("max_evals", "n_train", "n_positive"),
    [
        (1, 1, 1),
        (2, 1, 1),
        (3, 2, 1),
        (7, 4, 1),
        (50, 4, 1),
        (51, 6, 1),
        (100, 6, 1),
        (101, 12, 2),
        (1000, 12, 2),
        (1001, 22, 2),
    ],
)
def test_points_that_teach(max_evals, n_train, n_positive):
    racos = optimizer([[0, 1]] * 3, max_evals)
    assert (racos.n_train, racos.n_positive) == (n_train, n_positive)


@pytest.mark.parametrize(
    ("dim", "of_choices", "of_box"),
    [
        (1, 1, 1),
        (10, 1, 1),
        (11, 2, 1),
        (51, 3, 1),
        (101, 4, 2),
        (1000, 4, 2),
        (1001, 5, 3),
    ],
)
def test_free_coordinates_at_least(dim, of_choices, of_box):
    for space, least in ((Discrete([2] * dim), of_choices), ([[0, 1]] * dim, of_box)):
        racos = optimizer(space)
        racos.n_told = 10**6
        assert racos._n_free() == least


@pytest.mark.parametrize(
    ("space", "n_told", "n_free"),
    [
        # Half of free bits change, 4 of 5 of five choices, and all of a box.
        (Discrete([2] * 600), 10, 120),
        (Discrete([2] * 600), 7, 172),
        (Discrete([5] * 600), 10, 75),
        (Discrete([2] * 300 + [5] * 300), 10, 93),
        (Discrete([2] * 600 + [1] * 50), 10, 120),
        ([[0.0, 1.0]] * 600, 10, 60),
        ([[0.0, 1.0]] * 600 + [[2.0, 2.0]], 10, 60),
        (Discrete([2] * 600), 1, 600),
    ],
    ids=["bits", "rounded up", "fives", "mixed", "frozen", "box", "frozen box", "all"],
)
def test_dim_over_n_coordinates_change_on_average(space, n_told, n_free):
    racos = optimizer(space)
    racos.n_told = n_told
    assert racos._n_free() == n_free


def test_about_dim_over_n_coordinates_do_change(monkeypatch):
    monkeypatch.setattr(racos_module, "_EXPLORATION_RATE", 0.0)
    starts = np.random.default_rng(0).integers(2, size=(30, 539))
    racos = told(BITS, starts, np.arange(30))
    changed = (racos.ask(400) != starts[0]).sum(axis=1)
    np.testing.assert_allclose(changed.mean(), 539 / 30, rtol=0.05)


def test_one_point_in_a_hundred_is_from_the_whole_space():
    rng = np.random.default_rng(0)
    racos = told(BITS, rng.integers(2, size=(500, 539)), np.arange(500))
    far = (racos.ask(4000) != racos.points[0]).sum(axis=1) > 100
    assert 20 < far.sum() < 65


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_the_best_points_teach(batch):
    """Sorted by value, the later of equals first, whatever the batches were."""
    rng = np.random.default_rng(0)
    points = rng.integers(2, size=(30, 539)).astype(float)
    values = rng.integers(10, size=30).astype(float)
    racos = optimizer(BITS)
    for i in range(0, 30, batch):
        racos.tell(points[i : i + batch], values[i : i + batch])
    best = sorted(range(30), key=lambda i: (values[i], -i))[:4]
    np.testing.assert_array_equal(racos.points, points[best])
    np.testing.assert_array_equal(racos.values, values[best])


@pytest.mark.parametrize(
    ("max_evals", "n_positive"), [(50, 1), (500, 2)], ids=["one", "two"]
)
def test_new_points_are_near_the_positive_ones(max_evals, n_positive):
    rng = np.random.default_rng(0)
    starts = rng.integers(2, size=(40, 539))
    racos = told(BITS, starts, np.arange(40)[::-1], max_evals)
    asked = racos.ask(100)
    distances = (asked[:, None] != starts[::-1][None]).sum(axis=2)
    nearest = distances.argmin(axis=1)[distances.min(axis=1) < 100]
    assert set(nearest) == set(range(n_positive))
    assert np.bincount(nearest).min() > 25


def test_negative_points_are_left_out(monkeypatch):
    """Bit 0 alone tells the negative point from the positive one."""
    monkeypatch.setattr(racos_module, "_EXPLORATION_RATE", 0.0)
    for seed in range(50):
        racos = told(Discrete([2] * 4), [[0] * 4, [1, 0, 0, 0]], [0, 1], 4, seed)
        (point,) = racos.ask(1)
        assert point[0] == 0
        assert point.any()


def test_initial_points_are_uniform_and_end_a_batch():
    sizes = []

    def fun(X):
        sizes.append(len(X))
        return wrong_bits(X)

    search(fun, batch=3, max_evals=20)
    assert sizes == [3, 1, 3, 3, 3, 3, 3, 1]
    sizes.clear()
    search(fun, batch=3, max_evals=20, x0=[TARGET, 1 - TARGET])
    assert sizes == [2, 2, 3, 3, 3, 3, 3, 1]
    initial = np.concatenate([search(random_state=s).X[:4] for s in range(10)])
    assert abs(initial.mean() - 0.5) < 0.02
    gaps = (initial[:, None] != initial[None]).sum(axis=2)[np.triu_indices(40, 1)]
    assert gaps.min() > 200


def test_starts_count_as_initial_points():
    rng = np.random.default_rng(0)
    start = rng.integers(2, size=(4, 539))
    start[0] = TARGET
    start[0, :30] = 1 - TARGET[:30]
    result = search(x0=start, max_evals=50)
    np.testing.assert_array_equal(result.X[:4], start)
    distances = (result.X[4:] != start[0]).sum(axis=1)
    assert np.median(distances) < 150
    few = search(x0=start[:1], max_evals=50)
    assert (few.X[1:4] != start[0]).sum(axis=1).min() > 200


def test_a_good_start_is_improved():
    start = TARGET.copy()
    start[:100] = 1 - start[:100]
    best = [search(x0=start, max_evals=500, random_state=s).fun for s in range(3)]
    assert np.median(best) < 85


@pytest.mark.parametrize(
    "choices", [[2, 2, 2, 2], [3, 1, 2], [1, 1], [5], [2, 3, 5, 1]], ids=str
)
@pytest.mark.parametrize("batch", [None, 1, 4, 100])
def test_every_point_is_asked_once(choices, batch):
    everything = sorted(itertools.product(*map(range, choices)))
    for seed in range(5):
        result = search(
            lambda X: (X**2).sum(axis=1),
            Discrete(choices),
            max_evals=200,
            batch=batch,
            random_state=seed,
        )
        assert sorted(map(tuple, result.X.astype(int))) == everything
        assert result.message == "every point was asked"
        assert result.fun == 0


def test_everything_known_leaves_no_question():
    racos = told(Discrete([2, 2]), list(itertools.product([0, 1], [0, 1])), range(4))
    assert racos.ask(3).shape == (0, 2)


@pytest.mark.parametrize("n_left", [1, 7])
def test_the_last_points_are_found(n_left):
    everything = np.array(list(itertools.product(range(2), range(3), range(4))))
    left = np.random.default_rng(0).permutation(24)[:n_left]
    racos = told(
        Discrete([2, 3, 4]), np.delete(everything, left, 0), range(24 - n_left)
    )
    asked = racos.ask(24).astype(int)
    assert sorted(map(tuple, asked)) == sorted(map(tuple, everything[left]))


@pytest.mark.parametrize("batch", [1, 10])
@pytest.mark.parametrize("dim", [12, 539])
def test_no_point_of_choices_is_asked_twice(dim, batch):
    result = search(
        lambda X: X.sum(axis=1), Discrete([2] * dim), max_evals=600, batch=batch
    )
    assert len(np.unique(result.X, axis=0)) == 600


def test_starts_are_not_asked_again():
    x0 = [[0, 0], [-0.0, 1], [0, 0]]
    for seed in range(20):
        result = search(
            lambda X: X.sum(axis=1), Discrete([2, 2]), x0=x0, random_state=seed
        )
        np.testing.assert_array_equal(result.X[:3], x0)
        assert sorted(map(tuple, result.X[3:].tolist())) == [(1, 0), (1, 1)]


def test_starts_may_repeat_in_a_box():
    result = search(sphere, [[0, 1]] * 2, max_evals=60, x0=np.full((6, 2), 0.5))
    assert len(np.unique(result.X, axis=0)) == 55


def test_a_box_of_two_numbers_is_searched_all_the_same():
    tiny = np.nextafter(0.0, 1.0)
    result = search(lambda X: -X[:, 0], [[0.0, tiny]], max_evals=10)
    assert result.nfev == 10
    assert set(result.X[:, 0]) == {0.0, tiny}


@pytest.mark.parametrize("max_evals", [1, 2, 3, 5, 10])
def test_tiny_budgets_are_kept(max_evals):
    assert search(max_evals=max_evals).nfev == max_evals
    assert search(sphere, [[0, 1]] * 3, max_evals=max_evals).nfev == max_evals


def test_frozen_coordinates_stay():
    choices = np.tile([2, 1, 3], 40)
    result = search(lambda X: -X.sum(axis=1), Discrete(choices), max_evals=200)
    assert Discrete(choices).contains(result.X).all()
    assert (result.X[:, 1::3] == 0).all()
    assert result.fun < -85


@pytest.mark.parametrize("space", [BITS, [[-1.0, 1.0]] * 64], ids=["choices", "box"])
@pytest.mark.parametrize("batch", [1, 9])
def test_points_do_not_depend_on_threads(space, batch):
    runs = []
    for n_threads in (1, 2, 7):
        with threadpool_limits(n_threads):
            fun = wrong_bits if space is BITS else sphere
            runs.append(search(fun, space, batch=batch, max_evals=120).X)
    np.testing.assert_array_equal(runs[0], runs[1])
    np.testing.assert_array_equal(runs[0], runs[2])


def test_scale_and_offset_of_the_box_change_nothing():
    unit = search(sphere, [[0, 1]] * 3, max_evals=40)
    wide = search(
        lambda X: sphere((X + 64.0) / 1024.0), [[-64.0, 960.0]] * 3, max_evals=40
    )
    np.testing.assert_allclose((wide.X + 64.0) / 1024.0, unit.X, atol=1e-9)


def test_only_the_order_of_values_counts():
    plain = search(max_evals=80)
    bent = search(lambda X: np.exp(wrong_bits(X) / 50.0) - 1e6, max_evals=80)
    np.testing.assert_array_equal(plain.X, bent.X)


@pytest.mark.parametrize(
    ("x0", "message"),
    [
        ([[0, 2]], r"x0\[0\] should lie in the space"),
        ([[0, 0.5]], r"x0\[0\] should lie in the space"),
        ([[0, 1, 1]], r"x0\.shape=\(1, 3\) should be \(q, 2\)"),
    ],
)
def test_error_of_starts_outside_the_choices(x0, message):
    with pytest.raises(ValueError, match=message):
        search(lambda X: X.sum(axis=1), Discrete([2, 2]), x0=x0)
