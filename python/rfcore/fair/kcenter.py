"""Fair k-center (KFC): the least radius within which every cluster can be fair."""

from dataclasses import dataclass

import joblib
import numpy as np
from sklearn.utils import check_random_state

from rfcore import _core
from rfcore.cluster import FairOracle
from rfcore.fair.base import FairClusterer
from rfcore.fair.radii import Radii
from rfcore.fair.shares import (
    SHARE_TOLERANCE,
    as_bounds,
    bounds_for,
    require_bounds,
    require_delta,
    share_violation,
)


class FairKCenter(FairClusterer):
    """k-center in which every cluster has each group's share of all rows, nearly.

    With r_g the share of group g among all rows, its share in every cluster should be
    in [r_g (1 - delta), r_g / (1 - delta)]. The centers are those of a farthest-first
    traversal from a random row. The radius is the least distance R for which a linear
    program can hand every row, in fractions, to centers within R so that all shares
    are in their bounds; the flows are then rounded to whole rows, and the rows of a
    class (same group, same centers within R) handed out in random order. Where the
    nearest centers make fair clusters, with one group always, they are the answer.

    Parameters
    ----------
    n_clusters : int
        In [1, n]. A cluster may stay empty, and a center's row may be in another's.
    delta : float, default=0.1
        In [0, 1).
    bounds : array-like of shape (l, 2), default=None
        The least and the largest share in a cluster of each group, the groups in
        sorted order, in [0, 1]; replaces the bounds by delta. Fixes the number of
        groups, in every question to an oracle too.
    random_state : int, RandomState or None, default=None

    Attributes
    ----------
    labels_ : int32 array of shape (n,)
        In [0, n_clusters).
    center_indices_ : int64 array of shape (n_clusters,)
        Rows of X, in the order of the traversal; a row repeats only where X has fewer
        distinct rows.
    cluster_centers_ : float64 array of shape (n_clusters, m)
    groups_ : ndarray of shape (l,)
        The names of the groups, sorted.
    bounds_ : float64 array of shape (l, 2)
        The bounds on their shares.
    radius_ : float
        R, in units of X; no row is farther from its center.
    lower_bound_ : float
        max(r / 2, R / 3), r the radius of the centers without groups: no clustering
        within the bounds around n_clusters of the rows has a smaller radius.
    violation_ : float
        How many rows the worst cluster's count of a group is outside its bounds:
        the largest, over clusters c and groups g with bounds [low_g, high_g], of
        N_cg - high_g N_c, low_g N_c - N_cg and 0, where N_cg counts the rows of g
        in c and N_c all rows of c. Less than 2; see the notes.
    n_clusters_used_ : int
        Clusters that have rows.
    n_lps_ : int
        Linear programs solved for the radius.
    n_features_in_ : int

    Notes
    -----
    *The violation.* Rounding moves each fractional N_cg and each N_c to the whole
    number below or above it. From N'_cg <= high_g N'_c of the flows follows N_cg <
    N'_cg + 1 <= high_g N'_c + 1 < high_g N_c + high_g + 1, and likewise below, so the
    violation is less than 1 + max_g high_g, up to the solver's 1e-7 rows.

    *The lower bound.* r is at most twice the best radius. Around the best centers o
    of a fair clustering of radius R*, hand each whole cluster to the center nearest to
    o, at most r <= 2 R* away: shares in merged clusters stay in their bounds and no
    row is farther than 3 R*, so the linear program has a solution there.

    *Differences from the paper and the authors' code.* They bisect the radius between 0
    and twice the largest distance down to a tolerance; here it is one of the distances,
    exactly the least: each infeasible program's dual ray proves infeasible all radii
    below a larger one, which is tried next. They draw a center for each row
    independently, with the flows of its class as chances, so that the violation grows
    with the root of n (the code keeps the best of five draws); here a second linear
    program with random costs rounds all flows together. They solve a program where
    the nearest centers are fair too. Groups do not overlap here. Which of many feasible
    flows is taken is the solver's choice, there and here; here it is the same for the
    same data, groups and `random_state`.

    References
    ----------
    Harb and Lam 2020, arXiv:2010.13949; bounds of Bera et al. 2019, arXiv:1901.02393;
    farthest-first by Gonzalez 1985, doi:10.1016/0304-3975(85)90224-5.

    Examples
    --------
    >>> X, groups = [[0.0], [1.0], [9.0], [10.0]], ["a", "b", "a", "b"]
    >>> FairKCenter(2, random_state=0).fit(X, groups=groups).radius_
    1.0
    """

    def __init__(self, n_clusters, *, delta=0.1, bounds=None, random_state=None):
        self.n_clusters = n_clusters
        self.delta = delta
        self.bounds = bounds
        self.random_state = random_state

    def _check_parameters(self):
        require_delta(self.delta)
        if self.bounds is not None:
            as_bounds(self.bounds)

    def _answers(self, X):
        return FairKCenterOracle(self, X)

    def _take(self, answers, groups):
        found = answers._answer(groups, self.groups_)
        self.labels_ = found.labels
        self.center_indices_ = answers.center_indices
        self.cluster_centers_ = answers.X[answers.center_indices]
        self.bounds_ = found.bounds
        self.radius_ = found.radius
        self.lower_bound_ = max(answers.radius / 2, found.radius / 3)
        self.violation_ = share_violation(found.labels, groups, found.bounds)
        self.n_clusters_used_ = len(np.unique(found.labels))
        self.n_lps_ = found.n_lps


