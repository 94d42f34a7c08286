"""Fairness for robust log loss: a logistic model truncated until it is fair."""

import functools
import warnings

import numpy as np
from scipy.optimize import brentq, minimize
from scipy.special import expit
from sklearn.utils.validation import check_is_fitted

from rfcore._arrays import require_count
from rfcore._columns import complete, require_one_attribute, require_same_rows
from rfcore.errors import ConvergenceWarning
from rfcore.fair.classifiers.base import (
    CRITERIA,
    FairClassifier,
    require_positive,
    require_word,
)

# Precision of the fairness parameter.
_LAMBDA_TOL = 1e-4


class RobustFairLogloss(FairClassifier):
    """The fair predictor of least log loss against the worst case of the moments.

    Of the rows that the criterion compares (all, or those of class 1) let the share
    q(g) of all n rows be in group g. Let p = sigma(w x + b), and let "+" be group 1
    for lambda > 0 and group 0 for lambda < 0. The answer is

        P(1 | x, +) = min(p, q(+) / |lambda|),
        P(1 | x, -) = max(p, 1 - q(-) / |lambda|),

    and that of the adversary, who gives labels under which the features have their
    means over the training rows, is p where nothing is compared and else

        Q(1 | x, +) = p + p (1 - p) |lambda| / q(+),  1 where truncated,
        Q(1 | x, -) = p - p (1 - p) |lambda| / q(-),  0 where truncated.

    With the game's value V, which is convex in (w, b) and concave in lambda,

        V = sum_i [-log P_i(Q_i) + (Q_i(1) - y_i)(w x_i + b)] / n
            + lambda (mean of P(1) in group 1 - that in group 0) + (w w) / (2 n C),

    where -log P(Q) is the cross entropy, (w, b) minimizes and lambda maximizes, which
    makes the two means of P(1) over the training rows equal.

    With "equal_opportunity" the answer depends on the class, which is not known of new
    rows: there P = P_1 r + P_0 (1 - r) with the adversary's r = Q_1 r + Q_0 (1 - r).

    Parameters
    ----------
    criterion : "demographic_parity" or "equal_opportunity"
        Default "demographic_parity".
    C : float, default=1.0
        Inverse penalty, > 0, in the unit of scikit-learn's `LogisticRegression`.
    tol : float, default=1e-5
        L-BFGS ends where no slope of V is above it, > 0.
    max_iter : int, default=1000
        Iterations of L-BFGS for one lambda, >= 1.

    Attributes
    ----------
    coef_ : float64 array of shape (1, m)
    intercept_ : float64 array of shape (1,)
    fairness_ : float
        lambda, to 1e-4.
    group_shares_ : float64 array of shape (2,)
        q(0), q(1).
    n_iter_ : int
        Iterations for all lambda together.
    classes_, groups_ : ndarray of shape (2,)
        Names of the classes and of the groups, sorted.
    n_features_in_ : int

    Notes
    -----
    Fair are the means of the probabilities, over the training rows. `predict` gives
    the likelier class, whose rates may differ again, and where q(+) / |lambda| is below
    one half it never gives class 1 to a row of "+". Scale the columns first. The
    version for covariates that shift (Rezaei et al. 2021, arXiv:2010.05166), which
    needs the densities of both sides, is not built.

    *Differences from the paper and the authors' code.* The code minimizes V over
    (w, b) with the best lambda for each, by a gradient that has p instead of Q where
    nothing is truncated. That function has a kink wherever p itself is fair, so here
    the root in lambda is outside and smooth minimizations are inside. The penalty is
    in scikit-learn's unit and spares the intercept; the start is 0. Equalized odds is
    left out.

    References
    ----------
    Rezaei et al. 2020, arXiv:1903.03910.
    """

    def __init__(
        self, *, criterion="demographic_parity", C=1.0, tol=1e-5, max_iter=1000
    ):
        self.criterion = criterion
        self.C = C
        self.tol = tol
        self.max_iter = max_iter

    def fit(self, X, y, *, groups):
        """Play the game to its saddle point.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n, m)
        y : array-like of shape (n,)
            Two classes; the second in sorted order is the favorable one.
        groups : array-like of shape (n,)
            Two protected groups; names of any kind.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If y or groups do not hold two values, no row has a class and group that
            the criterion compares, the data do not fit, or a parameter is outside its
            range.

        Warns
        -----
        ConvergenceWarning
            If L-BFGS ends before `tol` is reached at the last lambda.
        """
        require_word("criterion", self.criterion, CRITERIA)
        for name in ("C", "tol"):
            require_positive(name, getattr(self, name))
        require_count("max_iter", self.max_iter)
        X, y, groups = self._read(X, y, groups)
        self._require_cells(y, groups, self.criterion)
        compared = y == 1 if self.criterion == "equal_opportunity" else y >= 0
        members = [compared & (groups == group) for group in (0, 1)]
        self.group_shares_ = np.array([own.mean() for own in members])
        play = Play(X, y, members, 1 / (self.C * len(y)), self.tol, self.max_iter)
        self.fairness_ = saddle(play)
        play.gap(self.fairness_)
        self.n_iter_ = play.n_iter
        self._warn_of(play.steepest)
        self.coef_, self.intercept_ = play.theta[None, :-1], play.theta[-1:]
        return self

    def predict_proba(self, X, *, groups):
        """Probabilities of the two classes.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n, m)
        groups : array-like of shape (n,)
            Protected groups, both or one of those of `fit`.

        Returns
        -------
        float64 array of shape (n, 2)
            In the order of `classes_`.

        Raises
        ------
        ValueError
            If the data do not fit or a group was not among those of `fit`.
        """
        require_same_rows(X=X, groups=groups)
        X = self._rows(X)
        groups = self._known(groups, X.shape[0])
        p = expit(X @ self.coef_[0] + self.intercept_[0])
        second, truth = p.copy(), p.copy()
        if self.fairness_ != 0:
            plus = int(self.fairness_ > 0)
            for group in (0, 1):
                own = groups == group
                limit = self.group_shares_[group] / abs(self.fairness_)
                second[own], truth[own] = answers(p[own], limit, group == plus)
        if self.criterion == "equal_opportunity":
            # Rows of class 0 are not truncated: there both players answer p.
            weight = p / (1 - truth + p)
            second = second * weight + p * (1 - weight)
        return np.column_stack([1 - second, second])

    def predict(self, X, *, groups):
        """The likelier class of each row; of equals the first.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n, m)
        groups : array-like of shape (n,)

        Returns
        -------
        ndarray of shape (n,)

        Raises
        ------
        ValueError
            As `predict_proba`.
        """
        second = self.predict_proba(X, groups=groups)[:, 1]
        return self.classes_[(second > 0.5).astype(int)]

    def score(self, X, y, sample_weight=None, *, groups):
        """Share of the rows whose class is predicted.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n, m)
        y : array-like of shape (n,)
        sample_weight : array-like of shape (n,), optional
        groups : array-like of shape (n,)

        Returns
        -------
        float
            In [0, 1].
        """
        require_same_rows(X=X, y=y, groups=groups, sample_weight=sample_weight)
        right = self.predict(X, groups=groups) == complete(y, "y")
        return float(np.average(right, weights=sample_weight))

    def _known(self, groups, n_rows):
        check_is_fitted(self)
        groups = complete(groups, "groups")
        require_one_attribute(groups, "groups")
        if groups.shape != (n_rows,):
            raise ValueError(f"groups.shape={groups.shape} should be {(n_rows,)}")
        known = np.isin(groups, self.groups_)
        if not known.all():
            raise ValueError(
                f"groups holds {groups[~known].tolist()[0]!r}, which is not among "
                f"{self.groups_.tolist()}"
            )
        return np.searchsorted(self.groups_, groups)

    def _warn_of(self, steepest):
        if steepest > self.tol:
            warnings.warn(
                f"a slope of {steepest:.2g} is left, above tol={self.tol}: give a "
                "larger max_iter, or scale the columns",
                ConvergenceWarning,
                stacklevel=3,
            )


