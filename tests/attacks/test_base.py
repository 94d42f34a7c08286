"""Tests of what every attack gives back, and of the null beside it."""

import dataclasses

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.cluster import KMeans as SklearnKMeans
from sklearn.mixture import GaussianMixture
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from rfcore.attacks import AttackResult
from rfcore.attacks.base import (
    fresh_labels,
    named_alike,
    refits,
    restart_null,
    switched_rows,
)
from rfcore.cluster import Agglomerative, KMeans
from rfcore.cluster.seeds import random_states, with_seeds
from rfcore.metrics import n_switched

X = np.random.default_rng(0).normal(size=(50, 2))
RESULT = AttackResult(
    measure="n_switched",
    before=0,
    after=2,
    labels_before=np.array([0, 0, 1]),
    labels_after=np.array([0, 1, 1]),
    X_adv=np.zeros((3, 2)),
    changed=np.array([1]),
    null=np.array([0]),
    n_queries=5,
    trace=np.array([1, 1, 2, 5, 5]),
    stopped="budget spent",
)


@pytest.mark.parametrize(
    ("victim", "seeded"),
    [
        (KMeans(3, n_init=1, random_state=0), "random_state"),
        (
            make_pipeline(StandardScaler(), SklearnKMeans(3, n_init=1, random_state=0)),
            "kmeans__random_state",
        ),
    ],
)
def test_null_is_what_other_seeds_switch(victim, seeded):
    labels = clone(victim).fit_predict(X)
    expected = [
        n_switched(
            labels, clone(victim).set_params(**{seeded: 1000 + i}).fit_predict(X)
        )
        for i in range(6)
    ]
    null = restart_null(victim, X, labels, 6)
    np.testing.assert_array_equal(null, expected)
    assert null.max() > 0


def test_null_of_a_deterministic_victim_is_one_refit():
    labels = Agglomerative(2).fit(X).labels_
    assert restart_null(Agglomerative(2), X, labels, 20).tolist() == [0]
    # The labels that are given are the reference, not those of the refit.
    labels[:3] = 1 - labels[:3]
    assert restart_null(Agglomerative(2), X, labels, 20).tolist() == [3]


@pytest.mark.parametrize(
    ("after", "null", "above"),
    [(3, [0, 2], True), (3, [0, 3], False), (0, [0], False), (2, [5, 0], False)],
)
def test_effect_counts_only_above_the_whole_null(after, null, above):
    result = dataclasses.replace(RESULT, after=after, null=np.array(null))
    assert result.above_null is above


@pytest.mark.parametrize(
    ("after", "null", "below"),
    [(0.1, [0.2, 0.5], True), (0.2, [0.2, 0.5], False), (0.3, [0.5, 0.2], False)],
)
def test_effect_that_lowers_counts_only_below_the_whole_null(after, null, below):
    result = dataclasses.replace(RESULT, after=after, null=np.array(null), lowers=True)
    assert result.above_null is below


@pytest.mark.parametrize(
    ("value", "queries"), [(0, 1), (1, 1), (2, 3), (3, 4), (5, 4), (6, None)]
)
def test_queries_to_a_value(value, queries):
    assert RESULT.queries_to(value) == queries


@pytest.mark.parametrize(
    ("value", "queries"), [(0.9, 2), (0.8, 2), (0.79, 3), (0.1, 5), (0.0, None)]
)
def test_queries_to_a_value_that_is_lowered(value, queries):
    trace = np.array([np.inf, 0.8, 0.5, 0.5, 0.1])
    result = dataclasses.replace(RESULT, trace=trace, lowers=True)
    assert result.queries_to(value) == queries


@pytest.mark.parametrize("seed", range(8))
def test_switched_rows_are_as_many_as_n_switched(seed):
    rng = np.random.default_rng(seed)
    before, after = rng.integers(-1, 3, size=30), rng.integers(0, 2 + seed, size=30)
    rows = switched_rows(before, after)
    assert len(rows) == n_switched(before, after)
    # Without them the clusters match one to one.
    rest = np.setdiff1d(np.arange(30), rows)
    pairs = {(p, q) for p, q in zip(before[rest], after[rest], strict=True)}
    assert len(pairs) == len({p for p, _ in pairs}) == len({q for _, q in pairs})


def test_clusters_are_named_alike():
    before = np.array([-1, -1, 5, 5, 5, 7, 7])
    after = np.array([3, 3, 0, 0, 1, 2, 0])
    expected = [-1, -1, 5, 5, 9, 7, 5]
    np.testing.assert_array_equal(named_alike(before, after), expected)
    np.testing.assert_array_equal(named_alike(before, before), before)
    merged = named_alike(before, np.zeros(7, dtype=int))
    np.testing.assert_array_equal(merged, np.full(7, 5))


def nested_pair(random_state):
    return make_pipeline(
        KMeans(2, random_state=random_state), SklearnKMeans(3, random_state=4)
    )


def seeds(victim):
    return [victim[0].random_state, victim[1].random_state]


def test_refits_have_seeds_of_their_own():
    victim = nested_pair(None)
    assert [seeds(other) for other in refits(victim, 3)] == [
        [1000, 1000],
        [1001, 1001],
        [1002, 1002],
    ]
    assert seeds(victim) == [None, 4]
    assert len(refits(Agglomerative(2), 3)) == 1


def test_only_seeds_that_are_missing_are_given():
    victim = nested_pair(None)
    seeded = with_seeds(victim, 0)
    drawn = int(np.random.default_rng(0).integers(2**31))
    assert seeds(seeded) == [drawn, 4]
    assert seeds(with_seeds(victim, 1)) != seeds(seeded)
    assert seeds(with_seeds(nested_pair(0), 1)) == [0, 4]
    assert seeds(victim) == [None, 4]
    assert with_seeds(Agglomerative(2), 0).get_params() == Agglomerative(2).get_params()


def test_random_states_of_nested_estimators_are_found():
    victim = make_pipeline(StandardScaler(), SklearnKMeans(3, random_state=7))
    assert random_states(victim) == {"kmeans__random_state": 7}
    assert random_states(KMeans(2)) == {"random_state": None}
    assert random_states(Agglomerative(2)) == {}


@pytest.mark.parametrize(
    "victim", [KMeans(3, random_state=0), GaussianMixture(3, random_state=0)]
)
def test_fresh_labels_come_from_a_clone(victim):
    labels = fresh_labels(victim, X)
    assert labels.dtype == np.int32
    np.testing.assert_array_equal(labels, clone(victim).fit_predict(X))
    assert not any(key.endswith("_") for key in vars(victim))


def test_fresh_labels_without_fit_predict():
    class Halves(StandardScaler):
        def fit(self, X, y=None):
            self.labels_ = (X[:, 0] > 0).astype(np.int64)
            return self

    np.testing.assert_array_equal(fresh_labels(Halves(), X), X[:, 0] > 0)
