"""The search for a fixed number of antidote rows: starts, exchanges, an optimizer."""

import numpy as np

from rfcore._shares import count_of
from rfcore.zeroth import SequentialEmbedding

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
    asked : list, default=None
        Where each batch goes, as (V, costs, k_means_costs); None keeps none.

    Attributes
    ----------
    best : float64 array of shape (s, m)
    value, cost : float
        What is minimized, and the cost, of `best`; inf before the first whole answer.
    refused : float
        What an optimizer hears of a refused answer: finite, and worse than before.
    """

    def __init__(self, questions, room, alpha, weight=0.0, asked=None):
        self.questions, self.room = questions, room
        self.alpha, self.weight, self.asked = alpha, weight, asked
        self.limit = 0
        before = questions.before
        (value,) = self._values(
            np.array([before.cost]), np.array([before.k_means_cost])
        )
        self.refused = value + abs(value) + 1.0
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
        if self.asked is not None:
            self.asked.append((V, costs, k_means))
        values = self._values(costs, k_means)
        q = int(np.argmin(values))
        if values[q] < self.value:
            self.best, self.value, self.cost = V[q], values[q], costs[q]
        return values

    def _values(self, costs, k_means):
        """What is minimized, (b,); inf where an answer was refused."""
        if self.weight == 0.0:
            return costs
        before, there = self.questions.before, np.isfinite(costs)
        values = np.full(len(costs), np.inf)
        fair = (1.0 - self.weight) * costs[there] / (abs(before.cost) or 1.0)
        near = self.weight * k_means[there] / (before.k_means_cost or 1.0)
        values[there] = fair + near
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
        n_asked = (
            max(1, count_of(_START_SHARE, budget)) if method != "starts" else budget
        )
        repeated = np.repeat(rows[:n_asked, None], n_rows, axis=1)
        values = search.ask(repeated)
        best = rows[np.argsort(values, kind="stable")[:_N_EXCHANGED]]
        share = _EXCHANGE_SHARE if method != "starts" else 1.0
        _exchange(search, best, first + count_of(_START_SHARE + share, budget))
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
        return np.where(np.isfinite(values), values, search.refused)

    best = None if search.best is None else search.best.reshape(1, -1)
    # Algorithm 3 embeds where V has more than n' numbers; around the best so far.
    embedding = SequentialEmbedding(n_components, method=method, alpha_range=(1.0, 1.0))
    embedding.minimize(fun, box, max_evals=budget, x0=best, random_state=seed)


def search_pool(search, n_rows, budget, starts, pool):
    """Search n_rows different rows of a pool; the answer is `search.best`.

    Each row is asked n_rows times over, which is no answer; the best of them together
    are the start, and single rows are exchanged for others of the pool, the best first,
    as long as that helps.

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
        n_first = min(len(pool), max(1, count_of(_START_SHARE, budget)))
        order = np.argsort(_repeated(search, pool[:n_first], n_rows), kind="stable")
        if n_first < n_rows:
            order = np.arange(n_rows)
        chosen = order[:n_rows]
        search.ask(pool[chosen][None])
        _exchange_in_pool(search, pool, chosen, order)
    except Spent:
        pass


def _repeated(search, pool, n_rows):
    """Costs (p,) of each row n_rows times, which are no answers to the search."""
    values = []
    for start in range(0, len(pool), _BATCH):
        left = search.limit - search.questions.n_queries
        if left < 1:
            raise Spent
        part = pool[start : start + min(_BATCH, left), None]
        repeated = np.repeat(part, n_rows, axis=1)
        values.append(search.questions.ask(repeated)[0])
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
