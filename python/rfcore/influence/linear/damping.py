"""How much damping a singular Hessian needs."""

import numpy as np

from rfcore.influence.linear.solvers import reciprocal_condition


def smallest_damping(matrix, precision):
    """The smallest power of ten that makes a Hessian safely positive definite.

    Safely: with it on the diagonal, and then scaled to a diagonal of ones, the
    reciprocal of the matrix's condition number is at least the root of the precision.
    Half the digits of a solution are left then, whatever the units of the columns.

    Parameters
    ----------
    matrix : float64 array of shape (q, q)
        Positive semidefinite, to rounding.
    precision : float
        Of the entries, relative.

    Returns
    -------
    float
    """
    diagonal = np.diag(matrix)
    positive = diagonal[diagonal > 0]
    least = positive.min() if positive.size else 1.0
    exponent = int(np.floor(np.log10(precision * least)))
    while not _is_safe(matrix, 10.0**exponent, precision):
        exponent += 1
    return 10.0**exponent


def _is_safe(matrix, damping, precision):
    damped = matrix + damping * np.eye(len(matrix))
    return reciprocal_condition(damped) >= np.sqrt(precision)
