"""Data in which a protected group decides part of the label."""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.utils.validation import _num_samples

from rfcore.metrics import demographic_parity, equal_opportunity


def planted_gap(n=1200, seed=0, tie=1.5):
    """X (n, 3), y and groups: a column follows the group, the last one is the group."""
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, 2, n)
    X = np.column_stack([rng.normal(size=(n, 2)), groups])
    X[:, 1] += tie * groups
    y = (X[:, 0] + X[:, 1] + rng.normal(size=n) > 0.8).astype(int)
    return X, y, groups


def gaps(predictions, y, groups):
    """Absolute demographic parity and equal opportunity, and the accuracy."""
    return (
        abs(demographic_parity(predictions, groups)),
        abs(equal_opportunity(y, predictions, groups)),
        np.mean(predictions == y),
    )


def plain_gaps(X, y, groups, X_test, y_test, groups_test):
    """The same of logistic regression."""
    model = LogisticRegression().fit(X, y)
    return gaps(model.predict(X_test), y_test, groups_test)


def one_group(X):
    """The group of every row where scikit-learn's checks know none: 0."""
    return np.zeros(_num_samples(X), dtype=np.int64)


def alternating(X, y):
    """The parity of the row number within its class, so that both have both groups."""
    y = np.asarray(y).ravel()
    groups = one_group(X)
    for label in np.unique(y) if len(y) == len(groups) else ():
        groups[y == label] = np.arange((y == label).sum()) % 2
    return groups
