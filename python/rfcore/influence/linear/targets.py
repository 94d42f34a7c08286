"""What the influence is on: functions of the parameters and their gradients."""

from dataclasses import dataclass

import numpy as np

from rfcore import _arrays
from rfcore.errors import DeviceError
from rfcore.influence.gaps import group_weights
from rfcore.influence.linear.blocks import over_blocks
from rfcore.influence.linear.boundary import move_amounts
from rfcore.influence.linear.resident import read_rows, to_host

NAMES = ("loss", "demographic_parity", "equal_opportunity", "robustness")

# Of the parameters that are put into the targets together.
_VALUES_AT_ONCE = 2**20

# A gap that is this small beside the terms of its means counts as 0.
_ROUNDING = 16 * np.finfo(np.float64).eps

# Step of a central difference, in units of a parameter's standard error or size.
_STEP = np.finfo(np.float64).eps ** (1 / 3)


@dataclass(frozen=True)
class RowSum:
    """sum_v a_v h(z_v), or its absolute value, over validation rows.

    Attributes
    ----------
    weights : float64 array of shape (v,)
        a.
    of_loss : bool
        Whether h is the loss; else it is the score of the second class.
    absolute : bool
    moves : float64 array of shape (v,) or None
        How much of theta is taken from each row before it is looked at.
    """

    weights: np.ndarray
    of_loss: bool
    absolute: bool
    moves: np.ndarray | None = None


