"""Influence of all rows on one and four targets, against the formula in NumPy."""

import numpy as np
import pytest
from race import THREADS, Case, Goal, Ladder, peak_bytes
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from rfcore.influence import InfluenceFunction

TARGETS = ("loss", "demographic_parity", "equal_opportunity", "robustness")
_N_VAL = 1000
_GAMMA = 1.1


def logistic(n, d, *, seed=0):
    """A fitted model, its rows and labels, and validation rows with groups."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n + _N_VAL, d))
    y = (rng.random(len(X)) < expit(X @ rng.normal(size=d) / np.sqrt(d))).astype(int)
    groups = (X[n:, 0] > 0).astype(int)
    model = LogisticRegression(tol=1e-8, solver="newton-cholesky").fit(X[:n], y[:n])
    return model, X[:n], y[:n], X[n:], y[n:], groups


def scores(n, d, n_targets, *, threads=THREADS):
    """Scores of all rows; the Hessian is part of the work."""
    model, X, y, *validation = logistic(n, d)
    theta = np.append(model.coef_[0], model.intercept_)
    targets = list(TARGETS[:n_targets])
    X_val, y_val, groups = validation

    def own(threads):
        influence = InfluenceFunction()
        return lambda: influence.fit(model, X, y).scores(
            X_val, y_val, target=targets, groups=groups
        )

    def separate(threads):
        return lambda: np.vstack(
            [numpy_scores(theta, X, y, *validation, [target]) for target in targets]
        )

    def shared(threads):
        return lambda: numpy_scores(theta, X, y, *validation, targets)

    contestants = {"rfcore": own, "NumPy": separate}
    if n_targets > 1:
        contestants["NumPy, one Hessian"] = shared
    return Case(
        contestants=contestants,
        quality=_largest_difference,
        flops=float(n * (d + 1) ** 2),
        n_bytes=8.0 * n * d,
        threads=threads,
    )


def row_hessians(n, d, *, threads=THREADS):
    """Against a Hessian that is the sum of those of all rows, all formed at once."""
    model, X, y, *validation = logistic(n, d)
    theta = np.append(model.coef_[0], model.intercept_)

    def own(threads):
        influence = InfluenceFunction()
        return lambda: influence.fit(model, X, y).scores(
            validation[0], validation[1], target=["loss"]
        )

    def by_einsum(threads):
        return lambda: numpy_scores(
            theta, X, y, *validation, ["loss"], find=_hessian_of_rows
        )

    return Case(
        contestants={"rfcore": own, "einsum": by_einsum},
        quality=_largest_difference,
        threads=threads,
    )


def numpy_scores(theta, X, y, X_val, y_val, groups, targets, *, find=None):
    """grad f' H^-1 grad l_i, (t, n), written down as it stands."""
    rows, p, hessian = (find or _hessian)(theta, X)
    slopes = [_target_gradient(theta, X_val, y_val, groups, name) for name in targets]
    solved = np.linalg.solve(hessian, np.column_stack(slopes))
    gradients = (p - y)[:, None] * rows
    return (gradients @ solved).T


def _hessian(theta, X):
    rows = np.column_stack([X, np.ones(len(X))])
    p = expit(rows @ theta)
    weighted = rows * (p * (1 - p))[:, None]
    return rows, p, rows.T @ weighted + _penalty(len(theta))


def _hessian_of_rows(theta, X):
    rows = np.column_stack([X, np.ones(len(X))])
    p = expit(rows @ theta)
    each = np.einsum("i,ij,ik->ijk", p * (1 - p), rows, rows)
    return rows, p, each.sum(axis=0) + _penalty(len(theta))


def _penalty(q):
    return np.diag(np.append(np.ones(q - 1), 0.0))


def _target_gradient(theta, X_val, y_val, groups, name):
    rows = np.column_stack([X_val, np.ones(len(X_val))])
    if name == "robustness":
        coef = np.append(theta[:-1], 0)
        rows -= _GAMMA * np.outer(rows @ theta, coef) / (coef @ coef)
    z = rows @ theta
    p = expit(z)
    if name in ("loss", "robustness"):
        return rows.T @ (p - y_val)
    if name == "demographic_parity":
        values, slopes, counted = p, p * (1 - p), np.ones(len(z), dtype=bool)
    else:
        values, slopes, counted = np.logaddexp(0, -z), p - 1, y_val == 1
    one, other = (counted & (groups == g) for g in (1, 0))
    gap = values[one].mean() - values[other].mean()
    moved = [slopes[own] @ rows[own] / own.sum() for own in (one, other)]
    return np.sign(gap) * (moved[0] - moved[1])


def _largest_difference(results):
    own, *others = results.values()
    apart = max(np.abs(other / own - 1).max() for other in others)
    return f"largest relative difference {apart:.1e}"


def one_target_by_n(n):
    return scores(n, 64, 1)


def four_targets_by_n(n):
    return scores(n, 64, 4)


def four_targets_by_d(d):
    return scores(15_000, d, 4)


GOALS = (
    Goal("1 target, 100,000 x 64", lambda: scores(100_000, 64, 1), {"NumPy": 1}),
    Goal("1 target, 15,000 x 384", lambda: scores(15_000, 384, 1), {"NumPy": 1}),
    Goal(
        "4 targets, 100,000 x 64",
        lambda: scores(100_000, 64, 4),
        {"NumPy": 3, "NumPy, one Hessian": 1.3},
    ),
    Goal(
        "4 targets, 15,000 x 384",
        lambda: scores(15_000, 384, 4),
        {"NumPy": 3, "NumPy, one Hessian": 1.3},
    ),
    Goal(
        "Hessians of rows, 20,000 x 64",
        lambda: row_hessians(20_000, 64),
        {"einsum": 100},
        once=True,
    ),
)

LADDERS = (
    Ladder("1 target, d = 64", "n", (2_000, 20_000, 100_000), one_target_by_n),
    Ladder("4 targets, d = 64", "n", (2_000, 20_000, 100_000), four_targets_by_n),
    Ladder("4 targets, n = 15,000", "d", (16, 64, 384), four_targets_by_d),
)


@pytest.mark.parametrize("n_targets", [1, 4])
def test_scores(compare, full, n_targets):
    case = scores(*((100_000, 64) if full else (800, 6)), n_targets)
    own, *others = compare(case, n_rounds=3).values()
    for other in others:
        np.testing.assert_allclose(own, other, rtol=1e-6, atol=1e-12)


def test_hessians_of_rows(compare, full):
    case = row_hessians(*((20_000, 64) if full else (500, 6)))
    own, other = compare(case, n_rounds=1).values()
    np.testing.assert_allclose(own, other, rtol=1e-6, atol=1e-12)


def test_memory(benchmark, full):
    """rfcore adds at most a third of what the formula in NumPy does."""
    if not full:
        pytest.skip("the peak is measured at the full size")
    peaks = {
        name: peak_bytes(LADDERS[0], name)
        for name in one_target_by_n(LADDERS[0].sizes[0]).contestants
    }
    benchmark.extra_info.update(peak_bytes=peaks)
    benchmark.pedantic(lambda: None)
    if None not in peaks.values():
        assert peaks["rfcore"] <= peaks["NumPy"] / 3, peaks
