"""The white-box attack on a linear classifier: every row crosses the boundary."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from rfcore._arrays import as_rows
from rfcore._columns import complete, require_same_rows
from rfcore._shown import Settings
from rfcore.attacks.classifiers.base import evasion_result, require_budget
from rfcore.influence import boundary_move


class BoundaryAttack(Settings):
    """White-box evasion of a linear classifier: rows move at right angles across it.

    With coefficients theta and intercept b each row becomes

        x' = x - gamma (theta'x + b) / ||theta||^2 theta,

    whose decision value is (1 - gamma) times that of x. No shorter move in Euclidean
    length reaches that value.

    Parameters
    ----------
    gamma : float, default=1.1
        How far a row goes: 1 is the boundary, more is past it; finite and >= 0.
    n_null : int, default=20
        How often the rows are moved as far in random directions, >= 1.
    random_state : int or None, default=None
        Of these directions; the attack itself draws nothing.

    Notes
    -----
    Rows that are wrong already cross too, and become right: the accuracy after is one
    minus that before, but for rows on the boundary, which stay. The attacker needs no
    labels; `y` is for the accuracies only. `X_adv` with `y` is the V' of equation 4.8:
    as validation rows of the target "loss" it gives the influence "robustness".

    *Differences from the thesis.* Its formula divides by the norm of theta, not by its
    square, as `rfcore.influence.boundary_move` says.

    References
    ----------
    Thesis 4.2.2, measuring influence on adversarial robustness.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> X, y = [[0.0], [1.0], [3.0], [4.0]], [0, 0, 1, 1]
    >>> model = LogisticRegression().fit(X, y)
    >>> result = BoundaryAttack(random_state=0).run(model, X, y)
    >>> result.before, result.after
    (1.0, 0.0)
    """

    def __init__(self, *, gamma=1.1, n_null=20, random_state=None):
        self.gamma = gamma
        self.n_null = n_null
        self.random_state = random_state

    def run(self, victim, X, y):
        """Move every row across the boundary.

        Parameters
        ----------
        victim : fitted linear classifier of two classes
            Anything with `coef_`, `intercept_`, `classes_` and `predict`, such as
            LogisticRegression or LinearSVC; not changed.
        X : array-like of shape (n, m)
            Not changed.
        y : array-like of shape (n,)
            The true labels, all of them the victim's classes.

        Returns
        -------
        AttackResult
            In units of accuracy, which the attack `lowers`. One question, and the
            details `y` and `distances` (n,), the Euclidean lengths of the moves.

        Raises
        ------
        TypeError
            If the victim is no linear classifier, or `n_null` is not an integer.
        ValueError
            If it is not fitted (NotFittedError), has another number of classes than
            two, coefficients that are all zero, a parameter is outside its range, or
            the data do not fit.
        """
        require_budget("gamma", self.gamma)
        coef, intercept = _boundary(victim)
        require_same_rows(X=X, y=y)
        X = as_rows(X, n_features=len(coef), min_rows=1)
        y = _labels(y, len(X), victim.classes_)
        X_adv = boundary_move(X, coef, intercept, gamma=self.gamma)
        return evasion_result(
            victim.predict,
            X,
            y,
            X_adv,
            norm="l_2",
            trace=[np.mean(victim.predict(X_adv) == y)],
            stopped="every row was moved",
            n_null=self.n_null,
            random_state=self.random_state,
        )


def _boundary(victim):
    """The coefficients (m,) and the intercept of a fitted linear classifier."""
    if not (hasattr(victim, "fit") and hasattr(victim, "predict")):
        raise TypeError(f"{type(victim).__name__} is no classifier of scikit-learn")
    check_is_fitted(victim)
    if not all(hasattr(victim, name) for name in ("coef_", "intercept_", "classes_")):
        raise TypeError(
            f"{type(victim).__name__} has no coef_, intercept_ and classes_: the "
            "boundary attack needs a linear classifier"
        )
    if len(victim.classes_) != 2:
        raise ValueError(
            f"the victim has {len(victim.classes_)} classes, should have 2"
        )
    coef = victim.coef_
    coef = coef.toarray() if hasattr(coef, "toarray") else np.asarray(coef)
    return coef.ravel(), float(np.ravel(victim.intercept_)[0])


def _labels(y, n, classes):
    """True labels (n,), each one of the classes."""
    y = complete(y, "y")
    if y.shape != (n,):
        raise ValueError(f"y.shape={y.shape} should be {(n,)}")
    unknown = np.setdiff1d(y, classes)
    if unknown.size:
        raise ValueError(
            f"y holds {unknown.tolist()[0]!r}, should hold {classes.tolist()}"
        )
    return y
