"""How far apart two partitions of the same rows are."""

import numpy as np

from rfcore._arrays import as_labels, empty, kernels, on_device


def contingency(a, b):
    """Rows that two labelings put into each pair of clusters.

    Parameters
    ----------
    a : array-like of shape (n,)
        Labels of any kind.
    b : array-like of shape (n,) or (q, n)
        Labels of any kind; several labelings make a batch.

    Returns
    -------
    int64 array of shape (k, l) or (q, k, l)
        Entry [i, j] counts the rows with name i in `a` and name j in `b`. Labels that
        are integers from 0 to 4095 name themselves, others are numbered in sorted
        order.

    Raises
    ------
    ValueError
        If the lengths differ.

    Examples
    --------
    >>> contingency([0, 0, 1], [1, 0, 0])
    array([[1, 1],
           [1, 0]])
    """
    a, k, others, n_names, single = _pair(a, b)
    table = empty(a, (len(others), k, n_names), np.int64)
    kernels(a, others).contingency(a, others, table)
    return table[0] if single else table


def co_membership_distance(a, b):
    """The distance of two partitions by the pairs of rows they keep together.

    With indicator matrices Y and Z (rows by clusters) it is the Frobenius norm of
    Y Y' - Z Z', computed from the contingency table t and its margins as
    ``sqrt(sum_i t_i.^2 + sum_j t_.j^2 - 2 sum_ij t_ij^2)``; no n x n array is made.

    Parameters
    ----------
    a : array-like of shape (n,)
        Labels of any kind.
    b : array-like of shape (n,) or (q, n)
        Labels of any kind; several labelings make a batch.

    Returns
    -------
    float or float64 array of shape (q,)
        In [0, n]; 0 exactly where the partitions are the same under any names.

    Raises
    ------
    ValueError
        If the lengths differ.

    References
    ----------
    Thesis, equation 2.1, where it carries a minus sign.

    Examples
    --------
    >>> co_membership_distance([0, 0, 1, 1], [1, 1, 0, 0])
    0.0
    """
    a, k, others, n_names, single = _pair(a, b)
    distance = empty(a, len(others), np.float64)
    kernels(a, others).co_membership_distance(a, others, k, n_names, distance)
    return float(distance[0]) if single else distance


def n_switched(a, b):
    """Rows that switch cluster, under the names that make them fewest.

    Parameters
    ----------
    a : array-like of shape (n,)
        Labels of any kind.
    b : array-like of shape (n,) or (q, n)
        Labels of any kind; several labelings make a batch.

    Returns
    -------
    int or int64 array of shape (q,)
        ``n - max over matchings of sum_i t[i, matching(i)]`` with the contingency
        table t; in [0, n). Clusters without a partner count all their rows.

    Raises
    ------
    ValueError
        If the lengths differ.

    References
    ----------
    Thesis, tables 2.1 and 2.2 ("# Misclustered samples", the target row included).

    Examples
    --------
    >>> n_switched([0, 0, 1, 1], [1, 1, 0, 1])
    1
    """
    a, k, others, n_names, single = _pair(a, b)
    switched = empty(a, len(others), np.int64)
    kernels(a, others).n_switched(a, others, k, n_names, switched)
    return int(switched[0]) if single else switched


def _pair(a, b):
    a, k = as_labels(a, "a")
    single = getattr(b, "ndim", None) == 1 or (
        not on_device(b) and np.asarray(b).ndim == 1
    )
    others = b if on_device(b) else np.asarray(b)
    if single:
        others = others[None]
    others, n_names = as_labels(others, "b", ndim=2, n_rows=a.shape[0])
    return a, k, others, n_names, single
