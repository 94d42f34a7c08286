"""Algorithm 2: the relaxation against clarabel, the exact cost, what ends a search."""

import numpy as np
import oracles_son
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rfcore.cluster import SONClustering, largest_pull
from rfcore.errors import ConvergenceWarning
from rfcore.fair import ConvexAntidote
from rfcore.fair.antidote.convex import (
    best_mean,
    matching_gamma,
    relaxed_centers,
    relaxed_cost,
)

SCALES = np.array([1.0, 10.0, 0.1])


def grouped(n, n_groups, seed, d=3):
    """Rows with columns of unlike scale, whose groups have unlike means."""
    rng = np.random.default_rng(seed)
    groups = rng.permutation(np.arange(n) % n_groups)
    X = rng.normal(size=(n, d)) + rng.normal(size=(n_groups, d))[groups]
    return X * SCALES[:d], groups


def exact_cost(X, V, groups, lam):
    fitted = SONClustering(lam, tol=1e-9, max_iter=20000)
    centers = fitted.fit(np.concatenate([X, V])).centers_[: len(X)]
    return oracles_son.social_cost(X, centers, groups)


@pytest.mark.parametrize("n_groups", [1, 2, 3, 5])
@pytest.mark.parametrize(("n_rows", "gamma"), [(1, 0.5), (3, 0.9), (5, 0.99)])
def test_relaxation_is_the_printed_program(n_groups, n_rows, gamma):
    X, groups = grouped(13, n_groups, n_groups + n_rows)
    least, total = oracles_son.relaxed_by_cvxpy(X, groups, n_rows, gamma)
    V = np.tile(best_mean(X, groups, n_rows), (n_rows, 1))
    assert relaxed_cost(X, V, groups, gamma) == pytest.approx(least, rel=1e-6)
    assert relaxed_cost(X, V, groups, gamma) <= least * (1 + 1e-8)
    np.testing.assert_allclose(V.sum(axis=0), total, atol=3e-2 * X.std(axis=0).max())


def test_relaxed_centers_are_those_of_the_formula():
    X, _ = grouped(9, 2, 0)
    V = X[:2] + 1.0
    for gamma in (0.2, 0.7, 1.0):
        c, m = (1 - gamma) / gamma, 11
        total = X.sum(axis=0) + V.sum(axis=0)
        expected = (X + c * total) / (1 + c * m)
        np.testing.assert_allclose(relaxed_centers(X, V, gamma), expected, rtol=1e-12)
        moved = relaxed_centers(X + 1e6, V + 1e6, gamma)
        np.testing.assert_allclose(moved - 1e6, expected, atol=1e-8)
    mean = np.concatenate([X, V]).mean(axis=0)
    np.testing.assert_allclose(relaxed_centers(X, V, 0.0), np.tile(mean, (9, 1)))


def test_equal_sums_are_alike_to_the_relaxation_and_not_to_the_clustering():
    X, groups = grouped(20, 2, 1)
    spread = 0.4 * np.ptp(X, axis=0)
    together = np.tile(X.mean(axis=0), (2, 1))
    apart = together + np.stack([spread, -spread])
    costs = [relaxed_cost(X, V, groups, 0.8) for V in (together, apart)]
    assert costs[0] == pytest.approx(costs[1], rel=1e-12)
    lam = 0.3 * largest_pull(X)
    exact = [exact_cost(X, V, groups, lam) for V in (together, apart)]
    assert abs(exact[0] / exact[1] - 1) > 1e-3


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6), n_groups=st.integers(1, 5), n_rows=st.integers(1, 9),
    scale=st.sampled_from([1e-6, 1.0, 1e6]), offset=st.sampled_from([0.0, 1e3]),
)  # fmt: skip
def test_no_rows_in_range_are_better_to_the_relaxation(
    seed, n_groups, n_rows, scale, offset
):
    X, groups = grouped(15, n_groups, seed)
    X = (X + offset) * scale
    low, high = X.min(axis=0), X.max(axis=0)
    mean = best_mean(X, groups, n_rows)
    assert ((low <= mean) & (mean <= high)).all()
    best = relaxed_cost(X, np.tile(mean, (n_rows, 1)), groups, 0.9)
    rng = np.random.default_rng(seed)
    near = mean + 1e-3 * (high - low) * rng.normal(size=(20, 3))
    for other in (*rng.uniform(low, high, size=(20, 3)), *np.clip(near, low, high)):
        V = np.tile(other, (n_rows, 1))
        assert relaxed_cost(X, V, groups, 0.9) >= best * (1 - 1e-9)


@pytest.mark.parametrize("share", [0.05, 0.4, 1.1])
def test_gamma_matches_the_exact_cost_without_rows(share):
    X, groups = grouped(30, 3, 2)
    lam = share * largest_pull(X)
    cost = exact_cost(X, X[:0], groups, lam)
    gamma = matching_gamma(X, groups, cost)
    assert relaxed_cost(X, X[:0], groups, gamma) == pytest.approx(cost, rel=1e-9)
    assert 0 <= gamma < 1e-9 or share < 1
    assert matching_gamma(np.ones((4, 2)), np.zeros(4, dtype=int), 0.0) == 1.0


