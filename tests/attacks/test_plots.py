"""Tests of the pictures of an attack: what is drawn, where, and bad input."""

import sys

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.colors import same_color

from rfcore.attacks import AttackResult, plots

RED = "tab:red"


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def attack_on(m, changed=(3,), spilled=(5, 8), n=20):
    before = np.repeat([0, 1], n // 2).astype(np.int32)
    after = before.copy()
    after[[*changed, *spilled]] = 1
    rng = np.random.default_rng(0)
    return AttackResult(
        measure="n_switched",
        before=0,
        after=len(changed) + len(spilled),
        labels_before=before,
        labels_after=after,
        X_adv=rng.normal(size=(n, m)),
        changed=np.array(changed),
        null=np.array([0]),
        n_queries=1,
        trace=np.array([1]),
        stopped="budget spent",
    )


def is_red(ax):
    return all(same_color(s.get_edgecolor(), RED) for s in ax.spines.values())


def drawn(figure):
    return [ax for ax in figure.axes if ax.images]


@pytest.mark.parametrize(
    ("changed", "spilled"),
    [((3,), (5, 8)), ((3,), ()), ((1, 3, 4), (2, 5, 6, 7, 8, 9)), ((9, 2), (5,))],
)
def test_images_of_all_rows_that_switched(changed, spilled):
    result = attack_on(12, changed, spilled)
    axes = drawn(result.plot(image_shape=(3, 4)))
    rows = [*changed, *sorted(spilled)]
    assert len(axes) == len(rows)
    assert [is_red(ax) for ax in axes] == [row in changed for row in rows]
    for ax, row in zip(axes, rows, strict=True):
        image = np.asarray(ax.images[0].get_array())
        np.testing.assert_array_equal(image, result.X_adv[row].reshape(3, 4))


def test_moved_row_is_drawn_where_it_did_not_switch():
    figure = plots.images(np.ones((6, 4)), np.array([2]), np.array([0, 4]), (2, 2))
    assert len(drawn(figure)) == 3
    assert sum(is_red(ax) for ax in drawn(figure)) == 1
    title = figure.get_suptitle()
    assert title == "2 rows switched cluster (1 moved, red)"


@pytest.mark.parametrize(("n", "n_places"), [(1, 4), (4, 4), (8, 8), (11, 12)])
def test_images_fill_lines(n, n_places):
    rows = np.arange(n)
    figure = plots.images(np.ones((20, 4)), rows[:1], rows, (2, 2), n_columns=4)
    assert len(figure.axes) == n_places
    assert len(drawn(figure)) == n


@pytest.mark.parametrize(
    ("m", "features", "expected"),
    [
        (2, None, (0, 1)),
        (3, None, (0, 1, 2)),
        (7, None, (0, 1, 2)),
        (7, (4, 2), (4, 2)),
        (7, [6, 0, 3], (6, 0, 3)),
    ],
)
def test_scatter_of_all_rows(m, features, expected):
    result = attack_on(m)
    figure = result.plot(features=features)
    (ax,) = figure.axes
    assert (ax.name == "3d") == (len(expected) == 3)
    figure.canvas.draw()
    points = {c.get_label(): c for c in ax.collections}
    assert list(points) == ["cluster 0", "cluster 1", "spilled over", "moved"]
    counts = [
        len(c._offsets3d[0]) if ax.name == "3d" else len(c.get_offsets())
        for c in points.values()
    ]
    assert counts == [7, 10, 2, 1]
    moved = points["moved"]
    where = (
        np.ravel(moved._offsets3d) if ax.name == "3d" else moved.get_offsets().ravel()
    )
    np.testing.assert_allclose(where, result.X_adv[3, list(expected)])
    assert same_color(moved.get_facecolor()[0][:3], matplotlib.colors.to_rgb(RED))
    assert ax.get_xlabel() == f"feature {expected[0]}"
    assert ax.get_ylabel() == f"feature {expected[1]}"


def test_scatter_of_nothing_spilled():
    figure = attack_on(2, spilled=()).plot()
    figure.canvas.draw()
    assert [len(c.get_offsets()) for c in figure.axes[0].collections] == [9, 10, 0, 1]


def test_scatter_of_noise_and_many_clusters():
    labels = np.array([-1, 0, 1, 2, 3, 4, 5, 6, 7, 0])
    X = np.random.default_rng(0).normal(size=(10, 2))
    figure = plots.scatter(X, labels, np.array([9]), np.array([9]))
    named = [c.get_label() for c in figure.axes[0].collections]
    assert named == [f"cluster {c}" for c in range(-1, 8)] + ["spilled over", "moved"]


def test_scatter_on_given_axes():
    figure, ax = plt.subplots()
    assert attack_on(7).plot(ax=ax) is figure
    assert len(ax.collections) == 4
    deep = plt.figure().add_subplot(projection="3d")
    assert attack_on(7).plot(ax=deep) is deep.figure
    assert deep.get_zlabel() == "feature 2"


@pytest.mark.parametrize("kind", [list, np.array, tuple])
def test_features_have_names(kind):
    result = attack_on(3)
    figure = plots.scatter(
        result.X_adv,
        result.labels_before,
        result.changed,
        np.array([3]),
        [2, 0],
        feature_names=kind(["a", "b", "c"]),
    )
    assert figure.axes[0].get_xlabel() == "c"
    assert figure.axes[0].get_ylabel() == "a"


@pytest.mark.parametrize("shape", [(3, 5), (12, 2), (1, 1)])
def test_error_of_image_shape(shape):
    with pytest.raises(ValueError, match="should hold 12 features"):
        attack_on(12).plot(image_shape=shape)


@pytest.mark.parametrize("features", [(0,), (0, 1, 2, 3), (0, 7), (-1, 0), ()])
def test_error_of_features(features):
    with pytest.raises(ValueError, match=r"should be 2 or 3 numbers in \[0, 7\)"):
        attack_on(7).plot(features=features)


def test_error_of_one_feature():
    with pytest.raises(ValueError, match=r"features=\[0\] should be 2 or 3"):
        attack_on(1).plot()


def test_error_of_three_features_on_flat_axes():
    _, ax = plt.subplots()
    with pytest.raises(ValueError, match="need axes with projection='3d'"):
        attack_on(7).plot(features=(0, 1, 2), ax=ax)
    assert not ax.collections


@pytest.mark.parametrize("options", [{}, {"image_shape": (3, 4)}])
def test_error_of_missing_matplotlib_names_the_extra(options, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r'pip install "rfcore\[report\]"'):
        attack_on(12).plot(**options)
