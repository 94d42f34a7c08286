"""Small fitted models of every kind, with what the oracles need to know of them."""

import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.svm import LinearSVC

SHARP = {"tol": 1e-12, "max_iter": 10000}

# Kind of the oracle's loss, number of classes, the model, its penalty.
MODELS = {
    "binary": ("log", 2, lambda b: LogisticRegression(C=0.5, fit_intercept=b, **SHARP)),
    "unpenalized": (
        "log",
        2,
        lambda b: LogisticRegression(C=np.inf, fit_intercept=b, **SHARP),
    ),
    "liblinear": (
        "log",
        2,
        lambda b: LogisticRegression(
            C=0.5, solver="liblinear", intercept_scaling=2.0, fit_intercept=b, **SHARP
        ),
    ),
    "multinomial": (
        "softmax",
        3,
        lambda b: LogisticRegression(C=0.5, fit_intercept=b, **SHARP),
    ),
    "ridge": (
        "squared",
        0,
        lambda b: Ridge(alpha=2.0, solver="cholesky", fit_intercept=b),
    ),
    "least_squares": ("squared", 0, lambda b: LinearRegression(fit_intercept=b)),
    "svc": (
        "squared_hinge",
        2,
        lambda b: LinearSVC(
            C=0.5, dual=False, intercept_scaling=2.0, fit_intercept=b, **SHARP
        ),
    ),
    "svc_of_three": (
        "squared_hinge",
        3,
        lambda b: LinearSVC(C=0.5, dual=False, fit_intercept=b, **SHARP),
    ),
    "hinge": (
        "smoothed_hinge",
        2,
        lambda b: LinearSVC(
            C=0.5, loss="hinge", fit_intercept=b, tol=1e-6, max_iter=100000
        ),
    ),
}


def labels(rng, X, n_classes):
    z = X @ rng.normal(size=(X.shape[1], max(n_classes, 1)))
    z = z + rng.normal(size=z.shape)
    if n_classes == 0:
        return z[:, 0]
    return (z[:, 0] > 0).astype(int) if n_classes == 2 else z.argmax(axis=1)


@pytest.fixture
def case():
    """Makes data, a fitted model and the oracle's view of both.

    `name` is a key of MODELS; the attributes are model, X, y, weights, X_val, y_val,
    groups, and for the oracle kind, theta, penalty, rows and rows_val.
    """

    def make(name, *, intercept=True, weighted=False, n=40, d=3, seed=0):
        kind, n_classes, build = MODELS[name]
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(n + 20, d)) * [1.0, 2.0, 0.5][:d] + 0.3
        y = labels(rng, X, n_classes)
        weights = rng.uniform(0.5, 2.0, size=n) if weighted else np.ones(n)
        model = build(intercept)
        model.fit(X[:n], y[:n], sample_weight=weights if weighted else None)
        theta = np.atleast_2d(model.coef_)
        penalty = np.full(theta.shape, strength(model))
        rows = X
        if intercept:
            theta = np.column_stack(
                [theta, np.broadcast_to(model.intercept_, len(theta))]
            )
            own = strength(model) / getattr(model, "intercept_scaling", 1.0) ** 2
            liblinear = name in ("liblinear", "svc", "svc_of_three", "hinge")
            penalty = np.column_stack([penalty, np.full(len(theta), own * liblinear)])
            rows = np.column_stack([X, np.ones(len(X))])
        return SimpleNamespace(
            model=model,
            X=X[:n],
            y=y[:n],
            weights=weights,
            sample_weight=weights if weighted else None,
            X_val=X[n:],
            y_val=y[n:],
            groups=rng.permutation(np.arange(20) % 2),
            kind=kind,
            theta=theta,
            penalty=penalty,
            rows=rows[:n],
            rows_val=rows[n:],
        )

    return make


def strength(model):
    if isinstance(model, LinearRegression):
        return 0.0
    return model.alpha if isinstance(model, Ridge) else 1 / model.C


@pytest.fixture
def german():
    """X, y, and X, y, groups of the test rows."""
    home = os.environ.get("RFCORE_DATA", "")
    path = Path(home) / "fairness_poisoning" / "german.npz"
    if not path.is_file():
        pytest.skip(f"{path} is missing")
    with np.load(path) as arrays:
        X, X_val = arrays["orig_X_train"], arrays["orig_X_test"]
        y, y_val = arrays["orig_Y_train"], arrays["orig_Y_test"]
        return X, y, X_val, y_val, arrays["orig_group_label"][len(X) :]
