"""Figure 4.12: what a stream and a pool are, who asks, and what is claimed."""

import numpy as np
import pytest
from sklearn.linear_model import SGDClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from rfcore.datasets import Dataset
from rfcore.experiments import plan
from rfcore.experiments.claims import judge
from rfcore.experiments.record import Cell, Row
from rfcore.thesis.influence import active, streams
from rfcore.thesis.influence.figures import Panel
from rfcore.thesis.influence.streams import POOL, WAYS, Figure412, noisy_batches


@pytest.fixture
def small(monkeypatch):
    """A panel of 900 rows in place of a data set."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(900, 4))
    y = (X @ [2.0, -1.0, 0.0, 0.0] + 0.5 * rng.normal(size=900) > 0.4).astype(int)
    parts = np.split(np.arange(900), [600, 750])
    made = Panel(X, y, y, *parts, model=None)
    monkeypatch.setattr(streams, "panel", lambda name: made)
    return made


@pytest.fixture
def pool(monkeypatch):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(1151, 3)) * [1.0, 50.0, 0.01] + 7.0
    y = (X[:, 0] > 7).astype(int) ^ (rng.uniform(size=1151) < 0.2)
    order = rng.permutation(1151)
    X[order[200], 0] = 1e4
    parts = np.split(order, [150, 950, 1050])
    extras = dict(zip(active.SIZES, parts, strict=True))
    made = Dataset("pool", X, y, feature_names=("a", "b", "c"), extras=extras)
    monkeypatch.setattr(streams, "retinopathy", lambda: made)
    return made


def test_a_third_of_every_batch_is_flipped(small):
    batches = list(noisy_batches(small, 0))
    rows = np.concatenate([rows for rows, *_ in batches])
    assert sorted(rows) == list(range(600))
    assert not np.array_equal(rows, np.sort(rows))
    for own, y, flipped in batches:
        assert len(own) == 60
        assert sorted(flipped) == np.flatnonzero(y != small.y[own]).tolist()
        assert len(flipped) == 20
    again = list(noisy_batches(small, 0))
    other = list(noisy_batches(small, 1))
    np.testing.assert_array_equal(batches[3][1], again[3][1])
    assert not np.array_equal(batches[0][0], other[0][0])


@pytest.mark.parametrize("model", streams.MODELS)
def test_a_stream_in_three_ways(small, model, tmp_path):
    experiment = Figure412()
    cell = Cell("figure-4.12", "adult", model, 0, "held-out", "small")
    outcome = experiment.run(cell)
    curves = outcome.arrays["curves"]
    assert curves.shape == (3, 10)
    plain = SGDClassifier(loss=streams.MODELS[model], random_state=0)
    for t, (rows, y, _) in enumerate(noisy_batches(small, 0)):
        plain.partial_fit(small.X[rows], y, classes=[0, 1])
        right = plain.predict(small.X[small.test]) == small.y[small.test]
        assert curves[0, t] == np.mean(right)
    assert not np.array_equal(curves[2], curves[0])
    values = {(row.method, row.metric): row.value for row in outcome.rows}
    for way, curve in zip(WAYS, curves, strict=True):
        assert values[f"{model}, {way}", "accuracy[mean]"] == curve.mean()
        assert values[f"{model}, {way}", "accuracy[last]"] == curve[-1]
    assert values[f"{model}, trimmed", "n_removed"] == 60
    assert values[f"{model}, trimmed", "flipped_share"] > 0.8
    positive = small.y[small.test].mean()
    constant = values["constant classifier", "accuracy[last]"]
    assert constant == max(positive, 1 - positive)
    written = experiment.figures([], tmp_path, {cell: outcome.arrays})
    assert {path.name for path in written} == {"curves.png", "curves.svg"}


def test_influence_is_taken_on_validation_rows_only(small):
    """Test rows that say the opposite change nothing that is removed."""
    first = streams.online_curves(small, "log_loss", 0)
    y = small.y.copy()
    y[small.test] = 1 - y[small.test]
    turned = Panel(
        small.X, y, y, small.train, small.validation, small.test, model=None
    )  # fmt: skip
    second = streams.online_curves(turned, "log_loss", 0)
    np.testing.assert_allclose(first[0], 1 - second[0])
    np.testing.assert_array_equal(first[1], second[1])
    assert first[2:] == second[2:]


@pytest.mark.parametrize("protocol", ["thesis", "held-out"])
def test_rounds_of_questions(pool, protocol, tmp_path):
    experiment = Figure412()
    cell = Cell("figure-4.12", POOL, "all strategies", 0, protocol, "small")
    outcome = experiment.run(cell)
    parts = pool.extras if protocol == "thesis" else active.splits(pool, 0)
    assert {name: len(rows) for name, rows in parts.items()} == active.SIZES
    assert len(np.unique(np.concatenate(list(parts.values())))) == 1151
    X = StandardScaler().fit(pool.X[parts["train"]]).transform(pool.X)
    model = LinearSVC(dual=False, tol=1e-8)
    model.fit(X[parts["train"]], pool.y[parts["train"]])
    first = model.score(X[parts["test"]], pool.y[parts["test"]])
    curves = outcome.arrays["curves"]
    assert curves.shape == (7, 11)
    assert (curves[:, 0] == first).all()
    values = {(row.method, row.metric): row.value for row in outcome.rows}
    assert values["random", "accuracy[mean]"] == curves[0, 1:].mean()
    assert values["influence", "accuracy[last]"] == curves[4, 10]
    assert values["influence", "accuracy[round 3]"] == curves[4, 3]
    for name in ("entropy", "uncertainty"):
        assert values[name, "n_questions_of_margin"] == 100
    assert values["influence", "n_questions_of_margin"] < 100
    assert experiment.figures([], tmp_path, {cell: outcome.arrays})


def test_variants_of_influence_ask_for_other_rows(pool):
    rows = active.splits(pool, None)
    asked = [
        active.active_run(pool, rows, name, 0)[1].tolist() for name in active.INFLUENCE
    ]
    assert asked[0][:10] == asked[1][:10]
    assert asked[0] != asked[1]
    assert asked[0][:10] != asked[2][:10]


def test_only_random_sampling_varies_on_the_released_parts(pool):
    rows = active.splits(pool, None)
    for name in (*active.BASELINES, *active.INFLUENCE):
        asked = [active.active_run(pool, rows, name, s)[1] for s in (0, 1)]
        assert np.array_equal(*asked) == (name != "random")
        assert len(np.unique(asked[0])) == 100
        assert np.isin(asked[0], rows["pool"]).all()


def rows_of_means(dataset, method, protocol, values, metric="accuracy[mean]"):
    return [
        Row(dataset, method, metric, value, seed=seed, protocol=protocol)
        for seed, value in enumerate(values)
    ]


def test_a_stream_is_won_where_the_interval_is_above_zero():
    by_chance = np.linspace(0.5, 0.6, 10)
    noise = np.tile([0.0, 0.01], 5)
    rows = []
    for model, gain in (("logistic", 0.02), ("SVM", -0.004)):
        for way, values in (
            ("random rows trimmed", by_chance),
            ("trimmed", by_chance + gain + noise),
        ):
            rows += rows_of_means("adult", f"{model}, {way}", "held-out", values)
    derived = Figure412().derived(rows)
    verdicts = {
        judgment.claim.method: judgment.verdict
        for judgment in judge(Figure412().claims, derived)
        if judgment.claim.dataset == "adult" and "random" in judgment.claim.metric
    }
    assert verdicts["logistic, trimmed"] == "met"
    assert verdicts["SVM, trimmed"].startswith("missed by")
    values = {(r.method, r.metric): r.value for r in derived}
    gain = values["SVM, trimmed", "accuracy_gain[over random rows trimmed]"]
    assert gain == pytest.approx(0.001)
    assert Figure412().derived([row for row in rows if row.seed < 9]) == []


def test_the_constant_classifier_is_named():
    rows = [
        Row("adult", "constant classifier", "accuracy[last]", 0.75),
        *rows_of_means("adult", "SVM, trimmed", "held-out", [0.7, 0.79]),
        *rows_of_means("adult", "logistic, trimmed", "held-out", [0.76, 0.79]),
    ]
    (line,) = Figure412().summary(rows)
    assert line.endswith("classifier on average: adult SVM, trimmed")
    assert Figure412().summary(rows[:1] + rows[3:]) == []


@pytest.mark.parametrize("lead", [0.0, 1 / 1010])
def test_the_best_of_a_round_is_above_every_baseline(lead):
    rows = []
    for name in (*active.BASELINES, "influence"):
        better = 0.05 if name == "influence" else 0.0
        rows += rows_of_means(POOL, name, "thesis", 0.6 + better + np.zeros(10))
        for r in range(1, 11):
            above = better if r <= 6 else 0.0
            if r == 10 and name == "influence":
                above = lead
            metric = "accuracy[last]" if r == 10 else f"accuracy[round {r}]"
            values = 0.6 + above + np.zeros(10)
            rows += rows_of_means(POOL, name, "thesis", values, metric)
    derived = Figure412().derived(rows)
    found = {row.metric: row.value for row in derived}
    assert found["n_rounds_best"] == 6 + (lead > 0)
    verdicts = {
        judgment.claim.metric: judgment.verdict
        for judgment in judge(Figure412().claims, derived)
        if judgment.protocol == "thesis"
    }
    assert verdicts["n_rounds_best"] == "met"
    assert (verdicts["accuracy_lead[last]"] == "met") == (lead > 0)


def test_cells_and_claims():
    cells = plan(Figure412(), "small")
    assert len(cells) == 4 * 2 * 10 + 2 * 10
    assert len({(c.dataset, c.method, c.metric, c.protocol)
                for c in Figure412().claims}) == 4 * 2 * 2 + 6  # fmt: skip
    assert len(plan(Figure412(), "smoke")) == 4 * 2 + 2


@pytest.mark.data
def test_the_released_parts_have_the_sizes_of_the_thesis():
    rows = active.splits(active.retinopathy(), None)
    assert {name: len(own) for name, own in rows.items()} == active.SIZES
    drawn = active.splits(active.retinopathy(), 0)
    assert {name: len(own) for name, own in drawn.items()} == active.SIZES
