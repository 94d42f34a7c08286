"""k-median: descents by swaps on the same distances, fits, questions of the oracle."""

import numpy as np
import peers
import pytest
from inputs import blobs, questions
from race import THREADS, Case, Ladder
from scipy.spatial.distance import cdist

from rfcore import _core
from rfcore.cluster import KMedian, oracle


def descents(n, d, k, *, n_starts=2, threads=THREADS):
    """The best of several descents to k medoids of n rows, from their distances.

    Parameters
    ----------
    n, d, k : int
    n_starts : int
    threads : int
    """
    D = cdist(*[blobs(n, d, k)] * 2)
    uniforms = np.random.default_rng(0).random((n_starts, k))

    def by_rfcore(threads):
        medoids, labels = np.empty(k, dtype=np.int64), np.empty(n, dtype=np.int32)
        plan = uniforms, 100, medoids, labels
        return lambda: _core.k_medoids_of_distances(D, *plan)[0]

    def by_numpy(threads):
        def descend():
            found = peers.in_workers(threads, peers.numpy_medoids, uniforms, D)
            return min(cost(D, medoids) for medoids in found)

        return descend

    return Case(
        contestants={"rfcore": by_rfcore, "NumPy": by_numpy},
        quality=compared,
        # The round that ends a start: two comparisons, differences and sums a pair.
        flops=6.0 * n_starts * n * n,
        n_bytes=8.0 * n_starts * n * n,
        threads=threads,
    )


def kmedian_fit(n, d, k, *, n_init=2, threads=THREADS):
    """One fit, distances included."""
    X = blobs(n, d, k)

    def by_rfcore(threads):
        estimator = KMedian(k, n_init=n_init, random_state=0)
        return lambda: estimator.fit(X).cost_

    def by_numpy(threads):
        uniforms = np.random.RandomState(0).random_sample((n_init, k))

        def fit():
            D = cdist(X, X)
            found = peers.in_workers(threads, peers.numpy_medoids, uniforms, D)
            return min(cost(D, medoids) for medoids in found)

        return fit

    return Case(
        contestants={"rfcore": by_rfcore, "NumPy": by_numpy},
        quality=compared,
        flops=1.5 * n * n * d,
        n_bytes=8.0 * n * n,
        threads=threads,
    )


def kmedian_questions(n, d, k, *, n_questions=16, threads=THREADS):
    """Questions about one row, k-median from two starts."""
    X = blobs(n, d, k)
    t, rows = questions(X, n_questions)
    estimator = KMedian(k, n_init=2, random_state=0)

    def prepared(threads):
        answers = oracle(estimator, X)
        return lambda: answers.replace_row(t, rows)

    def refit(threads):
        refit = peers.refit_scikit_learn
        return lambda: peers.in_workers(threads, refit, rows, X, t, estimator)

    def quality(results):
        own, other = results.values()
        return f"{np.mean(own == other):.2%} of labels the same"

    return Case(
        contestants={"rfcore": prepared, "fits anew": refit},
        quality=quality,
        threads=threads,
    )


def cost(D, medoids):
    """The sum of distances to the nearest medoid."""
    return D[medoids].min(axis=0).sum()


def compared(results):
    own, other = results.values()
    return f"excess cost {own / other - 1.0:+.1e}"


def descents_by_n(n):
    return descents(n, 16, 8)


def descents_by_k(k):
    return descents(600, 16, k)


def fit_by_n(n):
    return kmedian_fit(n, 64, 10)


def fit_by_threads(threads):
    return kmedian_fit(1000, 64, 10, threads=threads)


def questions_by_n(n):
    return kmedian_questions(n, 64, 10)


LADDERS = (
    Ladder("2 descents, k = 8", "n", (125, 250, 500, 1000, 2000), descents_by_n),
    Ladder("2 descents, n = 600", "k", (2, 8, 32), descents_by_k),
    Ladder("a k-median fit, d = 64, k = 10", "n", (225, 450, 900, 1800), fit_by_n),
    Ladder("a k-median fit, n = 1000, d = 64", "threads", (1, 2), fit_by_threads),
    Ladder("16 k-median questions, d = 64", "n", (225, 450, 900), questions_by_n),
)


@pytest.mark.parametrize("k", [2, 10])
def test_descents(compare, full, k):
    own, other = compare(descents(1800 if full else 60, 16, k)).values()
    assert own == pytest.approx(other, rel=1e-9)


def test_kmedian_fit(compare, full):
    own, other = compare(kmedian_fit(1800 if full else 60, 64, 10)).values()
    assert own == pytest.approx(other, rel=1e-9)


def test_kmedian_questions(compare, full):
    own, other = compare(kmedian_questions(900 if full else 60, 64, 10)).values()
    np.testing.assert_array_equal(own, other)
