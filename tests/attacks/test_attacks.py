"""The promises of every attack on rows: budget, honesty, box, depth, seeds.

Those of the attack on groups are in `test_fairness_promises.py`.
"""

import functools
import itertools

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.cluster import DBSCAN, AgglomerativeClustering
from sklearn.cluster import KMeans as SklearnKMeans
from sklearn.mixture import GaussianMixture
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from rfcore.attacks import SpilloverAttack
from rfcore.cluster import Agglomerative, KMeans, Oracle
from rfcore.experiments import peers


def blobs(centers, n_each=25, seed=0):
    """Rows around centers in features of unlike scale, closed to writing."""
    rng = np.random.default_rng(seed)
    X = np.concatenate([rng.normal(center, 1.0, (n_each, 4)) for center in centers])
    X = X * [1.0, 1e3, 1e-3, 5.0] + [0.0, 1e4, 0.0, -7.0]
    X.setflags(write=False)
    return X


TWO = blobs([[0, 0, 0, 0], [3, 0, 2, 0]])
THREE = blobs([[0, 0, 0, 0], [3, 0, 2, 0], [0, 2, 3, 2]])
SCALED = (TWO - TWO.mean(axis=0)) / TWO.std(axis=0)

# name: the attack's options, the victim, the data. Budgets are small on purpose.
WARD = Agglomerative(2)
TABLE = {
    "rbf": ({}, WARD, TWO),
    "cmaes": ({"method": "cmaes"}, WARD, TWO),
    "racos": ({"method": "racos"}, WARD, TWO),
    "random": ({"method": "random"}, WARD, TWO),
    "starts": ({"method": "starts"}, WARD, TWO),
    "rbf alone": ({"structured": False, "source": 0}, WARD, TWO),
    "one way": ({"source": 1, "target": 0}, WARD, TWO),
    "genetic": ({"method": peers.differential_evolution}, WARD, TWO),
    "annealing": ({"method": peers.dual_annealing}, WARD, TWO),
    "one question": ({"max_evals": 1}, WARD, TWO),
    "two questions": ({"max_evals": 2, "method": "random"}, WARD, TWO),
    "fewer questions than pairs": ({"max_evals": 2}, Agglomerative(3), THREE),
    "three clusters": ({}, Agglomerative(3), THREE),
    "five clusters": ({"method": "random"}, Agglomerative(5), THREE),
    "average linkage": ({}, Agglomerative(4, linkage="average"), THREE),
    "two rows": ({"n_rows": 2}, WARD, TWO),
    "three rows": ({"n_rows": 3}, Agglomerative(3), THREE),
    "delta": ({"delta": 0.5}, Agglomerative(2, linkage="complete"), SCALED),
    "delta each": ({"delta": [0.3, 0.0, np.inf, 1.0]}, WARD, SCALED),
    "no delta": ({"delta": 0}, WARD, TWO),
    "whole range": ({"depth_quantile": 0}, WARD, TWO),
    "deepest only": ({"depth_quantile": 1}, WARD, TWO),
    "median depth": ({"depth_quantile": 0.5}, WARD, TWO),
    "noisy metric": ({"metric_noise": 0.4}, WARD, SCALED),
    "noisy rows": ({"metric_noise": 0.4, "n_rows": 2}, WARD, SCALED),
    "k-means": ({}, KMeans(2, n_init=3, random_state=5), SCALED),
    "k-means, three": ({}, KMeans(3, n_init=2, random_state=5), THREE),
    "k-means from centers": ({}, KMeans(2, init=SCALED[[0, 40]]), SCALED),
    "scikit-learn Ward": ({"max_evals": 8}, AgglomerativeClustering(2), TWO),
    "DBSCAN": ({"max_evals": 8}, DBSCAN(eps=0.9, min_samples=4), SCALED),
    "mixture": ({"max_evals": 4}, GaussianMixture(2, random_state=0), SCALED),
    "pipeline": (
        {"max_evals": 4},
        make_pipeline(StandardScaler(), SklearnKMeans(2, n_init=1, random_state=0)),
        TWO,
    ),
}
SEARCHED = [name for name in TABLE if TABLE[name][0].get("max_evals", 40) > 8]
SEEDED = [
    name for name in SEARCHED if name not in ("starts", "no delta", "deepest only")
]
every_attack = pytest.mark.parametrize("name", TABLE)


def run(name, seed=0):
    options, victim, X = TABLE[name]
    options = {"max_evals": 40, "n_null": 2, "random_state": seed, **options}
    return SpilloverAttack(**options).run(victim, X)


@functools.cache
def attacked(name):
    return run(name)


def depths(points, X, labels):
    """Coordinate depth as definition 2.2.3 says it; a lone row is deep at itself."""
    sums = np.zeros(points.shape)
    for c in np.unique(labels):
        own = X[labels == c]
        if len(own) == 1:
            sums += points == own
        else:
            z = (points - own.mean(axis=0)) / own.std(axis=0, ddof=1)
            sums += 1.0 / (1.0 + z**2)
    return sums.min(axis=1)


