"""What the contestants are given: data sets, blobs, and questions about one row."""

import numpy as np

from rfcore.cluster import Agglomerative


def blobs(n, d, k, *, seed=0):
    """n rows in k normal clusters that overlap, (n, d); rows have length about 1.4."""
    rng = np.random.default_rng(seed)
    centers = rng.normal(size=(k, d)) / np.sqrt(d)
    return centers[rng.integers(k, size=n)] + rng.normal(size=(n, d)) / np.sqrt(d)


def questions(X, n_questions, *, seed=0):
    """A row that an attack would move, and candidates for it.

    The row is the one of Ward's first cluster that is nearest to the second one's
    center. Each candidate lies between it and another row, shaken by a tenth of the
    features' deviations and kept inside their range.

    Returns
    -------
    t : int
    rows : float64 array of shape (n_questions, m)
    """
    labels = Agglomerative(2).fit(X).labels_
    first = np.flatnonzero(labels == 0)
    gaps = np.linalg.norm(X[first] - X[labels == 1].mean(axis=0), axis=1)
    t = int(first[np.argmin(gaps)])
    rng = np.random.default_rng(seed)
    share = rng.random((n_questions, 1))
    toward = X[rng.integers(len(X), size=n_questions)]
    shaken = 0.1 * X.std(axis=0) * rng.normal(size=toward.shape)
    rows = X[t] + share * (toward - X[t]) + shaken
    return t, np.clip(rows, X.min(axis=0), X.max(axis=0))
