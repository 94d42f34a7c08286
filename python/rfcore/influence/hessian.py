"""The gradient and the Hessian of a model's objective, summed over blocks of rows.

With z = Theta [x, 1] the Hessian of a row is w S kron [x, 1][x, 1]', S its curvature
(c, c), so that the sum is made of c^2 weighted Gram matrices X' diag(w S_kj) X.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg.blas import dsyrk, ssyrk


@dataclass(frozen=True)
class Problem:
    """Rows with codes and weights, and the loss and penalty at parameters theta.

    Attributes
    ----------
    design : Design
    y : ndarray of shape (n,)
    weights : float64 array of shape (n,) or None
    loss : Loss
    theta, penalty : float64 arrays of shape (c, p)
        In the coordinates of the design.
    """

    design: object
    y: np.ndarray
    weights: np.ndarray | None
    loss: object
    theta: np.ndarray
    penalty: np.ndarray

    @property
    def n_parameters(self):
        return self.theta.size

    def slopes(self, part, block):
        """Weighted slopes of a block, (b, c)."""
        return self._weigh(self.loss.slope, part, block)

    def curvatures(self, part, block):
        """Weighted curvatures of a block, (b, c, c)."""
        return self._weigh(self.loss.curvature, part, block)

    def magnitudes(self, part, block):
        """Weighted magnitudes of the slopes of a block, (b, c)."""
        return self._weigh(self.loss.magnitude, part, block)

    def at(self, theta):
        """The same rows at other parameters."""
        return Problem(
            self.design, self.y, self.weights, self.loss, theta, self.penalty
        )

    def take(self, rows):
        """Some of the rows, without the penalty."""
        weights = None if self.weights is None else self.weights[rows]
        return Problem(
            self.design.take(rows),
            self.y[rows],
            weights,
            self.loss,
            self.theta,
            np.zeros_like(self.penalty),
        )

    def objective(self):
        """The weighted sum of the losses and the penalty."""
        total = (self.penalty * self.theta**2).sum() / 2
        for part, block in self.design.blocks():
            values = self.loss.value(self._decisions(block), self.y[part])
            total += (
                values.sum() if self.weights is None else self.weights[part] @ values
            )
        return float(total)

    def _decisions(self, block):
        return self.design.times(block, self.theta.T)

    def _weigh(self, function, part, block):
        values = function(self._decisions(block), self.y[part])
        if self.weights is None:
            return values
        return values * self.weights[part].reshape(-1, *[1] * (values.ndim - 1))


@dataclass(frozen=True)
class Sums:
    """What one pass over the rows gives, the penalty included.

    Attributes
    ----------
    gradient : float64 array of shape (c, p)
    scale : float64 array of shape (c, p)
        Sums of the sizes of the terms of the gradient.
    diagonal : float64 array of shape (c, p)
        Of the Hessian.
    hessian : float64 array of shape (cp, cp) or None
        Parameters in the order of theta.ravel().
    """

    gradient: np.ndarray
    scale: np.ndarray
    diagonal: np.ndarray
    hessian: np.ndarray | None

    @property
    def relative_gradient(self):
        """The largest ratio of an entry of the gradient to the size of its terms."""
        size = np.where(self.scale > 0, self.scale, 1.0)
        return float((np.abs(self.gradient) / size).max())


def sum_over_rows(problem, *, with_hessian, check=False):
    """Gradient, its scale, and the Hessian or its diagonal, in one pass.

    Parameters
    ----------
    problem : Problem
    with_hessian : bool
    check : bool, default=False
        Whether to refuse values that are not finite.

    Returns
    -------
    Sums
    """
    design, penalty, theta = problem.design, problem.penalty, problem.theta
    (c, p), q = theta.shape, theta.size
    gradient, scale = penalty * theta, np.abs(penalty * theta)
    diagonal = penalty.copy()
    hessian = np.zeros((q, q)) if with_hessian else None
    for part, block in design.blocks(check=check):
        curvatures = problem.curvatures(part, block)
        rows = design.dense(block)
        gradient += (rows.T @ problem.slopes(part, block).astype(rows.dtype)).T
        if with_hessian:
            _add_grams(hessian, rows, curvatures, problem.loss.coupled)
        else:
            own = np.einsum("bkk->bk", curvatures)
            diagonal += ((rows**2).T @ own.astype(rows.dtype)).T
        magnitudes = problem.magnitudes(part, block).astype(rows.dtype)
        scale += (np.abs(rows, out=rows).T @ magnitudes).T
    if with_hessian:
        hessian[np.diag_indices(q)] += penalty.ravel()
        diagonal = np.diag(hessian).reshape(c, p).copy()
    return Sums(gradient, scale, diagonal, hessian)


def _add_grams(hessian, rows, curvatures, coupled):
    """Adds X' diag(S_kj) X to each block (k, j); no S_kj with k != j is positive."""
    c, p = curvatures.shape[1], rows.shape[1]
    syrk = ssyrk if rows.dtype == np.float32 else dsyrk
    scaled = np.empty_like(rows)
    for k in range(c):
        for j in range(k + 1) if coupled else (k,):
            root = np.sqrt(np.abs(curvatures[:, k, j])).astype(rows.dtype)
            np.multiply(rows, root[:, None], out=scaled)
            upper = syrk(1.0 if k == j else -1.0, scaled.T)
            gram = np.triu(upper) + np.triu(upper, 1).T
            here, there = slice(k * p, (k + 1) * p), slice(j * p, (j + 1) * p)
            hessian[here, there] += gram
            if k != j:
                hessian[there, here] += gram


