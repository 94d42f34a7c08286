"""The front of fairness and k-means cost, against all pairs of answers."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rfcore.fair.antidote.questions import Clustering
from rfcore.fair.antidote.result import front_of

COST = st.one_of(st.integers(-2, 4).map(float), st.just(np.inf))
BATCH = st.lists(st.tuples(COST, COST), min_size=1, max_size=8)


def clustering(cost, k_means_cost):
    centers, labels = np.zeros((2, 3)), np.zeros(5, dtype=np.int32)
    return Clustering(centers, labels, cost, k_means_cost, 2)


def unbeaten(pairs):
    """Pairs of finite costs that no other pair beats in one and equals in the other."""
    pairs = {pair for pair in pairs if np.isfinite(pair).all()}
    return sorted(
        (a, b)
        for a, b in pairs
        if not any((c, d) != (a, b) and c <= a and d <= b for c, d in pairs)
    )


@given(batches=st.lists(BATCH, max_size=4))
def test_the_front_is_what_no_pair_beats(batches):
    asked, n = [], 0
    for batch in batches:
        V = np.arange(n, n + len(batch), dtype=float)[:, None, None] * np.ones((2, 3))
        costs, k_means = np.array(batch).T
        asked.append((V, costs, k_means))
        n += len(batch)
    front = front_of(asked, clustering(1.0, 2.0), 7)
    pairs = [(1.0, 2.0), *(pair for batch in batches for pair in batch)]
    found = list(zip(front.costs, front.k_means_costs, strict=True))
    assert found == unbeaten(pairs)
    assert front.n_queries == 7
    # The rows of each answer are those that were asked.
    for pair, V in zip(found, front.antidotes, strict=True):
        number = 0 if len(V) == 0 else 1 + int(V[0, 0])
        assert pairs[number] == pair


def test_nothing_asked_leaves_the_clustering_before():
    front = front_of([], clustering(-0.5, 3.0), 0)
    assert (front.costs.tolist(), front.k_means_costs.tolist()) == ([-0.5], [3.0])
    assert front.antidotes[0].shape == (0, 3)
