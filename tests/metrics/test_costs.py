"""The social cost and the balance of nearest-center labels, from their definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfcore.metrics import balance, social_cost
from rfcore.metrics.costs import balance_of, tally

X = np.random.default_rng(0).normal(size=(60, 3)) * [1.0, 100.0, 0.01]
CENTERS = np.random.default_rng(1).normal(size=(4, 3, 3)) * [1.0, 100.0, 0.01]
GROUPS = np.random.default_rng(2).integers(0, 4, 60)


def nearest(centers):
    return ((X[:, None] - centers) ** 2).sum(axis=2).argmin(axis=1)


def test_social_cost_is_the_mean_of_the_worst_group():
    for centers in CENTERS:
        sq = ((X[:, None] - centers) ** 2).sum(axis=2).min(axis=1)
        expected = max(sq[GROUPS == g].mean() for g in range(4))
        assert social_cost(X, centers, GROUPS) == pytest.approx(expected, rel=1e-12)


def test_a_batch_is_one_after_the_other():
    costs = social_cost(X, CENTERS, GROUPS)
    assert costs.tolist() == [social_cost(X, own, GROUPS) for own in CENTERS]
    assert isinstance(social_cost(X, CENTERS[0], GROUPS), float)


def test_balance_is_that_of_nearest_center_labels_to_the_bit():
    counts, _, single = tally(X, CENTERS, GROUPS)
    assert not single
    labels = np.array([nearest(own) for own in CENTERS])
    expected = [balance(own, GROUPS) for own in labels]
    np.testing.assert_array_equal(balance_of(counts), expected)


@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(1, 4))
def test_balance_with_clusters_and_groups_without_rows(seed, k, n_groups):
    rng = np.random.default_rng(seed)
    rows = np.round(rng.normal(size=(rng.integers(1, 12), 1)))
    centers = np.round(rng.normal(size=(k, 1)) * 3)
    groups = rng.integers(0, n_groups, len(rows)) * 2
    labels = ((rows[:, None] - centers) ** 2).sum(axis=2).argmin(axis=1)
    counts, _, _ = tally(rows, centers, groups)
    assert balance_of(counts)[0] == balance(labels, groups)


def test_groups_have_names_of_any_kind():
    names = np.array(["d", "a", "c", "b"])[GROUPS]
    expected = social_cost(X, CENTERS[0], GROUPS)
    assert social_cost(X, CENTERS[0], names) == pytest.approx(expected, rel=1e-14)
    assert social_cost(X, CENTERS[0], GROUPS * 3) == expected


def test_float32_rows():
    narrow = X.astype(np.float32)
    expected = social_cost(narrow.astype(float), CENTERS[0], GROUPS)
    assert social_cost(narrow, CENTERS[0], GROUPS) == expected


def test_error_shapes_and_values():
    with pytest.raises(ValueError, match=r"centers.shape\[-1\]=2 should be 3"):
        social_cost(X, CENTERS[0, :, :2], GROUPS)
    with pytest.raises(ValueError, match=r"centers.ndim=1 should be 2 or 3"):
        social_cost(X, CENTERS[0, 0], GROUPS)
    with pytest.raises(ValueError, match="centers should be finite"):
        social_cost(X, CENTERS[0] * np.nan, GROUPS)
    with pytest.raises(ValueError, match=r"groups.shape\[-1\]=59 should be 60"):
        social_cost(X, CENTERS[0], GROUPS[:-1])
    with pytest.raises(ValueError, match="X has 0 rows, should have >= 1"):
        social_cost(X[:0], CENTERS[0], GROUPS[:0])
    with pytest.raises(ValueError, match="n_clusters=0 should be >= 1"):
        social_cost(X, CENTERS[0, :0], GROUPS)
