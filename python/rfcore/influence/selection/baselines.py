"""Values of training rows by other means than influence, to compare with."""

import numpy as np

from rfcore import _core
from rfcore._arrays import as_rows, require_count
from rfcore._columns import complete, require_same_rows

# Distances of one block of validation rows: at most this many numbers at a time.
_BLOCK = 4_000_000


def knn_shapley(X, y, X_val, y_val, *, n_neighbors=5):
    """Shapley values of training rows in nearest-neighbor classification.

    A set S of training rows is worth, for one validation row, the votes for its label
    among the min(K, |S|) nearest rows of S, divided by K = `n_neighbors`; an empty set
    is worth 0. With the n training rows sorted by distance, v(i) = 1 where the label of
    the i-th is the validation row's and else 0, the Shapley value is

        s(n) = v(n) / max(n, K),
        s(i) = s(i + 1) + (v(i) - v(i + 1)) / K * min(K, i) / i,

    and a row's value is its mean over the validation rows. All values sum to the worth
    of the whole training set: for n >= K the mean share of the K nearest rows that have
    the validation row's label.

    Parameters
    ----------
    X : array-like of shape (n, m)
        Training rows, n >= 1.
    y : array-like of shape (n,)
        Labels of any kind.
    X_val : array-like of shape (n_val, m)
        Validation rows, at least 1.
    y_val : array-like of shape (n_val,)
    n_neighbors : int, default=5
        K, >= 1; may exceed n.

    Returns
    -------
    float64 array of shape (n,)
        A higher value is a more useful row and a negative one a harmful row. So its
        sign reads like that of influence on the loss, where negative means that
        removing the row lowers the loss, and `trim` takes either; the unit is a share
        of accuracy instead of a loss.

    Raises
    ------
    TypeError
        If `n_neighbors` is not an integer.
    ValueError
        If it is below 1, a matrix is not finite or empty, or shapes do not fit.

    Notes
    -----
    Distances are Euclidean; of training rows at equal distance the lower number is
    nearer. O(n (m + log n)) per validation row; extra memory is a block of distances.

    References
    ----------
    Jia et al. 2019, arXiv:1908.08619, theorem 1.

    Examples
    --------
    >>> knn_shapley([[0.0], [1.0]], [1, 0], [[0.2]], [1], n_neighbors=1)
    array([1., 0.])
    """
    require_count("n_neighbors", n_neighbors)
    require_same_rows(X=X, y=y)
    require_same_rows(X_val=X_val, y_val=y_val)
    X = as_rows(X, min_rows=1)
    X_val = as_rows(X_val, "X_val", n_features=X.shape[1], min_rows=1)
    y, y_val = _labels(y, "y", len(X)), _labels(y_val, "y_val", len(X_val))
    total = np.zeros(len(X))
    step = max(1, _BLOCK // len(X))
    for start in range(0, len(X_val), step):
        rows = slice(start, start + step)
        sq = np.empty((len(X_val[rows]), len(X)))
        _core.pairwise_sq_distances(X_val[rows], X, sq)
        order = np.argsort(sq, axis=1, kind="stable")
        votes = (y[order] == y_val[rows, None]).astype(np.float64)
        np.add.at(total, order, _values_by_rank(votes, n_neighbors))
    return total / len(X_val)


def _values_by_rank(votes, k):
    """Shapley values of the nearest, second nearest, ... row; (b, n) like the votes."""
    n = votes.shape[1]
    rank = np.arange(1, n)
    steps = (votes[:, :-1] - votes[:, 1:]) * (np.minimum(k, rank) / (k * rank))
    values = np.concatenate([steps, votes[:, -1:] / max(n, k)], axis=1)
    return np.cumsum(values[:, ::-1], axis=1)[:, ::-1]


def _labels(labels, name, n):
    labels = complete(labels, name)
    if labels.shape != (n,):
        raise ValueError(f"{name}.shape={labels.shape} should be {(n,)}")
    return labels
