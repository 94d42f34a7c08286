"""Fair assignment under several attributes: programs, all labelings, rounding."""

import numpy as np
import oracles
import oracles_fair_centers as slow
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfcore.cluster import oracle
from rfcore.errors import ConvergenceError, InfeasibleError
from rfcore.fair import FairAssignmentLP, attributes

POWERS = [1, 2, np.inf]


def problem(n, sizes, seed):
    """Rows, and a column for each attribute that depends on where they lie."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 2))
    columns = []
    for i, size in enumerate(sizes):
        near = np.argsort(np.argsort(X[:, i % 2])) * size // n
        column = np.where(rng.random(n) < 0.7, near, rng.integers(size, size=n))
        column[rng.permutation(n)[:size]] = np.arange(size)
        columns.append(column)
    return X, np.stack(columns, axis=1)


def coded(groups):
    """Groups numbered one attribute after the other."""
    return groups + np.cumsum([0, *groups.max(axis=0)[:-1] + 1])


def share_bounds(groups, delta):
    return np.concatenate([oracles.share_bounds(own, delta) for own in groups.T])


def violation(labels, groups, delta):
    return max(
        oracles.share_violation(labels, own, oracles.share_bounds(own, delta))
        for own in groups.T
    )


def test_a_case_by_hand():
    """A woman who is b needs a man who is w beside her, and he is at the other end."""
    X = [[0.0], [1.0], [9.0], [10.0]]
    groups = {"sex": ["F", "M", "F", "M"], "race": ["b", "b", "w", "w"]}
    fair = FairAssignmentLP(2, delta=0.0, init=[[0.0], [10.0]]).fit(X, groups=groups)
    assert fair.groups_.tolist() == ["sex: F", "sex: M", "race: b", "race: w"]
    assert fair.bounds_.tolist() == [[0.5, 0.5]] * 4
    assert fair.vanilla_cost_ == 2.0
    assert fair.labels_[0] == fair.labels_[3] != fair.labels_[1] == fair.labels_[2]
    assert fair.cost_ == fair.lp_bound_ == 0 + 100 + 81 + 1
    assert fair.violation_ == 0.0
    one = FairAssignmentLP(2, delta=0.0, init=[[0.0], [10.0]])
    one.fit(X, groups=groups["sex"])
    assert one.n_lps_ == 0


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("sizes", [(2, 2), (2, 3), (3, 2, 2)])
def test_the_bound_is_the_value_of_a_dense_program(sizes, p):
    for seed in range(3):
        X, groups = problem(24, sizes, seed)
        fair = FairAssignmentLP(3, p=p, random_state=seed).fit(X, groups=groups)
        bounds = share_bounds(groups, 0.2)
        np.testing.assert_allclose(fair.bounds_, bounds, rtol=1e-14)
        costs = slow.distances(X, fair.cluster_centers_) ** p
        expected = slow.overlapping_value(costs, coded(groups), bounds)
        assert fair.lp_bound_ == pytest.approx(expected, rel=1e-7)
        assert fair.violation_ == pytest.approx(violation(fair.labels_, groups, 0.2))


def test_the_radius_is_the_least():
    for seed in range(3):
        X, groups = problem(16, (2, 3), seed)
        fair = FairAssignmentLP(3, p=np.inf, random_state=seed).fit(X, groups=groups)
        bounds, codes = share_bounds(groups, 0.2), coded(groups)
        far = slow.distances(X, fair.cluster_centers_)
        least = next(
            radius
            for radius in np.unique(far)
            if slow.overlapping_value(0 * far, codes, bounds, far <= radius) is not None
        )
        assert fair.lp_bound_ == pytest.approx(least, rel=1e-12)
        assert fair.cost_ <= least * (1 + 1e-12)


@pytest.mark.parametrize("p", POWERS)
def test_no_fair_labeling_costs_less_than_the_bound(p):
    found = 0
    for seed in range(6):
        X, groups = problem(8, (2, 2), seed)
        fair = FairAssignmentLP(2, p=p, delta=0.4, random_state=0)
        fair.fit(X, groups=groups)
        far = slow.distances(X, fair.cluster_centers_)
        bounds = share_bounds(groups, 0.4)
        for labels in slow.overlapping_labelings(coded(groups), bounds, 2):
            own = far[np.arange(8), labels]
            cost = own.max() if p == np.inf else (own**p).sum()
            assert fair.lp_bound_ <= cost * (1 + 1e-7)
            found += len(set(labels)) == 2
    assert found > 0


@st.composite
def questions(draw):
    seed = draw(st.integers(0, 10**6))
    sizes = draw(st.sampled_from([(1, 2), (2, 2), (2, 5), (2, 3, 4), (6, 7)]))
    rng = np.random.default_rng(seed)
    X, groups = problem(int(rng.integers(max(sizes), 60)), sizes, seed)
    return X, groups, rng.normal(size=(int(rng.integers(1, min(len(X), 7) + 1)), 2))


@given(questions(), st.sampled_from(POWERS), st.sampled_from([0.0, 0.1, 0.3]))
def test_clusters_are_fair_but_for_rounding_and_cost_no_more(question, p, delta):
    X, groups, centers = question
    fair = FairAssignmentLP(
        len(centers), p=p, delta=delta, init=centers, random_state=0
    ).fit(X, groups=groups)
    worst = violation(fair.labels_, groups, delta)
    assert fair.violation_ == pytest.approx(worst, abs=1e-9)
    assert fair.violation_ <= 4 * groups.shape[1] + 3
    own = slow.distances(X, centers)[np.arange(len(X)), fair.labels_]
    cost = own.max() if p == np.inf else (own**p).sum()
    assert fair.cost_ == pytest.approx(cost, rel=1e-9)
    assert fair.vanilla_cost_ <= fair.lp_bound_ * (1 + 1e-6) + 1e-12
    assert fair.cost_ <= fair.lp_bound_ * (1 + 1e-6) + 1e-12


@pytest.mark.parametrize("p", POWERS)
def test_one_attribute_in_a_column_is_as_fair_as_that_column(p):
    X, groups = problem(50, (3,), 4)
    column = FairAssignmentLP(4, p=p, random_state=1).fit(X, groups=groups[:, 0])
    frame = FairAssignmentLP(4, p=p, random_state=1).fit(X, groups=groups)
    assert frame.lp_bound_ == pytest.approx(column.lp_bound_, rel=1e-9)
    assert frame.groups_.tolist() == ["0: 0", "0: 1", "0: 2"]


def test_kinds_of_attributes_and_repeated_fits():
    X, groups = problem(40, (2, 3), 7)
    words = np.array([["F", "M", "x"], ["a", "b", "c"]])
    named = {"sex": words[0][groups[:, 0]], "race": words[1][groups[:, 1]]}
    first = FairAssignmentLP(3, random_state=0).fit(X, groups=named)
    assert first.groups_[2:].tolist() == ["race: a", "race: b", "race: c"]
    frame = pd.DataFrame(named)
    for given_ in (frame, groups, groups.tolist(), frame.astype("category")):
        again = FairAssignmentLP(3, random_state=0).fit(X, groups=given_)
        np.testing.assert_array_equal(again.labels_, first.labels_)
        np.testing.assert_array_equal(again.bounds_, first.bounds_)
    mixed = {"sex": groups[:, 0], "race": named["race"].tolist()}
    again = FairAssignmentLP(3, random_state=0).fit(X, groups=mixed)
    np.testing.assert_array_equal(again.labels_, first.labels_)


def test_given_bounds_of_each_group():
    X, groups = problem(60, (2, 2), 3)
    bounds = np.array([[0.3, 0.7]] * 2 + [[0.0, 1.0]] * 2)
    fair = FairAssignmentLP(3, bounds=bounds, random_state=0).fit(X, groups=groups)
    alone = FairAssignmentLP(3, bounds=bounds[:2], random_state=0)
    alone.fit(X, groups=groups[:, 0])
    assert fair.lp_bound_ == pytest.approx(alone.lp_bound_, rel=1e-9)


def test_the_worst_violation_is_small_where_groups_are_many():
    X, groups = problem(400, (5, 6, 2), 0)
    fair = FairAssignmentLP(6, delta=0.1, random_state=0).fit(X, groups=groups)
    assert 0 < fair.violation_ <= 4 * 3 + 3
    assert fair.lp_bound_ > fair.vanilla_cost_


def test_error_infeasible_bounds_name_the_attribute_and_the_group():
    fair = FairAssignmentLP(2, bounds=[[0, 1], [0, 1], [0, 0.7], [0, 1]])
    groups = {"sex": ["F", "M", "F", "M"], "race": ["b", "b", "b", "w"]}
    with pytest.raises(InfeasibleError, match=r"group race: b is 0.75 of all rows"):
        fair.fit(np.arange(4.0)[:, None], groups=groups)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ({}, "groups should have at least one attribute"),
        ({"sex": [0, 1]}, r"groups\['sex'\].shape\[-1\]=2 should be 4"),
        (
            {"sex": [0, 1, 0, 1], "race": ["a", None, "b", "b"]},
            r"groups\['race'\] holds 1 missing value \(row 1\)",
        ),
        (
            pd.DataFrame({"race": ["a", None, "b", "b"]}),
            r"groups\['race'\] holds 1 missing value \(row 1\)",
        ),
        ([["a", "b"], ["a", np.nan]] * 2, r"groups\['1'\] holds 2 missing values"),
        (np.zeros((4, 1, 1)), "groups.ndim=3 should be 1"),
    ],
)
def test_error_groups(groups, message):
    with pytest.raises(ValueError, match=message):
        FairAssignmentLP(2).fit(np.arange(4.0)[:, None], groups=groups)


def test_error_an_oracle_is_asked_about_one_attribute():
    asked = oracle(FairAssignmentLP(2), np.arange(4.0)[:, None])
    with pytest.raises(ValueError, match=r"rfcore.metrics.joint_groups\(groups\)"):
        asked.regroup([[0, 1], [0, 0], [1, 0], [1, 1]])


def test_error_no_whole_flows(monkeypatch):
    monkeypatch.setattr(attributes, "is_optimal", lambda highs: False)
    X, groups = problem(60, (2, 3), 0)
    with pytest.raises(ConvergenceError, match="no flows, though they exist"):
        FairAssignmentLP(4, delta=0.0, random_state=0).fit(X, groups=groups)
