"""Products with rows, sums of their slopes and scaled rows, by their formulas."""

import numpy as np
import pytest

from rfcore import _core

UNLIKE = np.array([1.0, 300.0, 0.02])


def rows_times(X, W, constant):
    product = np.full((len(X), len(W)), np.nan)
    _core.rows_times(X, W, constant, product)
    return product


def sum_slopes(X, shift, slopes, magnitudes, p):
    gradient, sizes = np.full((2, slopes.shape[1], p), np.nan)
    _core.sum_slopes(X, shift, slopes, magnitudes, gradient, sizes)
    return gradient, sizes


def scale_rows(X, shift, root, p):
    scaled = np.full((len(X), p), np.nan, dtype=X.dtype)
    _core.scale_rows(X, shift, root, scaled)
    return scaled


def rows_of(n, d=3, *, dtype=np.float64, seed=0, scale=1.0, offset=0.0):
    """Rows with columns of unlike scale, and a shift near their mean."""
    rng = np.random.default_rng(seed)
    spread = scale * np.resize(UNLIKE, d)
    X = (rng.normal(size=(n, d)) * spread + offset).astype(dtype)
    return X, (offset + spread / 2).astype(dtype)


def design(X, shift, p):
    """The rows as the kernels see them."""
    rows = X - shift
    ones = np.ones((len(X), p - X.shape[1]), dtype=X.dtype)
    return np.hstack([rows, ones]).astype(np.float64)


def test_product_by_hand():
    X, W = np.array([[3.0, -1.0], [1.0, 4.0]]), np.array([[2.0, 0.5], [0.0, 1.0]])
    assert rows_times(X, W, np.array([10.0, 0.0])).tolist() == [[15.5, -1], [14, 4]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [0, 1, 7, 8, 9, 130])
@pytest.mark.parametrize("n_columns", [0, 1, 3, 4, 5, 8, 13])
def test_product_equals_the_formula(dtype, n, n_columns):
    X, _ = rows_of(n, 19, dtype=dtype)
    rng = np.random.default_rng(1)
    W, constant = rng.normal(size=(n_columns, 19)), rng.normal(size=n_columns)
    expected = X.astype(np.float64) @ W.T + constant
    terms = np.abs(X.astype(np.float64)) @ np.abs(W.T) + np.abs(constant)
    assert (np.abs(rows_times(X, W, constant) - expected) <= 1e-14 * terms).all()


def test_slopes_by_hand():
    X, shift = np.array([[3.0, -1.0], [1.0, 4.0]]), np.array([1.0, 0.0])
    slopes, magnitudes = np.array([[1.0], [-2.0]]), np.array([[1.0], [5.0]])
    gradient, sizes = sum_slopes(X, shift, slopes, magnitudes, 3)
    assert gradient.tolist() == [[2.0, -9.0, -1.0]]
    assert sizes.tolist() == [[2.0, 21.0, 6.0]]


def test_scaled_rows_by_hand():
    X, shift = np.array([[3.0, -1.0], [1.0, 4.0]]), np.array([1.0, 0.0])
    scaled = scale_rows(X, shift, np.array([2.0, 0.5]), 3)
    assert scaled.tolist() == [[4.0, -2.0, 2.0], [0.0, 2.0, 0.5]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("n", "d"), [(1, 1), (7, 3), (130, 19)])
