"""IMGPO: boxes are divided where their centers, or bounds on these, are lowest."""

import heapq
import itertools
import math
from dataclasses import dataclass

import numpy as np

from rfcore.zeroth.matern import MaternProcess
from rfcore.zeroth.space import Discrete

_ETA = 0.05
_MAX_LOOK_AHEAD = 4
# Sides below this are not divided: the thirds would be rounding.
_SHORTEST_SIDE = 1e-12


@dataclass
class Cell:
    """A box of the unit cube: its center, its sides, and the value of its center.

    `bounded` says that the value is the process's lower bound, and not `fun`'s;
    `divided` that the cell is a leaf no more, though still in its heap.
    """

    center: np.ndarray
    sides: np.ndarray
    value: float
    bounded: bool = False
    divided: bool = False

    def thirds(self):
        """Centers (2, dim) of the outer thirds of the longest side, and all sides."""
        axis = int(self.sides.argmax())
        sides = self.sides.copy()
        sides[axis] /= 3.0
        centers = np.tile(self.center, (2, 1))
        centers[:, axis] += (-sides[axis], sides[axis])
        return centers, sides


class IMGPO:
    """Infinite-metric Gaussian process optimization.

    A tree of boxes: each division cuts a box into thirds along its longest side, whose
    middle one keeps the center. In each round, of every depth the box of the lowest
    value is a candidate, if it is below those of all larger boxes (i, ii); it is passed
    over if within the next few depths a smaller candidate has a value below all lower
    confidence bounds that its own parts of that size have (iii); the others are divided
    if they are below what this round's divisions have found (iv). A new center whose
    lower bound is above the best value is not evaluated: the bound is its value until
    it is a candidate (v).

    The bounds are ``mean - sqrt(2 log(pi^2 M^2 / (12 eta))) deviation`` of a
    `MaternProcess`, where M counts the bounds so far and eta = 0.05. The depths looked
    ahead are at most 4: 1 at first, 4 more after a round that found a better value,
    half of one less after any other.

    Parameters
    ----------
    space : Box
    max_evals : int
        The whole budget.
    n_starts : int
        Points that will be told before the first question: they teach the process and
        are not in the tree.
    rng : numpy.random.Generator
        Draws points only when no box can be divided any more.

    Notes
    -----
    The points do not depend on the seed. A batch holds two points at most, both new
    centers of one division.

    *Differences from the paper and the authors' code.* The paper's process has mean 0,
    and its two parameters are re-estimated by a gradient method in each round; here the
    mean and the variance have closed forms, and the length is the best of a grid, after
    every value. Of the paper's steps the second center of a division hears the value of
    the first; in a batch of 2 it does not. M counts all the bounds of step (iii), which
    are computed at once. Of equal values the older box comes first.

    References
    ----------
    Kawaguchi, Kaelbling and Lozano-Perez 2015, arXiv:1604.01348, algorithm 1.
    """

    batch = 1
    uses_blas = True

    def __init__(self, space, max_evals, n_starts, rng):
        if isinstance(space, Discrete):
            raise ValueError("method='imgpo' searches a box, not Discrete")
        self.space = space
        self.rng = rng
        self.process = MaternProcess(space.free.size)
        self.best = np.inf
        self.n_bounds = 1
        self.look_ahead = 1.0
        self.leaves = []  # by depth, heaps of (value, age, cell)
        self.ages = itertools.count()
        self.limit = 1
        self.answers = None
        self.search = None

    def ask(self, n):
        """The next point, (1, dim), or both of a division, (2, dim), if n allows."""
        self.limit = n
        if self.search is None:
            self.search = self._rounds()
            points = next(self.search)
        else:
            points = self.search.send(self.answers)
        return self.space.from_unit(points)

    def tell(self, points, values):
        """Take in values."""
        self.answers = list(values)
        for u, value in zip(self.space.to_unit(points), values, strict=True):
            self.process.add(u, value)
            self.best = min(self.best, float(value))

    def _rounds(self):
        """Algorithm 1; yields points (b, dim) and is sent their values."""
        dim = self.space.free.size
        center = np.full(dim, 0.5)
        (value,) = yield center[None]
        self._add(0, Cell(center, np.ones(dim), value))
        while True:
            best = self.best
            candidates = yield from self._candidates()
            if not candidates:
                yield self.rng.random((1, dim))
                continue
            yield from self._divide(self._passed(candidates))
            found = self.best < best
            self.look_ahead = max(1.0, self.look_ahead + (4.0 if found else -0.5))

    def _candidates(self):
        """Steps (i) and (ii): by depth, the lowest cells, if below the larger ones."""
        candidates = {}
        lowest = np.inf
        for depth, heap in enumerate(self.leaves):
            while heap and (heap[0][2].divided or heap[0][2].bounded):
                if heap[0][0] > lowest:
                    break
                cell = heapq.heappop(heap)[2]
                if cell.divided:
                    continue
                (cell.value,) = yield cell.center[None]
                cell.bounded = False
                self._add(depth, cell)
            if heap and heap[0][0] <= lowest:
                lowest = heap[0][0]
                candidates[depth] = heap[0][2]
        return candidates

    def _passed(self, candidates):
        """Step (iii): without those that a smaller candidate makes superfluous."""
        look_ahead = min(math.ceil(self.look_ahead), _MAX_LOOK_AHEAD)
        passed = {}
        for depth, cell in candidates.items():
            further = range(depth + 1, depth + look_ahead + 1)
            smaller = next((h for h in further if h in candidates), None)
            if smaller is not None:
                bounds = self._bounds(_parts(cell, smaller - depth))
                if bounds.min() > candidates[smaller].value:
                    continue
            passed[depth] = cell
        return passed

    def _divide(self, candidates):
        """Steps (iv) and (v)."""
        lowest = np.inf
        for depth, cell in candidates.items():
            if cell.value > lowest:
                continue
            cell.divided = True
            centers, sides = cell.thirds()
            self._add(depth + 1, Cell(cell.center, sides, cell.value))
            size = min(self.limit, 2)
            for part in (centers[i : i + size] for i in range(0, 2, size)):
                bounds = self._bounds(part)
                worth = bounds <= self.best
                values = bounds.tolist()
                if worth.any():
                    answers = yield part[worth]
                    lowest = min(lowest, *answers)
                    for i, value in zip(np.flatnonzero(worth), answers, strict=True):
                        values[i] = value
                for center, value, known in zip(part, values, worth, strict=True):
                    self._add(depth + 1, Cell(center, sides, value, not known))

    def _add(self, depth, cell):
        """Make a cell a leaf, if it can be divided."""
        if cell.sides.max() < _SHORTEST_SIDE:
            return
        while len(self.leaves) <= depth:
            self.leaves.append([])
        heapq.heappush(self.leaves[depth], (cell.value, next(self.ages), cell))

    def _bounds(self, centers):
        """Lower confidence bounds (c,) at points (c, dim)."""
        count = np.pi**2 * self.n_bounds**2 / (12.0 * _ETA)
        self.n_bounds += len(centers)
        means, deviations = self.process.predict(centers)
        return means - math.sqrt(2.0 * math.log(count)) * deviations


def _parts(cell, n_divisions):
    """New centers (3^n - 1, dim) of a cell that is divided n times throughout."""
    centers, sides = cell.center[None], cell.sides.copy()
    for _ in range(n_divisions):
        axis = int(sides.argmax())
        sides[axis] /= 3.0
        step = np.zeros(len(sides))
        step[axis] = sides[axis]
        centers = np.concatenate([centers, centers - step, centers + step])
    return centers[1:]
