"""Tests of the pictures of an attack: what is drawn, where, and bad input."""

import dataclasses
import sys

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.colors import same_color
from matplotlib.markers import MarkerStyle

from rfcore._style import COLORS
from rfcore.attacks import AttackResult, plots

RED = COLORS[5]


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


def attack_on_groups(m=2, groups=(0, 0, 1, 1, 0, 1, 0, 1), measure="balance"):
    """Rows 1, 4 and 6 are attackable, 4 and 6 changed; clusters swap names."""
    groups = np.array(groups)
    wrong = groups.copy()
    wrong[[4, 6]] = groups[[2, 3]]
    return dataclasses.replace(
        attack_on(m, spilled=(), n=8),
        measure=measure,
        before=1.0,
        after=0.5,
        labels_before=np.array([0, 0, 0, 0, 1, 1, 1, 1]),
        labels_after=np.array([1, 1, 1, 0, 0, 0, 0, 0]),
        changed=np.array([4, 6]),
        details={"groups": groups, "attackable": np.array([6, 1, 4])},
        groups_adv=wrong,
        lowers=True,
    )


def marks(ax):
    """(face color, shape, edge width) by place, each place once."""
    found = {}
    for drawn in ax.collections:
        shape = len(drawn.get_paths()[0].vertices)
        for x, y in drawn.get_offsets():
            assert (x, y) not in found
            face = matplotlib.colors.to_hex(drawn.get_facecolor()[0])
            found[x, y] = face, shape, drawn.get_linewidths()[0]
    return found


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
    assert [len(c.get_offsets()) for c in figure.axes[0].collections] == [9, 10, 1]


def test_scatter_of_noise_and_many_clusters():
    labels = np.array([-1, 0, 1, 2, 3, 4, 5, 6, 7, 0])
    X = np.random.default_rng(0).normal(size=(10, 2))
    figure = plots.scatter(X, labels, np.array([9]), np.array([9]))
    named = [c.get_label() for c in figure.axes[0].collections]
    assert named == [f"cluster {c}" for c in range(-1, 8)] + ["moved"]


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


@pytest.mark.parametrize(
    ("m", "features", "expected"),
    [(2, None, [0, 1]), (5, None, [0, 1]), (5, (4, 2), [4, 2])],
)
def test_groups_before_and_after(m, features, expected):
    result = attack_on_groups(m)
    before, after = result.plot(features=features).axes
    assert before.get_title() == "before: balance 1.00"
    assert after.get_title() == "after: balance 0.50"
    circle, triangle = (
        len(MarkerStyle(shape).get_path().vertices) for shape in ("o", "^")
    )
    blue, green, red = map(matplotlib.colors.to_hex, (COLORS[0], COLORS[2], COLORS[5]))
    # By hand: cluster 1 of the second labels is cluster 0 of the first, bar row 3.
    colors = {
        before: [blue, red, blue, blue, red, green, red, green],
        after: [blue, red, blue, green, red, green, red, green],
    }
    groups = {before: result.details["groups"], after: result.groups_adv}
    for ax in (before, after):
        found, X = marks(ax), result.X_adv[:, expected]
        assert len(found) == 8
        for row in range(8):
            color, shape, width = found[tuple(X[row])]
            assert color == colors[ax][row]
            assert shape == (circle, triangle)[groups[ax][row]]
            assert width == {1: 0.5, 4: 2, 6: 2}.get(row, 0)
        assert ax.get_xlabel() == f"feature {expected[0]}"
        assert ax.get_ylabel() == f"feature {expected[1]}"


def test_groups_have_names_and_a_legend():
    result = attack_on_groups(groups=list("babcacbc"), measure="group_entropy")
    before, after = result.plot().axes
    assert before.get_title() == "before: group entropy 1.00"
    assert before.get_legend() is None
    texts = [text.get_text() for text in after.get_legend().get_texts()]
    clusters, groups = ["cluster 0", "cluster 1"], ["group a", "group b", "group c"]
    assert texts == [*clusters, *groups, "attackable"]


def test_more_groups_than_markers():
    rows = np.arange(10)
    pair = rows, rows[::-1]
    X = np.stack([rows, rows], axis=1).astype(float)
    figure = plots.groups_scatter(
        X, np.zeros((2, 10), int), pair, rows[:0], rows[:0], ("one", "two")
    )
    for ax, groups in zip(figure.axes, pair, strict=True):
        shapes = [marks(ax)[tuple(row)][1] for row in X[np.argsort(groups)]]
        assert shapes[:2] == shapes[8:]
        assert shapes[:2] != shapes[1:3]


@pytest.mark.parametrize("kind", [list, np.array])
def test_groups_on_given_axes(kind):
    figure, axes = plt.subplots(2, 1)
    assert attack_on_groups().plot(ax=kind(list(axes))) is figure
    assert [len(marks(ax)) for ax in axes] == [8, 8]


@pytest.mark.parametrize("n_axes", [1, 3])
def test_error_of_the_number_of_axes(n_axes):
    _, axes = plt.subplots(1, n_axes)
    with pytest.raises(ValueError, match=f"holds {n_axes} axes, should hold 2: before"):
        attack_on_groups().plot(ax=axes)


def test_error_of_groups_as_images():
    with pytest.raises(ValueError, match=r"image_shape=\(1, 2\) should be None"):
        attack_on_groups().plot(image_shape=(1, 2))


@pytest.mark.parametrize("features", [(0,), (0, 1, 2), (0, 7), (-1, 0), ()])
def test_error_of_features_of_groups(features):
    with pytest.raises(ValueError, match=r"should be 2 numbers in \[0, 7\)"):
        attack_on_groups(7).plot(features=features)


def test_error_of_one_feature_of_groups():
    with pytest.raises(ValueError, match=r"features=\[0\] should be 2 numbers"):
        attack_on_groups(1).plot()


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


def test_classes_are_not_matched_as_clusters_are():
    """All rows go to the other class: of clusters nothing would have happened."""
    swapped = dataclasses.replace(
        attack_on(2),
        labels_before=np.array(["a", "b"] * 10),
        labels_after=np.array(["b", "a"] * 10),
        changed=np.array([3]),
        classes=True,
    )
    sizes = [len(drawn.get_offsets()) for drawn in swapped.plot().axes[0].collections]
    assert sizes == [0, 0, 19, 1]
    clusters = dataclasses.replace(
        swapped,
        labels_before=np.array([0, 1] * 10),
        labels_after=np.array([1, 0] * 10),
        classes=False,
    )
    sizes = [len(drawn.get_offsets()) for drawn in clusters.plot().axes[0].collections]
    assert sizes == [10, 9, 1]


def test_added_rows_are_drawn_among_the_others():
    added = dataclasses.replace(
        attack_on(2),
        labels_before=np.array([0, 1]),
        labels_after=np.array([1, 1]),
        y_adv=np.array([0, 1] * 10),
        groups_adv=np.array([0, 1] * 10),
        changed=np.array([18, 19]),
        classes=True,
    )
    sizes = [len(drawn.get_offsets()) for drawn in added.plot().axes[0].collections]
    assert sizes == [9, 9, 2]
