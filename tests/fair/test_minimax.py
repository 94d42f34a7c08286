"""Minimax centers of a partition beside searches over weights."""

import numpy as np
import oracles_fair_centers as slow
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from rfcore.fair.minimax import Parts, minimax_centers


def parts_of(X, labels, groups):
    """The parts of a partition, row by row."""
    k, n_groups = labels.max() + 1, groups.max() + 1
    shares, means = np.zeros((k, n_groups)), np.zeros((k, n_groups, X.shape[1]))
    within = np.zeros(n_groups)
    for c in range(k):
        for g in range(n_groups):
            own = X[(labels == c) & (groups == g)]
            if len(own):
                shares[c, g] = len(own) / (groups == g).sum()
                means[c, g] = own.mean(axis=0)
                within[g] += ((own - means[c, g]) ** 2).sum() / (groups == g).sum()
    return Parts(shares, means, within)


def partition(n, k, n_groups, seed, d=2):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) * [1.0, 10.0][:d]
    groups = rng.permutation(np.arange(n) % n_groups)
    labels = rng.permutation(np.arange(n) % k)
    X[groups == 0] *= 1 + rng.random()
    return X, labels, groups


def test_costs_are_mean_squared_distances():
    X, labels, groups = partition(40, 3, 4, 0)
    centers = np.random.default_rng(1).normal(size=(3, 2))
    sq = ((X - centers[labels]) ** 2).sum(axis=1)
    expected = [sq[groups == g].mean() for g in range(4)]
    costs = parts_of(X, labels, groups).costs(centers)
    np.testing.assert_allclose(costs, expected, rtol=1e-12)


def test_curvature_is_the_derivative_of_the_costs():
    parts = parts_of(*partition(40, 3, 4, 2))
    weights = np.array([0.1, 0.4, 0.2, 0.3])
    _, curvature = parts.weighted(weights)
    for g, by in enumerate(1e-6 * np.eye(4)):
        sides = [parts.costs(parts.weighted(weights + s * by)[0]) for s in (-1, 1)]
        slope = (sides[1] - sides[0]) / 2e-6
        np.testing.assert_allclose(curvature[g], slope, rtol=1e-5, atol=1e-6)
    assert (np.linalg.eigvalsh(curvature) <= 1e-12).all()


@pytest.mark.parametrize("seed", range(6))
def test_two_groups_are_a_line_search(seed):
    X, labels, groups = partition(50, 3, 2, seed)
    parts = parts_of(X, labels, groups)
    centers, weights, gap = minimax_centers(parts)
    largest = parts.costs(centers).max()
    expected = slow.two_group_centers(X, labels, groups, 3)
    assert largest == pytest.approx(expected, rel=1e-7)
    assert weights.sum() == pytest.approx(1.0)
    assert gap <= 1e-12 * largest


@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(1, 4))
def test_the_bound_is_met_and_no_center_is_better(seed, n_groups, k):
    X, labels, groups = partition(60, k, n_groups, seed)
    parts = parts_of(X, labels, groups)
    centers, weights, gap = minimax_centers(parts)
    costs = parts.costs(centers)
    assert (weights >= 0).all()
    assert costs.max() - weights @ costs == pytest.approx(gap, abs=1e-15 * costs.max())
    assert gap <= 1e-12 * costs.max()
    for step in np.random.default_rng(seed).normal(size=(20, *centers.shape)):
        for length in (1e-4, 1e-2, 1.0):
            other = parts.costs(centers + length * step).max()
            assert other >= costs.max() * (1 - 1e-12)


def test_many_groups_beside_a_general_solver():
    X, labels, groups = partition(80, 2, 5, 3)
    parts = parts_of(X, labels, groups)

    def rest(v):
        return v[-1] - parts.costs(v[:-1].reshape(2, 2))

    start = np.append(np.zeros(4), parts.costs(np.zeros((2, 2))).max() + 1)
    found = minimize(
        lambda v: v[-1], start, constraints={"type": "ineq", "fun": rest},
        method="SLSQP", options={"maxiter": 500, "ftol": 1e-12},
    )  # fmt: skip
    centers, _, _ = minimax_centers(parts)
    assert parts.costs(centers).max() == pytest.approx(found.fun, rel=1e-6)


def test_groups_that_agree_and_one_that_is_alone():
    means = np.repeat([[[1.0, 2.0]], [[3.0, 4.0]]], 3, axis=1)
    parts = Parts(np.full((2, 3), 0.5), means, np.array([1.0, 2.0, 0.5]))
    centers, _, _ = minimax_centers(parts)
    np.testing.assert_allclose(centers, means[:, 0])
    assert parts.costs(centers).max() == pytest.approx(2.0, rel=1e-11)
    alone = Parts(np.ones((1, 1)), np.array([[[5.0]]]), np.array([3.0]))
    centers, weights, gap = minimax_centers(alone)
    assert (centers.item(), weights.item(), gap) == (5.0, 1.0, 0.0)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_scales(scale):
    X, labels, groups = partition(50, 3, 3, 4)
    centers, _, _ = minimax_centers(parts_of(X, labels, groups))
    moved, _, _ = minimax_centers(parts_of(X * scale, labels, groups))
    np.testing.assert_allclose(moved, centers * scale, rtol=1e-5, atol=1e-6 * scale)


def test_rows_at_their_means_leave_nothing():
    parts = Parts(np.ones((1, 2)), np.zeros((1, 2, 1)), np.zeros(2))
    centers, _, gap = minimax_centers(parts)
    assert centers.item() == 0.0
    assert gap == 0.0
