"""The three losses against equations 4.2 to 4.4 written out, and their gradients."""

import numpy as np
import oracles_consensus as slow
import pytest

torch = pytest.importorskip("torch")

from rfcore.fair.consensus.losses import GroupAverages, contrastive, group_losses  # noqa: E402

VARIANTS = ["paper", "code"]


def inputs(n=23, h=4, k=3, n_groups=3, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(k, size=(6, n))
    S = (labels[:, :, None] == labels[:, None]).sum(axis=0)
    return (
        rng.normal(size=(n, h)),
        (S @ S).astype(float),
        rng.normal(size=(k, h)),
        rng.integers(k, size=n),
        np.arange(n) % n_groups,
    )


def dense_contrastive(Z, weights, temperature, variant):
    """Equation 4.2 in tensors that autograd follows."""
    U = Z / Z.norm(dim=1, keepdim=True)
    cosines, eye = U @ U.T, torch.eye(len(Z), dtype=Z.dtype)
    if variant == "paper":
        e = torch.exp(cosines / temperature) * (1 - eye)
        return -((e * weights).sum(1) / e.sum(1)).log().mean()
    e = torch.exp(cosines * (1 - eye) * temperature)
    return -((e * weights).sum(1) / e.sum(1) + 1e-8).log().mean()


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("n", [2, 23, 300])
def test_contrastive_loss_and_gradient_equal_the_dense_ones(n, variant):
    Z, weights, *_ = inputs(n)
    exact = torch.tensor(Z, requires_grad=True)
    expected = dense_contrastive(exact, torch.tensor(weights), 2.0, variant)
    expected.backward()
    loss, gradient = contrastive(
        exact.detach(),
        lambda a, b: torch.tensor(weights)[a:b],
        temperature=2.0,
        variant=variant,
    )
    np.testing.assert_allclose(loss.item(), expected.item(), rtol=1e-12)
    np.testing.assert_allclose(gradient, exact.grad, rtol=0, atol=1e-12)
    single = torch.tensor(Z, dtype=torch.float32)
    loss, gradient = contrastive(
        single,
        lambda a, b: torch.tensor(weights, dtype=torch.float32)[a:b],
        temperature=2.0,
        variant=variant,
    )
    np.testing.assert_allclose(loss.item(), expected.item(), rtol=1e-6)
    np.testing.assert_allclose(gradient, exact.grad, rtol=0, atol=1e-6)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_contrastive_loss_is_the_printed_one(variant, temperature):
    Z, weights, *_ = inputs()
    loss, _ = contrastive(
        torch.tensor(Z),
        lambda a, b: torch.tensor(weights)[a:b],
        temperature=temperature,
        variant=variant,
    )
    expected = slow.contrastive_loss(Z, weights, temperature, variant)
    np.testing.assert_allclose(loss.item(), expected, rtol=1e-12)


def test_a_row_without_positives_adds_nothing():
    Z, weights, *_ = inputs()
    alone = weights.copy()
    alone[3] = 0.0
    answers = {}
    for name, own in {"all": weights, "alone": alone}.items():
        answers[name] = contrastive(
            torch.tensor(Z),
            lambda a, b, own=own: torch.tensor(own)[a:b],
            temperature=2.0,
            variant="paper",
        )
    _, gradient = answers["alone"]
    assert torch.isfinite(gradient).all()
    others = np.delete(np.arange(len(Z)), 3)
    total = sum(
        -np.log(
            sum(alone[i, a] * _e(Z, i, a) for a in range(len(Z)) if a != i)
            / sum(_e(Z, i, a) for a in range(len(Z)) if a != i)
        )
        for i in others
    )
    np.testing.assert_allclose(answers["alone"][0].item(), total / len(Z), rtol=1e-12)


def _e(Z, i, a):
    return np.exp(Z[i] @ Z[a] / np.linalg.norm(Z[i]) / np.linalg.norm(Z[a]) / 2.0)


def whole(P, targets, groups, variant, averages=None, rows=None):
    """`group_losses` of all rows, or of a batch of them."""
    k, n_groups = P.shape[1], groups.max() + 1
    J = torch.eye(k, dtype=P.dtype)[torch.tensor(targets)]
    members = torch.eye(n_groups, dtype=P.dtype)[torch.tensor(groups)]
    sizes = members.sum(0)
    shares = members.T @ J / sizes[:, None]
    if rows is not None:
        J, members = J[rows], members[rows]
    return group_losses(
        P, J, members, sizes, shares, variant=variant, averages=averages
    )


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("n_groups", [1, 2, 4])
def test_group_losses_are_the_printed_ones(variant, n_groups):
    Z, _, centers, targets, groups = inputs(n_groups=n_groups)
    P = slow.assignment(Z, centers)
    fair, structural = whole(torch.tensor(P), targets, groups, variant)
    expected = slow.fair_loss(P, groups, variant)
    np.testing.assert_allclose(fair.item(), expected, rtol=1e-12)
    expected = slow.structural_loss(P, targets, groups, variant)
    np.testing.assert_allclose(structural.item(), expected, rtol=1e-12)


@pytest.mark.parametrize("variant", VARIANTS)
def test_structural_gradient_equals_that_of_the_n_by_n_form(variant):
    Z, _, centers, targets, groups = inputs()
    P = torch.tensor(slow.assignment(Z, centers), requires_grad=True)
    whole(P, targets, groups, variant)[1].backward()
    small, P.grad = P.grad, None
    J = torch.eye(3, dtype=P.dtype)[torch.tensor(targets)]
    total = sum(
        ((P[own] @ P[own].T - J[own] @ J[own].T) ** 2).sum()
        for own in (torch.tensor(groups == g) for g in range(3))
    )
    (total if variant == "paper" else total / 2).backward()
    np.testing.assert_allclose(small, P.grad, rtol=1e-10, atol=1e-12)


def test_no_gradient_passes_the_target_distribution():
    Z, _, centers, targets, groups = inputs()
    P = torch.tensor(slow.assignment(Z, centers), requires_grad=True)
    whole(P, targets, groups, "code")[0].backward()
    expected = np.empty(P.shape)
    for g in range(3):
        p = P.detach().numpy()[groups == g]
        q = p**2 / p.sum(axis=0)
        q /= q.sum(axis=1, keepdims=True)
        expected[groups == g] = -0.5 * q / p
    np.testing.assert_allclose(P.grad, expected, rtol=1e-10)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_batch_of_all_rows_is_exact(variant):
    Z, _, centers, targets, groups = inputs()
    P = torch.tensor(slow.assignment(Z, centers), requires_grad=True)
    exact = whole(P, targets, groups, variant)
    sum(exact).backward()
    gradient, P.grad = P.grad, None
    batch = whole(P, targets, groups, variant, GroupAverages(1.0), torch.arange(23))
    sum(batch).backward()
    for a, b in zip(batch, exact, strict=True):
        np.testing.assert_allclose(a.item(), b.item(), rtol=1e-12)
    np.testing.assert_allclose(P.grad, gradient, rtol=1e-10)


def test_running_means_and_a_group_that_is_missing():
    means = GroupAverages(0.25)
    here, gone = torch.tensor([True, True]), torch.tensor([True, False])
    first, second = torch.tensor([[1.0], [2.0]]), torch.tensor([[5.0], [9.0]])
    assert means.update({"f": first}, gone)["f"].tolist() == [[1.0], [2.0]]
    assert means.update({"f": second}, here)["f"].tolist() == [[2.0], [9.0]]
    assert means.update({"f": first}, gone)["f"].tolist() == [[1.75], [9.0]]
