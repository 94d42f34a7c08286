"""Figures 4.5 and 4.6: partitions that see no group, ratios, who stays above whom."""

from dataclasses import replace

import numpy as np
import pytest

from rfcore.experiments.record import Cell, Row
from rfcore.thesis.fairness_attack.cases import EIGHTHS
from rfcore.thesis.fairness_attack.defence.figures import (
    Figure45,
    Figure46,
    draw_ratios,
)
from rfcore.thesis.fairness_attack.victims import CFC


def made(method, metric, value, seed=0, protocol="thesis"):
    return Row("yaleb", method, metric, value, seed=seed, protocol=protocol)


def test_ratios_are_of_means_and_have_no_value_over_zero():
    rows = [
        made(CFC, "balance[before]", 0.2),
        made(CFC, "balance[before]", 0.6, seed=1),
        made(CFC, "balance[attack, 4/8]", 0.1),
        made(CFC, "balance[attack, 4/8]", 0.5, seed=1),
        made("SFD", "balance[before]", 0.0),
        made("SFD", "balance[attack, 4/8]", 0.0),
        made("KFC", "balance[before]", 0.4),
        made("KFC", "balance[attack, 4/8]", 0.1),
        made(CFC, "clusters_used[before]", 9),
        made(CFC, "clusters_used[attack, 4/8]", 9),
    ]
    found = {(r.method, r.metric): r.value for r in Figure46().derived(rows)}
    assert found == {
        (CFC, "ratio[balance, 4/8]"): pytest.approx(0.75),
        ("KFC", "ratio[balance, 4/8]"): pytest.approx(0.25),
        (CFC, "share_of_points_above_rivals[balance]"): 1.0,
    }


def test_a_rival_that_gains_takes_the_point():
    rows = [
        made(CFC, "balance[before]", 0.5),
        made("KFC", "balance[before]", 0.5),
        *(made(CFC, f"balance[attack, {n}/8]", 0.5) for n in (4, 8)),
        made("KFC", "balance[attack, 4/8]", 0.5),
        made("KFC", "balance[attack, 8/8]", 0.1),
    ]
    found = {(r.method, r.metric): r.value for r in Figure46().derived(rows)}
    assert found[CFC, "share_of_points_above_rivals[balance]"] == 0.5


def test_nobody_wins_a_point_alone():
    """All rivals have a balance of 0 before, and no ratio."""
    rows = [made(CFC, "balance[before]", 0.5), made(CFC, "balance[attack, 4/8]", 0.5)]
    rows += [made("SFD", row.metric, 0.0) for row in rows]
    found = [row.metric for row in Figure46().derived(rows)]
    assert found == ["ratio[balance, 4/8]"]


def test_the_scale_of_the_thesis_tries_all_eighths():
    eighths = Figure46().eighths
    assert eighths("paper") == tuple(range(1, EIGHTHS + 1))
    assert set(eighths("smoke")) < set(eighths("small")) < set(eighths("paper"))


def test_claims_are_of_cfc_on_every_set():
    claims = Figure46().claims
    assert {claim.dataset for claim in claims} == set(Figure46.datasets)
    assert {claim.method for claim in claims} == {CFC}


@pytest.mark.data
def test_figure_4_5_runs_and_is_drawn(tmp_path):
    cell = Cell("figure-4.5", "inverted_digits", CFC, 0, "thesis", "smoke")
    outcome = Figure45().run(cell)
    rows = {row.metric: row.value for row in outcome.rows}
    assert rows["frobenius_norm[S before - S after, one seed]"] == 0
    assert rows["frobenius_norm[S before - S after, partitions drawn anew]"] > 1
    arrays = outcome.arrays
    np.testing.assert_array_equal(arrays["S_before"], arrays["S_after"])
    for when in ("before", "after"):
        values = arrays[f"balance_{when}"]
        assert len(values) == 10
        assert rows[f"mean_balance[partitions, {when}]"] == values.mean()
        assert (np.diagonal(arrays[f"S_{when}"]) == 255).all()
    np.testing.assert_array_equal(arrays["S_before"], arrays["S_before"].T)
    rows = [replace(row, seed=0) for row in outcome.rows]
    written = Figure45().figures(rows, tmp_path, {cell: arrays})
    assert {path.suffix for path in written} == {".png", ".svg"}
    assert all(path.stat().st_size > 1000 for path in written)


@pytest.mark.data
def test_figure_4_6_runs_and_is_drawn(tmp_path, monkeypatch):
    monkeypatch.setattr(Figure46, "eighths", lambda self, scale: (2, 8))
    cell = Cell("figure-4.6", "inverted_digits", "KFC", 0, "thesis", "smoke")
    outcome = Figure46().run(cell)
    np.testing.assert_allclose(outcome.arrays["shares"], [0, 30 / 400, 120 / 400])
    rows = [
        Row(**{**row.to_dict(), "seed": 0, "protocol": "thesis"})
        for row in outcome.rows
    ]
    written = Figure46().figures(rows, tmp_path, {cell: outcome.arrays})
    assert {path.suffix for path in written} == {".png", ".svg"}


def test_a_method_has_one_color_in_all_panels():
    """Also where one before it has no ratio."""
    rows = [
        made(method, f"{metric}[{when}]", value)
        for method, value in ((CFC, 0.5), ("FSC", 0.0), ("KFC", 0.4))
        for metric in ("balance", "nmi")
        for when in ("before", "attack, 8/8")
    ]
    rows += [made("FSC", "nmi[before]", 0.2), made("FSC", "nmi[attack, 8/8]", 0.1)]
    figure = draw_ratios(rows, (CFC, "FSC", "KFC"), np.array([0.0, 0.3]), "toy")
    colors = [
        {line.get_label(): line.get_color() for line in ax.get_lines()}
        for ax in figure.axes
    ]
    assert "FSC" not in colors[0]
    assert "FSC" in colors[2]
    assert colors[0]["KFC"] == colors[2]["KFC"] == "C2"
