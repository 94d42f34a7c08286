"""How far a row may move: every point of the box, and no step beyond it."""

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfcore.metrics import coordinate_depth, coordinate_reach


def clusters(seed, k, n_rows=6, n_features=2, spread=0.3, scale=1.0, offset=0.0):
    """Rows of k clusters whose centers are at random places of [0, k]^m."""
    rng = np.random.default_rng(seed)
    labels = np.arange(k * n_rows) % k
    X = rng.uniform(0, k, size=(k, n_features))[labels]
    X += rng.normal(size=X.shape) * spread
    return X * scale + offset, labels


def corners_and_samples(x, delta, X, seed=0, n_samples=400):
    """Points of the box around x, clipped to the observed range."""
    rng = np.random.default_rng(seed)
    steps = rng.uniform(-1, 1, size=(n_samples, len(x)))
    steps[: n_samples // 4] = np.sign(steps[: n_samples // 4])
    return np.clip(x + steps * delta, X.min(axis=0), X.max(axis=0))


def assert_whole_box_is_deep_and_maximal(x, X, labels, quantile):
    delta, threshold = coordinate_reach(x, X, labels, quantile=quantile)
    expected = np.quantile(oracles.coordinate_depth(X, X, labels), quantile)
    assert threshold == pytest.approx(expected, rel=1e-8)
    assert (delta >= 0).all()
    moves = delta > 0
    if moves.all():
        box = corners_and_samples(x, delta, X)
        assert coordinate_depth(box, X, labels).min() >= threshold * (1 - 1e-9)
    good, bad = oracles.coordinate_reach(x, X, labels, threshold, n_steps=1500)
    slack = 1e-6 * np.ptp(X, axis=0)
    assert (delta >= good - slack).all(), (delta, good)
    assert (delta <= bad + slack).all(), (delta, bad)


@pytest.mark.parametrize("k", [1, 2, 3, 5])
@pytest.mark.parametrize("quantile", [0.05, 0.1, 0.5])
def test_equals_a_dense_grid(k, quantile):
    for seed in range(6):
        X, labels = clusters(seed, k)
        assert_whole_box_is_deep_and_maximal(X[seed], X, labels, quantile)


@pytest.mark.parametrize(("scale", "offset"), [(1e-6, 0.0), (1e6, 0.0), (1.0, 1e6)])
def test_scales_and_offsets(scale, offset):
    for seed in range(4):
        X, labels = clusters(seed, 2)
        plain, threshold = coordinate_reach(X[3], X, labels)
        X = X * scale + offset
        delta, again = coordinate_reach(X[3], X, labels)
        assert again == pytest.approx(threshold, rel=1e-6)
        np.testing.assert_allclose(delta, plain * scale, rtol=1e-6, atol=1e-9 * scale)


@pytest.mark.parametrize("k", [8, 20])
@pytest.mark.parametrize("spread", [0.05, 0.3, 2.0])
def test_many_clusters(k, spread):
    for seed in range(4):
        X, labels = clusters(seed, k, spread=spread)
        assert_whole_box_is_deep_and_maximal(X[seed], X, labels, 0.1)


@pytest.mark.parametrize("spread", [1e-2, 1e-4])
def test_clusters_that_are_narrow_for_their_distances(spread):
    for seed in range(4):
        X, labels = clusters(seed, 4, spread=spread)
        x = X[seed]
        delta, threshold = coordinate_reach(x, X, labels, quantile=0.3)
        for f, moved in enumerate(delta):
            inside = oracles.feature_depths(
                x[f] + np.linspace(-moved, moved, 801)[:, None], X[:, [f]], labels
            ).sum(axis=0)
            beyond = oracles.feature_depths(
                x[f] + moved * 1.001 * np.array([[-1.0], [1.0]]), X[:, [f]], labels
            ).sum(axis=0)
            if moved > 0:
                assert inside.min() >= threshold * (1 - 1e-9)
                assert beyond.min() < threshold


@given(st.integers(0, 10**6), st.integers(1, 4), st.floats(0, 1))
def test_every_point_of_the_box_is_deep(seed, k, quantile):
    X, labels = clusters(seed, k, n_rows=4, n_features=3)
    x = X[seed % len(X)]
    delta, threshold = coordinate_reach(x, X, labels, quantile=quantile)
    if (delta > 0).all():
        depth = coordinate_depth(corners_and_samples(x, delta, X), X, labels)
        assert depth.min() >= threshold * (1 - 1e-12)


def test_by_hand_one_cluster():
    """Mean 0, variance 2, threshold 1/3: the depth is 1/3 where x^2 = 4."""
    X = np.array([[-1.0], [1.0], [-2.0], [2.0], [0.0], [0.0]])
    labels = np.zeros(6, dtype=int)
    delta, threshold = coordinate_reach([0.5], X, labels, quantile=0.0)
    assert threshold == pytest.approx(1 / 3)
    np.testing.assert_allclose(delta, [2.5])
    # At quantile 0.5 the threshold is the depth of rows -1 and 1: 1 / (1 + 1 / 2).
    delta, threshold = coordinate_reach([0.5], X, labels, quantile=0.4)
    assert threshold == pytest.approx(2 / 3)
    np.testing.assert_allclose(delta, [0.5])


def test_the_first_valley_stops_a_row_although_a_further_hill_is_deep():
    """Two narrow clusters far apart: the other one is not within reach."""
    X = np.array([[0.0], [0.1], [-0.1], [10.0], [10.1], [9.9]])
    labels = [0, 0, 0, 1, 1, 1]
    delta, threshold = coordinate_reach([0.0], X, labels)
    depth = coordinate_depth([[0.0], [5.0], [10.0]], X, labels)
    assert depth[0] > threshold > depth[1] < depth[2]
    assert 0.09 < delta[0] < 0.2


def test_the_whole_range_is_the_distance_to_its_farther_end():
    """At quantile 0 of one cluster no row is too far out."""
    X = np.random.default_rng(0).normal(size=(30, 1))
    labels = np.zeros(30, dtype=int)
    ends = X.min(), X.max()
    for x in (X[4, 0], X[11, 0], 0.0):
        delta, _ = coordinate_reach([x], X, labels, quantile=0.0)
        nearer, farther = sorted((x - ends[0], ends[1] - x))
        assert delta[0] >= nearer * (1 - 1e-9)
        assert delta[0] <= farther


@pytest.mark.parametrize("seed", range(8))
def test_the_least_deep_row_may_move_inward(seed):
    """At quantile 0 its depth is the threshold; it is at an end of the range."""
    X, labels = clusters(seed, 1, n_rows=9, n_features=1)
    least = int(np.argmin(coordinate_depth(X, X, labels)))
    delta, threshold = coordinate_reach(X[least], X, labels, quantile=0.0)
    good, _ = oracles.coordinate_reach(X[least], X, labels, threshold * (1 - 1e-12))
    assert delta[0] >= good[0] * (1 - 1e-9) > 0


def test_quantile_1_leaves_no_room_but_to_the_deepest_row():
    X, labels = clusters(3, 2)
    depth = coordinate_depth(X, X, labels)
    for i in np.argsort(depth)[:-1]:
        delta, threshold = coordinate_reach(X[i], X, labels, quantile=1.0)
        assert threshold == depth.max()
        assert (delta == 0).any()


def test_a_row_below_the_quantile_cannot_move():
    X, labels = clusters(4, 2, n_features=1)
    depth = coordinate_depth(X, X, labels)
    low = int(np.argmin(depth))
    assert coordinate_reach(X[low], X, labels, quantile=0.5)[0].tolist() == [0.0]


def test_constant_features_and_single_rows_cannot_be_relied_on():
    """A feature that is constant in a cluster is deep at one point only."""
    X, labels = clusters(5, 2, n_rows=8)
    X[labels == 0, 1] = 1.5
    X = np.vstack([X, [[9.0, 9.0]]])
    labels = np.append(labels, 2)
    for i in (0, 1, len(X) - 1):
        assert_whole_box_is_deep_and_maximal(X[i], X, labels, 0.1)


def test_a_feature_that_is_constant_everywhere_stays():
    X, labels = clusters(6, 2)
    X[:, 0] = 3.0
    delta, threshold = coordinate_reach(X[2], X, labels)
    assert delta[0] == 0.0
    assert delta[1] > 0.0
    assert threshold > 0.0


def test_all_rows_alone():
    X = np.array([[0.0], [1.0], [5.0]])
    delta, threshold = coordinate_reach(X[1], X, [0, 1, 2])
    assert threshold == 1.0
    assert delta.tolist() == [0.0]


@pytest.mark.parametrize("quantile", [-0.1, 1.1, np.nan])
def test_error_quantile(quantile):
    with pytest.raises(ValueError, match=r"quantile=.* should be in \[0, 1\]"):
        coordinate_reach([1.0], [[1.0], [2.0]], [0, 0], quantile=quantile)


@pytest.mark.parametrize(
    ("x", "X", "labels", "message"),
    [
        ([1.0], [[1.0, 2.0]], [0], r"x.shape\[-1\]=1 should be 2"),
        ([1.0, np.inf], [[1.0, 2.0]], [0], r"x\[0, 1\]=inf should be finite"),
        ([1.0, 2.0], [[1.0, 2.0]], [0, 0], r"labels.shape\[-1\]=2 should be 1"),
        ([1.0, 2.0], [1.0, 2.0], [0, 0], "X.ndim=1 should be 2"),
        ([1.0, 2.0], np.empty((0, 2)), [], "X.*0"),
    ],
)
def test_error_shapes_and_values(x, X, labels, message):
    with pytest.raises(ValueError, match=message):
        coordinate_reach(x, X, labels)


def test_error_more_than_one_row():
    with pytest.raises(ValueError, match="x"):
        coordinate_reach([[1.0], [2.0]], [[1.0], [2.0], [4.0]], [0, 0, 0])


def test_a_valley_that_touches_the_threshold():
    """The depth has a double root there: neither a crossing nor slow to find."""
    own = [-10, -10.1, -9.9, -10.05, -9.95, -10.2, -9.8, -10.15, -9.85, 0]
    X = np.concatenate([own, np.negative(own)])[:, None]
    labels = np.repeat([0, 1], 10)
    for row, reached in ((9, 10.2), (0, 20.2)):
        delta, _ = coordinate_reach(X[row], X, labels, quantile=0)
        assert delta[0] == pytest.approx(reached)
