"""Training rows weighted by a linear program over their influence (Li and Liu)."""

import warnings

import numpy as np
from scipy.optimize import linprog
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from rfcore._arrays import validate_data
from rfcore._columns import require_same_rows
from rfcore.errors import ApproximationWarning, ConvergenceError
from rfcore.influence.linear.functions import InfluenceFunction

_CRITERIA = ("demographic_parity", "equal_opportunity")


class InfluenceReweighing(ClassifierMixin, BaseEstimator):
    """A classifier fitted twice: on all rows, then on rows weighted by influence.

    With f the gap on the validation rows, and with the influence of removing row i on
    that gap, F_i, and on the loss summed over the validation rows, U_i (negative means
    lower), the removed shares d in [0, 1] solve

        min sum_i d_i       s.t.  F d <= -beta f,  U d <= gamma U-,  sum d <= alpha n,

    where U- is the sum of the negative U_i, the most loss that could be saved. Where
    nothing satisfies this, they solve

        min F d             s.t.  U d <= 0,        sum d <= alpha n.

    The weights are 1 - d.

    Parameters
    ----------
    estimator : linear classifier or None, default=None
        One that `InfluenceFunction` reads and that takes weights, cloned. None for
        logistic regression.
    criterion : "demographic_parity" or "equal_opportunity"
        Default "demographic_parity": the targets of `InfluenceFunction`, the second a
        gap of losses.
    alpha : float, default=1.0
        The most weight removed, as a share of the rows, in [0, 1].
    beta : float, default=1.0
        The share of the gap to be closed, in [0, 1].
    gamma : float, default=0.0
        The share of U- to be saved, in [0, 1]; 0 asks for no loss of utility.

    Attributes
    ----------
    estimator_ : classifier
        Fitted with the weights.
    sample_weight_ : float64 array of shape (n,)
        1 - d, in [0, 1].
    reached_ : bool
        Whether the first program has an answer.
    classes_ : ndarray of shape (2,)
    n_features_in_ : int

    Notes
    -----
    Influence is first order, at the model of all rows, so what the program promises
    holds for small changes only: where it closes a large gap at once, the gap may turn
    over. Choose a smaller beta or alpha on validation rows then. At most two of the
    weights, or three where the bound on their sum binds too, are not 0 or 1. O(n)
    numbers and one Hessian.

    *Differences from the paper and the authors' code.* HiGHS solves the programs. The
    code takes the second one only where removing every row of negative F would not
    close the gap, and fails where the first has no answer for another reason; there,
    only the second one bounds the weight removed. Its alpha, beta and gamma are chosen
    for each data set; here they have defaults.

    References
    ----------
    Li and Liu 2022, arXiv:2202.00787.
    """

    def __init__(
        self,
        estimator=None,
        *,
        criterion="demographic_parity",
        alpha=1.0,
        beta=1.0,
        gamma=0.0,
    ):
        self.estimator = estimator
        self.criterion = criterion
        self.alpha = alpha
        self.beta = beta
        self.gamma = gamma

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.sparse = True
        return tags

    def fit(self, X, y, *, X_val, y_val, groups_val):
        """Fit, weight the rows, and fit again.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n, m)
        y : array-like of shape (n,)
            Two classes.
        X_val : array-like or sparse matrix of shape (v, m)
            Rows on which the gap and the loss are measured.
        y_val : array-like of shape (v,)
        groups_val : array-like of shape (v,)
            Two protected groups; names of any kind.

        Returns
        -------
        self

        Raises
        ------
        TypeError
            If `InfluenceFunction` does not read the estimator.
        ValueError
            If y does not hold two classes, the groups are not two, one of them has no
            rows to count, the data do not fit, or a parameter is outside its range.
        InfeasibleError
            If the Hessian is singular.
        ConvergenceError
            If HiGHS ends without an answer.
        """
        self._check_parameters()
        require_same_rows(X=X, y=y)
        require_same_rows(X_val=X_val, y_val=y_val, groups_val=groups_val)
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=np.float64)
        check_classification_targets(y)
        self.classes_ = np.unique(y)
        if len(self.classes_) != 2:
            raise ValueError(
                "Only binary classification is supported. y holds "
                f"{len(self.classes_)} class{'es' * (len(self.classes_) != 1)}, "
                "should hold 2"
            )
        first = self._new_estimator().fit(X, y)
        influence = InfluenceFunction().fit(first, X, y)
        targets = [self.criterion, "loss"]
        with warnings.catch_warnings():
            # Rows are taken in parts, so far only as the gap has a slope.
            warnings.simplefilter("ignore", ApproximationWarning)
            fairness, utility = influence.scores(
                X_val, y_val, target=targets, groups=groups_val
            )
        gap = influence.values(X_val, y_val, target=self.criterion, groups=groups_val)
        removed, self.reached_ = removed_shares(
            fairness, utility, gap, alpha=self.alpha, beta=self.beta, gamma=self.gamma
        )
        self.sample_weight_ = 1 - removed
        self.estimator_ = self._new_estimator()
        self.estimator_.fit(X, y, sample_weight=self.sample_weight_)
        return self

    def predict(self, X):
        """The estimator's predictions.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n, m)

        Returns
        -------
        ndarray of shape (n,)
        """
        X = self._rows(X)
        return self.estimator_.predict(X)

    def predict_proba(self, X):
        """The estimator's probabilities.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n, m)

        Returns
        -------
        float64 array of shape (n, 2)
            In the order of `classes_`.
        """
        X = self._rows(X)
        return self.estimator_.predict_proba(X)

    def _check_parameters(self):
        if self.criterion not in _CRITERIA:
            raise ValueError(
                f"criterion={self.criterion!r} should be one of {', '.join(_CRITERIA)}"
            )
        for name in ("alpha", "beta", "gamma"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name}={getattr(self, name)} should be in [0, 1]")

    def _new_estimator(self):
        if self.estimator is None:
            return LogisticRegression(solver="newton-cholesky", tol=1e-10)
        return clone(self.estimator)

    def _rows(self, X):
        check_is_fitted(self, "estimator_")
        return validate_data(
            self, X, accept_sparse="csr", dtype=np.float64, reset=False
        )


