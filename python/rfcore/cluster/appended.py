"""Clusterings of data with rows appended: from warm centers, or by fresh fits."""

import numpy as np
from sklearn.base import clone

from rfcore import _core


class WarmRows:
    """k-means of rows, prepared for many questions from the same warm centers.

    Parameters
    ----------
    X : float64 array of shape (n, m)
        Not copied.
    centers : float64 array of shape (k, m)
        Where each run of Lloyd begins.

    Attributes
    ----------
    centers : float64 array of shape (k, m)
        A copy of the warm centers.
    """

    def __init__(self, X, centers):
        (n, m), k = X.shape, len(centers)
        self.X, self.centers = X, centers.copy()
        self._prepared = (
            np.empty(n, dtype=np.int32),
            np.empty(n, dtype=np.int64),
            np.empty((n, m)),
            np.empty(n),
            np.empty(k + 1, dtype=np.int64),
            np.empty((k, m)),
            np.empty((3, m)),
        )
        _core.rank_margins(X, self.centers, *self._prepared)

    def append(self, V, max_iter, tol):
        """k-means of X with the rows V[q] appended, for each question q.

        Parameters
        ----------
        V : float64 array of shape (b, s, m)
        max_iter : int
        tol : float
            Both as in `KMeans`.

        Returns
        -------
        centers : float64 array of shape (b, k, m)
        labels : int32 array of shape (b, n)
            Of the rows of X.
        n_refits : int
            Questions where rounding could have decided, or a cluster was empty, which
            took a whole run.
        """
        centers = np.empty((len(V), *self.centers.shape))
        labels = np.empty((len(V), len(self.X)), dtype=np.int32)
        n_refits = _core.warm_append_rows(
            self.X, self.centers, *self._prepared, V, max_iter, tol, centers, labels
        )
        return centers, labels, n_refits


def started_at(estimator, init):
    """A clone that begins once, at given centers.

    Raises
    ------
    ValueError
        If the estimator has no parameter `init`.
    """
    parameters = estimator.get_params(deep=False)
    if "init" not in parameters:
        raise ValueError(
            f"{type(estimator).__name__} has no parameter init: it cannot begin at "
            "given centers"
        )
    once = {"n_init": 1} if "n_init" in parameters else {}
    return clone(estimator).set_params(init=init, **once)


def fit_appended(estimator, X, V):
    """Centers and labels of fresh fits to X with the rows V[q] appended.

    Parameters
    ----------
    estimator : clusterer
    X : float64 array of shape (n, m)
    V : float64 array of shape (b, s, m)

    Returns
    -------
    list of (centers, labels)
        A float64 (k, m) and an int32 (n,) array each; see `centers_and_labels`.
    """
    answers = []
    for rows in V:
        centers, labels = centers_and_labels(clone(estimator), np.vstack([X, rows]))
        answers.append((centers, labels[: len(X)]))
    return answers


def centers_and_labels(estimator, X):
    """Fit a clusterer, and read off its centers and labels.

    Parameters
    ----------
    estimator : clusterer
        With `cluster_centers_`, `labels_` or `fit_predict`; it is fitted.
    X : float64 array of shape (n, m)

    Returns
    -------
    centers : float64 array of shape (k, m)
        `cluster_centers_` where it has them, else the means of the rows of each label
        0, 1, ...; NaN for a label without rows. Rows labeled below 0 are noise.
    labels : int32 array of shape (n,)
        `labels_` where it has them, else the nearest centers.

    Raises
    ------
    TypeError
        If it has neither centers nor labels.
    """
    if hasattr(estimator, "fit"):
        labels = getattr(estimator.fit(X), "labels_", None)
    else:
        labels = estimator.fit_predict(X)
    centers = getattr(estimator, "cluster_centers_", None)
    if centers is None and labels is None and hasattr(estimator, "predict"):
        labels = estimator.predict(X)
    if centers is None and labels is None:
        name = type(estimator).__name__
        raise TypeError(f"{name} gives neither centers nor labels: it cannot cluster")
    if centers is None:
        labels = np.asarray(labels, dtype=np.int32)
        return _means(X, labels), labels
    centers = np.ascontiguousarray(centers, dtype=np.float64)
    if labels is None:
        labels = np.empty(len(X), dtype=np.int32)
        _core.assign_nearest(X, centers, labels, np.empty(len(X)))
    return centers, np.asarray(labels, dtype=np.int32)


def _means(X, labels):
    means = np.full((max(labels.max() + 1, 1), X.shape[1]), np.nan)
    for label in np.unique(labels[labels >= 0]):
        means[label] = X[labels == label].mean(axis=0)
    return means


def stacked(answers, n_rows, n_features):
    """Answers (centers, labels) as arrays (b, k, m) and (b, n).

    Where clusterings differ in their number of centers, NaN stands for those that are
    not there.
    """
    k = max((len(centers) for centers, _ in answers), default=0)
    all_centers = np.full((len(answers), k, n_features), np.nan)
    all_labels = np.empty((len(answers), n_rows), dtype=np.int32)
    for q, (centers, labels) in enumerate(answers):
        all_centers[q, : len(centers)] = centers
        all_labels[q] = labels
    return all_centers, all_labels
