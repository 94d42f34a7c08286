"""Data and small networks for the tests of consensus fair clustering."""

import numpy as np

from rfcore.fair import ConsensusFairClustering


def blobs(n=60, n_groups=2, seed=0):
    """Rows of three blobs, each with all groups."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(3, 4))[np.arange(n) % 3] * 4 + rng.normal(size=(n, 4))
    return X, np.arange(n) // 3 % n_groups


def consensus(**options):
    given = {
        "n_partitions": 8,
        "n_hidden": 6,
        "max_iter": 4,
        "batch_size": 16,
        "n_init": 1,
        "random_state": 0,
    }
    return ConsensusFairClustering(3, **{**given, **options})
