"""Oracles: an estimator and its data, prepared for many questions alike."""

import inspect

import joblib
import numpy as np
from sklearn.base import clone

from rfcore._arrays import as_labels, as_positions, as_row_batch, as_rows
from rfcore._columns import complete
from rfcore.cluster.appended import fit_appended, stacked, started_at
from rfcore.errors import BudgetError

# Questions that go to the kernels at once; Ctrl-C is heard between batches.
_BATCH = 64


def oracle(estimator, X, *, max_queries=None):
    """An oracle for an estimator on data.

    Parameters
    ----------
    estimator : clusterer
        With a method `_prepare(X)` it supplies its own fast oracle; any other object
        with `fit` and `labels_` (or `fit_predict`) gets a generic one, which is a
        `FairOracle` where `fit` has a parameter `groups`.
    X : array-like of shape (n, m)
    max_queries : int, optional
        The budget; None is unlimited.

    Returns
    -------
    Oracle

    Raises
    ------
    ValueError
        If `X` is not a finite matrix or `max_queries` is below 1.
    TypeError
        If the estimator cannot cluster.
    """
    if max_queries is not None and max_queries < 1:
        raise ValueError(f"max_queries={max_queries} should be >= 1")
    if hasattr(estimator, "_prepare"):
        answers = estimator._prepare(X)
    elif hasattr(estimator, "fit"):
        kind = GenericFairOracle if takes_groups(estimator) else GenericOracle
        answers = kind(estimator, X)
    else:
        raise TypeError(f"{type(estimator).__name__} has no fit: it cannot cluster")
    answers.max_queries = max_queries
    return answers


