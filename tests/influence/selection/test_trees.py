"""Influence trees: the shrunk regression, rules, pictures, and bad input."""

import sys

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgba
from sklearn.exceptions import NotFittedError
from sklearn.tree import DecisionTreeRegressor
from sklearn.utils.estimator_checks import parametrize_with_checks

from rfcore.influence import HierarchicalShrinkage, TreeInfluence, trim
from rfcore.influence.selection import regions


class WithTarget(TreeInfluence):
    """scikit-learn's checks know no influence: here the target is the score."""

    def fit(self, X, y=None):
        return super().fit(X, influence=np.ones(np.shape(X)[0]) if y is None else y)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def case(seed=0, n=80, m=3, labels=(0, 1)):
    """Rows, labels, and scores that depend on one feature, the label and noise."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, m)) * np.array([1.0, 30.0, 0.01])[:m]
    code = rng.integers(len(labels), size=n)
    scores = np.sign(X[:, 0]) * (code + 1.0) + rng.normal(size=n) * 0.3
    return X, np.asarray(labels)[code], scores


def codes(tree, y):
    return np.searchsorted(tree.classes_, y)


def holds(rule, q):
    q = np.float32(q)
    return ((rule.lower < q) & (q <= rule.upper)).all(axis=1)


@parametrize_with_checks([WithTarget(append_y=False, random_state=0)])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("reg_param", [0.0, 1.0, 30.0])
@pytest.mark.parametrize("append_y", [True, False])
def test_it_is_algorithm_4(append_y, reg_param):
    X, y, scores = case()
    Q = np.column_stack([X, y]) if append_y else X
    expected = HierarchicalShrinkage(
        DecisionTreeRegressor(max_depth=3, min_samples_leaf=4, random_state=0),
        reg_param=reg_param,
    ).fit(Q, scores)
    tree = TreeInfluence(
        max_depth=3, reg_param=reg_param, min_samples_leaf=4, append_y=append_y,
        random_state=0,
    ).fit(X, y, scores)  # fmt: skip
    np.testing.assert_allclose(
        tree.predict(X, y), expected.predict(Q), rtol=0, atol=1e-12
    )
    assert tree.n_features_in_ == 3
    assert tree.estimator_.get_depth() == 3


def test_a_case_by_hand():
    """Root -0.5; below it -2 and 1, each 1.5 away, halved by 1 + 4 / 4."""
    X, y = [[0.0], [1.0], [2.0], [3.0]], list("abab")
    tree = TreeInfluence(reg_param=4.0, min_samples_leaf=2, random_state=0)
    tree.fit(X, y, [-2.0, -2.0, 1.0, 1.0])
    assert tree.predict([[0.5], [2.5]], ["b", "a"]).tolist() == [-1.25, 0.25]
    assert [str(rule) for rule in tree.rules(["age"])] == [
        "age <= 1.5: influence -1.25 (2 rows)",
        "age > 1.5: influence 0.25 (2 rows)",
    ]
    by_label = TreeInfluence(reg_param=0, min_samples_leaf=2, random_state=0)
    by_label.fit(X, y, [-2.0, 1.0, -2.0, 1.0])
    assert [r.conditions for r in by_label.rules()] == ["y = a", "y = b"]


def test_labels_are_read_as_sets():
    y = np.repeat(["low", "mid", "top"], 10)
    tree = TreeInfluence(max_depth=1, random_state=0)
    tree.fit(np.zeros((30, 1)), y, np.where(y == "top", 1.0, -1.0))
    assert [r.conditions for r in tree.rules()] == ["y in {low, mid}", "y = top"]


def test_bounds_of_one_feature_are_merged():
    X = np.arange(40.0)[:, None]
    tree = TreeInfluence(max_depth=3, append_y=False, reg_param=0)
    tree.fit(X, influence=-((X[:, 0] // 10) % 2))
    texts = [rule.conditions for rule in tree.rules(["age"])]
    assert sorted(texts) == [
        "19.5 < age <= 29.5",
        "9.5 < age <= 19.5",
        "age <= 9.5",
        "age > 29.5",
    ]


@pytest.mark.parametrize("labels", [(0, 1), ("no", "perhaps", "yes"), (0.25, 0.5)])
@pytest.mark.parametrize("append_y", [True, False])
@pytest.mark.parametrize("max_depth", [1, 4, None])
def test_rules_cover_every_row_once_and_give_the_predictions(
    labels, append_y, max_depth
):
    X, y, scores = case(1, labels=labels)
    tree = TreeInfluence(
        max_depth=max_depth, min_samples_leaf=2, append_y=append_y, random_state=0
    ).fit(X, y, scores)
    q = X
    if append_y:
        q = np.column_stack([X, y if tree.classes_ is None else codes(tree, y)])
    rules = tree.rules()
    covered = np.array([holds(rule, q) for rule in rules])
    np.testing.assert_array_equal(covered.sum(axis=0), 1)
    np.testing.assert_array_equal(covered.sum(axis=1), [r.n_rows for r in rules])
    values = np.array([rule.influence for rule in rules])
    np.testing.assert_array_equal(values[covered.argmax(axis=0)], tree.predict(X, y))
    assert (np.diff(values) >= 0).all()
    assert len({rule.conditions for rule in rules}) == len(rules)
    outside = np.random.default_rng(2).normal(size=(50, q.shape[1])) * 1e3
    assert (np.sum([holds(rule, outside) for rule in rules], axis=0) == 1).all()


@given(seed=st.integers(0, 10**6), power=st.integers(-300, 100))
def test_scores_of_any_scale_give_the_same_tree(seed, power):
    X, y, scores = case(seed, n=40)
    plain = TreeInfluence(random_state=0).fit(X, y, scores)
    scaled = TreeInfluence(random_state=0).fit(X, y, np.ldexp(scores, power))
    np.testing.assert_array_equal(
        scaled.predict(X, y), np.ldexp(plain.predict(X, y), power)
    )
    texts = [[rule.conditions for rule in t.rules()] for t in (plain, scaled)]
    assert texts[0] == texts[1] and len(texts[0]) > 1
    impurities = [t.estimator_.tree_.impurity for t in (scaled, plain)]
    np.testing.assert_array_equal(impurities[0], np.ldexp(impurities[1], 2 * power))


def test_constant_scores_make_one_rule():
    X, y, _ = case()
    for value in (0.0, -3.0):
        (rule,) = TreeInfluence().fit(X, y, np.full(80, value)).rules()
        assert (rule.conditions, rule.influence, rule.n_rows) == (
            "every row",
            value,
            80,
        )


def test_without_labels_for_active_learning():
    X, _, scores = case()
    tree = TreeInfluence(append_y=False, random_state=0).fit(X, influence=scores)
    assert tree.classes_ is None
    assert tree.predict(X).shape == (80,)
    with_labels = tree.predict(X, np.full(80, "ignored"))
    np.testing.assert_array_equal(tree.predict(X), with_labels)


def test_names_of_the_data_are_used():
    X, y, scores = case()
    tree = TreeInfluence(max_depth=1, random_state=0).fit(X, y, scores)
    assert tree.rules()[0].conditions.startswith("x0 <= ")
    tree.feature_names_in_ = np.array(["age", "sex", "pay"], dtype=object)
    assert tree.rules()[0].conditions.startswith("age <= ")
    assert tree.rules(list("abc"))[0].conditions.startswith("a <= ")


def test_trimming_and_the_tree_agree_on_the_worst_region():
    X, y, scores = case()
    worst = TreeInfluence(max_depth=2, random_state=0).fit(X, y, scores).rules()[0]
    removed = trim(scores, 10).removed
    assert holds(worst, np.column_stack([X, y]))[removed].mean() > 0.8


def drawn_signs(ax):
    """The sign at each point of the grid, from the mesh of colors."""
    return np.asarray(ax.collections[0].get_array()).reshape(200, 200)


def test_regions_have_the_sign_of_the_prediction():
    X, y, scores = case(m=2, n=120)
    # Labels of opposite influence, in unequal shares.
    tree = TreeInfluence(random_state=0).fit(X, y, scores * (1 - 2 * y))
    keep = (y == 0) | (np.arange(120) % 5 == 0)
    X, y = X[keep], y[keep]
    for label in (0, 1, None):
        ax = tree.plot_regions(X, y, label=label).axes[0]
        mesh = ax.collections[0]
        sides = [
            np.linspace(c.min() - 0.05 * np.ptp(c), c.max() + 0.05 * np.ptp(c), 200)
            for c in X.T
        ]
        points = np.stack([g.ravel() for g in np.meshgrid(*sides)], axis=1)
        by_label = [tree.predict(points, np.full(len(points), c)) for c in (0, 1)]
        shares = np.bincount(y) / len(y) if label is None else np.eye(2)[label]
        expected = np.sign(shares[0] * by_label[0] + shares[1] * by_label[1])
        np.testing.assert_array_equal(drawn_signs(ax).ravel(), expected)
        assert {-1.0, 1.0} <= set(expected)
        for sign, color in ((-1, regions.NEGATIVE), (1, regions.POSITIVE)):
            assert mesh.cmap(mesh.norm(sign)) == to_rgba(color)
    red, green = (np.array(to_rgba(c)) for c in (regions.NEGATIVE, regions.POSITIVE))
    assert red[0] > red[1] and green[1] > green[0]


def test_rows_are_colored_by_class_and_marked_by_group():
    X, y, scores = case(m=2)
    groups = np.where(np.arange(80) % 3 == 0, "minority", "majority")
    tree = TreeInfluence(random_state=0).fit(X, y, scores)
    ax = tree.plot_regions(X, y, groups).axes[0]
    found = {s.get_label(): s for s in ax.collections[1:]}
    assert set(found) == {
        f"class {c}, group {g}" for c in (0, 1) for g in ("majority", "minority")
    }
    for c in (0, 1):
        for g in ("majority", "minority"):
            points = found[f"class {c}, group {g}"]
            np.testing.assert_array_equal(
                points.get_offsets(), X[(y == c) & (groups == g)]
            )
    color = {c: found[f"class {c}, group majority"].get_facecolor() for c in (0, 1)}
    assert (color[0] != color[1]).any()
    marks = [
        found[f"class 0, group {g}"].get_paths()[0] for g in ("majority", "minority")
    ]
    assert len(marks[0].vertices) != len(marks[1].vertices)
    only = tree.plot_regions(X, y, label=1).axes[0].collections[1:]
    assert [s.get_label() for s in only] == ["class 1"]
    np.testing.assert_array_equal(only[0].get_offsets(), X[y == 1])


def test_two_of_three_features_and_a_boundary():
    X, _, scores = case()
    tree = TreeInfluence(append_y=False, random_state=0).fit(X, influence=scores)
    _, ax = plt.subplots()
    figure = tree.plot_regions(
        X, features=(1, 0), at=[0.0, 0.0, 5.0], boundary=([2.0, 0.1, 1.0], -4.0),
        feature_names=["a", "b", "c"], ax=ax,
    )  # fmt: skip
    assert figure is ax.figure
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("b", "a")
    lines = [c for c in ax.collections if hasattr(c, "levels")]
    ((line,),) = [c.get_paths() for c in lines]
    # 2 a + 0.1 b + 1 * 5 - 4 = 0 on the whole line; x is b, y is a.
    b, a = line.vertices.T
    np.testing.assert_allclose(2 * a + 0.1 * b + 1, 0, atol=1e-9)
    assert [s.get_label() for s in ax.collections if s.get_label() == "rows"] == [
        "rows"
    ]


def test_a_boundary_outside_the_picture_is_not_drawn():
    X, _, scores = case(m=2)
    tree = TreeInfluence(append_y=False).fit(X, influence=scores)
    ax = tree.plot_regions(X, boundary=([1.0, 0.0], 1e6)).axes[0]
    assert not [c for c in ax.collections if hasattr(c, "levels")]


def test_other_features_are_held_at_their_medians():
    X, _, scores = case()
    tree = TreeInfluence(append_y=False, random_state=0).fit(X, influence=scores)
    ax = tree.plot_regions(X, features=(1, 2)).axes[0]
    value = tree.predict([np.median(X, axis=0)])[0]
    assert np.sign(value) in drawn_signs(ax)


def test_labels_with_fractions():
    X, y, scores = case(m=2, labels=(0.25, 0.5))
    tree = TreeInfluence(random_state=0).fit(X, y, scores)
    assert tree.classes_ is None
    ax = tree.plot_regions(X, y, label=0.3).axes[0]
    assert sum(len(s.get_offsets()) for s in ax.collections[1:]) == 80
    with pytest.raises(
        ValueError, match="label should be given: labels have fractions"
    ):
        tree.plot_regions(X, y)


def test_error_missing_matplotlib(monkeypatch):
    X, y, scores = case(m=2)
    tree = TreeInfluence().fit(X, y, scores)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r'pip install "rfcore\[report\]"'):
        tree.plot_regions(X, y)


def test_error_pictures():
    X, y, scores = case()
    tree = TreeInfluence().fit(X, y, scores)
    for features in ((0,), (0, 0), (0, 3), (0, 1, 2)):
        with pytest.raises(ValueError, match=r"should be 2 numbers in \[0, 3\)"):
            tree.plot_regions(X, y, features=features)
    with pytest.raises(ValueError, match="at should be 3 finite numbers"):
        tree.plot_regions(X, y, at=[1.0])
    with pytest.raises(ValueError, match="coefficients should be 3 finite numbers"):
        tree.plot_regions(X, y, boundary=([1.0, np.nan, 0.0], 0.0))
    with pytest.raises(ValueError, match="y or label should be given"):
        tree.plot_regions(X)
    with pytest.raises(ValueError, match="there are no rows to draw"):
        tree.plot_regions(X, y, label=2)
    with pytest.raises(ValueError, match=r"len\(groups\)=3 should be n_samples=80"):
        tree.plot_regions(X, y, groups=[0, 1, 2])


def test_error_data():
    X, y, scores = case()
    tree = TreeInfluence()
    with pytest.raises(TypeError, match="influence should be given"):
        tree.fit(X, y)
    with pytest.raises(ValueError, match=r"len\(influence\)=79 should be n_samples=80"):
        tree.fit(X, y, scores[:-1])
    with pytest.raises(ValueError, match=r"influence.ndim=2 should be 1"):
        tree.fit(X, y, scores[:, None])
    with pytest.raises(ValueError, match="influence holds 80 missing values"):
        tree.fit(X, y, np.full(80, np.nan))
    with pytest.raises(ValueError, match="y should be given, or append_y=False"):
        tree.fit(X, influence=scores)
    with pytest.raises(ValueError, match="y holds 80 missing values"):
        tree.fit(X, np.full(80, np.nan), scores)
    with pytest.raises(ValueError, match="y should be of one kind"):
        tree.fit(X, np.array(["a", 1] * 40, dtype=object), scores)
    with pytest.raises(ValueError, match="Input X contains NaN"):
        tree.fit(np.full((80, 1), np.nan), y, scores)


def test_error_prediction():
    X, y, scores = case()
    with pytest.raises(NotFittedError):
        TreeInfluence().predict(X, y)
    with pytest.raises(NotFittedError):
        TreeInfluence().rules()
    tree = TreeInfluence().fit(X, y, scores)
    with pytest.raises(ValueError, match="the tree was trained with labels"):
        tree.predict(X)
    with pytest.raises(ValueError, match="label 7 should be one of the 2 labels"):
        tree.predict(X[:2], [0, 7])
    with pytest.raises(ValueError, match=r"len\(y\)=1 should be n_samples=2"):
        tree.predict(X[:2], [0])
    with pytest.raises(ValueError, match="X has 2 features"):
        tree.predict(X[:, :2], y)
    with pytest.raises(ValueError, match=r"len\(feature_names\)=2 should be n_feat"):
        tree.rules(["a", "b"])


@pytest.mark.parametrize(
    ("parameter", "value", "error", "message"),
    [
        ("max_depth", 0, ValueError, "max_depth=0 should be >= 1"),
        ("max_depth", 1.5, TypeError, "max_depth=1.5 should be an integer"),
        ("min_samples_leaf", 0, ValueError, "min_samples_leaf=0 should be >= 1"),
        ("min_samples_leaf", 0.5, TypeError, "should be an integer"),
        ("reg_param", -1.0, ValueError, "reg_param=-1.0 should be >= 0"),
        ("reg_param", None, TypeError, "reg_param=None should be a number"),
    ],
)
def test_error_parameters(parameter, value, error, message):
    with pytest.raises(error, match=message):
        TreeInfluence(**{parameter: value}).fit(*case())
