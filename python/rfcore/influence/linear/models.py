"""Fitted scikit-learn models as a loss, parameters and a quadratic penalty."""

from dataclasses import dataclass
from inspect import signature

import numpy as np
from sklearn.linear_model import (
    LinearRegression,
    LogisticRegression,
    LogisticRegressionCV,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
)
from sklearn.svm import LinearSVC
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.validation import check_is_fitted

from rfcore._columns import complete
from rfcore.influence.linear.losses import (
    LogLoss,
    MultinomialLogLoss,
    SmoothedHinge,
    SquaredError,
    SquaredHinge,
    SquaredSigns,
)

_ONE_VERSUS_REST = "is one-versus-rest: its probabilities are not of one objective"

# With more than this, scores of German's rows had correlations of 0.05 to 0.96 with
# retraining; with 0.06 0.99.
_SGD_LIMIT = 0.1

_BALANCING = signature(compute_class_weight).parameters

# To look labels up takes several arrays as long as they are.
_LABELS_AT_ONCE = 2**20


@dataclass(frozen=True)
class LinearModel:
    """The objective sum_i w_i loss(theta [x_i, 1], y_i) + sum(penalty theta^2) / 2.

    Attributes
    ----------
    loss : Loss
    theta : float64 array of shape (c, p)
        A row per decision value: its coefficients, then its intercept if there is one.
    penalty : float64 array of shape (c, p)
        Of `SGDClassifier` for each row: its objective is a mean.
    intercept : bool
    classes : ndarray of shape (k,) or None
        Sorted; None for regression.
    class_weight : dict, "balanced" or None
    balances_numbers : bool
        Whether classes are balanced by their numbers of rows, whatever these weigh.
    penalty_per_row : bool
    gradient_limit : float
        Above this relative gradient norm scores would say nothing.
    feature_names : ndarray of shape (d,) or None
    advice : str
        The penalty's parameter, for messages.
    """

    loss: object
    theta: np.ndarray
    penalty: np.ndarray
    intercept: bool
    classes: np.ndarray | None = None
    class_weight: object = None
    balances_numbers: bool = False
    penalty_per_row: bool = False
    gradient_limit: float = np.inf
    feature_names: np.ndarray | None = None
    advice: str = "alpha"

    @property
    def n_features(self):
        return self.theta.shape[1] - self.intercept

    @property
    def free_intercept(self):
        """Whether there is an intercept that nothing penalizes."""
        return self.intercept and not self.penalty[:, -1].any()

    def require_columns(self, X, name):
        """Check the names of the columns, where both X and the model have them."""
        columns = getattr(X, "columns", None)
        if columns is None or self.feature_names is None:
            return
        if list(columns) != list(self.feature_names):
            raise ValueError(
                f"{name} has columns {list(columns)}, the model was fitted on "
                f"{list(self.feature_names)}"
            )

    def encode(self, y, name, n_rows):
        """Labels as positions in `classes`, or as finite float64 for regression."""
        y = complete(y, name)
        if y.ndim == 2 and y.shape[1] == 1:
            y = y[:, 0]
        if y.shape != (n_rows,):
            raise ValueError(f"{name}.shape={y.shape} should be {(n_rows,)}")
        if self.classes is None:
            return _as_finite(y, name)
        few = len(self.classes) <= np.iinfo(np.int8).max
        codes = np.empty(n_rows, dtype=np.int8 if few else np.int64)
        for start in range(0, n_rows, _LABELS_AT_ONCE):
            part = slice(start, start + _LABELS_AT_ONCE)
            codes[part] = self._codes(y[part], name)
        return codes

    def _codes(self, y, name):
        known = np.isin(y, self.classes)
        if not known.all():
            raise ValueError(
                f"{name} holds {y[~known].tolist()[0]!r}, which is not among the "
                f"classes that the model was fitted on: {self.classes.tolist()}"
            )
        return np.searchsorted(self.classes, y.astype(self.classes.dtype))

    def row_weights(self, y, sample_weight, n_rows):
        """Weights of rows with codes y, and what balances their classes.

        Returns
        -------
        weights : float64 array of shape (n,) or None
            None where all are 1.
        sizes : float64 array of shape (n,) or None
            None where the weights of the classes are fixed.
        """
        weights, sizes = None, None
        if sample_weight is not None:
            weights = complete(sample_weight, "sample_weight")
            if weights.shape != (n_rows,):
                raise ValueError(
                    f"sample_weight.shape={weights.shape} should be {(n_rows,)}"
                )
            weights = _as_finite(weights, "sample_weight")
            if weights.min() < 0:
                raise ValueError(
                    f"sample_weight holds {weights.min()}, should be >= 0 everywhere"
                )
        if self.class_weight is not None:
            if not isinstance(self.class_weight, dict):
                by_weight = weights is not None and not self._counts_rows
                sizes = weights if by_weight else np.ones(n_rows)
            by_class = self._class_weights(y, sizes)[y]
            weights = by_class if weights is None else weights * by_class
        return weights, sizes

    @property
    def _counts_rows(self):
        # Since scikit-learn 1.7 the classes are balanced by weight, not by number.
        return self.balances_numbers or "sample_weight" not in _BALANCING

    def _class_weights(self, y, sizes):
        codes, weight = np.arange(len(self.classes)), self.class_weight
        if isinstance(weight, dict):
            return np.array([weight.get(name, 1.0) for name in self.classes.tolist()])
        totals = np.bincount(y, weights=sizes, minlength=len(codes))
        some = totals > 0
        return totals.sum() / (some.sum() * np.where(some, totals, np.inf))


