"""Losses of linear models as functions of the decision values of a row.

Each takes decision values z (b, ..., c) and codes of the labels y (b,), and gives the
loss (b, ...), its slope (b, ..., c) and its curvature (b, c, c) with respect to z.
"""

import numpy as np
from scipy.special import expit, log_softmax, softmax

# Width of the zone in which the smoothed hinge bends, in units of the margin.
HINGE_WIDTH = 0.1

# How far a row's decision value moves before its curvature is another one.
_REACH = 0.5

# A residual that is this small beside what it is a difference of is rounding.
_ROUNDING = 1e-8


class Loss:
    """What the losses share.

    Attributes
    ----------
    coupled : bool
        Whether the curvature has entries off the diagonal; they are never positive.
    score_name : str or None
        What `score` is; None where there is no score for demographic parity.
    gauge : bool
        Whether adding a constant to all decision values of a row changes nothing.
    rounding : callable or None
        Takes z and y and gives the size below which a slope is rounding.
    reach : float
        How far a Newton step may move the decision value of the row that is left out
        before it is checked whether the curvature is still the one that it was taken
        with. Infinite where it is the same everywhere.
    """

    coupled = False
    gauge = False
    score_name = None
    rounding = None
    reach = _REACH


class LogLoss(Loss):
    """log(1 + exp(z)) - y z, for y in {0, 1} and one decision value."""

    score_name = "probability"

    def value(self, z, y):
        z = z[..., 0]
        return np.logaddexp(0, z) - _along(y, z) * z

    def slope(self, z, y):
        return expit(z) - _along(y, z)

    def curvature(self, z, y):
        p = expit(z)
        return (p * expit(-z))[..., None]

    def score(self, z):
        """The probability of the second class."""
        return expit(z[..., 0])

    def score_slope(self, z):
        return expit(z) * expit(-z)


class MultinomialLogLoss(Loss):
    """log(sum_k exp(z_k)) - z_y, for y in {0, ..., c - 1}."""

    coupled = True
    gauge = True

    def value(self, z, y):
        index = np.broadcast_to(_along(y, z), (*z.shape[:-1], 1))
        return -np.take_along_axis(log_softmax(z, axis=-1), index, axis=-1)[..., 0]

    def slope(self, z, y):
        return softmax(z, axis=-1) - (_along(y, z) == np.arange(z.shape[-1]))

    def curvature(self, z, y):
        p = softmax(z, axis=-1)
        return p[:, :, None] * (np.eye(p.shape[1]) - p[:, None, :])


class SquaredError(Loss):
    """(z - y)^2 / 2, for real y and one decision value."""

    reach = np.inf

    def value(self, z, y):
        return (z[..., 0] - _along(y, z[..., 0])) ** 2 / 2

    def slope(self, z, y):
        return z - _along(y, z)

    def curvature(self, z, y):
        return np.ones((*z.shape, 1))

    def rounding(self, z, y):
        return _ROUNDING * (np.abs(z) + np.abs(_along(y, z)))


class _Hinge(Loss):
    """A function of the margins s_k z_k, summed over the decision values.

    One decision value: s = 1 for y = 1 and -1 for y = 0. More: s_k = 1 for k = y and -1
    for the others (one versus the rest).
    """

    score_name = "decision value"

    def value(self, z, y):
        return self._bend(1 - _signs(z, y) * z).sum(axis=-1)

    def slope(self, z, y):
        signs = _signs(z, y)
        return -signs * self._bend_slope(1 - signs * z)

    def curvature(self, z, y):
        bend = self._bend_curvature(1 - _signs(z, y) * z)
        return bend[:, :, None] * np.eye(z.shape[-1])

    def score(self, z):
        """The decision value: a linear SVM has no probabilities."""
        return z[..., 0]

    def score_slope(self, z):
        return np.ones_like(z)


class SquaredHinge(_Hinge):
    """max(0, 1 - s z)^2; the curvature is 2 inside the margin and 0 from it on."""

    def _bend(self, gap):
        return np.maximum(gap, 0) ** 2

    def _bend_slope(self, gap):
        return 2 * np.maximum(gap, 0)

    def _bend_curvature(self, gap):
        return 2.0 * (gap > 0)


class SmoothedHinge(_Hinge):
    """t log(1 + exp((1 - s z) / t)) for t = 0.1, in place of max(0, 1 - s z).

    It is above the hinge by at most t log 2 = 0.07, and by less than 1e-3 t beyond 7 t
    from the margin.
    """

    reach = 2 * HINGE_WIDTH

    def _bend(self, gap):
        return HINGE_WIDTH * np.logaddexp(0, gap / HINGE_WIDTH)

    def _bend_slope(self, gap):
        return expit(gap / HINGE_WIDTH)

    def _bend_curvature(self, gap):
        return expit(gap / HINGE_WIDTH) * expit(-gap / HINGE_WIDTH) / HINGE_WIDTH


class SquaredSigns(_Hinge):
    """(s - z)^2 / 2, which is (1 - s z)^2 / 2: half the squared error of labels +-1."""

    reach = np.inf

    def rounding(self, z, y):
        return _ROUNDING * (np.abs(z) + 1)

    def _bend(self, gap):
        return gap**2 / 2

    def _bend_slope(self, gap):
        return gap

    def _bend_curvature(self, gap):
        return np.ones_like(gap)


def _along(y, z):
    """Codes (b,) shaped to stand beside values (b, ...)."""
    return y.reshape(-1, *[1] * (z.ndim - 1))


def _signs(z, y):
    if z.shape[-1] == 1:
        return 2.0 * _along(y, z) - 1
    return 2.0 * (_along(y, z) == np.arange(z.shape[-1])) - 1
