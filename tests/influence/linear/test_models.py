"""Which models are read, how, and which are refused with a reason."""

import numpy as np
import oracles
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV, Ridge
from sklearn.svm import LinearSVC

from rfcore.influence import InfluenceFunction
from rfcore.influence.linear.losses import HINGE_WIDTH


def data(n_classes=2):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    y = X[:, 0] + 0.5 * rng.normal(size=60)
    return X, np.digitize(y, [0.0] if n_classes == 2 else [-0.5, 0.5])


@pytest.mark.parametrize(
    ("model", "n_classes", "message"),
    [
        (
            LogisticRegression(l1_ratio=1, solver="saga", tol=0.1),
            2,
            "LogisticRegression has an L1 penalty",
        ),
        (LinearSVC(penalty="l1", dual=False), 2, "LinearSVC has an L1 penalty"),
        (
            LinearSVC(multi_class="crammer_singer", C=0.1),
            3,
            "has the loss of Crammer and Singer",
        ),
        (LinearSVC(class_weight="balanced"), 3, "weighs the rows of a class differ"),
        (Ridge(positive=True), 2, "constrained to be positive"),
    ],
)
def test_error_objectives_that_do_not_fit(model, n_classes, message):
    X, y = data(n_classes)
    with pytest.raises(ValueError, match=message):
        InfluenceFunction().fit(model.fit(X, y), X, y)


def test_error_several_outputs():
    X, y = data()
    model = Ridge().fit(X, np.column_stack([y, 1 - y]))
    with pytest.raises(ValueError, match="this Ridge has several outputs"):
        InfluenceFunction().fit(model, X, y)
    model = Ridge(alpha=[1.0, 2.0]).fit(X, np.column_stack([y, 1 - y]))
    with pytest.raises(ValueError, match="has several values of alpha"):
        InfluenceFunction().fit(model, X, y)


def test_error_one_versus_rest():
    X, y = data(3)
    model = LogisticRegression(tol=1e-8).fit(X, y)
    model.solver = "liblinear"
    with pytest.raises(ValueError, match="is one-versus-rest"):
        InfluenceFunction().fit(model, X, y)


@pytest.mark.parametrize(
    "model", [RandomForestClassifier(), LogisticRegressionCV(), "model", None]
)
def test_error_other_classes(model):
    X, y = data()
    with pytest.raises(
        TypeError, match=f"model is a {type(model).__name__}, should be one of Logistic"
    ):
        InfluenceFunction().fit(model, X, y)


def test_the_smoothed_hinge_moves_to_its_own_minimum():
    X, y = data()
    model = LinearSVC(C=0.5, loss="hinge", tol=1e-6, max_iter=100000).fit(X, y)
    influence = InfluenceFunction(method="newton").fit(model, X, y)
    rows = np.column_stack([X, np.ones(60)])

    def objective(theta):
        return oracles.linear_objective(
            "smoothed_hinge", theta, rows, y, np.ones(60), np.full((1, 4), 2.0)
        )

    fitted = np.column_stack([model.coef_, model.intercept_])
    assert influence.gradient_norm_ < 1e-9
    assert objective(influence.theta_) < objective(fitted)
    # The hinge is at most 60 * 0.1 * log 2 below.
    assert HINGE_WIDTH == 0.1
    assert np.abs(influence.theta_ - fitted).max() < 0.2


def test_a_column_of_labels_is_flattened():
    X, y = data()
    model = LogisticRegression(tol=1e-8).fit(X, y)
    plain = InfluenceFunction().fit(model, X, y).scores(X, y, target="loss")
    column = InfluenceFunction().fit(model, X, y[:, None])
    np.testing.assert_array_equal(column.scores(X, y[:, None], target="loss"), plain)


def test_error_regression_labels():
    X, y = data()
    model = Ridge().fit(X, y)
    for labels, message in (
        (np.where(y == 1, np.nan, 0.0), "y holds .* missing values"),
        (np.array(["a"] * 60), "y should hold numbers"),
    ):
        with pytest.raises(ValueError, match=message):
            InfluenceFunction().fit(model, X, labels)
