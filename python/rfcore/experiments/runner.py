"""The runner: which cells are missing, who computes them, and what comes of it."""

import time
import traceback
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

from rfcore._style import style
from rfcore.experiments import registry
from rfcore.experiments.execute import LocalExecutor
from rfcore.experiments.provenance import fingerprint, machine_facts
from rfcore.experiments.record import CellSkipped, Outcome
from rfcore.experiments.results import collect, figure_folder
from rfcore.experiments.store import STORE_NAME, Store


def run(
    experiment,
    *,
    scale="small",
    seeds=None,
    out="rfcore-out",
    executor=None,
    progress=None,
    figures=True,
):
    """Run an experiment, or what is left of it.

    Cells that the store in `out` holds for the same code are not computed again; each
    other cell is committed as it finishes, so a killed run loses only what was in
    flight. A cell that fails is recorded, does not stop the others, and is tried
    again by the next run.

    Parameters
    ----------
    experiment : str or Experiment
        An id of the registry, or an experiment of your own.
    scale : {"smoke", "small", "paper"}, default="small"
        How much of the data, the seeds and the budgets.
    seeds : int, sequence of int or None, default=None
        A number n of seeds means 0 to n - 1; None means the scale's own.
    out : path-like, default="rfcore-out"
        The folder of the store and the figures; made if missing.
    executor : object or None, default=None
        What runs the cells: ``map_unordered(function, cells)`` is a generator as in
        `LocalExecutor`, which with one job is the default.
    progress : callable or None, default=None
        Called as ``progress(n_done, n_cells, cell)``, first with ``cell=None`` and
        the number of cells found in the store.
    figures : bool, default=True
        Whether figures are drawn, into ``out/figures/<id>``. Where matplotlib is
        missing the results say so in their notes.

    Returns
    -------
    results : Results
        With a verdict on every claim.

    Raises
    ------
    UnknownExperimentError
        If the id is unknown.
    ValueError
        If the scale is unknown or there is no seed.
    Exception
        Of the experiment's `require`, such as `rfcore.datasets.MissingDataError` where
        a data set is neither there nor can be fetched; nothing is written then.
    StoreError, OSError
        If `out` cannot be written.
    KeyboardInterrupt
        On Ctrl-C; every finished cell is kept.
    """
    if isinstance(experiment, str):
        experiment = registry.get(experiment)
    cells = registry.plan(experiment, scale, seeds)
    code = fingerprint(experiment)
    out = Path(out)
    done = _done(out, cells, code)
    todo = [cell for cell in cells if cell not in done]
    _require_data(experiment, todo)
    out.mkdir(parents=True, exist_ok=True)
    with Store(out / STORE_NAME) as store:
        report = progress or (lambda n_done, n_cells, cell: None)
        report(len(done), len(cells), None)
        steps = _compute(store, experiment, code, todo, executor or LocalExecutor())
        with closing(steps):
            for n_done, cell in enumerate(steps, len(done) + 1):
                report(n_done, len(cells), cell)
        planned = set(cells)
        stored = [
            item
            for item in store.load(experiment.id)
            if item.fingerprint == code and item.cell in planned
        ]
        results = collect(experiment, stored, scale=scale, out=out, n_cells=len(cells))
        results.n_resumed, results.n_computed = len(done), len(todo)
        if figures:
            _draw(results, store, code, cells)
    return results


def _compute(store, experiment, code, cells, executor):
    """Compute cells and commit each; yield it when it is safe."""
    facts = machine_facts(getattr(executor, "n_jobs", 1))
    function = partial(attempt, experiment)
    with closing(executor.map_unordered(function, cells)) as outcomes:
        for cell, outcome in outcomes:
            store.save(cell, code, _as_failure(outcome), facts)
            yield cell


def count_finished(experiment, *, scale="small", seeds=None, out="rfcore-out"):
    """Count the cells of a run that the store holds.

    Parameters
    ----------
    experiment : Experiment
    scale, seeds, out
        As in `run`.

    Returns
    -------
    n_done, n_cells : int
        Finished cells, and all of them.
    """
    cells = registry.plan(experiment, scale, seeds)
    return len(_done(Path(out), cells, fingerprint(experiment))), len(cells)


def attempt(experiment, cell):
    """Compute a cell, in whichever process.

    Returns
    -------
    outcome : Outcome
        Its rows and arrays with the wall time, or the error that ended it.
    """
    start = time.perf_counter()
    try:
        outcome = _checked(experiment.run(cell), cell)
    except CellSkipped as error:
        outcome = Outcome(error=" ".join(str(error).split()), skipped=True)
    except Exception as error:
        outcome = Outcome(error=_one_line(error), trace=traceback.format_exc())
    return replace(outcome, seconds=time.perf_counter() - start)


def _checked(given, cell):
    """Make an outcome of what an experiment gave for a cell."""
    outcome = given if isinstance(given, Outcome) else Outcome(tuple(given))
    if not outcome.rows:
        raise ValueError(f"run({cell}) should give at least one row")
    for name, array in outcome.arrays.items():
        if name == "file" or array.dtype.hasobject:
            raise ValueError(f"arrays[{name!r}] should be plain, and not named 'file'")
    rows = [
        replace(
            row,
            seed=cell.seed if row.seed is None else row.seed,
            protocol=cell.protocol if row.protocol is None else row.protocol,
        )
        for row in outcome.rows
    ]
    return replace(outcome, rows=tuple(rows))


def _as_failure(outcome):
    """Turn the exception of a dead worker into an outcome; leave others alone."""
    if isinstance(outcome, Outcome):
        return outcome
    return Outcome(error=f"the process that ran it died ({type(outcome).__name__})")


def _done(out, cells, code):
    path = out / STORE_NAME
    if not path.exists():
        return set()
    with Store(path) as store:
        return store.done(cells, code)


def _require_data(experiment, cells):
    names = experiment.needs
    if names is None:
        names = dict.fromkeys(cell.dataset for cell in cells)
    if cells and names:
        experiment.require(list(names))


def _draw(results, store, code, cells):
    experiment = results.experiment
    arrays = {cell: store.arrays(cell, code) for cell in cells}
    arrays = {cell: found for cell, found in arrays.items() if found}
    folder = figure_folder(results.out, experiment.id)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with style():
            drawn = experiment.figures(results.rows, folder, arrays)
        results.figures = [Path(path) for path in drawn]
    except Exception as error:
        if _lacks_matplotlib(error):
            results.notes.append(
                'figures need matplotlib: pip install "rfcore[report]", then run again'
            )
        else:
            results.failures.append(("figures", _one_line(error)))
    finally:
        if not any(folder.iterdir()):
            folder.rmdir()


def _lacks_matplotlib(error):
    if not isinstance(error, ImportError):
        return False
    module = (error.name or "").partition(".")[0]
    return module == "matplotlib" or "rfcore[report]" in str(error)


def _one_line(error):
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
