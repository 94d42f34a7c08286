"""Fairlets: a batch of questions about groups, beside plain Python and NumPy."""

import fairlet_peer
import inputs
import numpy as np
import peers
import pytest
from race import THREADS, Case, Goal, Ladder

from rfcore.cluster import oracle
from rfcore.datasets import load
from rfcore.fair import ScalableFairlets

_P, _Q = 1, 5


def regroupings(X, groups, k, n_questions, *, seed=0, threads=THREADS):
    """Questions that give other groups to a twentieth of the rows.

    rfcore's oracle keeps its tree. One peer fits anew, as whoever has no oracle would,
    with NumPy's distances; another one keeps its tree too, and has SciPy's.

    Parameters
    ----------
    X : float64 array of shape (n, m)
    groups : int array of shape (n,)
        0 and 1, nearly in balance.
    k : int
    n_questions : int
    seed : int
    threads : int
    """
    rng = np.random.default_rng(seed)
    candidates = np.tile(groups, (n_questions, 1))
    candidates ^= rng.random(candidates.shape) < 0.05
    estimator = ScalableFairlets(k, p=_P, q=_Q, assignment="nearest", random_state=seed)

    def draw():
        """What the oracle draws: shifts of the tree, then the seeds of k-median."""
        drawn = np.random.RandomState(seed)
        return drawn.random_sample(X.shape[1]), drawn.random_sample((1, k))

    def by_oracle(threads):
        asked = oracle(estimator, X)
        return lambda: asked.regroup(candidates)

    def by_python(threads):
        shared = X, *draw(), _P, _Q
        return lambda: peers.in_workers(
            threads, fairlet_peer.refit, candidates, *shared
        )

    def by_python_with_tree(threads):
        shifts, uniforms = draw()
        shared = X, fairlet_peer.quadtree(X, shifts), uniforms, _P, _Q
        return lambda: peers.in_workers(
            threads, fairlet_peer.answer, candidates, *shared
        )

    return Case(
        contestants={
            "rfcore": by_oracle,
            "plain Python": by_python,
            "plain Python, tree kept, SciPy": by_python_with_tree,
        },
        quality=lambda results: f"{alike(results):.2%} of labels the same",
        threads=threads,
    )


def alike(results):
    """The least share of labels that are the same as rfcore's."""
    own, *others = results.values()
    return min(np.mean(own == other) for other in others)


def one_regrouping_on_digits(n_questions=1):
    """One question, for which a single-threaded peer has no use for a second core."""
    return regroupings_on_digits(n_questions)


def regroupings_on_digits(n_questions=8):
    data = load("inverted_digits", download=False)
    return regroupings(data.X, data.groups, 10, n_questions)


def regroupings_by_n(n):
    X = inputs.blobs(n, 16, 8)
    groups = np.random.default_rng(n).permutation(n) % 2
    return regroupings(X, groups, 8, 8)


def regroupings_by_threads(threads):
    X = inputs.blobs(1000, 16, 8)
    return regroupings(X, np.arange(1000) % 2, 8, 8, threads=threads)


def plain_fit(n, q=3):
    """One fit of n rows in ten dimensions, k = 5, two groups at random."""
    X = inputs.blobs(n, 10, 5)
    groups = np.random.default_rng(n).integers(0, 2, n)
    fair = ScalableFairlets(5, q=q, random_state=0)
    return Case(
        contestants={
            "rfcore": lambda threads: lambda: fair.fit(X, groups=groups).cost_ / n
        },
        quality=lambda results: f"cost a row {results['rfcore']:.4f}",
    )


GOALS = (
    Goal(
        "1 fairlet question, inverted digits",
        one_regrouping_on_digits,
        {"plain Python": 15.0},
    ),
    Goal("8 fairlet questions, inverted digits", regroupings_on_digits, {}),
)
LADDERS = (
    Ladder("8 fairlet questions, k = 8", "n", (250, 500, 1000, 2000), regroupings_by_n),
    Ladder(
        "8 fairlet questions, n = 1000, k = 8",
        "threads",
        (1, 2),
        regroupings_by_threads,
    ),
    Ladder(
        "a fairlet fit, d = 10, k = 5", "n", (10_000, 100_000, 1_000_000), plain_fit
    ),
)


@pytest.mark.parametrize("goal", GOALS, ids=lambda goal: goal.title)
def test_goals(compare, full, goal):
    assert alike(compare(goal.build(8 if full else 1), n_rounds=3)) == 1.0


def test_unbalanced_regroupings(compare, full):
    n = 2000 if full else 100
    groups = (np.random.default_rng(0).random(n) < 0.35).astype(np.int64)
    case = regroupings(inputs.blobs(n, 16, 8), groups, 8, 4)
    assert alike(compare(case, n_rounds=3)) == 1.0


def test_plain_fit(compare, full):
    (cost,) = compare(plain_fit(100_000 if full else 500), n_rounds=1).values()
    assert 0.0 < cost < 2.0
