"""Hierarchical shrinkage beside the formula, node by node, and bad input."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)
from sklearn.utils.estimator_checks import parametrize_with_checks

from rfcore.influence import HierarchicalShrinkage

REGRESSORS = [
    DecisionTreeRegressor(random_state=0),
    DecisionTreeRegressor(max_leaf_nodes=6, random_state=0),
    DecisionTreeRegressor(criterion="absolute_error", max_depth=3, random_state=0),
    ExtraTreeRegressor(random_state=0),
    RandomForestRegressor(4, random_state=0),
    ExtraTreesRegressor(4, max_depth=4, random_state=0),
]
CLASSIFIERS = [
    DecisionTreeClassifier(random_state=0),
    DecisionTreeClassifier(ccp_alpha=0.01, class_weight="balanced", random_state=0),
    ExtraTreeClassifier(random_state=0),
    RandomForestClassifier(4, class_weight="balanced", random_state=0),
    ExtraTreesClassifier(4, max_depth=4, random_state=0),
]
BOOSTED = [
    GradientBoostingRegressor(n_estimators=4, random_state=0),
    GradientBoostingClassifier(n_estimators=4, max_depth=2, random_state=0),
]
ALL = REGRESSORS + CLASSIFIERS + BOOSTED


def data(seed=0, n=70, m=3, n_classes=3):
    """Rows, one target for regressors and one of classes, and weights."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, m)) * [1.0, 50.0, 0.01][:m]
    score = X[:, 0] + X[:, 1] / 50 + rng.normal(size=n) * 0.4
    classes = np.digitize(score, np.linspace(-0.7, 0.7, n_classes - 1))
    return X, score, classes, rng.uniform(0.2, 3.0, size=n)


def target(estimator, seed=0):
    X, score, classes, weights = data(seed)
    return X, classes if is_classifier(estimator) else score, weights


def trees_of(fitted):
    if hasattr(fitted, "tree_"):
        return [fitted.tree_]
    return [tree.tree_ for tree in np.array(fitted.estimators_, object).ravel()]


def leaf_path(tree, x):
    """Nodes from the root to the leaf of one row."""
    path = [0]
    while tree.children_left[path[-1]] != -1:
        node = path[-1]
        left = np.float32(x[tree.feature[node]]) <= tree.threshold[node]
        path.append((tree.children_left if left else tree.children_right)[node])
    return path


def paths_to_nodes(tree):
    """For each node all nodes from the root to it."""
    parent = {}
    for node in range(tree.node_count):
        for side in (tree.children_left, tree.children_right):
            if side[node] != -1:
                parent[side[node]] = node
    paths = []
    for node in range(tree.node_count):
        path = [node]
        while path[0] in parent:
            path.insert(0, parent[path[0]])
        paths.append(path)
    return paths


def shrunk(path, xi, phi, lam):
    """The formula of the docstring for the last node of a path."""
    value = np.array(xi[path[0]], dtype=float)
    for before, node in itertools.pairwise(path):
        value += (xi[node] - xi[before]) / (1 + lam / phi[before])
    return value


