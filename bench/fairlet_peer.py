"""The peers of fairlets: the decomposition in plain Python, k-median in NumPy."""

import numpy as np
import peers
from scipy.spatial.distance import cdist


def quadtree(X, shifts, n_levels=31):
    """Nested cells (rows, children) of a shifted cube, halved until rows are alone.

    Parameters
    ----------
    X : float64 array of shape (n, m)
    shifts : float64 array of shape (m,)
        In units of the cube's half.
    n_levels : int

    Returns
    -------
    rows : list of int
    children : list of such pairs
    """
    low = X.min(axis=0)
    places = ((X - low) / (X - low).max() + shifts) / 2

    def grow(rows, level):
        if len(rows) == 1 or level > n_levels:
            return rows, []
        cells = {}
        for row, cell in zip(rows, np.floor(places[rows] * 2.0**level), strict=True):
            cells.setdefault(tuple(cell), []).append(row)
        if len(cells) == 1:
            return grow(rows, level + 1)
        children = [grow(cells[cell], level + 1) for cell in sorted(cells)]
        return [row for own, _ in children for row in own], children

    return grow(list(range(len(X))), 1)


def row_by_row(A, B):
    """Euclidean distances in NumPy, one row of A after the other."""
    return np.array([np.sqrt(((B - a) ** 2).sum(axis=1)) for a in A])


def refit(candidates, X, shifts, uniforms, p, q):
    """As `answer` with distances row by row, and a new tree for each question."""
    labels = np.empty(candidates.shape, dtype=np.int32)
    for own, groups in zip(labels, candidates, strict=True):
        tree = quadtree(X, shifts)
        own[:] = answer(groups[None], X, tree, uniforms, p, q, row_by_row)[0]
    return labels


def answer(candidates, X, tree, uniforms, p, q, distances=cdist):
    """Labels (b, n) by the nearest of k medoids among the centers of fairlets."""
    labels = np.empty(candidates.shape, dtype=np.int32)
    for own, groups in zip(labels, candidates.tolist(), strict=True):
        centers = [_center(X, members) for members in fairlets(tree, groups, p, q)]
        D = distances(X[centers], X[centers])
        medoids = np.array(centers)[peers.numpy_medoids(uniforms, D)[0]]
        own[:] = cdist(X, X[medoids]).argmin(axis=1)
    return labels


def fairlets(tree, groups, p, q):
    """Lists of rows, in each those of the larger group first."""
    taken, made = set(), []

    def release(cells, sizes):
        given = [], []
        for cell, wanted in zip(cells, sizes, strict=True):
            for group in (0, 1):
                given[group].extend(cell[group][: wanted[group]])
        taken.update(*given)
        made.extend(_cut(given, p, q))

    def descend(node):
        children = node[1] or [node]
        cells = [([], []) for _ in children]
        for cell, (rows, _) in zip(cells, children, strict=True):
            for row in rows:
                if row not in taken:
                    cell[groups[row]].append(row)
        sizes = [[len(rows) for rows in cell] for cell in cells]
        if not node[1]:
            release(cells, sizes)
            return
        release(cells, _given_up(sizes, p, q))
        for child in node[1]:
            if not taken.issuperset(child[0]):
                descend(child)

    descend(tree)
    return made


def _given_up(sizes, p, q):
    """Rows of each group that a node takes from its children."""
    kept = [[min(a, b * q // p), min(b, a * q // p)] for a, b in sizes]
    given = [(a - c, b - d) for (a, b), (c, d) in zip(sizes, kept, strict=True)]
    sums = [sum(own[group] for own in given) for group in (0, 1)]
    for group in (0, 1):
        other = 1 - group
        for free_only in (True, False):
            for own in kept:
                while sums[group] * p > sums[other] * q and own[other] > 0:
                    rest = min(own[group], (own[other] - 1) * q // p)
                    whole = own[group] * p == own[other] * q
                    if rest < own[group] and (free_only or whole):
                        break
                    sums[group] += own[group] - rest
                    sums[other] += 1
                    own[group], own[other] = rest, own[other] - 1
    return [(a - c, b - d) for (a, b), (c, d) in zip(sizes, kept, strict=True)]


def _cut(given, p, q):
    large = 0 if len(given[0]) >= len(given[1]) else 1
    many, few, i, j = given[large], given[1 - large], 0, 0
    while i < len(many):
        surplus = len(many) - i - (len(few) - j)
        a, b = 1, 1
        if q > p and surplus >= q - p:
            a, b = q, p
        elif surplus > 0:
            b = min(p, len(few) - j)
            a = surplus + b
        parts = many[i : i + a], few[j : j + b]
        yield parts[1] + parts[0] if a == b and large == 1 else parts[0] + parts[1]
        i, j = i + a, j + b


def _center(X, members):
    if len(members) <= 2:
        return members[0]
    return members[int(cdist(X[members], X[members]).sum(axis=1).argmin())]