def switched(a, b):
    """Rows that switch, under the best of all ways to name the clusters of b."""
    names_a, names_b = np.unique(a), np.unique(b)
    size = max(len(names_a), len(names_b))
    table = np.zeros((size, size), dtype=int)
    for i, p in enumerate(names_a):
        for j, q in enumerate(names_b):
            table[i, j] = np.sum((a == p) & (b == q))
    kept = max(
        sum(table[i, j] for i, j in enumerate(order))
        for order in itertools.permutations(range(size))
    )
    return len(a) - kept


@every_attack
def test_budget_is_kept(name, monkeypatch):
    asked = []
    answer = Oracle.replace_rows

    def counted(self, t, rows):
        labels = answer(self, t, rows)
        asked.append(len(rows))
        return labels

    monkeypatch.setattr(Oracle, "replace_rows", counted)
    result = run(name)
    assert sum(asked) == result.n_queries == len(result.trace)
    assert 1 <= result.n_queries <= TABLE[name][0].get("max_evals", 40)


@pytest.mark.parametrize("name", [n for n in SEEDED if n != "whole range"])
def test_budget_is_spent(name):
    assert attacked(name).n_queries == 40


@every_attack
def test_data_and_victim_are_untouched(name):
    _, victim, X = TABLE[name]
    before, parameters = X.copy(), repr(victim)
    result = attacked(name)
    np.testing.assert_array_equal(X, before)
    assert not np.shares_memory(result.X_adv, X)
    assert repr(victim) == parameters
    assert not any(key.endswith("_") for key in vars(victim) if key[0] != "_")


@every_attack
def test_only_the_named_rows_of_the_source_move(name):
    options, _, X = TABLE[name]
    result = attacked(name)
    moved = np.flatnonzero((result.X_adv != X).any(axis=1))
    assert set(moved) <= set(result.changed)
    assert len(result.changed) == options.get("n_rows", 1)
    if "noisy" not in name:
        source = set(result.labels_before[result.changed])
        assert source == {result.details["source"]}


@every_attack
def test_after_is_that_of_fresh_fits(name):
    _, victim, X = TABLE[name]
    result = attacked(name)
    before, after = (clone(victim).fit_predict(rows) for rows in (X, result.X_adv))
    np.testing.assert_array_equal(result.labels_before, before)
    np.testing.assert_array_equal(result.labels_after, after)
    assert result.before == 0
    assert result.after == switched(before, after)
    assert len(result.details["switched"]) == result.after


@every_attack
def test_result_stays_in_its_box_and_in_the_observed_range(name):
    options, _, X = TABLE[name]
    result = attacked(name)
    moved, details = result.X_adv[result.changed], result.details
    assert ((moved >= details["low"]) & (moved <= details["high"])).all()
    assert (details["low"] >= X.min(axis=0)).all()
    assert (details["high"] <= X.max(axis=0)).all()
    assert (np.abs(moved - X[result.changed]) <= details["delta"] * (1 + 1e-12)).all()
    if "delta" in options:
        expected = np.broadcast_to(options["delta"], moved.shape)
        np.testing.assert_array_equal(details["delta"], expected)


@pytest.mark.parametrize("name", [n for n in TABLE if "delta" not in TABLE[n][0]])
def test_depth_is_kept(name):
    options, _, X = TABLE[name]
    result = attacked(name)
    details, labels = result.details, result.labels_before
    clean, own = depths(X, X, labels), X[result.changed]
    np.testing.assert_allclose(details["clean_depths"], clean, rtol=1e-9)
    moved = depths(result.X_adv[result.changed], X, labels)
    np.testing.assert_allclose(details["depth"], moved, rtol=1e-9)
    if "noisy" in name:
        return
    threshold = np.quantile(clean, options.get("depth_quantile", 0.1))
    assert details["depth_threshold"] == pytest.approx(threshold, rel=1e-9)
    # Features that are below already stay, so such a row keeps its own depth at least.
    floor = np.minimum(threshold, depths(own, X, labels))
    assert (moved >= floor * (1 - 1e-9)).all()


@every_attack
def test_trace_rises_to_the_result(name):
    result = attacked(name)
    assert (np.diff(result.trace) >= 0).all()
    assert result.trace[-1] == result.details["search_value"]
    if "noisy" not in name:
        assert result.trace[-1] == result.after


@every_attack
def test_same_seed_gives_the_same_result(name):
    first, again = attacked(name), run(name)
    np.testing.assert_array_equal(first.X_adv, again.X_adv)
    np.testing.assert_array_equal(first.trace, again.trace)
    np.testing.assert_array_equal(first.null, again.null)
    np.testing.assert_array_equal(first.changed, again.changed)
    assert first.stopped == again.stopped


@pytest.mark.parametrize("name", SEEDED)
def test_other_seed_asks_other_questions(name, monkeypatch):
    asked = {0: [], 1: []}
    answer = Oracle.replace_rows
    for seed, kept in asked.items():

        def noted(self, t, rows, kept=kept):
            kept.append(np.array(rows))
            return answer(self, t, rows)

        monkeypatch.setattr(Oracle, "replace_rows", noted)
        run(name, seed)
    assert not np.array_equal(np.concatenate(asked[0]), np.concatenate(asked[1]))


@every_attack
def test_null_stands_beside_the_result(name):
    result = attacked(name)
    seeded = any("random_state" in key for key in TABLE[name][1].get_params())
    assert result.null.shape == (2 if seeded else 1,)
    assert result.above_null == (result.after > max(result.null))
