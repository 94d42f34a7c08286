"""Where a Newton step leads too far, the model is fitted again without the row."""

import numpy as np
import oracles
import pytest
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.svm import LinearSVC

from rfcore.errors import ApproximationWarning, InfeasibleError
from rfcore.influence import InfluenceFunction

LITTLE = "too little curvature is left for a Newton step without"


def flagged(seed=12, n=200, n_val=100):
    """Three columns, and a flag of four training and four validation rows."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n + n_val, 3))
    y = (X[:, 0] + 0.3 * rng.normal(size=n + n_val) > 0).astype(int)
    rows = rng.choice(n, 4, replace=False)
    flag = np.zeros(n + n_val)
    flag[rows] = flag[n + rng.choice(n_val, 4, replace=False)] = 30.0
    X = np.column_stack([X, flag])
    return X[:n], y[:n], X[n:], y[n:], rows


def smoothed_hinge_loss(theta, X, y):
    gaps = 1 - (2 * y - 1) * (X @ theta)
    return 0.1 * np.logaddexp(0, gaps / 0.1).sum()


def least(objective, theta):
    found = minimize(objective, theta, tol=1e-14, options={"maxiter": 10000})
    return minimize(objective, found.x, method="Powell", tol=1e-12).x


@pytest.fixture
def hinge():
    X, y, X_val, y_val, rows = flagged()
    model = LinearSVC(C=10.0, loss="hinge", tol=1e-7, max_iter=10**6).fit(X, y)
    influence = InfluenceFunction(method="newton").fit(model, X, y)
    return influence, X, y, X_val, y_val, rows


def hinge_without(influence, X, y, rows):
    """The minimum without some rows, by a solver that knows nothing of steps."""
    ones = np.column_stack([np.delete(X, rows, 0), np.ones(len(X) - len(rows))])
    labels = np.delete(y, rows)

    def objective(theta):
        return smoothed_hinge_loss(theta, ones, labels) + (theta @ theta) / 20

    return least(objective, influence.theta_[0])


def test_rare_flags_of_a_hinge(hinge):
    """One step would say 216 and 755; retraining gives about -1 and 1."""
    influence, X, y, X_val, y_val, rows = hinge
    with pytest.warns(ApproximationWarning, match=f"{LITTLE} row 75, .*171") as seen:
        scores = influence.scores(X_val, y_val, target="loss")
    assert len(seen) == 1
    ones = np.column_stack([X_val, np.ones(len(X_val))])
    before = smoothed_hinge_loss(influence.theta_[0], ones, y_val)
    for row in rows:
        theta = hinge_without(influence, X, y, [row])
        truth = smoothed_hinge_loss(theta, ones, y_val) - before
        assert scores[row] == pytest.approx(truth, abs=0.02), row
    assert np.abs(scores).max() < 3


def test_rows_that_hold_half_of_the_curvature():
    """Near, but without what the step was taken with."""
    X, y, _, _, _ = flagged(seed=51)
    model = LinearSVC(C=10.0, loss="hinge", tol=1e-7, max_iter=10**6).fit(X, y)
    influence = InfluenceFunction(method="newton").fit(model, X, y)
    with pytest.warns(ApproximationWarning, match=rf"{LITTLE} row 82, 126 \(2 in all"):
        changes = influence.parameter_changes(np.arange(200))
    for row in (82, 126):
        expected = hinge_without(influence, X, y, [row]) - influence.theta_[0]
        np.testing.assert_allclose(changes[row, 0], expected, atol=1e-3)


def test_changes_and_sets_are_refitted_too(hinge):
    influence, X, y, X_val, y_val, _ = hinge
    with pytest.warns(ApproximationWarning, match=rf"{LITTLE} row 75, 171 \(2 in all"):
        changes = influence.parameter_changes([5, 75, 171])
    for change, row in zip(changes[1:], [75, 171], strict=True):
        expected = hinge_without(influence, X, y, [row]) - influence.theta_[0]
        np.testing.assert_allclose(change[0], expected, atol=1e-3)
    with pytest.warns(ApproximationWarning, match=rf"{LITTLE} set 1 \(1 in all\)"):
        scores = influence.group_scores(
            [[5], [6, 171]], X_val, y_val, target="loss", order=2
        )
    ones = np.column_stack([X_val, np.ones(len(X_val))])
    theta = hinge_without(influence, X, y, [6, 171])
    truth = smoothed_hinge_loss(theta, ones, y_val)
    truth -= smoothed_hinge_loss(influence.theta_[0], ones, y_val)
    assert scores[1] == pytest.approx(truth, abs=0.02)


def test_other_rows_keep_their_step(hinge):
    """(H - H_i)^-1 g_i, whatever is done for the rows of the flag."""
    influence, X, y, _, _, _ = hinge
    steps = oracles.removal_steps(
        "smoothed_hinge",
        influence.theta_,
        np.column_stack([X, np.ones(200)]),
        y,
        np.ones(200),
        np.full((1, 5), 0.1),
        [0],
        keep_hessian=False,
    )
    found = influence.parameter_changes([0])
    np.testing.assert_allclose(found, steps, rtol=1e-3, atol=1e-7)


def test_a_refit_takes_the_model_for_a_minimum_and_damping_for_a_penalty():
    """As a step does: the gradient that is left counts as none, whatever its cause."""
    X, y, _, _, _ = flagged(n=40, n_val=10)
    rows = np.column_stack([X, np.ones(40)])
    model = LogisticRegression(C=10.0, tol=1e-10, max_iter=10000).fit(X, y)
    model.coef_[0, 0] += 5e-4
    influence = InfluenceFunction(method="newton", damping=0.05).fit(model, X, y)
    start = influence.theta_[0]
    penalty = np.array([0.1, 0.1, 0.1, 0.1, 0.0])

    def objective(theta, kept):
        z = rows[kept] @ theta
        return (np.logaddexp(0, z) - y[kept] * z).sum() + (penalty * theta**2).sum() / 2

    slope = rows.T @ (1 / (1 + np.exp(-rows @ start)) - y) + penalty * start
    assert np.abs(slope).max() > 1e-5
    with pytest.warns(ApproximationWarning, match=LITTLE) as seen:
        influence.scores(target=np.sum)
    row = int(str(seen[0].message).split("row ")[1].split(" ")[0].strip(","))
    kept = np.delete(np.arange(40), row)
    expected = least(
        lambda theta: (
            objective(theta, kept)
            - slope @ (theta - start)
            + 0.025 * ((theta - start) ** 2).sum()
        ),
        start,
    )
    with pytest.warns(ApproximationWarning, match=LITTLE):
        found = influence.parameter_changes([row])[0, 0]
    np.testing.assert_allclose(found, expected - start, atol=5e-5)


def test_classes_without_a_penalty_are_refitted():
    """Their parameters are open by a constant, which a refit leaves alone."""
    X, _, X_val, _, rows = flagged()
    y = np.digitize(X[:, 0], [-0.5, 0.5])
    y[rows] = [0, 1, 1, 2]
    y[np.arange(0, 200, 9)] = 1
    sharp = {"C": np.inf, "tol": 1e-10, "max_iter": 10000, "solver": "newton-cg"}
    X, X_val = X[:, :1] + 0.1 * X[:, 3:], X_val[:, :1]
    model = LogisticRegression(**sharp).fit(X, y)
    influence = InfluenceFunction(method="newton").fit(model, X, y)
    with pytest.warns(ApproximationWarning, match=LITTLE):
        changes = influence.parameter_changes(rows)
    for row, change in zip(rows, changes, strict=True):
        kept = np.delete(np.arange(200), row)
        without = LogisticRegression(**sharp).fit(X[kept], y[kept])
        theta = influence.theta_ + change
        found = X_val @ theta[:, :1].T + theta[:, 1]
        found = np.exp(found) / np.exp(found).sum(axis=1, keepdims=True)
        np.testing.assert_allclose(found, without.predict_proba(X_val), atol=0.01)


def test_a_constant_curvature_is_never_too_little():
    X, y, X_val, y_val, rows = flagged()
    model = Ridge(alpha=1e-3).fit(X, y.astype(float))
    influence = InfluenceFunction(method="newton").fit(model, X, y)
    influence.scores(X_val, y_val, target="loss")
    influence.group_scores([rows], X_val, y_val, target="loss", order=2)


def test_error_no_model_without_a_row():
    """Without the only row that is on the wrong side, the classes are separable."""
    X = np.arange(-6.0, 6.0)[:, None] + 0.5
    y = (X[:, 0] > 0).astype(int)
    y[2] = 1
    model = LogisticRegression(C=np.inf, tol=1e-12, max_iter=10000).fit(X, y)
    influence = InfluenceFunction(method="newton").fit(model, X, y)
    message = "without row 2 the model has no minimum: the others may be separable"
    with pytest.raises(InfeasibleError, match=message):
        influence.scores(X, y, target="loss")
    with pytest.raises(InfeasibleError, match="without these 2 rows the model has no"):
        influence.group_scores([[1, 2]], X, y, target="loss", order=2)
    influence = InfluenceFunction(method="newton", damping=0.1).fit(model, X, y)
    with pytest.warns(ApproximationWarning, match=LITTLE):
        assert np.isfinite(influence.scores(X, y, target="loss")).all()
