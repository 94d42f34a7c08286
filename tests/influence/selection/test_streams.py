"""Trimmed batches: what is removed, what the estimator sees, and bad input."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC

from rfcore.influence import InfluenceFunction, OnlineTrimming, batch_model, trim
from rfcore.influence.selection import streams

LOSSES = ("log_loss", "hinge", "squared_hinge")


def sgd(loss="log_loss", **options):
    return SGDClassifier(loss=loss, random_state=0, **options)


@pytest.fixture
def stream():
    """Four batches of 60 rows with a third of the labels flipped, and clean rows."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 3))
    y = (X @ [2.0, -1.0, 0.5] + 0.3 * rng.normal(size=400) > 0).astype(int)
    batches = []
    for start in range(0, 240, 60):
        rows = slice(start, start + 60)
        noisy = y[rows].copy()
        flipped = rng.permutation(60)[:20]
        noisy[flipped] = 1 - noisy[flipped]
        batches.append((X[rows], noisy, flipped))
    return batches, X[240:], y[240:]


@pytest.mark.parametrize("loss", LOSSES)
def test_every_batch_is_trimmed_by_its_own_influence(stream, loss):
    batches, X_val, y_val = stream
    online = OnlineTrimming(sgd(loss))
    by_hand = sgd(loss)
    for X, y, _ in batches:
        online.partial_fit(X, y, X_val, y_val)
        model = batch_model(sgd(loss), 60).fit(X, y)
        scores = InfluenceFunction().fit(model, X, y).scores(
            X_val, y_val, target="loss"
        )  # fmt: skip
        expected = trim(scores, 6)
        assert online.history_[-1].removed.tolist() == expected.removed.tolist()
        by_hand.partial_fit(X[expected.kept], y[expected.kept], classes=[0, 1])
    assert len(online.history_) == 4
    assert all(len(result.removed) == 6 for result in online.history_)
    np.testing.assert_array_equal(online.estimator_.coef_, by_hand.coef_)
    np.testing.assert_array_equal(online.predict(X_val), by_hand.predict(X_val))


@pytest.mark.parametrize("loss", LOSSES)
def test_removed_rows_are_flipped_ones(stream, loss):
    batches, X_val, y_val = stream
    online = OnlineTrimming(sgd(loss))
    for X, y, flipped in batches:
        online.partial_fit(X, y, X_val, y_val)
        assert np.isin(online.history_[-1].removed, flipped).mean() > 0.8


def test_the_objective_of_the_batch_model_is_the_estimators(stream):
    X, y, _ = stream[0][0]
    slow = sgd(alpha=0.05, max_iter=100_000, tol=1e-9, average=True).fit(X, y)
    model = batch_model(slow, len(X)).fit(X, y)
    assert model.C == pytest.approx(1 / (0.05 * 60))
    np.testing.assert_allclose(model.coef_, slow.coef_, atol=2e-2)
    for loss in LOSSES:
        other = batch_model(sgd(loss, alpha=0.05, fit_intercept=False), 60)
        assert isinstance(other, LogisticRegression)
        assert (other.C, other.fit_intercept) == (model.C, False)


def test_a_linear_svm_as_surrogate(stream):
    (X, y, _), X_val, y_val = stream[0][0], *stream[1:]
    surrogate = LinearSVC(dual=False, tol=1e-8)
    online = OnlineTrimming(sgd("hinge"), surrogate=surrogate)
    online.partial_fit(X, y, X_val, y_val)
    influence = InfluenceFunction().fit(clone(surrogate).fit(X, y), X, y)
    scores = influence.scores(X_val, y_val, target="loss")
    assert online.history_[0].removed.tolist() == trim(scores, 6).removed.tolist()


def test_validation_rows_are_kept_from_the_last_call(stream):
    batches, X_val, y_val = stream
    once, always = OnlineTrimming(sgd()), OnlineTrimming(sgd())
    for t, (X, y, _) in enumerate(batches):
        once.partial_fit(X, y, *((X_val, y_val) if t == 0 else ()))
        always.partial_fit(X, y, X_val, y_val)
    np.testing.assert_array_equal(once.estimator_.coef_, always.estimator_.coef_)


def test_other_targets_influences_and_models(stream):
    (X, y, _), X_val, y_val = stream[0][0], *stream[1:]
    groups = (X_val[:, 0] > 0).astype(int)
    surrogate = LogisticRegression(C=0.1, tol=1e-10, max_iter=1000)
    influence = InfluenceFunction(method="newton")
    online = OnlineTrimming(
        GaussianNB(),
        target="demographic_parity",
        budget=5,
        influence=influence,
        surrogate=surrogate,
    ).partial_fit(X, y, X_val, y_val, groups=groups)
    model = clone(surrogate).fit(X, y)
    scores = clone(influence).fit(model, X, y).scores(
        X_val, y_val, target="demographic_parity", groups=groups
    )  # fmt: skip
    removed = online.history_[0].removed
    assert removed.tolist() == np.argsort(scores)[:5].tolist()
    assert online.estimator_.class_count_.sum() == 55
    assert not hasattr(surrogate, "coef_")


