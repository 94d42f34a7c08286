"""The fair assignment beside a dense linear program and all labelings."""

import numpy as np
import oracles
import oracles_fair_centers as slow
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import _num_samples

from rfcore.cluster import KCenter, KMeans, KMedian, oracle
from rfcore.errors import InfeasibleError
from rfcore.fair import FairAssignmentLP, FairKCenter

POWERS = [1, 2, np.inf]


class OfParity(FairAssignmentLP):
    """A clusterer as scikit-learn knows them: odd and even rows are the groups."""

    def __init__(
        self, n_clusters=2, *, p=2, delta=0.2, bounds=None, init=None, random_state=None
    ):
        super().__init__(
            n_clusters,
            p=p,
            delta=delta,
            bounds=bounds,
            init=init,
            random_state=random_state,
        )

    def fit(self, X, y=None):
        return super().fit(X, groups=np.arange(_num_samples(X)) % 2)


@parametrize_with_checks([OfParity(p=p) for p in POWERS])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def problem(n, n_groups, seed, *, d=2):
    """Rows whose group depends on where they lie; each group occurs."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    near = np.argsort(np.argsort(X[:, 0])) * n_groups // n
    groups = np.where(rng.random(n) < 0.7, near, rng.integers(n_groups, size=n))
    groups[rng.permutation(n)[:n_groups]] = np.arange(n_groups)
    return X, groups


def test_a_case_by_hand():
    """Halves exactly: one row of each side must cross, at the least cost."""
    X, groups = [[0.0], [1.0], [9.0], [12.0]], ["b", "b", "a", "a"]
    given = {"delta": 0.0, "init": [[0.0], [10.0]]}
    two = FairAssignmentLP(2, **given).fit(X, groups=groups)
    assert two.labels_.tolist() == [0, 1, 0, 1]
    assert two.groups_.tolist() == ["a", "b"]
    assert two.bounds_.tolist() == [[0.5, 0.5], [0.5, 0.5]]
    assert two.cluster_centers_.tolist() == [[0.0], [10.0]]
    assert two.vanilla_cost_ == 0 + 1 + 1 + 4
    assert two.cost_ == two.lp_bound_ == 0 + 81 + 81 + 4
    assert two.violation_ == 0.0
    assert two.n_clusters_used_ == 2
    assert two.n_lps_ == 1
    one = FairAssignmentLP(2, p=1, **given).fit(X, groups=groups)
    assert one.labels_.tolist() == [0, 1, 0, 1]
    assert one.cost_ == one.lp_bound_ == 0 + 9 + 9 + 2
    far = FairAssignmentLP(2, p=np.inf, **given).fit(X, groups=groups)
    assert far.labels_.tolist() == [0, 1, 0, 1]
    assert far.cost_ == far.lp_bound_ == 9.0
    assert far.vanilla_cost_ == 2.0


def test_fair_nearest_centers_are_the_answer():
    X, groups = [[0.0], [1.0], [9.0], [10.0]], [0, 1, 0, 1]
    fitted = FairAssignmentLP(2, random_state=0).fit(X, groups=groups)
    assert fitted.cost_ == fitted.vanilla_cost_ == fitted.lp_bound_ == 1.0
    assert fitted.n_lps_ == 0


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("n_groups", [2, 3, 5])
def test_the_bound_is_the_value_of_a_dense_program(n_groups, p):
    for seed in range(3):
        X, groups = problem(16, n_groups, seed)
        fitted = FairAssignmentLP(3, p=p, random_state=seed).fit(X, groups=groups)
        bounds = oracles.share_bounds(groups, 0.2)
        np.testing.assert_allclose(fitted.bounds_, bounds, rtol=1e-14)
        costs = slow.distances(X, fitted.cluster_centers_) ** p
        expected = slow.fair_assignment_value(costs, groups, bounds)
        assert fitted.lp_bound_ == pytest.approx(expected, rel=1e-7)
        assert fitted.vanilla_cost_ == pytest.approx(costs.min(axis=1).sum())


def test_the_radius_is_the_least():
    for seed in range(3):
        X, groups = problem(14, 3, seed)
        fair = FairAssignmentLP(3, p=np.inf, random_state=seed).fit(X, groups=groups)
        bounds = oracles.share_bounds(groups, 0.2)
        least = oracles.fair_radius(X, fair.cluster_centers_, groups, bounds)
        assert fair.lp_bound_ == pytest.approx(least, rel=1e-12)
        assert fair.cost_ <= fair.lp_bound_ * (1 + 1e-12)


@st.composite
def questions(draw):
    seed, n_groups = draw(st.integers(0, 10**6)), draw(st.sampled_from([2, 3, 5]))
    rng = np.random.default_rng(seed)
    n = int(rng.integers(n_groups, 60))
    X, groups = problem(n, n_groups, seed)
    if draw(st.booleans()):
        X = np.round(X)
    return X, groups, rng.normal(size=(int(rng.integers(1, min(n, 9) + 1)), 2))


@given(questions(), st.sampled_from(POWERS), st.sampled_from([0.0, 0.05, 0.2, 0.5]))
def test_clusters_are_fair_but_for_rounding_and_cost_no_more(question, p, delta):
    X, groups, centers = question
    fitted = FairAssignmentLP(
        len(centers), p=p, delta=delta, init=centers, random_state=0
    ).fit(X, groups=groups)
    bounds = oracles.share_bounds(groups, delta)
    violation = oracles.share_violation(fitted.labels_, groups, bounds)
    assert fitted.violation_ == pytest.approx(violation, abs=1e-9)
    assert fitted.violation_ < 1 + bounds[:, 1].max()
    own = slow.distances(X, centers)[np.arange(len(X)), fitted.labels_]
    cost = own.max() if p == np.inf else (own**p).sum()
    assert fitted.cost_ == pytest.approx(cost, rel=1e-9)
    assert fitted.vanilla_cost_ <= fitted.lp_bound_ * (1 + 1e-6) + 1e-12
    assert fitted.cost_ <= fitted.lp_bound_ * (1 + 1e-6) + 1e-12
    assert fitted.n_clusters_used_ == len(set(fitted.labels_.tolist()))


@pytest.mark.parametrize("p", POWERS)
def test_the_bound_is_near_the_best_fair_clustering(p):
    """lp_bound^(1/p) <= vanilla^(1/p) + 2 OPT^(1/p), OPT over all labelings."""
    root = 1.0 if p == np.inf else 1 / p
    for seed in range(5):
        X, groups = problem(8, 2, seed, d=1)
        fitted = FairAssignmentLP(2, p=p, delta=0.3, random_state=0)
        fitted.fit(X, groups=groups)
        bounds = oracles.share_bounds(groups, 0.3)
        best = np.inf
        for labels in slow.fair_labelings(groups, bounds, 2):
            parts = [X[labels == c, 0] for c in range(2) if (labels == c).any()]
            if p == 2:
                cost = sum(((part - part.mean()) ** 2).sum() for part in parts)
            elif p == 1:
                cost = sum(np.abs(part - np.median(part)).sum() for part in parts)
            else:
                cost = max(np.ptp(part) / 2 for part in parts)
            best = min(best, cost)
        limit = fitted.vanilla_cost_**root + 2 * best**root
        assert fitted.lp_bound_**root <= limit * (1 + 1e-9)


@pytest.mark.parametrize("p", POWERS)
def test_centers_are_those_of_the_ordinary_clustering(p):
    X, groups = problem(60, 2, 1)
    fitted = FairAssignmentLP(3, p=p, random_state=7).fit(X, groups=groups)
    kind = {1: KMedian, 2: KMeans, np.inf: KCenter}[p]
    seed = np.random.RandomState(7).randint(np.iinfo(np.int32).max, size=2)[0]
    plain = kind(3, random_state=seed).fit(X)
    np.testing.assert_array_equal(fitted.cluster_centers_, plain.cluster_centers_)
    cost = {1: "cost_", 2: "inertia_", np.inf: "radius_"}[p]
    assert fitted.vanilla_cost_ == pytest.approx(getattr(plain, cost), rel=1e-12)


def test_a_wider_slack_costs_no_more():
    X, groups = problem(80, 3, 2)
    costs = [
        FairAssignmentLP(3, delta=d, random_state=0).fit(X, groups=groups).lp_bound_
        for d in (0.0, 0.1, 0.3, 0.6, 0.9)
    ]
    assert (np.diff(costs) <= 1e-9).all()
    assert costs[0] > costs[-1]


def test_given_bounds():
    X, groups = problem(40, 3, 3)
    shares = np.bincount(groups) / 40
    bounds = np.stack([shares * [0.0, 0.5, 0.95], [0.8, 1.0, 0.9]], axis=1)
    fitted = FairAssignmentLP(3, bounds=bounds, random_state=0).fit(X, groups=groups)
    np.testing.assert_array_equal(fitted.bounds_, bounds)
    costs = slow.distances(X, fitted.cluster_centers_) ** 2
    expected = slow.fair_assignment_value(costs, groups, bounds)
    assert fitted.lp_bound_ == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("p", POWERS)
def test_answers_are_fresh_fits(p):
    X, groups = problem(50, 3, 4)
    rng = np.random.default_rng(3)
    candidates = np.where(rng.random((6, 50)) < 0.2, rng.permutation(groups), groups)
    candidates[4] = np.where(groups == 1, 0, groups)  # lacks a group
    estimator = FairAssignmentLP(3, p=p, random_state=5)
    answers = oracle(estimator, X).regroup(candidates)
    for answer, own in zip(answers, candidates, strict=True):
        fitted = clone(estimator).fit(X, groups=own)
        np.testing.assert_array_equal(answer, fitted.labels_)
    assert len(np.unique(answers, axis=0)) > 1


@pytest.mark.parametrize(
    ("scale", "offset"), [(1e-6, 0.0), (1e6, 0.0), (1.0, 1e6), (1e6, 1e6)]
)
@pytest.mark.parametrize("p", POWERS)
def test_scales_and_offsets(p, scale, offset):
    X, groups = problem(50, 3, 7)
    init = np.array([[-1.0, 0.0], [0.0, 1.0], [1.0, -1.0]])
    plain = FairAssignmentLP(3, p=p, init=init, random_state=0).fit(X, groups=groups)
    moved = FairAssignmentLP(3, p=p, init=init * scale + offset, random_state=0)
    moved.fit(X * scale + offset, groups=groups)
    power = 1 if p == np.inf else p
    assert moved.lp_bound_ == pytest.approx(plain.lp_bound_ * scale**power, rel=1e-6)
    assert moved.cost_ == pytest.approx(plain.cost_ * scale**power, rel=1e-6)


def test_one_center_one_group_and_equal_rows():
    X, groups = problem(12, 3, 8)
    one = FairAssignmentLP(1, random_state=0).fit(X, groups=groups)
    assert (one.labels_ == 0).all()
    assert one.n_lps_ == 0
    alone = FairAssignmentLP(3, random_state=0).fit(X, groups=np.zeros(12))
    assert alone.cost_ == alone.vanilla_cost_
    X = np.repeat([[0.0, 0.0], [1.0, 1.0]], 6, axis=0)
    apart = FairAssignmentLP(2, delta=0.0, random_state=0)
    apart.fit(X, groups=np.repeat([0, 1], 6))
    assert apart.lp_bound_ == pytest.approx(12.0)
    equal = FairAssignmentLP(2, init=[[1.0], [1.0]]).fit(
        [[1.0]] * 4, groups=[0, 0, 1, 1]
    )
    assert equal.cost_ == 0.0


def test_agrees_with_fair_k_center_on_its_centers():
    X, groups = problem(60, 2, 9)
    theirs = FairKCenter(4, delta=0.2, random_state=0).fit(X, groups=groups)
    ours = FairAssignmentLP(4, p=np.inf, init=theirs.cluster_centers_, random_state=0)
    assert ours.fit(X, groups=groups).lp_bound_ == theirs.radius_


def test_nothing_is_printed(capfd):
    X = [[0.0], [1.0], [9.0], [10.0]]
    fitted = FairAssignmentLP(2, random_state=0).fit(X, groups=[0, 0, 1, 1])
    assert fitted.n_lps_ > 0
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_clusters": 6}, "n_samples=5 should be >= n_clusters=6"),
        ({"p": 3}, "p=3 should be 1, 2 or inf"),
        ({"delta": 1.0}, r"delta=1.0 should be in \[0, 1\)"),
        ({"delta": np.nan}, r"delta=nan should be in \[0, 1\)"),
        ({"bounds": [0.0, 1.0]}, r"bounds.shape=\(2,\) should be \(n_groups, 2\)"),
        ({"bounds": [[0.0, 1.0]]}, "bounds has 1 rows, should have one for each of 2"),
        ({"init": [[0.0]]}, r"init.shape=\(1, 1\) should be \(2, 1\)"),
        ({"init": [[0.0], [np.inf]]}, "init should be finite"),
    ],
)
def test_error_parameters(parameters, message):
    X = np.arange(5.0)[:, None]
    fair = FairAssignmentLP(**({"n_clusters": 2} | parameters))
    with pytest.raises(ValueError, match=message):
        fair.fit(X, groups=[0, 1, 0, 1, 1])


def test_error_infeasible_bounds_name_the_group_and_the_candidate():
    X = np.arange(4.0)[:, None]
    fair = FairAssignmentLP(2, bounds=[[0.0, 0.7], [0, 1]])
    with pytest.raises(InfeasibleError, match=r"group men is 0.75 of all rows"):
        fair.fit(X, groups=["men", "men", "men", "women"])
    asked = oracle(fair, X)
    with pytest.raises(InfeasibleError, match=r"candidate 1: group 0 is 0.75 of all"):
        asked.regroup([[0, 1, 0, 1], [0, 0, 0, 1]])
    assert asked.n_queries == 0
