"""SciPy's global optimizers as methods of an attack, held to its budget."""

import numpy as np
from scipy import optimize
from scipy.stats import qmc

_POPULATION = 40


class _BudgetSpent(Exception):
    """Ends an optimizer that does not count its own questions."""


class _Budget:
    """An objective over the free coordinates of a box, for at most so many points."""

    def __init__(self, fun, box, max_evals):
        self.fun, self.left = fun, max_evals
        self.free = box[:, 0] < box[:, 1]
        self.fixed, self.box = box[:, 0].copy(), box[self.free]

    def __call__(self, points):
        points = np.atleast_2d(points)
        whole = np.tile(self.fixed, (len(points), 1))
        whole[:, self.free] = points
        asked = min(self.left, len(points))
        self.left -= asked
        if asked:
            values = self.fun(whole[:asked])
        if asked < len(points):
            raise _BudgetSpent
        return values

    def ask_single_point(self):
        """Ask the only point of a box without a free coordinate; say what ended it."""
        self.fun(self.fixed[None])
        return "the box holds a single point"


def differential_evolution(fun, box, max_evals, seed):
    """SciPy's genetic algorithm from a Latin hypercube of 40 points.

    Parameters
    ----------
    fun : callable
        (b, dim) -> (b,)
    box : ndarray of shape (dim, 2)
    max_evals : int
        No more points than these are asked.
    seed : int or None

    Returns
    -------
    str
        What ended it.
    """
    budget = _Budget(fun, box, max_evals)
    if not budget.free.any():
        return budget.ask_single_point()
    start = qmc.LatinHypercube(len(budget.box), rng=np.random.default_rng(seed))
    low, high = budget.box.T
    try:
        outcome = optimize.differential_evolution(
            lambda points: budget(points.T),
            budget.box,
            init=low + (high - low) * start.random(_POPULATION),
            maxiter=max_evals,
            polish=False,
            updating="deferred",
            vectorized=True,
            # Where all values are equal it would stop at once: no spread is below this.
            atol=-1.0,
            tol=0.0,
            rng=np.random.default_rng(seed),
        )
    except _BudgetSpent:
        return "budget spent"
    return outcome.message


def dual_annealing(fun, box, max_evals, seed):
    """SciPy's generalized simulated annealing, without its local search.

    Parameters and returns are those of `differential_evolution`.
    """
    budget = _Budget(fun, box, max_evals)
    if not budget.free.any():
        return budget.ask_single_point()
    try:
        outcome = optimize.dual_annealing(
            lambda point: float(budget(point)[0]),
            budget.box,
            maxiter=max_evals,
            no_local_search=True,
            rng=np.random.default_rng(seed),
        )
    except _BudgetSpent:
        return "budget spent"
    return outcome.message[0]
