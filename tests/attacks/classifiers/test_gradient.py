"""FGSM, PGD and GDA: steps by hand, linear networks, kinds of arrays, errors."""

import numpy as np
import pytest

from rfcore.attacks import FGSM, GDA, PGD
from rfcore.attacks.classifiers import networks

torch = pytest.importorskip("torch")
nn = torch.nn

COEF = np.array([3.0, -4.0])


def linear(dtype=torch.float64):
    """Two logits whose difference is 3 a - 4 b + 1."""
    module = nn.Linear(2, 2).to(dtype)
    with torch.no_grad():
        module.weight[:] = torch.tensor([[0.0, 0.0], [3.0, -4.0]])
        module.bias[:] = torch.tensor([0.0, 1.0])
    return module


@pytest.fixture
def rows():
    X = np.random.default_rng(0).normal(size=(50, 2))
    return X, (X @ COEF + 1 > 0).astype(int)


@pytest.mark.parametrize(
    ("norm", "direction"), [("l_inf", np.sign(COEF)), ("l_2", COEF / 5)]
)
def test_attacks_of_a_linear_network_go_straight_to_the_boundary(rows, norm, direction):
    """All three end at x - epsilon s d, s the side of the row."""
    X, y = rows
    expected = X - 0.3 * np.where(y == 1, 1.0, -1.0)[:, None] * direction
    # On the sphere a walk from a random start nears the pole, but slowly.
    for attack in (FGSM(epsilon=0.3, norm=norm),
                   PGD(epsilon=0.3, norm=norm, random_start=norm == "l_inf"),
                   GDA(epsilon=0.3, norm=norm, step_size=0.05)):  # fmt: skip
        result = attack.run(linear(), X, y)
        np.testing.assert_allclose(result.X_adv, expected, atol=1e-9)
        wrong = (expected @ COEF + 1 > 0) != y
        assert result.after == pytest.approx(1 - wrong.mean())
        assert 0 < result.after < 1 == result.before


def test_steps_by_hand():
    """At (1, 1) the margin of class 0 is 0: PGD's l_2 steps go along (0.6, -0.8)."""
    X, y = np.array([[1.0, 1.0]]), np.array([0])
    options = {"epsilon": 1.0, "norm": "l_2", "step_size": 0.25}
    result = PGD(n_steps=2, random_start=False, **options).run(linear(), X, y)
    np.testing.assert_allclose(result.X_adv, [[1.3, 0.6]])
    assert result.n_queries == 3
    result = GDA(max_steps=1, **options).run(linear(), X, y)
    np.testing.assert_allclose(result.X_adv, [[1.15, 0.8]])
    result = PGD(epsilon=1.0, n_steps=1, random_start=False).run(linear(), X, y)
    # 2.5 epsilon is cut back to epsilon.
    np.testing.assert_allclose(result.X_adv, [[2.0, 0.0]])


def test_the_range_is_kept_where_the_budget_is_not_used_up(rows):
    X, y = np.clip(rows[0], -1, 1), rows[1]
    for norm in ("l_inf", "l_2"):
        result = PGD(epsilon=3.0, norm=norm, low=-1, high=1).run(linear(), X, y)
        assert np.abs(result.X_adv).max() == 1
    one_side = FGSM(epsilon=3.0, low=-1).run(linear(), X, y).X_adv
    assert one_side.min() == -1
    assert one_side.max() > 1


def test_gda_stops_where_no_margin_falls(rows):
    X, y = rows
    result = GDA(epsilon=0.2, max_steps=300).run(linear(), X, y)
    assert result.stopped == "no margin falls any more"
    assert result.n_queries < 40
    result = GDA(epsilon=0.2, max_steps=3).run(linear(), X, y)
    assert (result.stopped, result.n_queries) == ("all steps taken", 4)


def test_pgd_returns_the_best_iterate_and_its_trace_falls():
    """Along a wave the last iterate is often right again."""

    class Wave(nn.Module):
        def forward(self, x):
            height = torch.cos(3 * x[:, :1] + 0.4 * x[:, 1:])
            return torch.cat([height, -height], dim=1)

    X = np.random.default_rng(0).normal(size=(200, 2))
    y = (np.cos(3 * X[:, 0] + 0.4 * X[:, 1]) < 0).astype(int)
    result = PGD(epsilon=2.0, n_steps=7, random_state=0).run(Wave(), X, y)
    assert (np.diff(result.trace) <= 0).all()
    assert result.after == pytest.approx(result.trace[-1], abs=1e-9)
    assert result.after < 0.05
    assert result.above_null


