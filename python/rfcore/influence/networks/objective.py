"""A network's objective: its gradient, its curvature and its rows' slopes.

Parameters are one vector (q,) here, float64 whatever the module's own dtype is, and so
are all sums over rows; they are taken in batches, in the order of the rows.
"""

import copy
import warnings
from collections.abc import Mapping

import numpy as np

from rfcore.influence.embedding import as_tensor


class Objective:
    """sum_i w_i loss(f(x_i), y_i) + sum(penalty theta^2) / 2 of a copy of a module.

    Parameters
    ----------
    module : torch.nn.Module
        Its parameters that require gradients are theta.
    X, y : tensors of shape (n, ...) and (n, ...)
    weights : tensor of shape (n,)
    loss : callable
        Takes outputs (b, ...) and labels (b, ...) and gives losses (b,).
    penalty : float or mapping of str to float
        Of each parameter, by its name in the module; 0 of those not named.
    gauss_newton : bool
        Whether curvature is of the linearized network, or the whole Hessian.
    batch_size : int

    Raises
    ------
    ValueError
        If the module has no parameters that require gradients, or a penalty is
        negative or of an unknown name.
    """

    def __init__(
        self, module, X, y, weights, *, loss, penalty, gauss_newton, batch_size
    ):
        import torch

        self.module = copy.deepcopy(module).eval()
        self.theta = {
            name: parameter.detach()
            for name, parameter in self.module.named_parameters()
            if parameter.requires_grad
        }
        if not self.theta:
            raise ValueError("the module has no parameters that require gradients")
        self.like = next(iter(self.theta.values()))
        self.sizes = [parameter.numel() for parameter in self.theta.values()]
        self.n_parameters = sum(self.sizes)
        self.X, self.y, self.weights = X, y, weights
        self.loss, self.batch_size = loss, batch_size
        self.times = self._gauss_newton if gauss_newton else self._hessian
        strengths = _strengths(penalty, self.theta)
        self.penalty = torch.cat(
            [self.zeros(s) + v for s, v in zip(self.sizes, strengths, strict=True)]
        )

    def zeros(self, size):
        """A vector of zeros where the parameters are."""
        return self.like.new_zeros(size, dtype=_double())

    def flat(self, parts):
        """Parts by name as one vector."""
        import torch

        return torch.cat([parts[name].reshape(-1).double() for name in self.theta])

    def named(self, vector):
        """A vector as parts by name, in the module's dtypes."""
        parts = zip(self.theta.items(), vector.split(self.sizes), strict=True)
        return {
            name: part.reshape(own.shape).to(own.dtype) for (name, own), part in parts
        }

    def call(self, theta, X):
        """The outputs of a batch at parameters by name."""
        from torch.func import functional_call

        return functional_call(self.module, theta, (X,))

    def batches(self, *tensors):
        """Yields batches of tensors on the module's device, floats in its dtype."""
        for parts in zip(*(t.split(self.batch_size) for t in tensors), strict=True):
            yield tuple(
                part.to(
                    device=self.like.device,
                    dtype=self.like.dtype if part.is_floating_point() else part.dtype,
                )
                for part in parts
            )

    def outputs(self, X):
        """The outputs of rows, (v, ...), without gradients."""
        import torch

        with torch.no_grad():
            return torch.cat([self.module(rows) for (rows,) in self.batches(X)])

    def pulled_back(self, X, slopes):
        """The gradient, (q,), of what has slopes (v, ...) with respect to outputs."""
        from torch.func import vjp

        total = self.zeros(self.n_parameters)
        for rows, own in self.batches(X, slopes):
            _, pull = vjp(lambda theta, rows=rows: self.call(theta, rows), self.theta)
            total += self.flat(pull(own)[0])
        return total

    def gradient(self):
        """The gradient of the objective, (q,)."""
        from torch.func import grad

        total = self.penalty * self.flat(self.theta)
        for batch in self.batches(self.X, self.y, self.weights):
            total += self.flat(grad(self._sum_of(*batch))(self.theta))
        return total

    def curvature_times(self, vector):
        """The curvature, penalty included, times a vector (q,)."""
        return self.penalty * vector + self._sum(self.times, vector)

    def gauss_newton_times(self, vector):
        """The Gauss-Newton matrix of the rows, without the penalty, times a vector."""
        return self._sum(self._gauss_newton, vector)

    def row_slopes(self, vectors):
        """The slope of each row's weighted loss along vectors (t, q), (t, n)."""
        import torch

        directions = [self.named(vector) for vector in vectors]
        slopes = []
        for rows, y, weights in self.batches(self.X, self.y, self.weights):

            def losses(theta, rows=rows, y=y):
                return self.loss(self.call(theta, rows), y)

            own = [_along(losses, self.theta, d)[1] for d in directions]
            slopes.append((torch.stack(own) * weights).double().cpu())
        return torch.cat(slopes, dim=1).detach().numpy()

    def _sum(self, times, vector):
        direction, total = self.named(vector), self.zeros(self.n_parameters)
        for batch in self.batches(self.X, self.y, self.weights):
            total += self.flat(times(*batch, direction))
        return total

    def _sum_of(self, rows, y, weights):
        return lambda theta: (weights * self.loss(self.call(theta, rows), y)).sum()

    def _hessian(self, rows, y, weights, direction):
        from torch.func import grad

        slope = grad(self._sum_of(rows, y, weights))
        return _along(slope, self.theta, direction)[1]

    def _gauss_newton(self, rows, y, weights, direction):
        """J' S J times a direction: J of the outputs, S of the losses by outputs."""
        from torch.func import grad, vjp

        def forward(theta):
            return self.call(theta, rows)

        def total(z):
            return (weights * self.loss(z, y)).sum()

        z, along = _along(forward, self.theta, direction)
        curved = _along(grad(total), z, along)[1]
        return vjp(forward, self.theta)[1](curved)[0]


