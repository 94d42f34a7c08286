"""Slow and obvious versions of what video summaries need; nothing of rfcore is used."""

import itertools
from fractions import Fraction

import numpy as np


def sum_bal(selected, presence):
    """SumBal and the violating group in exact arithmetic, frame by frame."""
    chosen = [i for i, flag in enumerate(selected) if flag]
    ratios = {}
    for j in range(len(presence[0])):
        overall = Fraction(sum(int(row[j]) for row in presence), len(presence))
        own = Fraction(sum(int(presence[i][j]) for i in chosen), len(chosen))
        if overall:
            ratios[j] = min(own / overall, overall / own) if own else Fraction(0)
    violating = min(ratios, key=ratios.get)
    return float(ratios[violating]), violating


def f_measure(summary, user, beta):
    """The F measure of two sets of frames."""
    ours, theirs = set(np.flatnonzero(summary)), set(np.flatnonzero(user))
    shared = len(ours & theirs)
    if shared == 0:
        return 0.0
    precision, recall = shared / len(ours), shared / len(theirs)
    return (1 + beta**2) * precision * recall / (beta**2 * precision + recall)


def knapsack_by_trying(values, weights, capacity):
    """The greatest total value, over all subsets of few items."""
    best = 0
    for taken in itertools.product([False, True], repeat=len(values)):
        if sum(w for w, t in zip(weights, taken, strict=True) if t) <= capacity:
            best = max(best, sum(v for v, t in zip(values, taken, strict=True) if t))
    return best


def knapsack_by_table(values, weights, capacity, dtype=np.float64):
    """The published dynamic program: a full table, items taken from the last on."""
    n = len(values)
    table = np.zeros((n + 1, capacity + 1), dtype=dtype)
    keep = np.zeros((n + 1, capacity + 1), dtype=bool)
    for i in range(1, n + 1):
        for c in range(capacity + 1):
            table[i, c] = table[i - 1, c]
            if weights[i - 1] <= c:
                candidate = values[i - 1] + float(table[i - 1, c - weights[i - 1]])
                if candidate > float(table[i - 1, c]):
                    table[i, c], keep[i, c] = candidate, True
    taken, left = np.zeros(n, dtype=bool), capacity
    for i in range(n, 0, -1):
        if keep[i, left]:
            taken[i - 1] = True
            left -= weights[i - 1]
    return taken


def scatter(K, first, end):
    """The scatter of frames first .. end - 1 from their kernel matrix."""
    block = K[first:end, first:end]
    return np.trace(block) - block.sum() / (end - first)


def segmentations(n, k):
    """All boundaries of k + 1 runs of n frames."""
    return itertools.combinations(range(1, n), k)


def segmentation_cost(K, boundaries):
    """The sum of the scatters between boundaries."""
    edges = [0, *boundaries, len(K)]
    return sum(scatter(K, a, b) for a, b in itertools.pairwise(edges))
