"""Sum-of-norms clustering: a convex problem, solved up to a duality gap."""

import numbers
import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin

from rfcore import _core
from rfcore._arrays import as_rows, require_count, require_moderate, validate_data
from rfcore._shown import Record
from rfcore.errors import ConvergenceWarning

# Steps between two looks at the gap, and returns to Python.
_BATCH = 5
# The step size times n: at first, at most, and the steps after which it doubles.
_PULL, _MOST_PULL, _PATIENCE = 8.0, 64.0, 60


class SONClustering(ClusterMixin, BaseEstimator):
    """Sum-of-norms (convex) clustering of all rows with equal weights.

    Each row i has a center M_i of its own, and every pair of centers is pulled
    together: min over M of ``1/2 sum_i |X_i - M_i|^2 + lam sum_{i<j} |M_i - M_j|``.
    Rows whose centers are equal are a cluster; lam, not a number, decides how many
    there are. The answer is unique: there are no starts and nothing is random.

    Parameters
    ----------
    lam : float, default=0.04
        The pull, >= 0, in units of X. No value suits all data: what is of use lies
        below `largest_pull`, where all rows are one cluster, and `son_path` shows it.
    tol : float, default=1e-6
        Ends at this duality gap over the objective, > 0.
    max_iter : int, default=2000
        Steps at most, >= 1.

    Attributes
    ----------
    centers_ : float64 array of shape (n, m)
        The center of each row, equal to the bit within a cluster.
    labels_ : int32 array of shape (n,)
        Numbered by their smallest row.
    cluster_centers_ : float64 array of shape (n_clusters_, m)
    n_clusters_ : int
    objective_ : float
        At `centers_`.
    duality_gap_ : float
        `objective_` minus the value of a feasible dual, both of the whole problem: how
        far `objective_` is above the least at most. Centers are within
        ``sqrt(2 duality_gap_)`` of the best ones, taken together.
    n_iter_ : int
        Steps taken.
    n_features_in_ : int

    Notes
    -----
    Steps of ADMM on the complete graph, whose linear system is a division; the duals
    of all pairs stay feasible, and pairs whose dual is inside its ball are fused. The
    gap is that of the means of fused rows. Duals take 4 n^2 m bytes and a step reads
    and writes them once. Where a pair is just about to fuse, a gap of `tol` may be
    reached with it apart or together; two centers farther apart than
    ``2 sqrt(duality_gap_)`` are apart in the best answer, too.

    *Differences from the paper and the authors' code.* Chi and Lange's ADMM keeps the
    differences of centers beside the duals; here the sums of duals stand for them. The
    step size grows if 60 steps are not enough. They look for clusters by a threshold
    on distances. Only equal weights are offered, as in the thesis.

    References
    ----------
    Thesis 3.1.3.1, eq. 3.1; Chi and Lange 2015, arXiv:1304.0499.

    Examples
    --------
    >>> SONClustering(1.0).fit([[0.0], [1.0], [9.0]]).labels_
    array([0, 0, 1], dtype=int32)
    """

    def __init__(self, lam=0.04, *, tol=1e-6, max_iter=2000):
        self.lam = lam
        self.tol = tol
        self.max_iter = max_iter

    def fit(self, X, y=None):
        """Cluster the rows of X.

        Parameters
        ----------
        X : array-like of shape (n, m)
            Becomes float64.
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If X is not a finite matrix, or a parameter is outside its range.
        TypeError
            If a parameter is not a number.

        Warns
        -----
        ConvergenceWarning
            If max_iter steps did not reach the gap; the attributes are those of the
            last step.
        """
        X = validate_data(self, X, dtype=np.float64, order="C")
        require_moderate(X)
        require_pull(self.lam)
        require_precision(self.tol, self.max_iter)
        found = SumOfNorms(X).solve(self.lam, self.tol, self.max_iter)
        self.labels_ = found.labels
        self.cluster_centers_ = found.centers
        self.centers_ = found.centers[found.labels]
        self.n_clusters_ = len(found.centers)
        self.objective_ = found.objective
        self.duality_gap_ = found.gap
        self.n_iter_ = found.n_iter
        return self


@dataclass(frozen=True, eq=False, repr=False)
class SONSolution(Record):
    """The clustering at one lam.

    Attributes
    ----------
    lam : float
    labels : int32 array of shape (n,)
    centers : float64 array of shape (k, m)
        One for each cluster.
    objective, gap : float
        The gap is an upper bound of what the objective exceeds the least by.
    n_iter : int
    """

    lam: float
    labels: np.ndarray
    centers: np.ndarray
    objective: float
    gap: float
    n_iter: int