def test_of_two_wrong_iterates_the_one_of_the_higher_loss_is_kept():
    """The first step ends nearer to the top of the hill at 1 than the second."""

    class Hill(nn.Module):
        def forward(self, x):
            return torch.cat([torch.zeros_like(x), 0.8 - (x - 1) ** 2], dim=1)

    X, y = np.zeros((1, 1)), [0]
    for step, expected in ((0.7, 0.7), (0.8, 0.8)):
        attack = PGD(epsilon=2.0, n_steps=2, step_size=step, random_start=False)
        assert attack.run(Hill(), X, y).X_adv == pytest.approx(expected)
        found = GDA(epsilon=2.0, max_steps=2, step_size=step).run(Hill(), X, y)
        assert found.X_adv == pytest.approx(expected)


def test_a_row_stops_for_itself():
    """The first row dips behind its hill and stops; the second one climbs on and on."""

    class TwoHills(nn.Module):
        def forward(self, x):
            height = torch.where(x < 1.5, 0.8 - (x - 1) ** 2, 2 * x - 2.5)
            return torch.cat([torch.zeros_like(x), height], dim=1)

    attack = GDA(epsilon=20.0, step_size=0.8, max_steps=9)
    alone = attack.run(TwoHills(), [[0.0]], [0])
    assert alone.X_adv == pytest.approx(0.8)
    assert alone.n_queries == 3
    both = attack.run(TwoHills(), [[0.0], [-9.0]], [0, 0])
    np.testing.assert_allclose(both.X_adv, [[0.8], [-9 + 9 * 0.8]])
    assert both.n_queries == 10


def test_three_classes():
    """The margin of GDA is that to the nearest other class, here the third."""
    module = nn.Linear(2, 3).double()
    with torch.no_grad():
        module.weight[:] = torch.tensor([[0.0, 0.0], [5.0, 0.0], [0.0, 1.0]])
        module.bias[:] = torch.tensor([0.0, -9.0, -0.5])
    X, y = np.zeros((1, 2)), [0]
    result = GDA(epsilon=1.0, step_size=0.25, max_steps=9).run(module, X, y)
    np.testing.assert_allclose(result.X_adv, [[0.0, 1.0]])
    assert (result.before, result.after) == (1, 0)
    assert result.labels_after.tolist() == [2]


def test_no_row_ever_leaves_the_range():
    """Neither the walk, nor what is given back, nor the null, to the bit."""
    seen = []

    class Watch(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 2)

        def forward(self, x):
            seen.append((x.detach().min().item(), x.detach().max().item()))
            return self.layer(x)

    X = np.random.default_rng(0).uniform(size=(500, 3))
    y = np.arange(500) % 2
    for norm in ("l_inf", "l_2"):
        attack = PGD(epsilon=0.7, norm=norm, n_steps=3, low=0, high=1, random_state=0)
        X_adv = attack.run(Watch(), X, y).X_adv
        assert (X_adv.min(), X_adv.max()) == (0, 1)
    low, high = zip(*seen, strict=True)
    assert (min(low), max(high)) == (0, 1)


def test_random_starts_fill_the_ball():
    X, y = np.zeros((4000, 2)), np.zeros(4000, dtype=int)
    attack = {"epsilon": 2.0, "n_steps": 1, "step_size": 0.0, "random_state": 0}
    for norm, order, mean in (("l_2", 2, 4 / 3), ("l_inf", np.inf, 4 / 3)):
        result = PGD(norm=norm, **attack).run(linear(), X, y)
        radii = np.linalg.norm(result.X_adv, ord=order, axis=1)
        assert radii.max() <= 2
        assert radii.mean() == pytest.approx(mean, abs=0.03)
        assert np.abs(result.X_adv.mean(axis=0)).max() < 0.06


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_kinds_of_arrays_go_out_as_they_came_in(dtype):
    X, y = np.array([[1, 1], [0, 2]], dtype=dtype), [0, 1]
    module = linear(torch.float32)
    expected = np.float64 if dtype == np.int64 else dtype
    from_numpy = FGSM(epsilon=0.5).run(module, X, y)
    assert from_numpy.X_adv.dtype == expected
    tensor = torch.tensor(X)
    result = FGSM(epsilon=0.5).run(module, tensor, torch.tensor(y))
    assert isinstance(result.X_adv, torch.Tensor)
    assert result.X_adv.numpy().dtype == expected
    np.testing.assert_array_equal(result.X_adv.numpy(), from_numpy.X_adv)
    assert not result.X_adv.requires_grad
    half = FGSM(epsilon=0.5).run(module, tensor.bfloat16(), torch.tensor(y))
    np.testing.assert_array_equal(half.X_adv.numpy(), from_numpy.X_adv)


