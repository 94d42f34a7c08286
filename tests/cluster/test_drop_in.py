"""What scikit-learn's users write, of rfcore's clusterers."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse
from sklearn import cluster
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score, pairwise_distances
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import kneighbors_graph
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from rfcore.cluster import Agglomerative, KMeans, SpectralClustering, oracle

X, _ = make_blobs(120, 3, centers=4, random_state=0)
STARTS = X[:4].copy()


def alike(a, b):
    return adjusted_rand_score(a, b) == 1.0


@pytest.mark.parametrize("kind", [np.asarray, scipy.sparse.csr_array])
def test_weights_are_rows_that_are_repeated(kind):
    weights = np.random.default_rng(0).integers(1, 4, len(X))
    options = {"init": STARTS, "n_init": 1, "tol": 0.0}
    own = KMeans(4, **options).fit(kind(X), sample_weight=weights)
    repeated = KMeans(4, **options).fit(np.repeat(X, weights, axis=0))
    np.testing.assert_allclose(own.cluster_centers_, repeated.cluster_centers_)
    assert own.inertia_ == pytest.approx(repeated.inertia_)
    np.testing.assert_array_equal(np.repeat(own.labels_, weights), repeated.labels_)


def test_equal_weights_are_none():
    plain = KMeans(4, random_state=0).fit(X)
    same = KMeans(4, random_state=0).fit(X, sample_weight=np.full(len(X), 2.5))
    np.testing.assert_array_equal(plain.labels_, same.labels_)
    assert same.inertia_ == pytest.approx(2.5 * plain.inertia_)


@pytest.mark.parametrize("wrong", [np.ones(3), -np.ones(120), np.full(120, np.nan)])
def test_error_weights(wrong):
    with pytest.raises(ValueError, match=r"sample_weight|Negative"):
        KMeans(4).fit(X, sample_weight=wrong)


def test_sparse_rows_are_clustered_as_dense_ones():
    options = {"init": STARTS, "n_init": 1}
    dense, sparse = KMeans(4, **options), KMeans(4, **options)
    rows = scipy.sparse.csr_array(X)
    np.testing.assert_array_equal(dense.fit(X).labels_, sparse.fit(rows).labels_)
    np.testing.assert_array_equal(dense.predict(rows), dense.labels_)
    np.testing.assert_allclose(dense.transform(rows), dense.transform(X))
    assert dense.score(rows) == pytest.approx(dense.score(X))


def test_transform_of_single_precision_far_from_the_origin():
    far = (1e4 + X).astype(np.float32)
    fitted = KMeans(4, random_state=0).fit(far)
    away = far.astype(np.float64)[:, None] - fitted.cluster_centers_
    gaps = np.linalg.norm(away, axis=2)
    np.testing.assert_allclose(fitted.transform(far), gaps, rtol=1e-12)


def test_transform_and_score():
    fitted = KMeans(4, random_state=0).fit(X)
    gaps = np.linalg.norm(X[:, None] - fitted.cluster_centers_, axis=2)
    np.testing.assert_allclose(fitted.transform(X), gaps)
    np.testing.assert_array_equal(gaps.argmin(axis=1), fitted.labels_)
    assert fitted.score(X) == pytest.approx(-fitted.inertia_)
    weights = np.arange(120.0)
    weighted = -(gaps.min(axis=1) ** 2 @ weights)
    assert fitted.score(X, sample_weight=weights) == pytest.approx(weighted)
    names = ["kmeans0", "kmeans1", "kmeans2", "kmeans3"]
    assert fitted.get_feature_names_out().tolist() == names


def test_random_and_callable_starts():
    def first_rows(rows, n_clusters, random_state):
        assert isinstance(random_state, np.random.RandomState)
        return rows[:n_clusters]

    called = KMeans(4, init=first_rows, n_init=1).fit(X)
    given = KMeans(4, init=STARTS, n_init=1).fit(X)
    np.testing.assert_array_equal(called.labels_, given.labels_)
    drawn = KMeans(4, init="random", random_state=0)
    again = KMeans(4, init="random", random_state=0).fit(X)
    np.testing.assert_array_equal(drawn.fit_predict(X), again.labels_)
    best = cluster.KMeans(4, n_init=50, random_state=0).fit(X).inertia_
    assert again.inertia_ < 1.05 * best


def test_auto_is_one_start_of_kmeans_plus_plus_and_ten_of_random_ones():
    for init, n_init in (("k-means++", 1), ("random", 10)):
        auto = KMeans(9, init=init, n_init="auto", random_state=3).fit(X)
        said = KMeans(9, init=init, n_init=n_init, random_state=3).fit(X)
        np.testing.assert_array_equal(auto.labels_, said.labels_)


@pytest.mark.parametrize("linkage", ["complete", "average", "single"])
@pytest.mark.parametrize("metric", ["manhattan", "cosine", "euclidean"])
def test_metrics_and_precomputed_distances(metric, linkage):
    own = Agglomerative(5, metric=metric, linkage=linkage).fit(X)
    theirs = cluster.AgglomerativeClustering(5, metric=metric, linkage=linkage).fit(X)
    assert alike(own.labels_, theirs.labels_)
    D = pairwise_distances(X, metric=metric)
    before = D.copy()
    given = Agglomerative(5, metric="precomputed", linkage=linkage).fit(D)
    np.testing.assert_array_equal(given.labels_, own.labels_)
    np.testing.assert_array_equal(D, before)


def test_a_threshold_undoes_the_merges_at_or_above_it():
    whole = Agglomerative(1).fit(X)
    for threshold in (0.0, whole.distances_[50], 7.0, 1e9):
        own = Agglomerative(None, distance_threshold=threshold).fit(X)
        assert own.n_clusters_ == 1 + (whole.distances_ >= threshold).sum()
        cut = Agglomerative(own.n_clusters_).fit(X)
        np.testing.assert_array_equal(own.labels_, cut.labels_)


def test_a_graph_constrains_the_merges():
    graph = kneighbors_graph(X, 6, include_self=False)
    joined = 0.5 * (graph + graph.T)
    with pytest.warns(UserWarning, match="connected components"):
        own = Agglomerative(4, connectivity=joined).fit(X)
    with pytest.warns(UserWarning, match="connected components"):
        theirs = cluster.AgglomerativeClustering(4, connectivity=joined).fit(X)
    assert alike(own.labels_, theirs.labels_)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_clusters": None}, "Exactly one of n_clusters and distance_threshold"),
        ({"distance_threshold": 1.0}, "n_clusters=2, distance_threshold=1.0"),
        ({"metric": "cosine"}, "metric='cosine' should be 'euclidean' with linkage='w"),
        (
            {"n_clusters": None, "distance_threshold": 1, "compute_full_tree": False},
            "compute_full_tree must be True",
        ),
    ],
)
def test_error_of_a_tree(options, message):
    with pytest.raises(ValueError, match=message):
        Agglomerative(**options).fit(X)


def test_error_distances_that_are_not_square():
    with pytest.raises(ValueError, match=r"should be square, got .* \(120, 3\)"):
        Agglomerative(metric="precomputed", linkage="single").fit(X)


@pytest.mark.parametrize("affinity", ["rbf", "precomputed"])
@pytest.mark.parametrize("assign_labels", ["kmeans", "discretize", "cluster_qr"])
def test_affinities_and_ways_to_assign(affinity, assign_labels):
    rows = X if affinity == "rbf" else np.exp(-(pairwise_distances(X) ** 2))
    options = {"affinity": affinity, "assign_labels": assign_labels, "random_state": 0}
    own = SpectralClustering(4, **options).fit(rows)
    theirs = cluster.SpectralClustering(4, **options).fit(rows)
    np.testing.assert_array_equal(own.labels_, theirs.labels_)


@pytest.mark.parametrize(
    "victim",
    [
        KMeans(3, init="random", n_init=2, random_state=0),
        KMeans(3, algorithm="elkan", n_init="auto", random_state=0),
        Agglomerative(None, distance_threshold=8.0),
        Agglomerative(3, metric="manhattan", linkage="average"),
        SpectralClustering(3, affinity="rbf", random_state=0),
    ],
    ids=str,
)
def test_oracles_answer_as_fresh_fits(victim):
    answers = oracle(victim, X[:60])
    rows = X[60:63] + 0.1
    for row, labels in zip(rows, answers.replace_row(7, rows), strict=True):
        changed = X[:60].copy()
        changed[7] = row
        np.testing.assert_array_equal(labels, victim.fit(changed).labels_)


@pytest.mark.parametrize(
    "last",
    [
        KMeans(4, random_state=0),
        Agglomerative(4),
        SpectralClustering(4, random_state=0),
    ],
    ids=str,
)
def test_ends_of_a_pipeline(last):
    pipe = make_pipeline(StandardScaler(), last)
    assert alike(
        pipe.fit_predict(X), last.fit(StandardScaler().fit_transform(X)).labels_
    )


def test_scikit_learns_own_tests_pass_but_for_those_left_out():
    script = Path(__file__).parents[1] / "dropin" / "run.py"
    command = [sys.executable, "-W", "ignore", str(script)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count("are left out") == 3


def test_grid_search():
    grid = GridSearchCV(KMeans(random_state=0), {"n_clusters": [2, 3, 4]}, cv=3)
    assert grid.fit(X).best_params_ == {"n_clusters": 4}
