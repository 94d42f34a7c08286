"""k-means: the oracle's questions with ten starts, and single fits."""

import functools
from importlib.util import find_spec

import numpy as np
import peers
import pytest
from inputs import blobs, questions
from race import THREADS, Case, Goal, Ladder

from rfcore.cluster import KMeans, oracle
from rfcore.datasets import load


def kmeans_questions(X, n_questions, *, k=2, threads=THREADS):
    """Questions about one row, k-means from ten starts.

    Parameters
    ----------
    X : float64 array of shape (n, m)
    n_questions : int
    k : int
    threads : int
    """
    t, rows = questions(X, n_questions)

    def refine(threads):
        answers = oracle(KMeans(k, n_init=10, random_state=0), X)
        return lambda: answers.replace_row(t, rows)

    def scikit_learn(threads):
        refit, estimator = peers.refit_scikit_learn, peers.scikit_learn_kmeans(k)
        return lambda: peers.in_workers(threads, refit, rows, X, t, estimator)

    def quality(results):
        own, other = (question_inertias(X, t, rows, a) for a in results.values())
        return compared(own, other)

    return Case(
        contestants={"rfcore": refine, "scikit-learn": scikit_learn},
        quality=quality,
        threads=threads,
    )


def question_inertias(X, t, rows, labels):
    """The inertia of each answer (b, n) on the data that were asked about, (b,)."""
    changed = X.copy()
    inertias = np.empty(len(rows))
    for i, (row, answer) in enumerate(zip(rows, labels, strict=True)):
        changed[t] = row
        inertias[i] = inertia(changed, answer)
    return inertias


def inertia(X, labels):
    """The sum of squared distances to the means of the clusters."""
    clusters = (X[labels == c] for c in np.unique(labels))
    return sum(((rows - rows.mean(axis=0)) ** 2).sum() for rows in clusters)


def compared(own, other):
    """Where inertias are lower, and by how much they differ."""
    excess = (own - other) / other
    return (
        f"inertia lower {np.sum(excess < -1e-9)}, same {np.sum(abs(excess) <= 1e-9)}, "
        f"higher {np.sum(excess > 1e-9)} times; "
        f"excess median {np.median(excess):+.1e}, most {excess.max():+.1e}"
    )


def kmeans_fit(n, d, k, *, n_init=10, threads=THREADS):
    """One fit to k blobs, from ten starts."""
    X = blobs(n, d, k)

    def fit(estimator):
        return lambda threads: lambda: estimator.fit(X)

    def quality(results):
        own, other = (fitted.inertia_ for fitted in results.values())
        steps = " and ".join(str(fitted.n_iter_) for fitted in results.values())
        return f"excess inertia {own / other - 1.0:+.1e}; kept runs of {steps} steps"

    return Case(
        contestants={
            "rfcore": fit(KMeans(k, n_init=n_init, random_state=0)),
            "scikit-learn": fit(peers.scikit_learn_kmeans(k, n_init=n_init)),
        },
        quality=quality,
        threads=threads,
    )