class Targets:
    """Several targets, evaluated together on the same validation rows.

    Parameters
    ----------
    problem : Problem
        Of the training rows; parameters come in its coordinates.
    model : LinearModel
    targets : list of str or callable
    X_val, y_val, groups : array-like or None
    gamma : float
    steps : float64 array of shape (c, p)
        Natural sizes of steps of the parameters, for finite differences.
    """

    def __init__(self, problem, model, targets, X_val, y_val, *, groups, gamma, steps):
        self.problem, self.model, self.steps = problem, model, steps
        self.calls = [(t, f) for t, f in enumerate(targets) if callable(f)]
        self.names, self.n_targets = targets, len(targets)
        self.gaps = np.full(len(targets), np.nan)
        self.direction = problem.theta[0].copy()
        self.direction[model.n_features :] = 0
        names = [(t, name) for t, name in enumerate(targets) if not callable(name)]
        self.sums = []
        if names:
            self._read_rows(X_val, y_val)
            self.sums = [(t, self._row_sum(name, groups, gamma)) for t, name in names]

    def gradients(self):
        """Gradients at the model's parameters, (t, c, p), in one pass.

        It leaves the values of the gaps there in `gaps`, nan for other targets.
        """
        theta = self.problem.theta
        gradients = np.zeros((self.n_targets, *theta.shape))
        gaps, sizes = np.zeros(self.n_targets), np.zeros(self.n_targets)
        each = over_blocks(self._terms, self.design) if self.sums else ()
        for shares in each:
            for (t, _), (gap, size, gradient) in zip(self.sums, shares, strict=True):
                gaps[t] += gap
                sizes[t] += size
                gradients[t] += gradient
        for t, target in self.sums:
            if target.absolute:
                open_gap = abs(gaps[t]) > _ROUNDING * sizes[t]
                gradients[t] *= np.sign(gaps[t]) * open_gap
                self.gaps[t] = abs(gaps[t]) * open_gap
        for t, function in self.calls:
            gradients[t] = self._gradient_of(function)
        return gradients

    def _terms(self, part, block):
        """A block's share of each row sum, of its terms' sizes and of its gradient."""
        theta, y = self.problem.theta, self.y[part]
        plain = self.design.times(block, theta.T)
        shares, slopes = [], []
        for _, target in self.sums:
            z, weights = self._moved(plain, target, part, theta), target.weights[part]
            inner = self._inner(target, z, y)
            slopes.append(self._inner_slope(target, z, y) * weights[:, None])
            shares.append((weights @ inner, np.abs(weights) @ np.abs(inner)))
        product = self.design.transposed_times(block, np.hstack(slopes))
        gradients = np.split(product.T, len(slopes))
        for at, (_, target) in enumerate(self.sums):
            if target.moves is not None:
                along = slopes[at].T @ target.moves[part, None]
                gradients[at] = gradients[at] - along * self.direction
        return [
            (*share, gradient)
            for share, gradient in zip(shares, gradients, strict=True)
        ]

    def values(self, thetas):
        """Values (t, m) at parameters (m, c, p), in one pass over the rows."""
        m, c, p = thetas.shape
        values = np.zeros((self.n_targets, m))
        columns = thetas.reshape(m * c, p).T
        n_rows = max(1, _VALUES_AT_ONCE // (m * c))
        for part, block in self.design.blocks(n_rows=n_rows) if self.sums else ():
            plain = self.design.times(block, columns).reshape(-1, m, c)
            for t, target in self.sums:
                z = self._moved(plain, target, part, thetas)
                values[t] += target.weights[part] @ self._inner(target, z, self.y[part])
        for t, target in self.sums:
            if target.absolute:
                values[t] = np.abs(values[t])
        for t, function in self.calls:
            values[t] = [self._call(function, theta)[0] for theta in thetas]
        return values

    def _read_rows(self, X_val, y_val):
        if X_val is None or y_val is None:
            raise ValueError("X_val and y_val are needed for a target with a name")
        train = self.problem.design
        self.model.require_columns(X_val, "X_val")
        if _arrays.on_device(X_val) != train.resident:
            raise DeviceError("X_val and X should live in one place")
        self.design = read_rows(
            X_val,
            "X_val",
            intercept=train.intercept,
            n_features=train.n_features,
            shift=train.shift,
        )
        for _ in self.design.blocks(check=True):
            pass
        self.y = self.model.encode(to_host(y_val), "y_val", self.design.n_rows)

    def _row_sum(self, name, groups, gamma):
        if name not in NAMES:
            raise ValueError(
                f"target={name!r} should be one of {', '.join(NAMES)} or a callable"
            )
        n_rows = self.design.n_rows
        if name == "loss":
            return RowSum(np.ones(n_rows), of_loss=True, absolute=False)
        classes = self.model.classes
        if classes is None or len(classes) != 2:
            kind = "real numbers" if classes is None else f"{len(classes)} classes"
            raise ValueError(f"target={name!r} needs binary y, the model has {kind}")
        if name == "robustness":
            moves = self._boundary_moves(gamma)
            return RowSum(np.ones(n_rows), of_loss=True, absolute=False, moves=moves)
        of_loss = name == "equal_opportunity"
        counted = self.y == 1 if of_loss else np.ones(n_rows, dtype=bool)
        second = self.model.classes.tolist()[1]
        weights = group_weights(name, to_host(groups), counted, second)
        return RowSum(weights, of_loss=of_loss, absolute=True)

    def _boundary_moves(self, gamma):
        theta = self.problem.theta
        moves = np.empty(self.design.n_rows)
        coef = theta[0, : self.model.n_features]
        for part, block in self.design.blocks():
            decisions = self.design.times(block, theta.T)[:, 0]
            moves[part] = move_amounts(decisions, coef, gamma)
        return moves

    def _moved(self, z, target, part, thetas):
        """Decision values (b, ..., c) of the rows after the target's moves."""
        if target.moves is None:
            return z
        along = thetas @ self.direction
        moves = target.moves[part].reshape(-1, *[1] * (z.ndim - 1))
        return z - moves * along

    def _inner(self, target, z, y):
        loss = self.problem.loss
        return loss.value(z, y) if target.of_loss else loss.score(z)

    def _inner_slope(self, target, z, y):
        loss = self.problem.loss
        return loss.slope(z, y) if target.of_loss else loss.score_slope(z)

    def _call(self, function, theta):
        """Value and gradient (or None) of a callable at parameters of the problem."""
        answer = function(self.problem.design.to_model(theta))
        value, gradient = answer if isinstance(answer, tuple) else (answer, None)
        if np.ndim(value) != 0 or not np.isfinite(value):
            raise ValueError(f"the target gives {value!r}, should give a finite number")
        return float(value), gradient

    def _gradient_of(self, function):
        theta = self.problem.theta
        _, gradient = self._call(function, theta)
        if gradient is not None:
            if np.shape(gradient) != theta.shape:
                raise ValueError(
                    f"the target's gradient has shape {np.shape(gradient)}, should "
                    f"have {theta.shape}"
                )
            return self.problem.design.gradient_from_model(gradient)
        gradient = np.empty_like(theta)
        for at in np.ndindex(*theta.shape):
            step = _STEP * self.steps[at]
            ends = [theta.copy(), theta.copy()]
            ends[0][at] += step
            ends[1][at] -= step
            above, below = (self._call(function, end)[0] for end in ends)
            gradient[at] = (above - below) / (ends[0][at] - ends[1][at])
        return gradient
