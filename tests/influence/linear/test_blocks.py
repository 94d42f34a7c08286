"""Blocks on several threads: their order, their number, their errors, their bits."""

import threading
import warnings

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from rfcore.influence import InfluenceFunction
from rfcore.influence.linear import blocks, design
from rfcore.influence.linear.blocks import one_thread, over_blocks
from rfcore.influence.linear.design import Design


def blas_threads():
    return {p["num_threads"] for p in threadpool_info() if p["user_api"] == "blas"}


@pytest.fixture
def rows():
    return Design(np.arange(60.0)[:, None], intercept=False)


@pytest.mark.parametrize("n_threads", [1, 2, 7])
def test_blocks_come_in_order(rows, n_threads):
    with threadpool_limits(n_threads, user_api="blas"):
        found = list(over_blocks(lambda part, block: (part, block), rows, n_rows=7))
        assert blas_threads() == {n_threads}
    assert [part.start for part, _ in found] == list(range(0, 60, 7))
    np.testing.assert_array_equal(np.vstack([b for _, b in found]), rows.X)


def test_several_blocks_at_a_time_on_one_thread_each(rows):
    """Each of the first two waits for the other; the sixth is not begun too soon."""
    both, begun = threading.Barrier(2, timeout=20), []

    def meet(part, block):
        begun.append(part.start)
        assert blas_threads() == {1}
        if part.start < 2:
            both.wait()
        return part.start

    with threadpool_limits(2, user_api="blas"):
        found = over_blocks(meet, rows, n_rows=1)
        assert next(found) == 0
        assert len(begun) <= 4
        assert list(found) == list(range(1, 60))


def test_few_blocks_are_left_to_blas_where_they_are_large(rows, monkeypatch):
    for large, expected in ((1, 4), (100, 1)):
        monkeypatch.setattr(blocks, "_LARGE", large)
        with threadpool_limits(4, user_api="blas"):
            found = over_blocks(lambda *_: blas_threads(), rows, n_rows=30)
            assert list(found) == [{expected}] * 2
            with one_thread():
                assert blas_threads() == {1}
            assert blas_threads() == {4}


@pytest.mark.parametrize("n_threads", [1, 2])
def test_the_first_error_is_raised(rows, n_threads):
    def refuse(part, block):
        if part.start >= 20:
            raise ValueError(f"block {part.start}")

    with threadpool_limits(n_threads, user_api="blas"):
        with pytest.raises(ValueError, match="block 21"):
            list(over_blocks(refuse, rows, n_rows=7))
        assert blas_threads() == {n_threads}


def test_errstate_counts_on_the_threads(rows):
    with threadpool_limits(2, user_api="blas"), warnings.catch_warnings():
        warnings.simplefilter("error")
        with np.errstate(divide="ignore"):
            list(over_blocks(lambda part, block: (block + 1) / 0.0, rows, n_rows=1))


@pytest.mark.parametrize("name", ["binary", "multinomial", "ridge"])
def test_same_bits_for_any_number_of_threads(case, name, monkeypatch):
    monkeypatch.setattr(design, "_BLOCK_SIZE", 256)
    own = case(name, weighted=True, n=2000)
    answers = []
    for n_threads in (1, 2, 7):
        with threadpool_limits(n_threads, user_api="blas"):
            influence = InfluenceFunction().fit(
                own.model, own.X, own.y, sample_weight=own.sample_weight
            )
            scores = influence.scores(own.X_val, own.y_val, target="loss")
        answers.append(influence.hessian_.tobytes() + scores.tobytes())
    assert answers[0] == answers[1] == answers[2]