def test_rows_that_need_not_move_stay_to_the_bit(rows):
    """float64 rows through a float32 network: only moves are rounded."""
    X, y = rows
    result = FGSM(epsilon=0.0).run(linear(torch.float32), X, y)
    np.testing.assert_array_equal(result.X_adv, X)
    assert result.changed.size == 0


def test_tiny_gradients_still_point_somewhere(rows):
    X, y = rows
    module = linear(torch.float32)
    with torch.no_grad():
        module.weight *= 1e-25
        module.bias *= 1e-25
    result = FGSM(epsilon=0.3, norm="l_2").run(module, X, y)
    np.testing.assert_allclose(result.details["distances"], 0.3, rtol=1e-6)


def test_modes_come_back_after_an_error():
    module = nn.Sequential(nn.Linear(2, 1), nn.Dropout())
    module[1].eval()
    with pytest.raises(ValueError, match="should give logits"):
        FGSM(epsilon=1.0).run(module, np.ones((2, 2)), [0, 1])
    assert [part.training for part in module.modules()] == [True, True, False]


def test_attacks_work_where_the_caller_wants_no_gradients(rows):
    X, y = rows
    with torch.no_grad():
        assert FGSM(epsilon=1.0).run(linear(), X, y).after < 0.9
        assert not torch.is_grad_enabled()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epsilon": -1}, "epsilon=-1 should be finite and >= 0"),
        ({"epsilon": np.nan}, "epsilon=nan should be finite"),
        ({"norm": "l_1"}, "norm='l_1' should be one of l_inf, l_2"),
        ({"low": 1, "high": 0}, "low=1 should be < high=0"),
        ({"low": 0.5}, r"X in \[0, 1\] should not pass low=0.5"),
        ({"high": 0.5}, r"X in \[0, 1\] should not pass high=0.5"),
        ({"batch_size": 0}, "batch_size=0 should be >= 1"),
        ({"n_null": 0}, "n_null=0 should be >= 1"),
        ({"n_steps": 0}, "n_steps=0 should be >= 1"),
        ({"step_size": -1}, "step_size=-1 should be finite"),
    ],
)
def test_errors_of_options(options, message):
    attack = PGD(**{"epsilon": 1.0, **options})
    with pytest.raises(ValueError, match=message):
        attack.run(linear(), np.eye(2), [0, 1])


def test_errors_of_gda():
    for options, message in (
        ({"max_steps": 0}, "max_steps=0"),
        ({"tol": -1}, "tol=-1"),
        ({"step_size": np.inf}, "step_size=inf"),
    ):
        with pytest.raises(ValueError, match=message):
            GDA(epsilon=1.0, **options).run(linear(), np.eye(2), [0, 1])


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        ([1.0, 2.0], [0, 1], r"X.shape=\(2,\) should be \(n, ...\)"),
        (np.ones((0, 2)), [], r"X.shape=\(0, 2\)"),
        ([[1.0, np.inf]], [0], "X should be finite"),
        (np.eye(2), [0, 2], r"y holds 2, should be in \[0, 2\)"),
        (np.eye(2), [0, -1], "y holds -1"),
        (np.eye(2), [0.0, 1.0], "should be 2 integers"),
        (np.eye(2), [0], r"y of shape \(1,\)"),
    ],
)
def test_errors_of_rows(X, y, message):
    with pytest.raises(ValueError, match=message):
        FGSM(epsilon=1.0).run(linear(), X, y)


def test_errors_of_victims():
    X, y = np.eye(2), [0, 1]
    with pytest.raises(TypeError, match=r"int is no torch\.nn\.Module"):
        FGSM(epsilon=1.0).run(3, X, y)
    module = linear()
    with torch.no_grad():
        module.weight[:] = np.inf
    with pytest.raises(ValueError, match="logits are not finite"):
        FGSM(epsilon=1.0).run(module, X, y)

    class Cusp(nn.Module):
        def forward(self, x):
            return torch.cat([x.abs().sum(1, keepdim=True).sqrt(), x[:, :1]], dim=1)

    with pytest.raises(ValueError, match="gradient is not finite"):
        FGSM(epsilon=1.0).run(Cusp(), np.zeros((1, 2)), [0])


def test_a_missing_torch_names_the_extra(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    with pytest.raises(ImportError, match=r'pip install "rfcore\[deep\]"'):
        networks.torch()
