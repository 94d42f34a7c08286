"""Training of consensus fair clustering: steps, seeds, and the state of a run."""

import contextlib
import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from rfcore.errors import ConvergenceError
from rfcore.fair.consensus.losses import GroupAverages, contrastive, group_losses
from rfcore.fair.consensus.network import Adam, Network, import_torch

TERMS = ("contrastive", "fair", "structural")

# How much of a group's running mean one batch makes.
_SHARE = 0.1

# S^R of so many rows is kept, in 256 MiB at most.
_KEPT_ROWS = 8192

# Rows on which restarts are compared by the contrastive loss.
_COMPARED = 2048

_SAVE_SECONDS = 10.0


@dataclass(frozen=True)
class Schedule:
    """How a network is trained; the words of `ConsensusFairClustering`."""

    weights: tuple[float, float, float]
    temperature: float
    variant: str
    max_iter: int
    learning_rate: float
    decay: str
    weight_decay: float
    batch_size: int | None

    @classmethod
    def of(cls, own):
        """The schedule of a `ConsensusFairClustering`."""
        return cls(
            (own.contrastive_weight, own.alpha, own.beta),
            own.temperature,
            own.variant,
            own.max_iter,
            own.learning_rate,
            own.decay,
            own.weight_decay,
            own.batch_size,
        )


@dataclass(frozen=True)
class Problem:
    """What is trained on, as tensors on one device.

    Attributes
    ----------
    X : tensor of shape (n, m)
    affinity : Affinity or None
        None where the contrastive loss has no weight.
    targets, members : tensors of shape (n, k) and (n, l)
        One-hot.
    """

    X: Any
    affinity: Any
    targets: Any
    members: Any

    def group_sizes(self):
        """Rows of each group (l,), and the shares of the targets in them (l, k)."""
        sizes = self.members.sum(0)
        return sizes, self.members.T @ self.targets / sizes[:, None]


class Affinity:
    """Rows of S^R on a device, from the columns in which each row has its ones.

    Parameters
    ----------
    S : CoAssociation
    power : int
    device : torch.device
    whole : bool
        Whether training takes all rows at once. The (n, n) matrix is kept then, and
        also for up to 8192 rows, where looking a block up is faster.
    shares : bool
        Whether S holds shares of partitions, and not how many.
    """

    def __init__(self, S, power, device, *, whole, shares):
        torch = import_torch()
        inner = S.inner(power) / (float(S.n_partitions) ** power if shares else 1.0)
        self.codes = torch.as_tensor(S.codes, device=device)
        self.inner = torch.as_tensor(inner, dtype=torch.float32, device=device)
        self.whole = None
        if whole or S.n_rows <= _KEPT_ROWS:
            self.whole = torch.empty(S.n_rows, S.n_rows, device=device)
            for begin in range(0, S.n_rows, 512):
                rows = slice(begin, begin + 512)
                self.whole[rows] = self._block(self.codes[rows], self.codes)

    def block(self, rows):
        """The block of some rows and the same columns, (b, b)."""
        if self.whole is not None:
            if rows is None:
                return self.whole
            return self.whole.index_select(0, rows).index_select(1, rows)
        return self._block(self.codes[rows], self.codes[rows])

    def _block(self, own, others):
        return self._ones(own) @ self.inner @ self._ones(others).T

    def _ones(self, codes):
        """Rows of H, (b, q)."""
        blank = self.inner.new_zeros(len(codes), len(self.inner))
        return blank.scatter_(1, codes, 1.0)