@dataclass(frozen=True)
class _Answer:
    labels: np.ndarray  # (n,)
    bounds: np.ndarray  # (l, 2)
    radius: float
    n_lps: int


class FairKCenterOracle(FairOracle):
    """Answers for `FairKCenter`: the same centers, distances sorted once.

    With `random_state=None` all random numbers are drawn from one seed, which is drawn
    when the oracle is made. A candidate of `regroup` may lack groups; the bounds are
    those of the groups that it has.

    Parameters
    ----------
    estimator : FairKCenter
        Validated.
    X : float64 array of shape (n, m)
        Validated.

    Attributes
    ----------
    center_indices : int64 array of shape (k,)
    radius : float
        The largest distance of a row to its nearest center.
    """

    def __init__(self, estimator, X):
        super().__init__(X)
        self._delta = estimator.delta
        self._bounds = None
        if estimator.bounds is not None:
            self._bounds = as_bounds(estimator.bounds)
        k, rng = estimator.n_clusters, check_random_state(estimator.random_state)
        self.center_indices = np.empty(k, dtype=np.int64)
        first = rng.randint(len(X))
        self._seed = rng.randint(np.iinfo(np.int32).max)
        _core.farthest_first(X, first, self.center_indices, np.empty(len(X)))
        distances = np.empty((len(X), k))
        _core.pairwise_sq_distances(X, X[self.center_indices], distances)
        self._radii = Radii(np.sqrt(distances, out=distances))
        self.radius = self._radii.radius

    def _require_feasible(self, groups):
        require_bounds(groups, self._bounds)

    def _regroup(self, groups):
        n_jobs = min(joblib.effective_n_jobs(-1), len(groups))
        return joblib.Parallel(n_jobs=n_jobs, prefer="threads")(
            joblib.delayed(self._labels)(own) for own in groups
        )

    def _labels(self, groups):
        names, groups = np.unique(groups, return_inverse=True)
        return self._answer(groups, names).labels

    def _answer(self, groups, names):
        """The fair clustering under groups 0 .. l - 1, each of which occurs."""
        bounds = bounds_for(np.bincount(groups), names, self._delta, self._bounds)
        nearest = self._radii.nearest
        if share_violation(nearest, groups, bounds) <= SHARE_TOLERANCE * len(nearest):
            return _Answer(nearest, bounds, self.radius, 0)
        labels, radius, n_lps = self._radii.fair_labels(groups, bounds, self._seed)
        return _Answer(labels, bounds, radius, n_lps)
