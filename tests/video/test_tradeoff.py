"""Tests of fairness with importance: every summary of small videos, and bad input."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rfcore.errors import InfeasibleError
from rfcore.metrics import sum_bal
from rfcore.video import FairSummary, knapsack, pareto_front, shot_scores

TAUS = (0.0, 0.3, 0.7, 0.95)


@st.composite
def scored_videos(draw):
    n, g = draw(st.integers(3, 9)), draw(st.integers(1, 3))
    presence = draw(arrays(bool, (n, g)))
    presence[draw(st.integers(0, n - 1)), draw(st.integers(0, g - 1))] = True
    scores = draw(arrays(np.float64, n, elements=st.integers(1, 6)))
    return scores, presence


def all_frames(scores, k):
    chosen = np.zeros((0, len(scores)), dtype=bool)
    for frames in combinations(range(len(scores)), k):
        own = np.zeros(len(scores), dtype=bool)
        own[list(frames)] = True
        chosen = np.vstack([chosen, own])
    return chosen, chosen @ scores


def all_shots(scores, shots, k):
    lengths, values = np.diff(shots, axis=1).ravel() + 1, shot_scores(scores, shots)
    taken = np.array(
        [[m >> i & 1 for i in range(len(shots))] for m in range(1, 2 ** len(shots))],
        dtype=bool,
    )
    taken = taken[taken @ lengths <= k]
    return np.repeat(taken, lengths, axis=1), taken @ values


def cut(n, data):
    inner = data.draw(st.sets(st.integers(1, n - 1), max_size=5))
    bounds = [0, *sorted(inner), n]
    return np.column_stack([bounds[:-1], np.array(bounds[1:]) - 1])


def undominated(importance, values):
    points = {
        (round(i, 9), round(v, 9)) for i, v in zip(importance, values, strict=True)
    }
    return sorted(
        p for p in points
        if not any(q[0] >= p[0] and q[1] >= p[1] and q != p for q in points)
    )  # fmt: skip


def check(scores, presence, summaries, importance, **options):
    values = sum_bal(summaries, presence)
    for tau in TAUS:
        allowed = values >= tau - 1e-9
        fair = FairSummary(min_sum_bal=tau, n_frames=options["n_frames"])
        change_points = options.get("change_points")
        if not allowed.any():
            with pytest.raises(InfeasibleError) as info:
                fair.fit(scores, presence, change_points=change_points)
            assert info.value.best_sum_bal == pytest.approx(values.max(), abs=2e-6)
            continue
        fair.fit(scores, presence, change_points=change_points)
        assert fair.importance_ == pytest.approx(importance[allowed].max(), abs=1e-9)
        assert fair.sum_bal_ >= tau - 1e-9
        assert fair.sum_bal_ == sum_bal(fair.selected_, presence)
    front = pareto_front(scores, presence, step=0.0, **options)
    found = sorted((point.importance, point.sum_bal) for point in front)
    np.testing.assert_allclose(found, undominated(importance, values), atol=1e-8)


@settings(max_examples=15)
@given(scored_videos(), st.data())
def test_frames_are_the_best_of_all(video, data):
    scores, presence = video
    k = data.draw(st.integers(1, len(scores)))
    check(scores, presence, *all_frames(scores, k), n_frames=k)


@settings(max_examples=15)
@given(scored_videos(), st.data())
def test_shots_are_the_best_of_all(video, data):
    scores, presence = video
    shots = cut(len(scores), data)
    shortest = int(np.diff(shots, axis=1).min()) + 1
    k = data.draw(st.integers(shortest, len(scores)))
    summaries, importance = all_shots(scores, shots, k)
    check(scores, presence, summaries, importance, n_frames=k, change_points=shots)


def test_without_a_bound_shots_are_the_knapsack():
    rng = np.random.default_rng(0)
    scores, presence = rng.random(300), rng.random((300, 2)) < 0.4
    bounds = np.append(np.arange(0, 300, 13), 300)
    shots = np.column_stack([bounds[:-1], bounds[1:] - 1])
    lengths = np.diff(bounds)
    for shot_value in ("mean", "sum"):
        values = shot_scores(scores, shots) * (lengths if shot_value == "sum" else 1)
        taken = knapsack(values, lengths, 45)
        fair = FairSummary(min_sum_bal=0.0, n_frames=45, shot_value=shot_value)
        fair.fit(scores, presence, change_points=shots)
        assert fair.importance_ == pytest.approx(values[taken].sum())
        np.testing.assert_array_equal(fair.selected_, np.repeat(taken, lengths))


def test_scores_that_all_differ_are_still_whole_frames():
    rng = np.random.default_rng(1)
    scores, presence = rng.random(2000), rng.random((2000, 4)) < [0.6, 0.3, 0.1, 0.02]
    fair = FairSummary(min_sum_bal=0.95).fit(scores, presence)
    assert (fair.n_selected_, fair.selected_.sum()) == (300, 300)
    assert fair.sum_bal_ >= 0.95
    assert scores[fair.selected_].sum() == pytest.approx(fair.importance_)


def test_steps_of_the_front():
    rng = np.random.default_rng(2)
    scores, presence = rng.random(200), rng.random((200, 2)) < [0.6, 0.3]
    front = pareto_front(scores, presence, step=0.1)
    values = np.array([point.sum_bal for point in front])
    assert (np.diff(values) >= 0.1 - 1e-9).all()
    assert (np.diff([point.importance for point in front]) < 0).all()
    assert all(point.violating in ("0", "1") for point in front)


def test_infeasible_tau_by_hand():
    presence = [[1, 0], [1, 0], [1, 0], [0, 1]]
    with pytest.raises(InfeasibleError, match=r"the best SumBal is 0\.5$") as info:
        FairSummary(min_sum_bal=0.9, n_frames=2).fit(np.ones(4), presence)
    assert "min_sum_bal=0.9 is not possible with 2 frames" in str(info.value)
    assert info.value.best_sum_bal == pytest.approx(0.5)
    with pytest.raises(InfeasibleError, match="with shots of at most 2 frames"):
        FairSummary(min_sum_bal=0.9, n_frames=2).fit(
            np.ones(4), presence, change_points=[[0, 1], [2, 3]]
        )


GOOD = (np.ones(4), np.eye(4)[:, :2])


@pytest.mark.parametrize(
    ("options", "scores", "more", "message"),
    [
        ({"min_sum_bal": 1.1}, GOOD[0], {}, r"min_sum_bal=1\.1 should be in \[0, 1\]"),
        ({"n_frames": 0}, GOOD[0], {}, r"n_frames=0 should be in \[1, 4\]"),
        ({"n_frames": 5}, GOOD[0], {}, r"n_frames=5 should be in \[1, 4\]"),
        ({"n_frames": 2}, np.ones(3), {}, "scores has 3 frames, presence has 4"),
        ({"n_frames": 2}, np.ones((4, 1)), {}, r"scores\.ndim=2 should be 1"),
        ({"n_frames": 2}, [1, 1, np.nan, 1], {}, "scores holds 1 missing"),
        ({"n_frames": 2, "shot_value": "max"}, GOOD[0], {}, "shot_value='max' should"),
        ({"n_frames": 2}, GOOD[0], {"change_points": [[0, 1], [1, 3]]}, "overlap"),
        ({"n_frames": 2}, GOOD[0], {"change_points": [[0, 0], [2, 3]]}, "leave a gap"),
        ({"n_frames": 1}, GOOD[0], {"change_points": [[0, 1], [2, 3]]},
         "no shot fits into 1 frames: the shortest has 2"),
    ],
)  # fmt: skip
def test_errors(options, scores, more, message):
    with pytest.raises(ValueError, match=message):
        FairSummary(**options).fit(scores, GOOD[1], **more)


def test_error_of_a_step():
    with pytest.raises(ValueError, match="step=-1 should be a number >= 0"):
        pareto_front(*GOOD, n_frames=2, step=-1)
