"""Why a Hessian is singular, in words that say what to do."""

import numpy as np

from rfcore.influence.linear.hessian import Problem, sum_over_rows
from rfcore.influence.linear.losses import SquaredError


def why_singular(problem, hessian, precision, penalty):
    """Tells columns that depend on each other from rows that are separable.

    Parameters
    ----------
    problem : Problem
    hessian : float64 array of shape (cp, cp)
    precision : float
        Relative, of the entries.
    penalty : str
        The model's parameter that would mend it.

    Returns
    -------
    str
    """
    design = problem.design
    advice = f"fit the model with a penalty ({penalty}) or give damping=1e-3 or 'auto'"
    rank = _rank(_gram(problem), precision)
    if rank < design.n_columns:
        of = "X with its intercept" if design.intercept else "X"
        return (
            f"the Hessian is singular: {of} has rank {rank} of {design.n_columns} "
            f"columns; {advice}"
        )
    return (
        f"the Hessian is singular, with rank {_rank(hessian, precision)} of "
        f"{problem.n_parameters} parameters, though X has full rank: the rows may be "
        f"separable without error; {advice}"
    )


def _gram(problem):
    """[X, 1]'[X, 1] by the weights: the Hessian of least squares."""
    zeros = np.zeros((1, problem.design.n_columns))
    plain = Problem(
        design=problem.design,
        y=np.zeros(problem.design.n_rows),
        weights=problem.weights,
        loss=SquaredError(),
        theta=zeros,
        penalty=zeros,
    )
    return sum_over_rows(plain, with_hessian=True).hessian


def _rank(gram, precision):
    """Rank of a Gram matrix, after its columns are scaled to one length."""
    diagonal = np.diag(gram)
    scale = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    values = np.linalg.eigvalsh(gram * scale * scale[:, None])
    return int((values > len(gram) * precision * values[-1]).sum())