def removed_shares(fairness, utility, gap, *, alpha, beta, gamma):
    """How much of each row to remove, by the programs of `InfluenceReweighing`.

    Parameters
    ----------
    fairness, utility : float64 arrays of shape (n,)
        F and U.
    gap : float
        f, >= 0.
    alpha, beta, gamma : float

    Returns
    -------
    removed : float64 array of shape (n,)
        d, in [0, 1].
    reached : bool
        Whether the first program has an answer.

    Raises
    ------
    ConvergenceError
        If HiGHS ends without an answer.
    """
    n = len(fairness)
    ones = np.ones(n)
    saved = gamma * utility[utility < 0].sum()
    rows = np.stack([fairness, utility, ones])
    found = _solved(ones, rows, np.array([-beta * gap, saved, alpha * n]))
    if found is not None:
        return found, True
    found = _solved(fairness, rows[1:], np.array([0.0, alpha * n]))
    if found is None:
        raise ConvergenceError("HiGHS finds the program infeasible, which 0 solves")
    return found, False


def _solved(costs, rows, limits):
    """The answer of a program over [0, 1]^n, None where there is none."""
    # Rows of unlike size would be feasible to different precision.
    size = np.abs(rows).max(axis=1)
    size[size == 0] = 1
    largest = np.abs(costs).max() or 1.0
    found = linprog(
        costs / largest,
        A_ub=rows / size[:, None],
        b_ub=limits / size,
        bounds=(0, 1),
        method="highs-ds",
    )
    if found.status == 2:
        return None
    if found.status != 0:
        raise ConvergenceError(f"HiGHS ends without an answer: {found.message}")
    return np.clip(found.x, 0, 1)
