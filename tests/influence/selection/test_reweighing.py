"""Reweighing: its linear programs by their corners, its gaps, and bad input."""

import itertools

import numpy as np
import pytest
import scipy.sparse as sp
from planted import alternating, gaps, plain_gaps, planted_gap
from scipy.optimize import OptimizeResult
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from rfcore.errors import ConvergenceError
from rfcore.influence import InfluenceFunction, InfluenceReweighing
from rfcore.influence.selection import reweighing
from rfcore.influence.selection.reweighing import removed_shares


class OnItsOwnRows(InfluenceReweighing):
    """scikit-learn's checks know no validation rows: here the training rows."""

    def fit(self, X, y):
        groups = alternating(X, y)
        return super().fit(X, y, X_val=X, y_val=y, groups_val=groups)


@parametrize_with_checks([OnItsOwnRows()])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def corners(costs, rows, limits):
    """The least cost over [0, 1]^n under rows x <= limits, by all corners."""
    n = len(costs)
    left = np.vstack([rows, np.eye(n), -np.eye(n)])
    right = np.concatenate([limits, np.ones(n), np.zeros(n)])
    best = np.inf
    for active in itertools.combinations(range(len(right)), n):
        chosen = list(active)
        if abs(np.linalg.det(left[chosen])) < 1e-9:
            continue
        x = np.linalg.solve(left[chosen], right[chosen])
        if (left @ x <= right + 1e-9).all():
            best = min(best, costs @ x)
    return best


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("seed", range(6))
def test_the_programs_have_their_least_cost(seed, scale):
    rng = np.random.default_rng(seed)
    fairness, utility = rng.normal(size=(2, 5)) * [[scale], [3.0]]
    gap = scale * (0.3 if seed % 2 else 30.0)
    alpha, beta, gamma = 0.6, 0.9, 0.1
    found, reached = removed_shares(
        fairness, utility, gap, alpha=alpha, beta=beta, gamma=gamma
    )
    ones = np.ones(5)
    rows = np.stack([fairness / scale, utility, ones])
    saved = gamma * utility[utility < 0].sum()
    limits = np.array([-beta * gap / scale, saved, alpha * 5])
    least = corners(ones, rows, limits)
    assert reached == np.isfinite(least)
    if not reached:
        limits[1] = 0.0
        least = corners(fairness / scale, rows[1:], limits[1:])
    costs = ones if reached else fairness / scale
    assert costs @ found == pytest.approx(least, abs=1e-7)
    assert (rows[not reached :] @ found <= limits[not reached :] + 1e-7).all()
    assert found.min() >= 0 and found.max() <= 1


def test_both_programs_are_met():
    reached = [
        removed_shares(np.array([-1.0, 2.0]), np.array([-1.0, 1.0]), gap, alpha=1.0,
                       beta=1.0, gamma=0.0)
        for gap in (0.5, 5.0)
    ]  # fmt: skip
    assert reached[0][1] and reached[0][0].tolist() == [0.5, 0.0]
    assert not reached[1][1] and reached[1][0].tolist() == [1.0, 0.0]


@pytest.mark.parametrize("criterion", ["demographic_parity", "equal_opportunity"])
def test_the_gap_is_smaller_than_without(criterion):
    X, y, groups = planted_gap(1600, tie=0.7)
    validation = planted_gap(800, seed=1, tie=0.7)
    rest = planted_gap(2400, seed=2, tie=0.7)
    model = InfluenceReweighing(criterion=criterion, beta=0.5)
    model.fit(X, y, X_val=validation[0], y_val=validation[1], groups_val=validation[2])
    which = int(criterion == "equal_opportunity")
    plain = plain_gaps(X, y, groups, *rest)
    found = gaps(model.predict(rest[0]), *rest[1:])
    assert found[which] < 0.8 * plain[which]
    assert found[2] > plain[2] - 0.05


def test_weights_are_those_of_the_program():
    """Recomputed from influence scores, with columns of unlike scale."""
    X, y, _ = planted_gap(300)
    X = X * [1.0, 50.0, 0.1]
    X_val, y_val, groups_val = planted_gap(200, seed=1)
    X_val = X_val * [1.0, 50.0, 0.1]
    first = LogisticRegression(solver="newton-cholesky", tol=1e-10).fit(X, y)
    influence = InfluenceFunction().fit(first, X, y)
    p = first.predict_proba(X_val)[:, 1]
    loss = -np.log(np.where(y_val == 1, p, 1 - p))
    values = {
        "demographic_parity": p,
        "equal_opportunity": np.where(y_val == 1, loss, np.nan),
    }
    for criterion, value in values.items():
        fairness, utility = influence.scores(
            X_val, y_val, target=[criterion, "loss"], groups=groups_val
        )
        means = [np.nanmean(value[groups_val == group]) for group in (0, 1)]
        model = InfluenceReweighing(criterion=criterion, beta=0.5)
        model.fit(X, y, X_val=X_val, y_val=y_val, groups_val=groups_val)
        expected, reached = removed_shares(
            fairness, utility, abs(means[1] - means[0]), alpha=1.0, beta=0.5, gamma=0.0
        )
        np.testing.assert_allclose(model.sample_weight_, 1 - expected, atol=1e-6)
        assert model.reached_ == reached
        again = LogisticRegression(solver="newton-cholesky", tol=1e-10)
        again.fit(X, y, sample_weight=model.sample_weight_)
        np.testing.assert_allclose(
            model.predict_proba(X_val), again.predict_proba(X_val), atol=1e-12
        )
        inner = (model.sample_weight_ > 1e-9) & (model.sample_weight_ < 1 - 1e-9)
        assert inner.sum() <= 3
        assert utility @ (1 - model.sample_weight_) <= 1e-6


