"""White-box evasion of torch classifiers along the gradient: FGSM, PGD and GDA."""

import dataclasses

import numpy as np

from rfcore._arrays import require_count
from rfcore.attacks import networks
from rfcore.attacks.classifiers import evasion_result, random_moves, require_budget
from rfcore.attacks.networks import (
    Network,
    as_classes,
    as_network_rows,
    require_classes,
)

NORMS = ("l_inf", "l_2")


class _GradientAttack:
    """The walk that the attacks share; they differ in objective, step and start."""

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
        return (best[0] - x0).cpu().numpy(), counts

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
        return _unit(gradient)

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


class FGSM(_GradientAttack):
    """The fast gradient sign method: one step of the whole budget.

    With the cross-entropy J of a row, x' = x + epsilon sign(grad J), and of the norm
    "l_2" x' = x + epsilon grad J / ||grad J||_2, where a gradient of 0 moves nothing.

    Parameters
    ----------
    epsilon : float
        The budget of each row, in `norm`; finite and >= 0.
    norm : {"l_inf", "l_2"}, default="l_inf"
    low, high : float, optional
        The range of the data, to which rows are clipped; None leaves that side open.
    batch_size : int, default=256
        Rows that are asked together, >= 1.
    n_null : int, default=20
        How often the rows are moved as far in random directions, >= 1.
    random_state : int or None, default=None
        Of these directions; the attack itself draws nothing.

    Notes
    -----
    *Differences from the paper.* The norm "l_2" and the clipping are not in it.

    References
    ----------
    Goodfellow, Shlens and Szegedy 2015, arXiv:1412.6572, section 4.
    """

    _keeps_best = False

    def __init__(
        self,
        *,
        epsilon,
        norm="l_inf",
        low=None,
        high=None,
        batch_size=256,
        n_null=20,
        random_state=None,
    ):
        self.epsilon = epsilon
        self.norm = norm
        self.low = low
        self.high = high
        self.batch_size = batch_size
        self.n_null = n_null
        self.random_state = random_state

    def _n_steps(self):
        return 1

    def _step(self, gradient):
        return self.epsilon * self._direction(gradient)


class PGD(_GradientAttack):
    """Projected gradient ascent on the cross-entropy, from a random start.

    x <- P(x + step_size d), d the sign of the gradient, or of the norm "l_2" the
    gradient over its length; P projects onto the ball of radius epsilon around the
    row, and then onto the range of the data.

    Parameters
    ----------
    epsilon : float
        The budget of each row, in `norm`; finite and >= 0.
    norm : {"l_inf", "l_2"}, default="l_inf"
    n_steps : int, default=40
        Gradient steps, >= 1.
    step_size : float, optional
        Finite and >= 0, in `norm`; None takes 2.5 epsilon / n_steps, so that the
        boundary of the ball can be reached from any start.
    random_start : bool, default=True
        Whether the walk begins at a point drawn uniformly from the ball.
    low, high : float, optional
        The range of the data, to which rows are clipped; None leaves that side open.
    batch_size : int, default=256
        Rows that are asked together, >= 1.
    n_null : int, default=20
        How often the rows are moved as far in random directions, >= 1.
    random_state : int or None, default=None
        Of the start and of these directions.

    Notes
    -----
    *Differences from the paper.* Of a row's iterates the one that is wrong is the
    answer, and of several the one of the highest cross-entropy, where the paper takes
    the last. There is one start, no restart.

    References
    ----------
    Madry et al. 2018, arXiv:1706.06083, section 2.1 and section 4 for the step size.
    """

    def __init__(
        self,
        *,
        epsilon,
        norm="l_inf",
        n_steps=40,
        step_size=None,
        random_start=True,
        low=None,
        high=None,
        batch_size=256,
        n_null=20,
        random_state=None,
    ):
        self.epsilon = epsilon
        self.norm = norm
        self.n_steps = n_steps
        self.step_size = step_size
        self.random_start = random_start
        self.low = low
        self.high = high
        self.batch_size = batch_size
        self.n_null = n_null
        self.random_state = random_state

    def _check(self):
        super()._check()
        require_count("n_steps", self.n_steps)
        if self.step_size is not None:
            require_budget("step_size", self.step_size)

    def _n_steps(self):
        return self.n_steps

    def _step(self, gradient):
        size = self.step_size
        if size is None:
            size = 2.5 * self.epsilon / self.n_steps
        return size * self._direction(gradient)

    def _starts(self, shape):
        if not self.random_start:
            return None
        # Apart from the stream of the null.
        (rng,) = np.random.default_rng(self.random_state).spawn(1)
        if self.norm == "l_inf":
            return rng.uniform(-self.epsilon, self.epsilon, size=shape)
        n_features = int(np.prod(shape[1:]))
        radii = self.epsilon * rng.uniform(size=shape[0]) ** (1 / n_features)
        return random_moves(rng, radii, shape, "l_2")


