"""Correlation shift: training data moved to the test's tie of label and group."""

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

from rfcore._columns import complete, require_same_rows
from rfcore._shares import count_of
from rfcore.errors import InfeasibleError
from rfcore.fair.classifiers.base import FairClassifier, two_groups

# Group shares that are tried before the best one is refined.
_N_SHARES = 401


class CorrelationShift(FairClassifier):
    """Any classifier, trained on rows in which label and group go together as later.

    The shares w(y, g) of the four cells of the training rows are replaced by the
    nearest ones, in the sum of squares, whose correlation is the later one:

        min ||v - w||^2  s.t.  v(1, 1) / v(., 1) - v(1, 0) / v(., 0) = c,
        |v(1, .) - w(1, .)| <= max_label_change,
        |v(., 1) - w(., 1)| <= max_group_change,  v >= 0,  sum v = 1,

    and the estimator is trained on rows drawn from each cell without replacement, all
    of the cell with the largest r = v / w and n(y, g) r(y, g) / max r, rounded down, of
    the others; or on all rows with weights r.

    Parameters
    ----------
    estimator : classifier or None, default=None
        Cloned. Its `fit` gets the groups if it takes them, as `FairBatch` does, the
        paper's choice. None for logistic regression, which adjusts the correlation and
        repairs nothing.
    correlation : float or None, default=None
        c, in [-1, 1]; None takes it from the validation rows.
    max_label_change, max_group_change : float, default=0.05
        How far the shares of class 1 and of group 1 may move, in [0, 1].
    resample : bool, default=True
        Draw rows; False weights them, which the estimator's `fit` must support.
    random_state : int, RandomState or None, default=None
        Of the draw.

    Attributes
    ----------
    estimator_ : classifier
        Fitted.
    correlation_ : float
        c.
    cell_shares_, new_cell_shares_ : float64 arrays of shape (2, 2)
        w and v, by class, then by group.
    sampled_ : int64 array of shape (r,)
        Rows that the estimator was trained on, sorted.
    classes_, groups_ : ndarray of shape (2,)
        Names of the classes and of the groups, sorted.
    n_features_in_ : int

    Notes
    -----
    The program is not convex. For a fixed share of group 1 it is a parabola over an
    interval, and that share is searched over 401 values and refined.

    *Differences from the paper and the authors' code.* The program is solved itself,
    not its semidefinite relaxation. The code bounds twice the changes, by 0.1, which
    is the default here too. Weighting is offered beside sampling.

    References
    ----------
    Roh et al. 2023, arXiv:2302.02323.
    """

    def __init__(
        self,
        estimator=None,
        *,
        correlation=None,
        max_label_change=0.05,
        max_group_change=0.05,
        resample=True,
        random_state=None,
    ):
        self.estimator = estimator
        self.correlation = correlation
        self.max_label_change = max_label_change
        self.max_group_change = max_group_change
        self.resample = resample
        self.random_state = random_state

    def fit(self, X, y, *, groups, y_val=None, groups_val=None):
        """Move the shares and train.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n, m)
        y : array-like of shape (n,)
            Two classes.
        groups : array-like of shape (n,)
            Two protected groups; names of any kind.
        y_val, groups_val : array-like of shape (v,), optional
            Classes and groups of rows from where the classifier will be used; needed
            with ``correlation=None`` and only there.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If y or groups do not hold two values, one of the four cells has no row, a
            parameter is outside its range, the validation rows are missing,
            superfluous or do not fit, or weights are wanted of an estimator that takes
            none.
        InfeasibleError
            If no shares within the bounds have the correlation.
        """
        self._check_parameters()
        X, y, groups = self._read(X, y, groups)
        self._require_cells(y, groups, "demographic_parity")
        self.correlation_ = self._target(y_val, groups_val)
        cell = 2 * y + groups
        counts = np.bincount(cell, minlength=4)
        self.cell_shares_ = (counts / len(y)).reshape(2, 2)
        self.new_cell_shares_ = moved_cell_shares(
            self.cell_shares_,
            self.correlation_,
            max_label_change=self.max_label_change,
            max_group_change=self.max_group_change,
        )
        ratio = (self.new_cell_shares_ / self.cell_shares_).ravel()
        estimator = self.estimator
        if estimator is None:
            estimator = LogisticRegression(max_iter=1000)
        self.estimator_ = clone(estimator)
        self._train(X, y, groups, cell, ratio)
        return self

    def predict(self, X, **more):
        """The estimator's predictions.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n, m)
        **more
            What else the estimator's `predict` takes.

        Returns
        -------
        ndarray of shape (n,)
        """
        X = self._rows(X)
        return self.estimator_.predict(X, **more)

    def predict_proba(self, X, **more):
        """The estimator's probabilities.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n, m)
        **more
            What else the estimator's `predict_proba` takes.

        Returns
        -------
        float64 array of shape (n, 2)
        """
        X = self._rows(X)
        return self.estimator_.predict_proba(X, **more)

    def _check_parameters(self):
        for name in ("max_label_change", "max_group_change"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name}={getattr(self, name)} should be in [0, 1]")
        if self.correlation is not None and not -1 <= self.correlation <= 1:
            raise ValueError(f"correlation={self.correlation} should be in [-1, 1]")

    def _target(self, y_val, groups_val):
        given = [values is not None for values in (y_val, groups_val)]
        if self.correlation is not None:
            if any(given):
                raise ValueError(
                    "y_val and groups_val are used with correlation=None only"
                )
            return float(self.correlation)
        if not all(given):
            raise ValueError("correlation=None needs y_val and groups_val")
        require_same_rows(y_val=y_val, groups_val=groups_val)
        y_val = complete(y_val, "y_val")
        if y_val.ndim != 1:
            raise ValueError(f"y_val.ndim={y_val.ndim} should be 1")
        unknown = ~np.isin(y_val, self.classes_)
        if unknown.any():
            raise ValueError(
                f"y_val holds {y_val[unknown].tolist()[0]!r}, which is not among "
                f"{self.classes_.tolist()}"
            )
        groups_val, names = two_groups(groups_val, len(y_val), "groups_val")
        if names.tolist() != self.groups_.tolist():
            raise ValueError(
                f"groups_val holds {names.tolist()}, should hold "
                f"{self.groups_.tolist()}"
            )
        positive = y_val == self.classes_[1]
        return float(
            positive[groups_val == 1].mean() - positive[groups_val == 0].mean()
        )

    def _train(self, X, y, groups, cell, ratio):
        fit = self.estimator_.fit
        more = {}
        if self.resample:
            rng = check_random_state(self.random_state)
            self.sampled_ = sampled_rows(cell, ratio, rng)
        else:
            if not has_fit_parameter(self.estimator_, "sample_weight"):
                raise ValueError(
                    f"resample=False needs sample_weight in "
                    f"{type(self.estimator_).__name__}.fit"
                )
            self.sampled_ = np.arange(len(y))
            more["sample_weight"] = ratio[cell]
        rows = self.sampled_
        if has_fit_parameter(self.estimator_, "groups"):
            more["groups"] = self.groups_[groups[rows]]
        fit(X[rows], self.classes_[y[rows]], **more)

    def _rows(self, X):
        check_is_fitted(self, "estimator_")
        return super()._rows(X)


