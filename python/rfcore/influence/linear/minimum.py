"""The minimum of a problem's objective, by Newton steps with halving."""

import numpy as np

from rfcore.influence.linear.hessian import sum_over_rows
from rfcore.influence.linear.solvers import Cholesky

_MAX_STEPS = 50

# Relative gradient at which the steps end, and the least share of a step.
_GRADIENT = 1e-10
_LEAST_SHARE = 1e-6


def minimum(problem, damping):
    """The problem at the parameters where its objective is least.

    Parameters
    ----------
    problem : Problem
        At parameters to start from.
    damping : float
        Added to the diagonal of the Hessian, for the steps only.

    Returns
    -------
    Problem
        Where no step lowers the objective any more; `Sums.relative_gradient` there
        tells how near that is.
    """
    for _ in range(_MAX_STEPS):
        sums = sum_over_rows(problem, with_hessian=True, check=True)
        if sums.relative_gradient < _GRADIENT:
            break
        sums.hessian[np.diag_indices(problem.n_parameters)] += damping
        solver = Cholesky(sums.hessian, np.finfo(np.float64).eps)
        step = solver.solve(sums.gradient.reshape(-1, 1)).reshape(problem.theta.shape)
        start, share = problem.objective(), 1.0
        moved = problem.at(problem.theta - step)
        while moved.objective() > start and share > _LEAST_SHARE:
            share /= 2
            moved = problem.at(problem.theta - share * step)
        if share <= _LEAST_SHARE:
            break
        problem = moved
    return problem
