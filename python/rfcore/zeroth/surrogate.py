"""A cubic radial basis function interpolant that grows point by point."""

import numpy as np
from scipy import optimize
from scipy.linalg import solve_triangular

# Weight of the linear tail against the cubic part, and the share of a pivot below which
# a point counts as a repetition of earlier ones.
_TAIL_WEIGHT = 100.0
_NUGGET = 1e-13

_DESCENT_STEPS = 20


class CubicSurrogate:
    """Interpolates values in the unit cube by cubes of distances and a linear tail.

    ``s(u) = sum_i c_i |u - u_i|^3 / dim^1.5 + tail(u)`` with a linear tail. The tail is
    carried by the kernel ``k(u, v) = |u - v|^3 / dim^1.5 + w (1 + (2u - 1)'(2v - 1) /
    dim)`` with a weight w that is large: that comes close to the tail with free
    coefficients where points are many, is positive definite, and also works with fewer
    points than the dim + 1 that free coefficients need. One Cholesky factor grows by a
    row a point, O(n^2) each.

    Parameters
    ----------
    dim : int
    capacity : int
        The most points it will hold.

    References
    ----------
    Powell 1992; Gutmann 2001, doi:10.1023/A:1011255519438.
    """

    def __init__(self, dim, capacity):
        self.n = 0
        self._scale = dim**-1.5
        self._U = np.empty((capacity, dim))
        self._sq = np.empty(capacity)
        self._values = np.empty(capacity)
        self._factor = np.zeros((capacity, capacity))
        self._half = np.empty(capacity)
        self._weights = None

    @property
    def points(self):
        return self._U[: self.n]

    @property
    def values(self):
        return self._values[: self.n]

    def add(self, U, values):
        """Take in points (b, dim) of the unit cube and their values (b,)."""
        for u, value in zip(U, values, strict=True):
            n = self.n
            kernel = self._kernel(u[None])[0][0]
            row = solve_triangular(
                self._factor[:n, :n], kernel, lower=True, check_finite=False
            )
            own = _TAIL_WEIGHT * (1.0 + ((2 * u - 1) ** 2).mean())
            pivot = own * (1.0 + _NUGGET) - row @ row
            self._factor[n, :n] = row
            self._factor[n, n] = np.sqrt(max(pivot, own * _NUGGET))
            self._half[n] = (value - row @ self._half[:n]) / self._factor[n, n]
            self._U[n], self._sq[n], self._values[n] = u, u @ u, value
            self.n = n + 1
        self._weights = None

    def predict(self, U):
        """Interpolated values at points (c, dim), and their distances to all (c, n)."""
        self._solve()
        kernel, distances = self._kernel(U)
        return kernel @ self._weights, distances

    def _solve(self):
        if self._weights is None:
            self._weights = solve_triangular(
                self._factor[: self.n, : self.n],
                self._half[: self.n],
                lower=True,
                trans=1,
                check_finite=False,
            )

    def lowest_near(self, u):
        """A local minimum of the interpolant in the cube, downhill from one point."""
        self._solve()
        outcome = optimize.minimize(
            self._value_and_slope,
            u,
            jac=True,
            method="L-BFGS-B",
            bounds=[(0.0, 1.0)] * len(u),
            options={"maxiter": _DESCENT_STEPS},
        )
        return np.clip(outcome.x, 0.0, 1.0)

    def _value_and_slope(self, u):
        """The interpolant and its gradient at one point (dim,)."""
        differences = u - self.points
        distances = np.linalg.norm(differences, axis=1)
        directions = 2 * self.points - 1
        tail = _TAIL_WEIGHT * (1.0 + directions @ (2 * u - 1) / len(u))
        value = (self._scale * distances**3 + tail) @ self._weights
        slope = 3 * self._scale * (self._weights * distances) @ differences
        slope += 2 * _TAIL_WEIGHT / len(u) * (self._weights @ directions)
        return value, slope

    def _kernel(self, U):
        """The kernel between points (c, dim) and all others, and the distances."""
        dim = U.shape[1]
        products = U @ self.points.T
        sq = (U**2).sum(axis=1)[:, None] + self._sq[: self.n] - 2 * products
        sq = np.maximum(sq, 0.0, out=sq)
        distances = np.sqrt(sq)
        sums = U.sum(axis=1)[:, None] + self.points.sum(axis=1)
        tail = 1.0 + (4 * products - 2 * sums + dim) / dim
        return self._scale * sq * distances + _TAIL_WEIGHT * tail, distances
