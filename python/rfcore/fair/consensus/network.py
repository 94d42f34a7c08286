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
        # Torch adds lines of advice on finding faulty kernels.
        reason = str(error).partition("\n")[0]
        raise DeviceError(f"device={name!r} cannot be used: {reason}") from error
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
        self.dropout, self.n_clusters = dropout, n_clusters
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
        self._shapes = {name: value.shape for name, value in first.items()}
        self.flat = torch.cat([value.reshape(-1) for value in first.values()])
        self.flat = self.flat.to(device).requires_grad_()

    @property
    def parameters(self):
        """The parameters by name, views of the flat vector."""
        sizes = [shape.numel() for shape in self._shapes.values()]
        parts = zip(self._shapes.items(), self.flat.split(sizes), strict=True)
        return {name: part.view(shape) for (name, shape), part in parts}

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


class Adam:
    """Adam on one vector: few operations a step, and no start of torch's compiler.

    With the gradient g plus `weight_decay` times the vector it keeps means m of g and v
    of g^2, and moves by ``rate (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + 1e-8)``.

    Parameters
    ----------
    vector : tensor of shape (p,)
        Requires gradients.
    weight_decay : float

    References
    ----------
    Kingma and Ba 2015, arXiv:1412.6980, with their b1 = 0.9 and b2 = 0.999.
    """

    betas = 0.9, 0.999
    eps = 1e-8

    def __init__(self, vector, weight_decay):
        torch = import_torch()
        self.vector, self.weight_decay = vector, weight_decay
        self.means = torch.zeros_like(vector, requires_grad=False)
        self.squares = torch.zeros_like(self.means)
        self.n_steps = 0

    def step(self, rate):
        """Move against the gradient, and forget it."""
        torch = import_torch()
        (b1, b2), vector = self.betas, self.vector
        self.n_steps += 1
        with torch.no_grad():
            gradient = vector.grad.add_(vector, alpha=self.weight_decay)
            self.means.lerp_(gradient, 1 - b1)
            self.squares.mul_(b2).addcmul_(gradient, gradient, value=1 - b2)
            root = (self.squares / (1 - b2**self.n_steps)).sqrt_().add_(self.eps)
            vector.addcdiv_(self.means, root, value=-rate / (1 - b1**self.n_steps))
        vector.grad = None
