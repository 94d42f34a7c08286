"""Tests of the summary of a stream."""

import numpy as np
import pytest

from rfcore.metrics import sum_bal
from rfcore.video import FairSummary, OnlineFairSummary


def stream(n=400, seed=0):
    rng = np.random.default_rng(seed)
    presence = np.repeat(rng.random((n // 10, 2)) < [0.6, 0.4], 10, axis=0)
    return rng.integers(1, 6, n).astype(float), presence


def watch(scores, presence, batch, **options):
    online = OnlineFairSummary(presence.shape[1], **options)
    parts = [
        online.push(scores[i : i + batch], presence[i : i + batch])
        for i in range(0, len(scores), batch)
    ]
    return np.concatenate([*parts, online.finish()]), online


def test_a_window_of_the_whole_stream_is_the_exact_summary():
    scores, presence = stream()
    selected, online = watch(scores, presence, 7, window=400, stride=1)
    exact = FairSummary(min_sum_bal=0.9).fit(scores, presence)
    assert selected.sum() == online.n_selected == exact.n_selected_ == 60
    assert scores[selected].sum() == exact.importance_
    assert sum_bal(selected, presence) >= 0.9 and online.n_relaxed == 0


def test_batches_do_not_matter():
    scores, presence = stream()
    first, _ = watch(scores, presence, 1, window=60, stride=20)
    second, _ = watch(scores, presence, 173, window=60, stride=20)
    np.testing.assert_array_equal(first, second)
    assert len(first) == 400 and first.sum() == 60


def test_it_is_fairer_than_importance_alone():
    scores, presence = stream()
    scores[presence[:, 0]] += 3
    blind, _ = watch(scores, presence, 50, window=60, stride=20, min_sum_bal=0.0)
    fair, _ = watch(scores, presence, 50, window=60, stride=20, min_sum_bal=0.9)
    assert sum_bal(fair, presence) >= 0.8 > sum_bal(blind, presence)


def test_decisions_come_in_strides_and_do_not_look_beyond_the_window():
    scores, presence = stream()
    online = OnlineFairSummary(2, window=60, stride=20)
    first = online.push(scores[:99], presence[:99])
    assert len(first) == 20
    other = OnlineFairSummary(2, window=60, stride=20)
    again = other.push(scores[:80], presence[:80])
    np.testing.assert_array_equal(first, again)


def test_where_tau_is_not_possible_the_fairest_is_taken():
    online = OnlineFairSummary(2, share=0.1, window=0, stride=10, min_sum_bal=1.0)
    online.push(np.ones(10), [[1, 0]] * 5 + [[0, 1]] * 5)
    assert (online.n_relaxed, online.n_selected) == (1, 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: OnlineFairSummary(0), "n_groups=0 should be >= 1"),
        (lambda: OnlineFairSummary(1, stride=0), "stride=0 should be >= 1"),
        (lambda: OnlineFairSummary(1, window=-1), "window=-1 should be >= 1"),
        (lambda: OnlineFairSummary(1, share=2), r"share=2 should be in \[0, 1\]"),
        (lambda: OnlineFairSummary(1).push([1.0], [[1, 0]]), r"should be \(m, 1\)"),
        (lambda: OnlineFairSummary(1).push([1.0], [[2]]), "should hold 0 and 1"),
        (lambda: OnlineFairSummary(1).push([1.0, 2.0], [[1]]), "scores has 2 frames"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
