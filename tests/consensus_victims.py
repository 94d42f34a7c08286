"""Data and small networks for the tests of consensus fair clustering."""

import numpy as np

from rfcore.fair import ConsensusFairClustering
from rfcore.fair.consensus import training


class Stopped(KeyboardInterrupt):
    """What interrupts the trainings of these tests."""


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


def stop_after(n_steps, patch):
    """Interrupt trainings after so many steps, as long as `patch` lasts."""
    step, left = training.Training._step, [n_steps]

    def stopped(self, *batch):
        losses = step(self, *batch)
        left[0] -= 1
        if left[0] == 0:
            raise Stopped
        return losses

    patch.setattr(training.Training, "_step", stopped)
