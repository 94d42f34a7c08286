"""The three losses of consensus fair clustering (equations 4.2 to 4.4), in torch."""

from dataclasses import dataclass
from typing import Any

from rfcore.fair.consensus.network import import_torch

# The authors' code adds it inside the logarithm.
_LOG_EPS = 1e-8

# Anchors whose similarities are held at a time.
_ANCHORS = 256


def contrastive(Z, weights, *, temperature, variant):
    """The contrastive loss (4.2) and its gradient, by hand in one pass of row blocks.

    With e_ia = exp(cos(Z_i, Z_a) / temperature) and without the term a = i it is
    ``-mean_i log(sum_a weights_ia e_ia / sum_a e_ia)``. The variant "code" multiplies
    by the temperature, lets the term a = i stay with e_ii = 1, and adds 1e-8 inside the
    logarithm. A row without any weight has no positives and adds nothing.

    Parameters
    ----------
    Z : tensor of shape (b, h)
        No gradient is recorded.
    weights : callable
        ``weights(begin, end)`` gives rows of the weights, (end - begin, b), >= 0.
    temperature : float
    variant : {"paper", "code"}

    Returns
    -------
    loss : tensor of shape ()
    gradient : tensor of shape (b, h)
        With respect to Z.
    """
    torch = import_torch()
    code = variant == "code"
    scale, eps = (temperature, _LOG_EPS) if code else (1 / temperature, 0.0)
    b = len(Z)
    with torch.no_grad():
        lengths = Z.norm(dim=1, keepdim=True).clamp_min(1e-12)
        U = Z / lengths
        loss, gradient = Z.new_zeros(()), torch.zeros_like(U)
        for begin in range(0, b, _ANCHORS):
            own = U[begin : begin + _ANCHORS]
            end = begin + len(own)
            e = (own @ U.T).mul_(scale).exp_()
            diagonal = e[:, begin:end].diagonal()
            diagonal.fill_(1.0 if code else 0.0)
            rows = weights(begin, end)
            below = e.sum(1, keepdim=True)
            above = (e * rows).sum(1, keepdim=True)
            some = above > 0
            ratio = above / below + eps
            ratio = torch.where(some, ratio, torch.ones_like(ratio))
            loss -= ratio.log().sum() / b
            # d loss / d cosine: -scale e (rows / below - above / below^2) / (ratio b).
            factor = torch.where(some, -scale / (b * ratio * below), 0.0)
            e.mul_((rows - above / below).mul_(factor))
            diagonal.zero_()
            gradient[begin:end] += e @ U
            gradient.addmm_(e.T, own)
        gradient -= U * (gradient * U).sum(1, keepdim=True)
        return loss, gradient.div_(lengths)


@dataclass
class GroupAverages:
    """Running means over the rows of each group, for training by batches.

    Attributes
    ----------
    share : float
        How much of a mean the newest batch makes, in (0, 1].
    values : dict of str to tensor or None
        ``f`` (l, k), ``PP`` and ``PJ`` (l, k, k); None before the first batch.
    seen : tensor of shape (l,) or None
        Whether a group has been in a batch.
    """

    share: float
    values: dict[str, Any] | None = None
    seen: Any = None

    def state(self):
        """The means and which are known, as they are now."""
        values = None if self.values is None else dict(self.values)
        return {"values": values, "seen": self.seen}

    def update(self, means, present):
        """The means with the batch in them; gradients as if they were the batch's."""
        torch = import_torch()
        fresh = {name: value.detach() for name, value in means.items()}
        if self.values is None:
            self.values, self.seen = fresh, present
        else:
            share = torch.where(self.seen, self.share, 1.0) * present
            for name, value in fresh.items():
                own = share.reshape(-1, *[1] * (value.ndim - 1))
                self.values[name] = self.values[name] + own * (
                    value - self.values[name]
                )
            self.seen = self.seen | present
        return {
            name: self.values[name] + (value - value.detach())
            for name, value in means.items()
        }


def group_losses(P, targets, members, sizes, target_shares, *, variant, averages=None):
    """The fair loss (4.3) and the structural loss (4.4) of all rows.

    With the rows P_g of group g, q the target ``p^2 / f_g`` scaled to sum 1, where f_g
    are the column sums of P_g (no gradient passes q), and the one-hot targets J_g, they
    are the sums over groups of ``sum p log(p / q)`` and of
    ``|P_g P_g' - J_g J_g'|^2 = |P_g' P_g|^2 - 2 |P_g' J_g|^2 + |J_g' J_g|^2``, whose
    last form holds (k, k) matrices alone. The variant "code" has ``sum q log(q / p)``
    in the first and halves both.

    Parameters
    ----------
    P : tensor of shape (b, k)
    targets : tensor of shape (b, k)
        One-hot.
    members : tensor of shape (b, l)
        One-hot groups.
    sizes : tensor of shape (l,)
        The rows of each group in all data.
    target_shares : tensor of shape (l, k)
        The shares of the targets in each group of all data.
    variant : {"paper", "code"}
    averages : GroupAverages, optional
        Given where the rows are a batch: group sums are then these running means times
        `sizes`, and the fair loss of a group is that of its rows here scaled up.

    Returns
    -------
    fair, structural : tensors of shape ()
    """
    torch = import_torch()
    here = members.sum(0)
    present = here > 0
    counts = here.clamp_min(1)
    weighted = members.T[:, :, None] * P / counts[:, None, None]  # (l, b, k)
    across = weighted.transpose(1, 2)  # (l, k, b)
    means = {"f": weighted.sum(1), "PP": across @ P, "PJ": across @ targets}
    if averages is not None:
        means = averages.update(means, present)
    with torch.no_grad():
        Q = P**2 / (members @ means["f"])
        Q /= Q.sum(1, keepdim=True)
    scale = members @ (sizes / counts)
    if variant == "code":
        rows = torch.xlogy(Q, Q).sum(1) - (Q * P.log()).sum(1)
    else:
        rows = (P * (P.log() - Q.log())).sum(1)
    structural = (
        (means["PP"] ** 2).sum((1, 2))
        - 2 * (means["PJ"] ** 2).sum((1, 2))
        + (target_shares**2).sum(1)
    )
    half = 0.5 if variant == "code" else 1.0
    return half * (scale * rows).sum(), half * (sizes**2 * structural).sum()
