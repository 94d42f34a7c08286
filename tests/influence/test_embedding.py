"""Influence through embeddings is influence on their rows; modules are left alone."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from rfcore.influence import InfluenceFunction, embeddings, last_layer

TARGETS = ["loss", "demographic_parity", "equal_opportunity", "robustness"]

torch = pytest.importorskip("torch")


@pytest.fixture
def rows():
    """X, y, X_val, y_val, groups."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(160, 3, 2))
    y = (X.sum(axis=(1, 2)) + rng.normal(size=160) > 0).astype(int)
    return X[:100], y[:100], X[100:], y[100:], rng.permutation(np.arange(60) % 2)


def network(dtype=torch.float64, seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return torch.nn.Sequential(
            torch.nn.Flatten(),
            torch.nn.Linear(6, 5),
            torch.nn.Dropout(0.5),
            torch.nn.Tanh(),
            torch.nn.Linear(5, 2),
        ).to(dtype)


def by_hand(module, X):
    """The embeddings of `network`, without torch."""
    weight, bias = (p.detach().numpy() for p in list(module.parameters())[:2])
    return np.tanh(X.reshape(len(X), -1) @ weight.T + bias)


@pytest.mark.parametrize("method", ["first_order", "newton"])
@pytest.mark.parametrize("as_module", [True, False])
def test_influence_is_that_of_the_model_on_the_embeddings(rows, method, as_module):
    X, y, X_val, y_val, groups = rows
    module = network()
    embed = module[:-1] if as_module else lambda X: by_hand(module, X)
    E, E_val = by_hand(module, X), by_hand(module, X_val)
    model = LogisticRegression(solver="newton-cholesky", tol=1e-10).fit(E, y)
    options = {"target": TARGETS, "groups": groups, "gamma": 1.3}
    found = InfluenceFunction(method=method).fit(model, X, y, embed=embed)
    plain = InfluenceFunction(method=method).fit(model, E, y)
    expected = plain.scores(E_val, y_val, **options)
    assert (np.abs(expected).max(axis=1) > 1e-4).all()
    scores = found.scores(X_val, y_val, **options)
    np.testing.assert_allclose(scores, expected, rtol=1e-8, atol=1e-12)
    sets = [[0, 4], [7]]
    for order in (1, 2):
        np.testing.assert_allclose(
            found.group_scores(sets, X_val, y_val, order=order, **options),
            plain.group_scores(sets, E_val, y_val, order=order, **options),
            rtol=1e-8,
            atol=1e-12,
        )
    assert found.n_features_in_ == 5


def test_fitting_again_forgets_the_embedding(rows):
    X, y, X_val, y_val, _ = rows
    module = network()
    body, head = last_layer(module, X, y)
    influence = InfluenceFunction().fit(head, X, y, embed=body)
    E, E_val = by_hand(module, X), by_hand(module, X_val)
    through = influence.scores(X_val, y_val, target="loss")
    again = influence.fit(head, E, y).scores(E_val, y_val, target="loss")
    np.testing.assert_allclose(again, through, rtol=1e-8)


def test_modules_run_in_batches_in_eval_mode_and_are_left_as_they_were():
    module = network(torch.float32)
    module.train()
    module[3].eval()
    X = np.random.default_rng(1).normal(size=(2500, 3, 2))
    found = embeddings(module[:-1], X)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, by_hand(module, X.astype(np.float32)), atol=1e-6)
    assert [part.training for part in module] == [True, True, True, False, True]
    assert all(parameter.grad is None for parameter in module.parameters())


def test_modules_keep_whole_numbers_whole():
    table = torch.nn.Embedding(4, 3)
    module = torch.nn.Sequential(table, torch.nn.Flatten())
    found = embeddings(module, [[0, 3], [2, 1]])
    expected = table.weight.detach().numpy()[[[0, 3], [2, 1]]].reshape(2, 6)
    np.testing.assert_array_equal(found, expected)


def test_a_callable_may_give_tensors_that_ask_for_gradients(rows):
    body = network()[:-1].eval()
    found = embeddings(lambda X: body(torch.as_tensor(X)), rows[0])
    np.testing.assert_allclose(found, by_hand(body, rows[0]), rtol=1e-12)


def test_the_last_layer_is_replaced_by_a_fit_of_the_embeddings(rows):
    X, y = rows[:2]
    module = network()
    body, head = last_layer(module, X, y, C=0.5)
    assert [part is own for part, own in zip(body, module, strict=False)] == [True] * 4
    E = by_hand(module, X)
    # Stationary: the sum of the rows' gradients is minus the penalty's.
    slope = head.predict_proba(E)[:, 1] - y
    np.testing.assert_allclose(slope @ E, -head.coef_[0] / 0.5, atol=1e-6)
    assert abs(slope.sum()) < 1e-6


def test_error_what_embed_gives(rows):
    X, y = rows[:2]
    with pytest.raises(TypeError, match="embed is a str, should be callable"):
        embeddings("last", X)
    message = r"the embeddings of X have shape \(50, 6\), should have shape \(100, p\)"
    with pytest.raises(ValueError, match=message):
        embeddings(lambda X: X[:50].reshape(50, -1), X)
    with pytest.raises(ValueError, match="X has 0 rows"):
        embeddings(np.asarray, X[:0])
    body, head = last_layer(network(), X, y)
    influence = InfluenceFunction().fit(head, X, y, embed=body)
    with pytest.raises(ValueError, match="X_val has 0 rows"):
        influence.scores(X[:0], y[:0], target="loss")


@pytest.mark.parametrize("module", [torch.nn.Linear(2, 2), torch.nn.Sequential(), None])
def test_error_networks_without_a_last_layer(rows, module):
    with pytest.raises(TypeError, match=r"torch\.nn\.Sequential that ends in"):
        last_layer(module, *rows[:2])
