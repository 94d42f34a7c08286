"""Figure 4.10: what is trained on what, what is chosen, and how panels are won."""

import statistics

import numpy as np
import pytest
from planted import planted_gap
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from rfcore.experiments import judge
from rfcore.experiments.record import Cell, Row
from rfcore.fair import CorrelationShift, FairBatch, RobustFairLogloss
from rfcore.influence import InfluenceReweighing, trim
from rfcore.metrics import demographic_parity, equal_opportunity
from rfcore.thesis.influence import census as census_rows
from rfcore.thesis.influence import shift
from rfcore.thesis.influence.census import METHODS, SHIFTS, Census
from rfcore.thesis.influence.shift import Figure410

GAP = "demographic_parity[absolute]"


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """700 rows in place of ACS Income, and smaller budgets."""
    X, y, groups = planted_gap(700)
    train, *later = np.split(np.arange(700), [400, 500, 600])
    own = Census.of(
        X * [1.0, 30.0, 1.0], y, groups, train,
        dict(zip(SHIFTS, later, strict=True)),
    )  # fmt: skip
    monkeypatch.setattr(census_rows, "census", lambda: own)
    monkeypatch.setitem(shift.BUDGETS, "small", (0, 8, 24))
    monkeypatch.setitem(shift.N_RANDOM, "small", 3)
    batches = FairBatch(alpha=0.01, batch_size=50, n_epochs=5, random_state=0)
    monkeypatch.setattr(census_rows, "fair_batch", lambda: batches)
    census_rows._without_random_rows.cache_clear()
    yield own
    census_rows._without_random_rows.cache_clear()


def cell_of(method, seed=0, scale="small"):
    return Cell("figure-4.10", "location", method, seed, None, scale)


def test_rows_are_scaled_by_the_training_rows(small):
    X, _, _ = planted_gap(700)
    X = X * [1.0, 30.0, 1.0]
    scale = StandardScaler(with_mean=False).fit(X[:400])
    np.testing.assert_allclose(small.X.toarray(), scale.transform(X))
    centered = StandardScaler().fit(X[:400])
    model = LogisticRegression(tol=1e-10, max_iter=10_000)
    model.fit(centered.transform(X[:400]), small.y[:400])
    np.testing.assert_allclose(model.coef_, small.model.coef_, atol=1e-5)


def test_halves_are_new_for_each_seed(small):
    validation, test = small.halves("location", 0)
    assert len(validation) == len(test) == 50
    together = np.sort(np.concatenate([validation, test]))
    assert together.tolist() == small.later["location"].tolist()
    assert validation.tolist() != small.halves("location", 1)[0].tolist()
    assert validation.tolist() == small.halves("location", 0)[0].tolist()


def refitted(own, method, rows, validation):
    """What the names of the methods stand for, at their documented options."""
    X, y, groups = own.X, own.y, own.groups
    if method == "logistic regression":
        model = LogisticRegression(solver="newton-cholesky", tol=1e-10)
        return model.fit(X[rows], y[rows]).predict(X)
    if method == "InfluenceReweighing":
        model = InfluenceReweighing().fit(
            X[rows], y[rows], X_val=X[validation], y_val=y[validation],
            groups_val=groups[validation],
        )  # fmt: skip
        return model.predict(X)
    batches = FairBatch(alpha=0.01, batch_size=50, n_epochs=5, random_state=0)
    if method == "FairBatch":
        return batches.fit(X[rows], y[rows], groups=groups[rows]).predict(X)
    if method == "CorrelationShift":
        model = CorrelationShift(batches, random_state=0)
        model.fit(X[rows], y[rows], groups=groups[rows], y_val=y[validation],
                  groups_val=groups[validation])  # fmt: skip
        return model.predict(X)
    model = RobustFairLogloss(tol=1e-4).fit(X[rows], y[rows], groups=groups[rows])
    return model.predict(X, groups=groups)


