"""The three depths: formulas with unlike columns, properties, the printed tables."""

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.cluster import AgglomerativeClustering, KMeans

from rfcore.metrics import cluster_depth, coordinate_depth, mahalanobis_depth

UNLIKE = np.array([1.0, 500.0, 0.01])
PLACES = [(1e-6, 0.0), (1.0, 0.0), (1e6, 0.0), (1.0, 1e6)]


def two_clusters(seed, n=40):
    rng = np.random.default_rng(seed)
    labels = rng.integers(2, size=n)
    return (rng.normal(size=(n, 3)) + 4 * labels[:, None]) * UNLIKE, labels


@pytest.mark.parametrize(("scale", "offset"), PLACES)
def test_formulas_with_columns_of_unlike_scale(scale, offset):
    X, labels = two_clusters(0)
    X = X * scale + offset
    points = np.vstack([X[:5], X[:5] + X[5:10] - X[10:15]])
    found = mahalanobis_depth(points, X)
    np.testing.assert_allclose(found, oracles.mahalanobis_depth(points, X), rtol=1e-6)
    found = cluster_depth(points, X, labels)
    expected = oracles.cluster_depth(points, X, labels)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    found = coordinate_depth(points, X, labels)
    expected = oracles.coordinate_depth(points, X, labels)
    np.testing.assert_allclose(found, expected, rtol=1e-8)
    found = coordinate_depth(points, X, labels, variant="printed")
    expected = oracles.printed_depth(points, X, labels)
    np.testing.assert_allclose(found, expected, rtol=1e-8)


def test_by_hand():
    """Rows 0, 2 have mean 1 and variance 2; rows 10, 14 have mean 12 and variance 8."""
    X, labels = [[0.0], [2.0], [10.0], [14.0]], [0, 0, 1, 1]
    np.testing.assert_allclose(mahalanobis_depth([[1.0], [3.0]], X[:2]), [1.0, 1 / 3])
    expected = 1.0 + 1 / (1 + 121 / 8), 1 / (1 + 121 / 2) + 1.0
    for depth in (cluster_depth, coordinate_depth):
        np.testing.assert_allclose(depth([[1.0], [12.0]], X, labels), expected)


@given(st.integers(0, 10**6))
def test_one_cluster_is_the_mahalanobis_depth(seed):
    X, _ = two_clusters(seed, n=12)
    expected = mahalanobis_depth(X, X)
    np.testing.assert_array_equal(cluster_depth(X, X, np.full(12, 9)), expected)
    assert (expected > 0).all()
    assert (expected <= 1).all()


@given(st.integers(0, 10**6), st.integers(1, 4))
def test_ranges_and_the_order_of_the_depths(seed, k):
    rng = np.random.default_rng(seed)
    X, labels = rng.normal(size=(24, 2)), np.arange(24) % k
    points = rng.normal(size=(9, 2)) * 3
    whole, definition = (
        cluster_depth(points, X, labels),
        coordinate_depth(points, X, labels),
    )
    printed = coordinate_depth(points, X, labels, variant="printed")
    for depth in (whole, definition, printed):
        assert (depth >= 0).all()
        assert (depth <= k).all()
    assert (printed <= definition + 1e-12).all()


@given(st.integers(0, 10**6))
def test_names_and_order_of_rows_do_not_matter(seed):
    X, labels = two_clusters(seed, n=20)
    order = np.random.default_rng(seed).permutation(20)
    names = np.array(["x", "-"])[labels]
    for depth in (cluster_depth, coordinate_depth):
        expected = depth(X, X, labels)
        np.testing.assert_allclose(depth(X, X[order], names[order]), expected)


@given(st.integers(0, 10**6))
def test_features_in_other_units_leave_the_depths_alone(seed):
    X, labels = two_clusters(seed, n=20)
    units = X * [-3.0, 1e-3, 1e2] + [5.0, -2e3, 0.0]
    for depth in (cluster_depth, coordinate_depth):
        expected = depth(X, X, labels)
        np.testing.assert_allclose(depth(units, units, labels), expected, rtol=1e-7)


def test_the_mean_of_a_cluster_is_its_deepest_point():
    X, _ = two_clusters(1)
    assert mahalanobis_depth([X.mean(axis=0)], X)[0] == pytest.approx(1.0, abs=1e-15)


def test_constant_features_and_single_rows():
    X = np.array([[1.0, 5.0], [1.0, 7.0], [4.0, 9.0]])
    points = np.array([[1.0, 6.0], [4.0, 9.0], [2.0, 6.0], [1.0, 9.0]])
    # Feature 0 is constant in both clusters; cluster 1 is one row.
    labels = np.array([0, 0, 1])
    found = coordinate_depth(points, X, labels)
    in_first = 1 / (1 + (9.0 - 6.0) ** 2 / 2.0)
    np.testing.assert_allclose(found, [1.0, 1.0, 0.0, 1.0])
    printed = coordinate_depth(points, X, labels, variant="printed")
    np.testing.assert_allclose(printed, [2.0, in_first + 1, 2.0, in_first + 1])
    np.testing.assert_allclose(found, oracles.coordinate_depth(points, X, labels))