def test_fit_forgets_earlier_batches(stream):
    (first, second, *_), X_val, y_val = stream
    online = OnlineTrimming(sgd()).partial_fit(*first[:2], X_val, y_val)
    online.fit(*second[:2], X_val, y_val)
    fresh = OnlineTrimming(sgd()).partial_fit(*second[:2], X_val, y_val)
    np.testing.assert_array_equal(online.estimator_.coef_, fresh.estimator_.coef_)
    assert len(online.history_) == 1
    with pytest.raises(ValueError, match="the first batch needs X_val and y_val"):
        online.fit(*first[:2])


@pytest.mark.parametrize("budget", [0, 0.0])
def test_no_budget_is_the_plain_estimator(stream, budget):
    batches, X_val, y_val = stream
    online, plain = OnlineTrimming(sgd(), budget=budget), sgd()
    for X, y, _ in batches:
        online.partial_fit(X, y, X_val, y_val)
        plain.partial_fit(X, y, classes=[0, 1])
    np.testing.assert_array_equal(online.estimator_.coef_, plain.coef_)


def test_a_batch_without_a_class_is_not_trimmed(stream):
    (X, y, _), X_val, y_val = stream[0][0], *stream[1:]
    online = OnlineTrimming(sgd()).partial_fit(X[y == 1], y[y == 1], X_val, y_val)
    assert len(online.history_[0].removed) == 0
    assert online.classes_.tolist() == [0, 1]
    online.partial_fit(X, y)
    assert len(online.history_[1].removed) == 6


@pytest.mark.parametrize("sparse", [False, True])
def test_columns_without_variation_change_nothing(stream, sparse):
    """A category that no row of a batch has, once features are scaled."""
    (X, y, _), X_val, y_val = stream[0][0], *stream[1:]
    wide, wide_val = (
        np.column_stack([rows, np.full(len(rows), -0.02)]) for rows in (X, X_val)
    )
    wide_val[:3, -1] = 50.0
    plain = OnlineTrimming(sgd()).partial_fit(X, y, X_val, y_val)
    if sparse:
        wide, wide_val = csr_matrix(wide), csr_matrix(wide_val)
    online = OnlineTrimming(sgd()).partial_fit(wide, y, wide_val, y_val)
    assert online.history_[0].removed.tolist() == plain.history_[0].removed.tolist()


def test_clearing_constants_keeps_the_decisions():
    X = np.array([[1.0, 5.0, 0.0], [2.0, 5.0, 0.0], [4.0, 5.0, 0.0]])
    model = LogisticRegression().fit(X, [0, 0, 1])
    model.coef_ = np.array([[0.5, 0.2, 3.0]])
    before = model.decision_function(X)
    streams._clear_constants(model, X)
    assert model.coef_.tolist() == [[0.5, 0.0, 0.0]]
    np.testing.assert_allclose(model.decision_function(X), before)


def test_labels_of_three_kinds():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(90, 2))
    y = np.array(["a", "b", "c"])[np.argmax(X @ rng.normal(size=(2, 3)), axis=1)]
    online = OnlineTrimming(sgd(), budget=0.2).partial_fit(X[:60], y[:60], X, y)
    assert set(online.predict(X)) <= {"a", "b", "c"}
    assert 0 < len(online.history_[0].removed) <= 12


@pytest.mark.parametrize("budget", [1.5, -0.1, 61, -1])
def test_error_budget_leaves_the_estimator_alone(stream, budget):
    (X, y, _), X_val, y_val = stream[0][0], *stream[1:]
    online = OnlineTrimming(sgd()).partial_fit(X, y, X_val, y_val)
    before = online.estimator_.coef_.copy()
    online.budget = budget
    with pytest.raises(ValueError, match=f"budget={budget} should be"):
        online.partial_fit(X, y)
    np.testing.assert_array_equal(online.estimator_.coef_, before)
    assert len(online.history_) == 1


def test_error_labels(stream):
    (X, y, _), X_val, y_val = stream[0][0], *stream[1:]
    with pytest.raises(ValueError, match=r"y holds 7, which is not among the classes"):
        OnlineTrimming(sgd()).partial_fit(X, np.where(y, 7, 0), X_val, y_val)
    online = OnlineTrimming(sgd()).partial_fit(X, y, X_val, y_val)
    with pytest.raises(ValueError, match=r"y_val holds 7, .* classes \[0, 1\]"):
        online.partial_fit(X, y, X_val, np.where(y_val, 7, 0))


def test_error_validation_rows(stream):
    X, y, _ = stream[0][0]
    with pytest.raises(ValueError, match="the first batch needs X_val and y_val"):
        OnlineTrimming(sgd()).partial_fit(X, y)
    with pytest.raises(ValueError, match="X_val and y_val should come together"):
        OnlineTrimming(sgd()).partial_fit(X, y, X)


def test_error_no_batch_model(stream):
    X, y, _ = stream[0][0]
    with pytest.raises(TypeError, match="surrogate should be given for a GaussianNB"):
        OnlineTrimming(GaussianNB()).partial_fit(X, y, X, y)
    for options in ({"loss": "modified_huber"}, {"penalty": "l1"}):
        with pytest.raises(TypeError, match="surrogate should be given for loss="):
            batch_model(sgd(**options), 10)
    with pytest.raises(ValueError, match=r"alpha=0 of the estimator should be > 0"):
        batch_model(sgd(alpha=0), 10)


def test_error_not_fitted():
    with pytest.raises(ValueError, match="not fitted yet"):
        OnlineTrimming(sgd()).predict([[0.0]])
