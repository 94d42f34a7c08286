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


def accuracy(y, labels):
    return Fraction(len(y) - n_switched(y, labels), len(y))


def nmi(a, b):
    """Mutual information over the mean of the entropies, by counting rows."""
    pairs = list(zip(a, b, strict=True))
    total = _entropy(list(a)) + _entropy(list(b))
    return 1.0 if total == 0 else 2 * (total - _entropy(pairs)) / total


def _entropy(names):
    shares = [names.count(name) / len(names) for name in set(names)]
    return -sum(share * np.log(share) for share in shares)


def ari(a, b):
    """(Rand - its mean) / (its most - its mean), exactly, over all pairs of rows."""
    pairs = list(itertools.combinations(range(len(a)), 2))
    in_a = {(i, j) for i, j in pairs if a[i] == a[j]}
    in_b = {(i, j) for i, j in pairs if b[i] == b[j]}
    if in_a == in_b:
        return 1.0
    mean = Fraction(len(in_a) * len(in_b), len(pairs))
    most = Fraction(len(in_a) + len(in_b), 2)
    return float((len(in_a & in_b) - mean) / (most - mean))


def balance(labels, groups):
    """The least ratio of shares, in exact arithmetic."""
    labels, groups = list(labels), list(groups)
    ratios = []
    for k, g in itertools.product(set(labels), set(groups)):
        cluster = [own for own, c in zip(groups, labels, strict=True) if c == k]
        overall = Fraction(groups.count(g), len(groups))
        share = Fraction(cluster.count(g), len(cluster))
        ratios.append(min(overall / share, share / overall) if share else Fraction(0))
    return float(min(ratios))


def group_entropy(labels, groups):
    """The mean over groups of the sum over clusters of -r log r."""
    labels, groups = list(labels), list(groups)
    entropies = []
    for g in set(groups):
        entropies.append(0.0)
        for k in set(labels):
            cluster = [own for own, c in zip(groups, labels, strict=True) if c == k]
            share = cluster.count(g) / len(cluster)
            entropies[-1] -= share * np.log(share) if share else 0.0
    return np.mean(entropies)


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


def shrink_region(x, negatives, bounds, discrete, n_free, uniforms):
    """A region that holds x and no negative, and a point of it: low, high, point.

    Three uniforms for each negative, of which unused ones are skipped, then two for
    each free coordinate.
    """
    low, high = (list(side) for side in np.transpose(bounds))
    negatives = [z for z in negatives if any(z != x)]
    steps = iter(np.reshape(uniforms[: len(uniforms) - 2 * n_free], (-1, 3)))
    while negatives:
        u1, u2, u3 = next(steps)
        telling = [f for f in range(len(x)) if any(z[f] != x[f] for z in negatives)]
        f = telling[int(u1 * len(telling))]
        if discrete:
            low[f] = high[f] = x[f]
        else:
            others = [z[f] for z in negatives if z[f] != x[f]]
            far = others[int(u2 * len(others))]
            bound = x[f] + u3 * (far - x[f])
            bound = x[f] if bound == far else bound
            (low if far < x[f] else high)[f] = bound
        negatives = [z for z in negatives if low[f] <= z[f] <= high[f]]
    point = list(x)
    left = [f for f in range(len(x)) if low[f] < high[f]]
    n_stay = min(n_free, len(left))
    draws = np.reshape(uniforms[len(uniforms) - 2 * n_free :], (-1, 2))
    for j, (u1, u2) in enumerate(draws[:n_stay]):
        place = j + int(u1 * (len(left) - j))
        left[j], left[place] = left[place], left[j]
        f = left[j]
        width = high[f] - low[f]
        point[f] = low[f] + (int(u2 * (width + 1)) if discrete else u2 * width)
    for f in left[n_stay:]:
        low[f] = high[f] = x[f]
    return np.array(low), np.array(high), np.array(point)


def medoid_cost(D, medoids):
    """The sum of distances to the nearest medoid, and the lowest of the nearest."""
    to_medoids = np.asarray(D)[:, medoids]
    return to_medoids.min(axis=1).sum(), to_medoids.argmin(axis=1)


