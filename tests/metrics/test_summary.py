"""SumBal and the F measure of summaries: formulas, ranges, the thesis's example."""

import numpy as np
import oracles_video
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rfcore.errors import DeviceError
from rfcore.metrics import sum_bal, summary_f1


@st.composite
def videos(draw, n_summaries=1, n_groups=3):
    n = draw(st.integers(1, 20))
    flags = st.lists(st.booleans(), min_size=n, max_size=n)
    presence = np.array([draw(flags) for _ in range(n_groups)]).T
    selected = np.array([draw(flags) for _ in range(n_summaries)])
    assume(presence.any() and selected.any(axis=1).all())
    return selected, presence


@given(videos())
def test_formula_of_sum_bal(video):
    (selected,), presence = video
    expected = oracles_video.sum_bal(selected, presence)
    assert sum_bal(selected, presence, return_group=True) == expected
    assert 0.0 <= expected[0] <= 1.0


@given(videos(n_summaries=3), st.randoms(use_true_random=False))
def test_sum_bal_of_batches_and_of_frames_in_any_order(video, random):
    selected, presence = video
    expected = [sum_bal(one, presence) for one in selected]
    assert sum_bal(selected, presence).tolist() == expected
    packed = np.packbits(selected, axis=1)
    assert sum_bal(packed, presence, packed=True).tolist() == expected
    order = random.sample(range(len(presence)), len(presence))
    again = sum_bal(selected[:, order], presence[order])
    assert again.tolist() == expected


def test_the_example_of_the_thesis():
    """A in 20% of the frames and B in 50%; in the summary 40% and 30%."""
    presence = np.zeros((100, 2))
    presence[:20, 0] = presence[20:70, 1] = 1
    selected = np.zeros(100, dtype=bool)
    selected[[*range(4), *range(20, 23), *range(70, 73)]] = True
    assert sum_bal(selected, presence, return_group=True) == (0.5, 0)
    assert sum_bal(selected, presence[:, [1]]) == pytest.approx(0.6)


def test_the_whole_video_is_fair():
    presence = np.random.default_rng(0).random((50, 4)) < 0.4
    assert sum_bal(np.ones(50), presence) == 1.0


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int8, np.int64, float, list])
def test_kinds_of_flags(dtype):
    selected, presence = [1, 0, 1, 0], [[1, 0], [0, 1], [1, 1], [0, 1]]
    if dtype is not list:
        selected, presence = np.array(selected, dtype), np.array(presence, dtype)
    assert sum_bal(selected, presence, return_group=True) == (0.5, 0)


def test_frames_that_are_not_in_order_in_memory():
    rng = np.random.default_rng(0)
    selected, presence = rng.random((9, 40)) < 0.5, rng.random((3, 40)) < 0.5
    expected = sum_bal(selected.copy(), presence.T.copy())
    found = sum_bal(np.asfortranarray(selected), presence.T)
    np.testing.assert_array_equal(found, expected)


def test_inputs_stay_as_they_are():
    selected, presence = np.ones(4, dtype=bool), np.eye(4, dtype=np.uint8)
    sum_bal(selected, presence)
    assert selected.all() and (presence == np.eye(4)).all()


@pytest.mark.parametrize(
    ("selected", "presence", "options", "message"),
    [
        ([1, 0], [[1], [0], [1]], {}, r"selected.shape\[-1\]=2 should be 3, the fra"),
        (
            np.zeros(2, np.uint8),
            [[1], [0]],
            {"packed": True},
            r"selected.shape\[-1\]=2 should be 1, bytes of the packed frames",
        ),
        ([1, 0], [[1], [0]], {"packed": True}, "dtype=int64 should be uint8"),
        ([1, 2], [[1], [0]], {}, "selected should hold 0 and 1"),
        ([1, np.nan], [[1], [0]], {}, "selected holds 1 missing value"),
        (np.array([1, 3], np.uint8), [[1], [0]], {}, "selected should hold 0 and 1"),
        (["a", "b"], [[1], [0]], {}, "selected should hold 0 and 1"),
        ([1, 0], [[1], [-1]], {}, "presence should hold 0 and 1"),
        ([1, 0], [1, 0], {}, "presence.ndim=1 should be 2"),
        ([[[1, 0]]], [[1], [0]], {}, "selected.ndim=3 should be 1 or 2"),
        ([0, 0], [[1], [0]], {}, r"selected\[0\] should hold at least one frame"),
        ([1, 0], [[0], [0]], {}, "presence should show at least one group"),
        ([], np.zeros((0, 2)), {}, r"presence.shape=\(0, 2\) should have frames"),
        ([1], np.zeros((1, 0)), {}, r"presence.shape=\(1, 0\) should have frames"),
    ],
)
def test_errors_of_sum_bal(selected, presence, options, message):
    with pytest.raises(ValueError, match=message):
        sum_bal(selected, presence, **options)


