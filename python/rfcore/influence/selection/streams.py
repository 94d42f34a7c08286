"""Online learning from batches with noisy labels, trimmed by influence."""

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.utils.validation import check_is_fitted, check_X_y

from rfcore._columns import complete, require_numbers, require_same_rows
from rfcore.influence.linear.functions import InfluenceFunction
from rfcore.influence.selection.trimming import trim

_LOSSES = ("log_loss", "hinge", "squared_hinge")


class OnlineTrimming(ClassifierMixin, BaseEstimator):
    """An online classifier that leaves out the harmful rows of each batch.

    A model of the batch alone gives the influence of its rows on a target over clean
    validation rows; `trim` removes at most the budget, only rows of negative influence,
    and the estimator goes on with the rest.

    Parameters
    ----------
    estimator : classifier with partial_fit
        Cloned, e.g. ``SGDClassifier(loss="log_loss")`` or ``loss="hinge"``.
    target : str or callable, default="loss"
        What the trimming should lower, as in `InfluenceFunction.scores`.
    budget : int or float, default=0.1
        The most rows to remove from a batch of n: an int in [0, n], or a float in
        [0, 1] as a share of n, rounded down.
    influence : InfluenceFunction, default=None
        Cloned for every batch; None takes ``InfluenceFunction()``.
    surrogate : LogisticRegression or LinearSVC, default=None
        Cloned and fitted on every batch; None takes `batch_model`.

    Attributes
    ----------
    estimator_ : classifier
    classes_ : ndarray of shape (k,)
        Sorted.
    history_ : list of TrimResult
        One for each batch, rows counted within the batch.

    Notes
    -----
    A batch that lacks a class of the validation rows has no influence on them that
    could be estimated: nothing of it is removed.

    *Differences from thesis 4.2.5.4.* The influence of rows on a model that has taken
    one step for each of them has no definition by its minimum. So it is that of the
    batch model at its minimum, which has seen no other batch ("we estimate influence
    over each batch independently"): logistic regression for the SVM too, as in the
    authors' program, with the estimator's own penalty. That program removes the full
    budget whatever the sign.

    References
    ----------
    Thesis 4.2.5.4, Algorithm 5.

    Examples
    --------
    >>> X, y = [[-2.0], [-1.0], [1.0], [2.0], [2.5]], [0, 0, 1, 1, 0]
    >>> online = OnlineTrimming(SGDClassifier(loss="log_loss"), budget=1)
    >>> online.partial_fit(X, y, [[-1.5], [1.5]], [0, 1]).history_[0].removed
    array([4])
    """

    def __init__(
        self, estimator, *, target="loss", budget=0.1, influence=None, surrogate=None
    ):
        self.estimator = estimator
        self.target = target
        self.budget = budget
        self.influence = influence
        self.surrogate = surrogate

    def fit(
        self, X, y, X_val=None, y_val=None, *, groups=None, gamma=1.1, classes=None
    ):
        """Forget all batches and begin with this one.

        Parameters
        ----------
        X, y, X_val, y_val, groups, gamma, classes
            As in `partial_fit`, whose first call it is.

        Returns
        -------
        self
        """
        for name in ("estimator_", "classes_", "history_", "_validation"):
            vars(self).pop(name, None)
        return self.partial_fit(
            X, y, X_val, y_val, groups=groups, gamma=gamma, classes=classes
        )

    def partial_fit(
        self, X, y, X_val=None, y_val=None, *, groups=None, gamma=1.1, classes=None
    ):
        """Trim a batch and go on with the rest of it.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n, d)
        y : array-like of shape (n,)
        X_val : array-like or CSR matrix of shape (v, d), optional
            Validation rows; None takes those of the last call. The first call needs
            them.
        y_val : array-like of shape (v,), optional
            Their labels, which should be clean.
        groups : array-like of shape (v,), optional
            Groups of the validation rows, for the targets of fairness.
        gamma : float, default=1.1
            As in `InfluenceFunction.scores`.
        classes : array-like of shape (k,), optional
            All labels that may come; read by the first call, where None means those of
            the validation rows.

        Returns
        -------
        self
            Unchanged where an error is raised.

        Raises
        ------
        TypeError
            If the budget is no number, or there is no batch model for the estimator and
            no `surrogate` is given.
        ValueError
            If the budget is out of range, validation rows are missing or incomplete, a
            label is not among the classes, or the data do not fit or are not finite.
        """
        require_same_rows(X=X, y=y)
        X, y = _checked(X, y, "y")
        validation = self._validation_rows(X_val, y_val, groups)
        known = self._known_classes(classes, validation[1])
        for name, labels in (("y", y), ("y_val", validation[1])):
            _require_known(labels, known, name)
        result = trim(self._scores(X, y, validation, gamma), self.budget)
        estimator = getattr(self, "estimator_", None) or clone(self.estimator)
        if len(result.kept):
            estimator.partial_fit(X[result.kept], y[result.kept], classes=known)
        self.history_ = [*getattr(self, "history_", []), result]
        self.estimator_, self.classes_ = estimator, known
        self._validation = validation
        return self

    def predict(self, X):
        """Labels of rows by the estimator.

        Parameters
        ----------
        X : array-like or CSR matrix of shape (n, d)

        Returns
        -------
        ndarray of shape (n,)
            Of the classes.

        Raises
        ------
        NotFittedError
            Before the first batch.
        """
        check_is_fitted(self, "estimator_")
        return self.estimator_.predict(X)

    def _validation_rows(self, X_val, y_val, groups):
        if X_val is None and y_val is None and groups is None:
            if not hasattr(self, "_validation"):
                raise ValueError("the first batch needs X_val and y_val")
            return self._validation
        if X_val is None or y_val is None:
            raise ValueError("X_val and y_val should come together")
        require_same_rows(X_val=X_val, y_val=y_val, groups=groups)
        return *_checked(X_val, y_val, "y_val"), groups

    def _known_classes(self, classes, y_val):
        if hasattr(self, "classes_"):
            return self.classes_
        return np.unique(y_val if classes is None else classes)

    def _scores(self, X, y, validation, gamma):
        """Influence of the batch's rows, zeros where it lacks a class."""
        X_val, y_val, groups = validation
        if not np.isin(y_val, y).all() or len(np.unique(y)) < 2:
            return np.zeros(len(y))
        surrogate = self.surrogate
        if surrogate is None:
            surrogate = batch_model(self.estimator, len(y))
        influence = self.influence
        influence = InfluenceFunction() if influence is None else clone(influence)
        model = clone(surrogate).fit(X, y)
        if isinstance(model, LogisticRegression) and model.solver != "liblinear":
            _clear_constants(model, X)
        return influence.fit(model, X, y).scores(
            X_val, y_val, target=self.target, groups=groups, gamma=gamma
        )


