"""What every fair binary classifier shares: how data come in, and linear answers."""

import numpy as np
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from rfcore._arrays import validate_data
from rfcore._columns import require_same_rows
from rfcore.fair.base import as_groups

CRITERIA = ("demographic_parity", "equal_opportunity")


class FairClassifier(ClassifierMixin, BaseEstimator):
    """A classifier of two classes whose `fit` takes two protected groups.

    A subclass's `fit` calls `_read`. Class and group are coded 0 and 1 in the sorted
    order of their names: class 1 is the favorable answer.
    """

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.sparse = True
        return tags

    def _read(self, X, y, groups):
        """X as float64 rows, dense or CSR, and the codes of classes and groups."""
        require_same_rows(X=X, y=y, groups=groups)
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=np.float64)
        check_classification_targets(y)
        self.classes_, y = np.unique(y, return_inverse=True)
        if len(self.classes_) != 2:
            raise ValueError(
                "Only binary classification is supported. y holds "
                f"{len(self.classes_)} class{'es' * (len(self.classes_) != 1)}, "
                "should hold 2"
            )
        groups, self.groups_ = two_groups(groups, len(y))
        return X, y, groups

    def _require_cells(self, y, groups, criterion):
        """Check that each class and group that a criterion compares has rows."""
        for label in (0, 1) if criterion == "demographic_parity" else (1,):
            for group in (0, 1):
                if not ((y == label) & (groups == group)).any():
                    raise ValueError(
                        f"no row of group {self.groups_.tolist()[group]!r} has "
                        f"y = {self.classes_.tolist()[label]!r}"
                    )

    def _rows(self, X):
        check_is_fitted(self)
        return validate_data(
            self, X, accept_sparse="csr", dtype=np.float64, reset=False
        )


class FairLinearClassifier(FairClassifier):
    """One that ends in `coef_` (1, m) and `intercept_` (1,)."""

    def decision_function(self, X):
        """Log odds of the second class.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n, m)

        Returns
        -------
        float64 array of shape (n,)
        """
        return self._rows(X) @ self.coef_[0] + self.intercept_[0]

    def predict_proba(self, X):
        """Probabilities of the two classes.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n, m)

        Returns
        -------
        float64 array of shape (n, 2)
            In the order of `classes_`.
        """
        second = expit(self.decision_function(X))
        return np.column_stack([1 - second, second])

    def predict(self, X):
        """The likelier class of each row; of equals the first.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n, m)

        Returns
        -------
        ndarray of shape (n,)
        """
        second = self.decision_function(X) > 0
        return self.classes_[second.astype(int)]


def two_groups(groups, n_rows, name="groups"):
    """Protected groups as 0 and 1 in sorted order, and their own names.

    Raises
    ------
    ValueError
        If the length differs, a value is missing or not finite, or there are not two
        values.
    """
    groups, names = as_groups(groups, n_rows, name)
    if len(names) != 2:
        raise ValueError(
            f"{name} holds {len(names)} value{'s' * (len(names) != 1)}, should hold 2"
        )
    return groups, names


def require_word(name, word, words):
    """Check that a parameter is one of some words."""
    if word not in words:
        raise ValueError(f"{name}={word!r} should be one of {', '.join(words)}")


def require_positive(name, value):
    """Check that a parameter is a finite number above 0."""
    if not 0 < value < np.inf:
        raise ValueError(f"{name}={value} should be finite and > 0")
