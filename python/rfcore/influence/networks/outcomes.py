"""What the influence on a network is on: functions of its outputs on some rows."""

from dataclasses import dataclass

import numpy as np

from rfcore.influence.gaps import group_weights
from rfcore.influence.networks.objective import (
    as_rows,
    log_loss,
    n_classes,
    probability,
)

NAMES = ("loss", "demographic_parity", "equal_opportunity", "robustness")

# A gap that is this small beside the terms of its means counts as 0.
_ROUNDING = 16


@dataclass(frozen=True, eq=False)
class Outcome:
    """A number that depends on the parameters by the outputs on some rows.

    Attributes
    ----------
    X : tensor of shape (v, ...)
    of : callable
        Takes the outputs (v, ...) and gives the number.
    is_gap : bool
        Whether that is the absolute value of a difference.
    """

    X: object
    of: object
    is_gap: bool = False

    def gap(self, objective):
        """What the difference is, nan if it is none."""
        return float(self.of(objective.outputs(self.X))) if self.is_gap else np.nan

    def gradient(self, objective):
        """By the parameters, (q,)."""
        import torch

        with torch.enable_grad():
            outputs = objective.outputs(self.X).requires_grad_()
            value = self.of(outputs)
            if not torch.is_tensor(value) or value.numel() != 1:
                raise ValueError(f"the target gives {value!r}, should give one number")
            if not value.isfinite():
                raise ValueError(f"the target gives {value.item()}, should be finite")
            (slopes,) = torch.autograd.grad(value.reshape(()), outputs)
        return objective.pulled_back(self.X, slopes)


def outcome(objective, target, X_val, y_val, *, groups, adversary):
    """What a target says.

    Parameters
    ----------
    objective : Objective
    target : str or callable
    X_val, y_val, groups : array-likes or None
    adversary : callable or None

    Returns
    -------
    Outcome

    Raises
    ------
    ValueError
        If the target is unknown, or lacks what it needs.
    """
    if X_val is None:
        raise ValueError("X_val is needed: every target is of the outputs on its rows")
    X = as_rows(X_val, "X_val")
    if callable(target):
        return Outcome(X, target)
    if target not in NAMES:
        raise ValueError(
            f"target={target!r} should be one of {', '.join(NAMES)} or a callable"
        )
    if y_val is None:
        raise ValueError("y_val is needed for a target with a name")
    if target == "robustness":
        X = _moved(X_val, y_val, X, adversary)
    y = labels(objective, X, y_val, "y_val").to(objective.like.device)
    if target in ("loss", "robustness"):
        return Outcome(X, lambda outputs: objective.loss(outputs, y).double().sum())
    return Outcome(X, _gap(objective, target, X, y, groups), is_gap=True)


def labels(objective, X, y, name):
    """Labels as a tensor of as many rows as X has; classes where the loss is log loss.

    Raises
    ------
    ValueError
        If they are of another number, or no classes of the module.
    """
    y = as_rows(y, name)
    if len(y) != len(X):
        raise ValueError(f"{name} has {len(y)} rows, should have {len(X)}")
    if objective.loss is not log_loss:
        return y
    n = n_classes(objective.outputs(X[:1]))
    if y.ndim != 1 or not ((y >= 0) & (y < n) & (y == y.long())).all():
        raise ValueError(
            f"{name} should hold numbers of classes in [0, {n}), one a row; for others "
            "give loss"
        )
    return y.long()


def _moved(X_val, y_val, X, adversary):
    if adversary is None:
        raise ValueError("target='robustness' needs adversary, which makes V' of V")
    moved = as_rows(adversary(X_val, y_val), "adversary(X_val, y_val)")
    if moved.shape != X.shape:
        raise ValueError(
            f"adversary(X_val, y_val) has shape {tuple(moved.shape)}, should have "
            f"{tuple(X.shape)}"
        )
    return moved.detach()


def _gap(objective, target, X, y, groups):
    """The absolute difference between groups of a mean over rows."""
    import torch

    if objective.loss is not log_loss or n_classes(objective.outputs(X[:1])) != 2:
        raise ValueError(
            f"target={target!r} needs the log loss of two classes; give a callable"
        )
    of_loss = target == "equal_opportunity"
    counted = y.cpu().numpy() == 1 if of_loss else np.ones(len(y), dtype=bool)
    weights = torch.as_tensor(group_weights(target, groups, counted, 1)).to(y.device)

    def gap(outputs):
        outputs = outputs.double()
        inner = log_loss(outputs, y) if of_loss else probability(outputs)
        value = weights @ inner
        noise = _ROUNDING * np.finfo(np.float64).eps * (weights.abs() @ inner.abs())
        return value.abs() * (value.abs() > noise)

    return gap
