"""Influence on whole networks against dense systems, linear models and retraining."""

import copy
import sys

import numpy as np
import pytest

from rfcore.errors import (
    ApproximationWarning,
    ConvergenceWarning,
    InfeasibleError,
)
from rfcore.influence import InfluenceFunction, NetworkInfluence, boundary_move

torch = pytest.importorskip("torch")

TARGETS = ["loss", "demographic_parity", "equal_opportunity", "robustness"]
SHARP = {"tol": 1e-12, "max_iter": 2000}


def logistic_module(model):
    """A fitted logistic regression as a torch module."""
    module = torch.nn.Linear(model.coef_.shape[1], 1, dtype=torch.float64)
    with torch.no_grad():
        module.weight.copy_(torch.as_tensor(model.coef_))
        module.bias.copy_(torch.as_tensor(model.intercept_))
    return module


@pytest.mark.parametrize("curvature", ["gauss_newton", "hessian"])
@pytest.mark.parametrize("name", ["binary", "liblinear"])
def test_logistic_regression_as_a_module_is_the_linear_model(case, name, curvature):
    own = case(name, weighted=True)
    coef, intercept = own.model.coef_[0], own.model.intercept_[0]
    penalty = {"weight": own.penalty[0, 0], "bias": own.penalty[0, -1]}
    module = logistic_module(own.model)
    influence = NetworkInfluence(
        penalty=penalty, curvature=curvature, damping=1e-10, batch_size=23, **SHARP
    ).fit(module, own.X, own.y, sample_weight=own.weights)
    scores = influence.scores(
        own.X_val,
        own.y_val,
        target=TARGETS,
        groups=own.groups,
        adversary=lambda X, y: boundary_move(X, coef, intercept, gamma=1.3),
    )
    linear = InfluenceFunction().fit(
        own.model, own.X, own.y, sample_weight=own.sample_weight
    )
    expected = linear.scores(
        own.X_val, own.y_val, target=TARGETS, groups=own.groups, gamma=1.3
    )
    assert (np.abs(expected).max(axis=1) > 1e-3).all()
    np.testing.assert_allclose(scores, expected, rtol=1e-6, atol=1e-9)
    assert influence.gradient_norm_ < 1e-6
    assert influence.n_parameters_ == 4


def mlp(n_outputs, dtype=torch.float64, seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return torch.nn.Sequential(
            torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, n_outputs)
        ).to(dtype)


def forward(theta, X):
    """The outputs of `mlp` at a vector of its parameters."""
    hidden = torch.tanh(X @ theta[:12].reshape(4, 3).T + theta[12:16])
    n = (len(theta) - 16) // 5
    return hidden @ theta[16 : 16 + 4 * n].reshape(n, 4).T + theta[16 + 4 * n :]


def losses(z, y):
    if z.shape[1] == 1:
        return torch.log1p(torch.exp(-(2 * y - 1) * z[:, 0]))
    return -torch.log_softmax(z, dim=1)[torch.arange(len(y)), y]


def flat(module):
    return torch.cat([p.detach().reshape(-1) for p in module.parameters()])


def dense_curvature(theta, X, y, weights, gauss_newton):
    """The curvature of the weighted losses, (q, q), from whole Jacobians."""
    if not gauss_newton:
        return torch.autograd.functional.hessian(
            lambda t: (weights * losses(forward(t, X), y)).sum(), theta
        )
    J = torch.autograd.functional.jacobian(lambda t: forward(t, X), theta)
    total = torch.zeros(len(theta), len(theta), dtype=theta.dtype)
    for i, z in enumerate(forward(theta, X)):
        p = torch.sigmoid(z) if len(z) == 1 else torch.softmax(z, dim=0)
        S = (p * (1 - p))[None] if len(z) == 1 else torch.diag(p) - torch.outer(p, p)
        total += weights[i] * J[i].T @ S @ J[i]
    return total


