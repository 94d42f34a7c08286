"""Measures of partitions: by contingency counts, and as others compute them."""

import numpy as np
import peers
import pytest
from race import THREADS, Case, Ladder
from scipy.optimize import linear_sum_assignment
from sklearn import metrics
from sklearn.metrics.cluster import contingency_matrix

from rfcore.metrics import ari, co_membership_distance, n_switched, nmi


def partitions(n, n_others, k, *, seed=0):
    """A labeling (n,), and others (n_others, n) that differ from it in some rows."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(k, size=n, dtype=np.int32)
    others = np.tile(labels, (n_others, 1))
    moved = rng.random(others.shape) < rng.random((n_others, 1)) / 2
    others[moved] = rng.integers(k, size=moved.sum(), dtype=np.int32)
    return labels, others


def distances(n, n_others, k=2, *, threads=THREADS):
    """The distance of equation 2.1 of one labeling to each of several."""
    labels, others = partitions(n, n_others, k)

    def by_counts(threads):
        return lambda: co_membership_distance(labels, others)

    def by_squares(threads):
        formula = peers.square_co_membership_distances
        return lambda: peers.in_workers(threads, formula, others, labels)

    return Case(
        contestants={"rfcore": by_counts, "NumPy, n x n": by_squares},
        quality=_largest_difference,
        n_bytes=4.0 * n * n_others,
        threads=threads,
    )


def switches(n, n_others, k, *, threads=THREADS):
    """Rows that switch cluster between one labeling and each of several."""
    labels, others = partitions(n, n_others, k)

    def by_kernel(threads):
        return lambda: n_switched(labels, others)

    def by_scipy(threads):
        count = switched_by_scipy
        return lambda: peers.in_workers(threads, count, others, labels)

    return Case(
        contestants={"rfcore": by_kernel, "SciPy": by_scipy},
        quality=_largest_difference,
        n_bytes=4.0 * n * n_others,
        threads=threads,
    )


def scores(score, n, n_others, k, *, threads=THREADS):
    """NMI or ARI of one labeling with each of several."""
    labels, others = partitions(n, n_others, k)
    by_pairs = {nmi: nmi_by_scikit_learn, ari: ari_by_scikit_learn}[score]

    def by_kernel(threads):
        return lambda: score(labels, others)

    def by_scikit_learn(threads):
        return lambda: peers.in_workers(threads, by_pairs, others, labels)

    return Case(
        contestants={"rfcore": by_kernel, "scikit-learn": by_scikit_learn},
        quality=_largest_difference,
        n_bytes=4.0 * n * n_others,
        threads=threads,
    )


def nmi_by_scikit_learn(others, labels):
    score = metrics.normalized_mutual_info_score
    return np.array([score(labels, other) for other in others])


def ari_by_scikit_learn(others, labels):
    score = metrics.adjusted_rand_score
    return np.array([score(labels, other) for other in others])


def switched_by_scipy(others, labels):
    """Counts (b,) from scikit-learn's contingency table and SciPy's assignment."""
    counts = np.empty(len(others), dtype=np.int64)
    for i, other in enumerate(others):
        table = contingency_matrix(labels, other)
        rows, columns = linear_sum_assignment(table, maximize=True)
        counts[i] = len(labels) - table[rows, columns].sum()
    return counts


def _largest_difference(results):
    own, other = results.values()
    return f"largest difference {np.abs(own - other).max():.1e}"


def distances_by_n(n):
    return distances(n, 32)


def distances_by_batch(batch):
    return distances(363, batch)


def switches_by_k(k):
    return switches(2000, 64, k)


def nmi_by_k(k):
    return scores(nmi, 2000, 64, k)


def ari_by_k(k):
    return scores(ari, 2000, 64, k)


LADDERS = (
    Ladder("32 distances, k = 2", "n", (125, 250, 500, 1000, 2000), distances_by_n),
    Ladder("distances, n = 363, k = 2", "batch", (8, 64, 512), distances_by_batch),
    Ladder("64 switch counts, n = 2000", "k", (2, 4, 8, 16), switches_by_k),
    Ladder("64 NMIs, n = 2000", "k", (2, 8, 32), nmi_by_k),
    Ladder("64 ARIs, n = 2000", "k", (2, 8, 32), ari_by_k),
)


def test_distances(compare, full):
    own, other = compare(distances(*((363, 400) if full else (30, 4)))).values()
    np.testing.assert_allclose(own, other, rtol=1e-12)


def test_switches(compare, full):
    own, other = compare(switches(*((2000, 400, 8) if full else (30, 4, 3)))).values()
    np.testing.assert_array_equal(own, other)


@pytest.mark.parametrize("score", [nmi, ari], ids=lambda score: score.__name__)
def test_scores(compare, full, score):
    sizes = (2000, 400, 8) if full else (30, 4, 3)
    own, other = compare(scores(score, *sizes)).values()
    np.testing.assert_allclose(own, other, rtol=0, atol=1e-12)
