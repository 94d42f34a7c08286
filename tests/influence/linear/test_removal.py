"""Weights that balance classes move when a row leaves, and the objective with them."""

from types import SimpleNamespace

import numpy as np
import oracles
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC
from sklearn.utils.class_weight import compute_class_weight

from rfcore.influence import InfluenceFunction
from rfcore.influence.linear.hessian import Problem
from rfcore.influence.linear.removal import Removal

SHARP = {"tol": 1e-12, "max_iter": 10000}


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def test_ratios_by_hand():
    class Rows:
        y = np.array([0, 0, 0, 1])

    removal = Removal(Rows, sizes=np.ones(4), n_classes=2, share=np.zeros((1, 1)))
    expected = [[(3 / 4) / (2 / 3), 3 / 4]] * 3 + [[3 / 4, 0]]
    np.testing.assert_allclose(removal.ratios(np.arange(4)), expected)
    found = removal.set_ratios(np.array([0, 1]))
    np.testing.assert_allclose(found, [(2 / 4) / (1 / 3), 2 / 4])


@pytest.mark.parametrize("weighted", [False, True])
def test_ratios_are_what_scikit_learn_does_to_the_others(weighted):
    class Rows:
        y = np.array([0, 0, 1, 1, 1, 2, 2, 2, 2])

    weights = np.linspace(0.5, 2, 9) if weighted else np.ones(9)
    removal = Removal(Rows, sizes=weights, n_classes=3, share=np.zeros((1, 1)))

    def balanced(rows):
        # It does not know weights before 1.7.
        totals = np.bincount(Rows.y[rows], weights=weights[rows])
        found = totals.sum() / (3 * totals)
        if not weighted:
            known = compute_class_weight(
                "balanced", classes=np.arange(3), y=Rows.y[rows]
            )
            np.testing.assert_allclose(found, known)
        return found

    every = np.arange(9)
    for row in every:
        expected = balanced(np.delete(every, row)) / balanced(every)
        np.testing.assert_allclose(removal.ratios(np.array([row]))[0], expected)
    gone = np.array([0, 3, 8])
    expected = balanced(np.delete(every, gone)) / balanced(every)
    np.testing.assert_allclose(removal.set_ratios(gone), expected)


def test_what_is_left_without_rows():
    """Weights and penalty of the others, and what the Hessian loses beside its rows."""
    y, weights = np.array([0, 0, 0, 1, 1]), np.array([1.0, 2.0, 1.0, 3.0, 1.0])
    design = SimpleNamespace(n_rows=5)
    penalty, share = np.full((1, 2), 10.0), np.array([[2.0, 0.0]])
    problem = Problem(design, y, weights, None, np.array([[3.0, 7.0]]), penalty)
    removal = Removal(problem, sizes=np.ones(5), n_classes=2, share=share)
    left = removal.without(np.array([1]))
    rho = [(4 / 5) / (2 / 3), 4 / 5]
    np.testing.assert_allclose(
        left.weights, [rho[0], 0, rho[0], 3 * rho[1], rho[1]], rtol=1e-12
    )
    np.testing.assert_array_equal(left.penalty, [[8.0, 10.0]])
    removal = Removal(problem, sizes=None, n_classes=None, share=share)
    left = removal.without(np.array([1, 3]))
    np.testing.assert_array_equal(left.weights, [1, 0, 1, 0, 1])
    np.testing.assert_array_equal(left.penalty, [[6.0, 10.0]])
    ratios = removal.set_ratios(np.array([1, 3]))
    np.testing.assert_array_equal(removal.pull(ratios, 2), [[12.0, 0.0]])
    found = removal.hessian(np.diag([5.0, 5.0]), ratios, 2)
    np.testing.assert_array_equal(found, np.diag([1.0, 5.0]))


def balanced_data(n=90, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n + 60, 3)) * [1.0, 20.0, 0.1] + 0.3
    z = X @ [1.0, 0.03, 3.0] + rng.normal(size=n + 60)
    y = (z > np.quantile(z, 0.8)).astype(int)
    return X[:n], y[:n], X[n:], y[n:], rng.uniform(0.5, 2, size=n)


def oracle_side(kind, theta, rows, y, weights, penalty, row, keep_hessian):
    """Minus the gradient without a row under its own balance, and a Hessian."""

    def objective(theta, kept):
        own = weights[kept]
        totals = np.bincount(y[kept], weights=own)
        own = own * (totals.sum() / (2 * totals))[y[kept]]
        return oracles.linear_objective(kind, theta, rows[kept], y[kept], own, penalty)

    every = np.arange(len(y))
    kept = np.delete(every, row)
    gradient, start = (
        oracles.gradient_by_differences(lambda at, k=k: objective(at, k), theta)
        for k in (kept, every)
    )
    chosen = every if keep_hessian else kept
    hessian = oracles.hessian_by_differences(lambda at: objective(at, chosen), theta)
    return start - gradient, hessian


