"""A torch classifier as a victim: rows in, logits out, and nothing left behind."""

import contextlib

import numpy as np

from rfcore._columns import complete, require_numbers


def torch():
    """Give torch, or say how to get it."""
    try:
        import torch
    except ImportError as error:
        raise ImportError(
            'gradient attacks need torch: pip install "rfcore[deep]"'
        ) from error
    return torch


class Network:
    """A module that gives logits, asked for rows in batches.

    Parameters
    ----------
    module : torch.nn.Module
        (b, ...) to logits (b, c), c >= 2.
    batch_size : int
        Rows that are asked together.

    Raises
    ------
    TypeError
        If it is no module.
    """

    def __init__(self, module, batch_size):
        if not isinstance(module, torch().nn.Module):
            raise TypeError(f"{type(module).__name__} is no torch.nn.Module")
        self.module, self.batch_size = module, batch_size
        first = next((p for p in module.parameters() if p.is_floating_point()), None)
        self.device = None if first is None else first.device
        self.dtype = None if first is None else first.dtype

    def batches(self, n):
        """The slices of n rows."""
        starts = range(0, n, self.batch_size)
        return [slice(start, start + self.batch_size) for start in starts]

    def rows(self, X):
        """Rows as a tensor where the module lives, of its own precision."""
        return torch().tensor(X, device=self.device, dtype=self.dtype)

    def labels(self, y):
        """Labels as a tensor where the module lives."""
        return torch().tensor(y, device=self.device, dtype=torch().int64)

    def logits(self, x):
        """Logits (b, c) of a batch.

        Raises
        ------
        ValueError
            If the module gives another shape, or values that are not finite.
        """
        logits = self.module(x)
        if logits.ndim != 2 or len(logits) != len(x) or logits.shape[1] < 2:
            raise ValueError(
                f"the victim gives {tuple(logits.shape)} for {len(x)} rows, should "
                "give logits (n, c) of c >= 2 classes"
            )
        if not torch().isfinite(logits).all():
            raise ValueError("the victim's logits are not finite")
        return logits

    def predict(self, X):
        """The class of the largest logit, of equals the first, (n,) int64."""
        with torch().no_grad(), self.evaluating():
            parts = [
                self.logits(self.rows(X[part])).argmax(dim=1).cpu().numpy()
                for part in self.batches(len(X))
            ]
        return np.concatenate(parts)

    @contextlib.contextmanager
    def evaluating(self):
        """In mode `eval`; each part of the module gets its own mode back."""
        modes = [(part, part.training) for part in self.module.modules()]
        self.module.eval()
        try:
            yield
        finally:
            for part, training in modes:
                part.training = training


def as_network_rows(X, low, high):
    """Rows as a floating array, and what gives rows back as the kind that came in.

    Raises
    ------
    ValueError
        If there are none, or a value is not finite or outside [low, high].
    """
    own_kind = np.asarray
    if hasattr(X, "detach"):
        tensor = X

        def own_kind(rows):
            return torch().as_tensor(rows, device=tensor.device)

        X = X.detach().cpu()
        known = (torch().float32, torch().float64)
        X = (X if X.dtype in known else X.double()).numpy()
    require_numbers(X)
    X = np.asarray(X)
    X = X if X.dtype in (np.float32, np.float64) else X.astype(np.float64)
    if X.ndim < 2 or X.size == 0:
        raise ValueError(f"X.shape={X.shape} should be (n, ...) with n >= 1")
    if not np.isfinite(X).all():
        raise ValueError("X should be finite")
    for name, bound, outside in (
        ("low", low, low is not None and X.min() < low),
        ("high", high, high is not None and X.max() > high),
    ):
        if outside:
            raise ValueError(
                f"X in [{X.min():.4g}, {X.max():.4g}] should not pass {name}={bound}"
            )
    return X, own_kind


def as_classes(y, n):
    """Classes (n,) int64.

    Raises
    ------
    ValueError
        If they are not n integers.
    """
    y = complete(y.cpu() if hasattr(y, "cpu") else y, "y")
    if y.shape != (n,) or y.dtype.kind not in "iu":
        raise ValueError(
            f"y of shape {y.shape} and {y.dtype} should be {n} integers, the classes"
        )
    return y.astype(np.int64)


def require_classes(y, logits):
    """Check that each class has a logit.

    Raises
    ------
    ValueError
        If one has none.
    """
    if y.min() < 0 or y.max() >= logits.shape[1]:
        wrong = y[(y < 0) | (y >= logits.shape[1])][0]
        raise ValueError(f"y holds {int(wrong)}, should be in [0, {logits.shape[1]})")
