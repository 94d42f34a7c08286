"""Tests of sequential embeddings: points, budget, starts, published functions."""

import numpy as np
import pytest
from published_functions import OF_IMGPO, ackley_of_few, sphere_of_few

from rfcore.zeroth import Discrete, SequentialEmbedding, minimize
from rfcore.zeroth.minimize import METHODS

WIDE = np.column_stack([np.full(300, -1.0), np.full(300, 1.0)])


class Kept:
    """An objective that keeps what it was asked."""

    def __init__(self, fun=sphere_of_few):
        self.fun, self.batches = fun, []

    def __call__(self, X):
        self.batches.append(X.copy())
        return self.fun(X)

    @property
    def X(self):
        return np.concatenate(self.batches)


def search(fun=sphere_of_few, box=WIDE, *, n_components=4, **options):
    of_minimize = {"max_evals": 60, "random_state": 0}
    for name in (*of_minimize, "batch", "x0", "callback"):
        if name in options:
            of_minimize[name] = options.pop(name)
    embedding = SequentialEmbedding(n_components, **options)
    return embedding.minimize(fun, box, **of_minimize)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("batch", [None, 1, 7])
@pytest.mark.parametrize(
    ("max_evals", "n_starts", "n_embeddings"),
    [(1, 0, 5), (3, 0, 5), (3, 5, 2), (31, 0, 3), (31, 4, 5), (31, 0, 1)],
)
def test_budget_is_spent_and_never_passed(
    method, max_evals, batch, n_starts, n_embeddings
):
    fun = Kept()
    x0 = np.full((n_starts, 300), 0.1) if n_starts else None
    result = search(
        fun,
        method=method,
        max_evals=max_evals,
        batch=batch,
        x0=x0,
        n_embeddings=n_embeddings,
    )
    assert len(fun.X) == result.nfev == len(result.funs) == max_evals
    assert batch is None or max(map(len, fun.batches)) <= batch
    assert result.message == "budget spent"
    np.testing.assert_array_equal(result.funs, sphere_of_few(fun.X))
    np.testing.assert_array_equal(result.trace, np.minimum.accumulate(result.funs))
    assert result.fun == result.trace[-1]
    np.testing.assert_array_equal(result.x, fun.X[np.argmin(result.funs)])
    np.testing.assert_array_equal(fun.X[:n_starts], x0[:max_evals] if n_starts else 0)


def test_the_budget_is_shared_evenly():
    result = search(max_evals=23, n_embeddings=5)
    np.testing.assert_array_equal(result.starts, [0, 5, 10, 15, 19])
    started = search(max_evals=23, n_embeddings=5, x0=np.zeros((3, 300)))
    np.testing.assert_array_equal(started.starts, [3, 7, 11, 15, 19])
    few = search(max_evals=2, n_embeddings=5)
    np.testing.assert_array_equal(few.starts, [0, 1])


def in_unit(X, box):
    low, high = np.array(box, dtype=float).T
    free = low < high
    return (2 * X[:, free] - low[free] - high[free]) / (high - low)[free]


@pytest.mark.parametrize("alpha_range", [(-1, 1), (1, 1), (0, 0), (-0.5, 0.5)])
def test_points_are_the_best_ones_scaled_and_a_random_map(alpha_range):
    """Where nothing is clipped, each embedding spans n_components and t."""
    box = [[-3.0, 5.0]] * 40 + [[2.0, 2.0]] + [[0.0, 1e-3]] * 40
    fun = Kept(lambda X: (X**2).sum(axis=1))
    start = np.full(81, 1.0)
    start[40], start[41:] = 2.0, 2e-4
    result = search(
        fun, box, alpha_range=alpha_range, variance=1e-6, x0=start, max_evals=90
    )
    for begin, end in zip(result.starts, [*result.starts[1:], 90], strict=True):
        t = in_unit(fun.X[np.argmin(result.funs[:begin])][None], box)[0]
        T = in_unit(fun.X[begin:end], box)
        assert np.linalg.matrix_rank(np.vstack([T, t]), tol=1e-6) == 5
        if alpha_range == (0, 0):
            assert np.linalg.matrix_rank(T, tol=1e-6) == 4
            continue
        # A is small, so that alpha can be seen.
        alpha = T @ t / (t @ t)
        slack = 0.01
        assert alpha.min() > alpha_range[0] - slack
        assert alpha.max() < alpha_range[1] + slack