class Oracle:
    """Answers questions about a clustering of data that changes a little.

    Each answer equals the labels of a fresh `fit` of the same estimator with the same
    `random_state` on the changed data.

    Parameters
    ----------
    X : ndarray of shape (n, m)
        The unchanged data.
    labels : int32 array of shape (n,)
        Their clustering.

    Attributes
    ----------
    X : ndarray of shape (n, m)
        A copy of the unchanged data.
    labels_ : int32 array of shape (n,)
        Their clustering.
    n_queries : int
        Questions answered so far.
    max_queries : int or None
        The budget.
    estimator : clusterer or None
        What is cloned and fitted anew for questions without a faster answer.
    n_jobs : int
        Processes that fit in parallel (joblib); -1 is one a core.
    """

    estimator = None
    n_jobs = -1

    def __init__(self, X, labels):
        # A copy, so that what the caller does to the data later changes no answer.
        self.X = X.copy()
        self.labels_ = labels
        self.n_queries = 0
        self.max_queries = None

    def replace_row(self, t, rows):
        """Labels after row t is replaced, once for each candidate.

        Parameters
        ----------
        t : int
        rows : array-like of shape (b, m)

        Returns
        -------
        int32 array of shape (b, n)
        """
        rows = as_rows(rows, "rows", n_features=self.X.shape[1])
        return self.replace_rows([t], rows[:, None])

    def replace_rows(self, t, rows):
        """Labels after the rows t are replaced together, once for each candidate.

        Parameters
        ----------
        t : array-like of shape (s,)
            Different rows of X.
        rows : array-like of shape (b, s, m)

        Returns
        -------
        int32 array of shape (b, n)

        Raises
        ------
        ValueError
            If t or rows do not fit the data; nothing is counted then.
        BudgetError
            If the batch would pass the budget; nothing is answered or counted then.
        """
        t = as_positions(t, len(self.X))
        rows = as_row_batch(rows, n_features=self.X.shape[1])
        if rows.shape[1] != len(t):
            raise ValueError(f"rows.shape[1]={rows.shape[1]} should be {len(t)}")
        self._require_budget(len(rows))
        labels = np.empty((len(rows), len(self.X)), dtype=np.int32)
        for start in range(0, len(rows), _BATCH):
            part = slice(start, start + _BATCH)
            labels[part] = self._replace_rows(t, np.ascontiguousarray(rows[part]))
        self.n_queries += len(rows)
        return labels

    def append_rows(self, V, init=None):
        """Centers and labels after rows are appended, once for each candidate.

        Parameters
        ----------
        V : array-like of shape (b, s, m)
            s rows for each of b questions; s may be 0.
        init : array-like of shape (k, m), optional
            Warm centers: the answer is then that of the estimator with `init` these
            and `n_init` 1. None asks for a fresh fit, seeding and all.

        Returns
        -------
        centers : float64 array of shape (b, k, m)
            Of all n + s rows: `cluster_centers_`, or the means of the clusters of an
            estimator that has labels only. Where answers differ in k, NaN stands for
            the centers that are not there. With `init`, `KMeans`' oracle adds sums up
            in another order than a fit; its labels are a fit's exactly.
        labels : int32 array of shape (b, n)
            Of the unchanged rows.

        Raises
        ------
        ValueError
            If V or init do not fit the data, or init is given and the estimator has no
            parameter `init`; nothing is counted then.
        TypeError
            If the estimator has neither centers nor labels.
        BudgetError
            If the batch would pass the budget; nothing is answered or counted then.
        """
        m = self.X.shape[1]
        V = as_row_batch(V, "V", n_features=m)
        if init is not None:
            init = as_rows(init, "init", n_features=m, min_rows=1)
        self._require_budget(len(V))
        answers = []
        for start in range(0, max(len(V), 1), _BATCH):
            part = np.ascontiguousarray(V[start : start + _BATCH])
            answers.append(self._append_rows(part, init))
        self.n_queries += len(V)
        if len(answers) == 1:
            return answers[0]
        pairs = [pair for batch in answers for pair in zip(*batch, strict=True)]
        return stacked(pairs, *self.X.shape)

    def _append_rows(self, V, init):
        if self.estimator is None:
            raise TypeError(f"{type(self).__name__} does not answer append_rows")
        estimator = self.estimator
        if init is not None:
            estimator = started_at(estimator, init)
        parts = _in_parts(fit_appended, V, self.n_jobs, estimator, self.X)
        return stacked([pair for part in parts for pair in part], *self.X.shape)

    def _require_budget(self, n_questions):
        if self.max_queries is not None:
            left = self.max_queries - self.n_queries
            if n_questions > left:
                raise BudgetError(
                    f"{n_questions} questions asked, {left} of {self.max_queries} left"
                )


class FairOracle(Oracle):
    """Answers questions about a fair clustering under other protected groups.

    Each answer equals the labels of a fresh `fit(X, groups=...)` of the same estimator
    with the same `random_state`. The data stay as they are, so `replace_rows` is not
    answered; there is no clustering without groups, so `labels_` is None.

    Parameters
    ----------
    X : ndarray of shape (n, m)
        The data.

    Attributes
    ----------
    X : ndarray of shape (n, m)
        A copy of the data.
    labels_ : None
    n_queries : int
        Questions answered so far.
    max_queries : int or None
        The budget.
    """

    def __init__(self, X):
        super().__init__(X, None)

    def regroup(self, groups):
        """Labels under other protected groups, once for each candidate.

        Parameters
        ----------
        groups : array-like of shape (b, n)
            The group of every row; integers from 0, or names of any kind.

        Returns
        -------
        int32 array of shape (b, n)

        Raises
        ------
        ValueError
            If groups do not fit the data; nothing is counted then.
        InfeasibleError
            If no fair clustering exists under some candidate; its message says which,
            and nothing is answered or counted then.
        BudgetError
            If the batch would pass the budget; nothing is answered or counted then.
        """
        names = complete(groups, "groups")
        groups, _ = as_labels(names, "groups", ndim=2, n_rows=len(self.X))
        self._require_feasible(names)
        self._require_budget(len(groups))
        labels = np.empty(groups.shape, dtype=np.int32)
        for start in range(0, len(groups), _BATCH):
            part = slice(start, start + _BATCH)
            labels[part] = self._regroup(groups[part])
        self.n_queries += len(groups)
        return labels

    def _require_feasible(self, groups):
        """Raise ValueError or InfeasibleError where that can be told beforehand."""

    def _replace_rows(self, t, rows):
        raise TypeError("a fair oracle answers regroup(groups), not replace_rows")

    def _append_rows(self, V, init):
        raise TypeError("a fair oracle answers regroup(groups), not append_rows")


