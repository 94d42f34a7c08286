"""Where the parameters go when rows are left out, by one step.

The model's parameters count as the minimum of its objective. Let r_i be minus the
gradient that they have without row i: the row's own gradient g_i, and what `Removal`
adds to it; and H_i what the Hessian H loses.

    first order   H^-1 r_i
    newton        (H - H_i)^-1 r_i
"""

from dataclasses import replace

import numpy as np

from rfcore.errors import InfeasibleError
from rfcore.influence.linear.hessian import add_gauge, gauge, sum_over_rows
from rfcore.influence.linear.minimum import minimum
from rfcore.influence.linear.solvers import Cholesky, SingularError

# Below this share of the Hessian's curvature along a row, the row alone holds it up.
_LEFT_OVER = 1e-10

# Above this share it is not checked where a Newton step leads; and what share of it a
# second step may be.
_SURE = 0.5
_SECOND = 0.25

# Relative gradient up to which a refit has found a minimum.
_AT_MINIMUM = 1e-3

# Factors kept for rows that come later: of as many classes, or kinds of weights.
_N_FACTORS = 16


def first_order_steps(removal, solver, rows):
    """H^-1 r_i of some rows, (m, c, p).

    Parameters
    ----------
    removal : Removal
    solver : Cholesky, ConjugateGradients or Nystroem
    rows : slice or int64 array of shape (m,)

    Returns
    -------
    float64 array of shape (m, c, p)
    """
    own = removal.problem.take(rows)
    block = own.design.dense(own.design.X).astype(np.float64)
    slopes = own.slopes(slice(None), own.decisions(own.design.X))
    ratios = removal.ratios(rows)
    slopes = slopes * removal.own_ratios(rows, ratios)[:, None]
    sides = slopes[:, :, None] * block[:, None, :] + removal.pull(ratios)
    flat = sides.reshape(len(block), -1)
    return solver.solve(flat.T).T.reshape(sides.shape)