@pytest.mark.parametrize("method", METHODS)
def test_rows_of_a_cell(small, method, tmp_path):
    cell = cell_of(method)
    outcome = Figure410().run(cell)
    validation, test = small.halves("location", 0)
    scores = small.scores(validation)
    kept = [small.train[trim(scores, budget).kept] for budget in (0, 8, 24)]
    answers = [refitted(small, method, rows, validation) for rows in kept]

    def gap(answer, rows):
        return abs(demographic_parity(answer[rows], small.groups[rows]))

    at = {"thesis": 2}
    at["held-out"] = int(np.argmin([gap(answer, validation) for answer in answers]))
    rows = {(row.metric, row.protocol): row for row in outcome.rows}
    assert rows[f"{GAP}[untrimmed]", None].value == gap(answers[0], test)
    for protocol, number in at.items():
        answer, size = answers[number], 400 - len(kept[number])
        row = rows[GAP, protocol]
        assert row.value == gap(answer, test)
        assert abs(rows["demographic_parity", protocol].value) == row.value
        right = np.mean(answer[test] == small.y[test])
        assert rows["accuracy", protocol].value == right
        opportunity = equal_opportunity(small.y[test], answer[test], small.groups[test])
        found = rows["equal_opportunity[absolute]", protocol].value
        assert found == abs(opportunity)
        assert rows["positive_rate", protocol].value == answer[test].mean()
        assert rows["n_removed", protocol].value == size
        assert len(row.null) == (3 if size else 1)
        random = small.train[np.sort(np.random.default_rng(0).permutation(400)[size:])]
        other = refitted(small, method, random, validation)
        assert row.null[0] == gap(other, test)
        won = rows["won[demographic_parity]", protocol].value
        assert won == (row.value < statistics.median(row.null))
        null = rows["accuracy", protocol].null
        raised = rows["won[accuracy]", protocol].value
        assert raised == (right > statistics.median(null))
        np.testing.assert_array_equal(outcome.arrays[protocol], [row.value, right])
    written = Figure410().figures([], tmp_path, {cell: outcome.arrays})
    assert {path.name for path in written} == {"moves.png", "moves.svg"}


def test_nothing_removed_wins_nothing(monkeypatch):
    monkeypatch.setitem(shift.BUDGETS, "small", (0,))
    rows = Figure410().run(cell_of("logistic regression")).rows
    won = [row.value for row in rows if row.metric.startswith("won")]
    assert won == [0.0] * 4


def test_a_constant_classifier_is_no_success(monkeypatch):
    constant = {"logistic regression": lambda own, rows, validation: np.ones(700)}
    monkeypatch.setattr(census_rows, "METHODS", constant)
    rows = Figure410().run(cell_of("logistic regression")).rows
    of_gap = [row for row in rows if row.metric == GAP]
    assert {row.value for row in of_gap} == {0.0}
    assert {row.degenerate for row in of_gap} == {"all predictions are alike"}
    (judgment,) = [
        found
        for found in judge(Figure410().claims, rows)
        if found.claim.metric == "won[demographic_parity]"
        and (found.claim.dataset, found.claim.method, found.protocol)
        == ("location", "logistic regression", "thesis")
    ]
    assert judgment.verdict == "missed: degenerate in 1 of 1 answers"


def won_rows(values, degenerate=""):
    return [
        Row("time", "FairBatch", "won[demographic_parity]", value, seed=seed,
            protocol="held-out", degenerate=degenerate)
        for seed, value in enumerate(values)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("n_won", "verdict", "n_panels"),
    [(10, "met", 1), (6, "met", 1), (5, "missed by 0.5", 0), (0, "missed by 1", 0)],
)
def test_a_panel_is_won_by_most_seeds(n_won, verdict, n_panels):
    rows = won_rows([1] * n_won + [0] * (10 - n_won))
    verdicts = {
        (j.claim.dataset, j.claim.method, j.claim.metric, j.protocol): j.verdict
        for j in judge(Figure410().claims, rows)
    }
    key = ("time", "FairBatch", "won[demographic_parity]")
    assert verdicts[(*key, "held-out")] == verdict
    assert verdicts[(*key, "thesis")] == "not run"
    (total,) = Figure410().derived(rows)
    assert (total.value, total.protocol) == (n_panels, "held-out")
    alike = won_rows([1] * 10, "all alike")
    assert Figure410().derived(alike)[0].value == 0
    (judgment,) = [
        j for j in judge(Figure410().claims, alike) if j.verdict.startswith("missed")
    ]
    assert judgment.verdict == "missed: degenerate in 10 of 10 answers"


def test_cells_and_claims():
    experiment = Figure410()
    assert experiment.seeds("smoke") == (0,)
    assert len(experiment.cells("small", experiment.seeds("small"))) == 3 * 5 * 10
    won = [c for c in experiment.claims if c.metric == "won[demographic_parity]"]
    assert len(won) == 3 * 5 * 2
    raised = [c for c in experiment.claims if c.metric == "won[accuracy]"]
    assert len(raised) == 3 * 4
    assert shift.BUDGETS["paper"][-1] == 600


@pytest.mark.data
def test_the_sizes_are_the_thesis_s():
    from rfcore.datasets import load

    extras = load("acs_income").extras
    assert len(extras["train"]) == 18_000
    for name in SHIFTS:
        sizes = [len(extras[f"{part}_{name}"]) for part in ("validation", "test")]
        assert sizes == [6_000, 6_000]
