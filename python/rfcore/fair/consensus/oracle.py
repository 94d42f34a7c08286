"""What consensus fair clustering prepares once, and its answers under any groups."""

import functools

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state

from rfcore._arrays import as_labels
from rfcore.cluster import CoAssociation, FairOracle, oracle
from rfcore.cluster.partitions import partitions_of
from rfcore.fair.assignment import FairAssignmentLP, cheapest_labels
from rfcore.fair.base import as_groups
from rfcore.fair.consensus.network import as_device, import_torch
from rfcore.fair.consensus.training import Affinity, Problem, Schedule, Training
from rfcore.fair.shares import bounds_for

# Of a feature, relative to its largest value: less of a deviation is none.
_ROUNDING = 1e-12

# Of the mean size: a cluster with fewer rows is dead, and a fair one of a few rows is
# fair to nobody.
_LEAST_SIZE = 0.1


class ConsensusFairOracle(FairOracle):
    """Answers for `ConsensusFairClustering`: partitions and S once, for any groups.

    With `random_state=None` all seeds are drawn once, when the oracle is made.

    Parameters
    ----------
    estimator : ConsensusFairClustering
        Validated.
    X : float64 array of shape (n, m)
        Validated.

    Attributes
    ----------
    partitions : int32 array of shape (r, n)
    scaling : Scaling
    """

    def __init__(self, estimator, X):
        super().__init__(X)
        self._own = own = estimator
        device = as_device(own.device)
        rng = check_random_state(own.random_state)
        seeds = rng.randint(2**31 - 1, size=2 + own.n_init)
        self._target_seed, self._seeds = int(seeds[1]), seeds[2:].tolist()
        self.partitions = partitions_of(own, X, seeds[0])
        self.scaling = Scaling(X, device, standardize=own.standardize)
        self._rows = self.scaling.tensor(X)
        self._affinity = None
        if own.contrastive_weight > 0:
            self._affinity = Affinity(
                CoAssociation(self.partitions),
                own.power,
                device,
                whole=own.batch_size is None or own.batch_size >= len(X),
                shares=own.variant == "code",
            )
        self._target_oracle = self._clean_targets = None

    def problem(self, groups):
        """What is trained on under some groups, and the labels of J.

        Parameters
        ----------
        groups : int32 array of shape (n,)

        Returns
        -------
        Problem
        targets : int32 array of shape (n,)
        """
        names, groups = np.unique(groups, return_inverse=True)
        if len(names) < 2:
            raise ValueError(
                f"groups has {len(names)} group: consensus fair clustering needs 2"
            )
        targets = self._targets(groups.astype(np.int32))
        return (
            Problem(
                self._rows,
                self._affinity,
                _one_hot(targets, self._own.n_clusters, self._rows),
                _one_hot(groups, len(names), self._rows),
            ),
            targets,
        )

    def train(self, problem, checkpoint=None):
        """The runs from all seeds.

        Parameters
        ----------
        problem : Problem
        checkpoint : Checkpoint, optional
            Where they resume from and are saved.

        Returns
        -------
        list of Training
        """
        own, runs = self._own, []
        schedule = Schedule.of(own)
        states = checkpoint.load(problem.X.device) if checkpoint else []
        for i, seed in enumerate(self._seeds):
            runs.append(Training(problem, schedule, own.n_hidden, own.dropout, seed))
            if i < len(states):
                runs[i].resume(states[i])
            save = None
            if checkpoint:
                save = functools.partial(_save, checkpoint, runs)
            runs[i].run(save)
        return runs

    def _regroup(self, groups):
        return np.array([self._labels(own) for own in groups]).reshape(groups.shape)

    def decide(self, P, groups):
        """The clusters of rows with soft assignments P, (n,) int32.

        Parameters
        ----------
        P : float32 tensor of shape (n, k)
        groups : int32 array of shape (n,)
        """
        if self._own.decision == "largest":
            return largest(P)
        names, groups = np.unique(groups, return_inverse=True)
        bounds = bounds_for(np.bincount(groups), names, self._own.delta)
        sizes = np.bincount(largest(P), minlength=P.shape[1])
        alive = np.flatnonzero(sizes >= _LEAST_SIZE * sizes.mean())
        costs = -np.log(P.cpu().numpy().astype(np.float64)[:, alive])
        labels, _ = cheapest_labels(costs, groups.astype(np.int32), bounds)
        return alive.astype(np.int32)[labels]

    def _labels(self, groups):
        problem, _ = self.problem(groups)
        best = min(self.train(problem), key=lambda run: run.objective())
        return self.decide(best.network.assignments(problem.X), groups)

    def _require_feasible(self, groups):
        for i, own in enumerate(groups):
            if len(np.unique(own)) < 2:
                raise ValueError(
                    f"groups[{i}] has 1 group: consensus fair clustering needs 2"
                )

    def _targets(self, groups):
        own = self._own
        if not isinstance(own.targets, str):
            return as_targets(own.targets, len(self.X), own.n_clusters)
        if own.targets == "given":
            return self._fitted_targets(groups)
        if self._clean_targets is None:
            clean, _ = as_groups(own.clean_groups, len(self.X), "clean_groups")
            self._clean_targets = self._fitted_targets(clean)
        return self._clean_targets

    def _fitted_targets(self, groups):
        own = self._own
        if self._target_oracle is None:
            clusterer = clone(own.target_clusterer or FairAssignmentLP(own.n_clusters))
            if getattr(clusterer, "random_state", 0) is None:
                clusterer.set_params(random_state=self._target_seed)
            self._target_oracle = oracle(clusterer, self.X)
        labels = self._target_oracle.regroup(groups[None])[0]
        return as_targets(labels, len(self.X), own.n_clusters)


class Scaling:
    """X as the encoder takes it: features of one size, or all over one number.

    Parameters
    ----------
    X : float64 array of shape (n, m)
    device : torch.device
    standardize : bool
        Whether each feature has mean 0 and deviation 1 over X; a constant one is 0.
        Otherwise X is divided by the mean of the deviations, which keeps means and
        proportions.
    """

    def __init__(self, X, device, *, standardize):
        deviations = X.std(axis=0)
        if standardize:
            self.shift = X.mean(axis=0)
            constant = deviations <= _ROUNDING * np.abs(X).max(axis=0)
            self.scale = np.where(constant, 1.0, deviations)
        else:
            self.shift, self.scale = 0.0, deviations.mean() or 1.0
        self.device = device

    def tensor(self, X):
        """Scaled rows as float32 on the device."""
        torch = import_torch()
        scaled = ((X - self.shift) / self.scale).astype(np.float32)
        return torch.as_tensor(scaled, device=self.device)


def _save(checkpoint, runs):
    checkpoint.save([run.state() for run in runs])


def as_targets(labels, n, k):
    """Labels of a fair clustering, (n,) int32 in [0, k).

    Raises
    ------
    ValueError
        If they do not fit.
    """
    labels, most = as_labels(labels, "targets", n_rows=n)
    if most > k:
        raise ValueError(f"targets hold {most} names, should hold n_clusters={k}")
    return labels


def largest(P):
    """The clusters of the largest assignments, (n,) int32; the lowest of equals."""
    return P.argmax(dim=1).cpu().numpy().astype(np.int32)


def _one_hot(labels, k, like):
    torch = import_torch()
    ones = np.eye(k, dtype=np.float32)[labels]
    return torch.as_tensor(ones, device=like.device)
