"""What a search for antidote data gives back."""

from dataclasses import dataclass

import numpy as np

from rfcore._shown import Record


@dataclass(frozen=True, repr=False)
class AntidoteResult(Record):
    """Antidote rows and their effect, measured again after the search.

    Attributes
    ----------
    V : float64 array of shape (s, m)
        The rows to add; s = 0 where alpha was met already or nothing helped.
    cost_before, cost_after : float
        The fairness cost of the original rows at the centers of fits to X and to X with
        V appended. Where the estimator can begin at given centers both run to a fixed
        point, the second from the first's centers; others are fitted anew.
    k_means_cost_before, k_means_cost_after : float
        The mean squared distance of an original row to its nearest center.
    centers_before, centers : float64 arrays of shape (k, m)
    labels_before, labels : int32 arrays of shape (n,)
        Of the original rows.
    clusters_used : (int, int)
        Clusters with original rows, before and after.
    n_switched : int
        Original rows that change cluster; many of them are another local optimum.
    search_value : float
        The cost of V as the search heard it.
    path : list of (int, float)
        Each number of rows that was searched, in order, and the least cost found.
    n_queries : int
        Clusterings that the search asked for.
    n_refused : int
        Those of them that were degenerate: a cluster without original rows, fewer
        clusters than before, or a cost that is NaN.
    stopped : str
        "alpha already met", "alpha met", "limit" (of rows, rounds or questions, alpha
        not met), "budget spent" (without alpha) or "nothing better found".
    null : float64 array of shape (n_null,)
        How much as many rows drawn in the observed range lower the cost; 0 where their
        clustering is degenerate.
    """

    V: np.ndarray
    cost_before: float
    cost_after: float
    k_means_cost_before: float
    k_means_cost_after: float
    centers_before: np.ndarray
    centers: np.ndarray
    labels_before: np.ndarray
    labels: np.ndarray
    clusters_used: tuple[int, int]
    n_switched: int
    search_value: float
    path: list
    n_queries: int
    n_refused: int
    stopped: str
    null: np.ndarray

    def _lines(self):
        word = "above" if self.above_null else "not above"
        return [
            f"{type(self).__name__}: cost {self.cost_before:g} before, "
            f"{self.cost_after:g} with {len(self.V)} rows",
            f"null     random rows lower it by {np.median(self.null):g} (median of "
            f"{self.null.size}); the gain is {word} that",
            f"k-means  cost {self.k_means_cost_before:g} before, "
            f"{self.k_means_cost_after:g} after; {self.n_switched} rows switch cluster",
            f"search   {self.n_queries} questions, {self.n_refused} degenerate, "
            f"{self.stopped}",
        ]

    @property
    def gain(self):
        """How much the rows lower the cost."""
        return self.cost_before - self.cost_after

    @property
    def above_null(self):
        """Whether the gain exceeds the median gain of random rows, and 0."""
        return bool(self.gain > max(0.0, float(np.median(self.null))))


@dataclass(frozen=True, repr=False)
class AntidoteFront(Record):
    """What fairness costs: answers that no other beats in both costs.

    Attributes
    ----------
    costs : float64 array of shape (p,)
        The fairness costs, rising.
    k_means_costs : float64 array of shape (p,)
        The mean squared distances of an original row to its nearest center, falling.
    antidotes : list of p float64 arrays of shape (s, m)
        Their rows; s = 0 of the clustering without antidote data.
    n_queries : int
    """

    costs: np.ndarray
    k_means_costs: np.ndarray
    antidotes: list
    n_queries: int


def front_of(asked, before, n_queries):
    """The front of the batches that searches asked and of the clustering before.

    Parameters
    ----------
    asked : list of (V, costs, k_means_costs)
        Arrays (b, s, m), (b,) and (b,); inf is refused.
    before : Clustering
    n_queries : int

    Returns
    -------
    AntidoteFront
    """
    nothing = np.empty((0, before.centers.shape[1]))
    rows = [nothing, *(own for V, _, _ in asked for own in V)]
    costs = np.concatenate([[before.cost], *(c for _, c, _ in asked)])
    k_means = np.concatenate([[before.k_means_cost], *(c for _, _, c in asked)])
    order = np.lexsort([k_means, costs])
    order = order[np.isfinite(costs[order])]
    best = np.minimum.accumulate(np.append(np.inf, k_means[order]))
    kept = order[k_means[order] < best[:-1]]
    return AntidoteFront(costs[kept], k_means[kept], [rows[q] for q in kept], n_queries)
