"""The results of a run: rows, judged claims and failures, read back from the store."""

import math
from dataclasses import dataclass, field
from pathlib import Path

from rfcore.experiments import registry
from rfcore.experiments.claims import judge
from rfcore.experiments.provenance import fingerprint, version_of
from rfcore.experiments.registry import Experiment, UnknownExperimentError
from rfcore.experiments.store import STORE_NAME, Store


@dataclass
class Results:
    """Everything that is known of one experiment at one scale.

    Attributes
    ----------
    experiment : Experiment
        What was run.
    version : str
        Of the rfcore that computed the rows.
    scale : str
        The scale of every cell.
    rows : list of Row
        Of the finished cells, in the order of the experiment's axes, then the
        derived ones.
    claims : list of Judgment
        Every claim with its verdict.
    failures : list of (str, str)
        What failed (a cell, the figures, ...) and the error in one line.
    machines : list of dict
        The facts of every machine that computed a cell.
    out : Path
        The folder of the store and the figures.
    n_cells, n_resumed, n_computed : int
        Cells planned, found in the store, and computed now with or without success.
    seconds : float
        Wall time of the cells, added up.
    summary : list of str
        The experiment's headlines.
    notes : list of str
        What else a reader must know.
    figures : list of Path
        Files drawn.
    """

    experiment: Experiment
    version: str
    scale: str
    rows: list
    claims: list
    failures: list
    machines: list
    out: Path
    n_cells: int
    n_resumed: int = 0
    n_computed: int = 0
    seconds: float = 0.0
    summary: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    figures: list = field(default_factory=list)

    @property
    def store(self):
        """The file of the store."""
        return self.out / STORE_NAME

    def to_dict(self):
        """Give the results as what JSON can hold; a number that is not finite is None.

        Returns
        -------
        document : dict
            With ``experiment`` (its id), ``version``, ``scale``, ``rows``, ``claims``
            and, beyond these, ``title``, ``failures``, ``machines``, ``summary``,
            ``notes``, ``figures``, ``n_cells``, ``n_resumed``, ``n_computed`` and
            ``seconds``.
        """
        return _finite(
            {
                "experiment": self.experiment.id,
                "version": self.version,
                "scale": self.scale,
                "rows": [row.to_dict() for row in self.rows],
                "claims": [judgment.to_dict() for judgment in self.claims],
                "title": self.experiment.title,
                "failures": [
                    {"what": what, "error": error} for what, error in self.failures
                ],
                "machines": self.machines,
                "summary": self.summary,
                "notes": self.notes,
                "figures": [str(path) for path in self.figures],
                "n_cells": self.n_cells,
                "n_resumed": self.n_resumed,
                "n_computed": self.n_computed,
                "seconds": self.seconds,
            }
        )


def collect(experiment, stored, *, scale, out, n_cells):
    """Make results from stored cells of one scale and one fingerprint.

    Parameters
    ----------
    experiment : Experiment
        Whose they are; it derives rows, claims and headlines.
    stored : list of StoredCell
        At least one.
    scale : str
        Their scale.
    out : Path
        The folder of the store.
    n_cells : int
        Cells that were planned.

    Returns
    -------
    results : Results
        Without figures; `n_resumed` and `n_computed` are for the caller to set.
    """
    stored = _in_order(experiment, stored)
    results = Results(
        experiment=experiment,
        version=version_of(stored[0].fingerprint),
        scale=scale,
        rows=[row for item in stored for row in item.outcome.rows],
        claims=[],
        failures=[
            (str(item.cell), item.outcome.error)
            for item in stored
            if item.outcome.error and not item.outcome.skipped
        ],
        machines=_distinct(item.facts for item in stored),
        out=Path(out),
        n_cells=n_cells,
        seconds=sum(item.outcome.seconds or 0.0 for item in stored),
        notes=[
            f"{item.cell}: skipped: {item.outcome.error}"
            for item in stored
            if item.outcome.skipped
        ],
    )
    results.rows += _guarded(results, "derived rows", experiment.derived)
    results.summary = _guarded(results, "headlines", experiment.summary)
    results.claims = judge(experiment.claims, results.rows)
    return results


def read_results(out):
    """Read the results of every experiment and scale in a store.

    Where several versions of the code left cells, those of the latest count.

    Parameters
    ----------
    out : path-like
        The folder of a run.

    Returns
    -------
    results : list of Results
        In the order of the registry, then those of experiments that are not in it,
        without claims. Figures are the files found.

    Raises
    ------
    StoreError
        If the folder holds no store.
    """
    out = Path(out)
    with Store(out / STORE_NAME, create=False) as store:
        stored = store.load()
    groups = {}
    for item in stored:
        groups.setdefault((item.cell.experiment, item.cell.scale), []).append(item)
    order = [entry.id for entry in registry.all_experiments()]
    order += [experiment_id for experiment_id, _ in groups]
    names = sorted(groups, key=lambda name: order.index(name[0]))
    return [_read_group(out, *name, groups[name]) for name in names]


def figure_folder(out, experiment_id):
    """Give the folder of an experiment's figures."""
    return Path(out) / "figures" / experiment_id


def _read_group(out, experiment_id, scale, stored):
    newest = max(stored, key=lambda item: item.finished_at).fingerprint
    own = [item for item in stored if item.fingerprint == newest]
    experiment = _registered(experiment_id)
    results = collect(experiment, own, scale=scale, out=out, n_cells=len(own))
    results.n_resumed = len(own)
    folder = figure_folder(out, experiment_id)
    results.figures = sorted(path for path in folder.glob("*") if path.is_file())
    if experiment.title == "":
        results.notes.append("this rfcore does not know the experiment: no claims")
    elif newest != fingerprint(experiment):
        results.notes.append(f"computed by other code than is installed: {newest}")
    return results


def _registered(experiment_id):
    try:
        return registry.get(experiment_id)
    except UnknownExperimentError:
        unknown = Experiment()
        unknown.id = experiment_id
        return unknown


def _guarded(results, what, function):
    """Call with the rows; turn an exception into a failure, so that the rows stay."""
    try:
        return list(function(results.rows))
    except Exception as error:
        results.failures.append((what, f"{type(error).__name__}: {error}"))
        return []


def _in_order(experiment, stored):
    """Sort by the experiment's axes, what they do not name by first appearance."""
    cells = [item.cell for item in stored]
    datasets = [*experiment.datasets, *(cell.dataset for cell in cells)]
    methods = [*experiment.methods, *(cell.method for cell in cells)]
    protocols = [*experiment.protocols, *(cell.protocol for cell in cells)]

    def place(item):
        cell = item.cell
        return (
            datasets.index(cell.dataset),
            methods.index(cell.method),
            protocols.index(cell.protocol),
            -1 if cell.seed is None else cell.seed,
        )

    return sorted(stored, key=place)


def _distinct(items):
    found = []
    for item in items:
        if item not in found:
            found.append(item)
    return found


def _finite(value):
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