class NewtonSteps:
    """Newton steps to the models without rows, and refits where these go too far.

    A step is right as far as the curvature stays what it was. Where less than half of H
    is left along the row, or the row's own decision value moves by more than
    `Loss.reach`, a second step is looked at, from where the first one leads: where it
    moves the decision value by more than a quarter of what the first did, the objective
    without the row is minimized instead.

    Parameters
    ----------
    removal : Removal
    hessian : float64 array of shape (cp, cp)
        With penalty, damping and gauge.
    solver : Cholesky
        Its factor.
    gradient : float64 array of shape (c, p)
        Of the whole objective, 0 but for how far the model has converged.
    damping : float
    precision : float
        As of `Cholesky`.
    """

    def __init__(self, removal, hessian, solver, gradient, *, damping, precision):
        self.removal, self.hessian, self.solver = removal, hessian, solver
        self.gradient = gradient
        self.damping, self.precision = damping, precision
        self.factors = {}

    def of_each(self, rows):
        """Steps when each of some rows alone is left out.

        Parameters
        ----------
        rows : int64 array of shape (m,)

        Returns
        -------
        steps : float64 array of shape (m, c, p)
        refitted : bool array of shape (m,)

        Raises
        ------
        InfeasibleError
            If the objective without a row has no minimum.
        """
        steps = np.empty((len(rows), *self.removal.problem.theta.shape))
        refitted = np.empty(len(rows), dtype=bool)
        ratios = self.removal.ratios(rows)
        kinds, index = np.unique(ratios, axis=0, return_inverse=True)
        for at, kind in enumerate(kinds):
            own = np.flatnonzero(np.ravel(index) == at)
            steps[own], refitted[own] = self._of_kind(rows[own], kind)
        for at in np.flatnonzero(refitted):
            steps[at] = self._refit(rows[[at]])
        return steps, refitted

    def of_set(self, rows):
        """The step when rows are left out together.

        Parameters
        ----------
        rows : int64 array of shape (s,)

        Returns
        -------
        step : float64 array of shape (c, p)
        refitted : bool

        Raises
        ------
        InfeasibleError
            If the objective without the rows has no minimum.
        """
        removal, n_gone = self.removal, len(rows)
        ratios = removal.set_ratios(rows)
        own = removal.problem.take(rows)
        amounts = removal.own_ratios(rows, np.tile(ratios, (n_gone, 1)))
        own = replace(own, weights=own.weigh(slice(None), amounts))
        sums = sum_over_rows(own, with_hessian=True)
        left = removal.hessian(self.hessian, ratios, n_gone) - sums.hessian
        side = sums.gradient + removal.pull(ratios, n_gone)
        try:
            solver = Cholesky(left, self.precision)
        except SingularError as error:
            if own.loss.reach < np.inf:
                return self._refit(rows), True
            raise InfeasibleError(
                f"without these {n_gone} rows the Hessian is singular; fit the model "
                "with a penalty or give damping=1e-3"
            ) from error
        step = solver.solve(side.reshape(-1, 1)).reshape(own.theta.shape)
        moves = own.design.times(own.design.X, step.T)
        if np.abs(moves).max() <= own.loss.reach:
            return step, False
        block = own.design.dense(own.design.X).astype(np.float64)
        if self._leads_near(rows, step, block):
            return step, False
        return self._refit(rows), True

    def _of_kind(self, rows, ratios):
        """Steps of rows that change the others alike, and which lead too far.

        With D = I_c kron [x, 1] and rho of the row's class, its Hessian is D S D' where
        S = rho w l'', and r_i = D s + v where s = rho w l'. With B = H less the other
        changes the step is B^-1 v + B^-1 D (I - S D'B^-1 D)^-1 (s + S D'B^-1 v), a
        system of c equations (for c = 1 a division by one minus the leverage).
        """
        own = self.removal.problem.take(rows)
        kept = np.tile(ratios, (len(rows), 1))
        kept = self.removal.own_ratios(rows, kept)
        own = replace(own, weights=own.weigh(slice(None), kept))
        block = own.design.dense(own.design.X).astype(np.float64)
        z = own.decisions(own.design.X)
        slopes, curvatures = own.slopes(slice(None), z), own.curvatures(slice(None), z)
        (m, p), c = block.shape, slopes.shape[1]
        solver = self._factor(ratios)
        sides = np.zeros((c, p, m, c))
        for k in range(c):
            sides[k, :, :, k] = block.T
        solved = solver.solve(sides.reshape(c * p, m * c)).reshape(c, p, m, c)
        pull = self.removal.pull(ratios)
        common = solver.solve(pull.reshape(-1, 1)).reshape(c, p)
        bent = np.matmul(curvatures, (block @ common.T)[:, :, None])
        inside = np.einsum("bp,kpbl->bkl", block, solved)
        left = np.eye(c) - np.matmul(curvatures, inside)
        shares = np.linalg.det(left)
        gone = shares < _LEFT_OVER
        if gone.any() and own.loss.reach == np.inf:
            raise InfeasibleError(
                f"without row {rows[gone][0]} the Hessian is singular: the row alone "
                "fixes a parameter; fit the model with a penalty or give damping=1e-3"
            )
        left[gone] = np.eye(c)
        amounts = np.linalg.solve(left, slopes[:, :, None] + bent)[:, :, 0]
        steps = common + np.einsum("kpbl,bl->bkp", solved, amounts)
        if own.loss.reach == np.inf:
            return steps, gone
        moves = np.einsum("bp,bkp->bk", block, steps)
        far, too_far = np.abs(moves).max(axis=1) > own.loss.reach, gone.copy()
        for at in np.flatnonzero((far | (shares < _SURE)) & ~gone):
            near = self._leads_near(rows[[at]], steps[at], block[[at]])
            too_far[at] = not near
        return steps, too_far

    def _factor(self, ratios):
        """Of the Hessian after the other changes."""
        if self.removal.plain:
            return self.solver
        key = ratios.tobytes()
        if key not in self.factors:
            if len(self.factors) == _N_FACTORS:
                self.factors.clear()
            moved = self.removal.hessian(self.hessian, ratios)
            self.factors[key] = Cholesky(moved, self.precision)
        return self.factors[key]

    def _leads_near(self, rows, step, block):
        """Whether a second step moves the rows' decision values much less."""
        problem = self.removal.without(rows)
        there = problem.at(problem.theta + step)
        sums = sum_over_rows(there, with_hessian=True)
        gradient = sums.gradient - self.gradient + self.damping * step
        add_gauge(sums.hessian, gauge(there, sums.diagonal), len(step))
        sums.hessian[np.diag_indices(step.size)] += self.damping
        try:
            solver = Cholesky(sums.hessian, self.precision)
        except SingularError:
            return False
        second = solver.solve(gradient.reshape(-1, 1)).reshape(step.shape)
        first, second = (np.abs(block @ way.T).max() for way in (step, second))
        return second <= _SECOND * first

    def _refit(self, rows):
        """From the model's parameters to the minimum without some rows, (c, p).

        As a step does, it takes the model's parameters for the minimum with the rows,
        and damping for half its square's penalty on the way.
        """
        problem = self.removal.without(rows)
        try:
            found, gradient = minimum(
                problem, self.damping, slope=self.gradient, pulled=True
            )
        except SingularError:
            gradient = np.inf
        if gradient > _AT_MINIMUM:
            raise InfeasibleError(
                f"without {_named(rows)} the model has no minimum: the others may be "
                "separable without error; fit it with a penalty or give damping=1e-3"
            )
        return found.theta - problem.theta


def _named(rows):
    if len(rows) == 1:
        return f"row {rows[0]}"
    return f"these {len(rows)} rows"
