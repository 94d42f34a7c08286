"""Fair assignment to the centers of an ordinary clustering, by a linear program."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sklearn.utils import check_random_state

from rfcore import _core
from rfcore._columns import attributes
from rfcore.cluster import KCenter, KMeans, KMedian
from rfcore.fair.attributes import as_attributes, joined, whole_overlapping_flows
from rfcore.fair.base import FairClusterer, ThreadedOracle
from rfcore.fair.distributor import Classes, fractional_flows, whole_flows
from rfcore.fair.radii import Radii
from rfcore.fair.shares import (
    SHARE_TOLERANCE,
    as_bounds,
    bounds_for,
    require_bounds,
    require_delta,
    share_violation,
)

_VANILLA = {1: KMedian, 2: KMeans, np.inf: KCenter}


class FairAssignmentLP(FairClusterer):
    """Clusters around ordinary centers in which each group has about its share.

    The centers are those of k-median (p = 1), k-means (p = 2) or k-center (p = inf).
    With r_g the share of group g among all rows, its share in every cluster should be
    in [r_g (1 - delta), r_g / (1 - delta)]. A linear program hands every row, in
    fractions, to centers so that all shares are in their bounds and

        sum over rows i and centers c of x_ic d(i, c)^p

    is least; for p = inf the largest distance with x_ic > 0 is. The fractions are then
    rounded to whole rows.

    Parameters
    ----------
    n_clusters : int
        In [1, n]. A cluster may stay empty.
    p : {1, 2, inf}, default=2
        The power of the Euclidean distances.
    delta : float, default=0.2
        In [0, 1).
    bounds : array-like of shape (l, 2), default=None
        The least and the largest share in a cluster of each group, the groups in
        sorted order, in [0, 1]; replaces the bounds by delta. Fixes the number of
        groups, in every question to an oracle too. Of several attributes the groups of
        the first come first.
    init : array-like of shape (n_clusters, m) or None, default=None
        Centers to take instead of those of an ordinary clustering.
    random_state : int, RandomState or None, default=None

    Attributes
    ----------
    labels_ : int32 array of shape (n,)
        In [0, n_clusters): the fair assignment. The nearest center of a row may be
        another one.
    cluster_centers_ : float64 array of shape (n_clusters, m)
        Those of the ordinary clustering; they are not moved.
    groups_ : ndarray of shape (l,)
        The names of the groups, sorted; of several attributes ``"sex: F"``, by
        attribute.
    bounds_ : float64 array of shape (l, 2)
        The bounds on their shares.
    cost_ : float
        The sum of d^p under `labels_`, the largest d for p = inf.
    lp_bound_ : float
        The value of the linear program, in the units of `cost_`: no assignment to
        these centers within the bounds costs less. `cost_` is not above it, since
        rounding gives up a little fairness and no cost.
    vanilla_cost_ : float
        The cost of the nearest centers.
    violation_ : float
        How many rows the worst cluster's count of a group is outside its bounds, as
        that of `FairKCenter`. Less than 1 + the largest upper bound, so less than 2;
        with m >= 2 attributes at most 4 m + 3.
    n_clusters_used_ : int
        Clusters that have rows.
    n_lps_ : int
        Linear programs solved; 0 where the nearest centers make fair clusters, and
        more than 1 for p = inf alone.
    n_features_in_ : int

    Notes
    -----
    *What is promised.* For p = 1 and 2 and the least cost OPT of a fair clustering
    around any k centers, lp_bound_^(1/p) <= vanilla_cost_^(1/p) + 2 OPT^(1/p); for
    p = inf the same without powers.

    *The rounding* keeps the number of rows of each group in each cluster, and of each
    cluster, at the whole number below or above that of the fractions, and has the least
    cost of all such. Rows are counted in one laminar family a side, so the vertices of
    this second program, a flow, are whole. The optimum of the first one is in it.

    *Several attributes*, such as sex and race, make groups that overlap: a row is in
    one of each, and each has its bounds. The rounding is then the paper's: constraints
    with few fractions are freed one after the other.

    *Differences from the paper and the authors' code.* Their groups may be any sets of
    rows, also for one attribute. They build the program constraint by constraint and
    call CPLEX. For p = inf they bisect the radius among distances, as is done here for
    several attributes; for one it is found as by `FairKCenter`. Rows are handed out at
    random within it. Their k-median and k-center come from other starts.

    References
    ----------
    Bera, Chakrabarty, Flores and Negahbani 2019, arXiv:1901.02393, sections 3 and 4;
    the rounding by a flow is that of Bercea et al. 2019,
    doi:10.4230/LIPIcs.APPROX-RANDOM.2019.18.

    Examples
    --------
    >>> X, groups = [[0.0], [1.0], [9.0], [10.0]], ["a", "a", "b", "b"]
    >>> fair = FairAssignmentLP(2, delta=0.0, random_state=0).fit(X, groups=groups)
    >>> fair.vanilla_cost_, fair.cost_
    (1.0, 145.0)
    """

    def __init__(
        self,
        n_clusters,
        *,
        p=2,
        delta=0.2,
        bounds=None,
        init=None,
        random_state=None,
    ):
        self.n_clusters = n_clusters
        self.p = p
        self.delta = delta
        self.bounds = bounds
        self.init = init
        self.random_state = random_state

    def fit(self, X, y=None, *, groups):
        """Cluster the rows of X.

        Parameters
        ----------
        X : array-like of shape (n, m)
            Computed with as float64.
        y : ignored
        groups : array-like of shape (n,) or (n, m), data frame, or dict of columns (n,)
            The protected group of each row, of one attribute or of each of several;
            names of any kind, none missing. Of pandas columns the index is that of X.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If X is not a finite matrix, groups do not fit it, or a parameter is
            outside its range.
        InfeasibleError
            If `bounds` leave out the share that a group has among all rows; the message
            names it.
        """
        return super().fit(X, groups=groups)

    def _as_groups(self, groups, n_rows):
        columns = attributes(groups)
        if columns or isinstance(groups, Mapping):
            return as_attributes(columns, n_rows)
        return super()._as_groups(groups, n_rows)

    def _check_parameters(self):
        if self.p not in _VANILLA:
            raise ValueError(f"p={self.p!r} should be 1, 2 or inf")
        require_delta(self.delta)
        if self.bounds is not None:
            as_bounds(self.bounds)

    def _answers(self, X):
        return FairAssignmentOracle(self, X)

    def _take(self, answers, groups):
        found = answers._answer(groups, self.groups_)
        self.labels_ = found.labels
        self.cluster_centers_ = answers.centers
        self.bounds_ = found.bounds
        self.cost_ = answers._cost(found.labels)
        self.lp_bound_ = found.value
        self.vanilla_cost_ = answers._cost(answers.nearest)
        self.violation_ = share_violation(found.labels, groups, found.bounds)
        self.n_clusters_used_ = len(np.unique(found.labels))
        self.n_lps_ = found.n_lps


@dataclass(frozen=True)
class _Answer:
    labels: np.ndarray  # (n,)
    bounds: np.ndarray  # (l, 2)
    value: float
    n_lps: int


def cheapest_labels(costs, groups, bounds, members=None):
    """Labels of the least total cost with each group's share of a cluster in bounds.

    Parameters
    ----------
    costs : float64 array of shape (n, k)
        >= 0.
    groups : int32 array of shape (n,)
        In [0, l), or of several attributes their combination, in [0, j).
    bounds : float64 array of shape (l, 2)
    members : bool array of shape (l, j) or None, default=None
        Which combinations each bounded group has.

    Returns
    -------
    labels : int32 array of shape (n,)
        Rounded from the linear program's flows; a share may be off by a row.
    value : float
        Of the program: no labels within the bounds cost less.
    """
    n, k = costs.shape
    flat = costs.ravel()
    n_groups = len(bounds) if members is None else members.shape[1]
    classes = Classes.single(groups, k, n_groups)
    # One unit for the solver, whose tolerance is absolute.
    unit = flat.mean() or 1.0
    low, high = np.ascontiguousarray(bounds.T)
    flows, _ = fractional_flows(classes, low, high, flat / unit, members)
    if members is None:
        whole = whole_flows(classes, flows, flat / unit)
    else:
        whole = whole_overlapping_flows(classes, flows, flat / unit, members)
    labels = whole.reshape(n, k).argmax(axis=1).astype(np.int32)
    return labels, float(flat @ flows)


class FairAssignmentOracle(ThreadedOracle):
    """Answers for `FairAssignmentLP`: the same centers, distances computed once.

    With `random_state=None` all random numbers are drawn from one seed, which is drawn
    when the oracle is made. A candidate of `regroup` is of one attribute and may lack
    groups; the bounds are those of the groups that it has.

    Parameters
    ----------
    estimator : FairAssignmentLP
        Validated.
    X : float64 array of shape (n, m)
        Validated.

    Attributes
    ----------
    centers : float64 array of shape (k, m)
    nearest : int32 array of shape (n,)
        The nearest center of each row; the lowest of equals.
    """

    def __init__(self, estimator, X):
        super().__init__(X)
        self._delta, self._bounds = estimator.delta, None
        if estimator.bounds is not None:
            self._bounds = as_bounds(estimator.bounds)
        rng = check_random_state(estimator.random_state)
        seeds = rng.randint(np.iinfo(np.int32).max, size=2)
        self.centers, self._seed = _centers(estimator, X, seeds[0]), seeds[1]
        self._costs = np.empty((len(X), len(self.centers)))
        _core.pairwise_sq_distances(X, self.centers, self._costs)
        if estimator.p != 2:
            np.sqrt(self._costs, out=self._costs)
        self.nearest = self._costs.argmin(axis=1).astype(np.int32)
        self._radii = Radii(self._costs) if estimator.p == np.inf else None

    def _require_feasible(self, groups):
        require_bounds(groups, self._bounds)

    def _answer(self, groups, names):
        """The fair assignment under groups 0 .. l - 1, each of which occurs.

        Groups are (n,), or (n, m) of several attributes.
        """
        counts, n_rows = np.bincount(groups.ravel()), len(groups)
        bounds = bounds_for(counts, names, self._delta, self._bounds, n_rows)
        slack = SHARE_TOLERANCE * len(groups)
        if share_violation(self.nearest, groups, bounds) <= slack:
            return _Answer(self.nearest, bounds, self._cost(self.nearest), 0)
        members = None
        if groups.ndim == 2:
            groups, members = joined(groups, len(names))
        if self._radii is not None:
            found = self._radii.fair_labels(groups, bounds, self._seed, members)
            labels, radius, n_lps = found
            return _Answer(labels, bounds, radius, n_lps)
        labels, value = cheapest_labels(self._costs, groups, bounds, members)
        return _Answer(labels, bounds, value, 1)

    def _cost(self, labels):
        own = self._costs[np.arange(len(labels)), labels]
        return float(own.sum() if self._radii is None else own.max())


def _centers(estimator, X, seed):
    """The given centers, or those of the ordinary clustering, (k, m)."""
    k, init = estimator.n_clusters, estimator.init
    if init is None:
        vanilla = _VANILLA[estimator.p](k, random_state=seed)
        return vanilla.fit(X).cluster_centers_
    centers = np.array(init, dtype=np.float64, order="C")
    if centers.shape != (k, X.shape[1]):
        raise ValueError(f"init.shape={centers.shape} should be {(k, X.shape[1])}")
    if not np.isfinite(centers).all():
        raise ValueError("init should be finite")
    return centers
