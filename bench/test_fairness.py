"""Balance and entropy of groups: for batches of clusterings, against NumPy's counts."""

import numpy as np
import peers
from race import THREADS, Case, Goal, Ladder

from rfcore import metrics


def clusterings(n, batch, k, n_groups, *, seed=0):
    """Labelings (batch, n) and groups (n,); rows of a group prefer some clusters."""
    rng = np.random.default_rng(seed)
    groups = rng.integers(n_groups, size=n, dtype=np.int32)
    labels = rng.integers(k, size=(batch, n), dtype=np.int32)
    drawn_again = (rng.random((batch, n)) < 0.2) & (labels % n_groups != groups)
    labels[drawn_again] = rng.integers(k, size=drawn_again.sum(), dtype=np.int32)
    return labels, groups


def measures(name, n, batch, k, n_groups, *, threads=THREADS):
    """A measure of several clusterings of the same rows and groups."""
    labels, groups = clusterings(n, batch, k, n_groups)
    measure, by_counts = getattr(metrics, name), BY_NUMPY[name]

    def own(threads):
        return lambda: measure(labels, groups)

    def by_numpy(threads):
        return lambda: peers.in_workers(threads, by_counts, labels, groups, k, n_groups)

    return Case(
        contestants={"rfcore": own, "NumPy": by_numpy},
        quality=_largest_difference,
        n_bytes=4.0 * n * batch,
        threads=threads,
    )


def balance_by_numpy(labelings, groups, k, n_groups):
    """Balances (b,): one bincount for each labeling, then ratios of shares."""
    overall = np.bincount(groups, minlength=n_groups) / len(groups)
    values = np.empty(len(labelings))
    for i, labels in enumerate(labelings):
        counts = np.bincount(labels * n_groups + groups, minlength=k * n_groups)
        table = counts.reshape(k, n_groups)
        ratios = table / (table.sum(axis=1, keepdims=True) * overall)
        values[i] = min(ratios.min(), 1.0 / ratios.max())
    return values


def entropy_by_numpy(labelings, groups, k, n_groups):
    """Entropies (b,): one bincount for each labeling, then the logarithms."""
    values = np.empty(len(labelings))
    for i, labels in enumerate(labelings):
        counts = np.bincount(labels * n_groups + groups, minlength=k * n_groups)
        table = counts.reshape(k, n_groups)
        shares = table / table.sum(axis=1, keepdims=True)
        logs = np.log(shares, where=shares > 0, out=np.zeros_like(shares))
        values[i] = -(shares * logs).sum() / n_groups
    return values


BY_NUMPY = {"balance": balance_by_numpy, "group_entropy": entropy_by_numpy}


def _largest_difference(results):
    own, other = results.values()
    return f"largest difference {np.abs(own - other).max():.1e}"


def balances_of_1000():
    return measures("balance", 3594, 1000, 10, 2)


def balances_on_one_thread():
    return measures("balance", 3594, 1000, 10, 2, threads=1)


def balances_by_n(n):
    return measures("balance", n, 200, 10, 2)


def balances_by_batch(batch):
    return measures("balance", 3594, batch, 10, 2)


def balances_by_k(k):
    return measures("balance", 3594, 200, k, 4)


def entropies_by_k(k):
    return measures("group_entropy", 3594, 200, k, 2)


GOALS = (
    Goal("1000 balances, n = 3594, k = 10", balances_of_1000, {"NumPy": 10.0}),
    Goal("the same on one thread", balances_on_one_thread, {"NumPy": 5.0}),
)
LADDERS = (
    Ladder("200 balances, k = 10, 2 groups", "n", (500, 2000, 8000), balances_by_n),
    Ladder("balances, n = 3594, k = 10", "batch", (10, 100, 1000), balances_by_batch),
    Ladder("200 balances, n = 3594, 4 groups", "k", (2, 8, 32, 128), balances_by_k),
    Ladder("200 entropies, n = 3594, 2 groups", "k", (2, 8, 32), entropies_by_k),
)


def test_balance(compare, full):
    own, other = compare(
        measures("balance", *((3594, 1000, 10, 2) if full else (200, 4, 3, 2)))
    ).values()
    np.testing.assert_allclose(own, other, rtol=1e-14)


def test_group_entropy(compare, full):
    own, other = compare(
        measures("group_entropy", *((3594, 1000, 10, 2) if full else (200, 4, 3, 2)))
    ).values()
    np.testing.assert_allclose(own, other, rtol=1e-12)
