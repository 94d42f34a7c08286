"""Random search: uniform points."""

import numpy as np

from rfcore.zeroth.space import Discrete


class RandomSearch:
    """Independent uniform points of a box or of discrete choices."""

    batch = 16
    uses_blas = False

    def __init__(self, space, max_evals, n_starts, rng):
        self.space = space
        self.rng = rng

    def ask(self, n):
        """The next n points, (n, dim)."""
        if isinstance(self.space, Discrete):
            shape = (n, self.space.dim)
            return self.rng.integers(self.space.choices, size=shape).astype(float)
        return self.space.from_unit(self.rng.random((n, self.space.free.size)))

    def tell(self, points, values):
        """Values change nothing here."""


def latin_hypercube(n, dim, rng):
    """n points of the unit cube, one in each of n slices of every coordinate.

    References
    ----------
    McKay, Beckman and Conover 1979, doi:10.1080/00401706.1979.10489755.
    """
    slices = rng.permuted(np.tile(np.arange(n), (dim, 1)), axis=1).T
    return (slices + rng.random((n, dim))) / n
