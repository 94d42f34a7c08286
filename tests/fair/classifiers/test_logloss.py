"""Fair robust log loss: the game by its definition, its saddle, and bad input."""

import numpy as np
import pytest
import scipy.sparse as sp
from planted import alternating, gaps, one_group, plain_gaps, planted_gap
from scipy.optimize import minimize, minimize_scalar
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

from rfcore.errors import ConvergenceWarning
from rfcore.fair import RobustFairLogloss
from rfcore.fair.classifiers.logloss import Play, answers, saddle


class WithGroups(RobustFairLogloss):
    """scikit-learn's checks know no groups: in training rows they take turns."""

    def fit(self, X, y):
        return super().fit(X, y, groups=alternating(X, y))

    def predict(self, X, groups=None):
        return super().predict(X, groups=one_group(X))

    def predict_proba(self, X, groups=None):
        return super().predict_proba(X, groups=one_group(X))

    def score(self, X, y, sample_weight=None):
        return super().score(X, y, sample_weight, groups=None)


@parametrize_with_checks([WithGroups()])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("criterion", ["demographic_parity", "equal_opportunity"])
@pytest.mark.parametrize("tie", [1.5, -1.5])
def test_the_gap_is_closed(criterion, tie):
    X, y, groups = planted_gap(2400, tie=tie)
    rest = planted_gap(2400, seed=1, tie=tie)
    model = RobustFairLogloss(criterion=criterion).fit(X, y, groups=groups)
    assert np.sign(model.fairness_) == np.sign(tie)
    plain = plain_gaps(X, y, groups, *rest)
    found = gaps(model.predict(rest[0], groups=rest[2]), *rest[1:])
    which = criterion == "equal_opportunity"
    assert plain[which] > 0.15
    assert found[which] < plain[which] / 2
    if criterion == "demographic_parity":
        p = model.predict_proba(X, groups=groups)[:, 1]
        assert abs(p[groups == 1].mean() - p[groups == 0].mean()) < 1e-3


def test_nothing_to_repair_is_logistic_regression():
    rng = np.random.default_rng(0)
    X = np.repeat(rng.normal(size=(200, 2)), 2, axis=0)
    y = (X[:, 0] + 0.3 * X[:, 1] > 0.2).astype(int)
    model = RobustFairLogloss(tol=1e-8).fit(X, y, groups=np.arange(400) % 2)
    plain = LogisticRegression(tol=1e-10, max_iter=10_000).fit(X, y)
    assert abs(model.fairness_) < 1e-6
    np.testing.assert_allclose(model.coef_, plain.coef_, atol=1e-3)
    np.testing.assert_allclose(model.intercept_, plain.intercept_, atol=1e-3)


@pytest.mark.parametrize("first", [1e-9, -1e-9, 0.0])
def test_a_gap_that_is_nearly_closed(first):
    """The same lambda may give another rounding when it is asked again."""

    class Noisy:
        asked = 0

        def gap(self, fairness):
            self.asked += 1
            return (first if self.asked == 1 else -first) - fairness

    assert abs(saddle(Noisy())) < 1e-3


def slow_value(theta, lam, X, y, members, C):
    """V row by row: the adversary's best answer to the predictor's best answer."""
    n, total = len(y), 0.0
    for i in range(n):
        z = X[i] @ theta[:-1] + theta[-1]
        rate = 0.0
        for group, own in enumerate(members):
            if own[i]:
                rate = (1 if group else -1) * lam * n / own.sum()

        def of_truth(q, z=z, rate=rate):
            def of_answer(p):
                loss = -q * np.log(p) - (1 - q) * np.log(1 - p)
                return loss + rate * p

            best = minimize_scalar(
                of_answer, bounds=(1e-12, 1 - 1e-12), method="bounded",
                options={"xatol": 1e-12},
            )  # fmt: skip
            return best.fun + q * z

        worst = minimize_scalar(
            lambda q: -of_truth(q), bounds=(0, 1), method="bounded",
            options={"xatol": 1e-10},
        )  # fmt: skip
        total += -worst.fun - y[i] * z
    return total / n + (theta[:-1] @ theta[:-1]) / (2 * n * C)


@pytest.mark.parametrize("lam", [-0.8, -0.2, 0.0, 0.3, 1.5])
def test_the_value_is_that_of_the_game(lam):
    X, y, groups = planted_gap(12, seed=3)
    members = [groups == 0, groups == 1]
    theta = np.array([1.5, -0.5, 0.7, 0.2])
    play = Play(X, y, members, 1 / (2.0 * 12), 1e-5, 10)
    found, _ = play.value(theta, lam)
    expected = slow_value(theta, lam, X, y, members, 2.0)
    assert found == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("lam", [-0.8, 0.0, 0.3, 1.5])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_the_gradient_is_that_of_the_value(lam, scale):
    X, y, groups = planted_gap(60, seed=2)
    X = X * scale
    members = [(groups == g) & (y == 1) for g in (0, 1)]
    theta = np.array([1.5 / scale, -0.5 / scale, 0.7 / scale, 0.2])
    play = Play(X, y, members, 0.01, 1e-5, 10)
    _, gradient = play.value(theta, lam)
    for at in range(4):
        step = np.zeros(4)
        step[at] = 1e-6 * (1 if at == 3 else 1 / scale)
        rise = play.value(theta + step, lam)[0] - play.value(theta - step, lam)[0]
        slope = rise / (2 * step[at])
        assert gradient[at] == pytest.approx(slope, rel=1e-4, abs=1e-7 * scale)


