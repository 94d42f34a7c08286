"""The three solvers agree, and say where they end early."""

import warnings

import numpy as np
import pytest

from rfcore.errors import ConvergenceWarning, InfeasibleError
from rfcore.influence import InfluenceFunction
from rfcore.influence.linear.solvers import Cholesky, SingularError

TARGETS = ["loss", "demographic_parity", "equal_opportunity", "robustness"]


def scores(own, targets=("loss",), **options):
    influence = InfluenceFunction(**options).fit(
        own.model, own.X, own.y, sample_weight=own.sample_weight
    )
    return influence.scores(
        own.X_val, own.y_val, target=list(targets), groups=own.groups
    )


@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize("name", ["binary", "unpenalized", "multinomial", "ridge"])
def test_conjugate_gradients_agree_with_cholesky(case, name, intercept):
    own = case(name, intercept=intercept, weighted=True)
    targets = TARGETS if name in ("binary", "unpenalized") else ["loss"]
    expected = scores(own, targets)
    found = scores(own, targets, solver="cg", tol=1e-11)
    np.testing.assert_allclose(
        found, expected, rtol=1e-6, atol=1e-8 * np.abs(expected).max()
    )
    damped = scores(own, targets, solver="cg", tol=1e-11, damping=5.0)
    np.testing.assert_allclose(
        damped,
        scores(own, targets, damping=5.0),
        rtol=1e-6,
        atol=1e-8 * np.abs(expected).max(),
    )
    assert np.abs(damped - found).max() > 1e-3 * np.abs(found).max()


def test_error_conjugate_gradients_end_early(case):
    own = case("multinomial")
    with pytest.warns(
        ConvergenceWarning,
        match=r"max_iter=2 passes with a relative residual of .*, above tol=1e-08",
    ):
        scores(own, solver="cg", max_iter=2)


@pytest.mark.parametrize("name", ["binary", "multinomial", "ridge"])
def test_nystroem_of_full_rank_agrees_with_cholesky(case, name):
    own = case(name, weighted=True)
    expected = scores(own, damping=0.1)
    found = scores(own, solver="nystroem", damping=0.1, random_state=0)
    np.testing.assert_allclose(
        found, expected, rtol=1e-6, atol=1e-8 * np.abs(expected).max()
    )


def test_nystroem_gets_nearer_with_the_rank(case):
    own = case("ridge", intercept=False, n=100)
    rng = np.random.default_rng(0)
    own.X = rng.normal(size=(100, 30)) * 0.7 ** np.arange(30)
    own.X_val = rng.normal(size=(20, 30)) * 0.7 ** np.arange(30)
    own.y = own.X.sum(axis=1) + rng.normal(size=100)
    own.model.fit(own.X, own.y)
    expected = scores(own)
    errors = [
        np.abs(scores(own, solver="nystroem", rank=r, random_state=0) - expected).max()
        for r in (2, 8, 30)
    ]
    assert errors[0] > 5 * errors[1] > 25 * errors[2], errors
    again = scores(own, solver="nystroem", rank=8, random_state=0)
    once = scores(own, solver="nystroem", rank=8, random_state=0)
    np.testing.assert_array_equal(again, once)


def test_error_nystroem_without_damping(case):
    own = case("binary")
    with pytest.raises(ValueError, match="needs damping > 0 where a parameter is not"):
        scores(own, solver="nystroem")


def test_cholesky_solves_whatever_the_units():
    rng = np.random.default_rng(0)
    root = rng.normal(size=(20, 4)) * [1e-8, 1.0, 1e8, 1e3]
    matrix = root.T @ root
    vectors = matrix @ np.eye(4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = Cholesky(matrix, np.finfo(float).eps).solve(vectors)
    scale = np.array([1e8, 1.0, 1e-8, 1e-3])
    np.testing.assert_allclose(found / scale[:, None] * scale, np.eye(4), atol=1e-6)


def test_error_singular_or_overflowing_matrix():
    with pytest.raises(SingularError, match="singular"):
        Cholesky(np.ones((2, 2)), 1e-16)
    with pytest.raises(SingularError, match="singular"):
        Cholesky(np.diag([1.0, 0.0]), 1e-16)
    assert issubclass(SingularError, InfeasibleError)
    with pytest.raises(ValueError, match="X holds too large values"):
        Cholesky(np.full((2, 2), np.inf), 1e-16)