def medoid_seeds(D, uniforms):
    """Points drawn by their distance to the nearest of those drawn before."""
    D = np.asarray(D)
    chosen = [int(uniforms[0] * len(D))]
    for u in uniforms[1:]:
        near = D[:, chosen].min(axis=1)
        if near.any():
            chosen.append(_first_above(np.cumsum(near), u * near.sum(), near))
        else:
            chosen.append(min(set(range(len(D))) - set(chosen)))
    return np.array(chosen)


def best_medoid_swap(D, medoids):
    """The lowest cost that replacing one medoid by another point gives."""
    others = sorted(set(range(len(D))) - set(medoids))
    costs = [
        medoid_cost(D, [*medoids[:c], j, *medoids[c + 1 :]])[0]
        for c in range(len(medoids))
        for j in others
    ]
    return min(costs, default=np.inf)


def least_medoid_cost(D, n_clusters):
    """The optimum, by all choices of medoids."""
    choices = itertools.combinations(range(len(D)), n_clusters)
    return min(medoid_cost(D, list(medoids))[0] for medoids in choices)


def swap_descent(D, uniforms, max_rounds=100):
    """FasterPAM with each swap tried out: medoids after the seeds of these uniforms."""
    medoids, idle = list(medoid_seeds(D, uniforms)), 0
    for _ in range(max_rounds):
        for j in range(len(D)):
            if idle == len(D):
                return np.array(medoids)
            idle += 1
            if j in medoids:
                continue
            trials = [[*medoids[:c], j, *medoids[c + 1 :]] for c in range(len(medoids))]
            best = min(trials, key=lambda trial: medoid_cost(D, trial)[0])
            cost = medoid_cost(D, medoids)[0]
            if medoid_cost(D, best)[0] < cost * (1 - 1e-12):
                medoids, idle = best, 0
    return np.array(medoids)


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


def quadtree(X, shifts, n_levels=31):
    """Nested cells (rows, children) of a shifted cube that is halved again and again.

    Cells are in the order of their places; a cell with all rows of its parent is left
    out. In exact arithmetic.
    """
    X = [[Fraction(float(x)) for x in row] for row in X]
    low, high = [list(map(bound, zip(*X, strict=True))) for bound in (min, max)]
    side = max(b - a for a, b in zip(low, high, strict=True))
    if side == 0:
        return list(range(len(X))), []
    places = [
        [
            ((x - a) / side + Fraction(float(shift))) / 2
            for x, a, shift in zip(row, low, shifts, strict=True)
        ]
        for row in X
    ]

    def grow(rows, level):
        if len(rows) == 1 or level > n_levels:
            return rows, []
        cells = {}
        for i in rows:
            cell = tuple(int(u * 2**level) for u in places[i])
            cells.setdefault(cell, []).append(i)
        if len(cells) == 1:
            return grow(rows, level + 1)
        children = [grow(cells[cell], level + 1) for cell in sorted(cells)]
        return [i for own, _ in children for i in own], children

    return grow(list(range(len(X))), 1)


def fairlets(tree, groups, p, q):
    """Lists of rows: the (p, q)-fairlets along a `quadtree`, in the order of making.

    A fairlet's rows are in the order of the tree, those of its larger group first.
    """
    made, left = [], set(tree[0])

    def free(rows, group):
        return [i for i in rows if i in left and groups[i] == group]

    def descend(node):
        rows, children = node
        if not children:
            release([(rows, [len(free(rows, 0)), len(free(rows, 1))])])
            return
        counts = [[len(free(own, g)) for g in (0, 1)] for own, _ in children]
        given = given_up(counts, p, q)
        release([(own, t) for (own, _), t in zip(children, given, strict=True)])
        for child in children:
            if left.intersection(child[0]):
                descend(child)

    def release(parts):
        given = [[i for own, t in parts for i in free(own, g)[: t[g]]] for g in (0, 1)]
        left.difference_update(*given)
        made.extend(_cut_into_fairlets(given, p, q))

    descend(tree)
    return made


