"""Slow and obvious versions of the kernels and measures; nothing of rfcore is used."""

import itertools
from fractions import Fraction

import numpy as np
from scipy.optimize import linprog


def sq_distances(X, Y):
    """All squared distances, in exact arithmetic, rounded once."""
    return np.array([[float(_exact_sq_distance(x, y)) for y in Y] for x in X])


def sq_distance_in_lanes(x, y):
    """The contract's order of summation: 16 interleaved lanes, added in order."""
    lanes = np.zeros(16)
    for f, (a, b) in enumerate(zip(x, y, strict=True)):
        lanes[f % 16] += (float(a) - float(b)) ** 2
    total = 0.0
    for lane in lanes:
        total += lane
    return total


def _exact_sq_distance(x, y):
    return sum(
        (Fraction(float(a)) - Fraction(float(b))) ** 2
        for a, b in zip(x, y, strict=True)
    )


def agglomerate(D, method):
    """Greedy merges (height, a, b) of a distance matrix, from the definitions.

    A cluster is named by its smallest row; among the nearest pairs the smallest (a, b)
    goes first. `D` holds squared distances for ward. Exact on the given distances.
    """
    D = _exact(D)
    clusters = {i: [i] for i in range(len(D))}
    merges = []
    while len(clusters) > 1:
        height, a, b = min(
            (_between(D, clusters[a], clusters[b], method), a, b)
            for a, b in itertools.combinations(sorted(clusters), 2)
        )
        merges.append((float(height), a, b))
        clusters[a] = clusters[a] + clusters.pop(b)
    return merges


def cluster_distance(D, A, B, method):
    """The distance of two sets of rows, from the distances of their rows."""
    return float(_between(_exact(D), list(A), list(B), method))


def _exact(D):
    return [[Fraction(float(distance)) for distance in row] for row in D]


def _between(D, A, B, method):
    pairs = [D[i][j] for i in A for j in B]
    if method == "single":
        return min(pairs)
    if method == "complete":
        return max(pairs)
    mean = sum(pairs) / len(pairs)
    if method == "average":
        return mean
    # |mean of A - mean of B|^2 is the mean between less half the means within.
    sq = mean - _mean_within(D, A) / 2 - _mean_within(D, B) / 2
    return Fraction(2 * len(A) * len(B), len(A) + len(B)) * sq


def _mean_within(D, A):
    return sum(D[i][j] for i in A for j in A) / len(A) ** 2


def nodes(merges, n):
    """The merges of `agglomerate` with clusters named as nodes of a tree."""
    node = list(range(n))
    children = []
    for i, (_, a, b) in enumerate(merges):
        children.append(sorted((node[a], node[b])))
        node[a] = n + i
    return np.array(children, dtype=np.int64).reshape(-1, 2)


def cut(merges, n, n_clusters):
    """Labels after the first n - n_clusters merges, numbered by their smallest row."""
    name = list(range(n))
    for _, a, b in merges[: n - n_clusters]:
        name = [a if own == b else own for own in name]
    return np.searchsorted(np.unique(name), name)


def nearest(X, centers):
    """Each row's nearest center, the lowest of equals, and its squared distance."""
    labels, sq = [], []
    for x in X:
        distances = [sum((x - center) ** 2) for center in centers]
        labels.append(int(np.argmin(distances)))
        sq.append(min(distances))
    return np.array(labels), np.array(sq)


def lloyd_step(X, centers):
    """Labels, next centers, counts and inertia; empty clusters take far rows."""
    X = np.asarray(X, dtype=float)
    labels, sq = nearest(X, centers)
    members = {c: list(np.flatnonzero(labels == c)) for c in range(len(centers))}
    inertia, left = sum(sq), sq.copy()
    for c in range(len(centers)):
        if members[c]:
            continue
        spare = [
            i for own in members.values() for i in own if len(own) > 1 and left[i] > 0
        ]
        if spare:
            farthest = min(spare, key=lambda i: (-left[i], i))
            members[labels[farthest]].remove(farthest)
            members[c] = [farthest]
            left[farthest] = 0.0
    means = [X[own].mean(axis=0) if own else centers[c] for c, own in members.items()]
    counts = [len(own) for own in members.values()]
    return labels, np.array(means), np.array(counts), inertia


