"""The network of consensus fair clustering: an encoder and cluster centers (torch)."""

import math

from rfcore.errors import DeviceError

_NORM_EPS = 1e-6
_BIAS_DEVIATION = 1e-6

# Rows that are encoded together where no gradient is needed.
_ROWS = 8192


def import_torch():
    """The module torch.

    Raises
    ------
    ImportError
        If it is missing, with the command that mends it.
    """
    try:
        import torch
    except ImportError as error:
        raise ImportError(
            'ConsensusFairClustering needs torch: pip install "rfcore[deep]"'
        ) from error
    return torch


def as_device(name):
    """A torch device that is there.

    Raises
    ------
    DeviceError
        If it is unknown or missing.
    """
    torch = import_torch()
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise DeviceError(f"device={name!r} cannot be used: {error}") from error
    return device


class Network:
    """Linear, GELU, layer norm, dropout, linear; then Student-t assignments to centers.

    Parameters
    ----------
    n_features, n_hidden, n_clusters : int
    dropout : float
        In [0, 1).
    seed : int
        Of the first weights, which are drawn on the host, and of dropout.
    device : torch.device
    """

    def __init__(self, n_features, n_hidden, n_clusters, dropout, seed, device):
        torch = import_torch()
        host = torch.Generator().manual_seed(seed)
        self.dropout = dropout
        self.generator = torch.Generator(device).manual_seed(seed)

        def uniform(rows, columns):
            bound = math.sqrt(6.0 / (rows + columns))
            return (torch.rand(rows, columns, generator=host) * 2 - 1) * bound

        def normal(size):
            return torch.randn(size, generator=host) * _BIAS_DEVIATION

        h = n_hidden
        first = {
            "weight_in": uniform(h, n_features),
            "bias_in": normal(h),
            "norm_scale": torch.ones(h),
            "norm_shift": torch.zeros(h),
            "weight_out": uniform(h, h),
            "bias_out": normal(h),
            "centers": uniform(n_clusters, h),
        }
        self.parameters = {
            name: value.to(device).requires_grad_() for name, value in first.items()
        }

    def encode(self, X, *, training=False):
        """Embeddings of rows, (n, h)."""
        torch, own = import_torch(), self.parameters
        functional = torch.nn.functional
        z = functional.gelu(functional.linear(X, own["weight_in"], own["bias_in"]))
        z = functional.layer_norm(
            z, (z.shape[1],), own["norm_scale"], own["norm_shift"], _NORM_EPS
        )
        if training and self.dropout > 0:
            drawn = torch.rand(z.shape, generator=self.generator, device=z.device)
            z = z * ((drawn >= self.dropout) / (1 - self.dropout))
        return functional.linear(z, own["weight_out"], own["bias_out"])

    def assign(self, Z):
        """Soft assignments, (n, k): one over 1 + squared distance, rows sum to 1."""
        C = self.parameters["centers"]
        sq = (Z * Z).sum(1, keepdim=True) - 2 * Z @ C.T + (C * C).sum(1)
        near = 1 / (1 + sq.clamp_min(0))
        return near / near.sum(1, keepdim=True)

    def assignments(self, X):
        """Soft assignments of rows without dropout and gradients, (n, k)."""
        torch = import_torch()
        with torch.no_grad():
            parts = [self.assign(self.encode(part)) for part in X.split(_ROWS)]
            return torch.cat(parts)
