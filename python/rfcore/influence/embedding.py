"""Rows as a network's embeddings, on which a linear model stands in for the network."""

import sys

import numpy as np
from sklearn.linear_model import LogisticRegression

from rfcore._columns import complete, require_numbers, require_same_rows

# Rows that a module sees together.
_BATCH = 1024


def embeddings(embed, X, name="X"):
    """The embeddings of rows.

    Parameters
    ----------
    embed : callable or torch.nn.Module
        Takes rows and gives an array or a tensor (n, p). A module gets batches of 1024
        rows on the device of its parameters, floating rows in their dtype; it is in
        eval mode meanwhile, and no gradients are kept. Any other callable gets X as it
        is.
    X : array-like or tensor of shape (n, ...)
    name : str, default="X"
        What the error messages call it.

    Returns
    -------
    ndarray of shape (n, p)
        In the dtype that came.

    Raises
    ------
    TypeError
        If `embed` cannot be called.
    ValueError
        If X has no rows, or the embeddings are not of shape (n, p).

    Examples
    --------
    >>> embeddings(lambda X: np.hstack([X, X**2]), np.array([[2.0], [3.0]]))
    array([[2., 4.],
           [3., 9.]])
    """
    if not callable(embed):
        raise TypeError(f"embed is a {type(embed).__name__}, should be callable")
    n_rows = X.shape[0] if hasattr(X, "shape") else len(X)
    if n_rows == 0:
        raise ValueError(f"{name} has 0 rows: at least 1 is needed")
    found = _by_module(embed, X) if is_module(embed) else _as_numpy(embed(X))
    if found.ndim != 2 or len(found) != n_rows:
        raise ValueError(
            f"the embeddings of {name} have shape {found.shape}, should have shape "
            f"({n_rows}, p)"
        )
    return found


def last_layer(module, X, y, *, C=1.0):
    """A network without its last layer, and logistic regression in place of it.

    Parameters
    ----------
    module : torch.nn.Sequential
        Its last part is a torch.nn.Linear.
    X : array-like or tensor of shape (n, ...)
        Training rows of the network.
    y : array-like of shape (n,)
        Classes.
    C : float, default=1.0
        Of the logistic regression; influence needs a minimum, which the weights that
        the network was trained to are not.

    Returns
    -------
    body : torch.nn.Sequential
        The other parts; they are shared with `module`.
    head : LogisticRegression
        Fitted on the embeddings that `body` gives, to convergence.

    Raises
    ------
    TypeError
        If `module` is none of this kind.

    Notes
    -----
    For ``InfluenceFunction().fit(head, X, y, embed=body)``: the first of the thesis's
    ways to networks that are not convex (4.2.2).
    """
    if not _ends_in_linear(module):
        raise TypeError(
            "module should be a torch.nn.Sequential that ends in a torch.nn.Linear; of "
            "another network, give what maps rows to embeddings as embed"
        )
    require_same_rows(X=X, y=y)
    body = module[:-1]
    head = LogisticRegression(C=C, solver="newton-cholesky", tol=1e-10)
    return body, head.fit(embeddings(body, X).astype(np.float64), complete(y, "y"))


def is_module(thing):
    """Whether it is a torch.nn.Module; torch is not imported to find out."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(thing, torch.nn.Module)


def as_tensor(X):
    """A tensor of the same numbers, of the same memory where it may be written to."""
    import torch

    if isinstance(X, torch.Tensor):
        return X
    require_numbers(X)
    return torch.from_numpy(np.require(X, requirements=["C", "W"]))


def _ends_in_linear(module):
    if not is_module(module):
        return False
    nn = sys.modules["torch"].nn
    return (
        isinstance(module, nn.Sequential)
        and len(module) > 1
        and isinstance(module[-1], nn.Linear)
    )


def _by_module(module, X):
    import torch

    X = as_tensor(X)
    like = next(module.parameters(), X)
    dtype = like.dtype if X.is_floating_point() else X.dtype
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        with torch.no_grad():
            parts = [
                module(rows.to(device=like.device, dtype=dtype)).cpu().numpy()
                for rows in X.split(_BATCH)
            ]
    finally:
        for part, training in modes:
            part.training = training
    return np.concatenate(parts)


def _as_numpy(found):
    """An array of what a callable gave, which may be a tensor on a device."""
    return np.asarray(found.detach().cpu() if hasattr(found, "detach") else found)