def hessian_times(problem, vectors):
    """The Hessian times vectors, in one pass that never forms it.

    Parameters
    ----------
    problem : Problem
    vectors : float64 array of shape (cp, m)

    Returns
    -------
    float64 array of shape (cp, m)
        Without the penalty.
    """
    design, (c, p) = problem.design, problem.theta.shape
    m = vectors.shape[1]
    columns = vectors.reshape(c, p, m).transpose(1, 0, 2).reshape(p, c * m)
    product = np.zeros((p, c * m))
    for part, block in design.blocks(n_rows=_rows_for(design, c * m)):
        along = design.times(block, columns).reshape(-1, c, m)
        bent = np.matmul(problem.curvatures(part, block), along)
        product += design.transposed_times(block, bent.reshape(-1, c * m))
    return product.reshape(p, c, m).transpose(1, 0, 2).reshape(c * p, m)


def _rows_for(design, n_columns):
    return max(1, 2**18 // max(design.n_columns, n_columns))


def gauge(problem, diagonal):
    """The curvature to add where the loss leaves the parameters open.

    A constant added to a parameter of all classes changes no probability of a
    multinomial model; where that parameter is not penalized the Hessian is singular
    there. Every gradient of a row sums to zero over the classes, so any curvature along
    that direction gives the solution that sums to zero too.

    Parameters
    ----------
    problem : Problem
    diagonal : float64 array of shape (c, p)

    Returns
    -------
    float64 array of shape (p,)
        g, for the term sum_j g_j (sum_k theta_kj)^2 / (2 c).
    """
    if not problem.loss.gauge:
        return np.zeros(problem.theta.shape[1])
    return np.where(problem.penalty.any(axis=0), 0.0, diagonal.mean(axis=0))


def add_gauge(hessian, curvature, n_outputs):
    """Adds the gauge's curvature (p,) to a Hessian (cp, cp) in place."""
    p = len(curvature)
    for k in range(n_outputs):
        for j in range(n_outputs):
            rows, columns = k * p + np.arange(p), j * p + np.arange(p)
            hessian[rows, columns] += curvature / n_outputs


def gauge_times(curvature, vectors, n_outputs):
    """The gauge's term times vectors (cp, m)."""
    parts = vectors.reshape(n_outputs, len(curvature), -1)
    product = curvature[:, None] * parts.mean(axis=0)
    return np.broadcast_to(product, parts.shape).reshape(vectors.shape)
