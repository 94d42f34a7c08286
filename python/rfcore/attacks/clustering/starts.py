"""Structured starts: moves of a row that a look at the clustering suggests."""

import itertools

import numpy as np

from rfcore import _core

_TOWARD_CENTER = (0.1, 0.25, 0.5, 0.8, 1.0, 1.5)
_ALONG_CENTERS = (0.5, 1.0, 2.0, -0.5, -1.0)
_GROUPS = 8


def structured_starts(X, labels, source, target, x, low, high, n_starts):
    """Candidate rows for an attack that moves rows of one cluster toward another.

    Four families, taken in turn until there are `n_starts`:

    - lines: from x toward the target's center, and along the line of both centers;
    - bridges: the midpoints of the closest pairs of a source row and a target row, each
      target row used once, the shortest first;
    - corners of the box: toward the target's center, away from it, all low, all high;
    - coordinate groups: the features in groups by how much the centers differ in them,
      one group at a time at its end of the box toward the target, and away from it.

    Parameters
    ----------
    X : float64 array of shape (n, m)
    labels : int32 array of shape (n,)
    source, target : int
        Clusters.
    x : float64 array of shape (s, m)
        The rows that move.
    low, high : float64 arrays of shape (s, m)
        The box.
    n_starts : int

    Returns
    -------
    float64 array of shape (q, s, m)
        Inside the box, q <= n_starts; the same for the same data.

    Notes
    -----
    Bridges come from how hierarchical clusterings break: a row halfway between two
    clusters joins a small subcluster early and carries it over whole.
    """
    families = (
        _lines(X, labels, source, target, x),
        _bridges(X, labels, source, target, x),
        _corners(X, labels, source, target, low, high),
        _coordinate_groups(X, labels, source, target, x, low, high),
    )
    in_turn = itertools.chain.from_iterable(itertools.zip_longest(*families))
    starts = [start for start in in_turn if start is not None][:n_starts]
    return np.clip(np.array(starts).reshape(-1, *x.shape), low, high)


def _centers(X, labels, source, target):
    return X[labels == source].mean(axis=0), X[labels == target].mean(axis=0)


def _lines(X, labels, source, target, x):
    own, other = _centers(X, labels, source, target)
    for share in _TOWARD_CENTER:
        yield x + share * (other - x)
    for share in _ALONG_CENTERS:
        yield x + share * (other - own)


def _bridges(X, labels, source, target, x):
    ours, theirs = X[labels == source], X[labels == target]
    nearest = np.empty(len(ours), dtype=np.int32)
    sq = np.empty(len(ours))
    _core.assign_nearest(ours, theirs, nearest, sq)
    used = set()
    for i in np.argsort(sq, kind="stable"):
        if nearest[i] not in used:
            used.add(nearest[i])
            yield np.broadcast_to((ours[i] + theirs[nearest[i]]) / 2, x.shape)


def _corners(X, labels, source, target, low, high):
    own, other = _centers(X, labels, source, target)
    yield np.where(other > own, high, low)
    yield np.where(other > own, low, high)
    yield low
    yield high


def _coordinate_groups(X, labels, source, target, x, low, high):
    own, other = _centers(X, labels, source, target)
    by_difference = np.argsort(-np.abs(other - own), kind="stable")
    for toward in (other > own, other <= own):
        for group in np.array_split(by_difference, min(_GROUPS, len(by_difference))):
            moved = x.copy()
            moved[:, group] = np.where(toward, high, low)[:, group]
            yield moved
