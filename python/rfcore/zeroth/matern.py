"""A Gaussian process that grows point by point, under many length scales at once."""

import numpy as np
from scipy.spatial.distance import cdist

_LENGTH_SCALES = 0.02 * 2.0 ** np.arange(10)
_FIRST = 4
_FIRST_CAPACITY = 64
# Share of a point's prior variance that is left at least: below it is rounding.
_NUGGET = 1e-12


class MaternProcess:
    """Values at points, with an unknown constant mean and a Matern 5/2 covariance.

    ``cov(u, v) = s^2 (1 + z + z^2 / 3) exp(-z)``, ``z = sqrt(5) |u - v| / l``. The mean
    is estimated by generalized least squares, s^2 by ``q / (n - 1)``, where q is the
    residuals' square under the inverse correlation R^-1, and l is the one of ten
    lengths 0.02 .. 10.24 that maximizes the restricted likelihood
    ``-((n - 1) log(q / (n - 1)) + log|R| + log(1' R^-1 1)) / 2``;
    with two points, where all are equal, 0.32.

    The inverse of each Cholesky factor grows by a row a point, O(n^2) for each length.

    Parameters
    ----------
    dim : int

    References
    ----------
    Rasmussen and Williams 2006, 2.7 and 4.2.1.
    """

    def __init__(self, dim):
        n_lengths = len(_LENGTH_SCALES)
        self.n = 0
        self._U = np.empty((_FIRST_CAPACITY, dim))
        self._inverse = np.zeros((n_lengths, _FIRST_CAPACITY, _FIRST_CAPACITY))
        # Values and ones, whitened by each factor.
        self._values = np.empty((n_lengths, _FIRST_CAPACITY))
        self._ones = np.empty((n_lengths, _FIRST_CAPACITY))
        self._log_det = np.zeros(n_lengths)
        self._fit = None

    def add(self, u, value):
        """Take in a point (dim,) and its value."""
        n = self.n
        if n == len(self._U):
            self._grow()
        kernel = _matern(np.linalg.norm(self._U[:n] - u, axis=1), _LENGTH_SCALES)
        inverse = self._inverse[:, :n, :n]
        row = np.matmul(inverse, kernel[:, :, None])[:, :, 0]
        left = 1.0 - (row**2).sum(axis=1)
        pivot = np.sqrt(np.maximum(left, _NUGGET))
        # A point that the others determine speaks for or against a length, but its row
        # would be rounding, which later rows would multiply.
        scale = (left > _NUGGET) / pivot
        self._inverse[:, n, :n] = -np.matmul(row[:, None], inverse)[:, 0]
        self._inverse[:, n, :n] *= scale[:, None]
        self._inverse[:, n, n] = scale
        for whitened, new in ((self._values, value), (self._ones, 1.0)):
            known = (row * whitened[:, :n]).sum(axis=1)
            whitened[:, n] = (new - known) / pivot
        self._log_det += 2.0 * np.log(pivot)
        self._U[n] = u
        self.n = n + 1
        self._fit = None

    def predict(self, U):
        """Means and standard deviations (c,) at points (c, dim).

        Of a single point nothing can be learned about s: deviations are infinite.
        """
        if self.n < 2:
            mean = self._values[0, 0] if self.n else 0.0
            return np.full(len(U), mean), np.full(len(U), np.inf)
        best, mean, variance, n_ones = self._estimate()
        n = self.n
        distances = cdist(U, self._U[:n])
        kernel = _matern(distances, _LENGTH_SCALES[best : best + 1])[0]
        weights = kernel @ self._inverse[best, :n, :n].T
        ones, values = self._ones[best, :n], self._values[best, :n]
        means = mean + weights @ (values - mean * ones)
        left = 1.0 - (weights**2).sum(axis=1)
        left = np.maximum(left, 0.0) + (1.0 - weights @ ones) ** 2 / n_ones
        return means, np.sqrt(variance * left)

    @property
    def length_scale(self):
        """The length of the largest likelihood."""
        return _LENGTH_SCALES[self._estimate()[0]]

    def _estimate(self):
        """The best length's place, its mean and variance, and 1' R^-1 1."""
        if self._fit is None:
            ones, values = self._ones[:, : self.n], self._values[:, : self.n]
            n_ones = (ones**2).sum(axis=1)
            means = (ones * values).sum(axis=1) / n_ones
            residuals = values - means[:, None] * ones
            variances = (residuals**2).sum(axis=1) / (self.n - 1)
            # Of equal values every variance is 0, and no length is better.
            logs = np.log(np.maximum(variances, np.finfo(float).tiny))
            misfit = (self.n - 1) * logs + self._log_det + np.log(n_ones)
            # Under two points all lengths are equally likely.
            best = int(misfit.argmin()) if self.n > 2 else _FIRST
            self._fit = best, means[best], variances[best], n_ones[best]
        return self._fit

    def _grow(self):
        more = (0, self.n)
        self._U = np.pad(self._U, (more, (0, 0)))
        self._inverse = np.pad(self._inverse, ((0, 0), more, more))
        self._values = np.pad(self._values, ((0, 0), more))
        self._ones = np.pad(self._ones, ((0, 0), more))


def _matern(distances, lengths):
    """Correlations (q, ...) at distances (...) under each of q lengths."""
    z = np.sqrt(5.0) * np.multiply.outer(1.0 / lengths, distances)
    return (1.0 + z + z**2 / 3.0) * np.exp(-z)
