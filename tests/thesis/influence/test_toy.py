"""Figure 4.7: the draw, the measures, and what counts as an improvement."""

import numpy as np
import pytest
from sklearn.metrics import log_loss

from rfcore.experiments import plan
from rfcore.experiments.record import Cell, Row
from rfcore.influence import InfluenceFunction, boundary_move
from rfcore.thesis.influence import toy as figure47
from rfcore.thesis.influence.figures import MEASURES
from rfcore.thesis.influence.toy import Figure47, fitted, toy


def cell(target, protocol="thesis", seed=0):
    return Cell("figure-4.7", "two_gaussians", target, seed, protocol, "small")


def test_a_draw_has_the_sizes_and_the_moments_that_are_named():
    draws = [toy(seed) for seed in range(40)]
    assert len(draws[0].X["train"]) == 150
    assert len(draws[0].X["validation"]) == len(draws[0].X["test"]) == 100
    own = np.concatenate([d.groups["train"] == d.y["train"] for d in draws])
    assert own.mean() == pytest.approx(figure47.OWN_GROUP, abs=0.02)
    for draw in draws:
        assert draw.y["train"].sum() == 75
        np.testing.assert_allclose(draw.X["train"].mean(axis=0), 0, atol=1e-9)
        np.testing.assert_allclose(draw.X["train"].std(axis=0), 1)
    # The gap between the means in units of a class's own spread is that of MEANS.
    gaps = np.array(
        [
            [d.X["test"][d.y["test"] == c].mean(axis=0) for c in (0, 1)]
            / d.X["test"][d.y["test"] == 0].std(axis=0)
            for d in draws
        ]
    )
    expected = (figure47.MEANS[1] - figure47.MEANS[0]) / figure47.SPREAD
    np.testing.assert_allclose(
        (gaps[:, 1] - gaps[:, 0]).mean(axis=0), expected, atol=0.15
    )
    np.testing.assert_array_equal(toy(3).X["train"], toy(3).X["train"])


@pytest.mark.parametrize("protocol", ["thesis", "held-out"])
@pytest.mark.parametrize("target", MEASURES)
def test_rows_of_a_draw(target, protocol):
    own = toy(1)
    part = "validation" if protocol == "thesis" else "test"
    rows = {row.metric: row for row in Figure47().run(cell(target, protocol, 1)).rows}
    model = fitted(own.X["train"], own.y["train"])
    influence = InfluenceFunction().fit(model, own.X["train"], own.y["train"]).scores(
        own.X["validation"], own.y["validation"], target=target,
        groups=own.groups["validation"], gamma=figure47.GAMMA,
    )  # fmt: skip
    worst = np.argsort(influence)[: min(10, (influence < 0).sum())]
    assert rows["n_removed"].value == len(worst)
    assert rows["share_negative"].value == (influence < 0).mean()
    assert rows["share_positive"].value == (influence > 0).mean()
    kept = np.setdiff1d(np.arange(150), worst)
    after = fitted(own.X["train"][kept], own.y["train"][kept])
    metric, upward = MEASURES[target]
    X, y, groups = own.X[part], own.y[part], own.groups[part]
    if target == "robustness":
        X = boundary_move(X, model.coef_[0], gamma=figure47.GAMMA)
    found = []
    for own_model in (model, after):
        labels = own_model.predict(X)
        gap = abs(labels[groups == 1].mean() - labels[groups == 0].mean())
        right = np.mean(labels == y)
        p = own_model.predict_proba(X)[:, 1]
        soft_gap = abs(p[groups == 1].mean() - p[groups == 0].mean())
        if target == "demographic_parity":
            found.append((gap, soft_gap))
        else:
            found.append((right, log_loss(y, p)))
    assert rows[f"{metric}[before]"].value == pytest.approx(found[0][0])
    assert rows[metric].value == pytest.approx(found[1][0])
    assert rows["target[before]"].value == pytest.approx(found[0][1])
    assert rows["target"].value == pytest.approx(found[1][1])
    change = found[1][0] - found[0][0]
    assert rows["improvement"].value == pytest.approx(change if upward else -change)
    assert rows["target_improvement"].value == pytest.approx(found[0][1] - found[1][1])
    assert len(rows[metric].null) == len(rows["target"].null) == 10
    if target == "robustness":
        right = np.mean(model.predict(own.X[part]) == y)
        assert rows[f"{metric}[before]"].value == pytest.approx(1 - right)


def test_trimming_lowers_the_target_it_was_chosen_for():
    """On the rows that gave the influence, in most of the draws."""
    for target in ("demographic_parity", "robustness"):
        rows = [
            row.value
            for seed in range(5)
            for row in Figure47().run(cell(target, seed=seed)).rows
            if row.metric == "target_improvement"
        ]
        assert sum(value > 0 for value in rows) >= 4


def test_draws_are_counted():
    rows = []
    for seed in range(10):
        gain = 0.1 if seed < 6 else (-0.1 if seed < 9 else 0.0)
        for metric, value in (("improvement", gain), ("improvement[random]", 0.02)):
            rows.append(Row("two_gaussians", "loss", metric, value, seed=seed,
                            protocol="thesis"))  # fmt: skip
    found = {row.metric: row.value for row in Figure47().derived(rows)}
    assert found["improvement[share improved]"] == 0.6
    assert found["improvement[share worsened]"] == pytest.approx(0.3)
    assert found["improvement[over draws]"] == pytest.approx(0.03)
    assert found["improvement[over random]"] == pytest.approx(0.01)
    assert found["improvement[over draws, low]"] < 0
    assert Figure47().derived(rows[:-2]) == []


def test_the_picture(tmp_path):
    experiment = Figure47()
    arrays = {cell(t): experiment.run(cell(t)).arrays for t in MEASURES}
    assert experiment.run(cell("loss", seed=1)).arrays == {}
    written = experiment.figures([], tmp_path, arrays)
    assert {path.name for path in written} == {"toy.png", "toy.svg"}
    figure = figure47.draw_toy({c.method: own for c, own in arrays.items()})
    assert len(figure.axes) == 9
    marked = figure.axes[1].collections[-1].get_offsets()
    own = arrays[cell("loss")]
    np.testing.assert_allclose(marked, own["X"][own["removed"]])


def test_cells_and_claims():
    assert len(plan(Figure47(), "small")) == 3 * 2 * 10
    assert len(list(Figure47().claims)) == 10