@pytest.mark.parametrize("judged_by", ["exact", "relaxed"])
def test_result_is_what_a_new_clustering_gives(judged_by):
    X, groups = grouped(30, 2, 3)
    before_X = X.copy()
    lam = 0.5 * largest_pull(X)
    antidote = ConvexAntidote(lam, judged_by=judged_by, max_rows=6, tol=1e-9)
    found = antidote.fit(X, groups=groups).result_
    np.testing.assert_array_equal(X, before_X)
    assert found.stopped == "limit"
    assert [size for size, _, _ in found.path] == list(range(7))
    judged = {"exact": 2, "relaxed": 1}[judged_by]
    best = min(found.path, key=lambda own: own[judged])
    assert best == (len(found.V), found.relaxed_after, found.after)
    assert found.path[0] == (0, found.relaxed_before, found.before)
    none = X[:0]
    assert found.before == pytest.approx(exact_cost(X, none, groups, lam), rel=1e-6)
    assert found.after == pytest.approx(exact_cost(X, found.V, groups, lam), rel=1e-6)
    assert found.after == pytest.approx(
        oracles_son.social_cost(X, found.centers, groups), rel=1e-12
    )
    relaxed = relaxed_cost(X, found.V, groups, found.gamma)
    assert found.relaxed_after == pytest.approx(relaxed, rel=1e-12)
    assert (X.min(axis=0) <= found.V).all()
    assert (found.V <= X.max(axis=0)).all()


def test_what_ends_a_search():
    X, groups = [[0.0], [1.0], [2.0], [9.0], [10.0]], list("aaabb")
    about = {"lam": 0.3, "judged_by": "relaxed", "max_rows": 3}

    def result(**more):
        return ConvexAntidote(**(about | more)).fit(X, groups=groups).result_

    already = result(alpha=0.95)
    assert already.stopped == "already"
    assert already.V.shape == (0, 1)
    assert already.after == already.before
    assert len(already.path) == 1
    met = result(alpha=0.86)
    assert met.stopped == "alpha"
    assert len(met.V) == 1
    assert met.relaxed_after <= 0.86 < met.relaxed_before
    # The relaxation's gain is none to the exact clustering here, and both are told.
    assert met.after > met.before
    limit = result(alpha=0.1)
    assert limit.stopped == "limit"
    assert len(limit.path) == 4
    assert limit.relaxed_after == min(relaxed for _, relaxed, _ in limit.path)
    none = result(alpha=0.1, judged_by="exact")
    assert none.stopped == "limit"
    assert none.V.shape == (0, 1)
    assert [n for n, _, _ in result(start=2, step=4, max_rows=9).path] == [0, 2, 6]


def test_gamma_can_be_given_and_only_groups_with_rows_count():
    X, groups = grouped(12, 2, 4)
    found = ConvexAntidote(0.1, gamma=0.6, max_rows=1).fit(X, groups=groups * 7)
    assert found.result_.gamma == 0.6
    assert found.groups_.tolist() == [0, 7]
    one = ConvexAntidote(0.1, max_rows=2).fit(X, groups=np.zeros(12)).result_
    assert one.stopped == "limit"


def test_an_unfinished_clustering_warns():
    X, groups = grouped(20, 2, 5)
    antidote = ConvexAntidote(0.2, max_rows=1, tol=1e-12, max_iter=2)
    with pytest.warns(ConvergenceWarning, match="max_iter=2 steps left"):
        antidote.fit(X, groups=groups)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"lam": -1}, ValueError, r"lam=-1 should be in \[0, inf\)"),
        ({"alpha": "a"}, TypeError, "alpha='a' should be a number or None"),
        ({"alpha": np.nan}, ValueError, "alpha=nan should be a number"),
        ({"gamma": 0}, ValueError, r"gamma=0 should be in \(0, 1\]"),
        ({"gamma": 1.1}, ValueError, r"gamma=1.1 should be in \(0, 1\]"),
        ({"gamma": "a"}, TypeError, "gamma='a' should be a number or None"),
        ({"judged_by": "me"}, ValueError, "judged_by='me' should be 'exact' or"),
        ({"start": 0}, ValueError, "start=0 should be >= 1"),
        ({"step": 0}, ValueError, "step=0 should be >= 1"),
        ({"max_rows": 0}, ValueError, "max_rows=0 should be >= 1"),
        ({"start": 20}, ValueError, "max_rows=10 should be >= start=20"),
        ({"max_rows": 1.5}, TypeError, "max_rows=1.5 should be an integer"),
        ({"tol": 0}, ValueError, "tol=0 should be > 0"),
    ],
)
def test_bad_parameters(change, error, message):
    with pytest.raises(error, match=message):
        ConvexAntidote(**change).fit([[0.0], [1.0]], groups=[0, 1])


@pytest.mark.parametrize(
    ("X", "groups", "message"),
    [
        ([[0.0], [np.nan]], [0, 1], "NaN"),
        ([[0.0], [1.0]], [0, np.nan], "groups holds 1 missing value"),
        ([[0.0], [1.0]], [0], r"groups.shape\[-1\]=1 should be 2"),
    ],
)
def test_bad_data(X, groups, message):
    with pytest.raises(ValueError, match=message):
        ConvexAntidote().fit(X, groups=groups)
