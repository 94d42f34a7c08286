"""The 0/1 knapsack of shots: against a dynamic program in plain Python."""

import numpy as np
from race import Case, Goal, Ladder

from rfcore.video import knapsack


def shots(n_shots, *, seed=0):
    """Scores and lengths of shots of about 10,000 frames, as knapsacks see them."""
    rng = np.random.default_rng(seed)
    return rng.random(n_shots), rng.integers(20, 400, n_shots)


def knapsacks(n_shots, capacity):
    """One knapsack on one thread, with the items that it takes."""
    values, weights = shots(n_shots)
    listed = values.tolist(), weights.tolist()

    def own(threads):
        return lambda: knapsack(values, weights, capacity)

    def by_python(threads):
        return lambda: np.array(plain_python(*listed, capacity))

    return Case(
        contestants={"rfcore": own, "plain Python": by_python},
        quality=lambda results: f"{same_items(results):.0%} of items the same",
        threads=1,
    )


def plain_python(values, weights, capacity):
    """Whether each item is taken: the table by rows, then from the last item on."""
    table = [[0.0] * (capacity + 1)]
    for value, weight in zip(values, weights, strict=True):
        before = table[-1]
        row = before[:]
        for c in range(weight, capacity + 1):
            candidate = before[c - weight] + value
            if candidate > row[c]:
                row[c] = candidate
        table.append(row)
    taken = [False] * len(values)
    for i in range(len(values), 0, -1):
        if table[i][capacity] != table[i - 1][capacity]:
            taken[i - 1] = True
            capacity -= weights[i - 1]
    return taken


def same_items(results):
    own, other = results.values()
    return np.mean(own == other)


def of_60_shots():
    return knapsacks(60, 2000)


def by_shots(n_shots):
    return knapsacks(n_shots, 2000)


def by_capacity(capacity):
    return knapsacks(60, capacity)


GOALS = (Goal("60 shots, capacity 2000", of_60_shots, {"plain Python": 50.0}),)
LADDERS = (
    Ladder("capacity 2000", "shots", (15, 60, 240), by_shots),
    Ladder("60 shots", "capacity", (500, 2000, 8000), by_capacity),
)


def test_knapsack(compare, full):
    results = compare(knapsacks(*((60, 2000) if full else (10, 300))))
    assert same_items(results) == 1.0
