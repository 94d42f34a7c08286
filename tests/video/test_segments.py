"""Kernel temporal segmentation: the penalty, planted shots, and what it refuses."""

import itertools

import numpy as np
import oracles_video
import pytest

from rfcore.video import kernel_temporal_segmentation


def planted(lengths, *, noise=0.1, m=8, seed=0):
    """Features of shots that differ, and the shots."""
    rng = np.random.default_rng(seed)
    means = rng.normal(size=(len(lengths), m)) * 3
    X = np.repeat(means, lengths, axis=0)
    ends = np.cumsum(lengths)
    shots = np.column_stack([ends - lengths, ends - 1])
    return X + noise * rng.normal(size=X.shape), shots


def inner_boundaries(shots):
    return tuple(shots[1:, 0].tolist())


@pytest.mark.parametrize("kernel", ["linear", "precomputed"])
@pytest.mark.parametrize("lengths", [(30, 5, 70, 20), (1, 1, 1), (130,)])
def test_finds_planted_shots(kernel, lengths):
    X, shots = planted(lengths)
    given = X @ X.T if kernel == "precomputed" else X
    k = len(lengths) - 1
    found = kernel_temporal_segmentation(given, kernel=kernel, n_change_points=k)
    np.testing.assert_array_equal(found, shots)


@pytest.mark.parametrize("penalty", [0.0, 0.02, 0.3, 5.0])
@pytest.mark.parametrize("most", [None, 3])
@pytest.mark.parametrize("seed", range(3))
def test_the_penalized_cost_is_the_least(penalty, most, seed):
    """I_k / n + v k / (2 n) (log(n / k) + 1) over all segmentations of few frames."""
    X, _ = planted((3, 2, 4), noise=0.5, seed=seed)
    n = len(X)

    def cost(cut):
        k, scatter = len(cut), oracles_video.segmentation_cost(X @ X.T, cut)
        price = penalty * k / (2 * n) * (np.log(n / k) + 1) if k else 0.0
        return scatter / n + price

    counts = range(n if most is None else most + 1)
    cuts = itertools.chain(*(oracles_video.segmentations(n, k) for k in counts))
    found = inner_boundaries(
        kernel_temporal_segmentation(X, penalty=penalty, max_change_points=most)
    )
    assert cost(found) == pytest.approx(min(map(cost, cuts)), abs=1e-12)
    assert len(found) in counts


@pytest.mark.parametrize("offset", [0.0, 1e6])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_scales_and_offsets(scale, offset):
    X, shots = planted((30, 5, 70, 20))
    found = kernel_temporal_segmentation(scale * (X + offset), n_change_points=3)
    np.testing.assert_array_equal(found, shots)


def test_frames_beyond_a_block_and_few_change_points():
    X, shots = planted((300, 150, 250))
    found = kernel_temporal_segmentation(X, max_change_points=5, penalty=100.0)
    np.testing.assert_array_equal(found, shots)


def test_degenerate_videos():
    assert kernel_temporal_segmentation([[1.0, 2.0]]).tolist() == [[0, 0]]
    same = np.ones((6, 2))
    assert kernel_temporal_segmentation(same).tolist() == [[0, 5]]
    found = kernel_temporal_segmentation(same, n_change_points=2)
    assert found.tolist() == [[0, 0], [1, 1], [2, 5]]
    each = kernel_temporal_segmentation(np.eye(4), n_change_points=3)
    assert each.tolist() == [[0, 0], [1, 1], [2, 2], [3, 3]]


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"X": np.ones(3)}, ValueError, "X.ndim=1 should be 2"),
        ({"X": np.ones((0, 3))}, ValueError, "X has 0 rows, should have >= 1"),
        ({"X": [[np.nan]]}, ValueError, "should be finite"),
        ({"kernel": "rbf"}, ValueError, "kernel='rbf' should be 'linear' or"),
        ({"kernel": "precomputed"}, ValueError, r"X.shape=\(4, 2\) should be \(n, n\)"),
        ({"penalty": -1.0}, ValueError, "penalty=-1.0 should be a number >= 0"),
        ({"penalty": np.nan}, ValueError, "penalty=nan should be a number >= 0"),
        ({"max_change_points": 4}, ValueError, "max_change_points=4 should be <= 3"),
        ({"n_change_points": 4}, ValueError, "n_change_points=4 should be <= 3"),
        ({"n_change_points": -1}, ValueError, "n_change_points=-1 should be >= "),
        ({"n_change_points": 1.5}, TypeError, "n_change_points=1.5 should be an int"),
    ],
)
def test_errors(changes, error, message):
    given = {"X": np.ones((4, 2))} | changes
    with pytest.raises(error, match=message):
        kernel_temporal_segmentation(**given)


def test_error_kernel_matrix_is_not_symmetric():
    with pytest.raises(ValueError, match="X should be symmetric"):
        kernel_temporal_segmentation([[1.0, 2.0], [0.0, 1.0]], kernel="precomputed")