def lloyd_run(n, d, k, *, n_steps=10, dtype=np.float64, others=(), threads=THREADS):
    """One run of a fixed number of steps from the same centers.

    Parameters
    ----------
    others : sequence of str
        Of `FAST_PEERS`, those that run beside scikit-learn.
    """
    X = blobs(n, d, k).astype(dtype)
    start = X[:: n // k][:k].copy()
    plan = {"n_init": 1, "init": start, "max_iter": n_steps, "tol": 0.0}

    def fit(estimator):
        return lambda threads: lambda: estimator.fit(X)

    def quality(results):
        own, other, *_ = results.values()
        same = np.mean(own.labels_ == other.labels_)
        excess = own.inertia_ / other.inertia_ - 1.0
        return (
            f"{own.n_iter_} and {other.n_iter_} steps, {same:.2%} of labels the same, "
            f"excess inertia {excess:+.0e}"
        )

    fast = {
        "scikit-learn-intelex": lambda: fit(peers.intelex_kmeans(k, **plan)),
        "faiss": lambda: lambda threads: lambda: peers.faiss_kmeans(X, start, n_steps),
    }
    return Case(
        contestants={
            "rfcore": fit(KMeans(k, **plan)),
            "scikit-learn": fit(peers.scikit_learn_kmeans(k, **plan)),
            **{name: fast[name]() for name in others},
        },
        quality=quality,
        flops=3.0 * n_steps * n * k * d,
        n_bytes=8.0 * n_steps * n * d,
        threads=threads,
    )


def questions_on(name, n_questions=100):
    return kmeans_questions(load(name, download=False).X, n_questions)


def questions_by_n(n):
    return kmeans_questions(blobs(n, 8, 2), 16)


def fit_by_n(n):
    return kmeans_fit(n, 16, 8)


def fit_by_threads(threads):
    return kmeans_fit(4000, 16, 8, threads=threads)


def run_by_n(n):
    return lloyd_run(n, 16, 8)


def run_by_d(d):
    return lloyd_run(4000, d, 8)


def run_by_k(k):
    return lloyd_run(4000, 16, k)


# The peers that are made for speed, by the module that each needs.
FAST_PEERS = {"scikit-learn-intelex": "sklearnex", "faiss": "faiss"}
# Rows, features, clusters and steps of a run from given centers, and what X is.
PLAIN_RUNS = (
    (20_000, 16, 10, 50, np.float64),
    (100_000, 32, 20, 50, np.float64),
    (100_000, 64, 100, 20, np.float64),
    (20_000, 256, 50, 20, np.float64),
    (100_000, 64, 100, 20, np.float32),
)


def plain_run(n, d, k, n_steps, dtype):
    """A run against all peers that are installed."""
    others = [name for name, module in FAST_PEERS.items() if find_spec(module)]
    return lloyd_run(n, d, k, n_steps=n_steps, dtype=dtype, others=others)


GOALS = (
    *(
        Goal(
            f"100 k-means questions, {title}",
            functools.partial(questions_on, name),
            {"scikit-learn": 10.0},
        )
        for title, name in (("seeds", "seeds_kama_rosa"), ("postures", "hand_postures"))
    ),
    *(
        Goal(
            f"{steps} Lloyd steps, {n:,} x {d}, k = {k}, {np.dtype(dtype)}",
            functools.partial(plain_run, n, d, k, steps, dtype),
            {"scikit-learn": 2.0, **dict.fromkeys(FAST_PEERS, 1.2)},
        )
        for n, d, k, steps, dtype in PLAIN_RUNS
    ),
)
LADDERS = (
    Ladder("16 k-means questions, d = 8", "n", (100, 200, 400, 800), questions_by_n),
    Ladder("a k-means fit, d = 16, k = 8", "n", (1000, 4000, 16000, 64000), fit_by_n),
    Ladder("a k-means fit, n = 4000, d = 16, k = 8", "threads", (1, 2), fit_by_threads),
    Ladder("10 Lloyd steps, d = 16, k = 8", "n", (1000, 4000, 16000, 64000), run_by_n),
    Ladder("10 Lloyd steps, n = 4000, k = 8", "d", (4, 16, 64, 256), run_by_d),
    Ladder("10 Lloyd steps, n = 4000, d = 16", "k", (2, 8, 32, 128), run_by_k),
)


@pytest.mark.data
@pytest.mark.parametrize("name", ["seeds_kama_rosa", "hand_postures"])
def test_kmeans_questions(compare, full, name):
    X, n_questions = load(name, download=False).X, 100 if full else 4
    results = compare(kmeans_questions(X, n_questions))
    t, rows = questions(X, n_questions)
    own, other = (question_inertias(X, t, rows, a) for a in results.values())
    assert np.median(own / other) < 1.0 + 1e-6


def test_kmeans_fit(compare, full):
    own, other = compare(kmeans_fit(16000 if full else 300, 16, 8)).values()
    assert own.inertia_ < 1.01 * other.inertia_


def test_lloyd_run(compare, full):
    own, other = compare(lloyd_run(16000 if full else 300, 16, 8)).values()
    np.testing.assert_array_equal(own.labels_, other.labels_)
    np.testing.assert_allclose(own.cluster_centers_, other.cluster_centers_, rtol=1e-9)


@pytest.mark.parametrize("peer", FAST_PEERS)
def test_plain_run(compare, full, peer):
    pytest.importorskip(FAST_PEERS[peer], reason=f"{peer} is not installed")
    n = 100_000 if full else 4000
    own, _, other = compare(lloyd_run(n, 64, 20, n_steps=5, others=[peer])).values()
    # faiss computes in single precision.
    tolerance = 1e-9 if peer != "faiss" else 1e-3
    np.testing.assert_allclose(own.inertia_, other.inertia_, rtol=tolerance)
