"""Questions about antidote data: what a clustering costs once rows are appended."""

import numbers
from dataclasses import dataclass

import numpy as np
from sklearn.base import clone

from rfcore.cluster import oracle
from rfcore.cluster.appended import centers_and_labels, started_at
from rfcore.errors import InfeasibleError
from rfcore.metrics.costs import balance_of, checked_tally, social_of

COSTS = ("balance", "social")

# Steps of one run, which fixed points take far fewer of, and runs one after the other
# until a start is a fixed point.
_MAX_STEPS, _MAX_RUNS = 10_000, 100


@dataclass(frozen=True)
class Clustering:
    """A clustering of the original rows, and what it costs.

    Attributes
    ----------
    centers : float64 array of shape (k, m)
    labels : int32 array of shape (n,)
    cost : float
        The fairness cost of the original rows; NaN is what the cost said.
    k_means_cost : float
        The mean squared distance of an original row to its nearest center.
    clusters_used : int
        Nearest centers that have original rows; fewer than k is degenerate.
    """

    centers: np.ndarray
    labels: np.ndarray
    cost: float
    k_means_cost: float
    clusters_used: int


class Questions:
    """The cost of clusterings of X with rows appended, asked in batches and kept.

    Parameters
    ----------
    estimator : clusterer
        Its seeds are fixed. One that has a parameter `init` and `cluster_centers_`
        begins at its own fixed point in each question and runs to the next, whatever
        its `tol` and `max_iter`; others are fitted anew.
    X : float64 array of shape (n, m)
    groups : int32 array of shape (n,)
    cost : {"balance", "social"} or callable

    Attributes
    ----------
    before : Clustering
        Of X alone, at the fixed point.
    n_queries, n_refused : int
        Questions asked, and those of them with a degenerate answer.
    """

    def __init__(self, estimator, X, groups, cost):
        self.X, self.groups, self.cost = X, groups, cost
        self._n_groups = int(groups.max()) + 1
        self.n_queries = self.n_refused = 0
        self._estimator = estimator
        fixed = _to_fixed_point(estimator)
        centers, labels = centers_and_labels(clone(fixed), X)
        self._oracle = oracle(fixed, X)
        self.warm, labels = self._fixed_point(centers, labels)
        if self.warm is not None:
            centers = self.warm
        self.before = self._clustering(centers, labels)
        if np.isnan(self.before.cost):
            raise ValueError("cost gave nan on the unchanged data")
        if self.before.clusters_used < len(self.before.centers):
            raise InfeasibleError(
                f"{self.before.clusters_used} of {len(self.before.centers)} clusters "
                "have rows before any row is added"
            )

    def ask(self, V):
        """The cost with the rows V[q] appended, and the k-means cost beside it.

        Parameters
        ----------
        V : float64 array of shape (b, s, m)

        Returns
        -------
        costs, k_means_costs : float64 arrays of shape (b,)
            inf where a cluster holds no original row, clusters are fewer than before,
            or the cost is NaN.
        """
        centers, labels = self._oracle.append_rows(V, self.warm)
        costs, k_means, used = self._costs(centers)
        there = np.isfinite(centers).all(axis=2).sum(axis=1)
        used = np.minimum(used, _n_labels(labels))
        refused = (used < np.maximum(there, len(self.before.centers))) | np.isnan(costs)
        costs[refused] = k_means[refused] = np.inf
        self.n_queries += len(V)
        self.n_refused += int(refused.sum())
        return costs, k_means

    def fit(self, V):
        """The clustering of a fit to X with V (s, m) appended, `Clustering`."""
        fresh = _to_fixed_point(self._estimator)
        if self.warm is not None:
            fresh = started_at(fresh, self.warm)
        centers, labels = centers_and_labels(clone(fresh), np.vstack([self.X, V]))
        return self._clustering(centers, labels[: len(self.X)])

    def costs_at(self, centers):
        """The cost of sets of centers (b, k, m), (b,); no clustering is asked."""
        return self._costs(centers)[0]

    def _fixed_point(self, centers, labels):
        """Where the estimator ends from its own centers; None where it cannot begin."""
        if not hasattr(self._estimator, "init"):
            return None, labels
        nothing = np.empty((1, 0, self.X.shape[1]))
        for _ in range(_MAX_RUNS):
            before = labels
            try:
                (centers,), (labels,) = self._oracle.append_rows(nothing, centers)
            except (TypeError, ValueError):
                # Its parameter `init` takes no centers.
                return None, before
            if np.array_equal(before, labels):
                break
        return centers, labels

    def _clustering(self, centers, labels):
        costs, k_means, used = self._costs(centers[None])
        used = int(min(used[0], _n_labels(labels[None])[0]))
        return Clustering(centers, labels, float(costs[0]), float(k_means[0]), used)

    def _costs(self, centers):
        """The costs of centers (b, k, m), and how many of each have rows, (b,) each."""
        whole = np.isfinite(centers).all(axis=(1, 2))
        if not whole.all():
            parts = [
                self._costs(own[np.isfinite(own).all(axis=1)][None]) for own in centers
            ]
            return tuple(np.concatenate(part) for part in zip(*parts, strict=True))
        centers = np.ascontiguousarray(centers)
        counts, sums = checked_tally(self.X, centers, self.groups, self._n_groups)
        used = (counts.sum(axis=2) > 0).sum(axis=1)
        if self.cost == "social":
            costs = social_of(counts, sums)
        elif self.cost == "balance":
            costs = -balance_of(counts)
        else:
            costs = np.array(
                [float(self.cost(self.X, own, self.groups)) for own in centers]
            ).reshape(len(centers))
        return costs, sums.sum(axis=1) / len(self.X), used


def _n_labels(labels):
    """How many labels from 0 on each clustering (b, n) uses, (b,)."""
    counts = [np.bincount(row[row >= 0]) for row in labels]
    return np.array([np.count_nonzero(own) for own in counts], dtype=np.int64)


def _to_fixed_point(estimator):
    """A clone without tolerance and, if it can begin at centers, with enough steps."""
    own = clone(estimator)
    parameters = own.get_params(deep=False)
    if "tol" in parameters:
        own.set_params(tol=0.0)
    max_iter = parameters.get("max_iter")
    # One that is no count is left for the estimator to refuse.
    if "init" in parameters and isinstance(max_iter, numbers.Integral) and max_iter > 0:
        own.set_params(max_iter=max(max_iter, _MAX_STEPS))
    return own
