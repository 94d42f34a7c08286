"""Figure 4.11: who moves which rows, what is trimmed, and what is compared."""

import numpy as np
import pytest

from rfcore.attacks.classifiers.base import share_right
from rfcore.experiments import judge
from rfcore.experiments.record import Cell, Row
from rfcore.influence import InfluenceFunction, boundary_move, trim
from rfcore.thesis.influence import evasion, figures
from rfcore.thesis.influence.evasion import DIFFERENCES, Figure411, attacked, drawn_rows
from rfcore.thesis.influence.figures import Panel


@pytest.fixture
def small(monkeypatch):
    """A panel of 600 rows in place of a data set."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 4))
    y = (X[:, 0] + 0.5 * X[:, 1] ** 2 + rng.normal(size=600) > 0.4).astype(int)
    train, validation, test = np.split(np.arange(600), [400, 500])
    model = figures.fitted(X[train], y[train])
    made = Panel(X, y, np.arange(600) % 2, train, validation, test, model)
    monkeypatch.setattr(evasion, "panel", lambda name: made)
    return made


def cell(seed=0, scale="small"):
    return Cell("figure-4.11", "adult", "trimmed", seed, None, scale)


def test_a_random_share_of_the_rows_is_moved():
    sizes = [len(drawn_rows(1000, seed)) for seed in range(40)]
    assert 50 <= min(sizes) < 100
    assert 200 < max(sizes) <= 250
    rows = drawn_rows(1000, 3)
    assert len(set(rows.tolist())) == len(rows)
    np.testing.assert_array_equal(rows, drawn_rows(1000, 3))


def test_only_the_drawn_rows_cross_the_boundary(small):
    X, y, rows = small.X[small.test], small.y[small.test], np.array([3, 70, 12])
    X_adv = attacked(small.model, X, y, rows)
    moved = boundary_move(X[rows], small.model.coef_[0], small.model.intercept_[0])
    np.testing.assert_array_equal(X_adv[rows], moved)
    others = np.setdiff1d(np.arange(100), rows)
    np.testing.assert_array_equal(X_adv[others], X[others])


def test_rows_of_a_cell(small, tmp_path):
    experiment = Figure411()
    outcome = experiment.run(cell())
    values = {(r.protocol, r.method, r.metric): r.value for r in outcome.rows}
    X, y = small.X[small.test], small.y[small.test]
    rows = drawn_rows(100, 0)
    X_adv = attacked(small.model, X, y, rows)
    influence = InfluenceFunction().fit(
        small.model, small.X[small.train], small.y[small.train]
    )
    held = small.X[small.validation], small.y[small.validation]
    scores = {
        "thesis": influence.scores(X_adv, y, target="loss"),
        "held-out": influence.scores(*held, target="robustness"),
    }
    for protocol, own in scores.items():
        before = values[protocol, "untrimmed", "accuracy"]
        assert before == share_right(small.model.predict(X), y)
        after = values[protocol, "untrimmed", "accuracy[attacked]"]
        assert after == share_right(small.model.predict(X_adv), y) < before
        assert values[protocol, "untrimmed", "accuracy[attacked anew]"] == after
        kept = trim(own, 10).kept
        assert values[protocol, "trimmed", "n_removed"] == 10
        model = small.trained(small.train[kept])
        found = values[protocol, "trimmed", "accuracy[attacked]"]
        assert found == share_right(model.predict(X_adv), y)
        anew = attacked(model, X, y, rows)
        found = values[protocol, "trimmed", "accuracy[attacked anew]"]
        assert found == share_right(model.predict(anew), y)
    assert values[None, "attacker", "n_moved"] == len(rows)
    nulls = [r.null for r in outcome.rows if r.metric == "accuracy[attacked]"]
    nulls = [null for null in nulls if null is not None]
    assert [len(null) for null in nulls] == [3, 3]
    average = values["thesis", "random rows trimmed", "accuracy[attacked]"]
    assert average == pytest.approx(np.mean(nulls[0]))
    made = {cell(): outcome.arrays, cell(1): outcome.arrays}
    written = experiment.figures([], tmp_path, made)
    assert {path.name for path in written} == {"panels.png", "panels.svg"}


def test_protocols_and_seeds_differ(small):
    first, other = (Figure411().run(cell(seed, "smoke")) for seed in (0, 1))
    assert not np.array_equal(first.arrays["thesis"], other.arrays["thesis"])
    assert not np.array_equal(first.arrays["thesis"], first.arrays["held-out"])


def found_rows(n_seeds, gain):
    """Trimmed rows that are better than random ones by 0.1 on average."""
    rng = np.random.default_rng(0)
    rows = []
    for seed in range(n_seeds):
        noise = 0.01 * rng.normal()
        for method, metric, value in (
            ("trimmed", "accuracy[attacked]", 0.7 + gain + noise),
            ("trimmed", "accuracy[attacked anew]", 0.6),
            ("random rows trimmed", "accuracy[attacked]", 0.7),
            ("untrimmed", "accuracy[attacked]", 0.65),
            ("untrimmed", "accuracy", 0.9),
        ):
            rows.append(
                Row("adult", method, metric, value, seed=seed, protocol="held-out")
            )
    return rows


@pytest.mark.parametrize(("gain", "met"), [(0.1, True), (0.0005, False)])
def test_claims_hold_where_the_interval_is_above_zero(gain, met):
    experiment = Figure411()
    rows = found_rows(10, gain)
    derived = experiment.derived(rows)
    assert len(derived) == 3 * len(DIFFERENCES)
    judgments = judge(experiment.claims, derived)
    verdicts = {
        (j.claim.dataset, j.claim.metric, j.protocol): j.verdict for j in judgments
    }
    assert len(verdicts) == 24
    over_random = "difference[attacked, over random rows, lower end]"
    verdict = verdicts["adult", over_random, "held-out"]
    assert (verdict == "met") == met
    assert verdict == "met" or verdict.startswith("missed by")
    anew = "difference[attacked anew, over no trimming, lower end]"
    assert verdicts["adult", anew, "held-out"].startswith("missed by")
    assert verdicts["adult", over_random, "thesis"] == "not run"
    means = {row.metric: row.value for row in derived}
    pair = [0.7 + gain + 0.01 * z for z in np.random.default_rng(0).normal(size=10)]
    mean = np.mean(pair) - 0.7
    assert means["difference[attacked, over random rows]"] == pytest.approx(mean)


def test_fewer_seeds_give_no_verdict():
    derived = Figure411().derived(found_rows(9, 0.1))
    assert len(derived) == len(DIFFERENCES)
    assert not any(" end" in row.metric for row in derived)


@pytest.mark.data
def test_a_cell_of_bank():
    bank = Cell("figure-4.11", "bank_additional", "trimmed", 0, None, "smoke")
    rows = Figure411().run(bank).rows
    values = {(r.protocol, r.method, r.metric): r.value for r in rows}
    before = values["thesis", "untrimmed", "accuracy"]
    share = values[None, "attacker", "share_moved"]
    # A moved row that was right becomes wrong, and the other way round.
    lost = share * (2 * before - 1)
    after = values["thesis", "untrimmed", "accuracy[attacked]"]
    assert after == pytest.approx(before - lost, abs=0.01)
