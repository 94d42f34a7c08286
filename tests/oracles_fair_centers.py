"""Slow and obvious answers about fair centers; nothing of rfcore is imported."""

import itertools

import numpy as np
from scipy.optimize import linprog, minimize_scalar


def distances(X, centers):
    """Euclidean, (n, k)."""
    return np.sqrt(((X[:, None] - centers) ** 2).sum(axis=2))


def fair_assignment_value(costs, groups, bounds):
    """The least fractional cost of a fair assignment: one dense row a constraint."""
    n, k = costs.shape
    rows = []
    for c in range(k):
        for g, (low, high) in enumerate(bounds):
            for sign, share in ((1, high), (-1, low)):
                row = np.zeros((n, k))
                row[:, c] = sign * ((groups == g) - share)
                rows.append(row.ravel())
    whole = np.kron(np.eye(n), np.ones(k))
    found = linprog(
        costs.ravel(), np.array(rows), np.zeros(len(rows)), whole, np.ones(n)
    )
    assert found.status == 0, found.message
    return found.fun


def overlapping_value(costs, codes, bounds, reach=None):
    """As `fair_assignment_value` for rows in a group of each attribute, codes (n, m).

    None where no fractions within `reach` (n, k) are fair.
    """
    n, k = costs.shape
    members = (codes[:, :, None] == np.arange(len(bounds))).any(axis=1)  # (n, l)
    rows = []
    for c in range(k):
        for g, (low, high) in enumerate(bounds):
            for sign, share in ((1, high), (-1, low)):
                row = np.zeros((n, k))
                row[:, c] = sign * (members[:, g] - share)
                rows.append(row.ravel())
    most = np.ones((n, k)) if reach is None else reach.astype(float)
    found = linprog(
        costs.ravel(),
        np.array(rows),
        np.zeros(len(rows)),
        np.kron(np.eye(n), np.ones(k)),
        np.ones(n),
        bounds=[(0.0, high) for high in most.ravel()],
    )
    return found.fun if found.status == 0 else None


def overlapping_labelings(codes, bounds, k):
    """Every labeling in which no share of any group is out of its bounds."""
    for labels in itertools.product(range(k), repeat=len(codes)):
        labels = np.array(labels)
        inside = (
            (low - 1e-9) * size <= count <= (high + 1e-9) * size
            for c in range(k)
            for size in [(labels == c).sum()]
            for g, (low, high) in enumerate(bounds)
            for count in [((codes == g).any(axis=1) & (labels == c)).sum()]
        )
        if all(inside):
            yield labels


def fair_labelings(groups, bounds, k):
    """Every labeling in which no share is out of its bounds."""
    for labels in itertools.product(range(k), repeat=len(groups)):
        labels = np.array(labels)
        counts = np.array(
            [[((labels == c) & (groups == g)).sum() for g in range(len(bounds))]
             for c in range(k)]
        )  # fmt: skip
        sizes = counts.sum(axis=1, keepdims=True)
        low, high = bounds[:, 0] * sizes, bounds[:, 1] * sizes
        if (counts >= low - 1e-9).all() and (counts <= high + 1e-9).all():
            yield labels


def social_costs(X, centers, groups):
    """The mean squared distance to the nearest center of each group."""
    sq = (distances(X, centers) ** 2).min(axis=1)
    return np.array([sq[groups == g].mean() for g in np.unique(groups)])


def two_group_centers(X, labels, groups, k):
    """The centers of a partition with the least larger cost of two groups.

    Every pair of weights has its weighted means; the larger cost is quasi-convex along
    them, so a bounded search finds the best.
    """

    members = np.eye(k)[labels]  # (n, k)
    sizes = np.bincount(groups)

    def larger(weights):
        """For each weight, the larger of the groups' costs."""
        each = np.where(groups == 0, weights[:, None], 1 - weights[:, None])
        each = (each / sizes[groups])[:, :, None] * members + 1e-300 * members
        centers = np.einsum("wnk,nm->wkm", each, X) / each.sum(axis=1)[:, :, None]
        sq = ((X - centers[:, labels]) ** 2).sum(axis=2)
        return np.max([sq[:, groups == g].mean(axis=1) for g in (0, 1)], axis=0)

    def larger_of_one(weight):
        return larger(np.array([weight]))[0]

    grid = np.linspace(0, 1, 201)
    best = grid[np.argmin(larger(grid))]
    span = (max(0.0, best - 0.01), min(1.0, best + 0.01))
    found = minimize_scalar(larger_of_one, bounds=span, method="bounded",
                            options={"xatol": 1e-12})  # fmt: skip
    return min(found.fun, larger_of_one(best))
