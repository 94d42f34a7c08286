"""Fair-Lloyd: k-means whose centers serve the group that is served worst."""

from dataclasses import dataclass

import joblib
import numpy as np
import scipy.sparse
from sklearn.utils import check_random_state

from rfcore import _core
from rfcore._arrays import require_count
from rfcore.cluster import FairOracle
from rfcore.fair.base import FairClusterer
from rfcore.fair.minimax import Parts, minimax_centers


class FairLloyd(FairClusterer):
    """k-means that makes the largest mean squared distance of a group small.

    With the groups A_g and nearest centers, the social cost is

        max over g of (1 / |A_g|) sum over x in A_g of min over c of |x - C_c|^2.

    Rows go to their nearest centers and centers go where the largest cost of a group in
    the new partition is least, in turn. Neither step can raise the social cost.

    Parameters
    ----------
    n_clusters : int
        In [1, n].
    n_init : int, default=10
        Starts; the one with the lowest social cost is kept. Ignored where `init` gives
        the centers.
    init : "k-means++" or array-like of shape (n_clusters, m), default="k-means++"
    max_iter : int, default=300
        Steps of one start, >= 1.
    tol : float, default=1e-6
        A start ends when a step lowers the social cost by at most this share of it, or
        earlier when no label changes.
    random_state : int, RandomState or None, default=None

    Attributes
    ----------
    cluster_centers_ : float64 array of shape (n_clusters, m)
    labels_ : int32 array of shape (n,)
        The nearest center of each row; the lowest of equals.
    social_cost_ : float
        In squared units of X.
    group_costs_ : float64 array of shape (l,)
        The mean squared distance of each group; the largest is the social cost.
    groups_ : ndarray of shape (l,)
        The names of the groups, sorted. With one group alone this is k-means.
    history_ : float64 array of shape (n_iter_ + 1,)
        The social cost of the kept start's first centers, and after each step. It never
        rises, up to rounding.
    n_iter_ : int
        Steps of that start.
    n_features_in_ : int

    Notes
    -----
    A cluster that loses all its rows keeps its center.

    *Differences from the paper and the authors' code.* They find the centers of two
    groups by a line search between the groups' means and give a general program, not
    solved, for more; here one interior point method finds them for any number of
    groups, to a relative gap of 1e-12. They start from random rows and run a fixed
    number of steps; they also project the data on principal components, which is left
    to the caller.

    References
    ----------
    Ghadiri, Samadi and Vempala 2021, arXiv:2006.10085, algorithms 1 and 2.
    Thesis, definition 3.1.1.

    Examples
    --------
    >>> fair = FairLloyd(1, random_state=0).fit([[0.0], [0.0], [4.0]], groups=[0, 0, 1])
    >>> round(fair.cluster_centers_.item(), 6), round(fair.social_cost_, 6)
    (2.0, 4.0)
    """

    def __init__(
        self,
        n_clusters,
        *,
        n_init=10,
        init="k-means++",
        max_iter=300,
        tol=1e-6,
        random_state=None,
    ):
        self.n_clusters = n_clusters
        self.n_init = n_init
        self.init = init
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state

    def _check_parameters(self):
        for name in ("n_init", "max_iter"):
            require_count(name, getattr(self, name))
        if not self.tol >= 0:
            raise ValueError(f"tol={self.tol} should be >= 0")
        if isinstance(self.init, str) and self.init != "k-means++":
            raise ValueError(
                f"init={self.init!r} should be 'k-means++' or an array of centers"
            )

    def _answers(self, X):
        return FairLloydOracle(self, X)

    def _take(self, answers, groups):
        found = answers._answer(groups)
        self.cluster_centers_ = found.centers + answers.middle
        self.labels_ = found.labels
        self.group_costs_ = found.costs
        self.social_cost_ = float(found.costs.max())
        self.history_ = np.array(found.history)
        self.n_iter_ = len(found.history) - 1


@dataclass(frozen=True)
class _Run:
    centers: np.ndarray  # (k, m)
    labels: np.ndarray  # (n,)
    costs: np.ndarray  # (l,)
    history: list


