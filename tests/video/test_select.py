"""Scores to summaries: the published flavors step by step, and what they refuse."""

import numpy as np
import oracles_video
import pytest

from rfcore.video import knapsack, select_shots, shot_scores


def video(seed=0, n_shots=12, step=15):
    """Scores, shots, picks and frames of a video whose last pick is a short one."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(10, 60, n_shots)
    ends = np.cumsum(lengths)
    shots = np.column_stack([ends - lengths, ends - 1])
    picks = np.arange(0, ends[-1], step)
    return rng.random(len(picks)), shots, picks, int(ends[-1])


def published(scores, shots, picks, n_frames, flavor, budget=0.15):
    """The published steps, written out one by one."""
    frames = np.zeros(n_frames, dtype=np.float32)
    for i, first in enumerate(picks):
        frames[first : picks[i + 1] if i + 1 < len(picks) else n_frames] = scores[i]
    values = [float(frames[a : b + 1].mean()) for a, b in shots]
    lengths = [int(b - a + 1) for a, b in shots]
    end = int(shots[-1][1]) + 1
    if flavor in ("vasnet", "dsnet"):
        values = [int(1000 * value) for value in values]
    capacity = int((end if flavor == "apostolidis" else n_frames) * budget)
    dtype = np.float32 if flavor == "zhou" else np.float64
    taken = oracles_video.knapsack_by_table(values, lengths, capacity, dtype)
    summary = np.zeros(n_frames if flavor == "dsnet" else end, dtype=bool)
    for (a, b), kept in zip(shots, taken, strict=True):
        summary[a : b + 1] = kept
    return summary


@pytest.mark.parametrize("flavor", ["apostolidis", "zhou", "vasnet", "dsnet"])
@pytest.mark.parametrize("beyond", [0, 1, 40])
@pytest.mark.parametrize("seed", range(3))
def test_flavors_follow_the_published_steps(flavor, beyond, seed):
    """Frames beyond the last shot count in some budgets and not in others."""
    scores, shots, picks, end = video(seed)
    n_frames = end + beyond
    expected = published(scores, shots, picks, n_frames, flavor)
    found = select_shots(scores, shots, picks, n_frames, flavor=flavor)
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == bool


def test_flavors_differ():
    """Budgets of 15 and 16 frames; thousandths that hide a difference."""
    shots = [[0, 14], [15, 30], [31, 104]]
    scores = np.repeat([0.5, 0.5004, 0.1], [15, 16, 74])
    found = {
        flavor: select_shots(scores, shots, range(105), 108, flavor=flavor, budget=0.15)
        for flavor in ("apostolidis", "zhou", "vasnet", "dsnet")
    }
    assert {flavor: int(np.argmax(summary)) for flavor, summary in found.items()} == {
        "apostolidis": 0,
        "zhou": 15,
        "vasnet": 0,
        "dsnet": 0,
    }
    assert {flavor: len(summary) for flavor, summary in found.items()} == {
        "apostolidis": 105,
        "zhou": 105,
        "vasnet": 105,
        "dsnet": 108,
    }


def test_scores_of_all_frames_need_no_picks():
    scores, shots, picks, n_frames = video()
    frames = np.repeat(scores, np.diff(picks, append=n_frames))
    np.testing.assert_array_equal(
        select_shots(frames, shots, None, n_frames),
        select_shots(scores, shots, picks, n_frames),
    )


def test_frames_before_the_first_pick_score_nothing():
    found = select_shots([1.0, 0.5], [[0, 1], [2, 3]], [2, 3], 4, budget=0.5)
    assert found.tolist() == [False, False, True, True]


def test_budget():
    scores, shots, picks, n_frames = video()
    for budget in (0.1, 0.3, 0.7):
        summary = select_shots(scores, shots, picks, n_frames, budget=budget)
        assert 0 < summary.sum() <= budget * n_frames
    assert select_shots(scores, shots, picks, n_frames, budget=1.0).all()


def test_formula_of_shot_scores():
    scores = np.random.default_rng(0).random(10).astype(np.float32)
    found = shot_scores(scores, [[0, 3], [4, 4], [5, 9]])
    expected = [scores[:4].mean(), scores[4], scores[5:].mean()]
    np.testing.assert_array_equal(found, np.array(expected, dtype=np.float64))
    assert shot_scores([1, 2], [[0, 1]]).tolist() == [1.5]


@pytest.mark.parametrize(
    ("shots", "message"),
    [
        (
            [[0, 4], [4, 9]],
            "shots 0 and 1 overlap: one ends at frame 4, the next",
        ),
        ([[0, 4], [6, 9]], "shots 0 and 1 leave a gap: one ends at frame 4, the next"),
        ([[1, 9]], "the first shot starts at frame 1, should at 0"),
        ([[0, 4], [5, 10]], "the last shot ends at 10, should be < n_frames=10"),
        ([[0, 4], [5, 4]], "shot 1 ends at 4, before its first 5"),
        ([0, 9], "change_points.ndim=1 should be 2"),
        ([[0, 4, 5]], r"change_points.shape=\(1, 3\) should be"),
        (np.zeros((0, 2)), r"change_points.shape=\(0, 2\) should be"),
        ([[0, 4.5]], "change_points should hold integers"),
        ([["a", "b"]], "change_points should hold integers"),
    ],
)
def test_errors_of_shots(shots, message):
    with pytest.raises(ValueError, match=message):
        select_shots(np.ones(10), shots, None, 10)
    with pytest.raises(ValueError, match=message):
        shot_scores(np.ones(10), shots)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"scores": np.ones(9)}, ValueError, "scores has 9 values for 10 frames"),
        ({"scores": np.ones((2, 5))}, ValueError, "scores.ndim=2 should be 1"),
        ({"scores": [np.nan] * 10}, ValueError, "should be finite"),
        ({"scores": []}, ValueError, "scores has 0 values, should have >= 1"),
        ({"picks": np.arange(9)}, ValueError, "scores has 10 values for 9 picks"),
        ({"picks": np.arange(1, 11)}, ValueError, "picks should rise within the 10"),
        ({"picks": np.arange(-1, 9)}, ValueError, "picks should rise within the 10"),
        ({"picks": np.zeros(10)}, ValueError, "picks should rise within the 10"),
        ({"picks": np.arange(10) / 3}, ValueError, "picks should hold integers"),
        ({"n_frames": 10.0}, TypeError, "n_frames=10.0 should be an integer"),
        ({"flavor": "x"}, ValueError, "flavor='x' should be one of 'apostolidis'"),
        ({"budget": 0.0}, ValueError, r"budget=0.0 should be in \(0, 1\]"),
        ({"budget": 1.5}, ValueError, r"budget=1.5 should be in \(0, 1\]"),
        ({"budget": 0.4}, ValueError, "no shot of positive score fits into 4 frames"),
        ({"scores": np.zeros(10)}, ValueError, "the summary would be empty"),
    ],
)
def test_errors_of_selection(changes, error, message):
    given = {
        "scores": np.ones(10),
        "change_points": [[0, 4], [5, 9]],
        "picks": None,
        "n_frames": 10,
    } | changes
    with pytest.raises(error, match=message):
        select_shots(**{"budget": 0.5} | given)


def test_knapsack():
    rng = np.random.default_rng(0)
    values, weights = rng.random(12), rng.integers(1, 20, 12)
    for table in ("float64", "float32"):
        taken = knapsack(values, weights, 40, table=table)
        expected = oracles_video.knapsack_by_table(values, weights, 40, table)
        np.testing.assert_array_equal(taken, expected)
        assert taken.dtype == bool
    assert knapsack([], np.zeros(0, int), 3).shape == (0,)
    assert knapsack([1.0, 2.0], [5, 6], 4).tolist() == [False, False]


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        (([1.0], [1], 2.5), {}, TypeError, "capacity=2.5 should be an integer"),
        (
            ([1.0], [1], -1),
            {},
            ValueError,
            r"capacity=-1 should be in \[0, 2\*",
        ),
        (([1.0], [-1], 1), {}, ValueError, "weight=-1 should be >= 0"),
        (([1.0], [0.5], 1), {}, ValueError, "weights should hold integers"),
        (([1.0], [1, 2], 1), {}, ValueError, r"weights.shape\[0\]=2 should be 1"),
        (([np.inf], [1], 1), {}, ValueError, "should be finite"),
        (([[1.0]], [1], 1), {}, ValueError, "values.ndim=2 should be 1"),
        (([1.0], [[1]], 1), {}, ValueError, "weights.ndim=2 should be 1"),
        (([1.0], [1], 1), {"table": "int"}, ValueError, "table='int' should be"),
    ],
)
def test_errors_of_knapsack(arguments, options, error, message):
    with pytest.raises(error, match=message):
        knapsack(*arguments, **options)


def test_values_are_only_summed():
    taken = knapsack([1e300, 3e300, -5e300], [1, 1, 1], 1)
    assert taken.tolist() == [False, True, False]
    with pytest.raises(ValueError, match="the sum of the sizes of values should"):
        knapsack([1e308, 1e308], [1, 1], 2)
    with pytest.raises(ValueError, match="should be finite in float32"):
        knapsack([1e38, 3e38], [1, 1], 2, table="float32")


def test_a_capacity_has_a_range():
    assert knapsack([1.0, 2.0], [5, 7], 2**63 - 1).all()
    for capacity in (2**63, 2**80, -1):
        with pytest.raises(ValueError, match=rf"capacity={capacity} should be in"):
            knapsack([1.0], [1], capacity)


def test_weights_of_true_and_false():
    taken = knapsack([1.0, 2.0, 3.0], [True, True, False], 1)
    assert taken.tolist() == [False, True, True]
