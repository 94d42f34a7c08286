"""Gradients and Hessians against differences of losses written out row by row."""

import numpy as np
import oracles
import pytest
from scipy import sparse

from rfcore.influence import InfluenceFunction
from rfcore.influence.linear import design
from rfcore.influence.linear.hessian import hessian_times, sum_over_rows

KINDS = [
    "binary",
    "unpenalized",
    "liblinear",
    "multinomial",
    "ridge",
    "least_squares",
    "svc",
    "svc_of_three",
    "hinge",
]


def fit(own, X=None, **options):
    influence = InfluenceFunction(**options)
    return influence.fit(
        own.model, own.X if X is None else X, own.y, sample_weight=own.sample_weight
    )


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize("name", KINDS)
def test_hessian_is_that_of_the_objective(case, name, intercept, weighted):
    own = case(name, intercept=intercept, weighted=weighted)
    influence = fit(own)
    expected = oracles.hessian_by_differences(
        lambda at: oracles.linear_objective(
            own.kind, at, own.rows, own.y, own.weights, own.penalty
        ),
        influence.theta_,
    )
    tolerance = 1e-3 if own.kind == "smoothed_hinge" else 1e-6
    if own.kind == "squared_hinge":
        # Differences see rows within a step of the kink.
        tolerance = 1e-4
    np.testing.assert_allclose(
        influence.hessian_, expected, atol=tolerance * np.abs(expected).max()
    )


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize("name", KINDS)
def test_gradient_is_that_of_the_objective(case, name, intercept, weighted):
    """At other parameters than the fitted ones, where it is not zero."""
    own = case(name, intercept=intercept, weighted=weighted)
    problem = fit(own)._problem
    theta = own.theta + 0.3 * np.cos(np.arange(own.theta.size)).reshape(own.theta.shape)
    found = sum_over_rows(
        problem.at(problem.design.from_model(theta)), with_hessian=False
    ).gradient
    expected = oracles.gradient_by_differences(
        lambda at: oracles.linear_objective(
            own.kind, at, own.rows, own.y, own.weights, own.penalty
        ),
        theta,
        step=1e-4,
    )
    np.testing.assert_allclose(
        found, problem.design.gradient_from_model(expected), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("name", KINDS)
def test_the_fitted_model_is_where_the_gradient_vanishes(case, name):
    assert fit(case(name, weighted=True)).gradient_norm_ < 1e-5


def test_gradient_norm_by_hand():
    """Ridge through the origin at w = 0.5: terms -0.5 * 1, -1 * 2 and 1 * w."""
    from sklearn.linear_model import Ridge

    X, y = np.array([[1.0], [2.0]]), np.array([1.0, 2.0])
    model = Ridge(alpha=1.0, fit_intercept=False).fit(X, y)
    model.coef_ = np.array([0.5])
    with pytest.warns(UserWarning, match="relative gradient norm is 0.67"):
        influence = InfluenceFunction().fit(model, X, y)
    assert influence.gradient_norm_ == pytest.approx(2.0 / 3.0)


def test_a_constant_column_has_converged(case):
    """Its coefficient and its slope are rounding, and count as that."""
    own = case("binary")
    X = np.column_stack([own.X, np.full(len(own.X), 3.0)])
    influence = InfluenceFunction().fit(own.model.fit(X, own.y), X, own.y)
    assert influence.gradient_norm_ < 1e-6


@pytest.mark.parametrize("name", ["binary", "multinomial", "svc_of_three"])
def test_products_are_those_with_the_hessian(case, name):
    own = case(name, weighted=True)
    problem = fit(own)._problem
    sums = sum_over_rows(problem, with_hessian=True)
    vectors = np.random.default_rng(0).normal(size=(problem.n_parameters, 2))
    found = hessian_times(problem, vectors)
    expected = sums.hessian @ vectors - problem.penalty.ravel()[:, None] * vectors
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10)
    diagonal = sum_over_rows(problem, with_hessian=False).diagonal
    np.testing.assert_allclose(diagonal, sums.diagonal, rtol=1e-12)


@pytest.mark.parametrize("name", ["binary", "multinomial", "ridge"])
def test_blocks_do_not_matter(case, name, monkeypatch):
    own = case(name, weighted=True)
    whole = fit(own)
    monkeypatch.setattr(design, "_BLOCK_SIZE", 28)
    monkeypatch.setattr(design, "_ROWS_PER_COLUMN", 1)
    parts = fit(own)
    np.testing.assert_allclose(parts.hessian_, whole.hessian_, rtol=1e-12)
    target = "loss"
    np.testing.assert_allclose(
        parts.scores(own.X_val, own.y_val, target=target),
        whole.scores(own.X_val, own.y_val, target=target),
        rtol=1e-10,
    )


@pytest.mark.parametrize("kind", ["float32", "csr", "fortran", "list", "int"])
def test_kinds_of_matrices_agree(case, kind):
    own = case("binary")
    convert = {
        "float32": lambda X: X.astype(np.float32),
        "csr": sparse.csr_array,
        "fortran": np.asfortranarray,
        "list": lambda X: X.tolist(),
        "int": lambda X: X,
    }[kind]
    if kind == "int":
        own.X = np.round(2 * own.X)
        own.model.fit(own.X, own.y)
    expected = fit(own)
    influence = fit(own, own.X.astype(int) if kind == "int" else convert(own.X))
    rtol = 1e-4 if kind == "float32" else 1e-10
    np.testing.assert_allclose(influence.hessian_, expected.hessian_, rtol=rtol)
    found = influence.scores(convert(own.X_val), own.y_val, target="loss")
    scores = expected.scores(own.X_val, own.y_val, target="loss")
    np.testing.assert_allclose(found, scores, rtol=rtol, atol=rtol * abs(scores).max())