def given_up(counts, p, q):
    """How many rows of each group a node takes from its children, balanced together."""
    kept = [list(own) for own in counts]
    for own in kept:
        for g in (0, 1):
            own[g] = min(own[g], own[1 - g] * q // p)
    for g in (0, 1):
        _balance(kept, counts, g, p, q)
    return [
        [had - has for had, has in zip(*pair, strict=True)]
        for pair in zip(counts, kept, strict=True)
    ]


def _balance(kept, counts, g, p, q):
    """Gives up more rows until those of group g that were given up are balanced."""

    def given(group):
        return sum(c[group] - k[group] for c, k in zip(counts, kept, strict=True))

    def after_one_more(own):
        """What a child keeps of group g with one row less of the other group."""
        return min(own[g], (own[1 - g] - 1) * q // p)

    for costs_nothing in (True, False):
        for own in kept:
            while given(g) * p > given(1 - g) * q and own[1 - g] > 0:
                rest = after_one_more(own)
                if rest < own[g] and (costs_nothing or own[g] * p == own[1 - g] * q):
                    break
                own[g], own[1 - g] = rest, own[1 - g] - 1


def _cut_into_fairlets(given, p, q):
    """(q, p) while that leaves a surplus, one with the rest of it, then pairs."""
    g = 0 if len(given[0]) >= len(given[1]) else 1
    many, few, made = list(given[g]), list(given[1 - g]), []
    while many:
        surplus = len(many) - len(few)
        if q > p and surplus >= q - p:
            sizes = q, p
        elif surplus:
            sizes = surplus + min(p, len(few)), min(p, len(few))
        else:
            sizes = 1, 1
        parts = many[: sizes[0]], few[: sizes[1]]
        many, few = many[sizes[0] :], few[sizes[1] :]
        swap = sizes[0] == sizes[1] and g == 1
        made.append(parts[1] + parts[0] if swap else parts[0] + parts[1])
    return made


def fairlet_center(X, members):
    """The member with the least sum of distances to the others, the first of equals."""
    D = np.sqrt(sq_distances(X[members], X[members]))
    return members[int(np.argmin(D.sum(axis=1)))]


def linear_loss(kind, theta, x, y):
    """The loss of one row, for parameters (c, p) and a row that ends in its constant.

    `y` is 0 or 1 for "log", a class number for "softmax" and the hinges, else real.
    """
    z = theta @ x
    if kind == "squared":
        return (z[0] - y) ** 2 / 2
    if kind == "log":
        return np.log1p(np.exp(-z[0] if y == 1 else z[0]))
    if kind == "softmax":
        return np.log(np.exp(z).sum()) - z[y]
    own = [y == 1] if len(z) == 1 else [y == k for k in range(len(z))]
    gaps = [1 - (v if mine else -v) for v, mine in zip(z, own, strict=True)]
    if kind == "squared_hinge":
        return sum(max(gap, 0) ** 2 for gap in gaps)
    return sum(0.1 * np.log1p(np.exp(gap / 0.1)) for gap in gaps)


def linear_objective(kind, theta, X, y, weights, penalty):
    """The weighted sum of the losses of rows and half the penalty's squares."""
    losses = [linear_loss(kind, theta, x, label) for x, label in zip(X, y, strict=True)]
    return np.dot(weights, losses) + (penalty * theta**2).sum() / 2


def gradient_by_differences(function, theta, step=1e-3):
    """Central differences at two steps, extrapolated; shape of theta + of the value."""
    theta = np.asarray(theta, dtype=float)
    entries = []
    for at in np.ndindex(*theta.shape):
        move = np.zeros_like(theta)
        move[at] = step
        wide, narrow = (
            (function(theta + h * move) - function(theta - h * move)) / (2 * h * step)
            for h in (1.0, 0.5)
        )
        entries.append((4 * narrow - wide) / 3)
    return np.reshape(entries, (*theta.shape, *np.shape(entries[0])))


def hessian_by_differences(function, theta):
    """(q, q), by differences of differences."""
    q = np.size(theta)
    return gradient_by_differences(
        lambda at: gradient_by_differences(function, at), theta
    ).reshape(q, q)


def influence_target(kind, name, theta, X, y, groups, *, at=None, gamma=1.1):
    """Eq. 4.5-4.8 row by row; robustness moves the rows by the parameters `at`.

    Rows end in a 1 where there is an intercept: then `at` has one too.
    """
    if name == "robustness":
        theta_0 = np.array(at[0])
        theta_0[X.std(axis=0) == 0] = 0
        X = np.array(
            [x - gamma * (at[0] @ x) / (theta_0 @ theta_0) * theta_0 for x in X]
        )
    losses = np.array(
        [linear_loss(kind, theta, x, label) for x, label in zip(X, y, strict=True)]
    )
    if name in ("loss", "robustness"):
        return losses.sum()
    if name == "equal_opportunity":
        counted, values = y == 1, losses
    else:
        z = X @ theta[0]
        counted, values = y == y, (1 / (1 + np.exp(-z)) if kind == "log" else z)
    one, other = (values[counted & (groups == g)].mean() for g in (1, 0))
    return abs(one - other)


def removal_steps(kind, theta, X, y, weights, penalty, rows, *, keep_hessian):
    """H^-1 times the gradient of each row; H of all rows, or of the others only."""

    def hessian(X, y, weights, penalty):
        return hessian_by_differences(
            lambda at: linear_objective(kind, at, X, y, weights, penalty), theta
        )

    every = hessian(X, y, weights, penalty)
    steps = []
    for row in rows:
        own = X[[row]], y[[row]], weights[[row]], 0 * penalty
        gradient = gradient_by_differences(
            lambda at, own=own: linear_objective(kind, at, *own), theta
        )
        # H is a sum over rows.
        left = every if keep_hessian else every - hessian(*own)
        # The directions that the loss leaves open get the least solution.
        step = np.linalg.pinv(left, rcond=1e-6) @ gradient.ravel()
        steps.append(np.reshape(step, theta.shape))
    return steps


def logistic_without_each(X, y, theta, penalty, rows):
    """Parameters (m, p) of logistic regressions without one row each, to rounding.

    Rows end in a 1. All start at theta with its Hessian less the row's, which is kept;
    where that is too far off to converge, Newton's method goes on.
    """
    p = _sigmoid(X @ theta)
    curvature = p * (1 - p)
    hessian = (X.T * curvature) @ X + np.diag(penalty)
    inverse = np.linalg.inv(hessian)
    own, kept = X[rows], curvature[rows]
    along = inverse @ own.T
    share = kept / (1 - kept * (own.T * along).sum(axis=0))
    thetas = np.repeat(theta[:, None], len(rows), axis=1)
    for _ in range(25):
        slopes = X.T @ (_sigmoid(X @ thetas) - y[:, None]) + penalty[:, None] * thetas
        slopes -= own.T * (_sigmoid((own.T * thetas).sum(axis=0)) - y[rows])
        step = inverse @ slopes
        step += along * (share * (own.T * step).sum(axis=0))
        thetas -= step
        if np.abs(step).max() <= 1e-13:
            break
    for m in np.flatnonzero(np.abs(step).max(axis=0) > 1e-10):
        others = np.arange(len(X)) != rows[m]
        thetas[:, m] = _logistic(X[others], y[others], thetas[:, m], penalty)
    return thetas.T


def _logistic(X, y, theta, penalty):
    """Newton's method from theta until a step is rounding."""
    step = np.ones_like(theta)
    while np.abs(step).max() > 1e-10:
        p = _sigmoid(X @ theta)
        hessian = (X.T * (p * (1 - p))) @ X + np.diag(penalty)
        step = np.linalg.solve(hessian, X.T @ (p - y) + penalty * theta)
        theta = theta - step
    return theta


def logistic_targets(thetas, X, y, groups, *, at, gamma=1.1):
    """Eq. 4.5-4.8 at parameters (m, p), (4, m); robustness moves the rows by `at`."""
    coef = np.append(at[:-1], 0.0)
    moved = X - gamma * np.outer(X @ at / (coef @ coef), coef)
    z, z_moved = X @ thetas.T, moved @ thetas.T
    losses = np.logaddexp(0, z) - y[:, None] * z
    robustness = np.logaddexp(0, z_moved) - y[:, None] * z_moved

    def gap(values, counted):
        one, other = (values[counted & (groups == g)].mean(axis=0) for g in (1, 0))
        return np.abs(one - other)

    parity, opportunity = gap(_sigmoid(z), groups >= 0), gap(losses, y == 1)
    return np.array([losses.sum(axis=0), parity, opportunity, robustness.sum(axis=0)])


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))