class GenericOracle(Oracle):
    """The oracle of any clusterer: clone it and fit it anew for each question.

    Parameters
    ----------
    estimator : clusterer with `fit` and `labels_`, or `fit_predict`
    X : array-like of shape (n, m)
    n_jobs : int, default=-1
        Processes that fit in parallel (joblib); -1 is one a core.
    """

    def __init__(self, estimator, X, *, n_jobs=-1):
        X = as_rows(X, min_rows=1)
        self.estimator = estimator
        self.n_jobs = n_jobs
        super().__init__(X, fresh_labels(estimator, X))

    def _replace_rows(self, t, rows):
        parts = _in_parts(_fit_each, rows, self.n_jobs, self.estimator, self.X, t)
        return np.concatenate(parts)


class GenericFairOracle(FairOracle):
    """The oracle of any fair clusterer: clone it and fit it anew for each question.

    Parameters
    ----------
    estimator : clusterer with `fit(X, groups=)`, and `labels_` or `fit_predict`
    X : array-like of shape (n, m)
    n_jobs : int, default=-1
        Processes that fit in parallel (joblib); -1 is one a core.
    """

    def __init__(self, estimator, X, *, n_jobs=-1):
        super().__init__(as_rows(X, min_rows=1))
        self.estimator = estimator
        self.n_jobs = n_jobs

    def _regroup(self, groups):
        parts = _in_parts(_fit_groups, groups, self.n_jobs, self.estimator, self.X)
        return np.concatenate(parts)


def takes_groups(estimator):
    """Whether a clusterer is fair: whether its `fit` has a parameter `groups`.

    Parameters
    ----------
    estimator : object with `fit`

    Returns
    -------
    bool
    """
    return "groups" in inspect.signature(estimator.fit).parameters


def _in_parts(fit, questions, n_jobs, *arguments):
    """`fit(*arguments, part)` for parts of the questions, in several processes."""
    n_jobs = min(joblib.effective_n_jobs(n_jobs), len(questions))
    if n_jobs <= 1:
        return [fit(*arguments, questions)]
    return joblib.Parallel(n_jobs=n_jobs)(
        joblib.delayed(fit)(*arguments, part)
        for part in np.array_split(questions, n_jobs)
    )


def _fit_groups(estimator, X, groups):
    labels = np.empty(groups.shape, dtype=np.int32)
    for answer, own in zip(labels, groups, strict=True):
        answer[:] = fresh_labels(estimator, X, groups=own)
    return labels


def _fit_each(estimator, X, t, rows):
    labels = np.empty((len(rows), len(X)), dtype=np.int32)
    for answer, replacement in zip(labels, rows, strict=True):
        changed = X.copy()
        changed[t] = replacement
        answer[:] = fresh_labels(estimator, changed)
    return labels


def fresh_labels(victim, X, **given):
    """The labels that a clone of a clusterer gives when it is fitted.

    Parameters
    ----------
    victim : clusterer
        With `fit_predict`, or `fit` and `labels_`.
    X : float64 array of shape (n, m)
    **given
        What `fit` needs beside X: `groups` of a fair clusterer.

    Returns
    -------
    int32 array of shape (n,)

    Raises
    ------
    TypeError
        If it gives no labels.
    """
    fitted = clone(victim)
    if hasattr(fitted, "fit_predict"):
        labels = fitted.fit_predict(X, **given)
    else:
        labels = getattr(fitted.fit(X, **given), "labels_", None)
    if labels is None:
        raise TypeError(f"{type(victim).__name__} gives no labels: it cannot cluster")
    return np.asarray(labels, dtype=np.int32)
