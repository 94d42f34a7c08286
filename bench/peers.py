"""The peers: other libraries and plain NumPy, doing the same work on the same cores."""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import fastcluster
import joblib
import numpy as np
from scipy.cluster.hierarchy import fcluster
from sklearn import cluster


def in_workers(threads, task, rows, *shared):
    """task(part, *shared) for equal parts of the rows, in processes that stay alive.

    Parameters
    ----------
    threads : int
        Processes; 1 stays in this one.
    task : callable of a module
        Gives an array with one entry for each row.
    rows : ndarray of shape (b, ...)
    *shared : picklable
        The same for every part.

    Returns
    -------
    ndarray of shape (b, ...)
    """
    if threads == 1:
        return task(rows, *shared)
    parts = joblib.Parallel(n_jobs=threads)(
        joblib.delayed(task)(part, *shared) for part in np.array_split(rows, threads)
    )
    return np.concatenate(parts)


def in_threads(threads, task, rows):
    """task(part) for equal parts of the rows, for code that frees the interpreter."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(task, np.array_split(rows, threads)))


def refit_scikit_learn(rows, X, t, estimator):
    """Labels (b, n) of an estimator fitted anew with X[t] replaced by each row."""
    changed = X.copy()
    labels = np.empty((len(rows), len(X)), dtype=np.int32)
    for answer, row in zip(labels, rows, strict=True):
        changed[t] = row
        answer[:] = estimator.fit(changed).labels_
    return labels


def refit_fastcluster(rows, X, t, n_clusters):
    """Labels (b, n) of fastcluster's Ward tree of X with X[t] replaced by each row."""
    changed = X.copy()
    labels = np.empty((len(rows), len(X)), dtype=np.int32)
    for answer, row in zip(labels, rows, strict=True):
        changed[t] = row
        answer[:] = fastcluster_labels(changed, n_clusters)
    return labels


def fastcluster_labels(X, n_clusters, linkage="ward"):
    """Labels (n,) of fastcluster's tree, cut by SciPy."""
    return fcluster(fastcluster.linkage(X, linkage), n_clusters, "maxclust")


def scikit_learn_tree(n_clusters, linkage="ward"):
    return cluster.AgglomerativeClustering(n_clusters, linkage=linkage)


def scikit_learn_kmeans(n_clusters, **parameters):
    """scikit-learn's KMeans by Lloyd, from 10 starts unless told otherwise."""
    parameters = {"n_init": 10, "random_state": 0, **parameters}
    return cluster.KMeans(n_clusters, algorithm="lloyd", **parameters)


def intelex_kmeans(n_clusters, **parameters):
    """scikit-learn-intelex's KMeans by Lloyd."""
    from sklearnex.cluster import KMeans

    return KMeans(n_clusters, algorithm="lloyd", **parameters)


def faiss_kmeans(X, start, n_steps):
    """faiss's k-means in single precision, with the inertia of its last centers."""
    import faiss

    rows, centers = X.astype(np.float32), start.astype(np.float32)
    found = faiss.Kmeans(
        X.shape[1],
        len(start),
        niter=n_steps,
        min_points_per_centroid=1,
        max_points_per_centroid=len(X),
    )
    found.train(rows, init_centroids=centers)
    sq, labels = found.index.search(rows, 1)
    return SimpleNamespace(labels_=labels[:, 0], inertia_=sq.sum(dtype=np.float64))


def square_co_membership_distances(others, labels):
    """The distances (b,) of equation 2.1 as it is written: by n x n matrices."""
    together = (labels[:, None] == labels).astype(float)
    return np.array(
        [np.linalg.norm(together - (other[:, None] == other)) for other in others]
    )


def numpy_medoids(uniforms, D):
    """Medoids (r, k) by the same seeds and eager swaps, a NumPy pass a candidate."""
    return np.array([_swap_descent(D, u) for u in uniforms]).reshape(uniforms.shape)


def _swap_descent(D, uniforms):
    medoids = [int(uniforms[0] * len(D))]
    for u in uniforms[1:]:
        cumulated = np.cumsum(D[medoids].min(axis=0))
        medoids.append(int(np.searchsorted(cumulated, u * cumulated[-1], "right")))
    k, j, idle = len(medoids), 0, 0
    near, second, labels = _two_nearest(D, medoids)
    while idle < len(D):
        closer = np.minimum(D[j], near)
        change = np.bincount(labels, np.minimum(D[j], second) - closer, minlength=k)
        best = int(change.argmin())
        gain = -change[best] - (closer - near).sum()
        idle += 1
        if j not in medoids and gain > 1e-12 * near.sum():
            medoids[best], idle = j, 0
            near, second, labels = _two_nearest(D, medoids)
        j = (j + 1) % len(D)
    return medoids


def _two_nearest(D, medoids):
    """Distances to the nearest and the second medoid, and the nearest, (n,) each."""
    order = D[medoids].argsort(axis=0, kind="stable")
    near, second = np.take_along_axis(D[medoids], order[:2], axis=0)
    return near, second, order[0]
