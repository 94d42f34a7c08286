"""The least radius around given centers within which fair clusters exist."""

import numpy as np

from rfcore.errors import ConvergenceError
from rfcore.fair.attributes import whole_overlapping_flows
from rfcore.fair.distributor import Classes, fractional_flows, whole_flows

# What HiGHS takes for feasible, in rows.
_FLOW_TOLERANCE = 1e-7

# Linear programs at the least radius that is not excluded; then the middle's turn.
_N_JUMPS = 12


class Radii:
    """Distances of rows to centers, sorted once for many questions about groups.

    Parameters
    ----------
    distances : float64 array of shape (n, k)

    Attributes
    ----------
    radius : float
        The largest distance of a row to its nearest center.
    nearest : int32 array of shape (n,)
        The nearest center; the first of equals.
    """

    def __init__(self, distances):
        self.radius = float(distances.min(axis=1).max())
        # One center within the last radius of all rows makes one cluster, which is
        # fair, so no larger one is ever needed.
        last = distances.max(axis=0).min()
        radii = np.unique(distances)
        self._radii = radii[(radii >= self.radius) & (radii <= last)]
        self._order = np.argsort(distances, axis=1, kind="stable")
        self.nearest = self._order[:, 0].astype(np.int32)
        self._opens = np.searchsorted(self._radii, distances)
        self._opens_in_order = np.take_along_axis(self._opens, self._order, axis=1)

    def fair_labels(self, groups, bounds, seed, members=None):
        """A clustering within the least radius in which every cluster is fair.

        Parameters
        ----------
        groups : int array of shape (n,)
            In [0, l); each occurs.
        bounds : float64 array of shape (l, 2)
        seed : int
            Of how the rows of a class (same group, same centers within the radius) are
            handed out.
        members : bool array of shape (l, j) or None, default=None
            Which of the j groups each bound is on, where bounded groups overlap.

        Returns
        -------
        labels : int32 array of shape (n,)
        radius : float
        n_lps : int
            Linear programs solved for the radius.
        """
        at, classes, flows, n_lps = self._least(groups, bounds, members)
        rng = np.random.RandomState(seed)
        rows = rng.permutation(len(groups))
        rows = rows[np.argsort(classes.of_row[rows], kind="stable")]
        costs = rng.random_sample(len(flows))
        if members is None:
            whole = whole_flows(classes, flows, costs)
        else:
            whole = whole_overlapping_flows(classes, flows, costs, members)
        labels = np.empty(len(groups), dtype=np.int32)
        labels[rows] = np.repeat(classes.center, whole)
        return labels, float(self._radii[at]), n_lps

    def _least(self, groups, bounds, members):
        """The least radius that can be fair, as a position, and flows within it."""
        low, high = np.ascontiguousarray(bounds.T)
        first, last, n_lps, best = 0, len(self._radii) - 1, 0, None
        n_jumps = _N_JUMPS if members is None else 0
        n_groups = len(bounds) if members is None else members.shape[1]
        while best is None or first < last:
            at = first if n_lps < n_jumps else (first + last) // 2
            classes = Classes.of(self._opens <= at, groups, n_groups)
            flows, prices = fractional_flows(classes, low, high, members=members)
            n_lps += 1
            if flows is not None:
                last, best = at, (at, classes, flows)
            elif at == last:
                raise ConvergenceError("HiGHS denies that one cluster of all is fair")
            elif members is not None:
                first = at + 1
            else:
                excluded = self._n_excluded(prices, groups, low, high)
                first = min(max(at + 1, excluded), last)
        return *best, n_lps

    def _n_excluded(self, prices, groups, low, high):
        """How many radii, from the first on, have no fair flows by these prices.

        With a price w_cg for a row of group g in center c, rows pay at least the sum
        of min w_cg over the centers that each reaches, and fair clusters at most n
        times the largest of max w_c s over centers c and fair shares s. Where the
        first is more, no flow is both; it falls as the radius grows.
        """
        by_row = prices.T[groups[:, None], self._order]  # (n, k)
        np.minimum.accumulate(by_row, axis=1, out=by_row)
        falls = by_row[:, :-1] - by_row[:, 1:]
        opens = self._opens_in_order[:, 1:]
        falls = np.bincount(
            opens[falls > 0], weights=falls[falls > 0], minlength=len(self._radii)
        )
        paid = by_row[:, 0].sum() - np.cumsum(falls[: len(self._radii)])
        n = len(groups)
        most = n * _dearest_shares(prices, low, high).max()
        margin = _FLOW_TOLERANCE * n * np.abs(prices).max()
        return int(np.count_nonzero(paid > most + margin))


def _dearest_shares(prices, low, high):
    """The largest sum of prices times shares within the bounds, by center (k,)."""
    order = np.argsort(-prices, axis=1)
    ordered = np.take_along_axis(prices, order, axis=1)
    room = (high - low)[order]
    before = np.cumsum(room, axis=1) - room
    taken = np.clip(1 - low.sum() - before, 0.0, room)
    return (ordered * (low[order] + taken)).sum(axis=1)
