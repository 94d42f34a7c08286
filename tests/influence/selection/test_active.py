"""The active learner: rounds by hand, what is deterministic, and bad input."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC, LinearSVC

from rfcore.influence import (
    ActiveLearner,
    TreeInfluence,
    highest,
    influence_sampling,
    margin_sampling,
)
from rfcore.influence.selection.active import STRATEGIES

MODEL = LinearSVC(dual=False, tol=1e-8)


@pytest.fixture
def rows():
    """Labeled rows, a pool and validation rows, each with its labels."""
    rng = np.random.default_rng(2)
    X = rng.normal(size=(160, 3))
    y = np.where(X[:, 0] - X[:, 1] + 0.6 * rng.normal(size=160) > 0, "yes", "no")
    return X[:40], y[:40], X[40:110], y[40:110], X[110:], y[110:]


def rounds(learner, rows, n_rounds=3, n_queries=5):
    """The pool's rows that are asked for, by their first numbers."""
    X, y, X_pool, y_pool, X_val, y_val = rows
    learner.fit(X, y, X_val, y_val)
    left, asked = np.arange(len(X_pool)), []
    for _ in range(n_rounds):
        own = learner.query(X_pool[left], n_queries)
        learner.teach(X_pool[left[own]], y_pool[left[own]])
        asked.append(left[own].tolist())
        left = np.delete(left, own)
    return asked


def test_rounds_of_margins_by_hand(rows):
    X, y, X_pool, y_pool, *_ = rows
    asked = rounds(ActiveLearner(MODEL, strategy="margin"), rows)
    left = np.arange(len(X_pool))
    for expected in asked:
        model = clone(MODEL).fit(X, y)
        own = left[highest(margin_sampling(model, X_pool[left]), 5)]
        assert own.tolist() == expected
        X, y = np.vstack([X, X_pool[own]]), np.append(y, y_pool[own])
        left = np.setdiff1d(left, own)


def test_influence_is_of_the_first_rows_unless_refitted(rows):
    X, y, X_pool, y_pool, X_val, y_val = rows
    once, again = (
        rounds(ActiveLearner(MODEL, refit_tree=refit), rows) for refit in (False, True)
    )
    model = clone(MODEL).fit(X, y)
    scores = influence_sampling(model, X_pool, X, y, X_val, y_val)
    assert np.concatenate(once).tolist() == highest(scores, 15).tolist()
    assert again[0] == once[0]
    X, y = np.vstack([X, X_pool[once[0]]]), np.append(y, y_pool[once[0]])
    left = np.setdiff1d(np.arange(len(X_pool)), once[0])
    model = clone(MODEL).fit(X, y)
    scores = influence_sampling(model, X_pool[left], X, y, X_val, y_val)
    assert again[1] == left[highest(scores, 5)].tolist()


def test_a_surrogate_gives_influence_to_any_model(rows):
    X, y, X_pool, _, X_val, y_val = rows
    surrogate = LogisticRegression(tol=1e-10)
    tree = TreeInfluence(
        append_y=False, max_depth=None, min_samples_leaf=1, reg_param=0, random_state=0
    )
    learner = ActiveLearner(SVC(kernel="linear"), surrogate=surrogate, tree=tree)
    learner.fit(X, y, X_val, y_val)
    model = clone(surrogate).fit(X, y)
    scores = influence_sampling(model, X_pool, X, y, X_val, y_val, tree=tree)
    assert learner.query(X_pool, 9).tolist() == highest(scores, 9).tolist()
    assert isinstance(learner.estimator_, SVC)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_same_seed_same_questions(strategy, rows):
    first, second, other = (
        rounds(ActiveLearner(MODEL, strategy=strategy, random_state=seed), rows)
        for seed in (0, 0, 1)
    )
    assert first == second
    assert (first == other) == (strategy != "random")
    assert len({row for asked in first for row in asked}) == 15


def test_a_strategy_of_ones_own(rows):
    X, y, X_pool, *_ = rows
    learner = ActiveLearner(MODEL, strategy=lambda model, pool: pool[:, 0]).fit(X, y)
    assert learner.query(X_pool, 1)[0] == np.argmax(X_pool[:, 0])
    learner.strategy = lambda model, pool: np.zeros(3)
    with pytest.raises(
        ValueError, match=r"scores of shape \(3,\), should give \(70,\)"
    ):
        learner.query(X_pool)


def test_teaching_fits_all_labeled_rows(rows):
    X, y, X_pool, y_pool, *_ = rows
    learner = ActiveLearner(MODEL, strategy="random").fit(X, y)
    learner.teach(X_pool[:7], y_pool[:7])
    model = clone(MODEL).fit(np.vstack([X, X_pool[:7]]), np.append(y, y_pool[:7]))
    np.testing.assert_array_equal(learner.estimator_.coef_, model.coef_)
    np.testing.assert_array_equal(learner.predict(X_pool), model.predict(X_pool))
    assert learner.X_.shape == (47, 3)


def test_errors_of_fit(rows):
    X, y, *_, X_val, y_val = rows
    with pytest.raises(ValueError, match="strategy='best' should be one of random, "):
        ActiveLearner(MODEL, strategy="best").fit(X, y)
    with pytest.raises(ValueError, match="strategy='influence' needs X_val and y_val"):
        ActiveLearner(MODEL).fit(X, y)
    with pytest.raises(ValueError, match="y_val holds 'maybe', which is not among"):
        ActiveLearner(MODEL).fit(X, y, X_val, np.where(y_val == "no", "maybe", y_val))
    with pytest.raises(TypeError, match="model is a SVC"):
        ActiveLearner(SVC()).fit(X, y, X_val, y_val)


def test_errors_of_a_query(rows):
    X, y, X_pool, *_ = rows
    learner = ActiveLearner(MODEL, strategy="entropy").fit(X, y)
    with pytest.raises(ValueError, match="X_pool has 0 rows, should have >= 1"):
        learner.query(X_pool[:0])
    with pytest.raises(ValueError, match="n_queries=71 should be <= n_pool=70"):
        learner.query(X_pool, 71)
    with pytest.raises(ValueError, match="n_queries=0 should be >= 1"):
        learner.query(X_pool, 0)
    with pytest.raises(ValueError, match=r"X_pool.shape\[-1\]=2 should be 3"):
        learner.query(X_pool[:, :2])
    with pytest.raises(ValueError, match="not fitted yet"):
        ActiveLearner(MODEL).query(X_pool)


def test_errors_of_an_answer(rows):
    X, y, X_pool, *_ = rows
    learner = ActiveLearner(MODEL, strategy="random").fit(X, y)
    with pytest.raises(ValueError, match="y holds 'maybe', which is not among the cla"):
        learner.teach(X_pool[:1], ["maybe"])
    with pytest.raises(ValueError, match=r"y.shape=\(2,\) should be \(1,\)"):
        learner.teach(X_pool[:1], ["yes", "no"])
    assert len(learner.X_) == len(X)