@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize("intercept", [0, 1])
@pytest.mark.parametrize("scale, offset", [(1e-6, 0), (1, 0), (1e6, 0), (1, 1e6)])
def test_slopes_equal_the_formula(dtype, n, d, n_outputs, intercept, scale, offset):
    X, shift = rows_of(n, d, dtype=dtype, scale=scale, offset=offset)
    rng = np.random.default_rng(1)
    slopes, magnitudes = rng.normal(size=(n, n_outputs)), rng.random((n, n_outputs))
    gradient, sizes = sum_slopes(X, shift, slopes, magnitudes, d + intercept)
    rows = design(X, shift, d + intercept)
    terms = np.abs(slopes).T @ np.abs(rows)
    assert (np.abs(gradient - slopes.T @ rows) <= 1e-13 * terms).all()
    np.testing.assert_allclose(sizes, magnitudes.T @ np.abs(rows), rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("intercept", [0, 1])
def test_scaled_rows_equal_the_formula(dtype, intercept):
    X, shift = rows_of(50, 19, dtype=dtype, offset=1e3)
    root = np.random.default_rng(1).random(50).astype(dtype)
    rows = design(X, shift, 19 + intercept).astype(dtype)
    scaled = scale_rows(X, shift, root, 19 + intercept)
    np.testing.assert_array_equal(scaled, root[:, None] * rows)


def test_no_rows():
    X, shift = rows_of(0)
    gradient, sizes = sum_slopes(X, shift, np.empty((0, 2)), np.empty((0, 2)), 4)
    assert not gradient.any() and not sizes.any()
    assert scale_rows(X, shift, np.empty(0), 4).shape == (0, 4)


GOOD = {
    "X": (5, 3),
    "shift": (3,),
    "slopes": (5, 2),
    "magnitudes": (5, 2),
    "gradient": (2, 4),
    "sizes": (2, 4),
}


@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [
        ("shift", (4,), "shift.shape[0]=4 should be 3"),
        ("slopes", (4, 2), "slopes.shape[0]=4 should be 5"),
        ("magnitudes", (4, 2), "magnitudes.shape[0]=4 should be 5"),
        ("magnitudes", (5, 1), "magnitudes.shape[1]=1 should be 2"),
        ("gradient", (1, 4), "gradient.shape[0]=1 should be 2"),
        ("gradient", (2, 5), "gradient.shape[1]=5 should be 3"),
        ("sizes", (1, 4), "sizes.shape[0]=1 should be 2"),
        ("sizes", (2, 3), "sizes.shape[1]=3 should be 4"),
    ],
)
def test_slopes_of_unequal_shapes_are_an_error(name, shape, message):
    arrays = {key: np.zeros(size) for key, size in GOOD.items()}
    _core.sum_slopes(**arrays)
    with pytest.raises(ValueError, match=message.replace("[", r"\[")):
        _core.sum_slopes(**arrays | {name: np.zeros(shape)})


@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [
        ("shift", (2,), "shift.shape[0]=2 should be 3"),
        ("root", (4,), "root.shape[0]=4 should be 5"),
        ("scaled", (6, 4), "scaled.shape[0]=6 should be 5"),
        ("scaled", (5, 2), "scaled.shape[1]=2 should be 3"),
    ],
)
def test_scaled_rows_of_unequal_shapes_are_an_error(name, shape, message):
    good = {"X": (5, 3), "shift": (3,), "root": (5,), "scaled": (5, 4)}
    arrays = {key: np.zeros(size) for key, size in good.items()}
    _core.scale_rows(**arrays)
    with pytest.raises(ValueError, match=message.replace("[", r"\[")):
        _core.scale_rows(**arrays | {name: np.zeros(shape)})


@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [
        ("W", (2, 4), "W.shape[1]=4 should be 3"),
        ("constant", (3,), "constant.shape[0]=3 should be 2"),
        ("out", (4, 2), "out.shape[0]=4 should be 5"),
        ("out", (5, 3), "out.shape[1]=3 should be 2"),
    ],
)
def test_product_of_unequal_shapes_is_an_error(name, shape, message):
    good = {"X": (5, 3), "W": (2, 3), "constant": (2,), "out": (5, 2)}
    arrays = {key: np.zeros(size) for key, size in good.items()}
    _core.rows_times(**arrays)
    with pytest.raises(ValueError, match=message.replace("[", r"\[")):
        _core.rows_times(**arrays | {name: np.zeros(shape)})
