"""Tests of the LP and of the fairest summaries: against brute force and the thesis."""

import subprocess
import sys
import textwrap
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rfcore.datasets import load
from rfcore.errors import ConvergenceError
from rfcore.metrics import sum_bal
from rfcore.video import FairSummaryLP, FairSummaryMILP
from rfcore.video.fairest import CountBounds
from rfcore.video.lp import evenly, spread
from rfcore.video.presence import Presence

PRESENCE = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [1, 1], [0, 0]])


@st.composite
def small_videos(draw):
    n, g = draw(st.integers(2, 9)), draw(st.integers(1, 3))
    presence = draw(arrays(bool, (n, g)))
    presence[draw(st.integers(0, n - 1)), draw(st.integers(0, g - 1))] = True
    return presence, draw(st.integers(1, n))


def all_summaries(n, k):
    chosen = [list(c) for c in combinations(range(n), k)]
    summaries = np.zeros((len(chosen), n), dtype=bool)
    for summary, frames in zip(summaries, chosen, strict=True):
        summary[frames] = True
    return summaries


@given(small_videos())
def test_milp_is_the_best_of_all_summaries(video):
    presence, k = video
    best = FairSummaryMILP(n_frames=k).fit(presence)
    assert best.selected_.sum() == best.n_selected_ == k
    assert best.sum_bal_ == sum_bal(best.selected_, presence)
    values = sum_bal(all_summaries(len(presence), k), presence)
    assert best.sum_bal_ == pytest.approx(values.max(), abs=1e-12)


@given(small_videos(), st.integers(1, 2))
def test_attributes_count_jointly(video, g):
    presence, k = video
    parts = {"a": presence[:, :g], "b": presence[:, g:], "c": presence[:, :1]}
    parts = {name: part for name, part in parts.items() if part.shape[1]}
    joint = FairSummaryMILP(n_frames=k).fit(parts)
    assert joint.sum_bal_ == FairSummaryMILP(n_frames=k).fit(presence).sum_bal_
    assert joint.violating_.partition(":")[0] in parts


def test_milp_by_hand():
    # Group 0 in half of the frames, group 1 in a third: of 4 frames 2 and 4 / 3.
    presence = [[1, 0]] * 3 + [[0, 1]] * 2 + [[0, 0]]
    best = FairSummaryMILP(n_frames=4).fit(presence, groups=["A", "B"])
    assert best.sum_bal_ == pytest.approx((1 / 4) / (1 / 3))
    assert (best.violating_, best.n_patterns_) == ("B", 3)
    assert best.selected_[:3].sum() == 2 and best.selected_[3:5].sum() == 1


def test_milp_is_proved_where_no_summary_shows_everybody():
    best = FairSummaryMILP(n_frames=1).fit([[1, 0], [0, 1]])
    assert best.sum_bal_ == 0.0


def test_milp_stops_at_its_time_limit():
    rng = np.random.default_rng(0)
    presence = rng.random((3000, 14)) < rng.uniform(0.002, 0.6, 14)
    with pytest.raises(ConvergenceError, match="ended without an optimum"):
        FairSummaryMILP(n_frames=37, time_limit_s=0.0).fit(presence)


def test_lp_by_hand():
    fair = FairSummaryLP(n_frames=4).fit(PRESENCE[:4], groups=["A", "B"])
    assert fair.selected_.tolist() == [True] * 4
    assert (fair.n_selected_, fair.sum_bal_, fair.violating_) == (4, 1.0, "A")
    # x = 1 / 2 everywhere is the only answer, and a half rounds to 0.
    empty = FairSummaryLP(n_frames=1).fit([[1, 0], [0, 1]])
    assert (empty.n_selected_, empty.sum_bal_) == (0, 0.0)


@pytest.mark.parametrize("estimator", [FairSummaryLP, FairSummaryMILP])
@pytest.mark.parametrize(
    ("options", "presence", "message"),
    [
        ({"n_frames": 0}, PRESENCE, r"n_frames=0 should be in \[1, 6\]"),
        ({"n_frames": 7}, PRESENCE, r"n_frames=7 should be in \[1, 6\], the frames"),
        ({"share": 0.1}, PRESENCE, r"share=0\.1 of 6 frames is less than one frame"),
        ({"share": 1.5}, PRESENCE, r"share=1\.5 should be in \(0, 1\]"),
        ({}, [0, 1], r"presence\.ndim=1 should be 2"),
        ({}, np.zeros((0, 2)), r"presence has 0 frames"),
        ({}, [[0.5]], r"presence should hold 0 and 1"),
        ({}, [[0, 0]], r"presence shows no group in any frame"),
        ({}, {}, r"presence should have at least one attribute"),
        ({}, {"a": [[1]], "b": [[1], [1]]}, r"have \[1, 2\] frames, should have equal"),
        ({}, {"a": [[2]]}, r"presence\['a'\] should hold 0 and 1"),
    ],
)
def test_errors(estimator, options, presence, message):
    with pytest.raises(ValueError, match=message):
        estimator(**options).fit(presence)