def son_path(X, lams=None, *, n_lams=20, tol=1e-6, max_iter=2000):
    """Sum-of-norms clusterings for falling lam, each started from the one before.

    Parameters
    ----------
    X : array-like of shape (n, m)
    lams : array-like of shape (n_lams,), optional
        In falling order. By default from the one at which all rows are surely one
        cluster, the largest distance of two rows over n, down to a hundredth of it,
        evenly in the logarithm.
    n_lams : int, default=20
        Of the default ones.
    tol, max_iter
        As in `SONClustering`, for each lam.

    Returns
    -------
    list of SONSolution

    Raises
    ------
    ValueError
        If X is not a finite matrix, lams do not fall, or a parameter is outside its
        range.

    Warns
    -----
    ConvergenceWarning
        If max_iter steps did not reach the gap at some lam.

    Examples
    --------
    >>> [len(s.centers) for s in son_path([[0.0], [1.0], [9.0]], [3.0, 1.0, 0.1])]
    [1, 2, 3]
    """
    X = as_rows(X, min_rows=1)
    require_precision(tol, max_iter)
    if lams is None:
        require_count("n_lams", n_lams)
        lams = largest_pull(X) * np.geomspace(1.0, 0.01, n_lams)
    lams = np.asarray(lams, dtype=np.float64)
    if lams.ndim != 1:
        raise ValueError(f"lams.ndim={lams.ndim} should be 1")
    for lam in lams:
        require_pull(float(lam))
    if not (np.diff(lams) <= 0).all():
        raise ValueError(f"lams={lams.tolist()} should fall")
    problem = SumOfNorms(X)
    return [problem.solve(float(lam), tol, max_iter) for lam in lams]


def largest_pull(X):
    """The largest distance of two rows over n: a lam at which all are one cluster.

    With it ``(X_i - X_j) / n`` is a feasible dual, and its sums are those of the mean.

    Parameters
    ----------
    X : array-like of shape (n, m)

    Returns
    -------
    float
        In units of X, 0 if all rows are equal.

    Raises
    ------
    ValueError
        If X is not a finite matrix or has no rows.

    Examples
    --------
    >>> largest_pull([[0.0], [1.0], [9.0]])
    3.0
    """
    X = as_rows(X, min_rows=1)
    widest = 0.0
    for row in X:
        sq = np.empty((1, len(X)))
        _core.pairwise_sq_distances(row[None], X, sq)
        widest = max(widest, float(sq.max()))
    return float(np.sqrt(widest)) / len(X)


class SumOfNorms:
    """The problem of some rows, and its duals between one lam and the next.

    Assumes validated input.

    Parameters
    ----------
    X : float64 array of shape (n, m)
    """

    def __init__(self, X):
        self._mean = X.mean(axis=0)
        self._X = X - self._mean
        self._centers = self._X.copy()
        self._sums = np.zeros_like(X)
        self._dual = np.zeros(_core.son_dual_shape(*X.shape))
        self._lam = None

    def solve(self, lam, tol, max_iter):
        """The clustering at lam, from the duals of the last one.

        Parameters
        ----------
        lam, tol : float
        max_iter : int

        Returns
        -------
        SONSolution

        Warns
        -----
        ConvergenceWarning
            If max_iter steps did not reach the gap.
        """
        self._rescale(lam)
        n_iter = 0
        while True:
            pull = min(_MOST_PULL, _PULL * 2.0 ** (n_iter // _PATIENCE))
            batch = min(_BATCH, max_iter - n_iter)
            _core.son_sweep(
                self._X,
                lam,
                pull / len(self._X),
                batch,
                self._centers,
                self._sums,
                self._dual,
            )
            n_iter += batch
            found = self._look(lam, n_iter)
            if found.gap <= tol * found.objective:
                return found
            if n_iter == max_iter:
                warnings.warn(
                    f"max_iter={max_iter} steps left a duality gap of "
                    f"{found.gap / found.objective:.1e} of the objective, tol={tol}",
                    ConvergenceWarning,
                    stacklevel=3,
                )
                return found

    def _rescale(self, lam):
        """Shorten or lengthen the duals, so that they fit the new lam."""
        if self._lam is not None and self._lam > 0:
            self._dual *= lam / self._lam
            self._sums *= lam / self._lam
        self._lam = lam

    def _look(self, lam, n_iter):
        """Means of the rows that the duals fuse, and their gap."""
        labels = np.empty(len(self._X), dtype=np.int32)
        k = _core.son_labels(self._dual, lam, labels)
        sizes = np.bincount(labels, minlength=k).astype(np.float64)
        best = self._X - self._sums
        centers = np.empty((k, best.shape[1]))
        for f, column in enumerate(best.T):
            centers[:, f] = np.bincount(labels, weights=column, minlength=k) / sizes
        residuals = self._X - centers[labels]
        objective = 0.5 * np.vdot(residuals, residuals)
        objective += lam * _core.son_penalty(centers, sizes)
        dual = np.vdot(self._X, self._sums) - 0.5 * np.vdot(self._sums, self._sums)
        # The dual is below by theory; rounding may lift it by a few units.
        gap = max(0.0, float(objective - dual))
        centers += self._mean
        return SONSolution(lam, labels, centers, float(objective), gap, n_iter)


def require_pull(lam):
    """Check that lam is a finite number that is not negative."""
    if not isinstance(lam, numbers.Real):
        raise TypeError(f"lam={lam!r} should be a number")
    if not 0 <= lam < np.inf:
        raise ValueError(f"lam={lam} should be in [0, inf)")


def require_precision(tol, max_iter):
    """Check when an iteration should end."""
    if not isinstance(tol, numbers.Real):
        raise TypeError(f"tol={tol!r} should be a number")
    if not tol > 0:
        raise ValueError(f"tol={tol} should be > 0")
    require_count("max_iter", max_iter)
