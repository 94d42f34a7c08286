"""Pairwise squared distances: by differences, and by a matrix product."""

import numpy as np
import peers
import pytest
from inputs import blobs
from race import THREADS, Case, Ladder
from scipy.spatial.distance import cdist
from sklearn.metrics.pairwise import euclidean_distances

from rfcore import _core


def all_pairs(n, d, *, offset=0.0, threads=THREADS):
    """All squared distances of n rows.

    Parameters
    ----------
    n, d : int
    offset : float
        Added to the rows; it changes no distance, but costs digits where distances
        are made from norms and products.
    threads : int
    """
    X = blobs(n, d, 4) + offset

    def by_rfcore(threads):
        out = np.empty((n, n))

        def fill():
            _core.pairwise_sq_distances(X, X, out)
            return out

        return fill

    def by_scipy(threads):
        def fill():
            parts = peers.in_threads(
                threads, lambda rows: cdist(rows, X, "sqeuclidean"), X
            )
            return np.concatenate(parts)

        return fill

    def by_scikit_learn(threads):
        return lambda: euclidean_distances(X, squared=True)

    def quality(results):
        exact = sq_distances_of_first(X)
        errors = (
            f"{name} {np.abs(out[0] - exact).max() / exact.max():.1e}"
            for name, out in results.items()
        )
        return f"error of row 0: {', '.join(errors)}"

    return Case(
        contestants={
            "rfcore": by_rfcore,
            "SciPy": by_scipy,
            "scikit-learn": by_scikit_learn,
        },
        quality=quality,
        flops=3.0 * n * n * d,
        n_bytes=8.0 * n * n,
        threads=threads,
    )


def sq_distances_of_first(X):
    """The squared distances (n,) of row 0 in the widest floats there are."""
    X = X.astype(np.longdouble)
    return ((X - X[0]) ** 2).sum(axis=1)


def pairs_by_n(n):
    return all_pairs(n, 64)


def pairs_by_d(d):
    return all_pairs(500, d)


def far_pairs_by_d(d):
    return all_pairs(500, d, offset=1e3)


def pairs_by_threads(threads):
    return all_pairs(1000, 64, threads=threads)


LADDERS = (
    Ladder("all pairs, d = 64", "n", (250, 500, 1000, 2000), pairs_by_n),
    Ladder("all pairs, n = 500", "d", (4, 16, 64, 256, 784), pairs_by_d),
    Ladder("all pairs, n = 500, offset 1e3", "d", (16, 64), far_pairs_by_d),
    Ladder("all pairs, n = 1000, d = 64", "threads", (1, 2), pairs_by_threads),
)


@pytest.mark.parametrize("d", [9, 64, 784])
def test_all_pairs(compare, full, d):
    own, *others = compare(all_pairs(500 if full else 40, d)).values()
    for other in others:
        np.testing.assert_allclose(own, other, rtol=1e-9, atol=1e-12)
