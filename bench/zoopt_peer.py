"""The package ZOOpt 0.4.2 as a peer: its sequential and its batch RACOS in a box."""

import contextlib
import io

import numpy as np
from zoopt import Dimension, Objective, Opt, Parameter


def search(fun, box, max_evals, *, sequential, seed):
    """Minimize by ZOOpt with its own settings; what is found is known to `fun` alone.

    Parameters
    ----------
    fun : callable
        Takes a point, a list of dim floats, and gives a float.
    box : array-like of shape (dim, 2)
    max_evals : int
    sequential : bool
        SRACOS, else RACOS, which asks as many points at a time as teach.
    seed : int
        ZOOpt draws from NumPy's global generator, which is seeded.
    """
    np.random.seed(seed)
    box = [[float(low), float(high)] for low, high in box]
    space = Dimension(len(box), box, [True] * len(box))
    objective = Objective(lambda solution: fun(solution.get_x()), space)
    parameter = Parameter(budget=max_evals, sequential=sequential)
    with contextlib.redirect_stdout(io.StringIO()):
        Opt.min(objective, parameter)
