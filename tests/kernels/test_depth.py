"""Moments and depths against their formulas."""

import numpy as np
import oracles
import pytest

from rfcore import _core

PLACES = [(1e-6, 0.0), (1.0, 0.0), (1e6, 0.0), (1.0, 1e6)]
UNLIKE = np.array([1.0, 300.0, 0.02])


def moments(X, labels, k):
    means, variances = np.full((2, k, X.shape[1]), np.nan)
    counts = np.full(k, -9)
    labels = np.asarray(labels, dtype=np.int32)
    _core.cluster_moments(X, labels, means, variances, counts)
    return means, variances, counts


def coordinate_depth(points, means, variances, printed=False):
    depth = np.full(len(points), np.nan)
    _core.coordinate_depth(points, means, variances, printed, depth)
    return depth


def mahalanobis_depth(points, means, whitening):
    depth = np.full(len(points), np.nan)
    _core.mahalanobis_depth(points, means, whitening, depth)
    return depth


def random_rows(n, seed, scale=1.0, offset=0.0):
    rows = np.random.default_rng(seed).normal(size=(n, 3)) * UNLIKE
    return rows * scale + offset


def random_labels(n, k, seed):
    return np.random.default_rng(seed).integers(k, size=n, dtype=np.int32)


def test_moments_by_hand():
    X = np.array([[1.0, 5.0], [3.0, 5.0], [8.0, 8.0]])
    means, variances, counts = moments(X, [0, 0, 2], 3)
    assert means.tolist() == [[2.0, 5.0], [0.0, 0.0], [8.0, 8.0]]
    assert variances.tolist() == [[2.0, 0.0], [0.0, 0.0], [0.0, 0.0]]
    assert counts.tolist() == [2, 0, 1]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("scale", "offset"), PLACES)
@pytest.mark.parametrize("n", [12, 1500])
def test_moments_equal_the_formulas(dtype, scale, offset, n):
    X, labels = random_rows(n, 0, scale, offset).astype(dtype), random_labels(n, 3, 1)
    means, variances, counts = moments(X, labels, 3)
    for c in range(3):
        rows = X[labels == c].astype(np.float64)
        np.testing.assert_allclose(means[c], rows.mean(axis=0), rtol=1e-9)
        np.testing.assert_allclose(variances[c], rows.var(axis=0, ddof=1), rtol=1e-9)
        assert counts[c] == len(rows)


@pytest.mark.parametrize("value", [0.1, 1e6 + 0.1, 1e-6 / 3])
def test_a_constant_feature_has_its_value_and_variance_zero_exactly(value):
    X = random_rows(1000, 2)
    X[:, 1] = value
    means, variances, _ = moments(X, np.zeros(1000, np.int32), 1)
    assert means[0, 1] == value
    assert variances[0, 1] == 0.0
    assert variances[0, 0] > 0.0


def test_moments_of_no_rows():
    means, variances, counts = moments(np.empty((0, 2)), [], 2)
    assert not means.any()
    assert not variances.any()
    assert counts.tolist() == [0, 0]


def test_coordinate_depth_by_hand():
    """One point; clusters at 0 with variance 4 and at 3 with variance 1."""
    means, variances = (
        np.array([[0.0, 0.0], [3.0, 3.0]]),
        np.array([[4.0] * 2, [1.0] * 2]),
    )
    points = np.array([[2.0, 3.0], [0.0, 6.0]])
    # Features: 1/2 + 1/2, 4/13 + 1; then 1 + 1/10, 1/10 + 1/10.
    found = coordinate_depth(points, means, variances)
    np.testing.assert_allclose(found, [1.0, 0.2], rtol=1e-15)
    printed = coordinate_depth(points, means, variances, printed=True)
    np.testing.assert_allclose(printed, [4 / 13 + 1 / 2, 0.2], rtol=1e-15)


@pytest.mark.parametrize(("scale", "offset"), PLACES)
def test_coordinate_depth_equals_the_formulas(scale, offset):
    X, labels = random_rows(60, 3, scale, offset), random_labels(60, 4, 4)
    points = random_rows(25, 5, scale, offset)
    means, variances, _ = moments(X, labels, 4)
    found = coordinate_depth(points, means, variances)
    expected = oracles.coordinate_depth(points, X, labels)
    np.testing.assert_allclose(found, expected, rtol=1e-8)
    found = coordinate_depth(points, means, variances, printed=True)
    expected = oracles.printed_depth(points, X, labels)
    np.testing.assert_allclose(found, expected, rtol=1e-8)


