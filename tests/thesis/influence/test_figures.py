"""Figure 4.8: what counts as better, what is drawn, and how panels are won."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from rfcore.experiments.record import Cell, Row
from rfcore.influence import knn_shapley
from rfcore.thesis.influence import figures
from rfcore.thesis.influence.figures import Figure48, Panel, better


@pytest.fixture
def small(monkeypatch):
    """A panel of 300 rows in place of a data set."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 4))
    groups = rng.integers(0, 2, 300)
    y = (X[:, 0] + 0.8 * groups + rng.normal(size=300) > 0.4).astype(int)
    train, validation, test = np.split(np.arange(300), [160, 230])
    model = figures.fitted(X[train], y[train])
    made = Panel(X, y, groups, train, validation, test, model, {"adult": "other rows"})
    monkeypatch.setattr(figures, "panel", lambda name: made)
    return made


def test_measures_of_the_untrimmed_model(small):
    predictions = small.model.predict(small.X[small.test])
    right = np.mean(predictions == small.y[small.test])
    assert small.value(small.model, "loss", small.test) == right
    # Every row has crossed the boundary of this very model.
    adversarial = small.value(small.model, "robustness", small.test)
    assert adversarial == pytest.approx(1 - right)
    groups = small.groups[small.test]
    gap = abs(predictions[groups == 1].mean() - predictions[groups == 0].mean())
    value = small.value(small.model, "demographic_parity", small.test)
    assert value == pytest.approx(gap)


def test_better_is_more_right_and_less_unfair():
    assert better("loss", 0.9, 0.8)
    assert better("robustness", 0.9, 0.8)
    assert better("demographic_parity", 0.1, 0.2)
    assert not better("demographic_parity", 0.1, 0.1)


@pytest.mark.parametrize("target", figures.MEASURES)
def test_rows_of_a_panel(small, target, tmp_path):
    experiment = Figure48()
    cell = Cell("figure-4.8", "adult", target, None, None, "small")
    outcome = experiment.run(cell)
    metric = figures.MEASURES[target][0]
    rows = {(row.metric, row.protocol): row for row in outcome.rows}
    untrimmed = small.value(small.model, target, small.test)
    assert rows[f"{metric}[untrimmed]", None].value == untrimmed
    assert {row.substitute for row in outcome.rows} == {"other rows"}
    by_neighbors = f"{metric}{figures.BY_NEIGHBORS}"
    assert ((by_neighbors, "held-out") in rows) == (target == "loss")
    assert rows["n_removed", "thesis"].value <= 8
    assert 0 < rows["positive_rate", "held-out"].value < 1
    size = int(rows["n_removed", "held-out"].value)
    null = rows[metric, "held-out"].null
    assert len(null) == 10
    kept = small.train[np.sort(np.random.default_rng(0).permutation(160)[size:])]
    model = LogisticRegression(solver="newton-cholesky", tol=1e-10)
    model.fit(small.X[kept], small.y[kept])
    assert null[0] == small.value(model, target, small.test)
    assert outcome.arrays["shares"][0] == 0
    assert outcome.arrays["values"][0] == untrimmed
    written = experiment.figures([], tmp_path, {cell: outcome.arrays})
    assert {path.name for path in written} == {"panels.png", "panels.svg"}


def test_a_panel_is_won_above_the_median_of_random_removals():
    def row(method, metric, value):
        null = [0.1, 0.2, 0.6]
        return Row("adult", method, metric, value, protocol="held-out", null=null)

    rows = [
        row("loss", "accuracy", 0.3),
        row("robustness", "accuracy[adversarial]", 0.2),
        row("demographic_parity", "demographic_parity[absolute]", 0.15),
        Row("adult", "loss", "accuracy[untrimmed]", 0.9),
        row("loss", "accuracy[kNN-Shapley]", 0.3),
    ]
    (won,) = Figure48().derived(rows)
    assert (won.metric, won.value, won.protocol) == ("n_panels_won", 2, "held-out")


class Alike:
    """Puts every row into the same class."""

    def predict(self, X):
        return np.zeros(len(X), dtype=int)


def test_a_model_whose_predictions_are_alike_wins_nothing(small, monkeypatch):
    trained = Panel.trained

    def alike_where_trimmed(self, rows):
        # Eight rows less: random rows are not below these numbers.
        gone = np.setdiff1d(self.train, rows)
        return Alike() if gone.tolist() == list(range(8)) else trained(self, rows)

    monkeypatch.setattr(Panel, "trained", alike_where_trimmed)
    scores = np.append(-np.ones(8), np.ones(152))
    outcome = figures.trimmed(small, "adult", "demographic_parity", scores, "smoke")
    (value,) = (
        row
        for row in outcome.rows
        if row.metric == "demographic_parity[absolute]" and row.protocol == "thesis"
    )
    assert value.value == 0
    assert value.degenerate == "all predictions are alike"
    won = {row.protocol: row.value for row in Figure48().derived(outcome.rows)}
    assert won["thesis"] == 0


class Scripted(Panel):
    """The model is how many rows it lacks; its value is best at 3 or, tested, at 6."""

    def trained(self, rows):
        return len(self.train) - len(rows)

    def value(self, model, target, rows):
        best = 3 if rows is self.validation else 6
        return 1.0 - abs(model - best) / 10

    def positive_rate(self, model):
        return 0.5


@pytest.mark.parametrize("sparse", [False, True])
def test_budgets_are_chosen_on_validation_rows_and_values_are_of_test_rows(
    small, sparse
):
    parts = {name: getattr(small, name) for name in Panel.__dataclass_fields__}
    own = Scripted(**(parts | {"model": 0}))
    outcome = figures.trimmed(
        own, "adult", "loss", -np.ones(160), "small", suffix="[x]", sparse=sparse
    )
    rows = {(row.metric, row.protocol): row for row in outcome.rows}
    assert rows["n_removed[x]", "held-out"].value == 3
    assert rows["n_removed[x]", "thesis"].value == 8
    assert rows["accuracy[x]", "held-out"].value == pytest.approx(0.7)
    assert rows["accuracy[x]", "held-out"].null == pytest.approx([0.7] * 10)
    assert rows["accuracy[x]", "thesis"].null == pytest.approx([0.8] * 10)
    sizes = np.rint(outcome.arrays["shares"] * 160)
    assert sizes.tolist() == [0, 0, 0, 1, 1, 3, 4, 6, 8]
    drawn = np.isfinite(outcome.arrays["random"]).all(axis=1)
    assert drawn.tolist() == [not sparse or size in (3, 8) for size in sizes]


def test_rows_trimmed_by_their_neighbors(small):
    cell = Cell("figure-4.8", "adult", "loss", None, None, "smoke")
    rows = {
        row.metric: row for row in Figure48().run(cell).rows if row.protocol == "thesis"
    }
    train, valued = small.train, small.validation
    values = knn_shapley(
        small.X[train], small.y[train], small.X[valued], small.y[valued]
    )
    kept = np.sort(np.argsort(values, kind="stable")[8:])
    model = small.trained(train[kept])
    found = rows["accuracy[kNN-Shapley]"].value
    assert found == small.value(model, "loss", small.test)
    assert rows["n_removed[kNN-Shapley]"].value == 8
