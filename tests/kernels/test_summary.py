"""Counts of frames by group and SumBal against their definitions."""

import numpy as np
import oracles_video
import pytest
from threadpoolctl import threadpool_limits

from rfcore import _core


def count_groups(selected, presence, packed=False):
    b, g = len(selected), presence.shape[1]
    counts, sizes = np.full((b, g), -7), np.full(b, -7)
    _core.count_groups(selected, presence, packed, counts, sizes)
    return counts, sizes


def sum_bal(selected, presence, packed=False):
    values, violating = np.full(len(selected), np.nan), np.full(len(selected), -7, "i4")
    _core.sum_bal(selected, presence, packed, values, violating)
    return values, violating


def flags(*rows):
    return np.array(rows, dtype=np.uint8)


def video(n, g, b, *, seed=0, share=0.3):
    """Presence and summaries of at least one frame; every group appears."""
    rng = np.random.default_rng(seed)
    presence = (rng.random((n, g)) < share).astype(np.uint8)
    presence[rng.integers(n, size=g), np.arange(g)] = 1
    selected = (rng.random((b, n)) < share).astype(np.uint8)
    selected[np.arange(b), rng.integers(n, size=b)] = 1
    return selected, presence


def test_by_hand():
    """Shares of A and B: 0.2 and 0.5 in the video, 0.4 and 0.3 in the summary."""
    presence = np.zeros((100, 2), dtype=np.uint8)
    presence[:20, 0] = presence[20:70, 1] = 1
    selected = np.zeros((1, 100), dtype=np.uint8)
    selected[0, [*range(4), *range(20, 23), *range(70, 73)]] = 1
    values, violating = sum_bal(selected, presence)
    assert values.tolist() == [0.5]
    assert violating.tolist() == [0]


@pytest.mark.parametrize("n", [1, 7, 8, 9, 63, 64, 65, 511, 512, 513, 2100])
@pytest.mark.parametrize("g", [1, 2, 7, 8, 9])
def test_equals_the_definitions(n, g):
    selected, presence = video(n, g, 3)
    counts, sizes = count_groups(selected, presence)
    np.testing.assert_array_equal(counts, selected.astype(int) @ presence)
    np.testing.assert_array_equal(sizes, selected.sum(axis=1))
    expected = [oracles_video.sum_bal(row, presence) for row in selected]
    found = zip(*sum_bal(selected, presence), strict=True)
    assert list(found) == expected


@pytest.mark.parametrize("share", [0.0, 0.02, 0.98, 1.0])
def test_counts_beyond_what_a_byte_holds(share):
    selected, presence = video(40_000, 3, 2, share=share)
    counts, sizes = count_groups(selected, presence)
    np.testing.assert_array_equal(counts, selected.astype(int) @ presence)
    np.testing.assert_array_equal(sizes, selected.sum(axis=1))


@pytest.mark.parametrize("n", [1, 5, 8, 13, 64, 77, 600])
def test_packed_frames_are_the_same_frames(n):
    selected, presence = video(n, 4, 5)
    packed = np.packbits(selected, axis=1)
    for own, other in zip(
        sum_bal(packed, presence, True), sum_bal(selected, presence), strict=True
    ):
        np.testing.assert_array_equal(own, other)


def test_packed_bits_beyond_the_last_frame_are_not_read():
    selected, presence = video(13, 2, 3)
    packed = np.packbits(selected, axis=1)
    packed[:, -1] |= 0b111
    counts, sizes = count_groups(packed, presence, True)
    np.testing.assert_array_equal(counts, selected.astype(int) @ presence)
    np.testing.assert_array_equal(sizes, selected.sum(axis=1))


def test_proportional_summaries_are_exactly_fair():
    pattern = flags([1, 0, 1], [0, 1, 1], [0, 0, 1], [1, 1, 0], [0, 0, 0], [0, 0, 1])
    presence = np.tile(pattern, (7, 1))
    selected = np.zeros((1, 42), dtype=np.uint8)
    selected[0, 12:30] = 1
    values, violating = sum_bal(selected, presence)
    assert values.tolist() == [1.0]
    assert violating.tolist() == [0]


