"""Which models are read, how, and which are refused with a reason."""

import numpy as np
import oracles
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import (
    LogisticRegression,
    LogisticRegressionCV,
    Ridge,
    RidgeClassifier,
    RidgeClassifierCV,
    SGDClassifier,
)
from sklearn.svm import LinearSVC

from rfcore.errors import ConvergenceError, ConvergenceWarning
from rfcore.influence import InfluenceFunction
from rfcore.influence.linear.losses import HINGE_WIDTH


def data(n_classes=2):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    y = X[:, 0] + 0.5 * rng.normal(size=60)
    return X, np.digitize(y, [0.0] if n_classes == 2 else [-0.5, 0.5])


def chosen(solver="newton-cholesky", **options):
    """C by cross-validation, with the words of any version of scikit-learn."""
    options.setdefault("tol", 1e-10)
    model = LogisticRegressionCV(Cs=[0.05, 0.1], cv=3, solver=solver)
    known = {"use_legacy_attributes": False, "scoring": "accuracy", "l1_ratios": (0,)}
    words = {**{k: v for k, v in known.items() if k in model.get_params()}, **options}
    return model.set_params(**words)


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
        (RidgeClassifier(positive=True), 2, "constrained to be positive"),
        (
            SGDClassifier(loss="log_loss", penalty="elasticnet"),
            2,
            "SGDClassifier has an L1 penalty",
        ),
        (SGDClassifier(), 2, "has loss='hinge', and only log_loss is read of it"),
        (SGDClassifier(loss="log_loss"), 3, "SGDClassifier is one-versus-rest"),
        (chosen(refit=False), 2, "is a mean over folds, for refit=False"),
        (chosen(l1_ratios=(1,), solver="saga", tol=0.1), 2, "has an L1 penalty"),
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
    "model", [RandomForestClassifier(), RidgeClassifierCV(), "model", None]
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


def square_of_signs(model, X, y):
    signs = 2.0 * (y[:, None] == model.classes_) - 1
    z = model.decision_function(X)
    return ((z - signs[:, -1]) ** 2 if z.ndim == 1 else (z - signs) ** 2).sum() / 2


@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 3.0, 1: 0.5, 2: 1.0}])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_newton_is_exact_for_a_ridge_classifier(
    n_classes, class_weight, weighted, intercept
):
    X, y = data(n_classes)
    weights = np.random.default_rng(1).uniform(0.5, 2.0, 60) if weighted else None
    model = RidgeClassifier(2.0, class_weight=class_weight, fit_intercept=intercept)

    def loss(rows):
        kept = np.delete(np.arange(60), rows)
        own = None if weights is None else weights[kept]
        fitted = clone(model).fit(X[kept], y[kept], sample_weight=own)
        return square_of_signs(fitted, X[:30], y[:30])

    influence = InfluenceFunction(method="newton")
    influence.fit(model.fit(X, y, sample_weight=weights), X, y, sample_weight=weights)
    before = influence.values(X[:30], y[:30], target="loss")
    assert before == pytest.approx(loss([]), rel=1e-10)
    scores = influence.scores(X[:30], y[:30], target="loss")
    truth = np.array([loss([row]) for row in range(60)]) - before
    np.testing.assert_allclose(scores, truth, atol=1e-9)
    sets = [[0, 5, 9, 30], [20]]
    scores = influence.group_scores(sets, X[:30], y[:30], target="loss", order=2)
    truth = np.array([loss(rows) for rows in sets]) - before
    np.testing.assert_allclose(scores, truth, atol=1e-9)


@pytest.mark.parametrize("class_weight", [None, "balanced"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_chosen_penalty_stays(n_classes, class_weight):
    X, y = data(n_classes)
    model = chosen(class_weight=class_weight, solver="lbfgs", max_iter=1000).fit(X, y)
    plain = LogisticRegression(
        C=float(np.ravel(model.C_)[0]), class_weight=class_weight, tol=1e-10
    ).fit(X, y)
    for method in ("first_order", "newton"):
        found, expected = (
            InfluenceFunction(method=method)
            .fit(own, X, y)
            .scores(X[:30], y[:30], target="loss")
            for own in (model, plain)
        )
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-6)


SLOW = {"loss": "log_loss", "tol": None, "random_state": 0, "alpha": 0.01}


@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_the_penalty_of_stochastic_descent_is_per_row(class_weight):
    """Its objective is a mean: n - 1 rows have n - 1 times alpha."""
    X, y = data()
    sharp = {"class_weight": class_weight, "solver": "newton-cholesky", "tol": 1e-12}
    model = SGDClassifier(class_weight=class_weight, max_iter=3000, **SLOW).fit(X, y)
    exact = LogisticRegression(C=1 / 0.6, **sharp).fit(X, y)
    assert np.abs(model.coef_ - exact.coef_).max() < 0.02
    model.coef_, model.intercept_ = exact.coef_, exact.intercept_

    def loss(fitted):
        z = fitted.decision_function(X[:30])
        return (np.logaddexp(0, z) - y[:30] * z).sum()

    truth = []
    for row in range(60):
        kept = np.delete(np.arange(60), row)
        without = LogisticRegression(C=1 / 0.59, **sharp).fit(X[kept], y[kept])
        truth.append(loss(without) - loss(exact))
    for method, least in (("first_order", 0.96), ("newton", 0.997)):
        influence = InfluenceFunction(method=method).fit(model, X, y)
        scores = influence.scores(X[:30], y[:30], target="loss")
        assert np.corrcoef(scores, truth)[0, 1] > least
        slope = (scores @ truth) / (scores @ scores)
        assert slope == pytest.approx(1, abs=0.3 if method == "first_order" else 0.1)
    sets = influence.group_scores([[3, 7]], X[:30], y[:30], target="loss", order=2)
    kept = np.delete(np.arange(60), [3, 7])
    without = LogisticRegression(C=1 / 0.58, **sharp).fit(X[kept], y[kept])
    assert sets[0] == pytest.approx(loss(without) - loss(exact), rel=0.05)


def test_error_stochastic_descent_that_ended_early():
    X, y = data()
    early = SGDClassifier(max_iter=3, **SLOW).fit(X, y)
    with pytest.raises(
        ConvergenceError, match=r"norm is 0\.\d+, above 0.1: .* tol=None"
    ):
        InfluenceFunction().fit(early, X, y)
    late = SGDClassifier(max_iter=100, **SLOW).fit(X, y)
    with pytest.warns(ConvergenceWarning, match=r"norm is 0\.0\d+, above 0.001"):
        InfluenceFunction().fit(late, X, y)


def test_residuals_that_are_rounding_count_as_none():
    """A ridge classifier that meets its labels has converged."""
    X = np.array([[1.0, 0.1], [-1.0, 0.1], [1.0, -0.1], [-1.0, -0.1]]) * 0.7
    y = (X[:, 0] > 0).astype(int)
    model = RidgeClassifier(alpha=1e-14, fit_intercept=False).fit(X, y)
    assert InfluenceFunction().fit(model, X, y).gradient_norm_ < 1e-6
