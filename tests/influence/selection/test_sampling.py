"""Scores of a pool against their formulas, and which rows they choose."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from rfcore.influence import (
    InfluenceFunction,
    TreeInfluence,
    entropy_sampling,
    highest,
    influence_sampling,
    influence_tree,
    margin_sampling,
    random_sampling,
    uncertainty_sampling,
)


class Fixed:
    """A model with given probabilities."""

    def predict_proba(self, X):
        return np.asarray(X)


class Deciding:
    """A model with given decision values only."""

    def decision_function(self, X):
        X = np.asarray(X)
        return X[:, 0] if X.shape[1] == 1 else X


P = np.array([[0.2, 0.5, 0.3], [1.0, 0.0, 0.0], [0.25, 0.25, 0.5]])


def test_formulas_by_hand():
    entropy = [
        -(0.2 * np.log(0.2) + 0.5 * np.log(0.5) + 0.3 * np.log(0.3)),
        0.0,
        1.5 * np.log(2),
    ]
    np.testing.assert_allclose(entropy_sampling(Fixed(), P), entropy)
    np.testing.assert_allclose(margin_sampling(Fixed(), P), [-0.2, -1.0, -0.25])
    np.testing.assert_allclose(uncertainty_sampling(Fixed(), P), [0.5, 0.0, 0.5])


def test_decision_values_become_probabilities():
    z = np.array([-2.0, 0.0, 1.5])
    p = 1 / (1 + np.exp(-z))
    expected = 1 - np.maximum(p, 1 - p)
    found = uncertainty_sampling(Deciding(), z[:, None])
    np.testing.assert_allclose(found, expected)
    z = np.array([[1.0, 2.0, 3.0], [800.0, 0.0, -800.0]])
    top = np.exp(3) / np.exp([1, 2, 3]).sum()
    found = uncertainty_sampling(Deciding(), z)
    np.testing.assert_allclose(found, [1 - top, 0.0])


def test_for_two_classes_the_three_agree_on_the_order():
    X = np.random.default_rng(0).normal(size=(50, 1))
    orders = [
        highest(score(Deciding(), X), 50).tolist()
        for score in (entropy_sampling, margin_sampling, uncertainty_sampling)
    ]
    assert orders[0] == orders[1] == orders[2]
    assert orders[0] == np.argsort(np.abs(X[:, 0])).tolist()


def test_random_scores_come_from_the_seed():
    X = np.zeros((30, 2))
    first = random_sampling(None, X, random_state=3)
    np.testing.assert_array_equal(first, random_sampling(None, X, random_state=3))
    assert len(set(first)) == 30
    assert not np.array_equal(first, random_sampling(None, X, random_state=4))


@pytest.fixture(params=[LogisticRegression(tol=1e-10), LinearSVC(dual=False, tol=1e-8)])
def labeled(request):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(130, 2))
    y = (X[:, 0] + 0.5 * rng.normal(size=130) > 0).astype(int)
    model = request.param.fit(X[:60], y[:60])
    return model, X[60:90], X[:60], y[:60], X[90:], y[90:]


def test_influence_of_a_pool_is_the_trees_without_labels(labeled):
    model, X_pool, X, y, X_val, y_val = labeled
    scores = InfluenceFunction().fit(model, X, y).scores(X_val, y_val, target="loss")
    tree = TreeInfluence(append_y=False, random_state=0).fit(X, influence=scores)
    found = influence_sampling(*labeled)
    np.testing.assert_array_equal(found, tree.predict(X_pool))
    assert len(set(found)) > 1
    stump = TreeInfluence(append_y=False, max_depth=1, random_state=0)
    found = influence_sampling(model, X, X, y, X_val, y_val, tree=stump)
    assert len(set(found)) == 2


def test_high_influence_means_that_removal_raises_the_loss(labeled):
    """On the labeled rows themselves, by fitting again without the leaf's rows."""
    model, _, X, y, X_val, y_val = labeled
    deep = TreeInfluence(
        append_y=False, max_depth=None, min_samples_leaf=1, reg_param=0, random_state=0
    )
    tree = influence_tree(model, X, y, X_val, y_val, tree=deep)
    order = highest(tree.predict(X), len(X))
    losses = []
    for rows in (order[:6], order[-6:]):
        kept = np.setdiff1d(np.arange(len(X)), rows)
        again = model.__class__(**model.get_params()).fit(X[kept], y[kept])
        margins = (2 * y_val - 1) * again.decision_function(X_val)
        if isinstance(model, LogisticRegression):
            losses.append(np.log1p(np.exp(-margins)).sum())
        else:
            losses.append((np.maximum(0, 1 - margins) ** 2).sum())
    assert losses[0] > losses[1]


def test_highest_takes_the_lower_row_of_equals():
    scores = [1.0, 3.0, 3.0, 2.0, 3.0]
    assert highest(scores, 4).tolist() == [1, 2, 4, 3]
    assert highest(scores, 1).tolist() == [1]
    many = highest(np.tile([0.0, 1.0], 50), 100)
    assert many.tolist() == [*range(1, 100, 2), *range(0, 100, 2)]
    assert highest(np.zeros(5), 5).tolist() == [0, 1, 2, 3, 4]
    assert highest([-np.inf, 0.0], 1).tolist() == [1]


def test_errors():
    with pytest.raises(ValueError, match="n_queries=3 should be <= n_pool=2"):
        highest([0.0, 1.0], 3)
    with pytest.raises(ValueError, match="n_queries=0 should be >= 1"):
        highest([0.0, 1.0], 0)
    with pytest.raises(TypeError, match=r"n_queries=1.0 should be an integer"):
        highest([0.0, 1.0], 1.0)
    with pytest.raises(ValueError, match="scores should not hold NaN"):
        highest([0.0, np.nan], 1)
    with pytest.raises(ValueError, match=r"scores.ndim=2 should be 1"):
        highest([[0.0]], 1)


def test_error_of_a_tree_with_labels(labeled):
    with pytest.raises(ValueError, match="append_y=True of the tree should be False"):
        influence_sampling(*labeled, tree=TreeInfluence())