@parametrize_with_checks(
    [
        HierarchicalShrinkage(),
        HierarchicalShrinkage(DecisionTreeClassifier(random_state=0), reg_param=0.5),
        HierarchicalShrinkage(
            RandomForestRegressor(3, bootstrap=False, random_state=0)
        ),
        HierarchicalShrinkage(ExtraTreesClassifier(3, random_state=0)),
    ]
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("reg_param", [0.3, 1.0, 40.0])
@pytest.mark.parametrize("estimator", ALL, ids=repr)
def test_every_node_has_the_value_of_the_formula(estimator, reg_param):
    X, y, weights = target(estimator)
    plain = clone(estimator).fit(X, y, sample_weight=weights)
    fitted = HierarchicalShrinkage(estimator, reg_param=reg_param)
    fitted.fit(X, y, sample_weight=weights)
    before, after = trees_of(plain), trees_of(fitted.estimator_)
    assert len(before) == len(after) and max(t.node_count for t in before) > 5
    for tree, ours in zip(before, after, strict=True):
        phi = tree.weighted_n_node_samples
        for node, path in enumerate(paths_to_nodes(tree)):
            expected = shrunk(path, tree.value, phi, reg_param)
            np.testing.assert_allclose(ours.value[node], expected, rtol=0, atol=1e-12)


def test_one_tree_recomputed_from_the_data():
    """Node means and weights by hand, nothing read but the splits."""
    X, y, weights = target(DecisionTreeRegressor())
    fitted = HierarchicalShrinkage(DecisionTreeRegressor(max_depth=4, random_state=0))
    fitted.fit(X, y, sample_weight=weights)
    tree = fitted.estimator_.tree_
    paths = [leaf_path(tree, x) for x in X]
    xi, phi = {}, {}
    for node in range(tree.node_count):
        rows = [i for i, path in enumerate(paths) if node in path]
        phi[node] = weights[rows].sum()
        xi[node] = (weights[rows] * y[rows]).sum() / phi[node]
    expected = [shrunk(path, xi, phi, 1.0) for path in paths]
    np.testing.assert_allclose(fitted.predict(X), expected, rtol=0, atol=1e-12)


def test_one_classification_tree_recomputed_from_the_data():
    X, _, y, _ = data()
    fitted = HierarchicalShrinkage(DecisionTreeClassifier(random_state=0), reg_param=9)
    tree = fitted.fit(X, y).estimator_.tree_
    paths = [leaf_path(tree, x) for x in X]
    inside = {
        node: [i for i, path in enumerate(paths) if node in path]
        for node in range(tree.node_count)
    }
    xi = {
        v: np.bincount(y[rows], minlength=3) / len(rows) for v, rows in inside.items()
    }
    phi = {v: len(rows) for v, rows in inside.items()}
    expected = np.array([shrunk(path, xi, phi, 9.0) for path in paths])
    np.testing.assert_allclose(fitted.predict_proba(X), expected, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(fitted.predict(X), expected.argmax(axis=1))
    assert (fitted.predict(X) != y).any()


@pytest.mark.parametrize("estimator", REGRESSORS[4:], ids=repr)
def test_a_forest_predicts_the_mean_of_its_shrunk_trees(estimator):
    X, y, _ = target(estimator)
    plain = clone(estimator).fit(X, y)
    each = [
        [shrunk(leaf_path(t, x), t.value[:, 0, 0], t.weighted_n_node_samples, 2.0)
         for x in X]
        for t in trees_of(plain)
    ]  # fmt: skip
    ours = HierarchicalShrinkage(estimator, reg_param=2.0).fit(X, y).predict(X)
    np.testing.assert_allclose(ours, np.mean(each, axis=0), rtol=0, atol=1e-12)


def test_boosting_adds_its_shrunk_trees_to_the_start():
    estimator = GradientBoostingRegressor(n_estimators=5, random_state=0)
    X, y, _ = target(estimator)
    plain = clone(estimator).fit(X, y)
    expected = np.full(len(X), y.mean())
    for tree in trees_of(plain):
        phi = tree.weighted_n_node_samples
        expected += 0.1 * np.array(
            [shrunk(leaf_path(tree, x), tree.value[:, 0, 0], phi, 3.0) for x in X]
        )
    ours = HierarchicalShrinkage(estimator, reg_param=3.0).fit(X, y).predict(X)
    np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-12)


def test_a_case_by_hand():
    """Mean 1.5 at the root, 0 and 3 below it, phi = 4: 1.5 -+ 1.5 / (1 + 4/4)."""
    X, y = [[0.0], [1.0], [2.0], [3.0]], [0.0, 0.0, 2.0, 4.0]
    fitted = HierarchicalShrinkage(
        DecisionTreeRegressor(random_state=0), reg_param=4.0
    ).fit(X, y)
    # Right of the root another split: 2.25 -+ 1 / (1 + 4/2).
    expected = [0.75, 0.75, 2.25 - 1 / 3, 2.25 + 1 / 3]
    np.testing.assert_allclose(fitted.predict(X), expected, rtol=0, atol=1e-15)


@pytest.mark.parametrize("estimator", ALL, ids=repr)
def test_zero_is_the_identity(estimator):
    X, y, weights = target(estimator)
    plain = clone(estimator).fit(X, y, sample_weight=weights)
    fitted = HierarchicalShrinkage(estimator, reg_param=0).fit(X, y, weights)
    np.testing.assert_array_equal(fitted.predict(X), plain.predict(X))


@pytest.mark.parametrize("estimator", [REGRESSORS[0], *CLASSIFIERS[:2]], ids=repr)
@pytest.mark.parametrize("reg_param", [1e18, np.inf])
def test_infinity_gives_the_root(estimator, reg_param):
    X, y, _ = target(estimator)
    fitted = HierarchicalShrinkage(estimator, reg_param=reg_param).fit(X, y)
    root = clone(estimator).set_params(max_depth=1).fit(X, y).tree_.value[0, 0]
    found = getattr(fitted, "predict_proba", fitted.predict)(X)
    np.testing.assert_allclose(found - root, 0, atol=1e-13)


@given(
    seed=st.integers(0, 10**6),
    reg_param=st.floats(0, 1e6),
    scale=st.sampled_from([1e-6, 1.0, 1e6]),
    shift=st.sampled_from([0.0, 1.0, -100.0]),
)
def test_shrinkage_follows_scale_and_shift_of_the_target(seed, reg_param, scale, shift):
    X, y, _ = target(DecisionTreeRegressor(), seed)
    tree = DecisionTreeRegressor(random_state=0).fit(X, y)
    moved = DecisionTreeRegressor(random_state=0).fit(X, y)
    moved.tree_.value[:] = moved.tree_.value * scale + shift * scale
    a, b = (
        HierarchicalShrinkage(t, reg_param=reg_param, prefit=True).fit().predict(X)
        for t in (tree, moved)
    )
    np.testing.assert_allclose(b / scale, a + shift, rtol=0, atol=1e-11)
    assert a.min() >= y.min() - 1e-12 and a.max() <= y.max() + 1e-12


@given(seed=st.integers(0, 10**6), reg_param=st.floats(0, 1e4))
def test_probabilities_stay_probabilities(seed, reg_param):
    X, _, y, _ = data(seed, n=40)
    fitted = HierarchicalShrinkage(
        RandomForestClassifier(2, random_state=0), reg_param=reg_param
    )
    found = fitted.fit(X, y).predict_proba(X)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-12)
    assert found.min() >= -1e-15


