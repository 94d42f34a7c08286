"""Trainings of consensus fair clustering: seconds beside what they reach."""

import pytest
from consensus_rows import measure
from race import THREADS
from threadpoolctl import threadpool_limits

torch = pytest.importorskip("torch")

from rfcore.thesis.fairness_attack.cases import SEEDS, Case  # noqa: E402
from rfcore.thesis.fairness_attack.victims import SETTINGS, consensus  # noqa: E402

_SECONDS = 60.0


def test_training(benchmark, full):
    """Of the thesis's inverted digits, with partitions, J and the fair decision."""
    own = Case("inverted_digits", "thesis", "small" if full else "smoke")
    more = {} if full else {"n_partitions": 10, "max_iter": 2}
    fair = consensus(SETTINGS["inverted_digits"], SEEDS[0], **more)
    torch.set_num_threads(THREADS)
    with threadpool_limits(THREADS):
        benchmark.pedantic(fair.fit, (own.X,), {"groups": own.groups}, rounds=1)
    found = own.scores(fair.labels_)
    benchmark.extra_info.update(found)
    assert 0 <= found["balance"] <= 1
    if full:
        assert benchmark.stats["max"] < _SECONDS
        assert found["balance"] >= 0.145
        assert found["nmi"] >= 0.20
        assert found["accuracy"] >= 0.27
        assert found["clusters_used"] >= 7


def test_rows_by_batches():
    """The script that trains on any number of rows."""
    found = measure(3000, r=5, batch_size=256)
    assert found["GiB at most"] < 8
    assert 1 <= found["clusters used"] <= 10
