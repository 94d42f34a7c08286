"""Slow and obvious versions of what consensus clustering computes."""

import numpy as np
import oracles


def co_association(partitions):
    """Counts of partitions that keep two rows together, (n, n) int64."""
    n = partitions.shape[1]
    S = np.zeros((n, n), dtype=np.int64)
    for labels in partitions:
        for u in range(n):
            for v in range(n):
                S[u, v] += labels[u] == labels[v]
    return S


def basic_partition(X, rows, features, uniforms, k, max_iter, tol):
    """k-means of a part of the data, and the nearest center of every row."""
    part = X[np.ix_(rows, features)]
    starts = part[oracles.kmeans_plus_plus(part, uniforms, k)]
    centers = oracles.lloyd(part, starts, max_iter, tol)[0]
    return oracles.nearest(X[:, features], centers)[0]


def contrastive_loss(Z, gamma, temperature, variant):
    """Equation 4.2 row by row (variant "paper"), or as the authors' code has it."""
    n, total = len(Z), 0.0
    for i in range(n):
        above = below = 0.0
        for a in range(n):
            cosine = Z[i] @ Z[a] / np.sqrt((Z[i] @ Z[i]) * (Z[a] @ Z[a]))
            if variant == "paper":
                e = 0.0 if a == i else np.exp(cosine / temperature)
            else:
                e = 1.0 if a == i else np.exp(cosine * temperature)
            above += gamma[i, a] * e
            below += e
        total -= np.log(above / below + (0.0 if variant == "paper" else 1e-8))
    return total / n


def assignment(Z, centers):
    """Student-t assignments, (n, k)."""
    sq = ((Z[:, None] - centers[None]) ** 2).sum(axis=2)
    return (1 / (1 + sq)) / (1 / (1 + sq)).sum(axis=1, keepdims=True)


def fair_loss(P, groups, variant):
    """Equation 4.3 group by group, or with the reversed divergence, halved."""
    total = 0.0
    for g in np.unique(groups):
        p = P[groups == g]
        q = p**2 / p.sum(axis=0)
        q /= q.sum(axis=1, keepdims=True)
        if variant == "paper":
            total += (p * np.log(p / q)).sum()
        else:
            total += 0.5 * (q * np.log(q / p)).sum()
    return total


def structural_loss(P, targets, groups, variant):
    """Equation 4.4 with its n x n products, halved in the authors' code."""
    J = (targets[:, None] == np.arange(P.shape[1])).astype(float)
    total = 0.0
    for g in np.unique(groups):
        p, j = P[groups == g], J[groups == g]
        total += ((p @ p.T - j @ j.T) ** 2).sum()
    return total if variant == "paper" else total / 2
