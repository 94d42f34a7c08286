"""Figure 4.9: networks of a seed, adversaries of inputs, and both kinds of panels."""

import sys

import numpy as np
import pytest

from rfcore.experiments.record import Cell
from rfcore.influence import InfluenceFunction, boundary_move
from rfcore.thesis.influence import figures, networks
from rfcore.thesis.influence.figures import MEASURES, Panel
from rfcore.thesis.influence.networks import (
    RETRAINED,
    Figure49,
    NetworkPanel,
    crossed,
    panels,
    train,
)

torch = pytest.importorskip("torch")

CELL = Cell("figure-4.9", "adult", "all targets", 1, None, "smoke")


@pytest.fixture
def plain(monkeypatch):
    """A panel of 500 rows in place of a data set; networks are small and quick."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 4))
    groups = rng.integers(0, 2, 500)
    z = X[:, 0] * X[:, 1] + X[:, 2] + 0.8 * groups + 0.5 * rng.normal(size=500)
    y = (z > 0.4).astype(int)
    train, validation, test = np.split(np.arange(500), [300, 400])
    model = figures.fitted(X[train], y[train])
    made = Panel(X, y, groups, train, validation, test, model)
    monkeypatch.setattr(figures, "panel", lambda name: made)
    monkeypatch.setattr(networks, "N_EPOCHS", 12)
    monkeypatch.setattr(networks, "BATCH_SIZE", 100)
    monkeypatch.setattr(networks, "LEARNING_RATE", 1e-2)
    monkeypatch.setitem(networks.N_TRAIN, "smoke", 200)
    panels.cache_clear()
    yield made
    panels.cache_clear()


def weights_of(network):
    return torch.cat([p.detach().reshape(-1) for p in network.body.parameters()])


def test_networks_repeat_and_do_not_see_the_rows_left_out(plain):
    X, y = plain.X[:200].copy(), plain.y[:200].copy()
    kept = np.arange(200) % 3 > 0
    network = train(X, y, kept, seed=0)
    X[~kept], y[~kept] = 7.0, 1
    state = torch.random.get_rng_state()
    again = train(X, y, kept, seed=0)
    assert torch.equal(weights_of(network), weights_of(again))
    assert torch.equal(torch.random.get_rng_state(), state)
    np.testing.assert_array_equal(network.head.coef_, again.head.coef_)
    all_rows = train(plain.X[:200], plain.y[:200], np.ones(200, dtype=bool), seed=0)
    assert not torch.equal(weights_of(network), weights_of(all_rows))
    other = train(X, y, kept, seed=1)
    assert not torch.equal(weights_of(network), weights_of(other))
    # A line cannot tell these classes apart so well.
    linear = np.mean(plain.model.predict(plain.X[:200]) == plain.y[:200])
    assert np.mean(all_rows.predict(plain.X[:200]) == plain.y[:200]) > linear + 0.03


def test_inputs_are_moved_across_the_boundary_of_the_network(plain):
    network = train(plain.X, plain.y, np.ones(500, dtype=bool), seed=0)
    moved = crossed(network, plain.X)
    assert (network.predict(moved) != network.predict(plain.X)).mean() > 0.99
    assert np.median(np.linalg.norm(moved - plain.X, axis=1)) < 1.5
    assert next(network.body.parameters()).dtype == torch.float32


def test_of_a_linear_network_the_move_is_the_boundary_move(plain):
    linear = networks.Network(torch.nn.Identity(), plain.model)
    expected = boundary_move(
        plain.X, plain.model.coef_, plain.model.intercept_[0], gamma=1.1
    )
    np.testing.assert_allclose(crossed(linear, plain.X), expected, atol=1e-12)


def test_panels_share_rows_and_network(plain):
    embedded, network = panels("adult", "smoke", 0)
    assert isinstance(network, NetworkPanel)
    assert len(embedded.train) == len(set(embedded.train) & set(plain.train)) == 200
    assert embedded.X.shape == (500, 32)
    for rows in (embedded.test, embedded.validation):
        np.testing.assert_array_equal(
            embedded.model.predict(embedded.X[rows]),
            network.model.predict(network.X[rows]),
        )
    again = network.trained(network.train)
    assert torch.equal(weights_of(again), weights_of(network.model))
    assert network.trained(network.train.copy()) is again
    fewer = network.trained(network.train[50:])
    X, y = network.X[network.train], network.y[network.train]
    by_hand = train(X, y, np.arange(200) >= 50, 0)
    assert torch.equal(weights_of(fewer), weights_of(by_hand))
    right = network.value(network.model, "loss", network.test)
    for own in (embedded, network):
        moved = own.value(own.model, "robustness", own.test)
        assert moved == pytest.approx(1 - right, abs=0.02)


def test_rows_of_both_kinds_of_panels(plain, tmp_path):
    experiment = Figure49()
    outcome = experiment.run(CELL)
    rows = {(r.method, r.metric, r.protocol): r for r in outcome.rows}
    embedded, network = panels("adult", "smoke", 1)
    for target, (metric, _) in MEASURES.items():
        for own, suffix in ((embedded, ""), (network, RETRAINED)):
            untrimmed = rows[target, f"{metric}{suffix}[untrimmed]", None]
            assert untrimmed.value == own.value(own.model, target, own.test)
            row = rows[target, f"{metric}{suffix}", "thesis"]
            assert len(row.null) == 2
            held = rows[target, f"{metric}{suffix}", "held-out"]
            assert np.isfinite([*row.null, *held.null]).all()
            assert 0 < rows[target, f"n_removed{suffix}", "thesis"].value <= 10
    # The trimmed network of one panel, by hand.
    influence = InfluenceFunction().fit(
        network.model.head,
        network.X[network.train],
        network.y[network.train],
        embed=network.model.body,
    ).scores(
        network.adversarial(network.validation),
        network.y[network.validation],
        target="loss",
    )  # fmt: skip
    kept = np.sort(np.argsort(influence, kind="stable")[10:])
    trimmed = network.trained(network.train[kept])
    value = np.mean(
        trimmed.predict(crossed(network.model, network.X[network.test]))
        == network.y[network.test]
    )
    assert rows["robustness", f"accuracy[adversarial]{RETRAINED}", "thesis"].value == (
        value
    )
    won = {(r.metric, r.protocol): r.value for r in experiment.derived(outcome.rows)}
    assert len(won) == 4
    assert all(0 <= value <= 3 for value in won.values())
    other = Cell("figure-4.9", "adult", "all targets", 2, None, "smoke")
    arrays = {CELL: outcome.arrays, other: outcome.arrays}
    written = experiment.figures([], tmp_path, arrays)
    assert {path.name for path in written} == {"panels.png", "panels.svg"}


def test_cells_are_networks():
    cells = Figure49().cells("small", (0, 1, 2))
    assert len(cells) == len(set(cells)) == 12
    assert {cell.seed for cell in cells} == {0, 1, 2}


def test_error_without_torch(plain, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r'pip install "rfcore\[deep\]"'):
        Figure49().run(CELL)
