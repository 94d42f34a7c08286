"""Correlation shift: the program by its definition, the rows drawn, and bad input."""

import numpy as np
import pytest
from planted import alternating, gaps, plain_gaps, planted_gap
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from rfcore.errors import InfeasibleError
from rfcore.fair import CorrelationShift, FairBatch
from rfcore.fair.classifiers.correlation import moved_cell_shares, sampled_rows


class WithParity(CorrelationShift):
    """scikit-learn's checks know no groups: here they take turns in each class."""

    def fit(self, X, y):
        return super().fit(X, y, groups=alternating(X, y))


@parametrize_with_checks([WithParity(correlation=0.0, random_state=0)])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def correlation_of(shares):
    return shares[1, 1] / shares[:, 1].sum() - shares[1, 0] / shares[:, 0].sum()


def slow_program(shares, c, label, group, seed):
    """The four numbers by SLSQP from many starts."""
    rng = np.random.default_rng(seed)
    w = shares.ravel()
    limits = [
        {"type": "eq", "fun": lambda v: v.sum() - 1},
        {
            "type": "eq",
            "fun": lambda v: (
                v[3] * (v[0] + v[2])
                - v[2] * (v[1] + v[3])
                - c * (v[1] + v[3]) * (v[0] + v[2])
            ),
        },
        {"type": "ineq", "fun": lambda v: label - (v[2] + v[3] - w[2] - w[3])},
        {"type": "ineq", "fun": lambda v: label + (v[2] + v[3] - w[2] - w[3])},
        {"type": "ineq", "fun": lambda v: group - (v[1] + v[3] - w[1] - w[3])},
        {"type": "ineq", "fun": lambda v: group + (v[1] + v[3] - w[1] - w[3])},
    ]
    best = np.inf
    for _ in range(12):
        found = minimize(
            lambda v: ((v - w) ** 2).sum(),
            rng.dirichlet(np.ones(4)),
            method="SLSQP",
            bounds=[(0, 1)] * 4,
            constraints=limits,
            options={"ftol": 1e-14, "maxiter": 500},
        )
        if found.success:
            best = min(best, found.fun)
    return best


@pytest.mark.parametrize("seed", range(8))
def test_the_shares_are_the_nearest(seed):
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.full(4, 4.0)).reshape(2, 2)
    c = float(np.clip(correlation_of(shares) + rng.uniform(-0.2, 0.2), -0.9, 0.9))
    label, group = rng.uniform(0.03, 0.2, 2)
    found = moved_cell_shares(shares, c, max_label_change=label, max_group_change=group)
    assert found.sum() == pytest.approx(1, abs=1e-12)
    assert found.min() >= 0
    assert correlation_of(found) == pytest.approx(c, abs=1e-9)
    assert abs(found[1].sum() - shares[1].sum()) <= label + 1e-9
    assert abs(found[:, 1].sum() - shares[:, 1].sum()) <= group + 1e-9
    slow = slow_program(shares, c, label, group, seed)
    assert ((found - shares) ** 2).sum() == pytest.approx(slow, abs=1e-8)


def test_a_bound_that_binds():
    shares = np.array([[0.4, 0.1], [0.1, 0.4]])
    found = moved_cell_shares(shares, 0.1, max_label_change=0.0, max_group_change=0.0)
    # P(1 | 1) + P(1 | 0) = 1 with equal halves, and their difference is 0.1.
    np.testing.assert_allclose(found, [[0.275, 0.225], [0.225, 0.275]], atol=1e-9)


def test_the_same_correlation_moves_nothing():
    shares = np.array([[0.3, 0.2], [0.15, 0.35]])
    found = moved_cell_shares(
        shares, correlation_of(shares), max_label_change=0.1, max_group_change=0.1
    )
    np.testing.assert_allclose(found, shares, atol=1e-8)


def test_error_no_such_shares():
    shares = np.array([[0.05, 0.05], [0.45, 0.45]])
    with pytest.raises(InfeasibleError, match=r"no shares have correlation=0.9 within"):
        moved_cell_shares(shares, 0.9, max_label_change=0.05, max_group_change=0.05)


def test_rows_are_drawn_in_proportion():
    cell = np.repeat([0, 1, 2, 3], [10, 20, 30, 40])
    ratio = np.array([0.5, 1.0, 2.0, 0.25])
    rows = sampled_rows(cell, ratio, np.random.RandomState(0))
    assert np.bincount(cell[rows]).tolist() == [2, 10, 30, 5]
    assert len(set(rows)) == len(rows)
    assert (np.diff(rows) > 0).all()


