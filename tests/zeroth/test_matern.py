"""Tests of the growing Gaussian process: against dense algebra, and what it learns."""

import numpy as np
import pytest

from rfcore.zeroth import matern
from rfcore.zeroth.matern import MaternProcess


def dense(U, values, V, lengths):
    """Length, means and deviations by the formulas, by inverse matrices."""

    def correlation(A, B, length):
        z = np.sqrt(5) * np.linalg.norm(A[:, None] - B, axis=2) / length
        return (1 + z + z**2 / 3) * np.exp(-z)

    n, best = len(U), (-np.inf,)
    for length in lengths:
        R = correlation(U, U, length)
        if np.linalg.cond(R) > 1e8:
            continue
        inverse, ones = np.linalg.inv(R), np.ones(n)
        n_ones = ones @ inverse @ ones
        mean = ones @ inverse @ values / n_ones
        q = (values - mean) @ inverse @ (values - mean)
        log_likelihood = -(
            (n - 1) * np.log(q / (n - 1)) + np.linalg.slogdet(R)[1] + np.log(n_ones)
        )
        r = correlation(V, U, length)
        means = mean + r @ inverse @ (values - mean)
        left = 1 - np.einsum("cn,nm,cm->c", r, inverse, r)
        left += (1 - r @ inverse @ ones) ** 2 / n_ones
        found = log_likelihood, length, means, np.sqrt(q / (n - 1) * left)
        best = max(best, found, key=lambda x: x[0])
    return best[1:]


def grown(U, values):
    process = MaternProcess(U.shape[1])
    for u, value in zip(U, values, strict=True):
        process.add(u, value)
    return process


@pytest.mark.parametrize("n", [3, 5, 64, 65, 130])
@pytest.mark.parametrize(("scale", "offset"), [(1, 0), (1e-6, 0), (1e6, 1e6)])
def test_predictions_follow_the_formulas(n, scale, offset):
    rng = np.random.default_rng(n)
    U, V = rng.random((n, 3)), rng.random((20, 3))
    values = np.sin(20 * U[:, 0]) + np.cos(30 * U[:, 1]) * U[:, 2]
    process = grown(U, scale * values + offset)
    length, means, deviations = dense(U, values, V, matern._LENGTH_SCALES)
    assert process.length_scale == length
    found = process.predict(V)
    np.testing.assert_allclose((found[0] - offset) / scale, means, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found[1] / scale, deviations, rtol=1e-3, atol=1e-6)


def test_known_points_are_interpolated():
    U = np.random.default_rng(0).random((40, 2))
    values = np.cos(5 * U).sum(axis=1)
    means, deviations = grown(U, values).predict(U)
    np.testing.assert_allclose(means, values, atol=1e-6)
    assert deviations.max() < 1e-4


def test_a_rough_function_has_a_shorter_length():
    U = np.linspace(0, 1, 40)[:, None]
    rough = grown(U, np.sin(60 * U[:, 0])).length_scale
    assert rough < grown(U, np.sin(4 * U[:, 0])).length_scale / 4


def test_too_few_points_say_nothing_about_the_deviation():
    process = MaternProcess(2)
    for expected in (0.0, 3.0):
        means, deviations = process.predict(np.zeros((2, 2)))
        assert np.isinf(deviations).all()
        np.testing.assert_array_equal(means, [expected] * 2)
        process.add(np.ones(2), 3.0)


def test_two_points_say_nothing_about_the_length():
    U = np.array([[0.1], [0.9]])
    assert grown(U, np.array([1.0, 3.0])).length_scale == 0.32


def test_equal_values_and_repeated_points():
    process = grown(np.array([[0.5], [0.1], [0.1], [0.9]]), np.full(4, 7.0))
    means, deviations = process.predict(np.array([[0.3], [0.1]]))
    np.testing.assert_allclose(means, 7.0)
    np.testing.assert_allclose(deviations, 0.0, atol=1e-6)


def test_points_ever_nearer_to_three_stay_finite():
    """Rows of points that others determine were rounding, and grew to infinity."""
    centers = np.random.default_rng(0).random((3, 2))
    cross = np.array([[-1, 0], [1, 0], [0, -1], [0, 1]])
    U = [c + 3.0**-k * cross for c in centers for k in range(1, 20)]
    V = centers + 1e-3
    means, deviations = crowd(np.concatenate(U), V)
    np.testing.assert_allclose(means, waves(V), atol=1e-3)
    assert np.isfinite(deviations).all()


def test_a_crowd_of_points_is_learned():
    rng = np.random.default_rng(0)
    V = 0.1 + 0.8 * rng.random((50, 2))
    means, deviations = crowd(rng.random((900, 2)), V)
    np.testing.assert_allclose(means, waves(V), atol=0.02)
    assert deviations.max() < 0.02


def waves(U):
    return np.sin(13 * U).prod(axis=1)


def crowd(U, V):
    process = grown(U, waves(U))
    assert np.abs(process._inverse).max() < 1e8
    return process.predict(V)


@pytest.mark.parametrize(("n", "capacity"), [(64, 64), (65, 128), (128, 128)])
def test_memory_is_as_documented(n, capacity):
    """80 bytes for each pair of points that there is room for."""
    process = grown(np.random.default_rng(0).random((n, 2)), np.arange(float(n)))
    assert process._inverse.nbytes == 80 * capacity**2