def test_the_first_embedding_has_no_point_to_scale():
    fun = Kept(lambda X: X[:, 0])
    search(fun, variance=1e-3, n_embeddings=1, max_evals=30)
    assert np.linalg.matrix_rank(fun.X, tol=1e-6) == 4


@pytest.mark.parametrize(("variance", "expected"), [(None, 0.25), (0.01, 0.01)])
def test_entries_of_the_map_have_the_variance(variance, expected):
    """Components are uniform in [-1, 1], of square 1/3; normal tails are clipped."""
    fun = Kept(lambda X: X[:, 0])
    search(fun, method="random", variance=variance, n_embeddings=1, max_evals=400)
    kept = (fun.X**2).mean() / (4 * expected / 3)
    assert 0.75 < kept < 1.15


def test_points_stay_in_the_box_and_frozen_coordinates_still():
    box = np.array([[-1e-3, 1e-3], [7.0, 7.0], [-1e6, 3e6], [0.1, 0.1]] * 10)
    fun = Kept(lambda X: -X.sum(axis=1))
    search(fun, box, max_evals=80, variance=100.0)
    assert ((fun.X >= box[:, 0]) & (fun.X <= box[:, 1])).all()
    assert (fun.X[:, 1::4] == 7.0).all()
    assert (fun.X[:, 3::4] == 0.1).all()
    assert (fun.X[:, 2] == 3e6).any()


def test_a_small_box_is_searched_directly():
    box = [[-1.0, 2.0]] * 4 + [[3.0, 3.0]]
    fun = Kept(lambda X: (X**2).sum(axis=1))
    result = search(fun, box, max_evals=50)
    seed = int(np.random.default_rng(0).integers(2**63))
    direct = minimize(fun.fun, box, method="racos", max_evals=50, random_state=seed)
    np.testing.assert_array_equal(fun.X, direct.X)
    np.testing.assert_array_equal(result.starts, [0])
    frozen = search(fun, [[1.0, 1.0]] * 3)
    assert (frozen.nfev, frozen.fun) == (1, 3.0)
    assert frozen.message == "the box holds a single point"


@pytest.mark.parametrize("method", ["rbf", "racos", "cmaes", "random"])
def test_seed_decides_all_points(method):
    kept = [Kept() for _ in range(3)]
    for fun, seed in zip(kept, (0, 0, 1), strict=True):
        search(fun, method=method, random_state=seed)
    np.testing.assert_array_equal(kept[0].X, kept[1].X)
    assert not np.array_equal(kept[0].X, kept[2].X)


def test_later_embeddings_go_on_from_the_best_point():
    """And do not evaluate it again."""
    fun = Kept()
    start = np.full(300, 0.2)
    start[:10] = 0.1
    result = search(fun, x0=start, variance=1e-3, max_evals=200)
    assert result.fun < sphere_of_few(start[None])[0]
    assert len(np.unique(fun.X, axis=0)) == 200


@pytest.mark.parametrize("n_starts", [0, 3])
@pytest.mark.parametrize("n_calls", [1, 2, 9])
def test_callback_sees_each_batch_and_may_stop(n_starts, n_calls):
    seen = []

    def enough(so_far):
        seen.append((so_far.nfev, so_far.fun, so_far.message))
        return len(seen) == n_calls

    fun = Kept()
    x0 = np.zeros((n_starts, 300)) if n_starts else None
    result = search(fun, batch=3, callback=enough, x0=x0)
    assert result.message == "stopped by the callback"
    assert len(seen) == len(fun.batches) == n_calls
    assert seen[-1] == (result.nfev, result.fun, "running")


