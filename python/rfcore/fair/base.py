"""What every fair clusterer shares: its `fit`, and how groups come in."""

import joblib
import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin, clone

from rfcore._arrays import as_labels, require_count, require_moderate, validate_data
from rfcore._columns import complete, require_same_rows
from rfcore.cluster import FairOracle


class FairClusterer(ClusterMixin, BaseEstimator):
    """A clusterer whose `fit` takes protected groups.

    A subclass defines `_answers(X) -> FairOracle`, which prepares all that does not
    depend on the groups, and `_take(answers, groups)`, which sets the fitted
    attributes by one question to that oracle. So a fresh fit and an answer of
    `regroup` are the same computation.
    """

    def fit(self, X, y=None, *, groups):
        """Cluster the rows of X.

        Parameters
        ----------
        X : array-like of shape (n, m)
            Computed with as float64.
        y : ignored
        groups : array-like of shape (n,)
            The protected group of each row; names of any kind, none missing. Of a
            pandas column the index is that of X.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If X is not a finite matrix, groups do not fit it, or a parameter is
            outside its range.
        InfeasibleError
            If no clustering can be as fair as the parameters ask.
        """
        require_same_rows(X=X, groups=groups)
        X = self._validated(X)
        groups, self.groups_ = self._as_groups(groups, len(X))
        self._take(self._answers(X), groups)
        return self

    def _as_groups(self, groups, n_rows):
        return as_groups(groups, n_rows)

    def _validated(self, X):
        X = validate_data(self, X, dtype=np.float64, order="C")
        require_moderate(X)
        require_count("n_clusters", self.n_clusters)
        if self.n_clusters > len(X):
            raise ValueError(
                f"n_samples={len(X)} should be >= n_clusters={self.n_clusters}"
            )
        self._check_parameters()
        return X

    def _check_parameters(self):
        """Raise ValueError or TypeError if a parameter is outside its range."""

    def _prepare(self, X):
        own = clone(self)
        return own._answers(own._validated(X))


class ThreadedOracle(FairOracle):
    """A fair oracle that answers the questions of a batch in several threads.

    A subclass defines `_answer(groups, names)` for groups 0 .. l - 1 that all occur,
    and their names; what it gives has `labels`.
    """

    def _regroup(self, groups):
        n_jobs = min(joblib.effective_n_jobs(-1), len(groups))
        return joblib.Parallel(n_jobs=n_jobs, prefer="threads")(
            joblib.delayed(self._labels)(own) for own in groups
        )

    def _labels(self, groups):
        names, groups = np.unique(groups, return_inverse=True)
        return self._answer(groups, names).labels


def as_groups(groups, n_rows, name="groups"):
    """Protected groups as int32 names 0 .. l - 1 of which each occurs.

    Parameters
    ----------
    groups : array-like of shape (n_rows,)
    n_rows : int
    name : str, default="groups"
        What the error messages call them.

    Returns
    -------
    groups : int32 array of shape (n_rows,)
    names : ndarray of shape (l,)
        Their own names, in sorted order.

    Raises
    ------
    ValueError
        If the length differs, a value is missing or not finite, or groups are of
        several attributes.
    """
    groups = complete(groups, name)
    as_labels(groups, name, n_rows=n_rows)
    names, groups = np.unique(groups, return_inverse=True)
    return groups.astype(np.int32), names
