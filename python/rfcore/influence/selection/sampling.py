"""Scores of a pool's rows: the higher, the more their labels are wanted."""

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state

from rfcore._arrays import require_count
from rfcore.influence.linear.functions import InfluenceFunction
from rfcore.influence.selection.trees import TreeInfluence


def random_sampling(model, X_pool, *, random_state=None):
    """Scores that put the rows of a pool in random order.

    Parameters
    ----------
    model : object
        Not read.
    X_pool : array-like of shape (n, d)
    random_state : int, RandomState or None, default=None

    Returns
    -------
    float64 array of shape (n,)
        In [0, 1).
    """
    return check_random_state(random_state).uniform(size=len(X_pool))


def entropy_sampling(model, X_pool):
    """Entropy of the predicted probabilities.

    Parameters
    ----------
    model : fitted classifier
        Without `predict_proba`, softmax or the logistic function of its decision values
        stands for probabilities.
    X_pool : array-like of shape (n, d)

    Returns
    -------
    float64 array of shape (n,)
        In nats, in [0, log k]. For two classes the order is that of the other two
        scores of uncertainty.

    References
    ----------
    Shannon 1948; thesis 4.2.5.5.
    """
    p = _probabilities(model, X_pool)
    # 0 log 0 is 0.
    return -(p * np.log(np.where(p > 0, p, 1.0))).sum(axis=1)


def margin_sampling(model, X_pool):
    """The gap between the two most probable classes, with a minus sign.

    Parameters
    ----------
    model : fitted classifier
        As in `entropy_sampling`.
    X_pool : array-like of shape (n, d)

    Returns
    -------
    float64 array of shape (n,)
        In [-1, 0].
    """
    p = np.sort(_probabilities(model, X_pool), axis=1)
    return p[:, -2] - p[:, -1]


def uncertainty_sampling(model, X_pool):
    """One minus the probability of the predicted class.

    Parameters
    ----------
    model : fitted classifier
        As in `entropy_sampling`.
    X_pool : array-like of shape (n, d)

    Returns
    -------
    float64 array of shape (n,)
        In [0, 1 - 1 / k].
    """
    return 1 - _probabilities(model, X_pool).max(axis=1)


def influence_tree(
    model, X, y, X_val, y_val, *, target="loss", groups=None, tree=None
):  # fmt: skip
    """Influence of labeled rows as a function of their features alone.

    Parameters
    ----------
    model : LogisticRegression or LinearSVC
        Fitted on the labeled rows; or any other model of `InfluenceFunction`.
    X : array-like of shape (n, d)
        Labeled rows.
    y : array-like of shape (n,)
    X_val : array-like of shape (v, d)
        Validation rows.
    y_val : array-like of shape (v,)
    target : str or callable, default="loss"
        As in `InfluenceFunction.scores`; less of it is better.
    groups : array-like of shape (v,), optional
        Of the validation rows.
    tree : TreeInfluence, default=None
        Cloned; None takes ``TreeInfluence(append_y=False, random_state=0)``.

    Returns
    -------
    TreeInfluence
        Fitted without labels; its `predict` is the influence of removing rows like
        these, so **high means: such rows keep the target low**.

    Raises
    ------
    ValueError
        If the tree needs labels, or as `InfluenceFunction` and `TreeInfluence` raise.
    """
    default = TreeInfluence(append_y=False, random_state=0)
    tree = default if tree is None else clone(tree)
    if tree.append_y:
        raise ValueError("append_y=True of the tree should be False: the pool has no y")
    influence = InfluenceFunction().fit(model, X, y)
    scores = influence.scores(X_val, y_val, target=target, groups=groups)
    return tree.fit(X, influence=scores)


def influence_sampling(
    model, X_pool, X, y, X_val, y_val, *, target="loss", groups=None, tree=None
):  # fmt: skip
    """Influence that rows of a pool should have, by a tree that knows no labels.

    Parameters
    ----------
    model : LogisticRegression or LinearSVC
    X_pool : array-like of shape (n_pool, d)
    X, y, X_val, y_val, target, groups, tree
        As in `influence_tree`.

    Returns
    -------
    float64 array of shape (n_pool,)
        In units of the target; the highest are asked for first. Rows that fall into
        the same leaf are equal.

    References
    ----------
    Thesis 4.2.5.5, Algorithm 4.
    """
    fitted = influence_tree(
        model, X, y, X_val, y_val, target=target, groups=groups, tree=tree
    )
    return fitted.predict(X_pool)


def highest(scores, n_queries):
    """Rows by descending score; of equals the lower number first.

    Parameters
    ----------
    scores : array-like of shape (n,)
        Without NaN.
    n_queries : int
        In [1, n].

    Returns
    -------
    int64 array of shape (n_queries,)

    Raises
    ------
    TypeError
        If n_queries is no integer.
    ValueError
        If it is outside its range, or the scores are no vector of numbers.

    Examples
    --------
    >>> highest([0.5, 2.0, 0.5, 1.0], 3)
    array([1, 3, 0])
    """
    scores = np.asarray(scores, dtype=np.float64)
    if scores.ndim != 1:
        raise ValueError(f"scores.ndim={scores.ndim} should be 1")
    if np.isnan(scores).any():
        raise ValueError("scores should not hold NaN")
    require_count("n_queries", n_queries)
    if n_queries > len(scores):
        raise ValueError(f"n_queries={n_queries} should be <= n_pool={len(scores)}")
    return np.argsort(-scores, kind="stable")[:n_queries].astype(np.int64)


def _probabilities(model, X):
    """Of the classes, (n, k); from decision values where the model has no others."""
    if hasattr(model, "predict_proba"):
        return model.predict_proba(X)
    decisions = model.decision_function(X)
    if decisions.ndim == 1:
        decisions = np.column_stack([np.zeros(len(decisions)), decisions])
    powers = np.exp(decisions - decisions.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
