"""The search for a fixed number of antidote rows: starts, exchanges, an optimizer."""

import numpy as np

from rfcore.zeroth import minimize

# The shares of a budget that may go to rows repeated, and to exchanges of single rows.
_START_SHARE, _EXCHANGE_SHARE = 0.4, 0.4
_N_EXCHANGED = 40
_BATCH = 64


class Spent(Exception):
    """The budget of a search is spent, or its goal met; never leaves the search."""


class Search:
    """Every question of a search, with the best answer so far.

    Parameters
    ----------
    questions : Questions
    room : Room
    alpha : float
        The goal; -inf for the least cost that the budget finds.
    weight : float, default=0
        In [0, 1]: what is minimized is (1 - weight) cost / |cost before| + weight
        k-means cost / k-means cost before, or the cost itself for 0.

    Attributes
    ----------
    best : float64 array of shape (s, m)
    value, cost : float
        What is minimized, and the cost, of `best`; inf before the first whole answer.
    asked : list of (V, costs, k_means_costs)
        The batches.
    """

    def __init__(self, questions, room, alpha, weight=0.0):
        self.questions, self.room = questions, room
        self.alpha, self.weight = alpha, weight
        self.limit = 0
        self.asked = []
        self.forget()

    def forget(self):
        """Begin anew, with another number of rows."""
        self.best, self.value, self.cost = None, np.inf, np.inf

    @property
    def met(self):
        return self.cost <= self.alpha

    def ask(self, V):
        """Values (b,) of rows (b, s, m); stops where the budget or the goal is."""
        values = np.full(len(V), np.inf)
        for start in range(0, len(V), _BATCH):
            left = self.limit - self.questions.n_queries
            if left < 1 or self.met:
                raise Spent
            part = self.room.admit(V[start : start + min(_BATCH, left)])
            costs, k_means = self.questions.ask(part)
            values[start : start + len(part)] = self._take(part, costs, k_means)
        return values

    def _take(self, V, costs, k_means):
        self.asked.append((V, costs, k_means))
        values, before = costs, self.questions.before
        if self.weight > 0.0:
            scale = abs(before.cost) or 1.0
            values = (1.0 - self.weight) * costs / scale
            values = values + self.weight * k_means / (before.k_means_cost or 1.0)
        q = int(np.argmin(values))
        if values[q] < self.value:
            self.best, self.value, self.cost = V[q], values[q], costs[q]
        return values


def search_box(search, n_rows, budget, starts, rows, *, method, n_components, seed):
    """Search rows anywhere in the room; the answer is `search.best`.

    Rows that the clustering suggests are asked first, each n_rows times, and starts
    before them; then single rows of the best are exchanged for the best of those; the
    rest of the budget goes to the optimizer.

    Parameters
    ----------
    search : Search
    n_rows : int
    budget : int
        Questions.
    starts : list of arrays (n_rows, m)
    rows : float64 array of shape (p, m)
    method : str
        Of `minimize`; "starts" stops before the optimizer.
    n_components : int
        n', the dimension up to which the optimizer searches all of V.
    seed : int
    """
    first = search.questions.n_queries
    search.limit = first + budget
    try:
        for start in starts:
            search.ask(start[None])
        n_asked = max(1, int(_START_SHARE * budget)) if method != "starts" else budget
        repeated = np.repeat(rows[:n_asked, None], n_rows, axis=1)
        values = search.ask(repeated)
        best = rows[np.argsort(values, kind="stable")[:_N_EXCHANGED]]
        share = _EXCHANGE_SHARE if method != "starts" else 1.0
        _exchange(search, best, first + int((_START_SHARE + share) * budget))
        if method != "starts":
            left = search.limit - search.questions.n_queries
            _optimize(search, n_rows, left, method, n_components, seed)
    except Spent:
        pass


def _exchange(search, rows, limit):
    """Exchange one row of the best at a time, as long as that helps."""
    if search.best is None:
        return
    value = np.inf
    while search.value < value:
        value = search.value
        for r in range(len(search.best)):
            left = limit - search.questions.n_queries
            if left < 1:
                return
            V = np.repeat(search.best[None], min(left, len(rows)), axis=0)
            V[:, r] = rows[: len(V)]
            search.ask(V)


def _optimize(search, n_rows, budget, method, n_components, seed):
    """Algorithm 3, line 4: the optimizer on all coordinates of V at once."""
    room, m = search.room, len(search.room.low)
    if budget < 1:
        return
    box = np.tile(np.column_stack([room.low, room.high]), (n_rows, 1))

    def fun(points):
        values = search.ask(points.reshape(-1, n_rows, m))
        return np.where(np.isfinite(values), values, search.questions.refused)

    best = None if search.best is None else search.best.reshape(1, -1)
    minimize(fun, box, method=method, max_evals=budget, x0=best, random_state=seed)


def search_pool(search, n_rows, budget, starts, pool):
    """Search n_rows different rows of a pool; the answer is `search.best`.

    Each row is asked alone, the best together are the start, and single rows are
    exchanged for others of the pool, the best alone first, as long as that helps.

    Parameters
    ----------
    search : Search
    n_rows : int
        At most len(pool).
    budget : int
    starts : list of arrays (n_rows, m)
        Of rows of the pool.
    pool : float64 array of shape (p, m)
    """
    first = search.questions.n_queries
    search.limit = first + budget
    try:
        for start in starts:
            search.ask(start[None])
        n_alone = min(len(pool), max(1, int(_START_SHARE * budget)))
        values = _asked_alone(search, pool[:n_alone])
        order = np.argsort(values, kind="stable")
        if n_alone < n_rows:
            order = np.arange(n_rows)
        chosen = order[:n_rows]
        search.ask(pool[chosen][None])
        _exchange_in_pool(search, pool, chosen, order)
    except Spent:
        pass


def _asked_alone(search, pool):
    """Costs of single rows (p,), which are no answers to the search."""
    values = []
    for start in range(0, len(pool), _BATCH):
        left = search.limit - search.questions.n_queries
        if left < 1:
            raise Spent
        part = pool[start : start + min(_BATCH, left), None]
        values.append(search.questions.ask(part)[0])
    return np.concatenate(values)


def _exchange_in_pool(search, pool, chosen, order):
    chosen = np.array(chosen)
    value = np.inf
    while search.value < value:
        value = search.value
        for r in range(len(chosen)):
            others = order[~np.isin(order, chosen)][:_N_EXCHANGED]
            if not len(others):
                return
            V = np.repeat(pool[chosen][None], len(others), axis=0)
            V[:, r] = pool[others]
            before = search.value
            values = search.ask(V)
            if search.value < before:
                chosen[r] = others[int(np.argmin(values))]
