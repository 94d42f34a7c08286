"""Classes and flows: what they sum to, before and after rounding."""

from types import SimpleNamespace

import numpy as np
import pytest

from rfcore.errors import ConvergenceError
from rfcore.fair import distributor
from rfcore.fair.distributor import Classes, fractional_flows, whole_flows


def random_classes(n, k, n_groups, seed):
    rng = np.random.default_rng(seed)
    reach = rng.random((n, k)) < 0.4
    reach[np.arange(n), rng.integers(k, size=n)] = True
    groups = rng.integers(n_groups, size=n)
    groups[:n_groups] = np.arange(n_groups)
    return Classes.of(reach, groups, n_groups), reach, groups


def sums(classes, flows):
    """Of the classes (m,), of centers and groups (k, l)."""
    by_class = np.zeros(len(classes.sizes))
    by_pair = np.zeros((classes.n_centers, classes.n_groups))
    for owner, center, group, flow in zip(
        classes.owner, classes.center, classes.group, flows, strict=True
    ):
        by_class[owner] += flow
        by_pair[center, group] += flow
    return by_class, by_pair


@pytest.mark.parametrize("k", [1, 3, 8, 9, 64, 65, 130])
def test_classes_are_rows_of_equal_reach_and_group(k):
    classes, reach, groups = random_classes(60, k, 3, k)
    keys = [(tuple(own), g) for own, g in zip(reach, groups, strict=True)]
    assert len(classes.sizes) == len(set(keys))
    np.testing.assert_array_equal(classes.sizes, np.bincount(classes.of_row))
    for row, (own, g) in enumerate(keys):
        edges = classes.owner == classes.of_row[row]
        np.testing.assert_array_equal(classes.center[edges], np.flatnonzero(own))
        assert (classes.group[edges] == g).all()
    pairs = classes.owner * k + classes.center
    assert (np.diff(pairs) > 0).all()


@pytest.mark.parametrize("n_groups", [2, 3, 5])
@pytest.mark.parametrize("seed", range(5))
def test_flows_are_fair_and_round_to_whole_ones(n_groups, seed):
    classes, _, groups = random_classes(80, 5, n_groups, seed)
    shares = np.bincount(groups) / 80
    low, high = shares * 0.8, np.minimum(shares / 0.8, 1)
    flows, prices = fractional_flows(classes, low, high)
    assert prices is None
    by_class, by_pair = sums(classes, flows)
    np.testing.assert_allclose(by_class, classes.sizes, atol=1e-6)
    sizes = by_pair.sum(axis=1, keepdims=True)
    assert flows.min() >= -1e-7
    assert (by_pair >= low * sizes - 1e-6).all()
    assert (by_pair <= high * sizes + 1e-6).all()
    whole = whole_flows(classes, flows, np.random.default_rng(seed).random(len(flows)))
    assert whole.dtype == np.int64
    assert whole.min() >= 0
    whole_class, whole_pair = sums(classes, whole)
    np.testing.assert_array_equal(whole_class, classes.sizes)
    assert np.abs(whole - flows).max() < 1
    assert np.abs(whole_pair - by_pair).max() < 1
    assert np.abs(whole_pair.sum(axis=1) - sizes[:, 0]).max() < 1


def test_costs_choose_among_whole_flows():
    """Two rows, half of each to either center: one must go to each."""
    classes = Classes.of(np.ones((2, 2), dtype=bool), np.array([0, 1]), 2)
    halves = np.full(4, 0.5)
    one = whole_flows(classes, halves, np.array([0.0, 1.0, 1.0, 0.0]))
    other = whole_flows(classes, halves, np.array([1.0, 0.0, 0.0, 1.0]))
    assert one.tolist() == [1, 0, 0, 1]
    assert other.tolist() == [0, 1, 1, 0]


def test_whole_sums_stay_whatever_it_costs():
    """Center 0 has half of each of two rows, so one row, though two are cheap."""
    classes = Classes.of(np.ones((2, 3), dtype=bool), np.array([0, 1]), 2)
    flows = np.array([0.5, 0.5, 0.0, 0.5, 0.0, 0.5])
    whole = whole_flows(classes, flows, np.array([0.0, 1.0, 1.0, 0.0, 1.0, 1.0]))
    assert sums(classes, whole)[1].sum(axis=1).tolist() in ([1, 1, 0], [1, 0, 1])


def test_whole_flows_stay_as_they_are():
    classes, _, _ = random_classes(30, 1, 2, 0)
    flows = classes.sizes + 1e-11
    np.testing.assert_array_equal(whole_flows(classes, flows, flows), classes.sizes)


@pytest.mark.parametrize("seed", range(5))
def test_prices_prove_that_no_flow_is_fair(seed):
    """Two groups that reach different centers: what any flow costs is above all."""
    rng = np.random.default_rng(seed)
    groups = rng.integers(2, size=50)
    groups[:2] = 0, 1
    reach = np.zeros((50, 4), dtype=bool)
    reach[np.arange(50), rng.integers(2, size=50) + 2 * groups] = True
    classes = Classes.of(reach, groups, 2)
    shares = np.bincount(groups) / 50
    low, high = shares * 0.9, np.minimum(shares / 0.9, 1)
    flows, prices = fractional_flows(classes, low, high)
    assert flows is None
    paid = sum(min(prices[own, g]) for own, g in zip(reach, groups, strict=True))
    # The extreme fair shares of two groups.
    least = max(low[0], 1 - high[1])
    most = min(high[0], 1 - low[1])
    dearest = max(
        center @ [share, 1 - share] for center in prices for share in (least, most)
    )
    assert paid > 50 * dearest + 1e-6


def test_error_a_program_that_ends_without_an_answer(monkeypatch):
    import highspy

    stopped = SimpleNamespace(
        getModelStatus=lambda: highspy.HighsModelStatus.kTimeLimit,
        modelStatusToString=lambda status: "Time limit reached",
    )
    monkeypatch.setattr(distributor, "solved", lambda *program: stopped)
    classes, _, _ = random_classes(20, 3, 2, 1)
    with pytest.raises(ConvergenceError, match="without an answer: Time limit reached"):
        fractional_flows(classes, np.zeros(2), np.ones(2))


def test_error_a_program_that_highs_does_not_take():
    one, none = np.ones(1), np.zeros(1, dtype=np.int64)
    endless = np.full(1, np.inf)
    with pytest.raises(ConvergenceError, match="takes no such linear program"):
        distributor.solved(one, (endless, endless), (one, one), (none, none, one))


def test_error_no_whole_flows(monkeypatch):
    monkeypatch.setattr(distributor, "is_optimal", lambda highs: False)
    classes = Classes.of(np.ones((2, 2), dtype=bool), np.array([0, 1]), 2)
    with pytest.raises(ConvergenceError, match="no whole flows"):
        whole_flows(classes, np.full(4, 0.5), np.zeros(4))
