"""Co-association and basic partitions, against NumPy, a matrix product, pyckmeans."""

import importlib.util
import warnings

import numpy as np
from inputs import blobs
from race import THREADS, Case, Goal, Ladder

from rfcore.cluster import basic_partitions
from rfcore.metrics import co_association


def labelings(r, n, k, *, seed=0):
    return np.random.default_rng(seed).integers(k, size=(r, n), dtype=np.int32)


def by_comparisons(partitions):
    """Counts by one comparison of all pairs for each partition."""
    n = partitions.shape[1]
    S = np.zeros((n, n), dtype=np.uint16)
    for labels in partitions:
        S += labels[:, None] == labels
    return S


def by_product(partitions, k):
    """Counts as the product of one-hot matrices in float32."""
    r, n = partitions.shape
    H = np.zeros((n, r * k), dtype=np.float32)
    H[np.arange(n), partitions + k * np.arange(r)[:, None]] = 1.0
    return H @ H.T


def counts(r, n, k=10, *, threads=THREADS):
    """The matrix of r partitions."""
    partitions = labelings(r, n, k)

    def quality(results):
        own, *others = (S.astype(np.float32) for S in results.values())
        return f"all equal: {all((own == other).all() for other in others)}"

    return Case(
        contestants={
            "rfcore": lambda threads: lambda: co_association(partitions),
            "NumPy loop": lambda threads: lambda: by_comparisons(partitions),
            "float32 GEMM": lambda threads: lambda: by_product(partitions, k),
        },
        quality=quality,
        n_bytes=2.0 * n * n,
        threads=threads,
    )


def consensus(n, d=64, k=10, r=100, *, threads=THREADS):
    """k-means of random halves, all rows assigned, and the matrix."""
    X = blobs(n, d, k)

    def own(threads):
        return lambda: co_association(
            basic_partitions(X, k, n_partitions=r, random_state=0), dtype=np.float32
        )

    def quality(results):
        means = [np.mean(S) for S in results.values()]
        return "mean share " + " and ".join(f"{mean:.3f}" for mean in means)

    peer = "pyckmeans" if importlib.util.find_spec("pyckmeans") else "scikit-learn"
    by_peer = by_pyckmeans if peer == "pyckmeans" else by_scikit_learn
    return Case(
        contestants={
            "rfcore": own,
            peer: lambda threads: lambda: by_peer(X, k, r),
        },
        quality=quality,
        threads=threads,
    )


def by_pyckmeans(X, k, r):
    """The package's fits, then what it does with them before its linkage."""
    from pyckmeans import CKmeans

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = CKmeans(k, n_rep=r, p_samp=0.5, p_feat=0.5, metrics=())
        fitted.fit(X)
        S = np.zeros((len(X), len(X)))
        for means, features in zip(fitted.kmeans, fitted.sel_feat, strict=True):
            labels = means.predict(X[:, features])
            a, b = np.meshgrid(labels, labels)
            S += a == b
    return S / r


def by_scikit_learn(X, k, r):
    """The same work without the package."""
    from sklearn.cluster import KMeans

    rng = np.random.default_rng(0)
    labels = np.empty((r, len(X)), dtype=np.int32)
    for own in labels:
        rows = rng.choice(len(X), len(X) // 2, replace=False)
        features = rng.choice(X.shape[1], X.shape[1] // 2, replace=False)
        part = X[:, features]
        own[:] = KMeans(k, n_init=1).fit(part[rows]).predict(part)
    return by_comparisons(labels) / r


def counts_of_the_thesis():
    return counts(100, 3594)


def consensus_of_the_thesis():
    return consensus(3594)


def counts_by_n(n):
    return counts(100, n)


def counts_by_r(r):
    return counts(r, 2000)


def consensus_by_n(n):
    return consensus(n, 16, 5, 20)


GOALS = (
    Goal(
        "co-association, r = 100, n = 3594",
        counts_of_the_thesis,
        {"NumPy loop": 15.0, "float32 GEMM": 5.0},
    ),
    Goal(
        "partitions and matrix, r = 100, 3594 x 64",
        consensus_of_the_thesis,
        {"pyckmeans": 10.0},
        once=True,
    ),
)
LADDERS = (
    Ladder("co-association, r = 100", "n", (500, 1000, 2000, 4000), counts_by_n),
    Ladder("co-association, n = 2000", "r", (25, 100, 400), counts_by_r),
    Ladder("partitions and matrix, r = 20", "n", (500, 1000, 2000), consensus_by_n),
)


def test_counts(compare, full):
    own, loop, product = compare(counts(100, 3594 if full else 150)).values()
    np.testing.assert_array_equal(own, loop)
    np.testing.assert_array_equal(own, product)


def test_consensus(compare, full):
    size = {"n": 3594} if full else {"n": 120, "d": 6, "k": 3, "r": 8}
    own, other = compare(consensus(**size)).values()
    assert own.shape == other.shape
    assert abs(own.mean() - other.mean()) < 0.1