@pytest.mark.parametrize("variant", ["definition", "printed"])
def test_names_without_rows_are_no_clusters(variant):
    X, labels = two_clusters(6)
    gaps = np.array([1, 4])[labels]
    expected = coordinate_depth(X, X, labels, variant=variant)
    np.testing.assert_array_equal(
        coordinate_depth(X, X, gaps, variant=variant), expected
    )
    expected = cluster_depth(X, X, labels)
    np.testing.assert_array_equal(cluster_depth(X, X, gaps), expected)


def test_no_points():
    X, labels = two_clusters(2)
    none = np.empty((0, 3))
    for depth in (cluster_depth, coordinate_depth):
        assert depth(none, X, labels).shape == (0,)
    assert mahalanobis_depth(none, X).shape == (0,)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_error_singular_covariance(scale):
    X, labels = two_clusters(3)
    X = X * scale
    X[:, 2] = X[:, 0] + X[:, 1]
    with pytest.raises(ValueError, match="singular: use coordinate_depth"):
        mahalanobis_depth(X, X)
    few = np.vstack([X[:3], X[labels == 1]])
    with pytest.raises(ValueError, match=r"cluster 0 \(3 rows, 3 features\)"):
        cluster_depth(X, few, np.repeat([0, 1], [3, len(few) - 3]))


@pytest.mark.parametrize("n", [1, 2, 3])
def test_error_fewer_rows_than_features_and_one(n):
    with pytest.raises(ValueError, match=rf"\({n} rows, 3 features\) is singular"):
        mahalanobis_depth(np.zeros((1, 3)), two_clusters(4)[0][:n])


def test_unlike_scales_alone_are_not_singular():
    X, _ = two_clusters(5)
    spread = X * [1e-4, 1e4, 1.0] / UNLIKE
    expected = oracles.mahalanobis_depth(X, X)
    np.testing.assert_allclose(mahalanobis_depth(spread, spread), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("points", "X", "labels", "message"),
    [
        ([[1.0]], [[1.0, 2.0]], [0], r"points.shape\[-1\]=1 should be 2"),
        ([1.0, 2.0], [[1.0, 2.0]], [0], "points.ndim=1 should be 2"),
        ([[1.0, 2.0]], [[1.0, 2.0]], [0, 1], r"labels.shape\[-1\]=2 should be 1"),
        ([[1.0, np.nan]], [[1.0, 2.0]], [0], r"points\[0, 1\]=nan should be finite"),
        ([[1.0, 2.0]], [[np.inf, 2.0]], [0], r"X\[0, 0\]=inf should be finite"),
    ],
)
@pytest.mark.parametrize("depth", [cluster_depth, coordinate_depth])
def test_error_shapes_and_values(depth, points, X, labels, message):
    with pytest.raises(ValueError, match=message):
        depth(points, X, labels)


def test_error_reference_without_rows():
    with pytest.raises(ValueError, match=r"X.*0"):
        mahalanobis_depth([[1.0, 2.0]], np.empty((0, 2)))
    for depth in (cluster_depth, coordinate_depth):
        with pytest.raises(ValueError, match=r"X.*0"):
            depth([[1.0, 2.0]], np.empty((0, 2)), [])


def test_error_unknown_variant():
    with pytest.raises(ValueError, match="variant='paper' should be 'definition' or"):
        coordinate_depth([[1.0]], [[1.0], [2.0]], [0, 0], variant="paper")


def attacked(arrays, victim):
    """The released matrix, its target row and the victim's labels of it."""
    X = arrays["X_adv"].astype(float)
    return X, int(arrays["target_row"][0]), victim.fit_predict(X)


@pytest.mark.data
@pytest.mark.paper
@pytest.mark.parametrize(
    ("name", "printed", "tolerance"),
    [
        ("digits_1_4", 0.061, 0.001),
        ("digits_8_9", 0.114, 0.001),
        ("mnist_1_4", 0.067, 0.001),
        ("mnist_2_3", 0.13, 0.0051),
        ("seeds", 0.33, 0.0051),
    ],
)
def test_printed_depths(spillover_set, name, printed, tolerance):
    """Tables 2.1 and 2.2 and section 2.2.6.4, as far as their digits go."""
    victim = AgglomerativeClustering(2)
    if name == "seeds":
        victim = KMeans(2, n_init=10, random_state=0)
    X, target, labels = attacked(spillover_set(name), victim)
    depth = coordinate_depth(X[[target]], X, labels, variant="printed")[0]
    assert abs(depth - printed) <= tolerance


@pytest.mark.data
@pytest.mark.paper
def test_printed_depth_of_hand_postures(spillover_set):
    """Section 2.2.6.5, with the published labels of the attacked matrix."""
    arrays = spillover_set("hand_postures")
    X, target = arrays["X_adv"].astype(float), int(arrays["target_row"][0])
    labels = arrays["labels_adv"]
    depth = coordinate_depth(X[[target]], X, labels, variant="printed")[0]
    assert abs(depth - 0.325) <= 0.001


@pytest.mark.data
@pytest.mark.paper
def test_the_printed_attack_on_digits_1_4_sits_at_quantile_0096(spillover_set):
    X, target, labels = attacked(
        spillover_set("digits_1_4"), AgglomerativeClustering(2)
    )
    depth = coordinate_depth(X, X, labels, variant="printed")
    assert abs((depth < depth[target]).mean() - 0.096) <= 0.0006