class Play:
    """The game on training rows, minimized over theta for one lambda after another.

    Parameters
    ----------
    X : float64 array or CSR matrix of shape (n, m)
    y : int array of shape (n,)
    members : pair of bool arrays of shape (n,)
        The rows that are compared, of group 0 and of group 1.
    penalty, tol : float
    max_iter : int
    """

    def __init__(self, X, y, members, penalty, tol, max_iter):
        self.X, self.y, self.members, self.penalty = X, y, members, penalty
        self.options = {"maxiter": max_iter, "gtol": tol, "ftol": 0.0, "maxcor": 20}
        self.theta = np.zeros(X.shape[1] + 1)
        self.n_iter, self.steepest = 0, 0.0

    def gap(self, fairness):
        """Mean of P(1) in group 1 less that in group 0, theta being the best one."""
        found = minimize(
            self.value,
            self.theta,
            args=(fairness,),
            jac=True,
            method="L-BFGS-B",
            options=self.options,
        )
        self.theta, self.steepest = found.x, abs(found.jac).max()
        self.n_iter += int(found.nit)
        answer, _ = self.answers(expit(self.scores(found.x)), fairness)
        low, high = (answer[own].mean() for own in self.members)
        return high - low

    def value(self, theta, fairness):
        """V and its gradient in theta, both at a lambda."""
        z, y = self.scores(theta), self.y
        p, loss = expit(z), np.logaddexp(0, z) - y * z
        answer, truth = self.answers(p, fairness)
        for group, own in enumerate(self.members) if fairness else ():
            rate = (2 * group - 1) * fairness / own.mean()
            cut = own & (answer != p)
            linear = z[cut] if rate > 0 else 0.0
            loss[cut] = np.log(abs(rate)) + linear - y[cut] * z[cut]
            loss[own] += rate * answer[own]
        slope = (truth - y) / len(y)
        coef = theta[:-1]
        gradient = np.append(self.X.T @ slope + self.penalty * coef, slope.sum())
        return loss.mean() + self.penalty / 2 * (coef @ coef), gradient

    def scores(self, theta):
        """w x + b of all rows."""
        return self.X @ theta[:-1] + theta[-1]

    def answers(self, p, fairness):
        """P(1) and Q(1) of all rows at a lambda."""
        answer, truth = p.copy(), p.copy()
        for group, own in enumerate(self.members) if fairness else ():
            limit = own.mean() / abs(fairness)
            lowered = (group == 1) == (fairness > 0)
            answer[own], truth[own] = answers(p[own], limit, lowered)
        return answer, truth


def saddle(play):
    """The lambda at which the gap is 0; the gap falls as lambda grows.

    Parameters
    ----------
    play : Play

    Returns
    -------
    float
    """
    # Asked again from another theta, a gap of nearly 0 could have the other sign.
    gap = functools.cache(play.gap)
    sign = float(np.sign(gap(0.0)))
    if sign == 0:
        return 0.0
    near, far = 0.0, sign / 4
    while np.sign(gap(far)) == sign:
        near, far = far, 2 * far
    return brentq(gap, near, far, xtol=_LAMBDA_TOL)


def answers(p, limit, lowered):
    """Answers of the predictor and of the adversary in one group.

    Parameters
    ----------
    p : float64 array of shape (k,)
    limit : float
        q / lambda of the group.
    lowered : bool
        Whether its probabilities are cut from above.

    Returns
    -------
    answer, truth : float64 arrays of shape (k,)
    """
    pull = p * (1 - p) / limit
    if lowered:
        return np.minimum(p, limit), np.where(p > limit, 1.0, p + pull)
    return np.maximum(p, 1 - limit), np.where(p < 1 - limit, 0.0, p - pull)
