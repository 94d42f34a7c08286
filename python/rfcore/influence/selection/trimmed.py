"""A linear model that is refitted without the rows that harm a target."""

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone, is_classifier
from sklearn.model_selection import train_test_split
from sklearn.utils import _safe_indexing, get_tags, indexable
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import _num_samples, check_is_fitted, column_or_1d

from rfcore._columns import (
    complete,
    require_numbers,
    require_one_attribute,
    require_same_rows,
)
from rfcore.errors import InfeasibleError
from rfcore.influence.linear.functions import InfluenceFunction
from rfcore.influence.selection.trimming import trim


def _estimator_has(name):
    def check(self):
        getattr(getattr(self, "estimator_", self.estimator), name)
        return True

    return check


class Trimmed(MetaEstimatorMixin, BaseEstimator):
    """A model fitted without the training rows that raise a target.

    The model is fitted, the influence of its rows on the target is taken on validation
    rows, the rows with the lowest scores are removed (`trim`), and the model is fitted
    again on the others.

    Parameters
    ----------
    estimator : estimator
        A model that `InfluenceFunction` takes, e.g. LogisticRegression or a Pipeline
        that ends in one; it is cloned.
    target : str or callable, default="loss"
        As of `InfluenceFunction.scores`.
    budget : int or float, default=0.05
        The most rows to remove, as of `trim`; a share is of the rows trained on.
    validation_fraction : float, default=0.2
        Share of the rows that are set aside as validation rows, in (0, 1), where `fit`
        is given none. No model is fitted on them.
    influence : InfluenceFunction or None, default=None
        How influence is taken; it is cloned. None for the default one.
    random_state : int, RandomState or None, default=None
        Of the rows that are set aside.

    Attributes
    ----------
    estimator_ : estimator
        Fitted on the rows that are kept.
    untrimmed_ : estimator
        Fitted on all training rows.
    training_ : int64 array of shape (n,)
        Rows of X that were trained on: all but those set aside.
    influence_ : float64 array of shape (n,)
        The score of each of these.
    removed_ : int64 array of shape (r,)
        Rows of X that were removed, by ascending influence.
    classes_ : array of shape (k,)
        Of classifiers.
    n_features_in_ : int
    feature_names_in_ : array of shape (m,)
        Only where the data had names.

    Notes
    -----
    Rows are set aside at random with equal shares of each label and group where each
    of these combinations has two rows at least. `groups` are metadata that are routed
    to `fit` where they are asked for::

        sklearn.set_config(enable_metadata_routing=True)
        last = Trimmed(model, target="demographic_parity").set_fit_request(groups=True)
        make_pipeline(StandardScaler(), last).fit(X, y, groups=groups)

    References
    ----------
    Thesis Algorithm 5.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> X, y = [[float(i)] for i in range(20)], [*range(19), 90]
    >>> own = Trimmed(Ridge(), budget=1).fit(X, y, X_val=X[:10], y_val=y[:10])
    >>> own.removed_
    array([19])
    """

    def __init__(
        self,
        estimator,
        *,
        target="loss",
        budget=0.05,
        validation_fraction=0.2,
        influence=None,
        random_state=None,
    ):
        self.estimator = estimator
        self.target = target
        self.budget = budget
        self.validation_fraction = validation_fraction
        self.influence = influence
        self.random_state = random_state

    def fit(self, X, y, *, groups=None, X_val=None, y_val=None, groups_val=None):
        """Fit, score, trim and fit again.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n, m)
        y : array-like of shape (n,)
        groups : array-like of shape (n,), optional
            Protected groups, for a target of fairness. Those of the rows trained on
            are not used.
        X_val : array-like or sparse matrix of shape (v, m), optional
            Validation rows; by default some of X are set aside.
        y_val, groups_val : array-like of shape (v,), optional
            Their labels and groups.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If `validation_fraction` is outside (0, 1), X_val comes without y_val, or
            as by the model, `InfluenceFunction` and `trim`.
        InfeasibleError
            If the removed rows are all of a class.

        Warns
        -----
        ApproximationWarning
            As `InfluenceFunction.scores`.
        """
        if not 0 < self.validation_fraction < 1:
            raise ValueError(
                f"validation_fraction={self.validation_fraction} should be in (0, 1)"
            )
        if y is None:
            raise ValueError("it requires y to be passed, but the target y is None")
        require_same_rows(X=X, y=y, groups=groups)
        require_same_rows(X_val=X_val, y_val=y_val, groups_val=groups_val)
        require_numbers(X)
        y = column_or_1d(complete(y, "y"), warn=True)
        if groups is not None:
            require_one_attribute(complete(groups, "groups"), "groups")
        X, y, groups = indexable(X, y, groups)
        if (X_val is None) != (y_val is None):
            raise ValueError("X_val and y_val should be given together")
        self.training_ = np.arange(_num_samples(X))
        if X_val is None:
            self.training_, aside = self._split(y, groups)
            X_val, y_val, groups_val = _taken(aside, X, y, groups)
        X_train, y_train = _taken(self.training_, X, y)
        self.untrimmed_ = clone(self.estimator).fit(X_train, y_train)
        influence = self.influence
        influence = InfluenceFunction() if influence is None else clone(influence)
        influence.fit(self.untrimmed_, X_train, y_train)
        self.influence_ = influence.scores(
            X_val, y_val, target=self.target, groups=groups_val
        )
        # Whatever is to be said of them has just been said.
        found = trim(np.asarray(self.influence_), self.budget)
        self.removed_ = self.training_[found.removed]
        X_kept, y_kept = _taken(found.kept, X_train, y_train)
        self._require_classes(y_kept)
        self.estimator_ = clone(self.estimator).fit(X_kept, y_kept)
        for name in ("classes_", "n_features_in_", "feature_names_in_"):
            if hasattr(self.estimator_, name):
                setattr(self, name, getattr(self.estimator_, name))
        return self

    @available_if(_estimator_has("predict"))
    def predict(self, X):
        """Predictions (n,) of the model without the removed rows."""
        check_is_fitted(self, "estimator_")
        return self.estimator_.predict(X)

    @available_if(_estimator_has("predict_proba"))
    def predict_proba(self, X):
        """Probabilities (n, k) of the classes."""
        check_is_fitted(self, "estimator_")
        return self.estimator_.predict_proba(X)

    @available_if(_estimator_has("predict_log_proba"))
    def predict_log_proba(self, X):
        """Logarithms of the probabilities, (n, k)."""
        check_is_fitted(self, "estimator_")
        return self.estimator_.predict_log_proba(X)

    @available_if(_estimator_has("decision_function"))
    def decision_function(self, X):
        """Decision values, (n,) or (n, k)."""
        check_is_fitted(self, "estimator_")
        return self.estimator_.decision_function(X)

    @available_if(_estimator_has("score"))
    def score(self, X, y):
        """The model's own score: accuracy, or R^2 of a regression."""
        check_is_fitted(self, "estimator_")
        require_same_rows(X=X, y=y)
        return self.estimator_.score(X, y)

    def __sklearn_tags__(self):
        tags, own = super().__sklearn_tags__(), get_tags(self.estimator)
        tags.estimator_type = own.estimator_type
        tags.classifier_tags = own.classifier_tags
        tags.regressor_tags = own.regressor_tags
        tags.target_tags, tags.input_tags = own.target_tags, own.input_tags
        tags.target_tags.multi_output = False
        return tags

    def _split(self, y, groups):
        """Positions of rows to train on and of rows to set aside, both ascending."""
        n = _num_samples(y)
        if n < 2:
            raise ValueError(f"n_samples={n} should be >= 2")
        strata = self._strata(y, groups)
        n_aside = min(max(1, round(self.validation_fraction * n)), n - 1)
        n_strata = 0 if strata is None else strata.max() + 1
        possible = n_strata and min(n_aside, n - n_aside) >= n_strata
        possible = possible and np.bincount(strata).min() >= 2
        parts = train_test_split(
            np.arange(n),
            test_size=n_aside,
            stratify=strata if possible else None,
            random_state=self.random_state,
        )
        return [np.sort(part) for part in parts]

    def _strata(self, y, groups):
        """A number for each combination of label and group, (n,), or None."""
        columns = [y] if is_classifier(self) else []
        columns += [] if groups is None else [complete(groups, "groups")]
        if not columns:
            return None
        numbers = [np.unique(column, return_inverse=True)[1] for column in columns]
        return np.unique(numbers, axis=1, return_inverse=True)[1].ravel()

    def _require_classes(self, y):
        classes = getattr(self.untrimmed_, "classes_", None)
        if classes is None:
            return
        gone = ~np.isin(classes, np.asarray(y))
        if gone.any():
            raise InfeasibleError(
                f"budget={self.budget} removes all rows of class "
                f"{classes[gone].tolist()[0]!r}"
            )


def _taken(rows, *arrays):
    """Some rows of each array; None stays None."""
    return [None if a is None else _safe_indexing(a, rows) for a in arrays]
