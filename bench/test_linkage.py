"""Agglomerative clustering: the oracle's questions and the trees that they avoid."""

import functools

import fastcluster
import numpy as np
import peers
import pytest
from inputs import blobs, questions
from race import THREADS, Case, Goal, Ladder

from rfcore import _core
from rfcore.cluster import Agglomerative, oracle
from rfcore.cluster.hierarchical import LINKAGES
from rfcore.datasets import load
from rfcore.metrics import co_membership_distance


def ward_questions(X, n_questions, *, batch=None, threads=THREADS):
    """Questions about one row, Ward, two clusters.

    Parameters
    ----------
    X : float64 array of shape (n, m)
    n_questions : int
    batch : int, optional
        Questions asked of rfcore at a time; None asks all at once.
    threads : int
    """
    t, rows = questions(X, n_questions)
    batch = batch or n_questions

    def insert(threads):
        answers = oracle(Agglomerative(2), X)
        answers.replace_row(t, rows[:1])
        answers.n_rebuilt = 0

        def ask():
            parts = (rows[i : i + batch] for i in range(0, n_questions, batch))
            labels = np.concatenate([answers.replace_row(t, part) for part in parts])
            rebuilt, answers.n_rebuilt = answers.n_rebuilt, 0
            return labels, rebuilt

        return ask

    def prepare_and_insert(threads):
        return lambda: oracle(Agglomerative(2), X).replace_row(t, rows)

    def rebuild(threads):
        distances = np.empty((len(X), len(X)))
        _core.pairwise_sq_distances(X, X, distances)
        labels = np.empty((n_questions, len(X)), dtype=np.int32)

        def ask():
            _core.linkage_replace_rows(
                X, distances, np.array([t]), rows[:, None], "ward", 2, labels
            )
            return labels

        return ask

    def scikit_learn(threads):
        refit, estimator = peers.refit_scikit_learn, peers.scikit_learn_tree(2)
        return lambda: peers.in_workers(threads, refit, rows, X, t, estimator)

    def fast_cluster(threads):
        refit = peers.refit_fastcluster
        return lambda: peers.in_workers(threads, refit, rows, X, t, 2)

    return Case(
        contestants={
            "rfcore": insert,
            "rfcore, oracle made anew": prepare_and_insert,
            "rfcore, new trees": rebuild,
            "scikit-learn": scikit_learn,
            "fastcluster": fast_cluster,
        },
        quality=_answers_alike,
        flops=3.0 * n_questions * X.size,
        threads=threads,
    )


def _answers_alike(results):
    labels, n_rebuilt = results["rfcore"]
    alike = [
        f"{name} {n_alike(labels, other)}"
        for name, other in results.items()
        if name != "rfcore"
    ]
    return f"of {len(labels)} alike: {', '.join(alike)}; rebuilt {n_rebuilt}"


def n_alike(labels, others):
    """How many partitions are the same up to names."""
    pairs = zip(labels, others, strict=True)
    return sum(co_membership_distance(a, b) == 0.0 for a, b in pairs)


def plain_tree(n, d=16, linkage="ward"):
    """One tree of n rows, cut into eight clusters."""
    X = blobs(n, d, 8)
    own = Agglomerative(8, linkage=linkage)
    other = peers.scikit_learn_tree(8, linkage)
    return Case(
        contestants={
            "rfcore": lambda threads: lambda: own.fit(X).labels_,
            "scikit-learn": lambda threads: lambda: other.fit(X).labels_,
            "fastcluster": lambda threads: (
                lambda: peers.fastcluster_labels(X, 8, linkage)
            ),
        },
        quality=lambda results: _same_partitions(results),
        n_bytes=8.0 * n * n,
    )


def _same_partitions(results):
    own, *others = results.values()
    alike = all(co_membership_distance(own, other) == 0.0 for other in others)
    return "partitions alike" if alike else "partitions differ"


def questions_on(name, n_questions=400):
    return ward_questions(load(name, download=False).X, n_questions)


def questions_by_n(n):
    return ward_questions(blobs(n, 16, 2), 64)


def questions_by_d(d):
    return ward_questions(blobs(300, d, 2), 64)


def questions_by_batch(batch):
    return ward_questions(blobs(300, 16, 2), 128, batch=batch)


def questions_by_threads(threads):
    return ward_questions(blobs(300, 16, 2), 128, threads=threads)


GOALS = (
    Goal(
        "400 Ward questions, digits 1 & 4",
        functools.partial(questions_on, "digits_1_4"),
        {"scikit-learn": 10.0, "fastcluster": 7.0},
    ),
    Goal(
        "400 Ward questions, MNIST 1 & 4",
        functools.partial(questions_on, "mnist_1_4"),
        {"scikit-learn": 25.0, "fastcluster": 25.0},
    ),
    *(
        Goal(
            f"one {linkage} tree, {n:,} x {d}",
            functools.partial(plain_tree, n, d, linkage),
            {"fastcluster": 1.2},
        )
        for linkage in ("ward", "average")
        for n, d in ((2000, 16), (6000, 32))
    ),
)
LADDERS = (
    Ladder("64 Ward questions, d = 16", "n", (100, 200, 400, 800), questions_by_n),
    Ladder("64 Ward questions, n = 300", "d", (8, 32, 128, 512), questions_by_d),
    Ladder(
        "128 Ward questions, n = 300, d = 16", "batch", (1, 8, 64), questions_by_batch
    ),
    Ladder(
        "128 Ward questions, n = 300, d = 16", "threads", (1, 2), questions_by_threads
    ),
    Ladder("a Ward tree, d = 16", "n", (250, 500, 1000, 2000), plain_tree),
)


@pytest.mark.parametrize("goal", GOALS[:2], ids=lambda goal: goal.title)
def test_ward_questions(compare, full, goal):
    results = compare(goal.build(400 if full else 8))
    labels, n_rebuilt = results.pop("rfcore")
    assert n_rebuilt < len(labels)
    for other in results.values():
        assert n_alike(labels, other) == len(labels)


@pytest.mark.parametrize("linkage", LINKAGES)
def test_plain_tree(compare, full, linkage):
    results = compare(plain_tree(1000 if full else 100, linkage=linkage))
    own, *others = results.values()
    for other in others:
        assert co_membership_distance(own, other) == 0.0


@pytest.mark.parametrize("linkage", LINKAGES)
def test_heights(benchmark, full, linkage):
    X = blobs(1000 if full else 100, 16, 8)
    estimator = benchmark.pedantic(Agglomerative(8, linkage=linkage).fit, (X,))
    heights = fastcluster.linkage(X, linkage)[:, 2]
    np.testing.assert_allclose(estimator.distances_, heights, rtol=1e-9)
