"""Systems of equations with the Hessian: Cholesky, conjugate gradients, Nystroem."""

import warnings

import numpy as np
from scipy.linalg import eigh
from scipy.linalg.lapack import dpocon, dpotrf, dpotrs

from rfcore.errors import ConvergenceWarning, InfeasibleError
from rfcore.influence.linear.blocks import one_thread
from rfcore.influence.linear.hessian import gauge_times, hessian_times


class SingularError(InfeasibleError):
    """A matrix that is singular to the precision of its entries."""


class Cholesky:
    """The factor of a positive definite matrix, scaled to a diagonal of ones.

    Parameters
    ----------
    matrix : float64 array of shape (q, q)
    precision : float
        Of the entries, relative: the machine epsilon of what they were summed in.

    Raises
    ------
    SingularError
        If the reciprocal of the condition number, after the scaling, is below q times
        the precision.
    """

    def __init__(self, matrix, precision):
        if not np.isfinite(matrix).all():
            raise ValueError("the Hessian is not finite: X holds too large values")
        self.scale, self.factor, reciprocal = _factored(matrix)
        if reciprocal < len(matrix) * precision:
            raise SingularError("the Hessian is singular")

    def solve(self, vectors):
        """The solutions (q, m) for right-hand sides (q, m)."""
        with one_thread(n_numbers=self.factor.size):
            solution, _ = dpotrs(self.factor, self.scale[:, None] * vectors)
        return self.scale[:, None] * solution


def reciprocal_condition(matrix):
    """Of a matrix scaled to a diagonal of ones, in [0, 1]; 0 if not definite."""
    return _factored(matrix)[2]


def _factored(matrix):
    """Scale (q,) to a diagonal of ones, factor, and reciprocal condition number."""
    diagonal = np.diag(matrix)
    scale = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    scaled = matrix * scale
    scaled *= scale[:, None]
    norm = np.abs(scaled).sum(axis=0).max()
    with one_thread(n_numbers=scaled.size):
        factor, info = dpotrf(scaled, overwrite_a=True)
        reciprocal = 0.0 if info else dpocon(factor, norm)[0]
    return scale, factor, reciprocal


class ConjugateGradients:
    """Solutions by conjugate gradients, preconditioned by the diagonal.

    Parameters
    ----------
    problem : Problem
    diagonal : float64 array of shape (c, p)
    gauge : float64 array of shape (p,)
    damping : float
    tol : float
        On the residual's norm over the right-hand side's, both preconditioned.
    max_iter : int
        Passes over the rows.
    """

    def __init__(self, problem, diagonal, gauge, *, damping, tol, max_iter):
        self.problem, self.gauge = problem, gauge
        self.added = problem.penalty.ravel()[:, None] + damping
        total = diagonal + gauge / len(diagonal) + damping
        self.scale = np.where(total > 0, total, 1.0).ravel()[:, None]
        self.tol, self.max_iter = tol, max_iter

    def solve(self, vectors):
        """The solutions (q, m); all right-hand sides share the passes over the rows.

        Warns
        -----
        ConvergenceWarning
            If a residual is above the tolerance after the last pass.
        """
        solution, residual = np.zeros_like(vectors), vectors.copy()
        scaled = residual / self.scale
        direction, size = scaled.copy(), (residual * scaled).sum(axis=0)
        goal = self.tol**2 * size
        for _ in range(self.max_iter):
            if (size <= goal).all():
                return solution
            curved = self._times(direction)
            along = (direction * curved).sum(axis=0)
            step = _ratio(size, along)
            solution += step * direction
            residual -= step * curved
            scaled = residual / self.scale
            previous, size = size, (residual * scaled).sum(axis=0)
            direction = scaled + _ratio(size, previous) * direction
        worst = np.sqrt(_ratio(size, goal / self.tol**2).max())
        if worst > self.tol:
            warnings.warn(
                f"conjugate gradients ended after max_iter={self.max_iter} passes with "
                f"a relative residual of {worst:.2g}, above tol={self.tol}; give more "
                "passes or damping",
                ConvergenceWarning,
                stacklevel=4,
            )
        return solution

    def _times(self, vectors):
        product = hessian_times(self.problem, vectors) + self.added * vectors
        return product + gauge_times(self.gauge, vectors, len(self.problem.theta))


class Nystroem:
    """Solutions with a low-rank approximation of the loss's part of the Hessian.

    H is taken for U diag(lambda) U' + diag(penalty + damping), with the first part from
    one product of the loss's Hessian with `rank` random vectors, and inverted by
    Woodbury's identity.

    Parameters
    ----------
    problem : Problem
    damping : float
    vectors : float64 array of shape (q, rank)
        Of independent normal numbers.

    References
    ----------
    Frangella, Tropp and Udell 2023, doi:10.1137/21M1466244, Algorithm 2.1.
    """

    def __init__(self, problem, *, damping, vectors):
        self.inverse = 1 / (problem.penalty.ravel()[:, None] + damping)
        test = np.linalg.qr(vectors)[0]
        sketch = hessian_times(problem, test)
        nu = np.finfo(sketch.dtype).eps * np.linalg.norm(sketch)
        sketch += nu * test
        core = test.T @ sketch
        values, basis = eigh((core + core.T) / 2)
        kept = values > max(nu, 0) / 2
        # H is taken for root root', root of shape (q, rank).
        self.root = sketch @ (basis[:, kept] / np.sqrt(values[kept]))
        small = np.eye(kept.sum()) + self.root.T @ (self.inverse * self.root)
        self.small = np.linalg.inv(small)

    def solve(self, vectors):
        """The solutions (q, m) for right-hand sides (q, m)."""
        first = self.inverse * vectors
        inner = self.small @ (self.root.T @ first)
        return first - self.inverse * (self.root @ inner)


def _ratio(a, b):
    return np.divide(a, b, out=np.zeros_like(a), where=b > 0)
