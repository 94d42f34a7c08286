"""A classifier that chooses which rows of a pool to have labeled."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from rfcore._arrays import as_rows
from rfcore._columns import complete, require_same_rows
from rfcore.influence.selection.sampling import (
    entropy_sampling,
    highest,
    influence_tree,
    margin_sampling,
    random_sampling,
    uncertainty_sampling,
)

_UNCERTAIN = {
    "entropy": entropy_sampling,
    "margin": margin_sampling,
    "uncertainty": uncertainty_sampling,
}
STRATEGIES = ("random", *_UNCERTAIN, "influence")


class ActiveLearner(ClassifierMixin, BaseEstimator):
    """A classifier that asks for the labels of rows of a pool.

    Parameters
    ----------
    estimator : classifier
        Cloned and fitted on all labeled rows after each answer.
    strategy : str or callable, default="influence"
        "random"; "entropy", "margin" or "uncertainty" of the predicted probabilities;
        "influence"; or a callable ``(model, X_pool) -> scores``, the highest first.
    target : str or callable, default="loss"
        Of the influence.
    surrogate : LogisticRegression or LinearSVC, default=None
        Cloned and fitted on the labeled rows to take the influence; None takes the
        estimator itself.
    tree : TreeInfluence, default=None
        As in `influence_tree`.
    refit_tree : bool, default=False
        Whether influence is taken anew after each answer; False keeps the tree of the
        first labeled rows.
    random_state : int, RandomState or None, default=None
        Of the strategy "random".

    Attributes
    ----------
    estimator_ : classifier
    classes_ : ndarray of shape (k,)
    X_ : float64 array of shape (n, d)
        All labeled rows, in the order in which they came.
    y_ : ndarray of shape (n,)
    tree_ : TreeInfluence
        Only with ``strategy="influence"``.
    n_features_in_ : int

    Notes
    -----
    Except "random", strategies are deterministic where the estimator is. For two
    classes "entropy", "margin" and "uncertainty" ask for the same rows: each is a
    decreasing function of how far the probability is from one half.

    *Differences from thesis 4.2.5.5.* The thesis does not say whether the tree is
    trained again in each round; the authors' program trains it once, on a logistic
    regression, without limits of depth and without shrinkage. There probabilities of
    the SVM are by Platt's method with its random folds, so that the three strategies
    of uncertainty differ; here they are the logistic function of the decision value.

    References
    ----------
    Thesis 4.2.5.5, Algorithm 4.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> learner = ActiveLearner(LogisticRegression(), strategy="margin")
    >>> learner = learner.fit([[-1.0], [1.0]], [0, 1])
    >>> learner.query([[-3.0], [0.1], [2.0]], 2)
    array([1, 2])
    """

    def __init__(
        self,
        estimator,
        *,
        strategy="influence",
        target="loss",
        surrogate=None,
        tree=None,
        refit_tree=False,
        random_state=None,
    ):
        self.estimator = estimator
        self.strategy = strategy
        self.target = target
        self.surrogate = surrogate
        self.tree = tree
        self.refit_tree = refit_tree
        self.random_state = random_state

    def fit(self, X, y, X_val=None, y_val=None, *, groups=None):
        """Start from labeled rows.

        Parameters
        ----------
        X : array-like of shape (n, d)
        y : array-like of shape (n,)
            Of all classes that may come.
        X_val : array-like of shape (v, d), optional
            Validation rows, for "influence".
        y_val : array-like of shape (v,), optional
        groups : array-like of shape (v,), optional

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the strategy is unknown, "influence" has no validation rows or one of
            their labels is unseen, or the data do not fit.
        TypeError
            If `InfluenceFunction` does not know the model.
        """
        if not callable(self.strategy) and self.strategy not in STRATEGIES:
            raise ValueError(
                f"strategy={self.strategy!r} should be one of "
                f"{', '.join(STRATEGIES)} or a callable"
            )
        if self.strategy == "influence" and (X_val is None or y_val is None):
            raise ValueError("strategy='influence' needs X_val and y_val")
        require_same_rows(X=X, y=y)
        require_same_rows(X_val=X_val, y_val=y_val, groups=groups)
        X = as_rows(X, min_rows=1)
        self.n_features_in_ = X.shape[1]
        self.X_, self.y_ = X, _labels(y, len(X))
        self.classes_ = np.unique(self.y_)
        self._validation = X_val, y_val, groups
        self._rng = check_random_state(self.random_state)
        self.estimator_ = clone(self.estimator).fit(self.X_, self.y_)
        self._grow_tree()
        return self

    def query(self, X_pool, n_queries=1):
        """The rows of a pool whose labels are wanted.

        Parameters
        ----------
        X_pool : array-like of shape (n, d)
        n_queries : int, default=1
            In [1, n].

        Returns
        -------
        int64 array of shape (n_queries,)
            Numbers of rows, the most wanted first; of equals the lower number.

        Raises
        ------
        ValueError
            If the pool is empty or does not fit, or has fewer rows than are wanted.
        """
        check_is_fitted(self, "estimator_")
        X_pool = as_rows(
            X_pool, "X_pool", min_rows=1, n_features=self.n_features_in_
        )  # fmt: skip
        return highest(self._scores(X_pool), n_queries)

    def teach(self, X, y):
        """Add labeled rows and fit again.

        Parameters
        ----------
        X : array-like of shape (m, d)
        y : array-like of shape (m,)

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the rows do not fit, or a label is none of the first rows' labels.
        """
        check_is_fitted(self, "estimator_")
        require_same_rows(X=X, y=y)
        X = as_rows(X, min_rows=1, n_features=self.n_features_in_)
        y = _labels(y, len(X))
        unseen = ~np.isin(y, self.classes_)
        if unseen.any():
            raise ValueError(
                f"y holds {y[unseen].tolist()[0]!r}, which is not among the classes "
                f"{self.classes_.tolist()}"
            )
        self.X_ = np.concatenate([self.X_, X])
        self.y_ = np.concatenate([self.y_, y])
        self.estimator_ = clone(self.estimator).fit(self.X_, self.y_)
        if self.refit_tree:
            self._grow_tree()
        return self

    def predict(self, X):
        """Labels of rows by the estimator.

        Parameters
        ----------
        X : array-like of shape (n, d)

        Returns
        -------
        ndarray of shape (n,)
        """
        check_is_fitted(self, "estimator_")
        return self.estimator_.predict(X)

    def _scores(self, X_pool):
        if callable(self.strategy):
            scores = np.asarray(self.strategy(self.estimator_, X_pool))
            if scores.shape != (len(X_pool),):
                raise ValueError(
                    f"the strategy gives scores of shape {scores.shape}, should give "
                    f"{(len(X_pool),)}"
                )
            return scores
        if self.strategy == "influence":
            return self.tree_.predict(X_pool)
        if self.strategy == "random":
            return random_sampling(None, X_pool, random_state=self._rng)
        return _UNCERTAIN[self.strategy](self.estimator_, X_pool)

    def _grow_tree(self):
        if self.strategy != "influence":
            return
        model, (X_val, y_val, groups) = self.estimator_, self._validation
        if self.surrogate is not None:
            model = clone(self.surrogate).fit(self.X_, self.y_)
        self.tree_ = influence_tree(
            model, self.X_, self.y_, X_val, y_val,
            target=self.target, groups=groups, tree=self.tree,
        )  # fmt: skip


def _labels(y, n):
    y = complete(y, "y")
    if y.shape != (n,):
        raise ValueError(f"y.shape={y.shape} should be {(n,)}")
    return y
