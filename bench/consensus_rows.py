"""Consensus fair clustering of very many rows by batches: seconds and peak memory.

python bench/consensus_rows.py 1000000 --epochs 1
"""

import argparse
import resource
import time

import numpy as np
from inputs import blobs

from rfcore.fair import ConsensusFairClustering
from rfcore.metrics import balance


def measure(n, *, d=16, k=10, r=50, epochs=1, batch_size=1024, max_samples=20_000):
    """Fit blobs with two groups.

    J is the nearest of k drawn rows, so that the time is that of the consensus and of
    the training.

    Returns
    -------
    dict of str to float
        Seconds of the consensus, of all after it and of a step; peak GiB, and those
        before the fit; balance and the clusters used.
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
    seconds = time.perf_counter() - prepared
    return {
        "s for the consensus": prepared - start,
        f"s for {epochs} epochs of {n // batch_size} steps and the labels": seconds,
        "ms a step": 1000 * seconds / (epochs * (n // batch_size)),
        "GiB at most": _peak() / 2**30,
        "GiB before": before / 2**30,
        "balance": balance(fair.labels_, groups),
        "clusters used": fair.n_clusters_used_,
    }


def _peak():
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main():
    """Measure the rows of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("n", type=int)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--batch-size", type=int, default=1024)
    options = parser.parse_args()
    found = measure(options.n, epochs=options.epochs, batch_size=options.batch_size)
    print(f"n = {options.n}")
    for name, value in found.items():
        print(f"{value:10.3g} {name}")


if __name__ == "__main__":
    main()
