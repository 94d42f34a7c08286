"""Hierarchical shrinkage of fitted trees and forests."""

import copy
import numbers

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.tree import BaseDecisionTree, DecisionTreeRegressor
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from rfcore._columns import complete, require_numbers, require_same_rows

_FORESTS = (
    RandomForestClassifier,
    RandomForestRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
)


def _inner_has(name):
    return available_if(lambda self: hasattr(self._inner(), name))


class HierarchicalShrinkage(MetaEstimatorMixin, BaseEstimator):
    """A tree or forest whose nodes are shrunk towards their ancestors.

    On the path t_0 (root), ..., t_w (leaf) of a row q a tree then predicts

        xi(t_0) + sum_{j=1..w} (xi(t_j) - xi(t_{j-1})) / (1 + lambda / phi(t_{j-1}))

    with lambda = `reg_param`, xi(t) the value that scikit-learn stores for node t and
    phi(t) the sum of its training rows' weights, `weighted_n_node_samples`.

    Parameters
    ----------
    estimator : estimator, optional
        Classifier or regressor, of one or more outputs: DecisionTree, ExtraTree,
        RandomForest, ExtraTrees or GradientBoosting of scikit-learn. It is never
        changed. None is `DecisionTreeRegressor(random_state=0)`.
    reg_param : float, default=1.0
        The lambda above, >= 0. 0 leaves all predictions as they are; inf gives the
        value of the root everywhere.
    prefit : bool, default=False
        Whether `estimator` is fitted already: `fit` then shrinks a deep copy of it and
        trains nothing.

    Attributes
    ----------
    estimator_ : estimator
        The shrunk copy.
    feature_importances_ : float64 array of shape (m,)
        Of the splits, so the same as without shrinkage.
    classes_ : array or list of arrays
        Classifiers only.
    n_features_in_ : int
    feature_names_in_ : array of shape (m,)
        Only where the data had names.

    Notes
    -----
    xi is a mean of y for squared error, class fractions for classifiers (their shrunk
    values still sum to 1, and their largest is the predicted class), a median for
    `criterion="absolute_error"`. Gradient boosting: each tree is shrunk by its own
    stored values, which in a classifier are log-odds steps in the leaves and mean
    residuals inside; the starting prediction is not shrunk. Weights are those of the
    fit: sample weights, class weights and, in a forest, the bootstrap's counts. A node
    of weight 0 gives its children its own value unless lambda = 0. What `fit` measured
    out of bag (`estimator_.oob_score_`) is from before the shrinkage.

    *Differences from the authors' code* (imodels, `HSTree`): the passed estimator is
    not changed and not shrunk by the constructor; only the scheme by nodes; class
    values are not divided by the number of rows, since scikit-learn stores fractions;
    boosted trees of several classes are taken too.

    References
    ----------
    Agarwal, Tan, Ronen, Singh and Yu 2022, arXiv:2202.00858, eq. 3; thesis 4.2.3.1.

    Examples
    --------
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [0.0, 0.0, 1.0, 1.0]
    >>> HierarchicalShrinkage(reg_param=4.0).fit(X, y).predict([[0.0], [3.0]])
    array([0.25, 0.75])
    """

    def __init__(self, estimator=None, *, reg_param=1.0, prefit=False):
        self.estimator = estimator
        self.reg_param = reg_param
        self.prefit = prefit

    def fit(self, X=None, y=None, sample_weight=None):
        """Fit a clone of the estimator, or copy it if `prefit`, and shrink its nodes.

        Parameters
        ----------
        X : array-like of shape (n, m)
            What the estimator takes. Ignored with `prefit`, as are the others.
        y : array-like of shape (n,) or (n, n_outputs)
        sample_weight : array-like of shape (n,), optional

        Returns
        -------
        self

        Raises
        ------
        TypeError
            If `estimator` is none of those listed, or `reg_param` is no number.
        ValueError
            If `reg_param` is negative or nan, or the estimator refuses the data.
        NotFittedError
            If `prefit` and the estimator is not fitted.
        """
        self._check_parameters()
        require_same_rows(X=X, y=y, sample_weight=sample_weight)
        if self.prefit:
            check_is_fitted(self.estimator)
            fitted = copy.deepcopy(self.estimator)
        else:
            require_numbers(X)
            y = None if y is None else complete(y, "y")
            fitted = clone(self._given()).fit(X, y, sample_weight=sample_weight)
        for tree in _trees(fitted):
            _shrink(tree, float(self.reg_param))
        self.estimator_ = fitted
        self.n_features_in_ = fitted.n_features_in_
        if hasattr(fitted, "feature_names_in_"):
            self.feature_names_in_ = fitted.feature_names_in_
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        return self

    def predict(self, X):
        """Values, or classes, by the shrunk nodes.

        Parameters
        ----------
        X : array-like of shape (n, m)

        Returns
        -------
        array of shape (n,) or (n, n_outputs)
        """
        check_is_fitted(self)
        return self.estimator_.predict(X)

    @_inner_has("predict_proba")
    def predict_proba(self, X):
        """Class probabilities by the shrunk nodes. Classifiers only.

        Parameters
        ----------
        X : array-like of shape (n, m)

        Returns
        -------
        float64 array of shape (n, n_classes), or a list of one per output
            Columns in the order of `classes_`.
        """
        check_is_fitted(self)
        return self.estimator_.predict_proba(X)

    def score(self, X, y, sample_weight=None):
        """Accuracy of a classifier, R^2 of a regressor.

        Parameters
        ----------
        X : array-like of shape (n, m)
        y : array-like of shape (n,) or (n, n_outputs)
        sample_weight : array-like of shape (n,), optional

        Returns
        -------
        float
        """
        check_is_fitted(self)
        require_same_rows(X=X, y=y, sample_weight=sample_weight)
        return self.estimator_.score(X, y, sample_weight=sample_weight)

    @property
    def feature_importances_(self):
        """Importance of each feature by its splits, summing to 1."""
        check_is_fitted(self)
        return self.estimator_.feature_importances_

    @property
    def classes_(self):
        """The classes, in the order of the columns of `predict_proba`."""
        if "estimator_" not in vars(self):
            raise AttributeError("classes_ are known after fit")
        return self.estimator_.classes_

    def __sklearn_tags__(self):
        return get_tags(self._given())

    def _given(self):
        if self.estimator is None:
            return DecisionTreeRegressor(random_state=0)
        return self.estimator

    def _inner(self):
        return vars(self).get("estimator_", self._given())

    def _check_parameters(self):
        if not isinstance(self._given(), (BaseDecisionTree, *_FORESTS)):
            raise TypeError(
                f"estimator={self.estimator!r} should be a tree, a random forest, "
                "extra trees or gradient boosting of scikit-learn"
            )
        if not isinstance(self.reg_param, numbers.Real):
            raise TypeError(f"reg_param={self.reg_param!r} should be a number")
        if not self.reg_param >= 0:
            raise ValueError(f"reg_param={self.reg_param} should be >= 0")
        if self.prefit and self.estimator is None:
            raise TypeError("prefit=True needs a fitted estimator, not None")


def _trees(fitted):
    """The compiled trees of a fitted tree or forest."""
    if isinstance(fitted, BaseDecisionTree):
        return [fitted.tree_]
    # Boosting keeps a matrix: rounds x classes.
    return [t.tree_ for t in np.asarray(fitted.estimators_, dtype=object).ravel()]


def _shrink(tree, reg_param):
    """Shrink the values of all nodes in place, one level after the other."""
    if reg_param == 0:
        return
    value, given, phi = tree.value, tree.value.copy(), tree.weighted_n_node_samples
    parents = np.array([0])
    while parents.size:
        parents = parents[tree.children_left[parents] >= 0]
        # phi / (phi + lambda) is 1 / (1 + lambda / phi), and 0 where phi is 0.
        kept = (phi[parents] / (phi[parents] + reg_param))[:, None, None]
        sides = tree.children_left[parents], tree.children_right[parents]
        for children in sides:
            value[children] = value[parents] + (given[children] - given[parents]) * kept
        parents = np.concatenate(sides)