@pytest.mark.parametrize(("fun", "least"), [(sphere_of_few, 2.0), (ackley_of_few, 1.3)])
def test_embeddings_find_what_direct_search_does_not(fun, least):
    box = [[-1.0, 1.0]] * 1000

    def median(search):
        return np.median([search(seed).fun for seed in range(3)])

    embedded = median(
        lambda seed: SequentialEmbedding(10).minimize(
            fun, box, max_evals=500, random_state=seed
        )
    )
    direct = median(
        lambda seed: minimize(
            fun, box, method="racos", max_evals=500, random_state=seed
        )
    )
    assert direct > least * embedded


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fun", "method", "least", "times"),
    [
        (sphere_of_few, "racos", 0.12, 5.0),
        (ackley_of_few, "racos", 0.3, 5.0),
        (sphere_of_few, "rbf", 0.08, 5.0),
        (ackley_of_few, "rbf", 0.3, 5.0),
    ],
)
def test_published_dimensions(fun, method, least, times):
    """10,000 coordinates of which 10 matter, medians over seeds."""
    box = [[-1.0, 1.0]] * 10_000
    max_evals = 2000 if method == "racos" else 500
    embedding = SequentialEmbedding(10, method=method)
    found = [
        embedding.minimize(fun, box, max_evals=max_evals, random_state=seed).fun
        for seed in range(3)
    ]
    direct = minimize(fun, box, method="racos", max_evals=max_evals, random_state=0)
    assert np.median(found) < least
    assert direct.fun > times * np.median(found)


def test_sin1000_by_imgpo_of_two_components():
    """Independent maps of variance 2: the paper's combination of the two."""
    fun, box, least = OF_IMGPO["sin1000"]
    embedding = SequentialEmbedding(
        2, n_embeddings=5, method="imgpo", alpha_range=(0, 0), variance=2.0
    )
    regrets = [
        embedding.minimize(fun, box, max_evals=500, random_state=seed).fun - least
        for seed in range(2)
    ]
    assert -1e-9 < min(regrets)
    assert max(regrets) < 0.09
    plain = minimize(fun, box, method="imgpo", max_evals=60, random_state=0)
    assert plain.fun - least > 0.3


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"n_components": 0}, ValueError, "n_components=0 should be >= 1"),
        ({"n_components": 2.5}, TypeError, r"n_components=2\.5 should be an integer"),
        ({"n_embeddings": 0}, ValueError, "n_embeddings=0 should be >= 1"),
        ({"n_embeddings": None}, TypeError, "n_embeddings=None should be an integer"),
        ({"method": "newton"}, ValueError, "'newton' should be one of rbf, racos"),
        ({"method": ["rbf"]}, ValueError, r"method=\['rbf'\] should be one of"),
        ({"alpha_range": (1, 0)}, ValueError, r"alpha_range=\(1, 0\) should be finite"),
        ({"alpha_range": 1.0}, ValueError, r"alpha_range=1\.0 should be finite"),
        ({"alpha_range": (0, np.inf)}, ValueError, "should be finite"),
        ({"variance": 0}, ValueError, "variance=0 should be > 0 and finite"),
        ({"variance": np.nan}, ValueError, "variance=nan should be > 0 and finite"),
        ({"variance": "1"}, ValueError, "variance='1' should be > 0 and finite"),
        ({"max_evals": 0}, ValueError, "max_evals=0 should be >= 1"),
        ({"batch": 0}, ValueError, "batch=0 should be >= 1"),
        ({"box": Discrete([2] * 20)}, ValueError, "searches a box, not Discrete"),
        ({"box": [[1, 0]]}, ValueError, "the box is empty: low=1"),
        ({"x0": [0.0]}, ValueError, r"x0\.shape=\(1, 1\) should be \(q, 300\)"),
        ({"x0": np.full(300, 2.0)}, ValueError, r"x0\[0\] should lie in the space"),
    ],
)
def test_error_of_arguments_comes_before_any_question(options, error, message):
    fun = Kept()
    with pytest.raises(error, match=message):
        search(fun, **options)
    assert not fun.batches


@pytest.mark.parametrize(
    ("fun", "message"),
    [
        (lambda X: np.full(len(X), np.nan), "fun gave nan at"),
        (lambda X: 0.0, r"fun gave shape \(\) for 3 points, should be \(3,\)"),
    ],
)
def test_error_of_what_the_function_gives(fun, message):
    with pytest.raises(ValueError, match=message):
        search(fun, batch=3, method="random")
