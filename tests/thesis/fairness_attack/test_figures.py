"""Figures 4.1 to 4.3 and table 4.2: curves, tests between them, the toy."""

import numpy as np
import pytest

from rfcore.experiments.record import Cell, Row
from rfcore.metrics import balance
from rfcore.thesis.fairness_attack import cases
from rfcore.thesis.fairness_attack.figures import (
    Figure41,
    Figure43,
    Table42,
    curve,
    toy,
)


def rows_of(name, values, method="SFD", metric="balance", seed=0):
    when = ["before", *(f"{name}, {n}/8" for n in range(1, 9))]
    return [
        Row("mnist_usps", method, f"{metric}[{w}]", v, seed=seed, protocol="thesis")
        for w, v in zip(when, values, strict=True)
    ]


def test_a_curve_is_the_means_over_seeds():
    rows = rows_of("attack", range(9)) + rows_of("attack", range(2, 11), seed=1)
    means = curve(rows, "SFD", "thesis", "balance", "attack")
    np.testing.assert_array_equal(means, np.arange(1, 10))
    assert curve(rows, "SFD", "held-out", "balance", "attack") is None
    assert curve(rows, "SFD", "thesis", "balance", "random attack") is None


def test_kolmogorov_smirnov_is_the_largest_gap_of_the_distributions():
    ours = np.array([0.9, 0.1, 0.1, 0.2, 0.0, 0.0, 0.0, 0.1, 0.3])
    theirs = np.array([0.9, 0.8, 0.7, 0.9, 0.25, 0.6, 0.7, 0.8, 0.5])
    rows = rows_of("attack", ours) + rows_of("random attack", theirs)[1:]
    found = {(r.metric, r.method): r.value for r in Table42().derived(rows)}
    grid = np.concatenate([ours, theirs])
    gaps = [abs(np.mean(ours <= x) - np.mean(theirs <= x)) for x in grid]
    assert found[("ks_statistic[balance]", "SFD")] == pytest.approx(max(gaps))
    assert 0 < found[("ks_p_value[balance]", "SFD")] < 0.01
    assert len(found) == 2


def test_claims_of_table_4_2_ask_for_the_printed_significance():
    claims = {(c.dataset, c.method, c.metric): c for c in Table42().claims}
    assert len(claims) == 12
    significant = claims["mnist_usps", "FSC", "ks_statistic[group_entropy]"]
    assert significant.interval()[0] == pytest.approx(7 / 9, abs=2e-3)
    other = claims["mnist_usps", "KFC", "ks_statistic[balance]"]
    assert other.interval() == (0.0, significant.interval()[0])


@pytest.mark.parametrize("assignment", ["nearest", "fairlet"])
@pytest.mark.parametrize("seed", range(3))
def test_the_toy_is_that_of_the_text_and_fair_before(seed, assignment):
    X, y, groups, attackable, victim, n_draws = toy(seed, assignment)
    assert X.shape == (20, 2)
    assert np.bincount(y).tolist() == np.bincount(groups).tolist() == [10, 10]
    for c, center in enumerate([(4.0, 0.0), (4.5, 0.0)]):
        assert abs(X[y == c].mean(axis=0) - center).max() < 0.2
    others = np.setdiff1d(np.arange(20), attackable)
    assert len(attackable) == 6
    assert groups[others].sum() == 7
    labels = victim.fit(X, groups=groups).labels_
    assert balance(labels[others], groups[others]) == 1
    assert n_draws >= 1


def test_figure_4_1_runs_and_is_drawn(tmp_path):
    experiment = Figure41()
    cells = [Cell("figure-4.1", "toy", m, 3, None, "small") for m in experiment.methods]
    outcomes = {cell: experiment.run(cell) for cell in cells}
    for outcome in outcomes.values():
        values = {row.metric: row.value for row in outcome.rows}
        assert values["balance[before]"] == 1
        assert values["balance[after]"] <= 1
    arrays = {cell: outcome.arrays for cell, outcome in outcomes.items()}
    written = experiment.figures([], tmp_path, arrays)
    names = {path.name for path in written}
    assert names >= {"SFD.png", "SFD.svg", "SFD_whole_fairlets.png"}
    assert all(path.stat().st_size > 1000 for path in written)


@pytest.mark.data
def test_curves_run_and_are_drawn(tmp_path, monkeypatch):
    monkeypatch.setattr(cases, "SMOKE_EVALS", 2)
    experiment = Figure43()
    cell = Cell("figure-4.3", "inverted_digits", "SFD", 0, "thesis", "smoke")
    outcome = experiment.run(cell)
    assert len(outcome.rows) == 7 + 8 * 2 * 7
    shares = outcome.arrays["shares"]
    np.testing.assert_allclose(shares, np.arange(9) * 15 / 400)
    rows = [
        Row(**{**row.to_dict(), "seed": 0, "protocol": "thesis"})
        for row in outcome.rows
    ]
    written = experiment.figures(rows, tmp_path, {cell: outcome.arrays})
    assert {path.name for path in written} == {
        "inverted_digits.png",
        "inverted_digits.svg",
    }