def lloyd(X, centers, max_iter, tol):
    """Centers, labels, inertia, steps and whether a fixed point or `tol` was met."""
    X, centers = np.asarray(X, dtype=float), np.asarray(centers, dtype=float)
    tolerance, before, converged, n_iter = tol * X.var(axis=0).mean(), None, False, 0
    while not converged and n_iter < max_iter:
        labels, means, _, _ = lloyd_step(X, centers)
        n_iter += 1
        moved = ((means - centers) ** 2).sum()
        converged = moved <= tolerance or np.array_equal(labels, before)
        centers, before = means, labels
    labels, sq = nearest(X, centers)
    return centers, labels, sum(sq), n_iter, converged


def kmeans_plus_plus(X, uniforms, n_clusters, like=None):
    """Rows that greedy k-means++ chooses with these uniform numbers.

    Two trials are often equally good but for rounding: then the one in `like` is taken,
    or the first where none is given.
    """
    X, uniforms = np.asarray(X, dtype=float), iter(uniforms)
    chosen = [int(next(uniforms) * len(X))]
    sq = ((X - X[chosen[0]]) ** 2).sum(axis=1)
    while len(chosen) < n_clusters:
        trials = []
        for _ in range(2 + int(np.log(n_clusters))):
            row = _first_above(np.cumsum(sq), next(uniforms) * sq.sum(), sq)
            closer = np.minimum(sq, ((X - X[row]) ** 2).sum(axis=1))
            trials.append((closer.sum(), row, closer))
        least = min(total for total, _, _ in trials)
        best = [trial for trial in trials if trial[0] <= least]
        if like is not None:
            best += [
                trial
                for trial in trials
                if trial[0] <= least * (1 + 1e-9) and trial[1] == like[len(chosen)]
            ]
        _, row, sq = best[-1 if like is not None else 0]
        chosen.append(row)
    return np.array(chosen)


def _first_above(cumulated, mark, weights):
    above = np.flatnonzero((cumulated > mark) & (weights > 0))
    if above.size:
        return int(above[0])
    return int(np.flatnonzero(weights > 0)[-1]) if weights.any() else 0


def farthest_first(X, first, n_clusters):
    """Rows that a farthest-first traversal visits, and distances to the nearest."""
    X, chosen = np.asarray(X, dtype=float), [first]
    while True:
        sq = np.array([min(sum((x - X[c]) ** 2) for c in chosen) for x in X])
        if len(chosen) == n_clusters:
            return np.array(chosen), sq
        chosen.append(int(np.argmax(sq)))


def contingency(a, b, k, n_names):
    table = np.zeros((k, n_names), dtype=np.int64)
    for i, j in zip(a, b, strict=True):
        table[i, j] += 1
    return table


def co_membership_distance(a, b):
    """The Frobenius norm of Y Y' - Z Z', through n x n matrices."""
    a, b = np.asarray(a), np.asarray(b)
    together = (a[:, None] == a).astype(float) - (b[:, None] == b).astype(float)
    return np.sqrt((together**2).sum())


def n_switched(a, b):
    """Rows whose labels differ under the best of all renamings."""
    size = 1 + max(*a, *b)
    return min(
        sum(name[i] != j for i, j in zip(a, b, strict=True))
        for name in itertools.permutations(range(size))
    )


def mahalanobis_depth(points, X):
    mean, covariance = np.mean(X, axis=0), np.atleast_2d(np.cov(X, rowvar=False))
    inverse = np.linalg.inv(covariance)
    return np.array([1 / (1 + (x - mean) @ inverse @ (x - mean)) for x in points])


def cluster_depth(points, X, labels):
    return sum(mahalanobis_depth(points, X[labels == c]) for c in np.unique(labels))