def test_of_equal_ratios_the_first_group_is_violating():
    presence = flags([0, 1], [1, 1], [1, 1], [1, 0])
    _, violating = sum_bal(flags([0, 1, 0, 0]), presence)
    assert violating.tolist() == [0]
    _, violating = sum_bal(flags([1, 0, 0, 0]), presence)
    assert violating.tolist() == [0]


def test_groups_that_never_appear_do_not_count():
    selected, presence = video(50, 3, 4)
    padded = np.zeros((50, 5), dtype=np.uint8)
    padded[:, [1, 2, 4]] = presence
    values, violating = sum_bal(selected, presence)
    again, moved = sum_bal(selected, padded)
    np.testing.assert_array_equal(again, values)
    np.testing.assert_array_equal(moved, np.array([1, 2, 4])[violating])


def test_same_bits_for_all_thread_counts():
    selected, presence = video(300, 5, 500)
    first = None
    for n_threads in (1, 2, 7):
        with threadpool_limits(n_threads, user_api="openmp"):
            found = [*count_groups(selected, presence), *sum_bal(selected, presence)]
        first = first or found
        for a, b in zip(found, first, strict=True):
            np.testing.assert_array_equal(a, b)


def test_no_summaries():
    selected, presence = video(20, 2, 0)
    assert sum_bal(selected, presence)[0].shape == (0,)
    assert count_groups(selected, presence)[0].shape == (0, 2)


@pytest.mark.parametrize("frame", [0, 9, 19])
@pytest.mark.parametrize("packed", [False, True])
def test_error_not_a_flag(frame, packed):
    selected, presence = video(20, 2, 3)
    presence[frame, 1] = 2
    given = np.packbits(selected, axis=1) if packed else selected
    with pytest.raises(ValueError, match="presence should hold 0 and 1"):
        sum_bal(given, presence, packed)
    selected, presence = video(20, 2, 3)
    selected[2, frame] = 128
    with pytest.raises(ValueError, match="selected should hold 0 and 1"):
        sum_bal(selected, presence)


def test_error_nothing_to_compare():
    selected, presence = video(20, 2, 3)
    values, violating = np.zeros(3), np.zeros(3, dtype=np.int32)
    with pytest.raises(ValueError, match="presence should show at least one group"):
        _core.sum_bal(selected, 0 * presence, False, values, violating)
    selected[1] = 0
    with pytest.raises(ValueError, match=r"selected\[1\] should hold at least one"):
        _core.sum_bal(selected, presence, False, values, violating)
    assert not values.any()


def test_errors_on_shapes():
    selected, presence = video(20, 2, 3)
    with pytest.raises(ValueError, match=r"selected.shape\[1\]=20 should be 19"):
        sum_bal(selected, presence[:19])
    with pytest.raises(ValueError, match=r"selected.shape\[1\]=20 should be 3"):
        sum_bal(selected, presence, True)
    with pytest.raises(ValueError, match=r"presence.shape\[0\]=0 should be >= 1"):
        sum_bal(selected, presence[:0])
    with pytest.raises(ValueError, match=r"presence.shape\[1\]=0 should be >= 1"):
        sum_bal(selected, presence[:, :0].copy())
    with pytest.raises(ValueError, match=r"violating.shape\[0\]=2 should be 3"):
        _core.sum_bal(selected, presence, False, np.zeros(3), np.zeros(2, "i4"))
    with pytest.raises(ValueError, match=r"selected.shape\[0\]=3 should be 4"):
        _core.sum_bal(selected, presence, False, np.zeros(4), np.zeros(4, "i4"))
    with pytest.raises(ValueError, match=r"counts.shape\[1\]=3 should be 2"):
        _core.count_groups(
            selected, presence, False, np.zeros((3, 3), int), np.zeros(3, int)
        )
    with pytest.raises(ValueError, match=r"counts.shape\[0\]=2 should be 3"):
        _core.count_groups(
            selected, presence, False, np.zeros((2, 2), int), np.zeros(3, int)
        )
