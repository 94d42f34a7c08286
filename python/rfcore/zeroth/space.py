"""Where an optimizer searches: a box, or one of a few choices in each coordinate."""

import operator
from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Box:
    """A box of real numbers; coordinates with equal bounds are frozen.

    Optimizers work on the unit cube of the free coordinates.

    Attributes
    ----------
    low, high : float64 arrays of shape (dim,)
    """

    low: np.ndarray
    high: np.ndarray

    @property
    def dim(self):
        return len(self.low)

    @cached_property
    def free(self):
        return np.flatnonzero(self.low < self.high)

    def to_unit(self, X):
        """Rows of the box as rows of the unit cube of its free coordinates."""
        low, high = self.low[self.free], self.high[self.free]
        return (X[:, self.free] - low) / (high - low)

    def from_unit(self, U):
        """Rows of the unit cube as rows of the box, never outside it."""
        X = np.tile(self.low, (len(U), 1))
        low, high = self.low[self.free], self.high[self.free]
        X[:, self.free] = np.clip(low + U * (high - low), low, high)
        return X

    def contains(self, X):
        return ((X >= self.low) & (X <= self.high)).all(axis=1)


@dataclass(frozen=True)
class Discrete:
    """One of a number of choices in each coordinate.

    Attributes
    ----------
    choices : sequence of int
        Coordinate i takes the values 0 .. choices[i] - 1.

    Raises
    ------
    TypeError
        If a number of choices is not an integer.
    ValueError
        If there is no coordinate, or one has no choice.
    """

    choices: tuple

    def __post_init__(self):
        choices = tuple(operator.index(n) for n in self.choices)
        if not choices:
            raise ValueError("Discrete needs at least 1 coordinate")
        if min(choices) < 1:
            raise ValueError(f"choices={choices} should be >= 1 in each coordinate")
        object.__setattr__(self, "choices", choices)

    @property
    def dim(self):
        return len(self.choices)

    def contains(self, X):
        """Whether points lie in the space.

        Parameters
        ----------
        X : ndarray of shape (b, dim)

        Returns
        -------
        bool array of shape (b,)
        """
        inside = (X >= 0) & (X < np.array(self.choices)) & (X == np.floor(X))
        return inside.all(axis=1)


def as_space(space):
    """A `Discrete`, or the `Box` of an array of bounds.

    Raises
    ------
    ValueError
        If bounds are not a finite (dim, 2) array with low <= high, or are too far
        apart for their difference to be finite.
    """
    if isinstance(space, Discrete):
        return space
    bounds = np.array(space, dtype=np.float64)
    if bounds.ndim != 2 or bounds.shape[1] != 2 or len(bounds) == 0:
        raise ValueError(f"space.shape={bounds.shape} should be (dim, 2), dim >= 1")
    if not np.isfinite(bounds).all():
        raise ValueError("the bounds of a box should be finite")
    low, high = bounds.T
    empty = np.flatnonzero(low > high)
    if empty.size:
        i = empty[0]
        raise ValueError(f"the box is empty: low={low[i]} > high={high[i]} in {i}")
    with np.errstate(over="ignore"):
        wide = np.flatnonzero(~np.isfinite(high - low))
    if wide.size:
        i = wide[0]
        raise ValueError(f"the box is too wide: low={low[i]}, high={high[i]} in {i}")
    return Box(low.copy(), high.copy())
