"""The objective of the spill-over attack (Algorithm 1, lines 3-9), with a memory."""

from dataclasses import dataclass

import numpy as np

from rfcore.metrics import co_membership_distance, n_switched


@dataclass(frozen=True)
class Move:
    """Which rows move, from which cluster toward which, and how far they may."""

    source: int
    target: int
    t: np.ndarray
    delta: np.ndarray
    threshold: float
    low: np.ndarray
    high: np.ndarray
    starts: np.ndarray


class Questions:
    """Lines 3-9: the objective, with a memory for answers that are known."""

    def __init__(self, answers, shift):
        self.answers = answers
        self.shift = shift
        self.trace = []
        self.best = -1, -np.inf
        self.best_rows = None
        self.best_move = None
        self._known = {}

    @property
    def n_queries(self):
        return self.answers.n_queries

    def ask(self, move, points):
        """Minus the co-membership distance for each point, (b, s m) -> (b,)."""
        points = np.ascontiguousarray(points, dtype=np.float64)
        keys = self._keys(move, points)
        new = {key: i for i, key in enumerate(keys) if key not in self._known}
        if new:
            self._ask_new(move, list(new), points[list(new.values())])
        return np.array([self._known[key] for key in keys])

    def known(self, move, points):
        """The points that were asked already."""
        keys = self._keys(move, points)
        return points[[i for i, key in enumerate(keys) if key in self._known]]

    def _keys(self, move, points):
        return [(move.source, move.target, point.tobytes()) for point in points]

    def _ask_new(self, move, keys, points):
        rows = points.reshape(len(points), *move.low.shape)
        labels = self.answers.replace_rows(move.t, rows + self.shift[move.t])
        distances = co_membership_distance(self.answers.labels_, labels)
        counts = n_switched(self.answers.labels_, labels)
        measured = zip(keys, rows, counts, distances, strict=True)
        for key, row, count, distance in measured:
            self._known[key] = -distance
            if (count, distance) > self.best:
                self.best = count, distance
                self.best_rows, self.best_move = row, move
            self.trace.append(self.best[0])
