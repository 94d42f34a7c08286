"""CMA-ES, by the package cma."""

import warnings

import numpy as np

from rfcore.zeroth.space import Discrete

_STEP = 0.3


class CMAES:
    """Covariance matrix adaptation on the unit cube, restarted where it stalls.

    The first mean is the best point told before the first question, else the middle of
    the cube; a restart begins at a random point.

    References
    ----------
    Hansen and Ostermeier 2001, doi:10.1162/106365601750190398; the package cma.
    """

    uses_blas = True

    def __init__(self, space, max_evals, n_starts, rng):
        if isinstance(space, Discrete):
            raise ValueError("method='cmaes' searches a box, not Discrete")
        self.space = space
        self.rng = rng
        self.dim = space.free.size
        self.batch = 4 + int(3 * np.log(self.dim))
        self.best = np.full(self.dim, 0.5), np.inf
        self.strategy = None
        self.queue, self.points, self.values = [], [], []

    def ask(self, n):
        """The next points, (b, dim) with b <= n, up to the end of a generation.

        As many whole generations as fit into n are asked together.
        """
        if not self.queue:
            n_generations = max(1, n // self.batch)
            self.queue = [x for _ in range(n_generations) for x in self._generation()]
        asked, self.queue = self.queue[:n], self.queue[n:]
        self.points += asked
        return self.space.from_unit(np.array(asked)[:, : self.dim])

    def tell(self, points, values):
        """Take in values; a generation that is complete moves the distribution."""
        if self.strategy is None:
            i = int(np.argmin(values))
            if values[i] < self.best[1]:
                self.best = self.space.to_unit(points[i : i + 1])[0], values[i]
            return
        self.values += list(values)
        if not self.queue and len(self.values) == len(self.points):
            self.strategy.tell(self.points, self.values)
            self.points, self.values = [], []

    def _generation(self):
        if self.strategy is None:
            self._start(self.best[0])
        elif self.strategy.stop():
            self._start(self.rng.random(self.dim))
        return self.strategy.ask()

    def _start(self, mean):
        with warnings.catch_warnings():
            # It warns where matplotlib is missing, which nothing here needs.
            warnings.simplefilter("ignore")
            import cma

        # cma needs two coordinates; a second one that nothing depends on does no harm.
        mean = np.append(mean, 0.5) if self.dim == 1 else mean
        options = {
            "bounds": [0.0, 1.0],
            "popsize": self.batch,
            "randn": lambda *shape: self.rng.standard_normal(shape),
            "seed": np.nan,
            "verbose": -9,
        }
        self.strategy = cma.CMAEvolutionStrategy(mean, _STEP, options)
