"""RACOS: its regions by the compiled loop and by NumPy, and searches against ZOOpt."""

from importlib.util import find_spec

import numpy as np
import peers
import pytest
from race import THREADS, Case, Goal, Ladder
from watched import Watched

from rfcore import _core
from rfcore.zeroth import minimize

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


def sphere(X):
    """A bowl that costs next to nothing, (b, dim) -> (b,)."""
    return ((np.asarray(X) - 0.3) ** 2).sum(axis=1)


def searches(dim, max_evals, n_seeds, *, batch=None, sequential=True):
    """Searches from n_seeds seeds; their time is their own, without the function's.

    Parameters
    ----------
    dim, max_evals, n_seeds : int
    batch : int, optional
        rfcore's points at a time; None is its default, 2.
    sequential : bool
        Whether ZOOpt learns from every point, or from as many at a time as teach.
    """
    box = np.tile([-1.0, 1.0], (dim, 1))

    def by_rfcore(watched, seed):
        minimize(
            watched,
            box,
            method="racos",
            max_evals=max_evals,
            batch=batch,
            random_state=seed,
        )

    def by_zoopt(watched, seed):
        import zoopt_peer

        zoopt_peer.search(
            lambda x: watched([x])[0], box, max_evals, sequential=sequential, seed=seed
        )

    def each(search):
        def run():
            watched = [Watched(sphere) for _ in range(n_seeds)]
            for seed, fun in enumerate(watched):
                search(fun, seed)
            return watched

        return lambda threads: run

    return Case(
        contestants={"rfcore": each(by_rfcore), "ZOOpt": each(by_zoopt)},
        quality=_best_values,
        own_seconds=_seconds_a_value,
        threads=1,
    )


def _seconds_a_value(seconds, watched):
    own = seconds - sum(fun.seconds for fun in watched)
    return own / sum(len(fun.values) for fun in watched)


def _best_values(results):
    own, other = map(_median, results.values())
    return f"median of the best values {own:.4g} to {other:.4g}"


def _median(watched):
    return np.median([min(fun.values) for fun in watched])


def searches_by_dim(dim):
    return searches(dim, 200, 1)


def promised_searches():
    return searches(1000, 1000, 20)


def promised_sequential_searches():
    return searches(1000, 1000, 20, batch=1)


def promised_batch_searches():
    return searches(1000, 1000, 20, batch=12, sequential=False)


_HAS_ZOOPT = find_spec("zoopt") is not None
needs_zoopt = pytest.mark.skipif(not _HAS_ZOOPT, reason="ZOOpt is not installed")

GOALS = (
    Goal(
        "20 searches, dim = 1,000, 1,000 evaluations",
        promised_searches,
        {"ZOOpt": 20.0},
        once=True,
    ),
    Goal(
        "the same, one point at a time",
        promised_sequential_searches,
        {"ZOOpt": 20.0},
        once=True,
    ),
    Goal(
        "the same, both by 12 points at a time",
        promised_batch_searches,
        {"ZOOpt": 20.0},
        once=True,
    ),
) * _HAS_ZOOPT
LADDERS = (
    Ladder("points of 539 bits", "batch", (2, 20, 200, 2000), regions_by_batch),
    Ladder("200 points of bits", "d", (50, 200, 800, 3200), regions_by_dim),
    Ladder("200 points of a box", "d", (50, 200, 800, 3200), regions_in_a_box),
    *[Ladder("200 evaluations", "dim", (100, 300, 1000), searches_by_dim)] * _HAS_ZOOPT,
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


@needs_zoopt
@pytest.mark.parametrize(
    ("batch", "sequential"), [(None, True), (1, True), (12, False)]
)
def test_searches(compare, full, batch, sequential):
    case = searches(
        *((1000, 1000, 3) if full else (20, 60, 1)), batch=batch, sequential=sequential
    )
    own, other = compare(case, n_rounds=1).values()
    for watched in (own, other):
        assert all(np.isfinite(fun.values).all() for fun in watched)
    if full:
        assert _median(own) <= _median(other)
