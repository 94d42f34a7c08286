"""Tests of the runner: what is computed, what is kept, what a failure costs."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import toy_experiment
from toy_experiment import Toy, n_calls

from rfcore.experiments import (
    Experiment,
    LocalExecutor,
    Outcome,
    Row,
    Store,
    UnknownExperimentError,
    register,
    registry,
    run,
)

# Two data sets, each with three seeds of one method and one cell of the other.
N_CELLS = 8


@pytest.fixture
def calls(tmp_path):
    folder = tmp_path / "calls"
    folder.mkdir()
    return folder


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def values(results, metric="size[after]"):
    return [row.value for row in results.rows if row.metric == metric]


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_rows_come_in_the_order_of_the_axes(calls, out, n_jobs):
    results = run(Toy(calls), out=out, executor=LocalExecutor(n_jobs))
    assert values(results) == [5.0, 6.0, 7.0, 5.0, 10.0, 11.0, 12.0, 10.0]
    assert values(results, "total") == [66.0]
    assert (results.n_cells, results.n_computed, results.n_resumed) == (8, 8, 0)
    assert results.failures == []
    assert results.machines[0]["n_jobs"] == n_jobs
    assert results.seconds > 0


def test_rows_take_seed_and_protocol_from_the_cell(calls, out):
    class Told(Toy):
        protocols = ("thesis",)
        cells = Experiment.cells

        def run(self, cell):
            row = Row("low", "noisy", "x", 1.0)
            return [row, Row("low", "noisy", "y", 1.0, seed=77, protocol="held-out")]

    results = run(Told(calls), scale="smoke", out=out)
    found = {(row.metric, row.seed, row.protocol) for row in results.rows[:-1]}
    assert found == {("x", 0, "thesis"), ("y", 77, "held-out")}


def test_registered_experiment_is_found_by_its_id(calls, out, monkeypatch):
    monkeypatch.setattr(registry, "ENTRY_POINTS", "nobody's")
    monkeypatch.setattr(registry, "_experiments", {})
    toy = register(Toy(calls))
    assert run("toy-1.1", out=out).experiment is toy
    with pytest.raises(UnknownExperimentError):
        run("toy-1.2", out=out)


def test_second_run_computes_nothing(calls, out):
    first = run(Toy(calls), out=out)
    again = run(Toy(calls), out=out)
    assert set(n_calls(calls).values()) == {1}
    assert (again.n_computed, again.n_resumed) == (0, N_CELLS)
    assert again.rows == first.rows


def test_more_seeds_compute_only_what_is_new(calls, out):
    run(Toy(calls), out=out, seeds=1)
    results = run(Toy(calls), out=out, seeds=3)
    assert (results.n_resumed, results.n_computed) == (4, 4)
    assert set(n_calls(calls).values()) == {1}


def test_results_hold_the_planned_cells_only(calls, out):
    run(Toy(calls), out=out, seeds=3)
    run(Toy(calls), out=out, scale="paper", seeds=1)
    results = run(Toy(calls), out=out, seeds=1)
    assert values(results) == [5.0, 5.0, 10.0, 10.0]


def test_changed_code_computes_again(calls, out, monkeypatch):
    run(Toy(calls), out=out, seeds=1)
    monkeypatch.setattr("rfcore.experiments.runner.fingerprint", lambda _: "9.9+other")
    results = run(Toy(calls), out=out, seeds=1)
    assert set(n_calls(calls).values()) == {2}
    assert results.version == "9.9"
    assert results.n_resumed == 0


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_failed_cell_stops_no_other_and_runs_again(calls, out, n_jobs):
    executor = LocalExecutor(n_jobs)
    broken = Toy(calls, broken=("low-noisy-1",))
    results = run(broken, out=out, executor=executor)
    assert results.failures == [
        (
            "toy-1.1, low, noisy, seed 1",
            "ArithmeticError: no luck with low-noisy-1",
        )
    ]
    assert values(results) == [5.0, 7.0, 5.0, 10.0, 11.0, 12.0, 10.0]
    with Store(results.store) as store:
        traces = [item.outcome.trace for item in store.load() if item.outcome.error]
    assert len(traces) == 1
    assert "raise ArithmeticError" in traces[0]
    mended = run(Toy(calls), out=out, executor=executor)
    assert (mended.failures, mended.n_computed) == ([], 1)
    assert n_calls(calls).pop("low-noisy-1") == 2


def test_cell_that_kills_its_process_is_a_failure(calls, out):
    deadly = Toy(calls, deadly=("low-noisy-1",))
    results = run(deadly, out=out, executor=LocalExecutor(2))
    ((what, error),) = results.failures
    assert what == "toy-1.1, low, noisy, seed 1"
    assert error.startswith("the process that ran it died")
    assert len(values(results)) == N_CELLS - 1


def test_skipped_cell_is_a_note(calls, out):
    results = run(Toy(calls, skipped=("low-plain-None",)), out=out)
    assert results.failures == []
    assert results.notes == ["toy-1.1, low, plain: skipped: nothing for low-plain-None"]
    assert run(Toy(calls), out=out).n_computed == 1


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ([], "ValueError: run(toy-1.1, low, noisy, seed 0) should give at least one"),
        (None, "TypeError: 'NoneType' object is not iterable"),
        (
            Outcome((Row("d", "m", "x", 1.0),), {"a": np.array([None])}),
            "ValueError: arrays['a'] should be plain",
        ),
        (
            Outcome((Row("d", "m", "x", 1.0),), {"file": np.zeros(1)}),
            "ValueError: arrays['file'] should be plain, and not named 'file'",
        ),
    ],
)
def test_wrong_outcome_is_a_failure_of_the_cell(calls, out, given, error):
    toy = Toy(calls)
    toy.run = lambda cell: given
    results = run(toy, out=out, seeds=1)
    assert len(results.failures) == 4
    assert results.failures[0][1].startswith(error)


@pytest.mark.parametrize("hook", ["derived", "summary"])
def test_failing_hook_keeps_the_rows(calls, out, hook):
    toy = Toy(calls)
    setattr(toy, hook, lambda rows: 1 / 0)
    results = run(toy, out=out, seeds=1)
    what = {"derived": "derived rows", "summary": "headlines"}[hook]
    assert results.failures == [(what, "ZeroDivisionError: division by zero")]
    assert len(values(results)) == 4


def test_claims_are_judged(calls, out):
    three = run(Toy(calls), out=out)
    assert [item.verdict for item in three.claims] == [
        "reported: 3 of 10 seeds",
        "beaten",
        "not run",
    ]
    assert run(Toy(calls), out=out, seeds=10).claims[0].verdict == "beaten"


def test_interrupt_keeps_what_is_finished(calls, out):
    with pytest.raises(KeyboardInterrupt):
        run(Toy(calls, interrupted=("low-plain-None",)), out=out)
    assert len(n_calls(calls)) == 4
    results = run(Toy(calls), out=out)
    assert (results.n_resumed, results.n_computed) == (3, 5)


def test_progress_counts_from_what_was_found(calls, out):
    run(Toy(calls), out=out, seeds=1)
    seen = []
    run(Toy(calls), out=out, seeds=2, progress=lambda *args: seen.append(args))
    assert [(n, total) for n, total, _ in seen] == [(4, 6), (5, 6), (6, 6)]
    assert seen[0][2] is None
    assert [cell.seed for _, _, cell in seen[1:]] == [1, 1]


def test_figures_get_rows_and_arrays(calls, out):
    results = run(Toy(calls), out=out, seeds=1)
    (path,) = results.figures
    assert path == out / "figures" / "toy-1.1" / "values.svg"
    assert "np.float64(5.0), np.float64(10.0)" in path.read_text()


def test_figures_are_drawn_on_resume_too(calls, out):
    run(Toy(calls), out=out, figures=False)
    assert not (out / "figures" / "toy-1.1").exists()
    assert run(Toy(calls), out=out).figures[0].is_file()


@pytest.mark.parametrize(
    "error",
    [
        ModuleNotFoundError("No module named 'matplotlib'", name="matplotlib.pyplot"),
        ImportError('plots need matplotlib: pip install "rfcore[report]"'),
    ],
)
def test_missing_matplotlib_is_a_note(calls, out, error):
    toy = Toy(calls)
    toy.figures = raiser(error)
    results = run(toy, out=out, seeds=1)
    assert results.failures == []
    assert results.notes == [
        'figures need matplotlib: pip install "rfcore[report]", then run again'
    ]
    assert not (out / "figures" / "toy-1.1").exists()


@pytest.mark.parametrize("error", [ImportError("of something"), ValueError("flat")])
def test_failing_figures_are_a_failure(calls, out, error):
    toy = Toy(calls)
    toy.figures = raiser(error)
    results = run(toy, out=out, seeds=1)
    assert results.failures == [("figures", f"{type(error).__name__}: {error}")]
    assert len(values(results)) == 4


def raiser(error):
    def raise_it(*_):
        raise error

    return raise_it


def test_missing_data_is_found_before_anything_is_made(calls, out):
    toy = Toy(calls)
    toy.needs = None
    toy.require = raiser(LookupError("no data set low"))
    with pytest.raises(LookupError, match="no data set low"):
        run(toy, out=out)
    assert not out.exists()
    assert n_calls(calls) == {}


@pytest.mark.parametrize(
    ("needs", "names"), [(None, ["low", "high"]), (("a", "b"), ["a", "b"]), ((), None)]
)
def test_data_are_required_once_for_the_cells_that_are_left(calls, out, needs, names):
    asked = []
    toy = Toy(calls)
    toy.needs = needs
    toy.require = asked.append
    run(toy, out=out)
    run(toy, out=out)
    assert asked == ([] if names is None else [names])


def test_out_that_is_a_file(calls, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        run(Toy(calls), out=tmp_path / "file")
    assert n_calls(calls) == {}


def start(calls, out, *options, n_quick=5):
    """Start a run of the toy as a command line of its own."""
    folder = str(Path(toy_experiment.__file__).parent)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([folder, *sys.path])}
    toy = [sys.executable, "-m", "toy_experiment", str(calls), str(n_quick)]
    return subprocess.Popen(
        [*toy, "run", "toy-1.1", "--seeds", "6", "--out", str(out), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        preexec_fn=hear_interrupts,
    )


def hear_interrupts():
    """Undo that a job in the background of a shell is deaf to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_for_calls(process, calls, number):
    while len(n_calls(calls)) < number:
        assert process.poll() is None, process.communicate()
        time.sleep(0.005)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_killed_run_resumes_where_it_stopped(calls, out, jobs):
    process = start(calls, out, "--jobs", jobs)
    wait_for_calls(process, calls, 6)
    process.kill()
    process.communicate()
    with Store(out / "rfcore.sqlite") as store:
        kept = {item.cell for item in store.load()}
    before = sum(n_calls(calls).values())
    assert 0 < len(kept) < 14
    resumed = start(calls, out, "--jobs", jobs, n_quick=999)
    output, errors = resumed.communicate()
    assert (resumed.returncode, errors) == (0, "")
    assert f"{14 - len(kept)} computed now, {len(kept)} found" in " ".join(
        output.split()
    )
    counts = n_calls(calls)
    assert all(
        counts[f"{cell.dataset}-{cell.method}-{cell.seed}"] == 1 for cell in kept
    )
    assert len(counts) == 14
    assert sum(counts.values()) == before + 14 - len(kept)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_interrupted_run_says_how_to_resume(calls, out, jobs):
    process = start(calls, out, "--jobs", jobs, "--no-figures")
    wait_for_calls(process, calls, 6)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate()
    assert process.returncode == 130
    assert output == ""
    kept, command = errors.strip().splitlines()
    n_kept = int(kept.removeprefix("interrupted; cells kept: toy-1.1 ").split()[0])
    assert 4 <= n_kept < 14
    assert command == (
        "resume with: rfcore run toy-1.1 --scale small --seeds 6"
        f" --jobs {jobs} --out {out} --no-figures"
    )
    with Store(out / "rfcore.sqlite") as store:
        assert len(store.load()) == n_kept
    workers = {int(path.name.rpartition(".")[2]) for path in calls.iterdir()}
    for worker in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(worker, 0)


@pytest.mark.parametrize("where", ["count", "commit"])
def test_interrupt_anywhere_ends_the_workers(calls, out, monkeypatch, where):
    workers = []

    def interrupt(*_):
        workers.extend(int(path.name.rpartition(".")[2]) for path in calls.iterdir())
        if workers:
            raise KeyboardInterrupt

    progress = interrupt if where == "count" else None
    if where == "commit":
        monkeypatch.setattr(Store, "save", interrupt)
    executor = LocalExecutor(2)
    with pytest.raises(KeyboardInterrupt) as caught:
        run(Toy(calls), out=out, executor=executor, progress=progress)
    # The traceback is alive, and with it every frame of the run.
    assert caught.tb is not None
    for worker in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(worker, 0)
