"""minimize: the loop between a function and an optimizer, with a hard budget."""

import numpy as np

from rfcore._arrays import require_count
from rfcore._threads import one_blas_thread
from rfcore.zeroth.cmaes import CMAES
from rfcore.zeroth.imgpo import IMGPO
from rfcore.zeroth.racos import RACOS
from rfcore.zeroth.rbf import CORS
from rfcore.zeroth.record import Record
from rfcore.zeroth.sampling import RandomSearch
from rfcore.zeroth.space import Box, as_space

METHODS = {
    "rbf": CORS,
    "racos": RACOS,
    "cmaes": CMAES,
    "imgpo": IMGPO,
    "random": RandomSearch,
}


def minimize(
    fun,
    space,
    *,
    method,
    max_evals,
    batch=None,
    x0=None,
    random_state=None,
    callback=None,
):
    """Minimize a function of which nothing but values can be had.

    Parameters
    ----------
    fun : callable
        Takes a batch of points (b, dim) and gives their values (b,).
    space : array-like of shape (dim, 2), or Discrete
        A box, where equal bounds freeze a coordinate, or discrete choices.
    method : {"rbf", "racos", "cmaes", "imgpo", "random"}
        "rbf", "cmaes" and "imgpo" need a box; "racos" and "random" also search choices.
    max_evals : int
        The budget, >= 1: never more points than this are passed to `fun`.
    batch : int, optional
        Points asked at a time, >= 1; None leaves it to the method. The last batch may
        be smaller, and so may those of "cmaes", which end with a generation, those of
        "imgpo", which have at most 2, and the one that completes the initial points of
        "racos". "racos" is the sequential form, SRACOS, with 1.
    x0 : array-like of shape (q, dim), optional
        Points that are evaluated first, in order, within the budget.
    random_state : int or None, default=None
        The same seed gives the same points; those of "imgpo" hardly depend on it.
    callback : callable, optional
        Called with the result so far after each batch; a true answer stops.

    Returns
    -------
    OptimizeResult
        `x` (dim,) and `fun` of the best point, the first of equals; `nfev`; `X`
        (nfev, dim) and `funs` (nfev,) in order; `trace` (nfev,), the best value so
        far; `message`, which says what ended the search; `success`.

    Raises
    ------
    TypeError
        If `max_evals` or `batch` is not an integer.
    ValueError
        If an argument is outside its range, the method is unknown or cannot search
        the space, `x0` leaves it, or `fun` gives a wrong shape or a value that is not
        finite.

    Examples
    --------
    >>> box = [[-1.0, 2.0]] * 3
    >>> result = minimize(lambda X: (X**2).sum(axis=1), box, method="rbf",
    ...                   max_evals=60, random_state=0)
    >>> bool(result.fun < 0.05)
    True
    """
    space = as_space(space)
    if not isinstance(method, str) or method not in METHODS:
        raise ValueError(f"method={method!r} should be one of {', '.join(METHODS)}")
    require_count("max_evals", max_evals)
    if batch is not None:
        require_count("batch", batch)
    x0 = as_starts(x0, space)
    record = Record(fun, space.dim, max_evals)
    if isinstance(space, Box) and space.free.size == 0:
        record.evaluate(space.low[None])
        return record.result("the box holds a single point")
    rng = np.random.default_rng(random_state)
    optimizer = METHODS[method](space, max_evals, len(x0), rng)
    batch = batch or optimizer.batch
    ask, tell = optimizer.ask, optimizer.tell
    if optimizer.uses_blas:
        # Matrices are small: a second BLAS thread costs more than it gives.
        ask, tell = one_blas_thread()(ask), one_blas_thread()(tell)
    while len(record) < max_evals:
        done = len(record)
        n = min(batch, max_evals - done)
        points = x0[done : done + n] if done < len(x0) else ask(n)
        if len(points) == 0:
            return record.result("every point was asked")
        tell(points, record.evaluate(points))
        if callback is not None and callback(record.result("running")):
            return record.result("stopped by the callback")
    return record.result("budget spent")


def as_starts(x0, space):
    """Points (q, dim) that lie in a space; none of None.

    Raises
    ------
    ValueError
        If the shape is another, or a point lies outside.
    """
    if x0 is None:
        return np.empty((0, space.dim))
    x0 = np.atleast_2d(np.asarray(x0, dtype=np.float64))
    if x0.ndim != 2 or x0.shape[1] != space.dim:
        raise ValueError(f"x0.shape={x0.shape} should be (q, {space.dim})")
    outside = np.flatnonzero(~space.contains(x0))
    if outside.size:
        raise ValueError(f"x0[{outside[0]}] should lie in the space")
    return x0
