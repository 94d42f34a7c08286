"""Tests of the structured starts: each family written out once more, slowly."""

import itertools

import numpy as np
import pytest

from rfcore.attacks.clustering.starts import structured_starts

SHARES = (0.1, 0.25, 0.5, 0.8, 1.0, 1.5)
STEPS = (0.5, 1.0, 2.0, -0.5, -1.0)


def problem(m=5, s=1, seed=0, width=100.0):
    """Two clusters and a stranger cluster, s rows that move, and their box."""
    rng = np.random.default_rng(seed)
    labels = np.repeat([0, 1, 2], (12, 9, 6)).astype(np.int32)
    X = rng.normal(size=(27, m)) * 10.0 ** np.arange(-1, m - 1)
    X[labels == 1] += 3.0
    x = X[labels == 0][:s].copy()
    return X, labels, 0, 1, x, x - width, x + width


def lines(x, own, other):
    return [x + share * (other - x) for share in SHARES] + [
        x + step * (other - own) for step in STEPS
    ]


def bridges(ours, theirs, x):
    nearest = [min(theirs, key=lambda b, a=a: np.sum((a - b) ** 2)) for a in ours]
    pairs = sorted(
        zip(ours, nearest, strict=True),
        key=lambda pair: np.sum((pair[0] - pair[1]) ** 2),
    )
    kept, used = [], set()
    for a, b in pairs:
        if b.tobytes() not in used:
            used.add(b.tobytes())
            kept.append(np.tile((a + b) / 2, (len(x), 1)))
    return kept


def corners(own, other, low, high):
    toward, away = low.copy(), high.copy()
    toward[:, other > own] = high[:, other > own]
    away[:, other > own] = low[:, other > own]
    return [toward, away, low, high]


def groups(own, other, x, low, high):
    toward, away, _, _ = corners(own, other, low, high)
    order = sorted(range(len(own)), key=lambda f: -abs(other[f] - own[f]))
    parts = np.array_split(order, min(8, len(order)))
    moved = []
    for end, part in itertools.product((toward, away), parts):
        moved.append(x.copy())
        moved[-1][:, part] = end[:, part]
    return moved


@pytest.mark.parametrize("m", [1, 2, 5, 11])
@pytest.mark.parametrize("s", [1, 3])
def test_families_take_turns(m, s):
    X, labels, source, target, x, low, high = problem(m, s, width=1e12)
    ours, theirs = X[labels == source], X[labels == target]
    own, other = ours.mean(axis=0), theirs.mean(axis=0)
    families = (
        lines(x, own, other),
        bridges(ours, theirs, x),
        corners(own, other, low, high),
        groups(own, other, x, low, high),
    )
    expected = [
        start
        for turn in itertools.zip_longest(*families)
        for start in turn
        if start is not None
    ]
    starts = structured_starts(X, labels, source, target, x, low, high, 10**6)
    assert starts.shape == (len(expected), s, m)
    np.testing.assert_allclose(starts, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("n_starts", [1, 2, 7, 20, 1000])
def test_first_starts_do_not_depend_on_how_many(n_starts):
    whole = structured_starts(*problem(), 1000)
    assert 20 < len(whole) < 1000
    starts = structured_starts(*problem(), n_starts)
    np.testing.assert_array_equal(starts, whole[:n_starts])


@pytest.mark.parametrize("width", [0.0, 0.5, 3.0])
def test_starts_lie_in_the_box(width):
    X, labels, source, target, x, low, high = problem(s=2, width=width)
    starts = structured_starts(X, labels, source, target, x, low, high, 1000)
    assert ((starts >= low) & (starts <= high)).all()
    # The box binds, and only by clipping.
    wide = structured_starts(*problem(s=2), 1000)
    interior = ((wide > low) & (wide < high)).all(axis=(1, 2))
    np.testing.assert_array_equal(starts[interior], wide[interior])
    assert not interior.all()


def test_no_target_row_bridges_twice():
    """Seven source rows, whose nearest target rows are only two."""
    X = np.array([[0.0], [0.1], [0.2], [0.3], [0.4], [0.5], [3.0], [1.0], [2.0], [9.0]])
    labels = np.repeat([0, 1], (7, 3)).astype(np.int32)
    x = X[:1]
    starts = structured_starts(X, labels, 0, 1, x, x - 50, x + 50, 1000).ravel()
    # Taken in turn, the bridges are the second of every four.
    np.testing.assert_allclose(starts[[1, 5]], [0.75, 2.5])
    assert not np.isclose(starts, 0.7).any()


def test_inputs_are_untouched():
    inputs = problem(s=2)
    before = [np.array(value) for value in inputs]
    structured_starts(*inputs, 1000)
    for value, kept in zip(inputs, before, strict=True):
        np.testing.assert_array_equal(value, kept)