def target_value(theta, target, X, y, groups, moved):
    if target == "robustness":
        return losses(forward(theta, moved), y).sum()
    z = forward(theta, X)
    if target == "loss":
        return losses(z, y).sum()
    if target == "demographic_parity":
        p = torch.sigmoid(z[:, 0]) if z.shape[1] == 1 else torch.softmax(z, 1)[:, 1]
        return (p[groups == 1].mean() - p[groups == 0].mean()).abs()
    own = losses(z, y)
    first, second = ((groups == g) & (y == 1) for g in (0, 1))
    return (own[first].mean() - own[second].mean()).abs()


def data(n_classes, n=50, n_val=30, seed=3):
    """X, y, weights, X_val, y_val, groups as tensors; the last are of the rest."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n + n_val, 3))
    z = X[:, 0] * X[:, 1] + X[:, 2] + 0.5 * rng.normal(size=n + n_val)
    y = np.digitize(z, np.quantile(z, np.arange(1, n_classes) / n_classes))
    groups = rng.permutation(np.arange(n_val) % 2)
    weights = rng.uniform(0.5, 2.0, size=n)
    made = (X[:n], y[:n], weights, X[n:], y[n:], groups)
    return tuple(torch.as_tensor(part) for part in made)


def adversary(X, y):
    return X + 0.3 * torch.sign(X)


@pytest.mark.filterwarnings("ignore::rfcore.errors.ApproximationWarning")
@pytest.mark.parametrize("curvature", ["gauss_newton", "hessian"])
@pytest.mark.parametrize(
    ("n_outputs", "targets"), [(1, TARGETS), (2, TARGETS), (3, ["loss", "robustness"])]
)
def test_scores_are_those_of_the_dense_system(n_outputs, targets, curvature):
    X, y, weights, X_val, y_val, groups = data(max(2, n_outputs))
    module = mlp(n_outputs)
    influence = NetworkInfluence(
        penalty=0.3, curvature=curvature, damping=50.0, batch_size=30, **SHARP
    ).fit(module, X, y, sample_weight=weights)
    scores = influence.scores(
        X_val, y_val, target=targets, groups=groups, adversary=adversary
    )
    theta = flat(module)
    H = dense_curvature(theta, X, y, weights, curvature == "gauss_newton")
    H += (0.3 + 50.0) * torch.eye(len(theta), dtype=theta.dtype)
    rows = torch.autograd.functional.jacobian(lambda t: losses(forward(t, X), y), theta)
    moved = adversary(X_val, y_val)
    for target, own in zip(targets, scores, strict=True):
        slope = torch.autograd.functional.jacobian(
            lambda t, target=target: target_value(
                t, target, X_val, y_val, groups, moved
            ),
            theta,
        )
        expected = weights * (rows @ torch.linalg.solve(H, slope))
        np.testing.assert_allclose(own, expected, rtol=1e-8, atol=1e-13)
    alone = influence.scores(X_val, y_val, target="loss")
    np.testing.assert_array_equal(alone, scores[0])
    gradient = weights @ rows + 0.3 * theta
    assert influence.gradient_norm_ == pytest.approx(
        float(gradient.norm() / weights.sum()), rel=1e-10
    )


def test_automatic_damping_is_a_tenth_of_the_mean_eigenvalue():
    X, y, weights, *_ = data(2)
    module = mlp(1)
    found = [
        NetworkInfluence(penalty=1.0, curvature=curvature)
        .fit(module, X, y, sample_weight=weights)
        .damping_
        for curvature in ("gauss_newton", "hessian")
    ]
    G = dense_curvature(flat(module), X, y, weights, True).numpy()
    rng = np.random.RandomState(0)
    signs = [rng.choice([-1.0, 1.0], size=len(G)) for _ in range(8)]
    estimate = 0.1 * np.mean([v @ G @ v for v in signs]) / len(G)
    np.testing.assert_allclose(found, [estimate] * 2, rtol=1e-10)
    assert estimate == pytest.approx(0.1 * np.trace(G) / len(G), rel=0.5)


def test_callables_are_given_outputs_and_losses_labels_of_any_kind():
    X, _, _, X_val, _, _ = data(2)
    y = X[:, :2] ** 2
    module = mlp(2)

    def squares(outputs, y):
        return ((outputs - y) ** 2).sum(dim=1)

    influence = NetworkInfluence(loss=squares, damping=1.0, **SHARP).fit(module, X, y)
    scores = influence.scores(X_val, target=lambda outputs: outputs[:, 1].mean())
    theta = flat(module)
    J = torch.autograd.functional.jacobian(lambda t: forward(t, X), theta)
    H = 2 * torch.einsum("ncp,ncq->pq", J, J) + torch.eye(len(theta))
    slope = torch.autograd.functional.jacobian(
        lambda t: forward(t, X_val)[:, 1].mean(), theta
    )
    rows = 2 * torch.einsum("nc,ncp->np", forward(theta, X) - y, J)
    expected = rows @ torch.linalg.solve(H, slope)
    np.testing.assert_allclose(scores, expected, rtol=1e-8, atol=1e-13)


def minimum(module, X, y, penalty):
    """The module at the nearest minimum of its objective."""
    optimizer = torch.optim.LBFGS(
        module.parameters(),
        max_iter=3000,
        tolerance_grad=1e-9,
        tolerance_change=0,
        history_size=40,
        line_search_fn="strong_wolfe",
    )

    def closure():
        optimizer.zero_grad()
        theta = torch.cat([p.reshape(-1) for p in module.parameters()])
        value = losses(module(X), y).sum() + penalty * (theta**2).sum() / 2
        value.backward()
        return value

    optimizer.step(closure)
    return module


def test_scores_are_true_to_retraining_at_a_minimum():
    X, y, _, X_val, y_val, _ = data(2, n=80)
    module = minimum(mlp(1), X, y, penalty=0.5)
    influence = NetworkInfluence(
        penalty=0.5, curvature="hessian", damping=1e-8, tol=1e-8, max_iter=2000
    ).fit(module, X, y)
    assert influence.gradient_norm_ < 1e-7
    scores = influence.scores(X_val, y_val, target="loss")
    before = losses(module(X_val), y_val).sum()
    rows, truth = list(range(0, 80, 8)), []
    for row in rows:
        keep = np.delete(np.arange(80), row)
        without = minimum(copy.deepcopy(module), X[keep], y[keep], penalty=0.5)
        truth.append(float((losses(without(X_val), y_val).sum() - before).detach()))
    assert np.corrcoef(scores[rows], truth)[0, 1] > 0.98
    assert np.abs(truth).max() > 0.05


class Normed(torch.nn.Module):
    """Convolution, batch norm, dropout, a part that is not trained, one output."""

    def __init__(self):
        super().__init__()
        self.body = torch.nn.Sequential(
            torch.nn.Conv2d(1, 3, 3),
            torch.nn.BatchNorm2d(3),
            torch.nn.ReLU(),
            torch.nn.Dropout(0.5),
            torch.nn.Flatten(),
        )
        self.head = torch.nn.Linear(3 * 9, 1)
        self.body[0].weight.requires_grad_(False)

    def forward(self, X):
        return self.head(self.body(X))[:, 0]


def test_modules_are_copied_in_eval_mode_whatever_the_batch():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = Normed()
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 1, 5, 5))
    y = (X.mean(axis=(1, 2, 3)) > 0).astype(int)
    options = {"damping": 0.5, "tol": 1e-6}
    found = []
    for batch_size, double in ((20, False), (30, True)):
        own = copy.deepcopy(module).double() if double else module
        influence = NetworkInfluence(batch_size=batch_size, **options).fit(own, X, y)
        if not double:
            assert module.training
            assert all(p.grad is None for p in module.parameters())
            with torch.no_grad():
                module.head.weight.zero_()
        found.append(influence.scores(X[:9], y[:9], target="loss"))
    assert influence.n_parameters_ == 3 + 6 + 28
    assert np.abs(found[0] - found[1]).max() > 1e-6
    with torch.no_grad():
        module.load_state_dict(own.state_dict())
        influence = NetworkInfluence(batch_size=20, **options).fit(module, X, y)
    scores = influence.scores(X[:9], y[:9], target="loss")
    np.testing.assert_allclose(scores, found[1], rtol=1e-3, atol=1e-5)


def test_residuals_are_reported_and_warned_of():
    X, y, _, X_val, y_val, _ = data(2)
    module = mlp(1)
    influence = NetworkInfluence(damping=0.1, tol=1e-8, max_iter=3).fit(module, X, y)
    message = "ended after 3 passes with a relative residual of .* above tol=1e-08"
    with pytest.warns(ConvergenceWarning, match=message):
        short = influence.scores(X_val, y_val, target=["loss"])
    assert influence.n_iter_.tolist() == [3]
    assert influence.residuals_[0] > 1e-3
    influence.set_params(max_iter=500)
    scores = influence.scores(X_val, y_val, target="loss")
    assert influence.residuals_[0] <= 1e-8
    assert np.abs(short[0] - scores).max() > 1e-4


def test_residuals_are_of_the_solution_itself():
    """In single precision the recursion goes on to fall where the residual cannot."""
    X, y, _, X_val, y_val, _ = data(2)
    influence = NetworkInfluence(damping=0.1, tol=1e-10, max_iter=2000)
    influence.fit(mlp(1, torch.float32), X, y)
    with pytest.warns(ConvergenceWarning, match="or a module in float64"):
        influence.scores(X_val, y_val, target="loss")
    assert influence.n_iter_[0] < 2000
    assert influence.residuals_[0] > 1e-10


def test_gaps_of_nothing_have_no_influence():
    """The same rows in both groups: a gap of 0, where the sign has no meaning."""
    X, y, _, X_val, y_val, _ = data(2)
    influence = NetworkInfluence().fit(mlp(1), X, y)
    with pytest.warns(
        ApproximationWarning, match="is 0, where it has no slope"
    ) as seen:
        scores = influence.scores(
            np.vstack([X_val, X_val]),
            np.tile(y_val, 2),
            target=["demographic_parity", "equal_opportunity", "loss"],
            groups=np.repeat(["a", "b"], 30),
        )
    assert len(seen) == 2
    assert "only training without the row tells" in str(seen[1].message)
    assert (scores[:2] == 0).all()
    assert influence.n_iter_[:2].tolist() == [0, 0]
    assert influence.residuals_[:2].tolist() == [0, 0]
    assert (scores[2] != 0).all()


def test_error_negative_curvature():
    X, y, _, X_val, y_val, _ = data(2)
    influence = NetworkInfluence(curvature="hessian", damping=1e-3).fit(mlp(2), X, y)
    message = (
        r"with damping=0\.001 the Hessian has curvature -.* give damping > (\d+\.?\d*),"
        " or curvature='gauss_newton'"
    )
    with pytest.raises(InfeasibleError, match=message):
        influence.scores(X_val, y_val, target="loss")

    def concave(outputs, y):
        return -(outputs[:, 0] ** 2)

    influence = NetworkInfluence(loss=concave, damping=1e-3).fit(mlp(2), X, y)
    with pytest.raises(InfeasibleError, match="the loss is not convex in the outputs"):
        influence.scores(X_val, y_val, target="loss")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"curvature": "fisher"}, "curvature='fisher' should be one of gauss_newton, "),
        ({"damping": 0.0}, r"damping=0\.0 should be finite and > 0, or None"),
        ({"tol": 0.0}, r"tol=0\.0 should be > 0"),
        ({"max_iter": 0}, "max_iter=0 should be >= 1"),
        ({"batch_size": 0}, "batch_size=0 should be >= 1"),
        ({"penalty": -1.0}, r"penalty=-1\.0 should be finite and >= 0"),
        ({"penalty": {"1.weight": 1.0}}, "penalty names '1.weight', which is none of"),
        (
            {"loss": lambda outputs, y: outputs.mean()},
            r"loss gives shape \(\) for 2 rows, should give \(2,\)",
        ),
    ],
)
def test_error_parameters(options, message):
    X, y, *_ = data(2)
    with pytest.raises(ValueError, match=message):
        NetworkInfluence(**options).fit(mlp(1), X, y)


def test_error_what_fit_is_given():
    X, y, weights, *_ = data(2)
    influence, module = NetworkInfluence(), mlp(2)
    with pytest.raises(TypeError, match=r"list, should be a torch\.nn\.Module"):
        influence.fit([], X, y)
    with pytest.raises(TypeError, match="loss='log' should be callable or None"):
        NetworkInfluence(loss="log").fit(module, X, y)
    with pytest.raises(ValueError, match=r"classes in \[0, 2\), one a row"):
        influence.fit(module, X, y + 1)
    with pytest.raises(ValueError, match="y has 49 rows, should have 50"):
        influence.fit(module, X, y[1:])
    with pytest.raises(ValueError, match="X should be finite"):
        influence.fit(module, X / 0, y)
    with pytest.raises(ValueError, match=r"sample_weight should be >= 0, and not 0"):
        influence.fit(module, X, y, sample_weight=-weights)
    with pytest.raises(ValueError, match=r"sample_weight\.shape=\(49,\) should be"):
        influence.fit(module, X, y, sample_weight=weights[1:])
    with pytest.raises(ValueError, match="the mean eigenvalue of the Gauss-Newton"):
        NetworkInfluence(loss=lambda z, y: z.sum(dim=1)).fit(module, X, y)
    with pytest.raises(ValueError, match=r"outputs of shape \(1, 1, 3\)"):
        influence.fit(torch.nn.Sequential(mlp(3), torch.nn.Unflatten(1, (1, 3))), X, y)
    with torch.no_grad():
        broken = mlp(2)
        broken[2].bias[0] = np.inf
    with pytest.raises(ValueError, match="gradient has the norm nan: outputs"):
        influence.fit(broken, X, y)
    with pytest.raises(ValueError, match="no parameters that require gradients"):
        influence.fit(mlp(1).requires_grad_(False), X, y)


def test_error_targets():
    X, y, _, X_val, y_val, groups = data(3)
    influence = NetworkInfluence(damping=1.0).fit(mlp(3), X, y)

    def scores(target, **options):
        return influence.scores(X_val, y_val, target=target, **options)

    with pytest.raises(ValueError, match="target='accuracy' should be one of loss, "):
        scores("accuracy")
    with pytest.raises(ValueError, match=r"target=\[\] should name at least one"):
        scores([])
    with pytest.raises(ValueError, match="needs the log loss of two classes"):
        scores("demographic_parity", groups=groups)
    with pytest.raises(ValueError, match="target='robustness' needs adversary"):
        scores("robustness")
    with pytest.raises(ValueError, match=r"has shape \(29, 3\), should have \(30, 3\)"):
        scores("robustness", adversary=lambda X, y: X[1:])
    with pytest.raises(ValueError, match="should give one number"):
        scores(lambda outputs: outputs)
    with pytest.raises(ValueError, match=r"the target gives -?inf, should be finite"):
        scores(lambda outputs: outputs.sum() / 0)
    with pytest.raises(ValueError, match="y_val is needed for a target with a name"):
        influence.scores(X_val, target="loss")
    with pytest.raises(ValueError, match="X_val is needed"):
        influence.scores(None, target=lambda outputs: outputs.sum())
    two = NetworkInfluence(damping=1.0).fit(mlp(2), *data(2)[:2])
    with pytest.raises(ValueError, match="target='equal_opportunity' needs groups"):
        two.scores(*data(2)[3:5], target="equal_opportunity")


def test_error_without_torch(monkeypatch):
    module = mlp(1)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r'pip install "rfcore\[deep\]"'):
        NetworkInfluence().fit(module, [[0.0] * 3], [0])
