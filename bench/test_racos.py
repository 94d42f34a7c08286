"""Regions of RACOS around good points: the compiled loop, and the same one in NumPy."""

import numpy as np
import peers
from race import THREADS, Case, Ladder

from rfcore import _core

# Fewer points are done before workers have been given them.
_WORTH_WORKERS = 64


def regions(b, d, n_negatives=10, n_free=4, *, choices=2, threads=THREADS):
    """b points of one model.

    Parameters
    ----------
    b, d : int
        Points, coordinates.
    n_negatives, n_free : int
        Negative points, coordinates that stay free.
    choices : int
        Values of each coordinate; 0 for the unit cube.
    threads : int
    """
    rng = np.random.default_rng(0)
    discrete = choices > 0
    bounds = np.tile([0.0, max(choices - 1.0, 1.0)], (d, 1))
    positives = _points((2, d), choices, rng)[rng.integers(2, size=b)]
    # Negatives are the positive ones of earlier steps and points near to them.
    changed = rng.random((n_negatives, d)) < 10.0 / d
    others = _points((n_negatives, d), choices, rng)
    negatives = np.where(changed, others, positives[0])
    uniforms = rng.random((b, _core.region_uniforms(n_negatives, n_free)))

    def by_rfcore(threads):
        low, high, points = np.empty((3, b, d))

        def draw():
            _core.shrink_regions(
                positives,
                negatives,
                bounds,
                discrete,
                n_free,
                uniforms,
                low,
                high,
                points,
            )
            return points

        return draw

    def by_numpy(threads):
        threads = threads if b >= _WORTH_WORKERS else 1
        rows = np.hstack([positives, uniforms])
        return lambda: peers.in_workers(
            threads, draw_by_numpy, rows, negatives, bounds, discrete, n_free
        )

    return Case(
        contestants={"rfcore": by_rfcore, "NumPy": by_numpy},
        quality=_points_that_differ,
        n_bytes=8.0 * d * (4 * b + n_negatives),
        threads=threads,
    )


def _points(shape, choices, rng):
    real = rng.random(shape)
    return np.floor(real * choices) if choices else real


def draw_by_numpy(rows, negatives, bounds, discrete, n_free):
    """Points (b, d) of positive points and their uniforms, side by side in the rows."""
    d = len(bounds)
    steps = 3 * len(negatives)
    points = np.empty((len(rows), d))
    for point, row in zip(points, rows, strict=True):
        x, u = row[:d], row[d:]
        low, high = _shrink(x, negatives, bounds, discrete, u[:steps])
        point[:] = x
        left = np.flatnonzero(low < high)
        n_stay = min(n_free, len(left))
        for j, (u1, u2) in enumerate(u[steps:].reshape(-1, 2)[:n_stay]):
            place = j + int(u1 * (len(left) - j))
            left[[j, place]] = left[[place, j]]
            f = left[j]
            width = high[f] - low[f]
            point[f] = low[f] + (int(u2 * (width + 1)) if discrete else u2 * width)
    return points


def _shrink(x, negatives, bounds, discrete, uniforms):
    low, high = bounds.T.copy()
    negatives = negatives[(negatives != x).any(axis=1)]
    for u1, u2, u3 in uniforms.reshape(-1, 3):
        if len(negatives) == 0:
            break
        telling = np.flatnonzero((negatives != x).any(axis=0))
        f = telling[int(u1 * len(telling))]
        if discrete:
            low[f] = high[f] = x[f]
        else:
            others = negatives[negatives[:, f] != x[f], f]
            far = others[int(u2 * len(others))]
            bound = x[f] + u3 * (far - x[f])
            (low if far < x[f] else high)[f] = x[f] if bound == far else bound
        inside = (negatives[:, f] >= low[f]) & (negatives[:, f] <= high[f])
        negatives = negatives[inside]
    return low, high


def _points_that_differ(results):
    own, other = results.values()
    return f"{(own != other).any(axis=1).sum()} of {len(own)} points differ"


def regions_by_batch(batch):
    return regions(batch, 539)


def regions_by_dim(dim):
    return regions(200, dim)


def regions_in_a_box(dim):
    return regions(200, dim, choices=0)


LADDERS = (
    Ladder("points of 539 bits", "batch", (2, 20, 200, 2000), regions_by_batch),
    Ladder("200 points of bits", "d", (50, 200, 800, 3200), regions_by_dim),
    Ladder("200 points of a box", "d", (50, 200, 800, 3200), regions_in_a_box),
)


def test_bits(compare, full):
    case = regions(*((2000, 539) if full else (20, 30)))
    np.testing.assert_array_equal(*compare(case).values())


def test_a_box(compare, full):
    case = regions(*((2000, 64) if full else (20, 8)), choices=0)
    np.testing.assert_array_equal(*compare(case).values())


def test_single_points(compare, full):
    case = regions(1, *((539, 3, 108) if full else (30, 3, 6)), threads=1)
    np.testing.assert_array_equal(*compare(case).values())