def test_sampled_and_weighted_rows_have_the_correlation():
    X, y, groups = planted_gap(4000)
    seen = {}

    class Watching(LogisticRegression):
        def fit(self, X, y, sample_weight=None):
            seen["y"], seen["weight"] = y, sample_weight
            return super().fit(X, y, sample_weight)

    for resample in (True, False):
        model = CorrelationShift(
            Watching(),
            correlation=0.2,
            max_label_change=0.1,
            resample=resample,
            random_state=0,
        ).fit(X, y, groups=groups)
        rows = model.sampled_
        weight = np.ones(len(rows)) if resample else seen["weight"]
        rates = [
            np.average(seen["y"][groups[rows] == g], weights=weight[groups[rows] == g])
            for g in (0, 1)
        ]
        assert rates[1] - rates[0] == pytest.approx(0.2, abs=2e-3)
        assert abs(np.average(y[rows], weights=weight) - y.mean()) < 0.102
        assert len(rows) < 4000 if resample else len(rows) == 4000


def test_towards_no_correlation_the_gap_is_smaller():
    X, y, groups = planted_gap(2400)
    rest = planted_gap(2400, seed=1)
    model = CorrelationShift(
        correlation=0.0, max_label_change=0.2, max_group_change=0.2, random_state=0
    ).fit(X, y, groups=groups)
    plain = plain_gaps(X, y, groups, *rest)
    assert plain[0] > 0.4
    assert gaps(model.predict(rest[0]), *rest[1:])[0] < plain[0] / 2


def test_the_correlation_is_read_from_validation_rows_and_groups_handed_on():
    X, y, groups = planted_gap(600)
    y_val, groups_val = np.array([1, 1, 0, 0, 0, 1]), np.array([0, 1, 1, 0, 0, 1])
    names, labels = np.array(["a", "b"]), np.array(["no", "yes"])
    batches = FairBatch(n_epochs=5, random_state=0)
    model = CorrelationShift(
        batches, max_label_change=0.1, max_group_change=0.1, random_state=0
    ).fit(
        X, labels[y], groups=names[groups], y_val=labels[y_val],
        groups_val=names[groups_val],
    )  # fmt: skip
    assert model.correlation_ == pytest.approx(2 / 3 - 1 / 3)
    assert model.estimator_.groups_.tolist() == ["a", "b"]
    assert set(model.predict(X)) <= {"no", "yes"}
    counts = [[np.sum((y == a) & (groups == g)) for g in (0, 1)] for a in (0, 1)]
    np.testing.assert_allclose(model.cell_shares_, np.array(counts) / 600)
    rows = model.sampled_
    again = FairBatch(n_epochs=5, random_state=0)
    again.fit(X[rows], y[rows], groups=groups[rows])
    np.testing.assert_allclose(
        model.predict_proba(X), again.predict_proba(X), atol=1e-12
    )


def test_errors():
    X, y, groups = planted_gap(60)

    def fit(y=y, groups=groups, y_val=None, groups_val=None, **options):
        model = CorrelationShift(**options)
        return model.fit(X, y, groups=groups, y_val=y_val, groups_val=groups_val)

    with pytest.raises(ValueError, match="correlation=None needs y_val and groups_val"):
        fit(y_val=y)
    with pytest.raises(ValueError, match="are used with correlation=None only"):
        fit(correlation=0.1, y_val=y, groups_val=groups)
    with pytest.raises(ValueError, match=r"correlation=1.5 should be in \[-1, 1\]"):
        fit(correlation=1.5)
    with pytest.raises(ValueError, match=r"max_label_change=-1 should be in \[0, 1\]"):
        fit(correlation=0.1, max_label_change=-1)
    with pytest.raises(ValueError, match=r"y_val holds 2, which is not among \[0, 1\]"):
        fit(y_val=y + 1, groups_val=groups)
    with pytest.raises(ValueError, match="groups_val holds 1 value, should hold 2"):
        fit(y_val=y, groups_val=np.ones(60))
    with pytest.raises(ValueError, match=r"groups_val holds \[1, 2\], should hold \[0"):
        fit(y_val=y, groups_val=groups + 1)
    with pytest.raises(ValueError, match=r"groups_val.shape\[-1\]=59 should be 60"):
        fit(y_val=y, groups_val=groups[:59])
    with pytest.raises(ValueError, match=r"^groups.shape\[-1\]=59 should be 60"):
        fit(groups=groups[:59], correlation=0.1)
    with pytest.raises(ValueError, match=r"y_val.ndim=2 should be 1"):
        fit(y_val=y[None], groups_val=groups)
    with pytest.raises(ValueError, match="no row of group 0 has y = 1"):
        fit(y=y * groups, correlation=0.1)
    with pytest.raises(ValueError, match="needs sample_weight in KNeighborsClassifier"):
        fit(correlation=0.3, estimator=KNeighborsClassifier(), resample=False)
