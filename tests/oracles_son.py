"""Sum-of-norms clustering and Algorithm 2 by cvxpy and by formula."""

import cvxpy as cp
import numpy as np

TIGHT = {"tol_gap_abs": 1e-11, "tol_gap_rel": 1e-11, "tol_feas": 1e-11}


def objective(X, centers, lam):
    """Eq. 3.1, pair by pair."""
    pulls = sum(
        np.linalg.norm(centers[i] - centers[j])
        for i in range(len(X))
        for j in range(i + 1, len(X))
    )
    return 0.5 * ((X - centers) ** 2).sum() + lam * pulls


def centers_by_cvxpy(X, lam):
    """Eq. 3.1 by clarabel, X around its mean: centers (n, d)."""
    n, d = X.shape
    mean = X.mean(axis=0)
    first, second = np.triu_indices(n, 1)
    incidence = np.zeros((len(first), n))
    incidence[np.arange(len(first)), first] = 1.0
    incidence[np.arange(len(first)), second] = -1.0
    M = cp.Variable((n, d))
    cost = 0.5 * cp.sum_squares(M - (X - mean))
    cost += lam * cp.sum(cp.norm(incidence @ M, 2, axis=1))
    cp.Problem(cp.Minimize(cost)).solve(solver=cp.CLARABEL, **TIGHT)
    return M.value + mean


def dual_of(z, n):
    """Tiles of duals as one antisymmetric array (n, n, d)."""
    tile, d = z.shape[1], z.shape[2]
    blocks = -(-n // tile)
    whole = np.zeros((blocks * tile, blocks * tile, d))
    at = 0
    for a in range(blocks):
        for b in range(a, blocks):
            own = z[at].transpose(0, 2, 1)  # (tile, tile, d)
            rows = np.arange(a * tile, a * tile + tile)[:, None]
            columns = np.arange(b * tile, b * tile + tile)[None]
            whole[rows, columns] = own
            whole[columns.T, rows.T] = -own.transpose(1, 0, 2)
            at += 1
    return whole[:n, :n]


def admm(X, lam, step, n_steps):
    """Centers, duals (n, n, d) and their sums after some steps."""
    n = len(X)
    M, z, T = X.copy(), np.zeros((n, *X.shape)), np.zeros_like(X)
    for _ in range(n_steps):
        z = z + step * (M[:, None] - M[None])
        norms = np.linalg.norm(z, axis=2, keepdims=True)
        z = np.where(norms > lam, z * (lam / np.where(norms > 0, norms, 1)), z)
        sums = z.sum(axis=1)
        M = (X + step * n * M + T - 2 * sums) / (1 + step * n)
        T = sums
    return M, z, T


def components(linked):
    """Labels of the components of a graph (n, n), numbered by their smallest row."""
    labels = np.full(len(linked), -1)
    for i in range(len(linked)):
        if labels[i] < 0:
            stack, labels[i] = [i], labels.max() + 1
            while stack:
                for j in np.flatnonzero(linked[stack.pop()]):
                    if labels[j] < 0:
                        labels[j] = labels[i]
                        stack.append(j)
    return labels


def social_cost(X, centers, groups):
    """The largest mean squared distance to own centers over groups."""
    sq = ((X - centers) ** 2).sum(axis=1)
    return max(sq[groups == g].mean() for g in np.unique(groups))


def relaxed_by_cvxpy(X, groups, n_rows, gamma):
    """The printed program with its affine constraint, in all its variables.

    Returns the least social cost and the sum of V. One zeta and eta for each pair of
    rows of X and V; V in the range of X.
    """
    n, d = X.shape
    m = n + n_rows
    first, second = np.triu_indices(m, 1)
    incidence = np.zeros((m, len(first)))
    incidence[first, np.arange(len(first))] = 1.0
    incidence[second, np.arange(len(first))] = -1.0
    V, M, theta = cp.Variable((n_rows, d)), cp.Variable((m, d)), cp.Variable((m, d))
    eta, zeta = cp.Variable((len(first), d)), cp.Variable((len(first), d))
    costs = [
        cp.sum_squares(X[groups == g] - M[:n][np.flatnonzero(groups == g)])
        / np.sum(groups == g)
        for g in np.unique(groups)
    ]
    low, high = X.min(axis=0)[None], X.max(axis=0)[None]
    constraints = [
        theta + M - cp.vstack([X, V]) == 0,
        eta - gamma * (eta + zeta) == 0,
        incidence.T @ M - eta == 0,
        incidence @ zeta - theta == 0,
        V >= np.repeat(low, n_rows, axis=0),
        V <= np.repeat(high, n_rows, axis=0),
    ]
    problem = cp.Problem(cp.Minimize(cp.max(cp.hstack(costs))), constraints)
    problem.solve(solver=cp.CLARABEL)
    return problem.value, V.value.sum(axis=0)
