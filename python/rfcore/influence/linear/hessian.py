"""The gradient and the Hessian of a model's objective, summed over blocks of rows.

With z = Theta [x, 1] the Hessian of a row is w S kron [x, 1][x, 1]', S its curvature
(c, c), so that the sum is made of c^2 weighted Gram matrices X' diag(w S_kj) X.
"""

import threading
from dataclasses import dataclass

import numpy as np

from rfcore import _core
from rfcore.influence.linear.blocks import over_blocks

# Of a column's shift: what is as small beside it is rounding.
_ROUNDING = 1e-12


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

    def decisions(self, block):
        """Decision values of a block, (b, c)."""
        return self.design.times(block, self.theta.T)

    def slopes(self, part, z):
        """Weighted slopes of a block with decision values z, (b, c)."""
        return self.weigh(part, self.loss.slope(z, self.y[part]))

    def curvatures(self, part, z):
        """Weighted curvatures of a block with decision values z, (b, c, c)."""
        return self.weigh(part, self.loss.curvature(z, self.y[part]))

    def weigh(self, part, values):
        """Values (b, ...) of a block times the weights of its rows."""
        if self.weights is None:
            return values
        return values * self.weights[part].reshape(-1, *[1] * (values.ndim - 1))

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
            values = self.loss.value(self.decisions(block), self.y[part])
            total += self.weigh(part, values).sum()
        return float(total)


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
    theta, penalty, c = problem.theta, problem.penalty, len(problem.theta)
    pairs = [
        (k, j)
        for k in range(c)
        for j in (range(k + 1) if problem.loss.coupled else (k,))
    ]
    gradient, scale = penalty * theta, np.abs(penalty * theta)
    p = theta.shape[1]
    curved = np.zeros((len(pairs), p, p) if with_hessian else (c, p))

    held = None if problem.design.resident else _Held(problem.design)

    def terms(part, block):
        return _terms(problem, part, block, pairs if with_hessian else None, held)

    each = over_blocks(terms, problem.design, check=check)
    for slopes, sizes, curvatures in each:
        gradient += slopes
        scale += sizes
        for total, term in zip(curved, curvatures, strict=True):
            total += term
    # A constant column is 0 less its shift, and has no terms but the penalty's.
    sizes = problem.design.shift_sizes(scale)
    constant = scale - np.abs(penalty * theta) <= _ROUNDING * sizes
    scale = np.where(constant, scale + sizes, scale)
    if not with_hessian:
        return Sums(gradient, scale, curved + penalty, None)
    hessian = _assembled(curved, pairs, c)
    hessian[np.diag_indices(c * p)] += penalty.ravel()
    return Sums(gradient, scale, np.diag(hessian).reshape(c, p).copy(), hessian)


class _Held(threading.local):
    """Each thread's room for a block's rows times something.

    Asked for anew with each block, it would come back as fresh pages each time, and
    they take as long to be filled with zeros as all that is done to the block.
    """

    def __init__(self, design):
        n_rows = design.parts()[0].stop
        self.scaled = np.empty((n_rows, design.n_columns), design.dtype)


def _terms(problem, part, block, pairs, held):
    """A block's gradient and its scale, (c, p), and its Grams or its diagonal."""
    loss, y = problem.loss, problem.y[part]
    z = problem.decisions(block)
    slopes, curvatures = problem.slopes(part, z), problem.curvatures(part, z)
    magnitudes = np.abs(slopes)
    if loss.rounding is not None:
        magnitudes = np.maximum(magnitudes, problem.weigh(part, loss.rounding(z, y)))
    if problem.design.resident:
        return problem.design.terms(block, slopes, magnitudes, curvatures, pairs)
    design = problem.design
    rows, shift = design.features(block), design.shift.astype(design.dtype)
    gradient, sizes = np.empty((2, *problem.theta.shape))
    _core.sum_slopes(rows, shift, slopes, magnitudes, gradient, sizes)
    if pairs is None:
        own = np.einsum("bkk->bk", curvatures)
        curved = ((design.dense(rows) ** 2).T @ own.astype(rows.dtype)).T
    else:
        curved = _grams(rows, shift, curvatures, pairs, held.scaled[: len(y)])
    return gradient, sizes, curved


def _grams(rows, shift, curvatures, pairs, scaled):
    """X' diag(S_kj) X of each pair; no S_kj with k != j is positive.

    A matrix times its own transpose takes half of a product's arithmetic in NumPy.
    """
    grams = []
    for k, j in pairs:
        root = np.sqrt(np.abs(curvatures[:, k, j])).astype(rows.dtype)
        _core.scale_rows(rows, shift, root, scaled)
        gram = scaled.T @ scaled
        grams.append(gram if k == j else np.negative(gram, out=gram))
    return grams


def _assembled(grams, pairs, c):
    """The Hessian (cp, cp) from the pairs' matrices."""
    p = grams.shape[1]
    if c == 1:
        return grams[0]
    hessian = np.zeros((c * p, c * p))
    for gram, (k, j) in zip(grams, pairs, strict=True):
        here, there = slice(k * p, (k + 1) * p), slice(j * p, (j + 1) * p)
        hessian[here, there] = gram
        hessian[there, here] = gram
    return hessian


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

    def term(part, block):
        along = design.times(block, columns).reshape(-1, c, m)
        curvatures = problem.curvatures(part, problem.decisions(block))
        bent = np.matmul(curvatures, along)
        return design.transposed_times(block, bent.reshape(-1, c * m))

    for share in over_blocks(term, design, n_rows=_rows_for(design, c * m)):
        product += share
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
