"""The rows, victims and scores that all experiments on the fairness attack share."""

import numpy as np
import pytest

from rfcore.experiments.record import Cell
from rfcore.thesis.fairness_attack.cases import (
    AttackExperiment,
    attacked,
    case,
    other_clean_labels,
    shared_partitions,
)
from rfcore.thesis.fairness_attack.victims import (
    CONSENSUS_LP,
    DEFENCES,
    SETTINGS,
    VICTIMS,
)


@pytest.mark.data
def test_held_out_rows_are_the_half_that_is_not_observed():
    thesis, held_out = (case("mnist_usps", p, "small") for p in ("thesis", "held-out"))
    np.testing.assert_array_equal(thesis.observed, thesis.evaluated)
    assert len(thesis.evaluated) == 2660
    both = np.concatenate([held_out.observed, held_out.evaluated])
    np.testing.assert_array_equal(np.sort(both), np.sort(thesis.evaluated))
    assert len(held_out.observed) == len(held_out.evaluated) == 1330
    assert len(thesis.first_eighths(4)) == 570
    np.testing.assert_array_equal(thesis.first_eighths(4), thesis.attackable[:570])


@pytest.mark.data
@pytest.mark.parametrize("dataset", SETTINGS)
def test_a_smoke_run_has_rows_of_every_group(dataset):
    own = case(dataset, "thesis", "smoke")
    for rows in (own.attackable, own.evaluated):
        assert len(np.unique(rows)) == len(rows)
        assert np.bincount(own.groups[rows]).min() >= 10
    assert len(own.X) == len(own.attackable) + len(own.evaluated) <= 400


@pytest.mark.data
def test_scores_tell_the_sizes_of_clusters():
    own = case("inverted_digits", "thesis", "smoke")
    labels = np.zeros(len(own.X), dtype=np.int32)
    labels[own.evaluated[:70]] = 4
    labels[own.evaluated[70:77]] = 2
    scores = own.scores(labels)
    n = len(own.evaluated)
    assert scores["clusters_used"] == 3
    assert scores["smallest_cluster"] == 7 / n
    assert scores["largest_cluster"] == (n - 77) / n


@pytest.mark.data
def test_a_defence_shares_its_partitions_with_the_nulls_of_other_cells():
    own = case("inverted_digits", "thesis", "smoke")

    def cell(seed):
        return Cell(
            "table-4.4", "inverted_digits", CONSENSUS_LP, seed, "thesis", "smoke"
        )

    labels = [
        attacked(own, cell(seed)).fit(own.X, groups=own.groups).labels_
        for seed in range(3)
    ]
    np.testing.assert_array_equal(other_clean_labels(cell(1)), [labels[0], labels[2]])
    assert len(shared_partitions("inverted_digits", 150, "smoke")) == 10


@pytest.mark.data
@pytest.mark.parametrize("protocol", ["thesis", "held-out"])
def test_the_thesis_protocol_gives_cfc_clean_targets(protocol):
    cell = Cell("table-4.4", "inverted_digits", "CFC", 0, protocol, "smoke")
    own = case("inverted_digits", protocol, "smoke")
    found = attacked(own, cell)
    assert found.random_state == 150
    if protocol == "thesis":
        assert found.targets == "clean"
        np.testing.assert_array_equal(found.clean_groups, own.groups)
    else:
        assert found.targets == "given"
        assert found.clean_groups is None


def test_defences_have_fewer_seeds_at_small_and_all_at_paper():
    class Both(AttackExperiment):
        id = "both"
        datasets = ("inverted_digits",)
        methods = (*VICTIMS, *DEFENCES)

    counts = {}
    for cell in Both().cells("small", tuple(range(10))):
        kind = cell.method in DEFENCES, cell.protocol
        counts[kind] = counts.get(kind, 0) + 1
    assert counts == {
        (False, "thesis"): 10 * len(VICTIMS),
        (False, "held-out"): 3 * len(VICTIMS),
        (True, "thesis"): 3 * len(DEFENCES),
        (True, "held-out"): 3 * len(DEFENCES),
    }
    assert len(Both().cells("paper", tuple(range(10)))) == 2 * 10 * 6
