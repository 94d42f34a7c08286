"""Where antidote rows may lie, and which rows a look at the clustering suggests."""

import itertools

import numpy as np

from rfcore import _core
from rfcore._arrays import as_rows
from rfcore.metrics import coordinate_depth
from rfcore.metrics.depth import cluster_moments

# How many times the observed range the box of `bounds=None` is wide.
_WIDE = 10.0

# Steps of the finite differences over centers, in deviations of the features.
_STEPS = (0.01, 0.05)
# How far along a direction rows lie, in its own lengths; beyond them lies the corner.
_ALONG = (1.0, 10.0, 100.0)
_N_CORNERS, _N_BOUNDARY, _N_UNIFORM = 64, 32, 64

_N_HALVINGS = 30


class Room:
    """Where antidote rows may lie: a box, and a least depth within it.

    Parameters
    ----------
    X : float64 array of shape (n, m)
    bounds : "range", None or array-like of shape (m, 2)
        The observed range of each feature, ten times that range around its middle, or
        given limits.
    depth_quantile : float or None
        Rows should be as deep as this quantile of the rows of X: their
        `coordinate_depth` among the clusters. None asks for no depth.
    centers : float64 array of shape (k, m)
    labels : int32 array of shape (n,)

    Raises
    ------
    ValueError
        If bounds have another form, or no center and no row of X, moved into them, is
        as deep as asked for.

    Attributes
    ----------
    low, high : float64 arrays of shape (m,)
    boxes : list of (low, high)
        The room, and the part of it that was observed where that is less.
    least_depth : float
        0 where no depth is asked for.
    """

    def __init__(self, X, bounds, depth_quantile, centers, labels):
        self.low, self.high = _limits(X, bounds)
        observed = np.clip([X.min(axis=0), X.max(axis=0)], self.low, self.high)
        self.boxes = [(self.low, self.high)]
        if (observed != self.boxes[0]).any():
            self.boxes.append(tuple(observed))
        self.least_depth = 0.0
        if depth_quantile is not None:
            depths = coordinate_depth(X, X, np.maximum(labels, 0))
            self.least_depth = float(np.quantile(depths, depth_quantile))
            self._moments = cluster_moments(X, np.maximum(labels, 0))
            self._homes = self._deep_points(X, centers, depth_quantile)

    def admit(self, V):
        """Rows (..., m) moved into the room: clipped, then toward a center.

        A row that is not deep enough moves, by bisection, toward the nearest of the
        centers, clipped, that are, or toward the deepest row of X if none is.
        """
        V = np.clip(V, self.low, self.high)
        if self.least_depth == 0.0:
            return V
        rows = np.ascontiguousarray(V.reshape(-1, V.shape[-1]))
        shallow = np.flatnonzero(self._depth(rows) < self.least_depth)
        if shallow.size:
            rows[shallow] = self._pulled(rows[shallow])
        return rows.reshape(V.shape)

    def holds(self, rows):
        """Which of the rows (p, m) lie in the room, (p,)."""
        inside = ((rows >= self.low) & (rows <= self.high)).all(axis=1)
        if self.least_depth > 0.0:
            inside &= self._depth(np.ascontiguousarray(rows)) >= self.least_depth
        return inside

    def _deep_points(self, X, centers, depth_quantile):
        """Points (h, m) of the box that are deep enough; h >= 1."""
        homes = np.clip(centers, self.low, self.high)
        homes = homes[self._depth(homes) >= self.least_depth]
        if len(homes):
            return homes
        rows = np.clip(X, self.low, self.high)
        depths = self._depth(rows)
        if depths.max() < self.least_depth:
            raise ValueError(
                "bounds hold no row as deep as the quantile "
                f"depth_quantile={depth_quantile} of X, {self.least_depth:.3g}: of "
                "the centers and the rows of X, moved into them, the deepest has "
                f"{depths.max():.3g}"
            )
        return rows[[depths.argmax()]]

    def _pulled(self, rows):
        nearest = np.empty(len(rows), dtype=np.int32)
        _core.assign_nearest(rows, self._homes, nearest, np.empty(len(rows)))
        homes = self._homes[nearest]
        inside, outside = np.zeros((2, len(rows), 1))
        outside += 1.0
        for _ in range(_N_HALVINGS):
            middle = (inside + outside) / 2.0
            points = homes + middle * (rows - homes)
            deep = (self._depth(points) >= self.least_depth)[:, None]
            inside = np.where(deep, middle, inside)
            outside = np.where(deep, outside, middle)
        # Between two points of the box, and so in it.
        return homes + inside * (rows - homes)

    def _depth(self, rows):
        depth = np.empty(len(rows))
        _core.coordinate_depth(rows, *self._moments, False, depth)
        return depth


