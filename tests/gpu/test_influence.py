"""Influence of rows that live on a device, against the same rows on the host."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.svm import LinearSVC

from rfcore import _arrays
from rfcore.errors import DeviceError
from rfcore.influence import InfluenceFunction
from rfcore.influence.linear import resident

TARGETS = ["loss", "demographic_parity", "equal_opportunity", "robustness"]
SHARP = {"tol": 1e-10, "solver": "newton-cholesky"}
MODELS = {
    "binary": LogisticRegression(**SHARP),
    "multinomial": LogisticRegression(**SHARP),
    "no_intercept": LogisticRegression(fit_intercept=False, **SHARP),
    "ridge": Ridge(),
    "least_squares": LinearRegression(),
    "svc": LinearSVC(dual=False, tol=1e-10, max_iter=10000),
}


@pytest.fixture(
    params=[
        "torch on the host",
        pytest.param("torch", marks=pytest.mark.gpu),
        pytest.param("cupy", marks=pytest.mark.gpu),
    ]
)
def put(request, monkeypatch):
    """Puts an array on the device; without one, into a tensor that says it is there."""
    if request.param == "cupy":
        return pytest.importorskip("cupy").asarray
    torch = pytest.importorskip("torch")
    if request.param == "torch":
        if not torch.cuda.is_available():
            pytest.skip("needs a CUDA device")
        return lambda array: torch.as_tensor(array, device="cuda")
    known = _arrays.on_device
    monkeypatch.setattr(
        _arrays, "on_device", lambda a: isinstance(a, torch.Tensor) or known(a)
    )
    return lambda array: torch.as_tensor(np.array(array))


def data(name, n=400, n_val=100, d=5):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n + n_val, d)) * [1.0, 3.0, 0.1, 1.0, 1.0] + 2
    z = (X - 2) @ rng.normal(size=d)
    y = (rng.random(n + n_val) < expit(z)).astype(int)
    if name == "multinomial":
        y += z > 1
    if name in ("ridge", "least_squares"):
        y = z + rng.normal(size=n + n_val)
    groups = (X[n:, 0] > 2).astype(int)
    targets = TARGETS if name in ("binary", "no_intercept", "svc") else ["loss"]
    return X[:n], y[:n], X[n:], y[n:], groups, targets


def fit(model, X, y, **options):
    return InfluenceFunction(**options).fit(model, X, y)


@pytest.mark.parametrize(("dtype", "tol"), [(np.float64, 1e-10), (np.float32, 2e-3)])
@pytest.mark.parametrize("method", ["first_order", "newton"])
@pytest.mark.parametrize("name", MODELS)
def test_scores_are_those_of_the_host(put, name, method, dtype, tol, monkeypatch):
    monkeypatch.setattr(resident, "_BLOCK_SIZE", 600)
    X, y, X_val, y_val, groups, targets = data(name)
    model = MODELS[name].fit(X, y)
    X, X_val = X.astype(dtype), X_val.astype(dtype)
    own = fit(model, put(X), y, method=method)
    found = own.scores(put(X_val), y_val, target=targets, groups=groups)
    assert type(found) is type(put(X))
    plain = fit(model, X.astype(np.float64), y, method=method)
    expected = plain.scores(
        X_val.astype(np.float64), y_val, target=targets, groups=groups
    )
    assert tuple(found.shape) == expected.shape
    size = np.abs(expected).max(axis=1, keepdims=True)
    assert (np.abs(resident.to_host(found) - expected) <= tol * size).all()
    assert own.gradient_norm_ == pytest.approx(plain.gradient_norm_, abs=1e-6)


@pytest.mark.parametrize("solver", ["cg", "nystroem"])
def test_solvers_take_products_there(put, solver):
    X, y, X_val, y_val, groups, targets = data("binary")
    model = MODELS["binary"].fit(X, y)
    options = {"solver": solver, "damping": 0.1, "tol": 1e-12, "random_state": 0}
    own = fit(model, put(X), y, **options)
    found = own.scores(put(X_val), y_val, target=targets, groups=groups)
    expected = fit(model, X, y, **options).scores(
        X_val, y_val, target=targets, groups=groups
    )
    np.testing.assert_allclose(resident.to_host(found), expected, rtol=1e-6, atol=1e-9)


def test_labels_weights_and_groups_may_live_there(put):
    X, y, X_val, y_val, groups, targets = data("binary")
    weights = np.linspace(0.5, 2, len(X))
    model = MODELS["binary"].fit(X, y, sample_weight=weights)
    own = InfluenceFunction().fit(model, put(X), put(y), sample_weight=put(weights))
    found = own.scores(put(X_val), put(y_val), target=targets, groups=put(groups))
    plain = InfluenceFunction().fit(model, X, y, sample_weight=weights)
    expected = plain.scores(X_val, y_val, target=targets, groups=groups)
    np.testing.assert_allclose(resident.to_host(found), expected, rtol=1e-8, atol=1e-9)
    sets = [[0, 7, 9], [4]]
    found, expected = (
        influence.group_scores(sets, X_val, y_val, target="loss", order=2)
        for influence, X_val in ((own, put(X_val)), (plain, X_val))
    )
    np.testing.assert_allclose(found, expected, rtol=1e-8)


def test_products_are_taken_there(put, monkeypatch):
    """No array with as many rows as X and its columns comes to the host."""
    X, y, X_val, y_val, _, _ = data("binary", n=3000)
    model = MODELS["binary"].fit(X, y)
    sizes, known = [], resident.to_host

    def watched(array):
        if _arrays.on_device(array):
            sizes.append(int(np.prod(tuple(array.shape))))
        return known(array)

    monkeypatch.setattr(resident, "to_host", watched)
    own = fit(model, put(X), y)
    own.scores(put(X_val), y_val, target="loss")
    assert 3000 in sizes
    # A decision value and what one target moves along, of each row.
    assert max(sizes) == 2 * 3000 < X.size


def test_error_rows_in_two_places(put):
    X, y, X_val, y_val, _, _ = data("binary")
    model = MODELS["binary"].fit(X, y)
    for rows, others in ((put(X), X_val), (X, put(X_val))):
        with pytest.raises(DeviceError, match="X_val and X should live in one place"):
            fit(model, rows, y).scores(others, y_val, target="loss")


def test_error_rows_on_a_device(put):
    X, y, _, _, _, _ = data("binary")
    model = MODELS["binary"].fit(X, y)
    broken = X.copy()
    broken[7, 2] = np.inf
    with pytest.raises(ValueError, match=r"X\[7, 2\]=inf should be finite"):
        fit(model, put(broken), y)
    with pytest.raises(ValueError, match=r"X\.ndim=1 should be 2"):
        fit(model, put(X[:, 0]), y)
    with pytest.raises(DeviceError, match="float32 or float64, not int64"):
        fit(model, put(X.astype(np.int64)), y)
