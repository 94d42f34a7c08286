"""Sequential random embeddings: many coordinates searched through a few."""

import numbers

import numpy as np

from rfcore._arrays import require_count
from rfcore._shown import Settings
from rfcore.zeroth.minimize import METHODS, as_starts, minimize
from rfcore.zeroth.record import Record
from rfcore.zeroth.space import Discrete, as_space


class SequentialEmbedding(Settings):
    """Minimize over many coordinates by random maps from a few, one after the other.

    In the box scaled to [-1, 1]^dim, embedding i searches the points
    ``clip(alpha t_(i-1) + A y, -1, 1)`` over y in [-1, 1]^n_components and alpha in
    `alpha_range`, where t_(i-1) is the best point so far and A a new matrix (dim,
    n_components) of normal numbers of variance `variance`. It finds good points where
    some few directions matter much and all others little.

    Parameters
    ----------
    n_components : int, default=10
        Coordinates of each embedding, >= 1.
    n_embeddings : int, default=5
        Embeddings that share the budget, >= 1.
    method : {"rbf", "racos", "cmaes", "imgpo", "random"}, default="racos"
        Of `minimize`; it searches y and alpha.
    alpha_range : (float, float), default=(-1.0, 1.0)
        The scale of the best point so far, low <= high. (1, 1) keeps it and searches
        around it, (0, 0) forgets it: independent embeddings.
    variance : float, optional
        Of the entries of A, > 0; 1 / n_components by default, with which a coordinate
        has the variance 1/3 of a uniform one when y is uniform.

    Notes
    -----
    The budget is shared evenly, earlier embeddings having one point more where it does
    not divide. The best point so far opens each embedding whose alpha may be 1, as a
    point whose value is known: it is not evaluated again. A box of no more than
    n_components free coordinates is searched directly, in one search.

    *Differences from the paper and the authors' code.* Any box is scaled to
    [-1, 1]^dim, so that alpha scales toward its middle; in ZOOpt A acts in the
    coordinates of the function. The best point so far is that of all embeddings and of
    x0, where ZOOpt's is the last embedding's. ZOOpt lets alpha vary in the first
    embedding too, where t_0 = 0 makes it idle; here it is frozen there. The known value
    that opens an embedding is ours. Defaults are ZOOpt's.

    References
    ----------
    Qian, Hu and Yu 2016, "Derivative-free optimization of high-dimensional non-convex
    functions by sequential random embeddings", IJCAI, algorithm 1; Wang et al. 2016,
    doi:10.1613/jair.4806 (random embeddings).

    Examples
    --------
    >>> def fun(X):
    ...     return ((X[:, :5] - 0.2) ** 2).sum(axis=1) + ((X - 0.2) ** 2).mean(axis=1)
    >>> search = SequentialEmbedding(n_components=5, method="racos")
    >>> result = search.minimize(fun, [[-1.0, 1.0]] * 1000, max_evals=500,
    ...                          random_state=0)
    >>> result.nfev, bool(result.fun < 0.2)
    (500, True)
    """

    def __init__(
        self,
        n_components=10,
        *,
        n_embeddings=5,
        method="racos",
        alpha_range=(-1.0, 1.0),
        variance=None,
    ):
        self.n_components = n_components
        self.n_embeddings = n_embeddings
        self.method = method
        self.alpha_range = alpha_range
        self.variance = variance

    def minimize(
        self,
        fun,
        space,
        *,
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
        space : array-like of shape (dim, 2)
            A box, where equal bounds freeze a coordinate.
        max_evals : int
            The budget of all embeddings together, >= 1: never more points than this
            are passed to `fun`.
        batch : int, optional
            As in `rfcore.zeroth.minimize`.
        x0 : array-like of shape (q, dim), optional
            Points that are evaluated first, in order, within the budget; the best is
            t_0.
        random_state : int or None, default=None
            The same seed gives the same points.
        callback : callable, optional
            Called with the result so far after each batch; a true answer stops.

        Returns
        -------
        OptimizeResult
            As of `rfcore.zeroth.minimize`, without `X`, which would be large, and with
            `starts` (n_embeddings,), the number of evaluations before each embedding.

        Raises
        ------
        TypeError
            If a count is not an integer.
        ValueError
            If an argument is outside its range, the space is not a box, `x0` leaves
            it, or `fun` gives a wrong shape or a value that is not finite.
        """
        self._check()
        if isinstance(space, Discrete):
            raise ValueError("SequentialEmbedding searches a box, not Discrete")
        box = as_space(space)
        require_count("max_evals", max_evals)
        if batch is not None:
            require_count("batch", batch)
        x0 = as_starts(x0, box)
        rng = np.random.default_rng(random_state)
        search = _Search(fun, box.dim, batch, callback)
        if box.free.size <= self.n_components:
            bounds = np.column_stack([box.low, box.high])
            search.run(self.method, search.evaluate, bounds, x0, max_evals, rng)
            return search.result()
        size = batch or max(len(x0), 1)
        for i in range(0, min(len(x0), max_evals), size):
            if search.stopped is None:
                search.evaluate(x0[i : min(i + size, max_evals)])
        for n_left in range(self.n_embeddings, 0, -1):
            share = -(-(max_evals - len(search.record)) // n_left)
            if share > 0 and search.stopped is None:
                self._embed(search, box, share, rng)
        return search.result()

    def _check(self):
        require_count("n_components", self.n_components)
        require_count("n_embeddings", self.n_embeddings)
        if not isinstance(self.method, str) or self.method not in METHODS:
            methods = ", ".join(METHODS)
            raise ValueError(f"method={self.method!r} should be one of {methods}")
        alpha = np.asarray(self.alpha_range, dtype=float)
        if alpha.shape != (2,) or not np.isfinite(alpha).all() or alpha[0] > alpha[1]:
            raise ValueError(
                f"alpha_range={self.alpha_range!r} should be finite (low, high), "
                "low <= high"
            )
        variance = self.variance
        if variance is not None and not (
            isinstance(variance, numbers.Real) and 0 < variance < np.inf
        ):
            raise ValueError(f"variance={variance!r} should be > 0 and finite")

    def _embed(self, search, box, share, rng):
        """Search one embedding with a share of the budget."""
        low, high = box.low[box.free], box.high[box.free]
        scale = (self.variance or 1.0 / self.n_components) ** 0.5
        A = scale * rng.standard_normal((self.n_components, len(low)))
        alpha, t = (0.0, 0.0), np.zeros(len(low))
        start = np.empty((0, 1 + self.n_components))
        best = search.record.best
        if len(search.record):
            alpha = self.alpha_range
            t = 2.0 * (search.record.best_x[box.free] - low) / (high - low) - 1.0
            if alpha[0] <= 1.0 <= alpha[1]:
                start = np.eye(1, 1 + self.n_components)
        n_known = len(start)

        def fun(Z):
            nonlocal n_known
            if n_known:
                # The start comes alone and first.
                n_known = 0
                return [best]
            X = np.tile(box.low, (len(Z), 1))
            T = np.clip(Z[:, :1] * t + Z[:, 1:] @ A, -1.0, 1.0)
            X[:, box.free] = np.clip(low + (T + 1.0) / 2.0 * (high - low), low, high)
            return search.evaluate(X)

        bounds = np.array([alpha, *[(-1.0, 1.0)] * self.n_components])
        search.run(self.method, fun, bounds, start, share + n_known, rng)


class _Search:
    """What the embeddings have in common: the function, the record, the callback."""

    def __init__(self, fun, dim, batch, callback):
        self.record = Record(fun, dim, keep_points=False)
        self.batch = batch
        self.callback = callback
        self.starts = []
        self.stopped = None
        self.message = "budget spent"

    def evaluate(self, X):
        """The values (b,) of points (b, dim)."""
        values = self.record.evaluate(X)
        if self.callback is not None and self.callback(self.result("running")):
            self.stopped = "stopped by the callback"
        return values

    def run(self, method, fun, bounds, x0, max_evals, rng):
        """One search, in a box of few coordinates or in the whole one."""
        self.starts.append(len(self.record))
        outcome = minimize(
            fun,
            bounds,
            method=method,
            max_evals=max_evals,
            batch=self.batch,
            x0=x0,
            random_state=int(rng.integers(2**63)),
            callback=lambda so_far: self.stopped is not None,
        )
        self.message = outcome.message

    def result(self, message=None):
        """What was found so far."""
        result = self.record.result(message or self.stopped or self.message)
        result.starts = np.array(self.starts, dtype=int)
        return result
