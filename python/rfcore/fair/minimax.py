"""The centers of a partition under which the largest mean cost of a group is least."""

from dataclasses import dataclass

import numpy as np

# The gap that may be left, relative to the largest cost.
_GAP = 1e-12

_MOST_STEPS = 100

# What a step leaves of the way to a bound, and of the complementarity it aims at.
_BACK_OFF = 0.99
_CENTERING = 0.1


@dataclass(frozen=True)
class Parts:
    """A partition of the rows of several groups into clusters.

    Attributes
    ----------
    shares : float64 array of shape (k, l)
        The share of the rows of group g that is in cluster c; sums to 1 over c.
    means : float64 array of shape (k, l, m)
        The mean of those rows; anything finite where there are none.
    within : float64 array of shape (l,)
        The mean squared distance of a group's rows to the means of its own parts.
    """

    shares: np.ndarray
    means: np.ndarray
    within: np.ndarray

    def costs(self, centers):
        """The mean squared distance of each group's rows to their centers.

            f_g(C) = within_g + sum over c of shares_cg |C_c - means_cg|^2

        Parameters
        ----------
        centers : float64 array of shape (k, m)

        Returns
        -------
        float64 array of shape (l,)
        """
        apart = ((self.means - centers[:, None]) ** 2).sum(axis=2)
        return self.within + (self.shares * apart).sum(axis=0)

    def weighted(self, weights):
        """The centers of least weighted cost, and the curvature of that cost.

        Parameters
        ----------
        weights : float64 array of shape (l,)
            Positive.

        Returns
        -------
        centers : float64 array of shape (k, m)
            C_c = sum_g w_g shares_cg means_cg / sum_g w_g shares_cg.
        curvature : float64 array of shape (l, l)
            The derivatives of f_g(C) by the weights.
        """
        each = self.shares * weights
        total = each.sum(axis=1)
        centers = np.einsum("cg,cgm->cm", each, self.means) / total[:, None]
        pulls = self.shares[:, :, None] * (self.means - centers[:, None])
        scaled = pulls / total[:, None, None]
        return centers, -2.0 * np.einsum("cgm,chm->gh", pulls, scaled)


def minimax_centers(parts):
    """The centers C that make the largest cost f_g(C) of a group least.

    They are the weighted means under those weights on the simplex for which the least
    weighted cost is largest. That cost is a concave function of the weights with the
    gradient f, and its value bounds the largest cost from below: a primal-dual interior
    point method in as many variables as there are groups closes the gap. For two groups
    this is the exact line search.

    Parameters
    ----------
    parts : Parts
        No cluster is empty.

    Returns
    -------
    centers : float64 array of shape (k, m)
    weights : float64 array of shape (l,)
    gap : float
        The largest cost less the bound by the weights: at most 1e-12 of it, or what 100
        steps leave.
    """
    weights = np.full(len(parts.within), 1.0 / len(parts.within))
    slack, least, found = None, np.inf, None
    for _ in range(_MOST_STEPS):
        centers, curvature = parts.weighted(weights)
        costs = parts.costs(centers)
        gap = float(costs.max() - weights @ costs)
        if gap < least:
            least, found = gap, (centers, weights, gap)
        if gap <= _GAP * costs.max():
            break
        if slack is None:
            level = costs.max() + gap
            slack = level - costs
        step = _step(costs, curvature, weights, slack, level)
        weights, slack, level = _moved((weights, slack, level), step)
    return found


def _step(costs, curvature, weights, slack, level):
    """Newton's step for costs + slack = level, sum of weights = 1, products alike."""
    n_groups = len(weights)
    aim = _CENTERING * (weights @ slack) / n_groups
    matrix = np.zeros((n_groups + 1, n_groups + 1))
    matrix[:-1, :-1] = curvature - np.diag(slack / weights)
    matrix[:-1, -1] = matrix[-1, :-1] = -1.0
    right = np.append(level - costs - aim / weights, weights.sum() - 1.0)
    *by_weight, by_level = np.linalg.solve(matrix, right)
    by_weight = np.array(by_weight)
    by_slack = (aim - slack * by_weight) / weights - slack
    return by_weight, by_slack, by_level


def _moved(point, step):
    """As far along a step as weights and slack stay positive."""
    length = 1.0
    for value, by in zip(point[:2], step[:2], strict=True):
        falls = by < 0
        if falls.any():
            length = min(length, _BACK_OFF * (value[falls] / -by[falls]).min())
    return tuple(value + length * by for value, by in zip(point, step, strict=True))
