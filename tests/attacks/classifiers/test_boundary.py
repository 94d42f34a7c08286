"""The boundary attack: what it moves, what it refuses, and the V' of eq. 4.8."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from rfcore.attacks import BoundaryAttack
from rfcore.influence import InfluenceFunction


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 4)) * [1.0, 1e3, 1e-3, 5.0] + [0.0, 1e4, 0.0, -7.0]
    y = (X[:, 0] + 1e3 * X[:, 2] + rng.normal(size=80) > 0).astype(int)
    return X, y


@pytest.mark.parametrize(
    "model", [LogisticRegression(solver="newton-cholesky"), RidgeClassifier()]
)
@pytest.mark.parametrize("gamma", [0.5, 1.1, 4.0])
def test_decision_values_are_one_minus_gamma_of_their_own(rows, model, gamma):
    X, y = rows
    model.fit(X, y)
    result = BoundaryAttack(gamma=gamma).run(model, X, y)
    before = model.decision_function(X)
    after = model.decision_function(result.X_adv)
    np.testing.assert_allclose(after, (1 - gamma) * before, atol=1e-7)
    lengths = gamma * np.abs(before) / np.linalg.norm(model.coef_)
    np.testing.assert_allclose(result.details["distances"], lengths, rtol=1e-6)
    np.testing.assert_allclose(
        result.after, result.before if gamma < 1 else 1 - result.before
    )


def test_random_moves_of_the_same_length_do_less(rows):
    X, y = rows
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    scaled = model[0].transform(X)
    result = BoundaryAttack(n_null=30, random_state=0).run(model[1], scaled, y)
    assert len(result.null) == 30
    # Half of the directions point away from the boundary, and few straight to it.
    assert result.null.min() > 0.6 > result.after
    assert result.above_null


@pytest.mark.parametrize("method", ["first_order", "newton"])
@pytest.mark.parametrize(
    "model", [LogisticRegression(tol=1e-10, max_iter=1000), LinearSVC(tol=1e-10)]
)
def test_moved_rows_with_the_loss_give_the_influence_on_robustness(rows, method, model):
    X, y = rows
    X = StandardScaler().fit_transform(X)
    model.fit(X[:50], y[:50])
    influence = InfluenceFunction(method=method).fit(model, X[:50], y[:50])
    X_adv = BoundaryAttack(gamma=1.3).run(model, X[50:], y[50:]).X_adv
    scores = influence.scores(X_adv, y[50:], target="loss")
    robustness = influence.scores(X[50:], y[50:], target="robustness", gamma=1.3)
    np.testing.assert_allclose(scores, robustness, rtol=1e-9, atol=1e-12)
    clean = influence.scores(X[50:], y[50:], target="loss")
    assert np.abs(clean - robustness).max() > 0.1 * np.abs(robustness).max()


def test_errors_of_the_boundary_attack(rows):
    X, y = rows
    X = StandardScaler().fit_transform(X)
    attack, model = BoundaryAttack(), LogisticRegression().fit(X, y)
    with pytest.raises(NotFittedError):
        attack.run(LogisticRegression(), X, y)
    with pytest.raises(TypeError, match="KNeighborsClassifier has no coef_, intercept"):
        attack.run(KNeighborsClassifier().fit(X, y), X, y)
    with pytest.raises(TypeError, match="int is no classifier"):
        attack.run(3, X, y)
    with pytest.raises(ValueError, match="has 3 classes, should have 2"):
        attack.run(LogisticRegression().fit(X, np.arange(80) % 3), X, y)
    with pytest.raises(ValueError, match=r"y.shape=\(79,\) should be \(80,\)"):
        attack.run(model, X, y[1:])
    with pytest.raises(ValueError, match="y holds 5, should hold"):
        attack.run(model, X, np.full(80, 5))
    with pytest.raises(ValueError, match="should be 4"):
        attack.run(model, X[:, :3], y)
    with pytest.raises(ValueError, match="gamma=-1 should be finite and >= 0"):
        BoundaryAttack(gamma=-1).run(model, X, y)
    with pytest.raises(ValueError, match="n_null=0 should be >= 1"):
        BoundaryAttack(n_null=0).run(model, X, y)
    model.coef_ = np.zeros((1, 4))
    with pytest.raises(ValueError, match="coefficients are all zero"):
        attack.run(model, X, y)
