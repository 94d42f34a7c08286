"""Oracles asked about appended rows: every answer is a fit to the rows stacked."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.cluster import DBSCAN, AgglomerativeClustering
from sklearn.cluster import KMeans as TheirKMeans

from rfcore.cluster import Agglomerative, KMeans, KMedian, oracle
from rfcore.cluster.oracle import GenericOracle
from rfcore.errors import BudgetError
from rfcore.fair import ScalableFairlets

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 2))
V = 2.0 * RNG.normal(size=(5, 3, 2))
WARM = np.array([[-1.0, 0.0], [1.0, 0.0]])


def means(stacked, labels):
    return np.array([stacked[labels == c].mean(axis=0) for c in range(max(labels) + 1)])


@pytest.mark.parametrize("init", [None, WARM])
@pytest.mark.parametrize("kind", [KMeans, TheirKMeans])
def test_kmeans_answers_are_fits(kind, init):
    estimator = kind(2, n_init=3, random_state=0)
    centers, labels = oracle(estimator, X).append_rows(V, init=init)
    assert centers.shape == (5, 2, 2)
    assert labels.shape == (5, 60)
    assert labels.dtype == np.int32
    own = {} if init is None else {"init": init, "n_init": 1}
    for q, rows in enumerate(V):
        fitted = clone(estimator).set_params(**own).fit(np.vstack([X, rows]))
        np.testing.assert_array_equal(labels[q], fitted.labels_[:60])
        np.testing.assert_allclose(centers[q], fitted.cluster_centers_, atol=1e-12)


def test_warm_answers_are_those_of_scikit_learn():
    fast = oracle(KMeans(2, tol=0.0), X).append_rows(V, init=WARM)
    slow = oracle(TheirKMeans(2, tol=0.0), X).append_rows(V, init=WARM)
    np.testing.assert_array_equal(fast[1], slow[1])
    np.testing.assert_allclose(fast[0], slow[0], atol=1e-12)


def test_centers_that_the_estimator_begins_at_are_warm():
    given = oracle(KMeans(2, init=WARM), X)
    centers, labels = given.append_rows(V)
    expected = oracle(KMeans(2), X).append_rows(V, init=WARM)
    np.testing.assert_array_equal(centers, expected[0])
    np.testing.assert_array_equal(labels, expected[1])
    assert given.n_refits == 0


@pytest.mark.parametrize(
    "estimator",
    [Agglomerative(3), AgglomerativeClustering(3), KMedian(3, random_state=0)],
    ids=lambda e: type(e).__name__,
)
def test_any_clusterer_answers_by_fresh_fits(estimator):
    asked = oracle(estimator, X)
    asked.n_jobs = 1
    centers, labels = asked.append_rows(V[:2])
    for q in range(2):
        stacked = np.vstack([X, V[q]])
        fitted = clone(estimator).fit(stacked)
        np.testing.assert_array_equal(labels[q], fitted.labels_[:60])
        own = getattr(fitted, "cluster_centers_", means(stacked, fitted.labels_))
        np.testing.assert_allclose(centers[q], own, atol=1e-12)


def test_noise_has_no_center_and_missing_centers_are_nan():
    two = np.array([[0.0, 0.0], [0.1, 0.0], [5.0, 0.0], [5.1, 0.0], [99.0, 0.0]])
    asked = GenericOracle(DBSCAN(eps=1.0, min_samples=2), two, n_jobs=1)
    centers, labels = asked.append_rows([[[50.0, 0.0], [50.1, 0.0]], [[1.0, 0.0]] * 2])
    assert labels.tolist() == [[0, 0, 1, 1, -1]] * 2
    np.testing.assert_allclose(centers[0, :, 0], [0.05, 5.05, 50.05])
    np.testing.assert_allclose(centers[1, :2, 0], [2.1 / 4, 5.05])
    assert np.isnan(centers[1, 2]).all()


@pytest.mark.parametrize("kind", [KMeans, TheirKMeans])
def test_no_questions_and_no_rows(kind):
    asked = oracle(kind(2, n_init=1, random_state=0), X)
    assert asked.append_rows(np.empty((0, 3, 2)))[1].shape == (0, 60)
    _, labels = asked.append_rows(np.empty((1, 0, 2)))
    np.testing.assert_array_equal(labels[0], asked.labels_)
    assert asked.n_queries == 1


def test_batches_larger_than_64():
    many = np.repeat(V, 30, axis=0)
    centers, labels = oracle(KMeans(2), X).append_rows(many, init=WARM)
    expected = oracle(KMeans(2), X).append_rows(V, init=WARM)
    np.testing.assert_array_equal(centers, np.repeat(expected[0], 30, axis=0))
    np.testing.assert_array_equal(labels, np.repeat(expected[1], 30, axis=0))


class Mute(BaseEstimator):
    """Fits, and tells nothing."""

    def fit(self, X, y=None):
        return self


def test_error_questions_that_do_not_fit_are_not_counted():
    asked = oracle(KMeans(2, random_state=0), X, max_queries=6)
    with pytest.raises(ValueError, match=r"V.shape\[-1\]=1 should be 2"):
        asked.append_rows(V[:, :, :1])
    with pytest.raises(ValueError, match=r"init.shape\[0\]=3 should be 2"):
        asked.append_rows(V, init=np.zeros((3, 2)))
    asked.append_rows(V)
    with pytest.raises(BudgetError, match="5 questions asked, 1 of 6 left"):
        asked.append_rows(V)
    if asked.n_queries != 5:
        pytest.fail(f"n_queries={asked.n_queries} should be 5")


def test_error_who_cannot_answer_says_so():
    with pytest.raises(ValueError, match="Agglomerative has no parameter init"):
        oracle(Agglomerative(2), X).append_rows(V, init=WARM)
    with pytest.raises(TypeError, match="a fair oracle answers regroup"):
        oracle(ScalableFairlets(2), X).append_rows(V)
    with pytest.raises(TypeError, match="Mute gives no labels"):
        oracle(Mute(), X)