@pytest.mark.parametrize("method", ["first_order", "newton"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", ["log", "squared_hinge"])
def test_steps_are_the_formula(kind, weighted, method):
    """H^-1 r_i, or (H - H_i)^-1 r_i, with H and r_i of the objectives themselves."""
    X, y, _, _, weights = balanced_data()
    weights = weights if weighted else np.ones(len(y))
    penalty = np.array([[2.0, 2.0, 2.0, 0.0]])
    if kind == "log":
        model = LogisticRegression(C=0.5, class_weight="balanced", **SHARP)
    else:
        model = LinearSVC(C=0.5, class_weight="balanced", dual=False, **SHARP)
        penalty = np.full((1, 4), 2.0)
    model.fit(X, y, sample_weight=weights if weighted else None)
    influence = InfluenceFunction(method=method).fit(
        model, X, y, sample_weight=weights if weighted else None
    )
    assert influence.gradient_norm_ < 1e-5
    rows = np.column_stack([X, np.ones(len(X))])
    sides = [
        oracle_side(
            kind, influence.theta_, rows, y, weights, penalty, row,
            method == "first_order",
        )
        for row in range(0, 90, 15)
    ]  # fmt: skip
    expected = np.array([np.linalg.solve(h, g.ravel()) for g, h in sides])
    found = influence.parameter_changes(np.arange(0, 90, 15))[:, 0]
    size = np.abs(expected).max(axis=0)
    assert (np.abs(found - expected) <= 3e-3 * size).all()
    scores = influence.scores(target=np.sum)[::15]
    np.testing.assert_allclose(scores, found.sum(axis=1), rtol=1e-6)


def test_the_last_row_of_a_class_leaves_the_other_class():
    """The sums of scikit-learn with one class less: 0 for what is gone."""
    X, y, _, _, _ = balanced_data()
    y[:] = 0
    y[4] = 1
    model = LogisticRegression(class_weight="balanced", **SHARP).fit(X, y)
    influence = InfluenceFunction().fit(model, X, y)
    rows = np.column_stack([X, np.ones(90)])
    pull = rows[y == 0].T @ sigmoid(rows[y == 0] @ influence.theta_[0])
    pull *= 90 / (2 * 89) * 89 / 90
    penalty = np.append(np.ones(3), 0) * influence.theta_[0]
    expected = np.linalg.solve(influence.hessian_, -pull - penalty)
    found = influence.parameter_changes([4])[0, 0]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("solver", ["cg", "nystroem"])
def test_other_solvers_agree(solver):
    X, y, X_val, y_val, weights = balanced_data()
    model = LogisticRegression(class_weight="balanced", **SHARP)
    model.fit(X, y, sample_weight=weights)
    found, expected = (
        InfluenceFunction(solver=name, damping=0.1)
        .fit(model, X, y, sample_weight=weights)
        .scores(X_val, y_val, target="loss")
        for name in (solver, "cholesky")
    )
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-8)


def test_sets_of_one_row_are_the_row():
    X, y, X_val, y_val, weights = balanced_data()
    model = LogisticRegression(class_weight="balanced", **SHARP)
    model.fit(X, y, sample_weight=weights)
    influence = InfluenceFunction(method="newton")
    influence.fit(model, X, y, sample_weight=weights)
    sets = [[row] for row in range(90)]
    found = influence.group_scores(sets, X_val, y_val, target="loss", order=2)
    expected = influence.scores(X_val, y_val, target="loss")
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-10)


def balanced_without_each(X, y, theta, penalty):
    """Parameters (n, p) of balanced logistic regressions without one row each."""
    n = len(y)
    counts = np.bincount(y) - (y[:, None] == [0, 1])
    weights = ((n - 1) / (2 * counts))[:, y].T
    weights[np.diag_indices(n)] = 0
    shared = (n / (2 * np.bincount(y)))[y]
    p = sigmoid(X @ theta)
    hessian = (X.T * (shared * p * (1 - p))) @ X + np.diag(penalty)
    thetas = np.repeat(theta[:, None], n, axis=1)
    for _ in range(60):
        slopes = X.T @ (weights * (sigmoid(X @ thetas) - y[:, None]))
        slopes += penalty[:, None] * thetas
        thetas -= np.linalg.solve(hessian, slopes)
    # What has not come down by steps with one Hessian gets its own.
    for row in np.flatnonzero(np.abs(slopes).max(axis=0) > 1e-8):
        for _ in range(20):
            p = sigmoid(X @ thetas[:, row])
            w = weights[:, row]
            curved = (X.T * (w * p * (1 - p))) @ X + np.diag(penalty)
            slope = X.T @ (w * (p - y)) + penalty * thetas[:, row]
            thetas[:, row] -= np.linalg.solve(curved, slope)
    return thetas.T


def assert_true_to_retraining(data, least):
    """Every row, against the models balanced anew without it."""
    X, y, X_val, y_val = data
    model = LogisticRegression(
        class_weight="balanced", tol=1e-12, solver="newton-cholesky"
    ).fit(X, y)
    rows, rows_val = (np.column_stack([a, np.ones(len(a))]) for a in (X, X_val))
    theta = np.append(model.coef_[0], model.intercept_)
    penalty = np.append(np.ones(X.shape[1]), 0.0)
    thetas = balanced_without_each(rows, y, theta, penalty)
    z = rows_val @ np.vstack([theta, thetas]).T
    values = (np.logaddexp(0, z) - y_val[:, None] * z).sum(axis=0)
    truth = values[1:] - values[0]
    for method, bound in zip(("first_order", "newton"), least, strict=True):
        influence = InfluenceFunction(method=method).fit(model, X, y)
        scores = influence.scores(X_val, y_val, target="loss")
        found = np.corrcoef(scores, truth)[0, 1]
        assert found >= bound, (method, found)


def test_true_to_retraining_on_digits():
    """One digit of ten, with few rows for as many columns."""
    X, y = load_digits(return_X_y=True)
    X, y = X / 16, (y == 8).astype(int)
    assert_true_to_retraining((X[:600], y[:600], X[600:], y[600:]), (0.97, 0.995))


@pytest.mark.data
@pytest.mark.filterwarnings("ignore:too little curvature is left for a Newton step")
def test_true_to_retraining_on_german(german):
    X, y, X_val, y_val, _ = german
    data = X, y.astype(int), X_val, y_val.astype(int)
    assert_true_to_retraining(data, (0.98, 0.999))