class Training:
    """One run from one seed, which can be stopped after any epoch and go on.

    Parameters
    ----------
    problem : Problem
    schedule : Schedule
    n_hidden : int
    dropout : float
    seed : int
    """

    def __init__(self, problem, schedule, n_hidden, dropout, seed):
        torch = import_torch()
        self.problem, self.schedule = problem, schedule
        n, k = problem.targets.shape
        self.network = Network(
            problem.X.shape[1], n_hidden, k, dropout, seed, problem.X.device
        )
        self.order = torch.Generator().manual_seed(seed)
        self.optimizer = Adam(self.network.flat, schedule.weight_decay)
        self.sizes, self.shares = problem.group_sizes()
        batch = schedule.batch_size
        self.batch_size = None if batch is None or batch >= n else batch
        self.averages = None if self.batch_size is None else GroupAverages(_SHARE)
        self.curve = []

    @property
    def epoch(self):
        return len(self.curve)

    def run(self, save=None):
        """Train until the last epoch; `save` is called now and then, and when stopped.

        Raises
        ------
        ConvergenceError
            If a loss is not finite, with the epoch and the term.
        """
        last = time.monotonic()
        while self.epoch < self.schedule.max_iter:
            with self._undone_when_stopped(save):
                self._run_epoch()
                if save is not None and time.monotonic() - last >= _SAVE_SECONDS:
                    save()
                    last = time.monotonic()
        return self

    @contextlib.contextmanager
    def _undone_when_stopped(self, save):
        """Where somebody interrupts an epoch, save what was before it.

        A loss that failed is not worth keeping.
        """
        before = None if save is None else self.state()
        try:
            yield
        except KeyboardInterrupt:
            if save is not None:
                self.resume(before)
                save()
            raise

    def _run_epoch(self):
        torch, n = import_torch(), len(self.problem.X)
        if self.batch_size is None:
            batches = [None]
        else:
            # The last rows of the order, too few for a batch, wait for another epoch.
            n_steps = n // self.batch_size
            drawn = torch.randperm(n, generator=self.order).to(self.problem.X.device)
            batches = drawn[: n_steps * self.batch_size].split(self.batch_size)
        losses = []
        for i, rows in enumerate(batches):
            rate = self.rate((self.epoch + i / len(batches)) / self.schedule.max_iter)
            losses.append(self._step(rows, rate))
        self.curve.append(np.mean(losses, axis=0).tolist())

    def rate(self, done):
        """The learning rate after a share of the training."""
        rate = self.schedule.learning_rate
        if self.schedule.decay == "cosine":
            rate *= 0.5 * (1 + math.cos(math.pi * done))
        return rate

    def _step(self, rows, rate):
        problem, averages = self.problem, self.averages
        X, targets, members = problem.X, problem.targets, problem.members
        if rows is not None:
            X, targets, members = X[rows], targets[rows], members[rows]
        Z = self.network.encode(X, training=True)
        fair, structural = group_losses(
            self.network.assign(Z),
            targets,
            members,
            self.sizes,
            self.shares,
            variant=self.schedule.variant,
            averages=averages,
        )
        first, gradient = self._contrastive(Z.detach(), rows)
        losses = self._finite(first, fair, structural)
        weight, alpha, beta = self.schedule.weights
        total = alpha * fair + beta * structural
        if gradient is not None:
            total = total + weight * (Z * gradient).sum()
        total.backward()
        self.optimizer.step(rate)
        return losses

    def _contrastive(self, Z, rows):
        affinity = self.problem.affinity
        if affinity is None:
            return Z.new_zeros(()), None
        block = affinity.block(rows)
        return contrastive(
            Z,
            lambda begin, end: block[begin:end],
            temperature=self.schedule.temperature,
            variant=self.schedule.variant,
        )

    def _finite(self, *losses):
        torch = import_torch()
        values = torch.stack([loss.detach() for loss in losses]).tolist()
        for name, value in zip(TERMS, values, strict=True):
            if not math.isfinite(value):
                raise ConvergenceError(
                    f"epoch {self.epoch}: the {name} loss is {value}"
                )
        return values

    def objective(self):
        """The weighted losses of all rows without dropout; what restarts compete in.

        The contrastive loss is that of at most 2048 evenly spread rows.
        """
        torch = import_torch()
        problem, n = self.problem, len(self.problem.X)
        P = self.network.assignments(problem.X)
        fair, structural = group_losses(
            P,
            problem.targets,
            problem.members,
            self.sizes,
            self.shares,
            variant=self.schedule.variant,
        )
        rows = None
        if self.batch_size is not None:
            rows = torch.linspace(0, n - 1, min(n, _COMPARED)).long()
            rows = rows.to(problem.X.device)
        X = problem.X if rows is None else problem.X[rows]
        with torch.no_grad():
            first, _ = self._contrastive(self.network.encode(X), rows)
        losses = self._finite(first, fair, structural)
        return sum(w * x for w, x in zip(self.schedule.weights, losses, strict=True))

    def state(self):
        """All that the rest of the run depends on."""
        own, averages = self.optimizer, self.averages
        return {
            "parameters": own.vector.detach().clone(),
            "means": own.means.clone(),
            "squares": own.squares.clone(),
            "n_steps": own.n_steps,
            "dropout": self.network.generator.get_state(),
            "order": self.order.get_state(),
            "averages": averages and averages.state(),
            "curve": list(self.curve),
        }

    def resume(self, state):
        """Go on from a state."""
        torch, own = import_torch(), self.optimizer
        with torch.no_grad():
            own.vector.copy_(state["parameters"])
            own.means.copy_(state["means"])
            own.squares.copy_(state["squares"])
        own.vector.grad = None
        own.n_steps = state["n_steps"]
        self.network.generator.set_state(state["dropout"].cpu())
        self.order.set_state(state["order"].cpu())
        if self.averages is not None:
            self.averages = GroupAverages(_SHARE, **state["averages"])
        self.curve = list(state["curve"])
        return self
