"""Where the parameters go when rows are left out, by one Newton step.

The model's parameters count as the minimum of its objective. Without row i the gradient
there is minus the row's own, g_i, and the Hessian H - H_i:

    first order   H^-1 g_i
    newton        (H - H_i)^-1 g_i
"""

import numpy as np

from rfcore.errors import InfeasibleError
from rfcore.influence.linear.hessian import sum_over_rows
from rfcore.influence.linear.solvers import Cholesky, SingularError

# Below this share of the Hessian's curvature along a row, the row alone holds it up.
_LEFT_OVER = 1e-10


def first_order_steps(problem, solver, rows):
    """H^-1 g_i of some rows, (m, c, p).

    Parameters
    ----------
    problem : Problem
    solver : Cholesky, ConjugateGradients or Nystroem
    rows : slice or int64 array of shape (m,)

    Returns
    -------
    float64 array of shape (m, c, p)
    """
    own = problem.take(rows)
    block = own.design.dense(own.design.X).astype(np.float64)
    slopes = own.slopes(slice(None), own.decisions(own.design.X))
    gradients = slopes[:, :, None] * block[:, None, :]
    flat = gradients.reshape(len(block), -1)
    return solver.solve(flat.T).T.reshape(gradients.shape)


def newton_steps(problem, solver, rows):
    """(H - H_i)^-1 g_i of some rows, each as if it alone were left out.

    With D = I_c kron [x, 1] the row's Hessian is D w S D', so that the step is
    H^-1 D (I - w S D'H^-1 D)^-1 w l', a system of c equations (for c = 1 a division by
    one minus the leverage).

    Parameters
    ----------
    problem : Problem
    solver : Cholesky
    rows : slice or int64 array of shape (m,)

    Returns
    -------
    float64 array of shape (m, c, p)

    Raises
    ------
    InfeasibleError
        If the Hessian without a row is singular.
    """
    own = problem.take(rows)
    block = own.design.dense(own.design.X).astype(np.float64)
    z = own.decisions(own.design.X)
    slopes, curvatures = own.slopes(slice(None), z), own.curvatures(slice(None), z)
    (m, p), c = block.shape, slopes.shape[1]
    sides = np.zeros((c, p, m, c))
    for k in range(c):
        sides[k, :, :, k] = block.T
    solved = solver.solve(sides.reshape(c * p, m * c)).reshape(c, p, m, c)
    inside = np.einsum("bp,kpbl->bkl", block, solved)
    left = np.eye(c) - np.matmul(curvatures, inside)
    gone = np.linalg.det(left) < _LEFT_OVER
    if gone.any():
        row = np.arange(problem.design.n_rows)[rows][gone][0]
        raise InfeasibleError(
            f"without row {row} the Hessian is singular: the row alone fixes a "
            "parameter; fit the model with a penalty or give damping=1e-3"
        )
    amounts = np.linalg.solve(left, slopes[:, :, None])[:, :, 0]
    return np.einsum("kpbl,bl->bkp", solved, amounts)


def newton_set_step(problem, hessian, rows, precision):
    """(H - sum of H_i)^-1 (sum of g_i) over a set of rows.

    Parameters
    ----------
    problem : Problem
    hessian : float64 array of shape (cp, cp)
        With penalty, damping and gauge.
    rows : int64 array of shape (s,)
    precision : float
        As of `Cholesky`.

    Returns
    -------
    float64 array of shape (c, p)

    Raises
    ------
    InfeasibleError
        If the Hessian without the rows is singular.
    """
    sums = sum_over_rows(problem.take(rows), with_hessian=True)
    try:
        solver = Cholesky(hessian - sums.hessian, precision)
    except SingularError as error:
        raise InfeasibleError(
            f"without these {len(rows)} rows the Hessian is singular; fit the model "
            "with a penalty or give damping=1e-3"
        ) from error
    return solver.solve(sums.gradient.reshape(-1, 1)).reshape(problem.theta.shape)