def moved_cell_shares(shares, correlation, *, max_label_change, max_group_change):
    """The nearest shares of the four cells with another correlation.

    Parameters
    ----------
    shares : float64 array of shape (2, 2)
        By class, then by group; sums to 1.
    correlation : float
        P(class 1 | group 1) - P(class 1 | group 0), in [-1, 1].
    max_label_change, max_group_change : float

    Returns
    -------
    float64 array of shape (2, 2)

    Raises
    ------
    InfeasibleError
        If there are none within the bounds.
    """
    share = shares[:, 1].sum()
    low, high = max(share - max_group_change, 0.0), min(share + max_group_change, 1.0)

    def distance(of_group):
        return _distance(of_group, shares, correlation, max_label_change)

    tried = np.linspace(low, high, _N_SHARES)
    found = np.array([distance(of_group) for of_group in tried])
    best = int(np.argmin(found))
    if not np.isfinite(found[best]):
        raise InfeasibleError(
            f"no shares have correlation={correlation:.4g} within "
            f"max_label_change={max_label_change} and "
            f"max_group_change={max_group_change} of the training rows'"
        )
    of_group = tried[best]
    ends = tried[max(best - 1, 0)], tried[min(best + 1, _N_SHARES - 1)]
    if ends[0] < ends[1]:
        refined = minimize_scalar(
            distance, bounds=ends, method="bounded", options={"xatol": 1e-12}
        )
        if refined.fun < found[best]:
            of_group = refined.x
    rate = _best_rate(of_group, shares, correlation, max_label_change)
    return _cells(of_group, rate, correlation)


def sampled_rows(cell, ratio, rng):
    """Rows drawn from the cells in proportion to a ratio, sorted.

    Parameters
    ----------
    cell : int array of shape (n,)
        In [0, 4).
    ratio : float64 array of shape (4,)
    rng : RandomState

    Returns
    -------
    int64 array of shape (r,)
    """
    drawn = []
    for number, keep in enumerate(ratio / ratio.max()):
        rows = np.flatnonzero(cell == number)
        size = count_of(keep, len(rows))
        drawn.append(rng.choice(rows, min(size, len(rows)), replace=False))
    return np.sort(np.concatenate(drawn))


def _cells(of_group, rate, correlation):
    """Shares by class and group from P(g = 1), P(y = 1 | g = 1) and c."""
    rates = np.array([rate - correlation, rate])
    weights = np.array([1 - of_group, of_group])
    return np.stack([weights * (1 - rates), weights * rates])


def _best_rate(of_group, shares, correlation, max_label_change):
    """The best P(y = 1 | g = 1) for a share of group 1; NaN where none is allowed."""
    middle = shares[1].sum() + (1 - of_group) * correlation
    low = max(0.0, correlation, middle - max_label_change)
    high = min(1.0, 1.0 + correlation, middle + max_label_change)
    # A bound of 0 leaves a point, which rounding may turn inside out.
    if low > high + 1e-12:
        return np.nan
    # The cells are start + rate * direction: the foot of a perpendicular.
    start = _cells(of_group, 0.0, correlation)
    direction = _cells(of_group, 1.0, correlation) - start
    rate = ((shares - start) * direction).sum() / (direction**2).sum()
    return min(max(rate, low), high)


def _distance(of_group, shares, correlation, max_label_change):
    rate = _best_rate(of_group, shares, correlation, max_label_change)
    if np.isnan(rate):
        return np.inf
    return ((_cells(of_group, rate, correlation) - shares) ** 2).sum()
