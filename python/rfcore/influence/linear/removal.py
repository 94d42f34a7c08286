"""What else changes in an objective when rows are left out of it.

The weights that balance classes are n / (n_classes n_c), so a row that leaves changes
those of every class; and a penalty per row goes with its row.
"""

from dataclasses import replace
from functools import cached_property

import numpy as np

from rfcore.influence.linear.hessian import sum_over_rows

# Of a class's total: less than this is left of it by rounding only.
_ROUNDING = 1e-12


class Removal:
    """The objective without rows, beside the one with them.

    With S the sum over all rows of s, S_c that over class c, and dS, dS_c those over
    the rows that leave, the weight of each other row of class c is multiplied by

        rho_c = (1 - dS / S) / (1 - dS_c / S_c)

    and 0 where no row of the class is left; by 1 where classes are not balanced. A
    penalty per row is taken off once for each of the rows.

    Parameters
    ----------
    problem : Problem
        With all rows.
    sizes : float64 array of shape (n,) or None
        s, what balances the classes: the rows' weights or ones. None where nothing is
        balanced.
    n_classes : int or None
    share : float64 array of shape (c, p)
        The penalty of one row, a part of the problem's.
    """

    def __init__(self, problem, *, sizes, n_classes, share):
        self.problem, self.sizes, self.share = problem, sizes, share
        if sizes is not None:
            self.totals = np.bincount(problem.y, weights=sizes, minlength=n_classes)

    @property
    def plain(self):
        """Whether nothing else changes."""
        return self.sizes is None and not self.share.any()

    def ratios(self, rows):
        """rho when each of some rows leaves alone, (m, k); (m, 1) if not balanced."""
        if self.sizes is None:
            return np.ones((len(self.problem.y[rows]), 1))
        codes, sizes = self.problem.y[rows], self.sizes[rows]
        gone = np.zeros((len(codes), len(self.totals)))
        gone[np.arange(len(codes)), codes] = sizes
        return self._ratios(gone)

    def set_ratios(self, rows):
        """rho when rows leave together, (k,)."""
        if self.sizes is None:
            return np.ones(1)
        codes, sizes = self.problem.y[rows], self.sizes[rows]
        gone = np.bincount(codes, weights=sizes, minlength=len(self.totals))
        return self._ratios(gone[None])[0]

    def own_ratios(self, rows, ratios):
        """Of each row that of its own class, (m,)."""
        if self.sizes is None:
            return ratios[:, 0]
        return ratios[np.arange(len(ratios)), self.problem.y[rows]]

    def pull(self, ratios, n_gone=1):
        """Minus the gradient that the other changes bring, (..., c, p).

        Parameters
        ----------
        ratios : float64 array of shape (..., k)
        n_gone : int, default=1
        """
        pull = n_gone * self.share * self.problem.theta
        if self.sizes is None:
            return np.broadcast_to(pull, (*ratios.shape[:-1], *pull.shape))
        return pull + np.tensordot(1 - ratios, self.class_gradients, 1)

    def hessian(self, hessian, ratios, n_gone=1):
        """A Hessian (cp, cp) after the other changes, for ratios (k,)."""
        if self.sizes is not None:
            hessian = hessian + np.tensordot(ratios - 1, self.class_hessians, 1)
        return hessian - n_gone * np.diag(self.share.ravel())

    def without(self, rows):
        """The problem without some rows, which get the weight 0."""
        problem, ratios = self.problem, self.set_ratios(rows)
        weights = np.ones(problem.design.n_rows)
        if problem.weights is not None:
            weights *= problem.weights
        if self.sizes is not None:
            weights *= ratios[problem.y]
        weights[rows] = 0
        penalty = problem.penalty - len(rows) * self.share
        return replace(problem, weights=weights, penalty=penalty)

    @cached_property
    def class_gradients(self):
        """Sums of the rows' gradients by class, (k, c, p)."""
        each = [self._class_sums(k, False) for k in range(len(self.totals))]
        return np.array([sums.gradient for sums in each])

    @cached_property
    def class_hessians(self):
        """Sums of the rows' Hessians by class, (k, cp, cp)."""
        each = [self._class_sums(k, True) for k in range(len(self.totals))]
        return np.array([sums.hessian for sums in each])

    def _class_sums(self, k, with_hessian):
        own = self.problem.weigh(slice(None), (self.problem.y == k).astype(float))
        penalty = np.zeros_like(self.problem.penalty)
        problem = replace(self.problem, weights=own, penalty=penalty)
        return sum_over_rows(problem, with_hessian=with_hessian)

    def _ratios(self, gone):
        left = self.totals - gone
        share = 1 - gone.sum(axis=1, keepdims=True) / self.totals.sum()
        ratios = np.zeros_like(left)
        some = left > _ROUNDING * self.totals
        np.divide(share * self.totals, left, out=ratios, where=some)
        return ratios
