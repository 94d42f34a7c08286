"""Rows and the clusters that they are in, where some may be in none."""

from rfcore._arrays import NOISE, as_labels, as_rows, is_noise, require_noise
from rfcore._columns import complete, require_same_rows


def as_clustered(X, labels, noise):
    """Rows with their labels, without those that are noise where that is wanted.

    Parameters
    ----------
    X : array-like of shape (n, m)
    labels : array-like of shape (n,)
    noise : {"raise", "drop", "cluster"}

    Returns
    -------
    X : float64 array of shape (n, m)
    labels : int32 array of shape (n,)
    k : int
        As of `as_labels`.

    Raises
    ------
    ValueError
        If they do not fit, a label is -1 where that is an error, or all are where these
        are left out.
    """
    require_noise(noise)
    require_same_rows(X=X, labels=labels)
    X = as_rows(X, min_rows=1)
    if noise != "drop":
        return X, *as_labels(labels, n_rows=len(X), noise=noise)
    labels = complete(labels)
    kept = ~is_noise(labels)
    if kept.all() or labels.shape != (len(X),):
        return X, *as_labels(labels, n_rows=len(X))
    if not kept.any():
        raise ValueError(f"labels holds {NOISE} only: no row is in a cluster")
    return X[kept], *as_labels(labels[kept])
