"""The walk of the gradient attacks: batches, projection and the best iterate."""

import dataclasses

import numpy as np

from rfcore._arrays import require_count
from rfcore._columns import require_same_rows
from rfcore._shown import Settings
from rfcore.attacks.classifiers import networks
from rfcore.attacks.classifiers.base import evasion_result, require_budget
from rfcore.attacks.classifiers.networks import (
    Network,
    as_classes,
    as_network_rows,
    require_classes,
)

NORMS = ("l_inf", "l_2")


class GradientWalk(Settings):
    """The walk that the attacks share; they differ in objective, step and start.

    A subclass holds `epsilon`, `norm`, `low`, `high`, `batch_size`, `n_null` and
    `random_state`, and says `_n_steps()` and `_step(gradient)`.
    """

    # Whether the answer is the best iterate, not the last one.
    _keeps_best = True

    def run(self, victim, X, y):
        """Move each row within its budget so that the classifier gets it wrong.

        Parameters
        ----------
        victim : torch.nn.Module
            Rows (b, ...) to logits (b, c), c >= 2. It is asked in mode `eval`, on its
            own device and in its own precision; modes, parameters and their gradients
            are as before afterwards.
        X : array-like or torch.Tensor of shape (n, ...)
            Finite rows in [low, high]; not changed.
        y : array-like or torch.Tensor of int of shape (n,)
            The true classes, in [0, c).

        Returns
        -------
        AttackResult
            In units of accuracy, which the attack `lowers`. `X_adv` is of the kind and
            floating precision of X, `n_queries` the passes of a row through the
            victim, the last without a gradient, and `trace` the accuracy at each of
            them. The details are `y` and `distances` (n,), in `norm`.

        Raises
        ------
        ImportError
            If torch is missing.
        TypeError
            If the victim is no module, or a count is not an integer.
        ValueError
            If a parameter is outside its range, rows or labels do not fit, or the
            victim gives no finite logits of that shape, or no finite gradient.
        """
        self._check()
        require_same_rows(X=X, y=y)
        network = Network(victim, self.batch_size)
        rows, own_kind = as_network_rows(X, self.low, self.high)
        y = as_classes(y, len(rows))
        moves = np.empty_like(rows)
        starts = self._starts(rows.shape)
        right = []
        with network.evaluating():
            for part in network.batches(len(rows)):
                start = None if starts is None else starts[part]
                x, counts = self._walk(network, rows[part], y[part], start)
                moves[part] = x
                right.append(counts)
        trace = _total(right) / len(rows)
        X_adv = _clip(rows + moves, self.low, self.high)
        result = evasion_result(
            network.predict,
            rows,
            y,
            X_adv,
            norm=self.norm,
            trace=trace,
            stopped=self._stopped(len(trace)),
            n_null=self.n_null,
            random_state=self.random_state,
            low=self.low,
            high=self.high,
        )
        return dataclasses.replace(result, X_adv=own_kind(result.X_adv))

    def _walk(self, network, X, y, start):
        """The moves of a batch, and how many rows were right at each question."""
        torch = networks.torch()
        x0, y = network.rows(X), network.labels(y)
        x = x0 if start is None else self._project(x0 + network.rows(start), x0)
        best, counts = None, []
        last = torch.full((len(x0),), -np.inf, dtype=x0.dtype, device=x0.device)
        with torch.enable_grad():
            for step in range(self._n_steps() + 1):
                x = x.detach().requires_grad_(True)
                logits = network.logits(x)
                require_classes(y, logits)
                value = self._objective(logits, y)
                found = (x.detach(), logits.argmax(dim=1) != y, value.detach())
                best = found if best is None else self._better(best, found)
                counts.append(int((~best[1]).sum()))
                active = self._goes_on(value.detach(), last)
                if step == self._n_steps() or not active.any():
                    break
                (gradient,) = torch.autograd.grad(value.sum(), x)
                if not torch.isfinite(gradient).all():
                    raise ValueError("the victim's gradient is not finite")
                last = value.detach()
                moved = self._project(x.detach() + self._step(gradient), x0)
                x = torch.where(_aside(active, x), moved, x.detach())
        return (best[0] - x0).cpu().double().numpy(), counts

    def _better(self, best, found):
        """Of two iterates the one that is wrong, else the one of the higher value."""
        if not self._keeps_best:
            return found
        torch = networks.torch()
        (x, wrong, value), (other_x, other_wrong, other_value) = best, found
        takes = (other_wrong & ~wrong) | (
            (other_wrong == wrong) & (other_value > value)
        )
        return (
            torch.where(_aside(takes, x), other_x, x),
            torch.where(takes, other_wrong, wrong),
            torch.where(takes, other_value, value),
        )

    def _objective(self, logits, y):
        """The cross-entropy of each row, to be made large."""
        return networks.torch().nn.functional.cross_entropy(logits, y, reduction="none")

    def _direction(self, gradient):
        if self.norm == "l_inf":
            return gradient.sign()
        return unit(gradient)

    def _project(self, x, x0):
        """The nearest point of the ball around x0, then of the range."""
        move = x - x0
        if self.norm == "l_inf":
            move = move.clamp(-self.epsilon, self.epsilon)
        else:
            norms = _norms(move)
            move = move * (self.epsilon / norms.clamp(min=self.epsilon or 1.0))
        x = x0 + move
        return x if self.low is self.high is None else x.clamp(self.low, self.high)

    def _goes_on(self, value, last):
        """Which rows take another step, (b,)."""
        return networks.torch().ones_like(value).bool()

    def _starts(self, shape):
        """Moves to begin with, or None."""
        return None

    def _stopped(self, n_queries):
        return "all steps taken"

    def _check(self):
        require_budget("epsilon", self.epsilon)
        require_count("batch_size", self.batch_size)
        require_count("n_null", self.n_null)
        if self.norm not in NORMS:
            raise ValueError(f"norm={self.norm!r} should be one of {', '.join(NORMS)}")
        if None not in (self.low, self.high) and not self.low < self.high:
            raise ValueError(f"low={self.low} should be < high={self.high}")


def _clip(X, low, high):
    return X if low is high is None else np.clip(X, low, high)


def _aside(mask, x):
    """A mask of rows (b,) that broadcasts over rows (b, ...)."""
    return mask.reshape(-1, *[1] * (x.ndim - 1))


def _norms(x):
    """Euclidean norms of rows, (b, 1, ...)."""
    return _aside(x.flatten(1).norm(dim=1), x)


def unit(gradient):
    """Rows over their length; those of length 0 stay 0."""
    # Scaled, so that the square of a small gradient does not vanish.
    largest = _aside(gradient.abs().flatten(1).amax(dim=1), gradient)
    scaled = gradient / largest.clamp(min=gradient.new_tensor(1e-37))
    norms = _norms(scaled)
    return scaled / norms.clamp(min=1e-30)


def _total(right):
    """How many rows are right after each question, where batches ended unlike."""
    length = max(map(len, right))
    return np.sum([np.pad(c, (0, length - len(c)), mode="edge") for c in right], axis=0)