def test_error_arrays_in_two_places():
    class OnDevice(np.ndarray):
        __cuda_array_interface__ = None

    selected = np.ones(2, dtype=np.uint8).view(OnDevice)
    with pytest.raises(DeviceError, match="should live in one place"):
        sum_bal(selected, [[1], [0]])


@given(videos(n_summaries=4), st.sampled_from([0.5, 1.0, 2.0]))
def test_formula_of_the_f_measure(video, beta):
    (summary, *users), _ = video
    expected = [oracles_video.f_measure(summary, user, beta) for user in users]
    found = summary_f1(summary, users, aggregate=None, beta=beta)
    np.testing.assert_allclose(found, expected, rtol=1e-14)
    mean = summary_f1(summary, users, beta=beta)
    assert mean == pytest.approx(np.mean(expected), rel=1e-12)
    assert summary_f1(summary, users, aggregate="max", beta=beta) == found.max()


def test_large_beta_is_recall_and_small_beta_precision():
    summary, user = [1, 1, 1, 1, 0], [[1, 0, 0, 0, 1]]
    assert summary_f1(summary, user, beta=1e6) == pytest.approx(0.5)
    assert summary_f1(summary, user, beta=1e-6) == pytest.approx(0.25)


def test_f_measures_of_several_summaries():
    users = [[1, 1, 0, 0], [0, 0, 0, 1]]
    found = summary_f1(users, users, aggregate=None)
    np.testing.assert_array_equal(found, np.eye(2))
    assert summary_f1(users, users).tolist() == [0.5, 0.5]


@pytest.mark.parametrize("missing", [1, 3])
def test_lengths_that_differ_are_padded(missing):
    """One published video has a frame more than its summaries."""
    rng = np.random.default_rng(missing)
    summary, users = rng.random(20) < 0.5, rng.random((3, 20)) < 0.5
    expected = summary_f1(np.pad(summary[:-missing], (0, missing)), users)
    assert summary_f1(summary[:-missing], users) == expected
    padded = np.pad(users[:, :-missing], ((0, 0), (0, missing)))
    expected = summary_f1(summary, padded)
    assert summary_f1(summary, users[:, :-missing]) == expected


def test_a_user_who_selects_nothing_gives_zero():
    assert summary_f1([1, 0], [[0, 0], [1, 0]], aggregate=None).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("summary", "users", "options", "message"),
    [
        ([0, 0], [[1, 0]], {}, "summary 0 should hold at least one frame"),
        ([[1, 0], [0, 0]], [[1, 0]], {}, "summary 1 should hold at least one frame"),
        ([1, 0], np.zeros((0, 2)), {}, "user_summaries has 0 users"),
        ([1, 0], [1, 0], {}, "user_summaries.ndim=1 should be 2"),
        ([1, 0], [[1, 2]], {}, "user_summaries should hold 0 and 1"),
        ([1, 0], [[1, 0]], {"beta": 0.0}, "beta=0.0 should be a positive number"),
        ([1, 0], [[1, 0]], {"beta": np.inf}, "beta=inf should be a positive number"),
        ([1, 0], [[1, 0]], {"aggregate": "median"}, "aggregate='median' should be"),
    ],
)
def test_errors_of_the_f_measure(summary, users, options, message):
    with pytest.raises(ValueError, match=message):
        summary_f1(summary, users, **options)
