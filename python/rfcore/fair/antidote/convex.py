"""Antidote data for sum-of-norms clustering by a convex relaxation (Algorithm 2)."""

import numbers
from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator

from rfcore._arrays import require_count, require_moderate, validate_data
from rfcore._columns import require_same_rows
from rfcore._shown import Record
from rfcore.cluster.son import SumOfNorms, require_precision, require_pull
from rfcore.errors import ConvergenceError
from rfcore.fair.base import as_groups

# The relative gap of the small problem, and the moves of weight it may take.
_GAP, _MOVES = 1e-11, 10_000


class ConvexAntidote(BaseEstimator):
    """Rows that make a sum-of-norms clustering fairer to the worst-off group.

    The social cost of centers M, one for each row, is the largest over groups of the
    mean of ``|X_j - M_j|^2``. Antidote rows V are appended, X and V are clustered by
    `SONClustering`, and the cost is that of the rows of X. Sizes of V are tried from
    `start` on until the cost is at most alpha. For each size V is the best of the
    relaxation below, within the observed range of each feature, and X with V is
    then clustered exactly.

    Parameters
    ----------
    lam : float, default=0.04
        The pull of `SONClustering`, >= 0.
    alpha : float, optional
        The cost to get down to. By default the lowest cost within the limits is
        looked for.
    gamma : float, optional
        The relaxation's share in (0, 1]: 1 leaves each row alone, towards 0 all rows
        get the mean as their center. By default the one at which the relaxed cost of
        X alone is its exact cost.
    judged_by : {"exact", "relaxed"}, default="exact"
        Which cost is compared with alpha and chosen by; "relaxed" is the thesis's.
    start, step : int, default=1
        The first number of rows and what is added to it, >= 1.
    max_rows : int, default=10
        The largest number of rows, >= `start`.
    tol : float, default=1e-6
    max_iter : int, default=2000
        Both as in `SONClustering`.

    Attributes
    ----------
    result_ : ConvexAntidoteResult
    groups_ : ndarray of shape (l,)
        The groups that occur, in sorted order.
    n_features_in_ : int

    Notes
    -----
    *The relaxation.* In eq. 3.4 the map P is replaced by gamma times its argument.
    Then zeta = c eta with c = (1 - gamma) / gamma, and the conditions collapse to
    ``M_j = (X_j + c S) / (1 + c m)``, where S sums all m rows of X and V. So lam drops
    out, V counts by its sum alone, and the relaxation cannot tell two antidote sets of
    equal size and sum apart, while the exact clustering can. What is left,
    ``(c m / (1 + c m))^2 max_g mean_g |X_j - S / m|^2``, is least at the box's point
    of a smallest ball around group means with additive constants, found up to a gap
    of 1e-11 from its dual. Of all sets with the best sum the one of equal rows is
    taken. More rows can raise the cost, since each one pulls on all others; no rows at
    all are among what "limit" chooses from.

    *Differences from the paper and the authors' code.* The printed proximal map lacks
    lam; it is max(0, 1 - lam / norm). V is held to the observed range; the thesis
    lets it go anywhere. The program is solved in the sum of V, not by a conic solver in
    all variables. The thesis stops by the relaxed cost and does not cluster again.
    gamma is not named there. Centers are those of each row, not the nearest ones,
    since the cost would not be convex otherwise. Only groups that have rows
    count.

    References
    ----------
    Thesis 3.1.3.1, Algorithm 2, eq. 3.1-3.5; Chhabra, Singla and Mohapatra 2022.

    Examples
    --------
    >>> X, groups = [[0.0], [1.0], [2.0], [9.0], [10.0]], ["a", "a", "a", "b", "b"]
    >>> found = ConvexAntidote(0.3, alpha=0.85, judged_by="relaxed")
    >>> found = found.fit(X, groups=groups).result_
    >>> found.stopped, round(found.relaxed_after, 2), round(found.after, 2)
    ('alpha', 0.85, 1.15)
    """

    def __init__(
        self,
        lam=0.04,
        *,
        alpha=None,
        gamma=None,
        judged_by="exact",
        start=1,
        step=1,
        max_rows=10,
        tol=1e-6,
        max_iter=2000,
    ):
        self.lam = lam
        self.alpha = alpha
        self.gamma = gamma
        self.judged_by = judged_by
        self.start = start
        self.step = step
        self.max_rows = max_rows
        self.tol = tol
        self.max_iter = max_iter

    def fit(self, X, y=None, *, groups):
        """Look for antidote rows.

        Parameters
        ----------
        X : array-like of shape (n, m)
            Becomes float64.
        y : ignored
        groups : array-like of shape (n,)
            The protected group of each row; names of any kind.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If X is not a finite matrix, groups do not fit it, or a parameter is
            outside its range.
        TypeError
            If a parameter is of another kind.

        Warns
        -----
        ConvergenceWarning
            If max_iter steps did not reach the gap of a clustering.
        """
        require_same_rows(X=X, groups=groups)
        X = validate_data(self, X, dtype=np.float64, order="C")
        require_moderate(X)
        groups, self.groups_ = as_groups(groups, len(X))
        self._check_parameters()
        self.result_ = self._search(X, groups)
        return self

    def _check_parameters(self):
        require_pull(self.lam)
        require_precision(self.tol, self.max_iter)
        for name in ("start", "step", "max_rows"):
            require_count(name, getattr(self, name))
        if self.max_rows < self.start:
            raise ValueError(
                f"max_rows={self.max_rows} should be >= start={self.start}"
            )
        for name in ("alpha", "gamma"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, numbers.Real):
                raise TypeError(f"{name}={value!r} should be a number or None")
        if self.alpha is not None and np.isnan(self.alpha):
            raise ValueError("alpha=nan should be a number")
        if self.gamma is not None and not 0 < self.gamma <= 1:
            raise ValueError(f"gamma={self.gamma} should be in (0, 1]")
        if self.judged_by not in ("exact", "relaxed"):
            raise ValueError(
                f"judged_by={self.judged_by!r} should be 'exact' or 'relaxed'"
            )

    def _search(self, X, groups):
        none = np.empty((0, X.shape[1]))
        exact = self._exact(X, none, groups)
        gamma = self.gamma
        if gamma is None:
            gamma = matching_gamma(X, groups, exact[1])
        tried = [_Tried(none, *exact, relaxed_cost(X, none, groups, gamma))]
        stopped = "limit"
        if self._meets(tried[0]):
            stopped = "already"
        sizes = range(self.start, self.max_rows + 1, self.step)
        for n_rows in sizes if stopped == "limit" else ():
            V = np.tile(best_mean(X, groups, n_rows), (n_rows, 1))
            relaxed = relaxed_cost(X, V, groups, gamma)
            tried.append(_Tried(V, *self._exact(X, V, groups), relaxed))
            if self._meets(tried[-1]):
                stopped = "alpha"
                break
        best = min(tried, key=self._judged) if stopped == "limit" else tried[-1]
        return ConvexAntidoteResult(
            V=best.V,
            centers=best.centers,
            before=tried[0].exact,
            after=best.exact,
            relaxed_before=tried[0].relaxed,
            relaxed_after=best.relaxed,
            gamma=gamma,
            path=tuple((len(own.V), own.relaxed, own.exact) for own in tried),
            stopped=stopped,
        )

    def _exact(self, X, V, groups):
        """Centers of the rows of X clustered with V, and their cost."""
        problem = SumOfNorms(np.concatenate([X, V]))
        found = problem.solve(self.lam, self.tol, self.max_iter)
        centers = found.centers[found.labels[: len(X)]]
        return centers, own_center_cost(X, centers, groups)

    def _judged(self, tried):
        return getattr(tried, self.judged_by)

    def _meets(self, tried):
        return self.alpha is not None and self._judged(tried) <= self.alpha


