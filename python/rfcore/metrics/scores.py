"""How well clusters are separated, whatever they should be fair to."""

import numpy as np

from rfcore.metrics.clustered import as_clustered

# scikit-learn's distances at once, in MiB.
_WORKING_MEMORY = 128


def clustering_scores(X, labels, *, n_sampled=None, noise="raise", random_state=None):
    """Silhouette, Calinski-Harabasz and Davies-Bouldin scores of a clustering.

    Computed by scikit-learn; the distances of the silhouette come in blocks of 128
    MiB, so memory does not grow with the square of the rows. Its time does.

    Parameters
    ----------
    X : array-like of shape (n, m)
    labels : array-like of shape (n,)
        Clusters of any kind.
    n_sampled : int or None, default=None
        Rows, drawn without replacement, among which the silhouette is computed; None
        takes all. The other two scores always take all.
    noise : {"raise", "drop", "cluster"}, default="raise"
        What becomes of rows with the label -1: they are an error, they are left out, or
        they are a cluster like others.
    random_state : int, RandomState or None, default=None
        Of that draw.

    Returns
    -------
    dict of str to float
        `silhouette`, in [-1, 1], and `calinski_harabasz`, >= 0: higher is better.
        `davies_bouldin`, >= 0: lower is better. NaN, all three, unless there are
        between 2 and n - 1 clusters; the silhouette also where the sampled rows are all
        in one cluster.

    Raises
    ------
    ValueError
        If X is not a finite matrix, labels do not fit it, are missing or noise where
        that is an error, or `n_sampled` is not in [2, n].

    References
    ----------
    Rousseeuw 1987, doi:10.1016/0377-0427(87)90125-7; Calinski and Harabasz 1974,
    doi:10.1080/03610927408827101; Davies and Bouldin 1979,
    doi:10.1109/TPAMI.1979.4766909. Thesis 3.1.4.

    Examples
    --------
    >>> scores = clustering_scores([[0.0], [1.0], [9.0], [10.0]], [0, 0, 1, 1])
    >>> scores["calinski_harabasz"]
    162.0
    """
    from sklearn import config_context, metrics
    from sklearn.utils import check_random_state

    X, labels, _ = as_clustered(X, labels, noise)
    rows = slice(None)
    if n_sampled is not None:
        if not 2 <= n_sampled <= len(X):
            raise ValueError(f"n_sampled={n_sampled} should be in [2, {len(X)}]")
        rows = check_random_state(random_state).permutation(len(X))[:n_sampled]
    with config_context(working_memory=_WORKING_MEMORY):
        return {
            "silhouette": _scored(metrics.silhouette_score, X[rows], labels[rows]),
            "calinski_harabasz": _scored(metrics.calinski_harabasz_score, X, labels),
            "davies_bouldin": _scored(metrics.davies_bouldin_score, X, labels),
        }


def _scored(score, X, labels):
    if not 2 <= len(np.unique(labels)) <= len(X) - 1:
        return float("nan")
    return float(score(X, labels))
