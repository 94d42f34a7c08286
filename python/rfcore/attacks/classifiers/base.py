"""What attacks on fitted classifiers share: the result, and moves as far at random."""

import numpy as np

from rfcore._arrays import require_count
from rfcore.attacks.base import AttackResult


def require_budget(name, value):
    """Check that a number is finite and >= 0.

    Raises
    ------
    ValueError
        If it is not.
    """
    if not 0 <= value < np.inf:
        raise ValueError(f"{name}={value} should be finite and >= 0")


def share_right(predictions, y):
    """The share of rows that are right, in [0, 1].

    Not `rfcore.metrics.accuracy`, which matches the names of clusters.
    """
    return float(np.mean(predictions == y))


def row_norms(moves, norm):
    """The norms of moves (n, ...), (n,) float64; norm is "l_inf" or "l_2"."""
    flat = np.asarray(moves, dtype=np.float64).reshape(len(moves), -1)
    return np.linalg.norm(flat, ord=np.inf if norm == "l_inf" else 2, axis=1)


def random_moves(rng, sizes, shape, norm):
    """Moves of given sizes in random directions.

    Parameters
    ----------
    rng : numpy.random.Generator
    sizes : float64 array of shape (n,)
    shape : tuple of int
        Of the rows, (n, ...).
    norm : {"l_inf", "l_2"}
        "l_inf" draws the sign of each feature, "l_2" a direction uniformly.

    Returns
    -------
    float64 array of the given shape
    """
    if norm == "l_inf":
        moves = rng.choice([-1.0, 1.0], size=shape)
    else:
        moves = rng.normal(size=shape)
        moves /= row_norms(moves, norm).reshape(-1, *[1] * (len(shape) - 1))
    return moves * sizes.reshape(-1, *[1] * (len(shape) - 1))


def random_null(predict, X, y, moves, norm, *, n_null, random_state, low, high):
    """Accuracy where each row moves as far as it did, in random directions.

    Parameters
    ----------
    predict : callable
        Rows to labels (n,).
    X, moves : arrays of shape (n, ...)
        The clean rows, and how the attack moved them.
    y : array of shape (n,)
    norm : {"l_inf", "l_2"}
    n_null : int
        How often.
    random_state : int or None
    low, high : float or None
        Where rows are clipped.

    Returns
    -------
    float64 array of shape (n_null,)
    """
    rng, sizes = np.random.default_rng(random_state), row_norms(moves, norm)
    null = []
    for _ in range(n_null):
        moved = X + random_moves(rng, sizes, X.shape, norm)
        moved = moved if low is high is None else np.clip(moved, low, high)
        null.append(share_right(predict(moved.astype(X.dtype)), y))
    return np.array(null)


def evasion_result(
    predict,
    X,
    y,
    X_adv,
    *,
    norm,
    trace,
    stopped,
    n_null,
    random_state,
    low=None,
    high=None,
):
    """What an attack that moves rows did to a fitted classifier.

    Parameters
    ----------
    predict : callable
        Rows to labels (n,).
    X, X_adv : arrays of shape (n, ...)
        The clean and the moved rows.
    y : array of shape (n,)
        The true labels.
    norm : {"l_inf", "l_2"}
        What `details["distances"]` measures.
    trace : sequence of float
        Accuracy after each question.
    stopped : str
    n_null : int
    random_state : int or None
    low, high : float or None

    Returns
    -------
    AttackResult
        Everything predicted anew. `details` has `y` (n,) and `distances` (n,).
    """
    require_count("n_null", n_null)
    before, after = predict(X), predict(X_adv)
    moves = X_adv - X
    null = random_null(predict, X, y, moves, norm, n_null=n_null,
                       random_state=random_state, low=low, high=high)  # fmt: skip
    distances = row_norms(moves, norm)
    return AttackResult(
        measure="accuracy",
        before=share_right(before, y),
        after=share_right(after, y),
        labels_before=before,
        labels_after=after,
        X_adv=X_adv,
        changed=np.flatnonzero(distances > 0),
        null=null,
        n_queries=len(trace),
        trace=np.array(trace, dtype=np.float64),
        stopped=stopped,
        lowers=True,
        classes=True,
        details={"y": y, "distances": distances},
    )