def read_model(model):
    """What influence needs to know of a fitted model.

    Parameters
    ----------
    model : estimator
        Of one of the classes of `_READERS`.

    Returns
    -------
    LinearModel

    Raises
    ------
    TypeError
        If the model is of another class.
    NotFittedError
        If it is not fitted.
    ValueError
        If its objective is not a smooth loss plus a quadratic penalty.
    """
    for kind, read in _READERS.items():
        if isinstance(model, kind):
            check_is_fitted(model)
            return read(model)
    names = ", ".join(kind.__name__ for kind in _READERS)
    raise TypeError(f"model is a {type(model).__name__}, should be one of {names}")


def _read_logistic(model):
    penalized = getattr(model, "penalty", "l2") is not None
    return _logistic(model, 1 / model.C if penalized else 0.0)


def _read_logistic_cv(model):
    _refuse(model, not model.refit, "is a mean over folds, for refit=False")
    return _logistic(model, float(1 / np.ravel(model.C_)[0]))


def _logistic(model, strength):
    n_classes = len(model.classes_)
    _refuse(model, _has_l1(model), "has an L1 penalty")
    _refuse(
        model,
        n_classes > 2
        and (
            model.solver == "liblinear" or getattr(model, "multi_class", None) == "ovr"
        ),
        _ONE_VERSUS_REST,
    )
    return _classifier(
        model,
        LogLoss() if n_classes == 2 else MultinomialLogLoss(),
        strength,
        penalized_intercept=model.solver == "liblinear",
    )


def _has_l1(model):
    penalty = getattr(model, "penalty", "l2")
    if penalty in ("l2", None):
        return False
    if penalty == "l1":
        return True
    # Where it was chosen, the choice.
    name = "l1_ratio_" if hasattr(model, "l1_ratio_") else "l1_ratio"
    return bool(np.any(getattr(model, name)))


def _read_sgd(model):
    _refuse(
        model,
        model.loss != "log_loss",
        f"has loss={model.loss!r}, and only log_loss is read of it",
    )
    _refuse(model, _has_l1(model), "has an L1 penalty")
    _refuse(model, len(model.classes_) > 2, _ONE_VERSUS_REST)
    return _classifier(
        model,
        LogLoss(),
        model.alpha if model.penalty else 0.0,
        penalized_intercept=False,
        balances_numbers=True,
        penalty_per_row=True,
        gradient_limit=_SGD_LIMIT,
        advice="alpha",
    )


def _read_ridge_classifier(model):
    return _classifier(
        model,
        SquaredSigns(),
        _alpha(model),
        penalized_intercept=False,
        balances_numbers=True,
        advice="alpha",
    )


def _read_svc(model):
    n_classes = len(model.classes_)
    _refuse(model, model.penalty == "l1", "has an L1 penalty")
    _refuse(
        model,
        n_classes > 2 and model.multi_class == "crammer_singer",
        "has the loss of Crammer and Singer",
    )
    _refuse(
        model,
        n_classes > 2 and model.class_weight is not None,
        "weighs the rows of a class differently in each decision value",
    )
    squared = model.loss == "squared_hinge"
    return _classifier(
        model,
        SquaredHinge() if squared else SmoothedHinge(),
        1 / model.C,
        penalized_intercept=True,
    )


def _classifier(
    model, loss, strength, *, penalized_intercept, advice="C", **properties
):
    theta, penalty = _parameters(model, strength)
    if model.fit_intercept and penalized_intercept:
        penalty[:, -1] = strength / model.intercept_scaling**2
    return LinearModel(
        loss=loss,
        theta=theta,
        penalty=penalty,
        intercept=model.fit_intercept,
        classes=model.classes_,
        class_weight=model.class_weight,
        feature_names=getattr(model, "feature_names_in_", None),
        advice=advice,
        **properties,
    )


def _read_ridge(model):
    return _regressor(model, _alpha(model))


def _alpha(model):
    _refuse(model, model.positive, "has coefficients constrained to be positive")
    alpha = np.ravel(model.alpha)
    _refuse(model, len(alpha) > 1, "has several values of alpha")
    return float(alpha[0])


def _read_least_squares(model):
    _refuse(model, model.positive, "has coefficients constrained to be positive")
    return _regressor(model, 0.0)


def _regressor(model, strength):
    _refuse(model, np.atleast_2d(model.coef_).shape[0] > 1, "has several outputs")
    theta, penalty = _parameters(model, strength)
    return LinearModel(
        loss=SquaredError(),
        theta=theta,
        penalty=penalty,
        intercept=model.fit_intercept,
        feature_names=getattr(model, "feature_names_in_", None),
    )


def _parameters(model, strength):
    coefficients = np.atleast_2d(np.asarray(model.coef_, dtype=np.float64))
    penalty = np.full_like(coefficients, strength)
    if not model.fit_intercept:
        return coefficients, penalty
    intercept = np.broadcast_to(model.intercept_, len(coefficients))
    return (
        np.column_stack([coefficients, intercept]),
        np.column_stack([penalty, np.zeros(len(coefficients))]),
    )


def _refuse(model, condition, reason):
    if condition:
        raise ValueError(f"this {type(model).__name__} {reason}: it is not supported")


def _as_finite(values, name):
    try:
        values = values.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} should hold numbers: {error}") from error
    if not np.isfinite(values).all():
        raise ValueError(f"{name} should be finite")
    return values


_READERS = {
    LogisticRegressionCV: _read_logistic_cv,
    LogisticRegression: _read_logistic,
    Ridge: _read_ridge,
    RidgeClassifier: _read_ridge_classifier,
    LinearRegression: _read_least_squares,
    LinearSVC: _read_svc,
    SGDClassifier: _read_sgd,
}