def test_error_of_a_size_that_is_no_integer():
    with pytest.raises(TypeError, match=r"n_frames=2\.0 should be an integer"):
        FairSummaryMILP(n_frames=2.0).fit(PRESENCE)


def test_error_of_names():
    with pytest.raises(ValueError, match="groups has 1 names for 2 groups"):
        FairSummaryMILP(n_frames=2).fit(PRESENCE, groups=["A"])


def test_a_group_that_is_never_seen_does_not_count():
    wide = np.column_stack([np.zeros(6, int), PRESENCE])
    best = FairSummaryMILP(n_frames=2).fit(wide, groups=["never", "A", "B"])
    assert best.sum_bal_ == FairSummaryMILP(n_frames=2).fit(PRESENCE).sum_bal_ == 1.0
    assert Presence.of(wide, ["never", "A", "B"]).names == ("A", "B")


def test_patterns_by_hand():
    members, counts, of_frame, first = Presence.of(PRESENCE).patterns()
    assert {tuple(m): c for m, c in zip(members.tolist(), counts, strict=True)} == {
        (0, 0): 1,
        (0, 1): 2,
        (1, 0): 2,
        (1, 1): 1,
    }
    np.testing.assert_array_equal(members[of_frame], PRESENCE)
    np.testing.assert_array_equal(members, PRESENCE[first])
    assert len(Presence.of(PRESENCE).patterns(also=[0, 1, 0, 0, 0, 0])[1]) == 5


def test_many_groups_make_patterns_too():
    rng = np.random.default_rng(0)
    presence = rng.random((400, 70)) < 0.5
    presence[200:] = presence[:200]
    members, counts, of_frame, _ = Presence.of(presence).patterns()
    np.testing.assert_array_equal(members[of_frame], presence)
    assert counts.tolist() == [2] * 200


def test_intervals_hold_exactly_the_counts_of_a_value():
    bounds = CountBounds([7, 3, 20], n=20, k=6)
    s = np.arange(0, 7)
    for t in (0.0, *bounds.values()):
        low, high = bounds.interval(t)
        for g in range(3):
            ratio = [bounds.ratio(np.full(3, own))[g] for own in s]
            inside = (s >= low[g]) & (s <= high[g])
            expected = (np.array(ratio) >= t - 1e-12) & (s <= bounds.most[g])
            np.testing.assert_array_equal(inside, expected)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.data())
def test_spread_and_evenly(counts, data):
    counts = np.array(counts)
    k = data.draw(st.integers(0, int(counts.sum())))
    taken = spread(counts, k)
    assert taken.sum() == k
    assert (abs(taken - counts * k / counts.sum()) < 1).all()
    of_frame = np.random.default_rng(0).permutation(np.repeat(np.arange(len(counts)),
                                                              counts))  # fmt: skip
    selected = evenly(of_frame, counts, taken)
    found = np.bincount(of_frame[selected], minlength=len(counts))
    np.testing.assert_array_equal(found, taken)


@pytest.mark.data
@pytest.mark.paper
@pytest.mark.parametrize(
    ("attribute", "model", "average"),
    [
        ("sex", "fvs-lp_sex", 0.9987),
        ("ethnicity", "fvs-lp_eth", 0.9980),
        ("individual", "fvs-lp_ind", 0.9932),
    ],
)
def test_lp_of_the_thesis(attribute, model, average):
    data = load("fairvidsum", download=False)
    values = {}
    for split, tested in enumerate(data.extras["test_videos"]):
        for name in tested:
            presence = data.extras["videos"][name].presence[attribute]
            fair = FairSummaryLP().fit(presence)
            k, g = int(0.15 * len(presence)), presence.shape[1]
            assert k - g - 1 <= fair.n_selected_ <= k + 1
            exact = FairSummaryMILP(n_frames=fair.n_selected_).fit(presence)
            assert exact.sum_bal_ >= fair.sum_bal_ - 1e-12
            values.setdefault(split, []).append(fair.sum_bal_)
    assert np.mean(list(values.values())) == pytest.approx(average, abs=5e-4)


def test_other_users_of_highs_in_the_process_do_not_matter():
    """HiGHS refuses another number of threads than the first that it was given."""
    program = """
        import highspy
        import numpy as np
        highs = highspy.Highs()
        highs.setOptionValue("output_flag", False)
        highs.setOptionValue("threads", 2)
        highs.addVar(0.0, 1.0)
        highs.addRow(0.0, 1.0, 1, np.array([0], np.int32), np.array([1.0]))
        highs.changeColIntegrality(0, highspy.HighsVarType.kInteger)
        highs.run()
        from rfcore.video import FairSummary
        fair = FairSummary(min_sum_bal=0.5, n_frames=2)
        fair.fit([3.0, 2.0, 1.0], [[1, 0], [1, 0], [0, 1]])
        print(fair.selected_.sum())
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True
    )
    assert done.stdout.split()[-1:] == ["2"], done.stderr
