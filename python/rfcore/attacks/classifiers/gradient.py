"""White-box evasion of torch classifiers along the gradient: FGSM, PGD and GDA."""

import numpy as np

from rfcore._arrays import require_count
from rfcore.attacks.classifiers import networks
from rfcore.attacks.classifiers.base import random_moves, require_budget
from rfcore.attacks.classifiers.walk import GradientWalk, unit


class FGSM(GradientWalk):
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


class PGD(GradientWalk):
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


class GDA(GradientWalk):
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
        return size * unit(gradient)

    def _goes_on(self, value, last):
        return value - last >= self.tol

    def _stopped(self, n_queries):
        if n_queries == self.max_steps + 1:
            return "all steps taken"
        return "no margin falls any more"