@pytest.mark.parametrize("estimator", ALL, ids=repr)
def test_a_fitted_estimator_is_copied_and_not_changed(estimator):
    X, y, _ = target(estimator)
    plain = clone(estimator).fit(X, y)
    values = [tree.value.copy() for tree in trees_of(plain)]
    fresh = HierarchicalShrinkage(estimator, reg_param=7.0).fit(X, y)
    ours = HierarchicalShrinkage(plain, reg_param=7.0, prefit=True).fit()
    np.testing.assert_array_equal(ours.predict(X), fresh.predict(X))
    for tree, value in zip(trees_of(plain), values, strict=True):
        np.testing.assert_array_equal(tree.value, value)
    assert ours.n_features_in_ == 3
    refitted = HierarchicalShrinkage(plain, reg_param=7.0).fit(X, y)
    np.testing.assert_array_equal(refitted.predict(X), fresh.predict(X))
    for tree, value in zip(trees_of(plain), values, strict=True):
        np.testing.assert_array_equal(tree.value, value)


def test_several_outputs():
    X, score, _, _ = data()
    Y = np.stack([score, -100 * score + 5], axis=1)
    ours = HierarchicalShrinkage(DecisionTreeRegressor(max_depth=3)).fit(X, Y)
    tree = clone(ours.estimator).fit(X, Y).tree_
    phi = tree.weighted_n_node_samples
    expected = [shrunk(leaf_path(tree, x), tree.value[:, :, 0], phi, 1.0) for x in X]
    np.testing.assert_allclose(ours.predict(X), expected, rtol=0, atol=1e-11)


