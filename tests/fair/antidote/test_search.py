"""The search for so many rows: what it minimizes, and what it hands to an optimizer."""

import numpy as np
import pytest

from rfcore.cluster import KMeans
from rfcore.fair.antidote import search as searching
from rfcore.fair.antidote.questions import Questions
from rfcore.fair.antidote.rows import Room
from rfcore.fair.antidote.search import Search, search_box, search_pool
from rfcore.zeroth import SequentialEmbedding, embedding

RNG = np.random.default_rng(0)
GROUPS = RNG.integers(0, 2, 200).astype(np.int32)
X = RNG.normal(size=(200, 2)) + 0.7 * GROUPS[:, None] * [1.0, 0.0]
WIDE = [[-1e4, 1e4]] * 2
FAR = np.full((1, 4, 2), 1e4)


def made(bounds="range", weight=0.0, cost="balance", asked=None):
    questions = Questions(KMeans(2, random_state=0), X, GROUPS, cost)
    before = questions.before
    room = Room(X, bounds, None, before.centers, before.labels)
    search = Search(questions, room, -np.inf, weight, asked)
    search.limit = 10_000
    return search


def rows(n_questions, seed=0):
    return np.random.default_rng(seed).uniform(-2, 2, (n_questions, 4, 2))


@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0])
def test_what_is_minimized(weight):
    search = made(WIDE, weight)
    V = np.concatenate([FAR, rows(9), FAR])
    values = search.ask(V)
    costs, k_means = search.questions.ask(V)
    before = search.questions.before
    assert np.isinf(values[[0, -1]]).all()
    if weight == 0.0:
        expected = costs[1:-1]
    else:
        expected = (1 - weight) * costs[1:-1] / abs(before.cost)
        expected = expected + weight * k_means[1:-1] / before.k_means_cost
    np.testing.assert_allclose(values[1:-1], expected, rtol=1e-14)
    best = 1 + int(expected.argmin())
    np.testing.assert_array_equal(search.best, V[best])
    assert (search.value, search.cost) == (values[best], costs[best])


@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_a_refused_answer_is_finite_and_worse_than_before(weight, scale):
    def cost(X, centers, groups):
        return -scale * (5.0 + centers[0, 0])

    search = made(weight=weight, cost=cost)
    nothing = np.empty((1, 0, 2))
    (value,) = search._values(*search.questions.ask(nothing))
    assert value < search.refused < np.inf
    assert search.refused >= value + abs(value)


def test_batches_are_kept_where_they_are_wanted():
    kept = []
    search = made(asked=kept)
    search.ask(rows(70))
    assert [len(V) for V, _, _ in kept] == [64, 6]
    search = made()
    search.ask(rows(70))
    assert search.asked is None


def watched(monkeypatch):
    """Lists of (method, x0) of SequentialEmbedding, and (method, dim) of its parts."""
    outer, inner = [], []
    whole, part = SequentialEmbedding.minimize, embedding.minimize

    def of_all(self, fun, space, *, x0=None, **more):
        outer.append((self.method, x0.copy()))
        return whole(self, fun, space, x0=x0, **more)

    def of_part(fun, space, *, method, **more):
        inner.append((method, len(space)))
        return part(fun, space, method=method, **more)

    monkeypatch.setattr(SequentialEmbedding, "minimize", of_all)
    monkeypatch.setattr(embedding, "minimize", of_part)
    return outer, inner


@pytest.mark.parametrize("method", ["racos", "cmaes", "imgpo", "rbf", "random"])
@pytest.mark.parametrize(("n_components", "parts"), [(3, [4] * 5), (8, [8])])
def test_the_optimizer_begins_at_the_best(monkeypatch, method, n_components, parts):
    outer, inner = watched(monkeypatch)
    starts = {"n_components": n_components, "seed": 0}
    # What the starts and exchanges find alone, with the questions left to them.
    before = made()
    with monkeypatch.context() as patch:
        patch.setattr(searching, "_optimize", lambda *_: None)
        search_box(before, 4, 120, [], rows(30)[:, 0], method=method, **starts)
    search = made()
    search_box(search, 4, 120, [], rows(30)[:, 0], method=method, **starts)
    ((own, x0),) = outer
    assert own == method
    np.testing.assert_array_equal(x0, before.best.reshape(1, 8))
    assert inner == [(method, dim) for dim in parts]
    assert search.questions.n_queries == 120 > before.questions.n_queries
    assert search.cost <= before.cost


def test_starts_alone_ask_no_optimizer(monkeypatch):
    outer, _ = watched(monkeypatch)
    search = made()
    search_box(
        search, 4, 120, [], rows(30)[:, 0], method="starts", n_components=8, seed=0
    )
    assert outer == []
    assert search.questions.n_queries <= 120


def test_a_pool_is_searched_among_its_first_rows():
    pool = rows(50)[:, 0]
    search = made(asked=[])
    search_pool(search, 4, 40, [], pool)
    assert search.questions.n_queries <= 40
    assert {tuple(row) for row in search.best} <= {tuple(row) for row in pool[:16]}
