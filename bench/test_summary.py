"""SumBal of many summaries of one video: against a NumPy loop and a matrix product."""

import numpy as np
import peers
from race import THREADS, Case, Goal, Ladder

from rfcore.metrics import sum_bal


def video(n, n_groups, *, seed=0, share=0.3):
    """Groups (n, n_groups) that are in a frame or not, whatever the last one showed."""
    return np.random.default_rng(seed).random((n, n_groups)) < share


def summaries(n, batch, *, seed=1, share=0.15):
    """Frames (batch, n) of as many summaries."""
    return np.random.default_rng(seed).random((batch, n)) < share


def sum_bals(n, n_groups, batch, *, packed=False, threads=THREADS):
    """SumBal of a batch of summaries; peers get packed frames packed, too."""
    presence, selected = video(n, n_groups), summaries(n, batch)
    if packed:
        selected = np.packbits(selected, axis=1)

    def own(threads):
        return lambda: sum_bal(selected, presence, packed=packed)

    def by_loop(threads):
        return lambda: peers.in_workers(threads, loop, selected, presence, packed)

    def by_product(threads):
        return lambda: product(selected, presence, packed)

    return Case(
        contestants={
            "rfcore": own,
            "NumPy loop": by_loop,
            "float32 product": by_product,
        },
        quality=_largest_difference,
        n_bytes=float(selected.nbytes),
        threads=threads,
    )


def loop(selected, presence, packed):
    """SumBal (b,) by the mean presence in the frames of each summary."""
    overall = presence.mean(axis=0)
    values = np.empty(len(selected))
    for i, row in enumerate(selected):
        chosen = _unpacked(row, presence, packed)
        values[i] = _least_ratio(presence[chosen].mean(axis=0) / overall)
    return values


def product(selected, presence, packed):
    """SumBal (b,) by one matrix product of single floats, which count exactly."""
    frames = _unpacked(selected, presence, packed).astype(np.float32)
    shared = frames @ presence.astype(np.float32)
    shares = shared.astype(np.float64) / frames.sum(axis=1, keepdims=True)
    return _least_ratio(shares / presence.mean(axis=0))


def _unpacked(rows, presence, packed):
    if not packed:
        return rows
    return np.unpackbits(rows, axis=-1, count=len(presence)).view(np.bool_)


def _least_ratio(ratios):
    return np.minimum(ratios.min(axis=-1), 1.0 / ratios.max(axis=-1))


def _largest_difference(results):
    own, *others = results.values()
    largest = max(np.abs(own - other).max() for other in others)
    return f"largest difference {largest:.1e}"


def ten_thousand():
    return sum_bals(10_000, 14, 10_000)


def ten_thousand_packed():
    return sum_bals(10_000, 14, 10_000, packed=True)


def on_one_thread():
    return sum_bals(10_000, 14, 10_000, packed=True, threads=1)


def by_n(n):
    return sum_bals(n, 14, 2000)


def by_groups(n_groups):
    return sum_bals(10_000, n_groups, 2000, packed=True)


def by_batch(batch):
    return sum_bals(10_000, 14, batch)


GOALS = (
    Goal(
        "10,000 SumBals, n = 10,000, 14 groups",
        ten_thousand,
        {"NumPy loop": 15.0, "float32 product": 1.0},
    ),
    Goal(
        "the same, frames bit-packed",
        ten_thousand_packed,
        {"NumPy loop": 100.0, "float32 product": 1.0},
    ),
    Goal("bit-packed, on one thread", on_one_thread, {"NumPy loop": 100.0}),
)
LADDERS = (
    Ladder("2000 SumBals, 14 groups", "n", (1000, 4000, 16_000), by_n),
    Ladder("2000 packed SumBals, n = 10,000", "groups", (2, 8, 32), by_groups),
    Ladder("SumBals, n = 10,000, 14 groups", "batch", (100, 1000, 10_000), by_batch),
)


def test_sum_bal(compare, full):
    own, *others = compare(
        sum_bals(*((10_000, 14, 10_000) if full else (300, 3, 20)))
    ).values()
    for other in others:
        np.testing.assert_allclose(own, other, rtol=1e-12)


def test_packed_sum_bal(compare, full):
    own, *others = compare(
        sum_bals(*((10_000, 14, 10_000) if full else (300, 3, 20)), packed=True)
    ).values()
    for other in others:
        np.testing.assert_allclose(own, other, rtol=1e-12)
