"""Which rows are removed: Algorithm 5, its stop at the target, and bad input."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfcore.errors import ApproximationWarning
from rfcore.influence import trim

SCORES = np.array([0.5, -0.25, -1.0, 0.0, -0.25, 2.0, -0.5])

scores = st.lists(st.floats(-1e6, 1e6), max_size=12).map(np.array)


def slow_trim(influence, budget):
    """Algorithm 5 by its lines."""
    J = sorted(influence)
    K = sorted(range(len(influence)), key=lambda i: influence[i])
    b = sum(j < 0 for j in J)
    return K[: min(budget, b)]


@pytest.mark.parametrize(
    ("budget", "removed"),
    [
        (0, []),
        (1, [2]),
        (3, [2, 6, 1]),
        (4, [2, 6, 1, 4]),
        (7, [2, 6, 1, 4]),
        (0.0, []),
        (0.5, [2, 6, 1]),
        (1.0, [2, 6, 1, 4]),
        (np.int64(2), [2, 6]),
        (np.float32(0.5), [2, 6, 1]),
    ],
)
def test_a_case_by_hand(budget, removed):
    result = trim(SCORES, budget)
    assert result.removed.tolist() == removed
    assert result.kept.tolist() == [i for i in range(7) if i not in removed]
    assert result.predicted_change == SCORES[removed].sum()
    assert result.removed.dtype == result.kept.dtype == np.int64


@given(scores, st.integers(0, 12))
def test_algorithm_5(influence, budget):
    budget = min(budget, len(influence))
    result = trim(influence, budget)
    assert result.removed.tolist() == slow_trim(influence, budget)
    assert sorted([*result.removed, *result.kept]) == list(range(len(influence)))
    assert (influence[result.removed] < 0).all()
    assert result.predicted_change <= 0


def test_shares_are_whole_rows_where_they_should_be():
    for n in (7, 30, 100, 1000):
        for k in range(n + 1):
            assert len(trim(-np.ones(n), k / n).removed) == k
    assert len(trim(-np.ones(100), 0.29).removed) == 29
    assert len(trim(-np.ones(10), 0.29).removed) == 2


@pytest.mark.parametrize("value", [0.0, 0.99])
def test_a_score_beyond_the_target_is_of_no_row(value):
    """No removal takes a gap below 0; nothing is removed, and the reason told."""
    message = rf"influence\[2\]=-1 is below minus value={value:.3g}, .* method='newton'"
    with pytest.warns(ApproximationWarning, match=message):
        result = trim(SCORES, 7, stop="target", value=value)
    assert result.removed.tolist() == []


@pytest.mark.parametrize(
    ("value", "removed"),
    [
        (1.0, [2]),
        (1.49, [2]),
        (1.5, [2, 6]),
        (1.75, [2, 6, 1]),
        (1e9, [2, 6, 1, 4]),
    ],
)
def test_stop_at_the_target_by_hand(value, removed):
    result = trim(SCORES, 7, stop="target", value=value)
    assert result.removed.tolist() == removed


@pytest.mark.filterwarnings("ignore::rfcore.errors.ApproximationWarning")
@given(scores, st.integers(0, 12), st.floats(0, 1e7))
def test_the_target_is_not_passed_and_no_row_more_would_fit(influence, budget, value):
    budget = min(budget, len(influence))
    free = trim(influence, budget).removed
    found = trim(influence, budget, stop="target", value=value).removed
    prefixes = [
        r for r in range(len(free) + 1) if sum(influence[free[:r]].tolist()) >= -value
    ]
    assert found.tolist() == free[: max(prefixes)].tolist()


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_scale_does_not_matter(scale):
    result = trim(SCORES * scale, 3, stop="target", value=1.5 * scale)
    assert result.removed.tolist() == [2, 6]


def test_nothing_to_remove():
    assert trim([], 0).kept.tolist() == []
    assert trim([1.0, 0.0, -0.0], 3).removed.tolist() == []
    assert trim([1.0, 0.0], 2).predicted_change == 0.0


def test_the_result_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        trim(SCORES, 1).removed = None


@pytest.mark.parametrize("budget", [-1, 8])
def test_error_budget_outside_the_set(budget):
    message = rf"budget={budget} should be in \[0, n_samples=7\]"
    with pytest.raises(ValueError, match=message):
        trim(SCORES, budget)


@pytest.mark.parametrize("budget", [-0.1, 1.1, 3.0, np.nan])
def test_error_budget_is_no_share(budget):
    with pytest.raises(ValueError, match=r"should be a share in \[0, 1\]"):
        trim(SCORES, budget)


@pytest.mark.parametrize("budget", [None, "3", True])
def test_error_budget_is_no_number(budget):
    with pytest.raises(TypeError, match="should be an int or a float"):
        trim(SCORES, budget)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_error_scores_not_finite(bad):
    with pytest.raises(ValueError, match=r"influence\[1\]=.* should be finite"):
        trim([0.0, bad, -1.0], 1)


def test_error_scores_are_no_vector():
    with pytest.raises(ValueError, match=r"influence.ndim=2 should be 1"):
        trim(SCORES[None], 1)


def test_error_stop():
    with pytest.raises(ValueError, match="stop='zero' should be None or 'target'"):
        trim(SCORES, 1, stop="zero")
    with pytest.raises(ValueError, match="stop='target' needs value"):
        trim(SCORES, 1, stop="target")
    with pytest.raises(ValueError, match=r"value=0.5 is used with stop='target' only"):
        trim(SCORES, 1, value=0.5)


@pytest.mark.parametrize("value", [-0.1, np.nan, np.inf])
def test_error_value(value):
    with pytest.raises(ValueError, match=f"value={value} should be finite and >= 0"):
        trim(SCORES, 1, stop="target", value=value)