def test_it_is_what_its_estimator_is():
    assert is_regressor(HierarchicalShrinkage())
    assert is_classifier(HierarchicalShrinkage(CLASSIFIERS[0]))
    assert not hasattr(HierarchicalShrinkage(), "predict_proba")
    X, y, _ = target(CLASSIFIERS[0])
    fitted = HierarchicalShrinkage(CLASSIFIERS[0]).fit(X, y)
    np.testing.assert_array_equal(fitted.classes_, [0, 1, 2])
    np.testing.assert_array_equal(
        fitted.feature_importances_,
        clone(CLASSIFIERS[0]).fit(X, y).feature_importances_,
    )
    assert fitted.score(X, y) == (fitted.predict(X) == y).mean()
    assert not hasattr(HierarchicalShrinkage(CLASSIFIERS[0]), "classes_")


def test_names_of_features():
    X, score, _, _ = data()
    plain = DecisionTreeRegressor().fit(X, score)
    plain.feature_names_in_ = np.array(["a", "b", "c"], dtype=object)
    fitted = HierarchicalShrinkage(plain, prefit=True).fit()
    assert fitted.feature_names_in_.tolist() == ["a", "b", "c"]
    fitted.set_params(prefit=False).fit(X, score)
    assert not hasattr(fitted, "feature_names_in_")


def test_a_node_without_weight_gives_its_children_its_value():
    plain = DecisionTreeRegressor(random_state=0)
    plain.fit([[0.0], [1.0], [2.0], [3.0]], [0.0, 0.0, 2.0, 4.0])
    plain.tree_.weighted_n_node_samples[2] = 0
    fitted = HierarchicalShrinkage(plain, reg_param=4.0, prefit=True).fit()
    np.testing.assert_array_equal(
        fitted.predict([[0.0], [2.0], [3.0]]), [0.75, 2.25, 2.25]
    )


def test_a_root_alone():
    fitted = HierarchicalShrinkage().fit([[0.0], [1.0]], [3.0, 3.0])
    assert fitted.predict([[9.0]]) == [3.0]


@pytest.mark.parametrize(
    "estimator", [LinearRegression(), HistGradientBoostingRegressor(), "tree"]
)
def test_error_no_tree(estimator):
    with pytest.raises(TypeError, match="should be a tree, a random forest"):
        HierarchicalShrinkage(estimator).fit([[0.0], [1.0]], [0.0, 1.0])


@pytest.mark.parametrize("reg_param", [-1, -1e-9, np.nan])
def test_error_reg_param(reg_param):
    with pytest.raises(ValueError, match=f"reg_param={reg_param} should be >= 0"):
        HierarchicalShrinkage(reg_param=reg_param).fit([[0.0], [1.0]], [0.0, 1.0])


def test_error_reg_param_is_no_number():
    with pytest.raises(TypeError, match="reg_param='1' should be a number"):
        HierarchicalShrinkage(reg_param="1").fit([[0.0], [1.0]], [0.0, 1.0])


def test_error_not_fitted():
    with pytest.raises(NotFittedError):
        HierarchicalShrinkage().predict([[0.0]])
    with pytest.raises(NotFittedError):
        HierarchicalShrinkage(DecisionTreeRegressor(), prefit=True).fit()


def test_error_prefit_without_estimator():
    with pytest.raises(TypeError, match="prefit=True needs a fitted estimator"):
        HierarchicalShrinkage(prefit=True).fit()
