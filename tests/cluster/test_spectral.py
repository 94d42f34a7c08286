"""Spectral clustering beside a dense eigensolver, its centers and its parameters."""

import numpy as np
import pytest
import scipy.linalg
from sklearn.base import clone
from sklearn.cluster import KMeans as TheirKMeans
from sklearn.utils.estimator_checks import parametrize_with_checks

from rfcore.cluster import SpectralClustering, spectral
from rfcore.cluster.graph import neighbor_graph
from rfcore.errors import ConvergenceWarning
from rfcore.fair import FairSpectral
from rfcore.metrics import accuracy


# scikit-learn's own code, which takes sparse rows, is at its best on one piece.
@pytest.mark.filterwarnings("ignore:Graph is not fully connected")
@parametrize_with_checks([SpectralClustering(2, n_neighbors=2, random_state=0)])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def rings(n, seed):
    """Two circles, one in the other, and which a row is on."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    angle = rng.uniform(0, 2 * np.pi, n)
    X = np.stack([np.cos(angle), np.sin(angle)], axis=1) * (1 + 2 * y)[:, None]
    return X + rng.normal(0, 0.05, X.shape), y


@pytest.mark.parametrize("normalized", [False, True])
@pytest.mark.parametrize("n", [120, 320])
def test_embedding_is_that_of_a_dense_solver(n, normalized):
    X, k = np.random.default_rng(n).normal(size=(n, 3)), 4
    fitted = SpectralClustering(k, normalized=normalized, random_state=0).fit(X)
    W = neighbor_graph(X, 10).toarray()
    degrees = W.sum(axis=1)
    D = np.diag(degrees) if normalized else np.eye(n)
    values, H = scipy.linalg.eigh(np.diag(degrees) - W, D)
    np.testing.assert_allclose(fitted.eigenvalues_, values[:k], atol=1e-9)
    assert values[k] - values[k - 1] > 1e-3
    # The inner products of rows, which are all that k-means sees.
    np.testing.assert_allclose(
        fitted.embedding_ @ fitted.embedding_.T, H[:, :k] @ H[:, :k].T, atol=1e-8
    )
    assert fitted.residual_ < 1e-9


def test_rings_are_told_apart_and_their_means_are_not():
    X, y = rings(300, 0)
    fitted = SpectralClustering(2, random_state=0).fit(X)
    assert accuracy(y, fitted.labels_) == 1.0
    assert fitted.n_components_ == 2
    means = [X[fitted.labels_ == c].mean(axis=0) for c in range(2)]
    np.testing.assert_allclose(fitted.cluster_centers_, means, atol=1e-13)
    gaps = ((X[:, None] - fitted.cluster_centers_) ** 2).sum(axis=2)
    assert (gaps.argmin(axis=1) != fitted.labels_).any()


def test_clusters_are_those_of_k_means_on_the_embedding():
    X = np.random.default_rng(1).normal(size=(300, 2))
    fitted = SpectralClustering(5, random_state=0).fit(X)
    theirs = TheirKMeans(5, n_init=30, random_state=0).fit(fitted.embedding_)
    assert fitted.inertia_ == pytest.approx(theirs.inertia_, rel=0.02)
    centers = [fitted.embedding_[fitted.labels_ == c].mean(axis=0) for c in range(5)]
    moved = fitted.embedding_ - np.array(centers)[fitted.labels_]
    assert (moved**2).sum() == pytest.approx(fitted.inertia_, rel=1e-6)


def test_more_starts_are_no_worse():
    X = np.random.default_rng(2).normal(size=(200, 2))
    one, ten = (
        SpectralClustering(6, n_init=n, random_state=0).fit(X).inertia_ for n in (1, 10)
    )
    assert ten <= one


def test_fair_clustering_of_one_group_is_this():
    X = np.random.default_rng(3).normal(size=(270, 2))
    fitted = SpectralClustering(3, random_state=0).fit(X)
    fair = FairSpectral(3, n_neighbors=10, random_state=0).fit(X, groups=np.zeros(270))
    np.testing.assert_allclose(fitted.eigenvalues_, fair.eigenvalues_, atol=1e-12)
    assert accuracy(fair.labels_, fitted.labels_) == 1.0


@pytest.mark.parametrize(
    ("scale", "offset"), [(1e-6, 0.0), (1e6, 0.0), (1.0, 1e6), (1e6, 1e6)]
)
def test_scale_and_offset_change_no_label(scale, offset):
    X, _ = rings(120, 4)
    plain = SpectralClustering(3, random_state=0).fit(X)
    moved = SpectralClustering(3, random_state=0).fit(X * scale + offset)
    np.testing.assert_array_equal(moved.labels_, plain.labels_)
    np.testing.assert_allclose(
        moved.cluster_centers_, plain.cluster_centers_ * scale + offset, rtol=1e-6
    )


def test_as_many_clusters_as_rows_and_one():
    X = np.arange(6.0)[:, None] ** 2
    every = SpectralClustering(6, n_neighbors=2, random_state=0).fit(X)
    np.testing.assert_array_equal(np.sort(every.labels_), np.arange(6))
    np.testing.assert_array_equal(every.cluster_centers_[every.labels_], X)
    one = SpectralClustering(1, n_neighbors=2, random_state=0).fit(X)
    np.testing.assert_allclose(one.cluster_centers_, [X.mean(axis=0)])


def test_duplicates_fill_every_cluster():
    X = np.repeat([[0.0], [1.0], [5.0]], 30, axis=0)
    fitted = SpectralClustering(3, n_neighbors=3, random_state=0).fit(X)
    assert len(np.unique(fitted.labels_)) == 3
    assert np.isfinite(fitted.cluster_centers_).all()


def test_seeds_repeat():
    X = np.random.default_rng(5).normal(size=(100, 2))
    fits = [SpectralClustering(4, random_state=1).fit(X).labels_ for _ in range(2)]
    np.testing.assert_array_equal(*fits)
    again = clone(SpectralClustering(4, random_state=1)).fit_predict(X)
    np.testing.assert_array_equal(fits[0], again)


def test_a_large_residual_is_warned_of(monkeypatch):
    monkeypatch.setattr(spectral, "_LARGEST_RESIDUAL", 1e-20)
    X = np.random.default_rng(0).normal(size=(300, 2))
    with pytest.warns(ConvergenceWarning, match="leave a residual of"):
        SpectralClustering(3, random_state=0).fit(X)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_clusters": 21}, "n_samples=20 should be >= n_clusters=21"),
        ({"n_clusters": 0}, "n_clusters=0 should be >= 1"),
        ({"n_init": 0}, "n_init=0 should be >= 1"),
        ({"n_neighbors": 20}, "n_samples=20 should be > n_neighbors=20"),
        ({"metric": "cosine"}, "metric='cosine' should be one of euclidean, manh"),
    ],
)
def test_error_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        SpectralClustering(**{"n_clusters": 2, **parameters}).fit(rings(20, 0)[0])
    with pytest.raises(TypeError, match=r"n_clusters=2.5 should be an integer"):
        SpectralClustering(2.5).fit(rings(20, 0)[0])


def test_error_rows_that_are_no_numbers():
    X, _ = rings(20, 0)
    X[3, 1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        SpectralClustering(2).fit(X)
