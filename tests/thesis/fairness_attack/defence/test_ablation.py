"""Section 4.1.5: what is taken away is gone, and targets are what they are called."""

import pytest

from rfcore.experiments.record import Cell, Row
from rfcore.fair import ConsensusFairAssignment, ScalableFairlets
from rfcore.thesis.fairness_attack.cases import SEEDS, case
from rfcore.thesis.fairness_attack.defence.ablation import (
    FULL,
    ITSELF,
    TARGETS,
    VARIANTS,
    Section415,
)
from rfcore.thesis.fairness_attack.victims import SETTINGS, consensus


def run(method):
    cell = Cell("section-4.1.5", "inverted_digits", method, 0, None, "smoke")
    return {row.metric: row.value for row in Section415().run(cell)}


def test_each_loss_is_left_out_once_and_left_alone_once():
    weights = ("contrastive_weight", "alpha", "beta")
    full = consensus(SETTINGS["inverted_digits"], 0)
    assert all(getattr(full, weight) > 0 for weight in weights)
    on = {
        name: tuple(
            getattr(consensus(SETTINGS["inverted_digits"], 0, **options), w) > 0
            for w in weights
        )
        for name, options in VARIANTS.items()
    }
    assert on["without L_c"] == (False, True, True)
    assert on["L_p alone"] == (False, False, True)
    assert len({flags for name, flags in on.items() if "L_" in name}) == 6


@pytest.mark.data
def test_rows_of_the_whole_and_without_the_structural_loss():
    whole, without = run(FULL), run("without L_p")
    assert 0 < whole["share[L_p]"] < 1
    assert without["share[L_p]"] == 0
    assert 0 <= whole["nmi[J]"] <= 1
    for metric in ("balance[before]", "balance[after]", "clusters_used[after]"):
        assert metric in whole


@pytest.mark.data
def test_targets_by_themselves_are_a_plain_fit_without_losses():
    rows = run(ITSELF)
    own = case("inverted_digits", "thesis", "smoke")
    fitted = ScalableFairlets(10, p=1, q=5, assignment="nearest", random_state=SEEDS[0])
    expected = own.scores(fitted.fit(own.X, groups=own.groups).labels_)
    assert {metric: rows[f"{metric}[before]"] for metric in expected} == expected
    assert "share[L_p]" not in rows


def test_targets_are_of_the_named_clusterers():
    own = SETTINGS["mnist_usps"]
    kinds = {name: make(own) for name, make in TARGETS.items()}
    assert kinds["J of SFD"].assignment == "nearest"
    assert kinds["J of whole fairlets"].assignment == "fairlet"
    assert (kinds["J of SFD"].p, kinds["J of SFD"].q) == (2, 5)
    assert isinstance(kinds["J of SFD"], ScalableFairlets)
    assert isinstance(kinds["J of consensus + LP"], ConsensusFairAssignment)


def test_summary_gives_means_over_seeds():
    rows = [
        Row("mnist_usps", FULL, metric, value, seed=seed)
        for metric in ("balance[before]", "balance[after]", "nmi[before]")
        for seed, value in enumerate((0.25, 0.75))
    ]
    (line,) = Section415().summary(rows)
    assert line == (
        "mnist_usps, CFC: balance 0.500, 0.500 after random groups, NMI 0.500"
    )
