"""How evenly a clustering mixes protected groups."""

import numpy as np

from rfcore._arrays import (
    as_labelings,
    empty,
    is_noise,
    kernels,
    on_device,
    require_noise,
)
from rfcore._columns import complete, require_same_rows


def balance(labels, groups, *, noise="raise"):
    """Balance: the least ratio of a group's share in a cluster and its share overall.

    With the share ``r_g`` of group g among all given rows and its share ``r_kg`` in
    cluster k it is the minimum over k and g of ``min(r_g / r_kg, r_kg / r_g)``. Only
    the clusters and groups that occur among the given rows count.

    Parameters
    ----------
    labels : array-like of shape (n,) or (b, n)
        Clusters of any kind. Several labelings make a batch.
    groups : array-like of shape (n,) or (b, n)
        Protected groups of any kind and number, none missing; of several attributes
        their `joint_groups`. A batch goes with one labeling or with as many.
    noise : {"raise", "drop", "cluster"}, default="raise"
        What becomes of rows with the label -1, which DBSCAN and its kin give to rows
        that are in no cluster: they are an error, they are left out (of the shares
        overall too), or they are a cluster like others.

    Returns
    -------
    float or float64 array of shape (b,)
        In [0, 1]; higher is fairer. Exactly 1 where every cluster holds the groups in
        the same shares, so also for one group or one cluster; 0 where a group is
        missing in a cluster.

    Raises
    ------
    ValueError
        If shapes disagree, there are no rows, a value is missing, rows are noise and
        `noise` is "raise", all are and it is "drop", or the indexes of two pandas
        columns differ.

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
    return _measure("balance", labels, groups, noise)


def group_entropy(labels, groups, *, noise="raise"):
    """Entropy: how evenly the groups are spread, cluster by cluster.

    With ``r_kg``, the share of group g in cluster k, it is the mean over groups of
    ``-sum_k r_kg log r_kg``, with the natural logarithm and 0 log 0 = 0. Only the
    clusters and groups that occur among the given rows count.

    Parameters
    ----------
    labels : array-like of shape (n,) or (b, n)
        Clusters of any kind. Several labelings make a batch.
    groups : array-like of shape (n,) or (b, n)
        Protected groups of any kind and number, none missing; of several attributes
        their `joint_groups`. A batch goes with one labeling or with as many.
    noise : {"raise", "drop", "cluster"}, default="raise"
        What becomes of rows with the label -1, which DBSCAN and its kin give to rows
        that are in no cluster: they are an error, they are left out (of the shares
        overall too), or they are a cluster like others.

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
        If shapes disagree, there are no rows, a value is missing, rows are noise and
        `noise` is "raise", all are and it is "drop", or the indexes of two pandas
        columns differ.

    References
    ----------
    Thesis 4.1.3.4 ("Entropy", averaged over the groups).

    Examples
    --------
    >>> round(group_entropy([0, 0, 1, 1], ["f", "m", "m", "f"]), 3)
    0.693
    """
    return _measure("group_entropy", labels, groups, noise)


def _measure(kernel, labels, groups, noise):
    require_noise(noise)
    require_same_rows(labels=labels, groups=groups)
    if noise == "drop":
        return _without_noise(kernel, labels, groups)
    labels, k, one_labeling = as_labelings(labels, "labels", noise=noise)
    n = labels.shape[1]
    if n == 0:
        raise ValueError("labels has 0 rows: at least 1 is needed")
    groups, n_groups, one_grouping = as_labelings(groups, "groups", n_rows=n)
    n_pairs = len(groups) if len(labels) == 1 else len(labels)
    out = empty(labels, n_pairs, np.float64)
    getattr(kernels(labels, groups), kernel)(labels, groups, k, n_groups, out)
    return float(out[0]) if one_labeling and one_grouping else out


def _without_noise(kernel, labels, groups):
    """The measure among the rows that are in a cluster, labeling by labeling."""
    if not on_device(labels):
        labels, groups = complete(labels, "labels"), complete(groups, "groups")
    kept = ~is_noise(labels)
    if kept.all() or labels.shape[-1:] != groups.shape[-1:]:
        return _measure(kernel, labels, groups, "cluster")
    if not kept.any(axis=-1).all():
        raise ValueError("labels holds noise only: no row is in a cluster")
    if labels.ndim == 1:
        return _measure(kernel, labels[kept], groups[..., kept], "raise")
    pairs = [groups] * len(labels) if groups.ndim == 1 else groups
    if len(labels) == 1:
        return _measure(kernel, labels[:, kept[0]], groups[..., kept[0]], "raise")
    if len(pairs) != len(labels):
        return _measure(kernel, labels, groups, "cluster")
    out = empty(labels, len(labels), np.float64)
    for i, (own, pair) in enumerate(zip(labels, pairs, strict=True)):
        out[i] = _measure(kernel, own[kept[i]], pair[kept[i]], "raise")
    return out
