"""The radial basis function optimizer: its own time, function evaluations left out."""

import black_box_peer
import numpy as np
from race import Case, Goal, Ladder
from watched import Watched

from rfcore.zeroth import minimize

_BATCH = 8
_CENTER = 1.234


def ellipsoid(X):
    """A bowl whose axes differ by a factor of ten, (b, dim) -> (b,)."""
    weights = np.logspace(0.0, 1.0, X.shape[1])
    return ((X - _CENTER) ** 2) @ weights


def rastrigin(X):
    """A bowl with a great many local minima, (b, dim) -> (b,)."""
    away = X - _CENTER
    return (away**2 + 10.0 * (1.0 - np.cos(2.0 * np.pi * away))).sum(axis=1)


def ackley(X):
    """A funnel in a rippled plain, (b, dim) -> (b,)."""
    away = X - _CENTER
    bowl = np.exp(-0.2 * np.sqrt((away**2).mean(axis=1)))
    ripples = np.exp(np.cos(2.0 * np.pi * away).mean(axis=1))
    return 20.0 * (1.0 - bowl) + np.e - ripples


def plateaus(X):
    """Steps down a bowl, flat in between, like a count of rows that switch."""
    return np.ceil(((X - _CENTER) ** 2).mean(axis=1))


FUNCTIONS = (ellipsoid, rastrigin, ackley, plateaus)


def searches(dim, max_evals, *, time_limit_s=None, seed=0, functions=FUNCTIONS):
    """One search of each function, by the same batches from the same seed.

    The time of each search is its own: what the functions take is taken off.

    Parameters
    ----------
    dim : int
    max_evals : int
        More than 2 dim.
    time_limit_s : float, optional
        When black-box is stopped, for each function.
    seed : int
    functions : sequence of callable
    """
    box = np.tile([-5.0, 5.0], (dim, 1))

    def rbf(watched):
        minimize(
            watched,
            box,
            method="rbf",
            max_evals=max_evals,
            batch=_BATCH,
            random_state=seed,
        )

    def black_box(watched):
        black_box_peer.search(
            lambda x: watched(np.array([x]))[0],
            box,
            max_evals,
            batch=_BATCH,
            seed=seed,
            time_limit_s=time_limit_s,
        )

    def each(search):
        def run():
            watched = [Watched(fun) for fun in functions]
            for fun in watched:
                search(fun)
            return watched

        return lambda threads: run

    return Case(
        contestants={"rfcore": each(rbf), "black-box": each(black_box)},
        quality=_best_values,
        own_seconds=lambda seconds, watched: seconds - sum(w.seconds for w in watched),
    )


def _best_values(results):
    own, other = results.values()
    return "; ".join(
        f"{a.fun.__name__} {min(a.values):.3g} to {min(b.values):.3g}"
        + ("" if len(b.values) == len(a.values) else f" after {len(b.values)}")
        for a, b in zip(own, other, strict=True)
    )


def searches_by_dim(dim):
    return searches(dim, 8 * dim)


def full_size(max_evals=400):
    """The size of the spill-over attack on 8 x 8 images, black-box stopped early."""
    return searches(64, max_evals, time_limit_s=30.0, functions=FUNCTIONS[:2])


GOALS = (
    Goal(
        "2 searches, dim = 64, 400 evaluations",
        full_size,
        {"black-box": 20.0},
        once=True,
    ),
)
LADDERS = (
    Ladder(
        "4 searches, 8 dim evaluations", "dim", (2, 4, 8), searches_by_dim, once=True
    ),
)


def test_searches(compare, full):
    case = searches(*((5, 48) if full else (2, 16)))
    own, other = compare(case, n_rounds=3).values()
    for a, b in zip(own, other, strict=True):
        assert len(a.values) == len(b.values)
