"""How evenly a clustering mixes protected groups."""

import numpy as np

from rfcore._arrays import as_labelings, empty, kernels


def balance(labels, groups):
    """Balance: the least ratio of a group's share in a cluster and its share overall.

    With the share ``r_g`` of group g among all given rows and its share ``r_kg`` in
    cluster k it is the minimum over k and g of ``min(r_g / r_kg, r_kg / r_g)``. Only
    the clusters and groups that occur among the given rows count.

    Parameters
    ----------
    labels : array-like of shape (n,) or (b, n)
        Clusters of any kind; noise that is marked -1 counts as a cluster of its own.
        Several labelings make a batch.
    groups : array-like of shape (n,) or (b, n)
        Protected groups of any kind and number. A batch goes with one labeling or with
        as many.

    Returns
    -------
    float or float64 array of shape (b,)
        In [0, 1]; higher is fairer. Exactly 1 where every cluster holds the groups in
        the same shares, so also for one group or one cluster; 0 where a group is
        missing in a cluster.

    Raises
    ------
    ValueError
        If shapes disagree or there are no rows.

    References
    ----------
    Thesis 4.1.3.4; Chierichetti et al. 2017, arXiv:1802.05733.

    Examples
    --------
    >>> balance([0, 0, 1, 1], ["f", "m", "m", "f"])
    1.0
    >>> balance([0, 0, 1, 1], [["f", "m", "m", "f"], ["f", "f", "m", "m"]])
    array([1., 0.])
    """
    return _measure("balance", labels, groups)


def group_entropy(labels, groups):
    """Entropy: how evenly the groups are spread, cluster by cluster.

    With ``r_kg``, the share of group g in cluster k, it is the mean over groups of
    ``-sum_k r_kg log r_kg``, with the natural logarithm and 0 log 0 = 0. Only the
    clusters and groups that occur among the given rows count.

    Parameters
    ----------
    labels : array-like of shape (n,) or (b, n)
        Clusters of any kind; noise that is marked -1 counts as a cluster of its own.
        Several labelings make a batch.
    groups : array-like of shape (n,) or (b, n)
        Protected groups of any kind and number. A batch goes with one labeling or with
        as many.

    Returns
    -------
    float or float64 array of shape (b,)
        In [0, k / e] for k clusters; higher is fairer. 0 for one group, and where no
        cluster mixes groups. The shares of a group in the clusters do not add up to 1,
        so this is not the entropy of a distribution over clusters, and log k is no
        bound.

    Raises
    ------
    ValueError
        If shapes disagree or there are no rows.

    References
    ----------
    Thesis 4.1.3.4 ("Entropy", averaged over the groups).

    Examples
    --------
    >>> round(group_entropy([0, 0, 1, 1], ["f", "m", "m", "f"]), 3)
    0.693
    """
    return _measure("group_entropy", labels, groups)


def _measure(kernel, labels, groups):
    labels, k, one_labeling = as_labelings(labels, "labels")
    n = labels.shape[1]
    if n == 0:
        raise ValueError("labels has 0 rows: at least 1 is needed")
    groups, n_groups, one_grouping = as_labelings(groups, "groups", n_rows=n)
    n_pairs = len(groups) if len(labels) == 1 else len(labels)
    out = empty(labels, n_pairs, np.float64)
    getattr(kernels(labels, groups), kernel)(labels, groups, k, n_groups, out)
    return float(out[0]) if one_labeling and one_grouping else out
