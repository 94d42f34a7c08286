"""Basic partitions and consensus clustering: seeds, planted clusters, errors."""

import numpy as np
import oracles_consensus as slow
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from rfcore.cluster import (
    CoAssociation,
    ConsensusClustering,
    basic_partitions,
    consensus_embedding,
)
from rfcore.metrics import accuracy


def blobs(n=90, m=6, k=3, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % k
    return rng.normal(size=(k, m))[y] * 6 + rng.normal(size=(n, m)), y


def test_partitions_are_repeated_by_their_seed():
    X, _ = blobs()
    one, again, other = (
        basic_partitions(X, 3, n_partitions=5, random_state=s) for s in (0, 0, 1)
    )
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()
    assert one.dtype == np.int32
    assert set(np.unique(one)) == {0, 1, 2}
    assert len(np.unique(one, axis=0)) > 1


def test_all_rows_and_features_find_the_clusters():
    X, y = blobs()
    found = basic_partitions(
        X, 3, n_partitions=4, max_samples=1.0, max_features=6, random_state=0
    )
    assert (accuracy(y, found) == 1).all()


def test_float32_stays():
    X, _ = blobs()
    found = basic_partitions(X.astype(np.float32), 3, n_partitions=3, random_state=0)
    assert found.shape == (3, 90)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"n_clusters": 0}, ValueError, "n_clusters=0 should be >= 1"),
        ({"n_clusters": 46}, ValueError, "draws 45 of n_samples=90, .*n_clusters=46"),
        ({"n_partitions": 2.0}, TypeError, "n_partitions=2.0 should be an integer"),
        ({"max_samples": 0.0}, ValueError, r"max_samples=0.0 should be in \(0, 1\]"),
        ({"max_samples": 91}, ValueError, r"max_samples=91 should be in \[1, 90\]"),
        ({"max_features": 1.5}, ValueError, r"max_features=1.5 should be in \(0, 1\]"),
        ({"max_features": 0}, ValueError, r"max_features=0 should be in \[1, 6\]"),
        ({"max_iter": 0}, ValueError, "max_iter=0 should be >= 1"),
        ({"tol": -1.0}, ValueError, "tol=-1.0 should be >= 0"),
    ],
)
def test_error_parameters_of_partitions(options, error, message):
    with pytest.raises(error, match=message):
        basic_partitions(blobs()[0], **{"n_clusters": 3, **options})


@parametrize_with_checks([ConsensusClustering(3, n_partitions=5, random_state=0)])
def test_consensus_is_an_estimator(estimator, check):
    check(estimator)


def test_consensus_finds_what_parts_of_the_data_show():
    X, y = blobs()
    fitted = ConsensusClustering(3, n_partitions=20, random_state=0).fit(X)
    assert accuracy(y, fitted.labels_) == 1
    again = ConsensusClustering(3, n_partitions=20, random_state=0).fit(X)
    np.testing.assert_array_equal(fitted.labels_, again.labels_)
    assert fitted.partitions_.shape == (20, 90)
    assert fitted.embedding_.shape == (90, 3)


def test_embedding_holds_the_leading_eigenvectors():
    labels = np.random.default_rng(3).integers(3, size=(6, 40))
    dense = slow.co_association(labels).astype(float)
    weights = 1 / np.sqrt(dense.sum(axis=1))
    values, vectors = np.linalg.eigh(dense * weights[:, None] * weights)
    assert values[-5] < values[-4]
    E = vectors[:, -4:]
    E /= np.linalg.norm(E, axis=1, keepdims=True)
    found = consensus_embedding(CoAssociation(labels), 4)
    np.testing.assert_allclose(found @ found.T, E @ E.T, atol=1e-10)


def test_embedding_leaves_out_what_is_not_there():
    """Two clusters in every partition: the matrix has rank 2."""
    S = CoAssociation(np.tile([0, 0, 1, 1, 1], (4, 1)))
    assert consensus_embedding(S, 4).shape == (5, 2)
    assert ConsensusClustering(1, n_partitions=2).fit([[0.0], [1.0]]).labels_.size == 2


def test_error_more_clusters_than_rows():
    with pytest.raises(ValueError, match="n_samples=3 should be >= n_clusters=4"):
        ConsensusClustering(4).fit(np.eye(3))
    with pytest.raises(ValueError, match="n_init=0 should be >= 1"):
        ConsensusClustering(1, n_init=0).fit(np.eye(3))
    with pytest.raises(ValueError, match="n_components=0 should be >= 1"):
        consensus_embedding(CoAssociation([[0, 1]]), 0)