def test_constant_features_count_at_their_value_or_are_left_out():
    means, variances = np.array([[1.0, 2.0]]), np.array([[0.0, 1.0]])
    points = np.array([[1.0, 2.0], [1.5, 2.0], [1.0, 3.0], [9.0, 3.0]])
    found = coordinate_depth(points, means, variances)
    assert found.tolist() == [1.0, 0.0, 0.5, 0.0]
    printed = coordinate_depth(points, means, variances, printed=True)
    assert printed.tolist() == [1.0, 1.0, 0.5, 0.5]
    none_varies = coordinate_depth(points, means, variances * 0.0, printed=True)
    assert none_varies.tolist() == [1.0] * 4


def test_a_constant_feature_alone():
    """Constant 1 in the first cluster; mean 3 and variance 4 in the second."""
    points, means = np.array([[1.0], [2.0]]), np.array([[1.0], [3.0]])
    found = coordinate_depth(points, means, np.array([[0.0], [4.0]]))
    assert found.tolist() == [1.5, 0.8]
    assert coordinate_depth(points, means[:1], np.zeros((1, 1))).tolist() == [1.0, 0.0]


def test_the_printed_depth_is_at_most_the_definition():
    """A sum of minima is at most the minimum of sums; they differ for two clusters."""
    X, labels = random_rows(50, 6), random_labels(50, 2, 7)
    means, variances, _ = moments(X, labels, 2)
    definition = coordinate_depth(X, means, variances)
    printed = coordinate_depth(X, means, variances, printed=True)
    assert (printed <= definition).all()
    assert (printed < definition).any()


def test_coordinate_depth_of_no_points_and_of_no_clusters():
    empty = np.empty((0, 2))
    assert coordinate_depth(empty, np.zeros((1, 2)), np.ones((1, 2))).shape == (0,)
    assert coordinate_depth(np.ones((2, 2)), empty, empty).tolist() == [0.0, 0.0]


def test_mahalanobis_depth_by_hand():
    """Whitening [[1, 0], [2, 3]] takes (1, 1) to (1, 5): 1 / 27, and the mean to 1."""
    whitening = np.array([[[1.0, 0.0], [2.0, 3.0]], np.eye(2)])
    means, points = (
        np.array([[1.0, 0.0], [0.0, 0.0]]),
        np.array([[2.0, 1.0], [1.0, 0.0]]),
    )
    found = mahalanobis_depth(points, means, whitening)
    np.testing.assert_allclose(found, [1 / 27 + 1 / 6, 1 + 1 / 2], rtol=1e-15)


def test_mahalanobis_depth_reads_the_lower_triangle_only():
    rng = np.random.default_rng(8)
    points, means = rng.normal(size=(5, 4)), rng.normal(size=(2, 4))
    whole = rng.normal(size=(2, 4, 4))
    np.testing.assert_array_equal(
        mahalanobis_depth(points, means, whole),
        mahalanobis_depth(points, means, np.tril(whole)),
    )


@pytest.mark.parametrize(("scale", "offset"), PLACES)
def test_mahalanobis_depth_equals_the_formula(scale, offset):
    X, points = random_rows(40, 9, scale, offset), random_rows(9, 10, scale, offset)
    covariance = np.cov(X, rowvar=False)
    inverse_factor = np.linalg.inv(np.linalg.cholesky(covariance))
    found = mahalanobis_depth(points, X.mean(axis=0)[None], inverse_factor[None])
    expected = oracles.mahalanobis_depth(points, X)
    np.testing.assert_allclose(found, expected, rtol=1e-7)


def test_the_same_bits_for_any_number_of_threads(same_bits):
    X, labels = random_rows(3000, 11), random_labels(3000, 5, 12)
    means, variances, _ = moments(X, labels, 5)
    whitening = np.tril(np.random.default_rng(13).normal(size=(5, 3, 3)))
    same_bits(lambda: moments(X, labels, 5))
    same_bits(lambda: moments(X.astype(np.float32), labels, 5))
    same_bits(lambda: [coordinate_depth(X, means, variances)])
    same_bits(lambda: [coordinate_depth(X, means, variances, printed=True)])
    same_bits(lambda: [mahalanobis_depth(X, means, whitening)])


@pytest.mark.parametrize("label", [-1, 2])
def test_error_label_out_of_range(label):
    with pytest.raises(ValueError, match=r"labels should be in \[0, k\)"):
        moments(np.zeros((3, 2)), [0, label, 1], 2)


def test_error_no_features():
    empty = np.empty((1, 0))
    with pytest.raises(ValueError, match="n_features=0 should be >= 1"):
        coordinate_depth(empty, empty, empty)
