"""Tables 4.1, 4.3 and 4.4: their rows, claims and the cases they run on."""

import pytest

from rfcore.experiments import plan
from rfcore.experiments.record import Cell, Row
from rfcore.metrics import balance
from rfcore.thesis.fairness_attack import cases
from rfcore.thesis.fairness_attack.cases import (
    attacked,
    case,
    clean_null,
    other_clean_labels,
    seed_of,
)
from rfcore.thesis.fairness_attack.printed import BARS, LEAST, PRINTED
from rfcore.thesis.fairness_attack.tables import RIVALS, Table41, Table43, Table44
from rfcore.thesis.fairness_attack.victims import (
    CFC,
    DEFENCE_EVALS,
    DEFENCES,
    SETTINGS,
    VICTIMS,
    target,
)

TABLES = (Table41(), Table43(), Table44())
MEASURES = {"balance", "group_entropy", "nmi", "accuracy"}


def cell(method, protocol="thesis", scale="smoke", dataset="inverted_digits", seed=0):
    return Cell("table-4.4", dataset, method, seed, protocol, scale)


def test_what_is_printed_is_of_known_sets_methods_and_measures():
    for dataset, method, metric in [*PRINTED, *BARS, *LEAST]:
        assert dataset in SETTINGS
        assert method in (*VICTIMS, CFC)
        assert metric in MEASURES
    assert set(BARS) | set(LEAST) <= set(PRINTED)
    assert len(PRINTED) == 4 * 4 * 4


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.id)
def test_each_algorithm_of_the_thesis_has_its_claims(table):
    claims = {(c.dataset, c.method, c.metric): c for c in table.claims}
    assert len(claims) == len(table.claims)
    for dataset, method, metric in PRINTED:
        if method == CFC:
            continue
        if dataset in table.datasets and metric == target(method):
            after = claims[dataset, method, f"{metric}[after]"]
            assert after.reported == PRINTED[dataset, method, metric].after[0]
            assert after.direction == "at_most"
            assert claims[dataset, method, f"{metric}[below random attack]"].low == 0
    for dataset, method, metric in BARS:
        if dataset in table.datasets:
            before = claims[dataset, method, f"{metric}[before]"]
            low, high = before.interval()
            assert low <= before.reported <= high
    assert {claim.protocol for claim in table.claims} == {"thesis"}


def test_claims_of_the_defence():
    assert not [c for c in Table41().claims if c.method == CFC]
    claims = {(c.dataset, c.metric): c for c in Table44().claims if c.method == CFC}
    assert claims["inverted_digits", "nmi[before]"].low == 0.20
    used = claims["inverted_digits", "clusters_used[after]"]
    assert (used.low, used.statistic) == (7, "min")
    assert ("yaleb", "clusters_used[after]") not in claims
    for dataset in ("inverted_digits", "yaleb"):
        for rival in RIVALS:
            assert claims[dataset, f"balance[after, above {rival}]"].low > 0
    assert {claim.min_seeds for claim in claims.values()} == {3}


def test_ten_seeds_in_the_thesis_protocol_and_three_held_out():
    cells = [c for c in plan(Table44(), "small") if c.method in VICTIMS]
    for protocol, n in (("thesis", 10), ("held-out", 3)):
        own = [c for c in cells if c.protocol == protocol]
        assert len(own) == n * len(VICTIMS) * 2
    assert len(plan(Table41(), "paper")) == 2 * 10 * len(VICTIMS) * 3
    assert [seed_of(s) for s in (0, 9, 10)] == [150, 18, 10]


@pytest.mark.data
@pytest.mark.parametrize("method", (*VICTIMS, *DEFENCES))
def test_rows_of_a_cell(method):
    rows = {row.metric: row for row in Table44().run(cell(method))}
    for when in ("before", "after", "random attack"):
        for metric in (*MEASURES, "clusters_used"):
            assert f"{metric}[{when}]" in rows
    own = case("inverted_digits", "thesis", "smoke")
    labels = (
        attacked(own, cell(method)).fit(own.X, groups=own.groups).labels_[own.evaluated]
    )
    before = balance(labels, own.groups[own.evaluated])
    assert rows["balance[before]"].value == before
    few = f"balance[after {DEFENCE_EVALS} queries]"
    assert (few in rows) == (method in VICTIMS)
    metric = target(method)
    after = rows[f"{metric}[after]"]
    assert after.value <= rows[f"{metric}[before]"].value
    assert 1 <= after.n_queries <= cases.SMOKE_EVALS
    assert after.seconds > 0
    nulls = clean_null(own, other_clean_labels(cell(method)))
    for metric in ("balance", "group_entropy"):
        null = nulls[metric]
        assert rows[f"{metric}[after]"].null == null
        assert len(null) == 2
        holds = rows[f"{metric}[after]"].value >= min(null)
        assert rows[f"robust[{metric}]"].value == holds


@pytest.mark.data
def test_substitutes_are_named():
    rows = Table41().run(cell("SFD", dataset="office31_googlenet"))
    assert all("ResNet" in row.substitute for row in rows)


def made(metric, value, seed=0, protocol="thesis", method="SFD"):
    return Row("mnist_usps", method, metric, value, seed=seed, protocol=protocol)


def test_derived_rows_are_differences():
    rows = [
        made("balance[after]", 0.1),
        made("balance[random attack]", 0.4),
        made("balance[after]", 0.5, seed=1),
        made("balance[random attack]", 0.25, seed=1),
        made("balance[before]", 0.3),
        made("balance[before]", 0.4, seed=1),
        made("balance[before]", 0.9, protocol="held-out"),
        made("nmi[before]", 0.32),
    ]
    found = {(r.metric, r.seed): r.value for r in Table41().derived(rows)}
    assert found[("balance[below random attack]", 0)] == pytest.approx(0.3)
    assert found[("balance[below random attack]", 1)] == pytest.approx(-0.25)
    distance = found[("balance[before, distance from print]", None)]
    assert distance == pytest.approx((0.35 - 0.286) / 0.065)
    assert found[("nmi[before, distance from print]", None)] == pytest.approx(0)
    assert len(found) == 4


def test_a_defence_is_compared_after_as_many_questions():
    few = "balance[after 5 queries]"
    rows = [
        made("balance[after]", 0.25, method=CFC),
        made("balance[after]", 0.5, seed=1, method=CFC),
        *(made(few, 0.1 * i, method=m) for i, m in enumerate(RIVALS)),
        made(few, 0.3, seed=1),
        made("balance[after]", 0.1, seed=1),
    ]
    found = {(r.metric, r.seed): r.value for r in Table43().derived(rows)}
    assert {key: v for key, v in found.items() if key[1] == 1} == {
        ("balance[after, above SFD]", 1): pytest.approx(0.2)
    }
    assert found["balance[after, above KFC]", 0] == pytest.approx(0.05)
    assert len(found) == 4


def test_headline_tells_thesis_and_measured():
    rows = [
        made("balance[before]", 0.3),
        made("balance[after]", 0.0),
        made("balance[random attack]", 0.125),
        made("balance[after]", 0.9, protocol="held-out"),
    ]
    assert Table41().summary(rows) == [
        "mnist_usps, SFD: balance 0.300, 0.000 after (thesis 0.286, 0.000), "
        "0.125 after a random attack"
    ]
