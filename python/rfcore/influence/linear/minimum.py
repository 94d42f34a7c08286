"""The minimum of a problem's objective, by Newton steps with halving."""

from dataclasses import replace

import numpy as np

from rfcore.influence.linear.hessian import add_gauge, gauge, sum_over_rows
from rfcore.influence.linear.solvers import Cholesky

_MAX_STEPS = 50

# Relative gradient at which the steps end, and the least share of a step.
_GRADIENT = 1e-10
_LEAST_SHARE = 1e-6


def minimum(problem, damping, *, slope=0.0, pulled=False):
    """The problem at the parameters where its objective is least.

    Parameters
    ----------
    problem : Problem
        At parameters to start from.
    damping : float
        Added to the diagonal of the Hessian, for the steps only.
    slope : float or float64 array of shape (c, p), default=0.0
        Of a linear term that is taken off the objective.
    pulled : bool, default=False
        Whether half the damping times the squared distance from the start belongs to
        the objective.

    Returns
    -------
    problem : Problem
        Where no step lowers the objective any more.
    relative_gradient : float
        As of `Sums`: how near a minimum that is.
    """
    start, pull = problem.theta, damping * pulled

    def objective(problem):
        way = problem.theta - start
        return problem.objective() + (pull * way**2 / 2 - slope * way).sum()

    for _ in range(_MAX_STEPS):
        sums = sum_over_rows(problem, with_hessian=True, check=True)
        back = pull * (problem.theta - start)
        scale = sums.scale + np.abs(back) + np.abs(slope)
        sums = replace(sums, gradient=sums.gradient + back - slope, scale=scale)
        if sums.relative_gradient < _GRADIENT:
            break
        add_gauge(sums.hessian, gauge(problem, sums.diagonal), len(start))
        sums.hessian[np.diag_indices(problem.n_parameters)] += damping
        solver = Cholesky(sums.hessian, np.finfo(np.float64).eps)
        step = solver.solve(sums.gradient.reshape(-1, 1)).reshape(problem.theta.shape)
        before, share = objective(problem), 1.0
        moved = problem.at(problem.theta - step)
        while objective(moved) > before and share > _LEAST_SHARE:
            share /= 2
            moved = problem.at(problem.theta - share * step)
        if share <= _LEAST_SHARE:
            break
        problem = moved
    return problem, sums.relative_gradient