class GDA(_GradientAttack):
    """The gradient descent attack: down the classifier's margin, inside the budget.

    The margin g of a row is the logit of its true class minus the largest other one.
    x <- P(x - step_size grad g / ||grad g||_2), P as in `PGD`, from the row itself and
    past the boundary, until g falls by less than `tol` in a step.

    Parameters
    ----------
    epsilon : float
        The budget d_max of each row, in `norm`; finite and >= 0.
    norm : {"l_inf", "l_2"}, default="l_2"
        Of the budget; a step follows the gradient in either case.
    max_steps : int, default=100
        Gradient steps at most, >= 1.
    step_size : float, optional
        Euclidean length of a step, finite and >= 0; None takes a tenth of the longest
        move of the budget: epsilon / 10, of "l_inf" times the root of the number of
        features.
    tol : float, default=1e-6
        In units of the logits, finite and >= 0.
    low, high : float, optional
        The range of the data, to which rows are clipped; None leaves that side open.
    batch_size : int, default=256
        Rows that are asked together, >= 1.
    n_null : int, default=20
        How often the rows are moved as far in random directions, >= 1.
    random_state : int or None, default=None
        Of these directions; the attack itself draws nothing.

    Notes
    -----
    *Differences from the paper.* Its mimicry term, an estimate of the density of the
    other class, is left out (their lambda is 0). g is the margin of logits, for any
    number of classes. Steps have one length, whatever the gradient's. A row's answer
    is its best iterate.

    References
    ----------
    Biggio et al. 2013, arXiv:1708.06131, Algorithm 1.
    """

    def __init__(
        self,
        *,
        epsilon,
        norm="l_2",
        max_steps=100,
        step_size=None,
        tol=1e-6,
        low=None,
        high=None,
        batch_size=256,
        n_null=20,
        random_state=None,
    ):
        self.epsilon = epsilon
        self.norm = norm
        self.max_steps = max_steps
        self.step_size = step_size
        self.tol = tol
        self.low = low
        self.high = high
        self.batch_size = batch_size
        self.n_null = n_null
        self.random_state = random_state

    def _check(self):
        super()._check()
        require_count("max_steps", self.max_steps)
        require_budget("tol", self.tol)
        if self.step_size is not None:
            require_budget("step_size", self.step_size)

    def _n_steps(self):
        return self.max_steps

    def _objective(self, logits, y):
        own = logits.gather(1, y[:, None])[:, 0]
        mask = networks.torch().nn.functional.one_hot(y, logits.shape[1]).bool()
        return logits.masked_fill(mask, -np.inf).amax(dim=1) - own

    def _step(self, gradient):
        size = self.step_size
        if size is None:
            longest = gradient[0].numel() ** 0.5 if self.norm == "l_inf" else 1.0
            size = self.epsilon * longest / 10
        return size * _unit(gradient)

    def _goes_on(self, value, last):
        return value - last >= self.tol

    def _stopped(self, n_queries):
        if n_queries == self.max_steps + 1:
            return "all steps taken"
        return "no margin falls any more"


def _clip(X, low, high):
    return X if low is high is None else np.clip(X, low, high)


def _aside(mask, x):
    """A mask of rows (b,) that broadcasts over rows (b, ...)."""
    return mask.reshape(-1, *[1] * (x.ndim - 1))


def _norms(x):
    """Euclidean norms of rows, (b, 1, ...)."""
    return _aside(x.flatten(1).norm(dim=1), x)


def _unit(gradient):
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