@dataclass(frozen=True, eq=False)
class _Tried:
    V: np.ndarray
    centers: np.ndarray
    exact: float
    relaxed: float


@dataclass(frozen=True, eq=False, repr=False)
class ConvexAntidoteResult(Record):
    """Antidote rows and the social costs without and with them.

    Attributes
    ----------
    V : float64 array of shape (s, m)
        The rows to append; none where that is best or alpha was met before.
    centers : float64 array of shape (n, m)
        Of the original rows, clustered exactly with V.
    before, after : float
        Social cost by the exact clustering, in squared units of X.
    relaxed_before, relaxed_after : float
        The same of the relaxation, which Algorithm 2 goes by.
    gamma : float
        That of the relaxation; 0 where it has all centers equal.
    path : tuple of (int, float, float)
        Rows, relaxed and exact cost of each size tried, that of no rows first.
    stopped : str
        ``"already"``: alpha was met without any rows. ``"alpha"``: it was met.
        ``"limit"``: it was not, or none was given; V is the best that was found.
    """

    V: np.ndarray
    centers: np.ndarray
    before: float
    after: float
    relaxed_before: float
    relaxed_after: float
    gamma: float
    path: tuple
    stopped: str


def own_center_cost(X, centers, groups):
    """The largest over groups of the mean squared distance of rows to own centers."""
    sq = ((X - centers) ** 2).sum(axis=1)
    return float((np.bincount(groups, weights=sq) / np.bincount(groups)).max())


