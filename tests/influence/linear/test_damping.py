"""How much damping is chosen, and what it does to the scores."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from rfcore.influence import InfluenceFunction
from rfcore.influence.linear.damping import smallest_damping

EPS = np.finfo(np.float64).eps


def reciprocal(matrix):
    """Of the condition number by inverses, after scaling to a diagonal of ones."""
    scale = 1 / np.sqrt(np.diag(matrix))
    scaled = matrix * scale * scale[:, None]
    return 1 / (np.linalg.norm(scaled, 1) * np.linalg.norm(np.linalg.inv(scaled), 1))


def test_by_hand():
    """[[1 + d, 1], [1, 1 + d]] scaled has reciprocal d / (2 + d)."""
    ones = np.ones((2, 2))
    assert np.sqrt(EPS) == pytest.approx(1.5e-8, rel=0.01)
    assert smallest_damping(ones, EPS) == 1e-7
    assert smallest_damping(10 * ones, EPS) == 1e-6
    assert smallest_damping(ones, 1e-4) == 0.1
    assert smallest_damping(np.zeros((2, 2)), EPS) <= 1e-15


@pytest.mark.parametrize("scale", [1e-6, 1, 1e6])
def test_smallest_power_of_ten_that_is_safe(scale):
    root = np.random.default_rng(0).normal(size=(4, 6)) * scale
    root[:, 5] *= 1e-3
    matrix = root.T @ root
    found = smallest_damping(matrix, EPS)
    assert np.log10(found) == pytest.approx(round(np.log10(found)), abs=1e-9)
    assert reciprocal(matrix + found * np.eye(6)) >= np.sqrt(EPS)
    assert reciprocal(matrix + found / 10 * np.eye(6)) < np.sqrt(EPS)


def test_small_columns_are_not_swamped():
    """The damping is measured by the columns that depend, not by the largest one."""
    rng = np.random.default_rng(0)
    small = 1e-6 * rng.normal(size=(50, 1))
    root = np.hstack([1e6 * rng.normal(size=(50, 1)), small, small])
    assert smallest_damping(root.T @ root, EPS) < 1e-6 * (small**2).sum()


def dependent(case):
    own = case("least_squares", n=60)
    own.X = np.column_stack([own.X, own.X[:, 0] - own.X[:, 1]])
    own.X_val = np.column_stack([own.X_val, own.X_val[:, 0] - own.X_val[:, 1]])
    own.model = LinearRegression().fit(own.X, own.y)
    return own


@pytest.mark.parametrize("method", ["first_order", "newton"])
def test_scores_are_those_of_the_independent_columns(case, method):
    own = dependent(case)
    automatic = InfluenceFunction(method=method, damping="auto")
    found = automatic.fit(own.model, own.X, own.y).scores(
        own.X_val, own.y_val, target="loss"
    )
    assert 0 < automatic.damping_ < 1e-3
    model = LinearRegression().fit(own.X[:, :3], own.y)
    plain = InfluenceFunction(method=method).fit(model, own.X[:, :3], own.y)
    expected = plain.scores(own.X_val[:, :3], own.y_val, target="loss")
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_nothing_is_added_where_nothing_is_needed(case):
    own = case("binary")
    plain, automatic = (
        InfluenceFunction(damping=damping).fit(own.model, own.X, own.y)
        for damping in (0.0, "auto")
    )
    assert plain.damping_ == automatic.damping_ == 0
    np.testing.assert_array_equal(plain.hessian_, automatic.hessian_)
    given = InfluenceFunction(damping=2).fit(own.model, own.X, own.y)
    assert given.damping_ == 2


def test_smoothed_hinge(case):
    own = case("hinge")
    automatic = InfluenceFunction(damping="auto").fit(own.model, own.X, own.y)
    assert automatic.damping_ == 0


@pytest.mark.data
@pytest.mark.filterwarnings("ignore:too little curvature is left for a Newton step")
@pytest.mark.parametrize("method", ["first_order", "newton"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_german_without_a_penalty(german, dtype, method):
    """58 columns and an intercept of rank 47: refused, and damped where asked."""
    X, y, X_val, y_val, groups = german
    model = LogisticRegression(C=np.inf, tol=1e-8, max_iter=2000).fit(X, y)
    X, X_val = X.astype(dtype), X_val.astype(dtype)
    with pytest.raises(ValueError, match=r"rank 47 of 59 columns; .* or 'auto'"):
        InfluenceFunction(method=method).fit(model, X, y)
    influence = InfluenceFunction(method=method, damping="auto").fit(model, X, y)
    assert influence.damping_ == (1e-4 if dtype == np.float64 else 1.0)
    scores = influence.scores(
        X_val, y_val, target=["loss", "demographic_parity"], groups=groups
    )
    assert np.isfinite(scores).all()
    if method == "first_order":
        rows, rows_val = (np.column_stack([a, np.ones(len(a))]) for a in (X, X_val))
        p, p_val = (
            1 / (1 + np.exp(-model.decision_function(a.astype(np.float64))))
            for a in (X, X_val)
        )
        hessian = (rows.T * (p * (1 - p))) @ rows
        pseudo = np.linalg.pinv(hessian, rcond=1e-6, hermitian=True)
        expected = (rows * (p - y)[:, None]) @ pseudo @ (rows_val.T @ (p_val - y_val))
        tolerance = 1e-5 if dtype == np.float64 else 0.02
        atol = tolerance * np.abs(expected).max()
        np.testing.assert_allclose(scores[0], expected, atol=atol)


def test_error_needs_the_factor(case):
    own = case("binary")
    for solver in ("cg", "nystroem"):
        with pytest.raises(ValueError, match="damping='auto' needs solver='cholesky'"):
            InfluenceFunction(damping="auto", solver=solver).fit(
                own.model, own.X, own.y
            )
    with pytest.raises(ValueError, match="damping='much' should be finite and >= 0"):
        InfluenceFunction(damping="much").fit(own.model, own.X, own.y)