def test_it_ends_at_the_saddle():
    """No theta is better at lambda, and no lambda is better at its best theta."""
    X, y, groups = planted_gap(300)
    model = RobustFairLogloss(C=0.5, tol=1e-7).fit(X, y, groups=groups)
    members = [groups == 0, groups == 1]
    play = Play(X, y, members, 1 / (0.5 * 300), 1e-9, 5000)
    theta = np.append(model.coef_[0], model.intercept_)

    def best(lam):
        return minimize(lambda t: play.value(t, lam)[0], theta, tol=1e-8).fun

    value = play.value(theta, model.fairness_)[0]
    assert value == pytest.approx(best(model.fairness_), abs=1e-6)
    assert value >= best(model.fairness_ + 0.05) - 1e-9
    assert value >= best(model.fairness_ - 0.05) - 1e-9


def test_answers_by_hand():
    answer, truth = answers(np.array([0.2, 0.5, 0.9]), 0.5, True)
    np.testing.assert_allclose(answer, [0.2, 0.5, 0.5])
    np.testing.assert_allclose(truth, [0.2 + 0.16 / 0.5, 1.0, 1.0])
    answer, truth = answers(np.array([0.2, 0.5, 0.9]), 0.5, False)
    np.testing.assert_allclose(answer, [0.5, 0.5, 0.9])
    np.testing.assert_allclose(truth, [0.0, 0.0, 0.9 - 0.09 / 0.5])


def test_equal_opportunity_of_new_rows_is_the_fixed_point():
    X, y, groups = planted_gap(600)
    model = RobustFairLogloss(criterion="equal_opportunity").fit(X, y, groups=groups)
    p = 1 / (1 + np.exp(-(X @ model.coef_[0] + model.intercept_[0])))
    shares = [np.mean((y == 1) & (groups == g)) for g in (0, 1)]
    np.testing.assert_allclose(model.group_shares_, shares)
    expected = np.empty(600)
    for i in range(600):
        limit = shares[groups[i]] / model.fairness_
        one, truth = answers(p[i : i + 1], limit, groups[i] == 1)
        r = 0.5
        for _ in range(2000):
            r = truth[0] * r + p[i] * (1 - r)
        expected[i] = one[0] * r + p[i] * (1 - r)
    found = model.predict_proba(X, groups=groups)[:, 1]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_sparse_rows_and_names_do_not_matter():
    X, y, groups = planted_gap(300)
    dense = RobustFairLogloss().fit(X, y, groups=groups)
    named = np.array(["a", "b"])[groups]
    sparse = RobustFairLogloss().fit(
        sp.csr_matrix(X), np.array(["no", "yes"])[y], groups=named
    )
    np.testing.assert_allclose(sparse.coef_, dense.coef_, atol=1e-4)
    found = sparse.predict(X, groups=named)
    expected = dense.predict(X, groups=groups)
    assert (found == np.array(["no", "yes"])[expected]).all()
    right = np.mean(expected == y)
    assert dense.score(X, y, groups=groups) == right


def test_warning_not_converged():
    X, y, groups = planted_gap(300)
    with pytest.warns(ConvergenceWarning, match="slope of .* above tol=1e-09"):
        RobustFairLogloss(tol=1e-9, max_iter=1).fit(X, y, groups=groups)


def test_errors():
    X, y, groups = planted_gap(40)
    with pytest.raises(ValueError, match="criterion='eo' should be one of"):
        RobustFairLogloss(criterion="eo").fit(X, y, groups=groups)
    with pytest.raises(ValueError, match=r"C=0 should be finite and > 0"):
        RobustFairLogloss(C=0).fit(X, y, groups=groups)
    with pytest.raises(ValueError, match=r"max_iter=0 should be >= 1"):
        RobustFairLogloss(max_iter=0).fit(X, y, groups=groups)
    with pytest.raises(ValueError, match="groups holds 1 value, should hold 2"):
        RobustFairLogloss().fit(X, y, groups=np.zeros(40))
    with pytest.raises(ValueError, match="no row of group 0 has y = 1"):
        RobustFairLogloss().fit(X, np.where(groups == 0, 0, y), groups=groups)
    model = RobustFairLogloss().fit(X, y, groups=groups)
    with pytest.raises(ValueError, match=r"groups.shape=\(39,\) should be \(40,\)"):
        model.predict(X, groups=groups[:39])
    with pytest.raises(ValueError, match=r"groups holds 2, which is not among \[0"):
        model.predict(X, groups=groups + 1)
