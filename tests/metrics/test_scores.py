"""Scores of clusterings beside their formulas."""

import tracemalloc

import numpy as np
import pytest

from rfcore.metrics import clustering_scores


def blobs(n, seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    return rng.normal(size=(n, 2)) * [1.0, 5.0] + 4.0 * labels[:, None], labels


def formulas(X, labels):
    """The three scores, row by row and cluster by cluster."""
    D = np.linalg.norm(X[:, None] - X, axis=2)
    names = np.unique(labels)
    widths = []
    for i, own in enumerate(labels):
        mates = (labels == own) & (np.arange(len(X)) != i)
        inner = D[i, mates].mean() if mates.any() else None
        outer = min(D[i, labels == c].mean() for c in names if c != own)
        widths.append(0.0 if inner is None else (outer - inner) / max(inner, outer))
    means = np.array([X[labels == c].mean(axis=0) for c in names])
    sizes = np.array([(labels == c).sum() for c in names])
    parts = [X[labels == c] for c in names]
    within = sum(((part - part.mean(axis=0)) ** 2).sum() for part in parts)
    between = (sizes * ((means - X.mean(axis=0)) ** 2).sum(axis=1)).sum()
    k, n = len(names), len(X)
    spread = [np.linalg.norm(part - part.mean(axis=0), axis=1).mean() for part in parts]
    worst = [
        max(
            (spread[a] + spread[b]) / np.linalg.norm(means[a] - means[b])
            for b in range(k)
            if b != a
        )
        for a in range(k)
    ]
    return {
        "silhouette": np.mean(widths),
        "calinski_harabasz": between / within * (n - k) / (k - 1),
        "davies_bouldin": np.mean(worst),
    }


@pytest.mark.parametrize("seed", range(3))
def test_scores_are_their_formulas(seed):
    X, labels = blobs(60, seed)
    labels[0] = 7  # alone in its cluster
    expected = formulas(X, labels)
    found = clustering_scores(X, np.array([*"abcdefgh"])[labels])
    assert found == pytest.approx(expected)


def test_the_silhouette_of_a_sample_is_that_of_its_rows():
    X, labels = blobs(80, 4)
    rows = np.random.RandomState(3).permutation(80)[:30]
    found = clustering_scores(X, labels, n_sampled=30, random_state=3)
    assert found["silhouette"] == pytest.approx(
        formulas(X[rows], labels[rows])["silhouette"]
    )
    whole = clustering_scores(X, labels)
    assert found["davies_bouldin"] == whole["davies_bouldin"]
    assert found["calinski_harabasz"] == whole["calinski_harabasz"]


def test_too_few_and_too_many_clusters_have_no_scores():
    for labels in (np.zeros(5), np.arange(5)):
        scores = clustering_scores(np.arange(5.0)[:, None], labels)
        assert np.isnan(list(scores.values())).all()
    assert np.isnan(clustering_scores([[1.0]], [0])["silhouette"])


def test_distances_come_in_blocks():
    """All at once they would take 288 MB."""
    X, labels = blobs(6000, 5)
    tracemalloc.start()
    clustering_scores(X, labels)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 220 * 2**20


@pytest.mark.parametrize("n_sampled", [1, 6])
def test_error_samples(n_sampled):
    message = rf"n_sampled={n_sampled} should be in \[2, 5\]"
    with pytest.raises(ValueError, match=message):
        clustering_scores(np.arange(5.0)[:, None], [0, 0, 0, 1, 1], n_sampled=n_sampled)


def test_error_labels_and_rows():
    with pytest.raises(ValueError, match=r"labels\.shape\[-1\]=1 should be 2"):
        clustering_scores([[0.0], [1.0]], [0])
    with pytest.raises(ValueError, match="should be finite"):
        clustering_scores([[0.0], [np.nan]], [0, 1])