def relaxed_centers(X, V, gamma):
    """Centers of the rows of X by the relaxation: (X_j + c S) / (1 + c m).

    Multiplied through by gamma, so that gamma = 0 gives the mean of all rows.
    """
    m, origin = len(X) + len(V), X.mean(axis=0)
    # Around the origin the offset of X costs no digits; the weights of rows sum to 1.
    total = (V - origin).sum(axis=0)
    pulled = gamma * (X - origin) + (1 - gamma) * total
    return origin + pulled / (gamma + (1 - gamma) * m)


def relaxed_cost(X, V, groups, gamma):
    """The social cost of `relaxed_centers`."""
    return own_center_cost(X, relaxed_centers(X, V, gamma), groups)


def matching_gamma(X, groups, cost):
    """The gamma at which the relaxed cost of X alone is `cost`.

    The relaxed cost is t^2 times that of one center for all, t = c n / (1 + c n).
    """
    all_equal = own_center_cost(X, X.mean(axis=0), groups)
    if all_equal == 0.0:
        return 1.0
    t = min(1.0, np.sqrt(cost / all_equal))
    # c = t / (n (1 - t)) and gamma = 1 / (1 + c).
    return float(len(X) * (1 - t) / (t + len(X) * (1 - t)))


def best_mean(X, groups, n_rows):
    """The mean of n_rows antidote rows, in the range of X, of least relaxed cost.

    The relaxed cost grows with ``max_g |a - mean_g|^2 + var_g``, where a is the mean
    of all rows, whatever gamma is. Its dual has a weight for each group: weight goes
    from the cheapest group that has some to the dearest one, until both cost the same.
    """
    n, m = len(X), len(X) + n_rows
    total = X.sum(axis=0)
    low = (total + n_rows * X.min(axis=0)) / m
    high = (total + n_rows * X.max(axis=0)) / m
    counts = np.bincount(groups)
    means = np.stack([np.bincount(groups, weights=x) / counts for x in X.T], axis=1)
    sq = ((X - means[groups]) ** 2).sum(axis=1)
    spreads = np.bincount(groups, weights=sq) / counts

    def costs(weights):
        a = np.clip(weights @ means, low, high)
        return ((a - means) ** 2).sum(axis=1) + spreads

    weights = counts / n
    for _ in range(_MOVES):
        own = costs(weights)
        dear = int(own.argmax())
        if own[dear] - weights @ own <= _GAP * own[dear]:
            a = np.clip(weights @ means, low, high)
            mean = (m * a - total) / n_rows
            return np.clip(mean, X.min(axis=0), X.max(axis=0))
        cheap = int(np.where(weights > 0, own, np.inf).argmin())
        weights = _move(costs, weights, cheap, dear)
    raise ConvergenceError(f"{_MOVES} moves of weight left a gap of more than {_GAP}")


def _move(costs, weights, cheap, dear):
    """Weights after as much went from `cheap` to `dear` as makes both cost the same."""
    direction = np.zeros(len(weights))
    direction[dear], direction[cheap] = 1.0, -1.0
    low, high = 0.0, weights[cheap]

    def lead(share):
        own = costs(weights + share * direction)
        return own[dear] - own[cheap]

    if lead(high) < 0:
        for _ in range(100):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if lead(middle) > 0 else (low, middle)
    moved = weights + high * direction
    moved[cheap] = max(0.0, weights[cheap] - high)
    return moved