def feature_depths(points, X, labels):
    """The depth of each feature of each point in each cluster: (k, b, m)."""
    depths = []
    for c in np.unique(labels):
        columns = []
        for x, column in zip(points.T, X[labels == c].T, strict=True):
            if (column == column[0]).all():
                columns.append((x == column[0]).astype(float))
            else:
                sq = (x - column.mean()) ** 2
                columns.append(1 / (1 + sq / column.var(ddof=1)))
        depths.append(np.transpose(columns))
    return np.array(depths)


def coordinate_depth(points, X, labels):
    return feature_depths(points, X, labels).sum(axis=0).min(axis=1)


def printed_depth(points, X, labels):
    """Sum over clusters of the minimum over the features that vary there."""
    depths = feature_depths(points, X, labels)
    varies = [np.ptp(X[labels == c], axis=0) > 0 for c in np.unique(labels)]
    return sum(
        depth[:, v].min(axis=1) if v.any() else np.ones(len(points))
        for depth, v in zip(depths, varies, strict=True)
    )


def coordinate_reach(x, X, labels, threshold, n_steps=4000):
    """Delta by trying steps on a grid: (largest good step, first bad step) by feature.

    The first bad step is infinite where no step inside the observed range is bad.
    """
    low, high = X.min(axis=0), X.max(axis=0)
    farthest = np.maximum(x - low, high - x)
    good, bad = np.zeros(len(x)), np.full(len(x), np.inf)
    for f in range(len(x)):
        steps = np.linspace(0, farthest[f], n_steps + 1)
        deep = np.ones(len(steps), dtype=bool)
        for side in (-1, 1):
            at = x[f] + side * steps
            depth = feature_depths(at[:, None], X[:, [f]], labels).sum(axis=0)[:, 0]
            deep &= (depth >= threshold) | (at < low[f]) | (at > high[f])
        first_bad = len(steps) if deep.all() else int(np.argmin(deep))
        good[f] = steps[first_bad - 1] if first_bad else 0.0
        if first_bad < len(steps):
            bad[f] = steps[first_bad]
    return good, bad


def share_bounds(groups, delta):
    """The least and largest shares r (1 - delta) and r / (1 - delta), at most 1."""
    shares = [np.mean(np.asarray(groups) == g) for g in np.unique(groups)]
    return np.array([[r * (1 - delta), min(r / (1 - delta), 1.0)] for r in shares])


def share_violation(labels, groups, bounds):
    """Rows by which the worst count of a group in a cluster is outside its bounds."""
    worst = 0.0
    for c in np.unique(labels):
        members = [g for g, own in zip(groups, labels, strict=True) if own == c]
        for g, (low, high) in zip(np.unique(groups), bounds, strict=True):
            count = members.count(g)
            worst = max(worst, count - high * len(members), low * len(members) - count)
    return worst


def fair_radius(X, centers, groups, bounds):
    """The least distance within which rows, in fractions, make fair clusters."""
    distances = np.sqrt([[sum((x - c) ** 2) for c in centers] for x in X])
    for radius in np.unique(distances):
        if _fair_within(distances <= radius, groups, bounds):
            return radius
    return None


def _fair_within(reach, groups, bounds):
    """Whether a linear program with a variable for each row and center is feasible."""
    n, k = reach.shape
    each_row = np.kron(np.eye(n), np.ones(k))
    outside = []
    for c in range(k):
        of_center = np.kron(np.ones(n), np.eye(k)[c])
        for g, (low, high) in zip(np.unique(groups), bounds, strict=True):
            of_group = of_center * np.repeat(np.asarray(groups) == g, k)
            outside += [of_group - high * of_center, low * of_center - of_group]
    found = linprog(
        np.zeros(n * k),
        A_ub=outside,
        b_ub=np.zeros(len(outside)),
        A_eq=each_row,
        b_eq=np.ones(n),
        bounds=[(0, float(open_)) for open_ in reach.ravel()],
    )
    return found.status == 0
