"""How far apart, and how alike, two partitions of the same rows are.

A label of -1 names a cluster as any other does, as in scikit-learn's scores: one of two
partitions may be of classes -1 and 1. Only `co_association` asks what noise is.
"""

import numpy as np

from rfcore._arrays import as_labelings, as_labels, as_partitions, empty, kernels
from rfcore._columns import require_same_rows


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


def co_association(partitions, *, dtype=np.uint16, noise="raise"):
    """How often partitions keep each two rows together.

    Parameters
    ----------
    partitions : array-like of shape (r, n)
        Labels of any kind, in [1, 65535] partitions. On a device they should be int32.
    dtype : {uint16, float32}, default=uint16
        Counts, or shares of the partitions.
    noise : {"raise", "drop", "cluster"}, default="raise"
        What becomes of rows with the label -1 in a partition: they are an error, they
        are together with no other row there, or they are a cluster like others.

    Returns
    -------
    array of shape (n, n)
        Entry [u, v] is the number of partitions in which u and v have the same label,
        r on the diagonal; as float32 it is divided by r. It lives where the partitions
        live. For large n see `rfcore.cluster.CoAssociation`, which never forms it.

    Raises
    ------
    TypeError
        If `dtype` is another one.
    ValueError
        If partitions are not two-dimensional, none, or too many, or hold noise where
        that is an error.

    References
    ----------
    Thesis 4.1.4, first stage; Fred and Jain 2005, doi:10.1109/TPAMI.2005.113.

    Examples
    --------
    >>> co_association([[0, 0, 1], [5, 7, 7]])
    array([[2, 1, 0],
           [1, 2, 1],
           [0, 1, 2]], dtype=uint16)
    """
    dtype = np.dtype(dtype)
    if dtype not in (np.uint16, np.float32):
        raise TypeError(f"dtype={dtype} should be uint16 or float32")
    labels, _ = as_partitions(partitions, noise)
    S = empty(labels, (labels.shape[1], labels.shape[1]), dtype)
    kernels(labels).co_association(labels, S)
    return S


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


def accuracy(y, labels):
    """Unsupervised accuracy (ACC): the share of rows that a best matching gets right.

    Parameters
    ----------
    y : array-like of shape (n,)
        The true classes, of any kind.
    labels : array-like of shape (n,) or (q, n)
        Clusters of any kind; several labelings make a batch.

    Returns
    -------
    float or float64 array of shape (q,)
        ``1 - n_switched(y, labels) / n``: classes and clusters are matched one to one
        so that as many rows as possible agree, and those without a partner count as
        wrong. In (0, 1]; exactly 1 for the same partition under any names.

    Raises
    ------
    ValueError
        If the lengths differ or there are no rows.

    References
    ----------
    Thesis 4.1.3.4 ("ACC").

    Examples
    --------
    >>> accuracy([0, 0, 1, 1], [1, 1, 0, 1])
    0.75
    """
    y, k, others, n_names, single = _pair(y, labels, "y", "labels")
    n = y.shape[0]
    if n == 0:
        raise ValueError("y has 0 rows: at least 1 is needed")
    switched = empty(y, len(others), np.int64)
    kernels(y, others).n_switched(y, others, k, n_names, switched)
    share = (n - switched) / n
    return float(share[0]) if single else share


def nmi(a, b):
    """Normalized mutual information of two partitions.

    With the shares ``p_ij`` of rows in each pair of clusters and their margins it is
    ``2 I / (H(a) + H(b))``, where ``I = sum_ij p_ij log(p_ij / (p_i. p_.j))`` and
    ``H = -sum p log p`` over a margin: the arithmetic mean normalizes, as in
    scikit-learn's ``normalized_mutual_info_score``.

    Parameters
    ----------
    a : array-like of shape (n,)
        Labels of any kind.
    b : array-like of shape (n,) or (q, n)
        Labels of any kind; several labelings make a batch.

    Returns
    -------
    float or float64 array of shape (q,)
        In [0, 1]; exactly 1 for the same partition under any names, so also where both
        are one cluster or there are no rows; 0 where only one of them is one cluster.

    Raises
    ------
    ValueError
        If the lengths differ.

    References
    ----------
    Thesis 4.1.3.4; Strehl and Ghosh 2002, doi:10.1162/153244303321897735.

    Examples
    --------
    >>> nmi([0, 0, 1, 1], [1, 1, 0, 0])
    1.0
    """
    return _score("nmi", a, b)


def ari(a, b):
    """The Rand index of two partitions, adjusted for chance.

    With the numbers of pairs of rows that are together in both partitions (s), in `a`
    only (x), in `b` only (y) and in neither (d) it is
    ``2 (s d - x y) / ((s + x) (x + d) + (s + y) (y + d))``, as scikit-learn's
    ``adjusted_rand_score``.

    Parameters
    ----------
    a : array-like of shape (n,)
        Labels of any kind.
    b : array-like of shape (n,) or (q, n)
        Labels of any kind; several labelings make a batch.

    Returns
    -------
    float or float64 array of shape (q,)
        In [-1/2, 1], around 0 for unrelated partitions; exactly 1 for the same
        partition under any names, so also where there are fewer than two rows.

    Raises
    ------
    ValueError
        If the lengths differ.

    References
    ----------
    Hubert and Arabie 1985, doi:10.1007/BF01908075.

    Examples
    --------
    >>> ari([0, 0, 1, 1], [0, 1, 0, 1])
    -0.5
    """
    return _score("ari", a, b)


def _score(kernel, a, b):
    a, k, others, n_names, single = _pair(a, b)
    scores = empty(a, len(others), np.float64)
    getattr(kernels(a, others), kernel)(a, others, k, n_names, scores)
    return float(scores[0]) if single else scores


def _pair(a, b, a_name="a", b_name="b"):
    require_same_rows(**{a_name: a, b_name: b})
    a, k = as_labels(a, a_name)
    others, n_names, single = as_labelings(b, b_name, n_rows=a.shape[0])
    return a, k, others, n_names, single
