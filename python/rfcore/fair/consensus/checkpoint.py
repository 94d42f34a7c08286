"""The file from which a training that was interrupted goes on."""

import hashlib
import os

import numpy as np
from sklearn.base import BaseEstimator

from rfcore.fair.consensus.network import import_torch


class Checkpoint:
    """A file with the runs that are done and the one that is not.

    Parameters
    ----------
    path : path-like
    key : str
        What the training is of; a file of another one is refused.
    """

    def __init__(self, path, key):
        self.path, self.key = path, key

    def load(self, device):
        """The states by run that were saved; none where there is no file.

        Raises
        ------
        ValueError
            If the file is of another training, or no checkpoint.
        """
        torch = import_torch()
        if not os.path.exists(self.path):
            return []
        try:
            found = torch.load(self.path, map_location=device, weights_only=True)
            key, states = found["key"], found["states"]
        except Exception as error:
            raise ValueError(f"checkpoint={self.path!s} cannot be read") from error
        if key != self.key:
            raise ValueError(
                f"checkpoint={self.path!s} is of other data, groups or parameters: "
                "delete it, or name another file"
            )
        return states

    def save(self, states):
        """Replace the file by one that holds these states."""
        torch = import_torch()
        beside = f"{os.fspath(self.path)}.{os.getpid()}.part"
        torch.save({"key": self.key, "states": states}, beside)
        os.replace(beside, self.path)

    def remove(self):
        """Forget a training that is done."""
        if os.path.exists(self.path):
            os.remove(self.path)


def training_key(estimator, *arrays):
    """What a checkpoint is of: a digest of parameters and data.

    Parameters
    ----------
    estimator : BaseEstimator
    *arrays : ndarray

    Returns
    -------
    str
    """
    given = {
        name: value
        for name, value in BaseEstimator.get_params(estimator, deep=False).items()
        if name not in ("checkpoint", "targets", "clean_groups", "partitions")
    }
    digest = hashlib.blake2b(repr(sorted(given.items(), key=str)).encode())
    for array in arrays:
        digest.update(np.ascontiguousarray(array))
    return digest.hexdigest()
