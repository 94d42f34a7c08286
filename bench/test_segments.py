"""Kernel temporal segmentation: against the same dynamic program in NumPy."""

import numpy as np
from race import Case, Goal, Ladder

from rfcore.video import kernel_temporal_segmentation


def features(n, *, m=64, frames_per_shot=40, seed=0):
    """Rows of unit length, as those of GoogLeNet are, in shots that differ."""
    rng = np.random.default_rng(seed)
    means = rng.normal(size=(-(-n // frames_per_shot), m))
    X = np.repeat(means, frames_per_shot, axis=0)[:n] + 0.3 * rng.normal(size=(n, m))
    return X / np.linalg.norm(X, axis=1, keepdims=True)


def segmentations(n, most=None):
    """Shots of n frames with up to `most` change points; n - 1 by default."""
    X = features(n)
    most = n - 1 if most is None else most

    def own(threads):
        return lambda: kernel_temporal_segmentation(X, max_change_points=most)

    def by_numpy(threads):
        return lambda: numpy_segmentation(X, most)

    return Case(
        contestants={"rfcore": own, "NumPy": by_numpy},
        quality=lambda results: "the same" if same_shots(results) else "other shots",
    )


def numpy_segmentation(X, most):
    """Shots by all scatters at once, then one row operation for each k and end."""
    n, K = len(X), X @ X.T
    sums = np.zeros((n + 1, n + 1))
    np.cumsum(np.cumsum(K, axis=0), axis=1, out=sums[1:, 1:])
    traces = np.concatenate([[0.0], np.cumsum(np.diag(K))])
    ends = np.diag(sums)
    lengths = np.maximum(np.arange(n + 1)[:, None] - np.arange(n + 1), 1)
    # scatters[l, t] of frames t .. l - 1
    blocks = ends[:, None] + ends - sums - sums.T
    scatters = traces[:, None] - traces - blocks / lengths
    costs = np.full((most + 1, n + 1), np.inf)
    starts = np.zeros((most + 1, n + 1), dtype=np.int64)
    costs[0, 1:] = scatters[1:, 0]
    for k in range(1, most + 1):
        before = costs[k - 1]
        for end in range(k + 1, n + 1):
            totals = before[k:end] + scatters[end, k:end]
            starts[k, end] = best = totals.argmin() + k
            costs[k, end] = totals[best - k]
    return _shots(costs[:, n], starts, n)


def _shots(costs, starts, n):
    k = np.arange(1, len(costs))
    penalized = costs / n
    penalized[1:] += k / (2.0 * n) * (np.log(n / k) + 1.0)
    bounds = [n]
    for count in range(int(penalized.argmin()), 0, -1):
        bounds.append(int(starts[count, bounds[-1]]))
    first = np.array([0, *bounds[:0:-1]])
    return np.column_stack([first, np.append(first[1:], n) - 1])


def same_shots(results):
    own, other = results.values()
    return np.array_equal(own, other)


def of_2000_frames():
    return segmentations(2000)


def by_n(n):
    return segmentations(n)


def by_change_points(most):
    return segmentations(600, most)


GOALS = (Goal("2000 frames", of_2000_frames, {"NumPy": 20.0}),)
LADDERS = (
    Ladder("all numbers of shots", "n", (150, 300, 600), by_n),
    Ladder("600 frames", "change points", (20, 80, 320), by_change_points),
)


def test_segmentation(compare, full):
    assert same_shots(compare(segmentations(400 if full else 60)))