def log_loss(outputs, y):
    """The log loss of rows, (b,), by what the network puts out.

    Parameters
    ----------
    outputs : tensor of shape (b,), (b, 1) or (b, c)
        The log odds of class 1; or, of c >= 2 classes, what softmax is taken of.
    y : tensor of shape (b,)
        Numbers of classes, from 0 on.

    Returns
    -------
    tensor of shape (b,)
    """
    import torch

    if outputs[0].numel() == 1:
        z = outputs.reshape(-1)
        return torch.logaddexp(z, torch.zeros_like(z)) - y * z
    # Of parts that have forward derivatives also under python -O, unlike cross_entropy.
    return outputs.logsumexp(dim=1) - outputs.gather(1, y[:, None])[:, 0]


def probability(outputs):
    """The probability of class 1 of two classes, (b,)."""
    if outputs[0].numel() == 1:
        return outputs.reshape(-1).sigmoid()
    return outputs.softmax(dim=1)[:, 1]


def n_classes(outputs):
    """How many classes the outputs (b, ...) are of."""
    if outputs.ndim > 2:
        raise ValueError(
            f"the module gives outputs of shape {tuple(outputs.shape)}, should give "
            "(b,), (b, 1) or (b, c) for the log loss; give loss"
        )
    return max(2, outputs[0].numel())


def as_rows(X, name):
    """A tensor of at least one row; floating values are finite."""
    X = as_tensor(X)
    if X.ndim == 0 or len(X) == 0:
        raise ValueError(f"{name} has 0 rows: at least 1 is needed")
    if X.is_floating_point() and not X.isfinite().all():
        raise ValueError(f"{name} should be finite")
    return X


def _along(function, at, direction):
    """A function's value at a point, and its derivative along a direction."""
    from torch.func import jvp

    with warnings.catch_warnings():
        # The first use of forward mode runs what torch itself calls deprecated.
        warnings.filterwarnings("ignore", r"`torch\.jit", DeprecationWarning)
        return jvp(function, (at,), (direction,))


def _double():
    import torch

    return torch.float64


def _strengths(penalty, theta):
    """The penalty of each parameter, in order."""
    if not isinstance(penalty, Mapping):
        penalty = dict.fromkeys(theta, penalty)
    for name, value in penalty.items():
        if name not in theta:
            raise ValueError(
                f"penalty names {name!r}, which is none of the parameters that require "
                f"gradients: {', '.join(theta)}"
            )
        if not 0 <= value < np.inf:
            raise ValueError(f"penalty={value} should be finite and >= 0")
    return [float(penalty.get(name, 0.0)) for name in theta]