def test_the_gap_of_a_linear_svm_is_of_decision_values():
    X, y, _ = planted_gap(300)
    X_val, y_val, groups_val = planted_gap(200, seed=1)
    svm = LinearSVC(dual=False, tol=1e-10)
    model = InfluenceReweighing(svm, beta=0.5)
    model.fit(X, y, X_val=X_val, y_val=y_val, groups_val=groups_val)
    first = clone(svm).fit(X, y)
    fairness, utility = (
        InfluenceFunction()
        .fit(first, X, y)
        .scores(X_val, y_val, target=["demographic_parity", "loss"], groups=groups_val)
    )
    z = first.decision_function(X_val)
    gap = abs(z[groups_val == 1].mean() - z[groups_val == 0].mean())
    expected, _ = removed_shares(fairness, utility, gap, alpha=1.0, beta=0.5, gamma=0.0)
    np.testing.assert_allclose(model.sample_weight_, 1 - expected, atol=1e-6)


def test_the_weight_removed_is_bounded():
    X, y, _ = planted_gap(300)
    X_val, y_val, groups_val = planted_gap(200, seed=1)
    model = InfluenceReweighing(alpha=0.01)
    model.fit(X, y, X_val=X_val, y_val=y_val, groups_val=groups_val)
    assert not model.reached_
    assert (1 - model.sample_weight_).sum() == pytest.approx(3.0, abs=1e-6)


def test_sparse_rows_and_names_do_not_matter():
    X, y, _ = planted_gap(300)
    X_val, y_val, groups_val = planted_gap(200, seed=1)
    dense = InfluenceReweighing()
    dense.fit(X, y, X_val=X_val, y_val=y_val, groups_val=groups_val)
    labels, names = np.array(["no", "yes"]), np.array(["a", "b"])
    sparse = InfluenceReweighing().fit(
        sp.csr_matrix(X),
        labels[y],
        X_val=sp.csr_matrix(X_val),
        y_val=labels[y_val],
        groups_val=names[groups_val],
    )
    np.testing.assert_allclose(sparse.sample_weight_, dense.sample_weight_, atol=1e-6)
    assert (sparse.predict(X) == labels[dense.predict(X)]).all()


def test_errors():
    X, y, _ = planted_gap(60)
    X_val, y_val, groups_val = planted_gap(40, seed=1)

    def fit(y=y, y_val=y_val, groups_val=groups_val, **options):
        model = InfluenceReweighing(**options)
        return model.fit(X, y, X_val=X_val, y_val=y_val, groups_val=groups_val)

    for name in ("alpha", "beta", "gamma"):
        with pytest.raises(ValueError, match=rf"{name}=1.1 should be in \[0, 1\]"):
            fit(**{name: 1.1})
    with pytest.raises(ValueError, match="criterion='loss' should be one of"):
        fit(criterion="loss")
    with pytest.raises(ValueError, match="y holds 3 classes, should hold 2"):
        fit(y=np.arange(60) % 3)
    with pytest.raises(ValueError, match="groups holds 1 values, should hold 2"):
        fit(groups_val=np.zeros(40))
    with pytest.raises(ValueError, match=r"groups.shape=\(39,\) should be \(40,\)"):
        fit(groups_val=groups_val[:39])
    with pytest.raises(ValueError, match="no row of group 0 has y = 1"):
        fit(criterion="equal_opportunity", y_val=y_val * groups_val)
    with pytest.raises(TypeError, match="DecisionTreeClassifier"):
        fit(estimator=DecisionTreeClassifier(max_depth=1))


def test_errors_of_the_solver(monkeypatch):
    def ends(status):
        answer = OptimizeResult(status=status, message="time limit", x=None)
        monkeypatch.setattr(reweighing, "linprog", lambda *a, **k: answer)

    one = np.ones(1)
    ends(1)
    with pytest.raises(ConvergenceError, match="without an answer: time limit"):
        removed_shares(one, one, 0.1, alpha=1.0, beta=1.0, gamma=0.0)
    ends(2)
    with pytest.raises(ConvergenceError, match="infeasible, which 0 solves"):
        removed_shares(one, one, 0.1, alpha=1.0, beta=1.0, gamma=0.0)
