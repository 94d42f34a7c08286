"""Basic partitions: k-means of many random parts of the rows and of the features."""

import numbers

import numpy as np
from sklearn.utils import check_random_state

from rfcore import _core
from rfcore._arrays import as_labels, as_rows, require_count
from rfcore._shares import count_of


def basic_partitions(
    X,
    n_clusters,
    *,
    n_partitions=100,
    max_samples=0.5,
    max_features=0.5,
    max_iter=300,
    tol=1e-4,
    random_state=None,
):
    """Partitions of all rows by k-means of random parts of the data.

    Each partition draws rows and features without replacement, runs k-means on them
    once, and gives every row of X the nearest of those centers in those features. All
    are computed in one parallel call.

    Parameters
    ----------
    X : array-like of shape (n, m)
        float32 stays float32; all else becomes float64.
    n_clusters : int
        Of each partition, in [1, rows drawn].
    n_partitions : int, default=100
        r, in [1, 65535].
    max_samples, max_features : float or int, default=0.5
        How many rows, or features, a partition draws: a share in (0, 1], rounded down
        and one at least, or a number in [1, n], or [1, m].
    max_iter : int, default=300
        Steps of one run of k-means, >= 1.
    tol : float, default=1e-4
        >= 0, as that of `KMeans`.
    random_state : int, RandomState or None, default=None

    Returns
    -------
    int32 array of shape (n_partitions, n)
        Labels in [0, n_clusters).

    Raises
    ------
    TypeError
        If a count is not an integer.
    ValueError
        If X is not a finite matrix, or a parameter is outside its range.

    Notes
    -----
    The same seed gives the same partitions for any number of threads.

    *Differences from the authors' code.* Theirs is the package pyckmeans: one
    scikit-learn fit after the other, on rows and features drawn with replacement.

    References
    ----------
    Thesis 4.1.4, first stage; Fred and Jain 2005, doi:10.1109/TPAMI.2005.113.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(size=(20, 4))
    >>> basic_partitions(X, 3, n_partitions=5, random_state=0).shape
    (5, 20)
    """
    X = as_rows(X, min_rows=1, dtype=None)
    require_count("n_clusters", n_clusters)
    require_count("n_partitions", n_partitions)
    require_count("max_iter", max_iter)
    if not tol >= 0:
        raise ValueError(f"tol={tol} should be >= 0")
    n_rows = drawn("max_samples", max_samples, X.shape[0])
    n_features = drawn("max_features", max_features, X.shape[1])
    if n_rows < n_clusters:
        raise ValueError(
            f"a partition draws {n_rows} of n_samples={len(X)}, which should be "
            f">= n_clusters={n_clusters}"
        )
    rng = check_random_state(random_state)
    shape = n_partitions, _core.seeding_uniforms(n_clusters)
    labels = np.empty((n_partitions, len(X)), dtype=np.int32)
    _core.basic_partitions(
        X,
        _choices(rng, n_partitions, X.shape[0], n_rows),
        _choices(rng, n_partitions, X.shape[1], n_features),
        rng.random_sample(shape),
        n_clusters,
        max_iter,
        tol,
        labels,
    )
    return labels


def partitions_of(estimator, X, seed):
    """The partitions that an estimator was given, or those that it draws of X.

    Parameters
    ----------
    estimator : object
        With attributes `partitions`, `n_clusters`, `n_partitions`, `max_samples` and
        `max_features`.
    X : float64 array of shape (n, m)
    seed : int

    Returns
    -------
    int32 array of shape (r, n)

    Raises
    ------
    ValueError
        If given partitions are not labelings of the rows of X.
    """
    if estimator.partitions is not None:
        return as_labels(estimator.partitions, "partitions", ndim=2, n_rows=len(X))[0]
    return basic_partitions(
        X,
        estimator.n_clusters,
        n_partitions=estimator.n_partitions,
        max_samples=estimator.max_samples,
        max_features=estimator.max_features,
        random_state=seed,
    )


def drawn(name, share, total):
    """How many of a total a share or a number means.

    Parameters
    ----------
    name : str
        What the error messages call it.
    share : float in (0, 1] or int in [1, total]
    total : int

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If it is outside its range.
    """
    if isinstance(share, numbers.Integral):
        if not 1 <= share <= total:
            raise ValueError(f"{name}={share} should be in [1, {total}]")
        return int(share)
    if not (isinstance(share, numbers.Real) and 0 < share <= 1):
        raise ValueError(f"{name}={share!r} should be in (0, 1], or an integer")
    return max(1, count_of(share, total))


def _choices(rng, r, total, size):
    """Sorted positions without replacement, (r, size) int64."""
    found = np.empty((r, size), dtype=np.int64)
    for own in found:
        own[:] = np.sort(rng.permutation(total)[:size])
    return found