def _limits(X, bounds):
    low, high = X.min(axis=0), X.max(axis=0)
    if isinstance(bounds, str) and bounds == "range":
        return low, high
    if bounds is None:
        middle, half = (low + high) / 2.0, _WIDE * (high - low) / 2.0
        return middle - half, middle + half
    if isinstance(bounds, str):
        raise ValueError(f"bounds={bounds!r} should be 'range', None or an array")
    bounds = np.array(as_rows(bounds, "bounds", n_features=2))
    if len(bounds) != X.shape[1]:
        raise ValueError(f"bounds.shape[0]={len(bounds)} should be {X.shape[1]}")
    if (bounds[:, 0] > bounds[:, 1]).any():
        f = int(np.argmax(bounds[:, 0] > bounds[:, 1]))
        raise ValueError(f"bounds[{f}]={bounds[f].tolist()} should not fall")
    return np.ascontiguousarray(bounds[:, 0]), np.ascontiguousarray(bounds[:, 1])


def suggested_rows(questions, room, groups, rng):
    """Rows that may help, the most promising families in turn.

    - down: from each center against the gradient of the cost with respect to it, by
      differences over centers, at a few lengths and at the corner of the room there;
    - groups: from each center toward and away from the mean of each group's rows in
      its cluster;
    - corners of the room, and of the part of it that was observed: all of them where
      there are at most 64, else 64 drawn;
    - ends: each center with one feature at an end of either;
    - boundary: the rows of X that are nearest to changing cluster, and the midpoints of
      centers;
    - uniform: 64 rows drawn in either.

    Parameters
    ----------
    questions : Questions
    room : Room
    groups : int32 array of shape (n,)
    rng : numpy.random.Generator

    Returns
    -------
    float64 array of shape (p, m)
        Inside the room, none twice.
    """
    X, centers = questions.X, questions.before.centers
    nearest, margins = _margins(X, centers)
    families = (
        _along(centers, -_gradients(questions), room),
        _along(centers, _toward_groups(X, centers, nearest, groups), room),
        *(iter(_corners(*box, rng)) for box in room.boxes),
        *(_ends(centers, *box) for box in room.boxes),
        _boundary(X, centers, margins),
        *(iter(rng.uniform(*box, (_N_UNIFORM, X.shape[1]))) for box in room.boxes),
    )
    in_turn = itertools.chain.from_iterable(itertools.zip_longest(*families))
    rows = room.admit(np.array([row for row in in_turn if row is not None]))
    _, first = np.unique(rows, axis=0, return_index=True)
    return rows[np.sort(first)]


def _margins(X, centers):
    """The nearest center of each row, and how much farther the second one is."""
    if len(centers) == 1:
        return np.zeros(len(X), dtype=np.int64), np.full(len(X), np.inf)
    sq = np.empty((len(X), len(centers)))
    _core.pairwise_sq_distances(X, np.ascontiguousarray(centers), sq)
    two = np.sqrt(np.partition(sq, 1, axis=1)[:, :2])
    return sq.argmin(axis=1), two[:, 1] - two[:, 0]


def _gradients(questions):
    """Gradients (g, k, m) of the cost by the centers, by central differences."""
    X, centers = questions.X, questions.before.centers
    deviations, (k, m) = X.std(axis=0), centers.shape
    gradients = []
    for step in _STEPS:
        moved = np.repeat(centers[None], 2 * k * m, axis=0).reshape(2, k, m, k, m)
        for c, f in itertools.product(range(k), range(m)):
            moved[:, c, f, c, f] += np.array([1.0, -1.0]) * step * deviations[f]
        up, down = questions.costs_at(moved.reshape(-1, k, m)).reshape(2, k, m)
        width = 2.0 * step * np.where(deviations > 0.0, deviations, 1.0)
        gradients.append(np.nan_to_num((up - down) / width))
    return np.array(gradients)


def _toward_groups(X, centers, nearest, groups):
    """From each center to each group's mean in its cluster, and back, (g, k, m)."""
    moves = np.zeros((groups.max() + 1, *centers.shape))
    for g, c in np.ndindex(moves.shape[:2]):
        rows = X[(groups == g) & (nearest == c)]
        if len(rows):
            moves[g, c] = rows.mean(axis=0) - centers[c]
    return np.concatenate([moves, -moves])


def _along(centers, moves, room):
    """Rows from the centers along moves (g, k, m), as far as the room's corners."""
    for move in moves:
        for center, own in zip(centers, move, strict=True):
            if not own.any():
                continue
            yield np.where(own > 0.0, room.high, np.where(own < 0.0, room.low, center))
            for length in _ALONG:
                yield center + length * own


def _corners(low, high, rng):
    m = len(low)
    if 2**m <= _N_CORNERS:
        at_high = (np.arange(2**m)[:, None] >> np.arange(m)) & 1
    else:
        at_high = rng.integers(0, 2, (_N_CORNERS, m))
    return np.where(at_high, high, low)


def _ends(centers, low, high):
    for f in range(centers.shape[1]):
        for center, end in itertools.product(centers, (low, high)):
            row = center.copy()
            row[f] = end[f]
            yield row


def _boundary(X, centers, margins):
    for a, b in itertools.combinations(centers, 2):
        yield (a + b) / 2.0
    if np.isfinite(margins[0]):
        yield from X[np.argsort(margins, kind="stable")[:_N_BOUNDARY]]