class FairLloydOracle(FairOracle):
    """Answers for `FairLloyd`: the same first centers.

    With `random_state=None` they are drawn once, when the oracle is made.

    Parameters
    ----------
    estimator : FairLloyd
        Validated.
    X : float64 array of shape (n, m)
        Validated.

    Attributes
    ----------
    middle : float64 array of shape (m,)
        The mean of X, which is taken off so that an offset costs no digits.
    starts : float64 array of shape (r, k, m)
        First centers, without the mean.
    """

    def __init__(self, estimator, X):
        super().__init__(X)
        self._max_iter, self._tol = estimator.max_iter, estimator.tol
        self.middle = X.mean(axis=0)
        self._rows = np.ascontiguousarray(X - self.middle)
        self.starts = self._drawn(estimator)

    def _drawn(self, estimator):
        k, m = estimator.n_clusters, self.X.shape[1]
        if not isinstance(estimator.init, str):
            centers = np.array(estimator.init, dtype=np.float64, order="C")
            if centers.shape != (k, m):
                raise ValueError(f"init.shape={centers.shape} should be {(k, m)}")
            if not np.isfinite(centers).all():
                raise ValueError("init should be finite")
            return (centers - self.middle)[None]
        rng = check_random_state(estimator.random_state)
        uniforms = rng.random_sample((estimator.n_init, _core.seeding_uniforms(k)))
        starts = np.empty((estimator.n_init, k, m))
        for start, own in zip(starts, uniforms, strict=True):
            chosen = np.empty(k, dtype=np.int64)
            _core.kmeans_plus_plus(self._rows, own, chosen)
            start[:] = self._rows[chosen]
        return starts

    def _regroup(self, groups):
        n_jobs = min(joblib.effective_n_jobs(-1), len(groups))
        return joblib.Parallel(n_jobs=n_jobs, prefer="threads")(
            joblib.delayed(self._labels)(own) for own in groups
        )

    def _labels(self, groups):
        return self._answer(np.unique(groups, return_inverse=True)[1]).labels

    def _answer(self, groups):
        """The run of lowest social cost, under groups 0 .. l - 1 that all occur."""
        runs = [self._run(start, groups) for start in self.starts]
        return min(runs, key=lambda run: run.costs.max())

    def _run(self, centers, groups):
        sizes = np.bincount(groups)
        labels, sq, costs = self._assigned(centers, groups, sizes)
        history = [float(costs.max())]
        for _ in range(self._max_iter):
            moved = self._moved(centers, labels, sq, groups, sizes)
            before, was = labels, costs.max()
            labels, sq, moved_costs = self._assigned(moved, groups, sizes)
            if moved_costs.max() > was:
                # Rounding: the centers were the best already.
                labels = before
                break
            centers, costs = moved, moved_costs
            history.append(float(costs.max()))
            if (labels == before).all() or was - costs.max() <= self._tol * was:
                break
        return _Run(centers, labels, costs, history)

    def _assigned(self, centers, groups, sizes):
        labels = np.empty(len(groups), dtype=np.int32)
        sq = np.empty(len(groups))
        _core.assign_nearest(self._rows, centers, labels, sq)
        return labels, sq, np.bincount(groups, sq) / sizes

    def _moved(self, centers, labels, sq, groups, sizes):
        """The best centers of a partition, with squared distances to older ones."""
        k, n_groups = len(centers), len(sizes)
        cell = labels.astype(np.int64) * n_groups + groups
        counts = np.bincount(cell, minlength=k * n_groups)
        n = len(cell)
        members = scipy.sparse.csr_array(
            (np.ones(n), cell, np.arange(n + 1)), shape=(n, k * n_groups)
        )
        means = (members.T @ self._rows) / np.maximum(counts, 1)[:, None]
        means = means.reshape(k, n_groups, -1)
        counts = counts.reshape(k, n_groups)
        # |x - C|^2 summed over a part is its scatter and its count times |mean - C|^2.
        off = (counts * ((means - centers[:, None]) ** 2).sum(axis=2)).sum(axis=0)
        within = np.maximum(np.bincount(groups, sq) - off, 0.0) / sizes
        used = counts.any(axis=1)
        parts = Parts((counts / sizes)[used], means[used], within)
        moved = centers.copy()
        moved[used], _, _ = minimax_centers(parts)
        return moved
