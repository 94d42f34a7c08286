"""The anchoring attacks: targets, places, shares, and what they do to a gap."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from rfcore.attacks import NonRandomAnchoring, RandomAnchoring
from rfcore.attacks.classifiers.anchoring import _n_neighbors

BOTH = pytest.mark.parametrize("attack", [RandomAnchoring, NonRandomAnchoring])


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 2, 300)
    X = np.column_stack([rng.normal(size=(300, 2)), groups])
    y = (X[:, 0] + 0.5 * groups + rng.normal(size=300) > 0.6).astype(int)
    return X, y, groups


@BOTH
@pytest.mark.parametrize("favored", [None, 0, 1])
def test_rows_are_placed_on_targets_of_the_right_kind(rows, attack, favored):
    X, y, groups = rows
    made = attack(n_null=2, epsilon=0.05, favored=favored, random_state=3)
    result = made.run(LogisticRegression(), X, y, groups=groups)
    gains = 1 if favored is None else favored
    first, second = result.details["targets"]
    assert (groups[first], y[first]) == (gains, 0)
    assert (groups[second], y[second]) == (1 - gains, 1)
    n_first = round(15 * np.mean(y == 0))
    assert result.details["n_placed"].tolist() == [n_first, 15 - n_first]
    expected = np.repeat([X[first], X[second]], [n_first, 15 - n_first], axis=0)
    np.testing.assert_array_equal(result.X_adv[300:], expected)
    assert result.y_adv[300:].tolist() == [1] * n_first + [0] * (15 - n_first)
    np.testing.assert_array_equal(result.groups_adv[300:], expected[:, 2])
    assert result.lowers == (gains == 0)
    assert result.details["favored"] == gains
    sign = 1 if gains else -1
    assert sign * result.after > sign * result.before
    assert result.above_null


@BOTH
def test_the_group_with_more_of_label_1_is_favored(rows, attack):
    X, y, groups = rows
    result = attack(n_null=2, random_state=0).run(
        LogisticRegression(), X, y, groups=1 - groups
    )
    assert result.details["favored"] == 0


@BOTH
def test_the_ball_around_a_target_is_filled(rows, attack):
    X, y, groups = rows
    made = attack(n_null=2, epsilon=1.0, tau=0.5, random_state=0)
    result = made.run(LogisticRegression(), X, y, groups=groups)
    at = np.repeat(result.details["targets"], result.details["n_placed"])
    radii = np.linalg.norm(result.X_adv[300:] - X[at], axis=1)
    assert radii.max() <= 0.5
    # Uniform in three dimensions: half of the rows lie beyond 0.79 of the radius.
    assert np.median(radii) == pytest.approx(0.5 * 0.5 ** (1 / 3), abs=0.02)


def test_targets_are_drawn_uniformly(rows):
    X, y, groups = rows
    possible = [
        np.flatnonzero((groups == 1) & (y == 0)),
        np.flatnonzero((groups == 0) & (y == 1)),
    ]
    rng = np.random.default_rng(0)
    attack = RandomAnchoring()
    drawn = np.array([attack._targets(X, possible, rng)[0] for _ in range(2000)])
    for column, rows_of_kind in zip(drawn.T, possible, strict=True):
        counts = [np.sum(column == row) for row in rows_of_kind]
        assert sum(counts) == 2000
        expected = 2000 / len(rows_of_kind)
        assert max(counts) < expected + 5 * np.sqrt(expected)
        assert min(counts) > expected - 5 * np.sqrt(expected)


def test_popular_rows_have_the_most_neighbors_of_their_kind():
    """Of the favored group's zeros the row at 5 has two within 1; of the other's
    ones, the row at 9 has all within 3, and the rows of other kinds do not count."""
    places = [0.0, 5.0, 4.2, 5.8, 0.1, 0.2, 9.0, 7.0, 11.5, 0.0, 0.3, 0.2]
    X = np.array(places)[:, None]
    y = np.array([0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 1])
    groups = np.array([1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1])
    attack = NonRandomAnchoring(n_null=2, favored=1, epsilon=0.5)
    result = attack.run(LogisticRegression(), X, y, groups=groups)
    assert result.details["targets"].tolist() == [1, 6]
    assert result.details["n_neighbors"].tolist() == [3, 3]
    attack = NonRandomAnchoring(n_null=2, favored=1, epsilon=0.5, radius=0.9)
    result = attack.run(LogisticRegression(), X, y, groups=groups)
    assert result.details["n_neighbors"].tolist() == [3, 1]
    assert result.details["targets"].tolist() == [1, 6]


def test_neighbors_are_near_in_every_feature():
    X = np.random.default_rng(0).normal(size=(600, 3))
    expected = [
        sum((np.abs(row - other) <= 0.7).all() for other in X) for row in X[:40]
    ]
    assert _n_neighbors(X, 0.7)[:40].tolist() == expected
    near = (np.abs(X[:, None] - X) <= 0.7).all(axis=2).sum(axis=1)
    np.testing.assert_array_equal(_n_neighbors(X, 0.7), near)


def test_the_gap_is_measured_on_the_rows_that_are_named(rows):
    X, y, groups = rows
    train, test = np.arange(200), np.arange(200, 300)
    result = RandomAnchoring(n_null=2, random_state=0).run(
        LogisticRegression(), X[train], y[train], groups=groups[train],
        X_eval=X[test], groups_eval=groups[test],
    )  # fmt: skip
    for labels, value, (own_X, own_y) in (
        (result.labels_before, result.before, (X[train], y[train])),
        (result.labels_after, result.after, (result.X_adv, result.y_adv)),
    ):
        found = LogisticRegression().fit(own_X, own_y).predict(X[test])
        np.testing.assert_array_equal(labels, found)
        own = groups[test]
        assert value == pytest.approx(found[own == 1].mean() - found[own == 0].mean())


@BOTH
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epsilon": 0}, r"epsilon=0 should be in \(0, 1\]"),
        ({"epsilon": 0.001}, "epsilon=0.001 of 300 rows should be 2 rows or more"),
        ({"tau": -1}, "tau=-1 should be finite"),
        ({"favored": 2}, "favored=2 should be 0, 1 or None"),
        ({"n_null": 0}, "n_null=0 should be >= 1"),
    ],
)
def test_errors_of_options(rows, attack, options, message):
    X, y, groups = rows
    with pytest.raises(ValueError, match=message):
        attack(**options).run(LogisticRegression(), X, y, groups=groups)


@BOTH
def test_errors_of_rows(rows, attack):
    X, y, groups = rows
    run, model = attack().run, LogisticRegression()
    with pytest.raises(ValueError, match="y should hold 0 and 1"):
        run(model, X, y + 1, groups=groups)
    with pytest.raises(ValueError, match=r"groups.shape=\(299,\)"):
        run(model, X, y, groups=groups[1:])
    with pytest.raises(ValueError, match="X_eval and groups_eval should come together"):
        run(model, X, y, groups=groups, X_eval=X)
    with pytest.raises(ValueError, match=r"X_eval\.shape.* should be 3"):
        run(model, X, y, groups=groups, X_eval=X[:, :2], groups_eval=groups)
    with pytest.raises(ValueError, match="group 0 has no row with label 1"):
        run(model, X, np.where(groups == 0, 0, y), groups=groups)


@pytest.mark.parametrize("radius", [-1, (1, -1), (1, 2, 3)])
def test_errors_of_the_radius(rows, radius):
    X, y, groups = rows
    with pytest.raises(ValueError, match="radius="):
        NonRandomAnchoring(radius=radius).run(LogisticRegression(), X, y, groups=groups)
