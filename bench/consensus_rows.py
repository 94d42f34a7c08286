"""Consensus fair clustering of very many rows by batches: seconds and peak memory.

python bench/consensus_rows.py 100000 --epochs 1
"""

import argparse
import resource
import time

import numpy as np
from inputs import blobs

from rfcore.fair import ConsensusFairClustering
from rfcore.metrics import balance


def measure(n, *, d=16, k=10, r=50, epochs=1, batch_size=1024, max_samples=20_000):
    """Fit blobs with two groups, and print what it took.

    J is the nearest of k drawn rows, so that the time is that of the consensus and of
    the training.
    """
    X = blobs(n, d, k)
    rng = np.random.default_rng(0)
    groups = rng.integers(2, size=n)
    centers = X[rng.choice(n, k, replace=False)]
    gaps = (centers**2).sum(1) - 2 * X @ centers.T
    targets = gaps.argmin(axis=1).astype(np.int32)
    fair = ConsensusFairClustering(
        k,
        n_partitions=r,
        max_samples=min(max_samples, n // 2),
        batch_size=batch_size,
        max_iter=epochs,
        targets=targets,
        decision="largest",
        random_state=0,
    )
    before, start = _peak(), time.perf_counter()
    answers = fair._prepare(X)
    prepared = time.perf_counter()
    fair._take(answers, groups.astype(np.int32))
    done = time.perf_counter()
    print(
        f"n = {n}, d = {d}, k = {k}, r = {r}: consensus {prepared - start:.1f} s, "
        f"{epochs} epochs of {n // batch_size} steps {done - prepared:.1f} s "
        f"({1000 * (done - prepared) / (epochs * (n // batch_size)):.1f} ms a step); "
        f"peak {_peak() / 2**30:.2f} GiB, {before / 2**30:.2f} GiB of it before; "
        f"balance {balance(fair.labels_, groups):.3f}, "
        f"{fair.n_clusters_used_} clusters used"
    )


def _peak():
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main():
    """Measure the rows of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("n", type=int)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--batch-size", type=int, default=1024)
    options = parser.parse_args()
    measure(options.n, epochs=options.epochs, batch_size=options.batch_size)


if __name__ == "__main__":
    main()
