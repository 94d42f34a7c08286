"""CORS: ask where a cubic interpolant is lowest, away from all points so far."""

import numpy as np

from rfcore.zeroth.sampling import latin_hypercube
from rfcore.zeroth.space import Discrete
from rfcore.zeroth.surrogate import CubicSurrogate

# Exclusion radii as shares of the largest possible one, in turn: from a look at empty
# regions down to none at all.
_CYCLE = (0.5, 0.2, 0.08, 0.03, 0.01, 0.0)
_N_CANDIDATES = 600
_N_PARENTS = 8
_STEPS = (0.02, 0.1, 0.3)
_STRETCHES = (0.25, 0.5, 0.75, 1.25, 1.5)
# Distances below this share of the cube's diagonal are rounding.
_REPEATED = 1e-7


class CORS:
    """Constrained optimization using response surfaces, in batches.

    The next point minimizes a cubic radial basis function interpolant among
    candidates whose distance to every evaluated point is at least ``share r_max``,
    where r_max is the largest such distance among the candidates. The shares cycle
    from exploration to exploitation and shrink to nothing with the budget.

    Parameters
    ----------
    space : Box
    max_evals : int
        The whole budget.
    n_starts : int
        Points that will be told before the first question.
    rng : numpy.random.Generator

    Notes
    -----
    Without starts a Latin hypercube of min(2 (dim + 1), max_evals / 4) points begins
    the search; each start replaces one of them.

    *Differences from the paper and the authors' code.* Regis and Shoemaker solve the
    constrained subproblem by a gradient method; here it is solved over 600 random
    candidates: points moved in a few coordinates (as DYCORS does), moved to the box's
    faces, mixed from two points coordinate by coordinate, or lying on the line through
    two points; a sixth are uniform. Where the share is 0 the best candidate descends to
    a minimum of the interpolant. Several points of a batch are chosen one after the
    other, each away from those before it. The tail is penalized as `CubicSurrogate`
    says.

    References
    ----------
    Regis and Shoemaker 2005, doi:10.1007/s10898-004-0570-0 (CORS); Regis and Shoemaker
    2013, doi:10.1080/0305215X.2012.687731 (DYCORS); thesis, 2.2.4.
    """

    batch = 8
    uses_blas = True

    def __init__(self, space, max_evals, n_starts, rng):
        if isinstance(space, Discrete):
            raise ValueError("method='rbf' searches a box, not Discrete")
        self.space = space
        self.rng = rng
        self.max_evals = max_evals
        self.dim = space.free.size
        self.surrogate = CubicSurrogate(self.dim, max_evals)
        n_design = min(2 * (self.dim + 1), max(1, max_evals // 4)) - n_starts
        self.design = latin_hypercube(max(n_design, 0), self.dim, rng)
        self.turn = 0

    def ask(self, n):
        """The next n points, (n, dim)."""
        points, self.design = self.design[:n], self.design[n:]
        if len(points) < n:
            more = self._search(n - len(points), points)
            points = np.concatenate([points, more])
        return self.space.from_unit(points)

    def tell(self, points, values):
        """Take in values."""
        self.surrogate.add(self.space.to_unit(points), values)

    def _search(self, n, taken):
        if self.surrogate.n == 0:
            return self.rng.random((n, self.dim))
        candidates = self._candidates()
        values, distances = self.surrogate.predict(candidates)
        gaps = distances.min(axis=1)
        for point in taken:
            gaps = np.minimum(gaps, np.linalg.norm(candidates - point, axis=1))
        left = 1.0 - self.surrogate.n / self.max_evals
        chosen = []
        for _ in range(n):
            share = _CYCLE[self.turn % len(_CYCLE)] * left
            self.turn += 1
            # A point that was evaluated already can teach nothing.
            new = gaps > _REPEATED * np.sqrt(self.dim)
            allowed = new & (gaps >= share * gaps.max())
            if not allowed.any():
                chosen.append(self.rng.random(self.dim))
                continue
            best = int(np.argmin(np.where(allowed, values, np.inf)))
            point = candidates[best]
            if share == 0.0:
                point = self._descend(point, chosen)
            chosen.append(point)
            gaps = np.minimum(gaps, np.linalg.norm(candidates - point, axis=1))
            gaps[best] = 0.0
        return np.array(chosen)

    def _descend(self, point, chosen):
        """A minimum of the interpolant below a candidate, if it is a new point."""
        lower = self.surrogate.lowest_near(point)
        others = np.concatenate([self.surrogate.points, *[c[None] for c in chosen]])
        gap = np.linalg.norm(others - lower, axis=1).min()
        return lower if gap > _REPEATED * np.sqrt(self.dim) else point

    def _candidates(self):
        """Candidates of six families in equal numbers."""
        rng, U = self.rng, self.surrogate.points
        # Equal values in random order: on a plateau no point is the best one.
        order = np.lexsort((rng.random(len(U)), self.surrogate.values))
        share = _N_CANDIDATES // 6
        parents = U[rng.choice(order[:_N_PARENTS], size=5 * share)]
        others = U[rng.integers(len(U), size=5 * share)]
        few = rng.random((5 * share, self.dim)) < self._coordinate_share()
        few[np.arange(5 * share), rng.integers(self.dim, size=5 * share)] = True
        mixed = rng.random((5 * share, self.dim)) < rng.random((5 * share, 1))
        steps = rng.choice(_STEPS, size=(share, 1))
        stretch = rng.choice(_STRETCHES, size=(share, 1))
        a, b, c, d, e = (slice(i * share, (i + 1) * share) for i in range(5))
        faces = (rng.random((2 * share, self.dim)) < 0.5).astype(float)
        noise = rng.normal(size=(share, self.dim))
        families = (
            np.where(few[a], parents[a] + steps * noise, parents[a]),
            np.where(few[b], faces[:share], parents[b]),
            np.where(mixed[c], parents[c], others[c]),
            parents[d] + stretch * (others[d] - parents[d]),
            np.where(mixed[e], parents[e], faces[share:]),
            rng.random((share, self.dim)),
        )
        return np.clip(np.concatenate(families), 0.0, 1.0)

    def _coordinate_share(self):
        """DYCORS: the probability that a coordinate moves, falling with the budget."""
        spent = np.log(self.surrogate.n) / np.log(max(self.max_evals, 3))
        return min(20.0 / self.dim, 1.0) * max(1.0 - spent, 1.0 / self.dim)
