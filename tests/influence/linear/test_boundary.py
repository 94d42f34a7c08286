"""The move across a linear boundary."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from rfcore.influence import boundary_move


def test_move_by_hand():
    """theta = (3, 4), b = 1 at (1, 1): 8, so 2 * 8 / 25 of theta is taken away."""
    moved = boundary_move([[1, 1]], [3, 4], 1, gamma=2)
    np.testing.assert_allclose(moved, [[1 - 3 * 16 / 25, 1 - 4 * 16 / 25]], rtol=1e-15)


@pytest.mark.parametrize("scale", [1e-200, 1e-6, 1.0, 1e6, 1e200])
@pytest.mark.parametrize("gamma", [0.5, 1.0, 1.1])
def test_decision_values_shrink_or_turn(gamma, scale):
    rng = np.random.default_rng(0)
    X, coef = rng.normal(size=(20, 3)), scale * rng.normal(size=3)
    moved = boundary_move(X, coef, 0.3 * scale, gamma=gamma)
    before, after = X @ coef + 0.3 * scale, moved @ coef + 0.3 * scale
    np.testing.assert_allclose(after, (1 - gamma) * before, atol=1e-14 * scale)


def test_accuracy_on_moved_rows_is_one_minus_accuracy():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 3))
    y = (X[:, 0] + rng.normal(size=50) > 0).astype(int)
    model = LogisticRegression().fit(X, y)
    moved = boundary_move(X, model.coef_, model.intercept_)
    assert model.score(moved, y) == pytest.approx(1 - model.score(X, y))
    assert 0.6 < model.score(X, y) < 1


def test_error_boundary():
    with pytest.raises(ValueError, match=r"X.shape=\(1, 2\) should be \(n, 3\)"):
        boundary_move([[1.0, 2.0]], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="coefficients are all zero"):
        boundary_move([[1.0, 2.0]], [0.0, 0.0])
