"""Tests of the local executor: outcomes, processes, and cores for each of them."""

import os
import signal
import time
from functools import partial

import pytest

from rfcore.experiments import LocalExecutor


def square(number):
    return number * number


def describe(number):
    deaf = signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    return os.getpid(), os.environ["OMP_NUM_THREADS"], deaf


def meet(folder, number):
    """Wait until another cell is here too."""
    (folder / str(number)).touch()
    end = time.monotonic() + 50
    while len(list(folder.iterdir())) < 2 and time.monotonic() < end:
        time.sleep(0.01)
    return len(list(folder.iterdir()))


def die_at_three(number):
    if number == 3:
        os._exit(9)
    return square(number)


def die_late_at_one(number):
    if number == 1:
        time.sleep(0.3)
        os._exit(9)
    return square(number)


@pytest.mark.parametrize("n_jobs", [1, 3])
def test_every_cell_comes_back_with_its_outcome(n_jobs):
    pairs = LocalExecutor(n_jobs).map_unordered(square, iter(range(8)))
    assert sorted(pairs) == [(number, square(number)) for number in range(8)]


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_nothing_to_do(n_jobs):
    assert list(LocalExecutor(n_jobs).map_unordered(square, [])) == []


def test_one_job_stays_in_this_process_and_waits_for_the_reader():
    seen = []
    pairs = LocalExecutor().map_unordered(seen.append, [1, 2])
    next(pairs)
    assert seen == [1]


def test_more_jobs_run_elsewhere_and_share_the_cores(monkeypatch):
    monkeypatch.setattr("joblib.cpu_count", lambda: 8)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    pairs = LocalExecutor(2).map_unordered(describe, range(4))
    for _, (process, threads, deaf_to_interrupts) in pairs:
        assert process != os.getpid()
        assert threads == "4"
        assert deaf_to_interrupts


def test_two_jobs_run_at_once(tmp_path):
    pairs = LocalExecutor(2).map_unordered(partial(meet, tmp_path), range(2))
    assert [n_here for _, n_here in pairs] == [2, 2]


@pytest.mark.parametrize(("given", "expected"), [("1", "1"), ("64", "4"), ("x", "4")])
def test_a_smaller_limit_of_the_user_stays(monkeypatch, given, expected):
    monkeypatch.setattr("joblib.cpu_count", lambda: 8)
    monkeypatch.setenv("OMP_NUM_THREADS", given)
    ((_, (_, threads, _)),) = LocalExecutor(2).map_unordered(describe, [0])
    assert threads == expected


def test_death_of_a_worker_costs_its_own_cell_only():
    outcomes = dict(LocalExecutor(2).map_unordered(die_at_three, range(7)))
    assert sorted(outcomes) == list(range(7))
    assert type(outcomes.pop(3)).__name__ == "TerminatedWorkerError"
    assert outcomes == {number: square(number) for number in outcomes}


def test_death_of_a_worker_while_the_reader_is_busy():
    pairs = LocalExecutor(2).map_unordered(die_late_at_one, range(4))
    outcomes = dict([next(pairs)])
    time.sleep(1)
    outcomes |= pairs
    assert type(outcomes.pop(1)).__name__ == "TerminatedWorkerError"
    assert outcomes == {number: square(number) for number in (0, 2, 3)}


def test_closing_ends_the_workers():
    pairs = LocalExecutor(2).map_unordered(describe, range(1000))
    _, (process, _, _) = next(pairs)
    pairs.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_no_jobs():
    with pytest.raises(ValueError, match="n_jobs=0 should be >= 1"):
        LocalExecutor(0)