def _checked(X, y, name):
    require_numbers(X)
    return check_X_y(X, complete(y, name), accept_sparse="csr")


def batch_model(estimator, n_rows):
    """The batch model that stands for an online linear classifier.

    Parameters
    ----------
    estimator : SGDClassifier
        Its loss should be log_loss, hinge or squared_hinge, its penalty l2.
    n_rows : int
        Of the batch.

    Returns
    -------
    LogisticRegression
        Not fitted, with C = 1 / (alpha n_rows): the mean log loss plus half of alpha
        times the squared coefficients is the objective of an estimator with log_loss. A
        hinge has no Hessian, and the log loss is its usual smooth stand-in.

    Raises
    ------
    TypeError
        If the estimator is another one, or has another loss or penalty.
    ValueError
        If its alpha is 0.
    """
    if not isinstance(estimator, SGDClassifier):
        name = type(estimator).__name__
        raise TypeError(f"surrogate should be given for a {name}")
    if estimator.loss not in _LOSSES or estimator.penalty != "l2":
        raise TypeError(
            f"surrogate should be given for loss={estimator.loss!r} with "
            f"penalty={estimator.penalty!r}"
        )
    if not estimator.alpha > 0:
        raise ValueError(f"alpha={estimator.alpha} of the estimator should be > 0")
    return LogisticRegression(
        C=1 / (estimator.alpha * n_rows),
        fit_intercept=estimator.fit_intercept,
        class_weight=estimator.class_weight,
        solver="newton-cholesky",
        tol=1e-14,
    )


def _clear_constants(model, X):
    """Moves what columns without variation add to the decisions to the intercept.

    Beside an intercept that nothing penalizes their coefficients are 0 at the minimum.
    Solvers leave a little there, which is all of that parameter's gradient.
    """
    if not model.fit_intercept:
        return
    low, high = X.min(axis=0), X.max(axis=0)
    first = X[:1]
    if issparse(X):
        low, high, first = low.toarray(), high.toarray(), first.toarray()
    constant = np.ravel(low == high)
    model.intercept_ = model.intercept_ + model.coef_[:, constant] @ first[0, constant]
    model.coef_[:, constant] = 0.0


def _require_known(labels, classes, name):
    known = np.isin(labels, classes)
    if not known.all():
        raise ValueError(
            f"{name} holds {labels[~known].tolist()[0]!r}, which is not among the "
            f"classes {classes.tolist()}"
        )
