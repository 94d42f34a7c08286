"""The table of experiments: what one is, and how it is found by its id."""

import difflib
import warnings
from importlib import metadata
from itertools import product

from rfcore.errors import RfcoreError
from rfcore.experiments.record import SCALES, Cell

# A package names here the modules that register experiments as they are imported.
ENTRY_POINTS = "rfcore.experiments"

_experiments = {}
_loaded = set()


class UnknownExperimentError(RfcoreError, ValueError):
    """No experiment has this id; the message lists the nearest ones."""


class Experiment:
    """One table, figure or section of the thesis as a generator of rows.

    A subclass sets the attributes, on the class or in its constructor, and writes
    `run`; it may override every other method. It must be picklable, for cells may run
    in other processes.

    Attributes
    ----------
    id : str
        The thesis's own label: ``"table-2.1"``, ``"figure-4.8"``.
    title : str
        One line.
    description : str, default=""
        A few sentences for the report.
    datasets, methods : tuple of str
        The axes of the cells, in the order of the table.
    protocols : tuple of (str or None), default=(None,)
        The third axis.
    claims : tuple of Claim, default=()
        The printed numbers.
    needs : tuple of str or None, default=None
        Names that `require` is given before a cell runs. None means the data sets of
        the cells that will run.
    table_metrics : tuple of str or None, default=None
        The metrics that the table in the terminal shows beside the claimed ones;
        None means all. The files hold all of them in any case.
    """

    id = ""
    title = ""
    description = ""
    datasets = ()
    methods = ()
    protocols = (None,)
    claims = ()
    needs = None
    table_metrics = None

    def seeds(self, scale):
        """Give the seeds of a scale: 1, 3 or 10 of them, from 0 on."""
        return tuple(range({"smoke": 1, "small": 3, "paper": 10}[scale]))

    def cells(self, scale, seeds):
        """List the cells of a run.

        Override it where methods differ, say where one that draws nothing at random
        needs a single cell with ``seed=None``.

        Parameters
        ----------
        scale : str
            One of `SCALES`.
        seeds : tuple of int
            The seeds asked for, at least one.

        Returns
        -------
        cells : list of Cell
            Without repetition.
        """
        axes = product(self.datasets, self.methods, self.protocols, seeds)
        return [
            Cell(self.id, dataset, method, seed, protocol, scale)
            for dataset, method, protocol, seed in axes
        ]

    def require(self, names):
        """See to it that data are at hand, once, before a cell or a file is made.

        Parameters
        ----------
        names : list of str
            Those of `needs`. The default is content: data that a cell makes itself
            are there.

        Raises
        ------
        Exception
            Any: the run ends with it before anything is written.
        """

    def run(self, cell):
        """Compute one cell.

        Returns
        -------
        rows : list of Row, or Outcome
            At least one row; an `Outcome` where the figures need arrays too. A row
            without seed or protocol gets the cell's.
        """
        raise NotImplementedError(f"{type(self).__name__} should define run(cell)")

    def derived(self, rows):
        """Give further rows computed from all rows of a run, which may lack some."""
        return []

    def summary(self, rows):
        """Give headlines, one string each, printed above the table."""
        return []

    def figures(self, rows, out_dir, arrays):
        """Draw the figures.

        Parameters
        ----------
        rows : list of Row
            All rows of the run, which may lack some.
        out_dir : Path
            An existing folder of this experiment's own.
        arrays : dict of Cell to dict of str to ndarray
            What the cells gave in `Outcome.arrays`.

        Returns
        -------
        paths : list of Path
            The files written.

        Raises
        ------
        ImportError
            If matplotlib is missing; the run then goes on without figures.
        """
        return []


def register(experiment):
    """Enter an experiment in the table.

    Parameters
    ----------
    experiment : Experiment or subclass of it
        A class is instantiated without arguments, so that this decorates a class.

    Returns
    -------
    experiment : Experiment or subclass of it
        What was given.

    Raises
    ------
    ValueError
        If it has no id or title, or the id is taken.
    """
    entry = experiment() if isinstance(experiment, type) else experiment
    for name in ("id", "title"):
        if not getattr(entry, name):
            raise ValueError(f"{type(entry).__name__}.{name} should not be empty")
    if entry.id in _experiments:
        raise ValueError(f"experiment {entry.id!r} is registered already")
    _experiments[entry.id] = entry
    return experiment


def get(experiment_id):
    """Give the experiment with this id.

    Parameters
    ----------
    experiment_id : str
        The thesis's own label, ``"table-2.1"``.

    Returns
    -------
    experiment : Experiment

    Raises
    ------
    UnknownExperimentError
        If there is none.
    """
    _load_entry_points()
    if experiment_id not in _experiments:
        near = difflib.get_close_matches(str(experiment_id), _experiments, n=3)
        hint = " or ".join(map(repr, near)) or "one of: " + ", ".join(_experiments)
        raise UnknownExperimentError(f"experiment={experiment_id!r} should be {hint}")
    return _experiments[experiment_id]


def all_experiments():
    """List every experiment.

    Returns
    -------
    experiments : list of Experiment
        In the order in which they were registered: the thesis's, then those of other
        packages.
    """
    _load_entry_points()
    return list(_experiments.values())


def plan(experiment, scale="small", seeds=None):
    """List the cells of a run.

    Parameters
    ----------
    experiment : Experiment
        What to run.
    scale : str, default="small"
        One of `SCALES`.
    seeds : int, sequence of int or None, default=None
        A number n of seeds means 0 to n - 1; None means the scale's own.

    Returns
    -------
    cells : list of Cell
        In the experiment's order.

    Raises
    ------
    ValueError
        If the scale is unknown, the number of seeds is below 1, or the experiment
        lists a cell twice.
    """
    if scale not in SCALES:
        raise ValueError(f"scale={scale!r} should be one of: {', '.join(SCALES)}")
    if seeds is None:
        seeds = experiment.seeds(scale)
    elif isinstance(seeds, int):
        if seeds < 1:
            raise ValueError(f"seeds={seeds} should be >= 1")
        seeds = range(seeds)
    if len(seeds) < 1:
        raise ValueError(f"seeds={seeds!r} should not be empty")
    cells = list(experiment.cells(scale, tuple(seeds)))
    if len(set(cells)) < len(cells):
        raise ValueError(f"{experiment.id}.cells should not list a cell twice")
    return cells


def _load_entry_points():
    """Import what packages offer, rfcore first; one that is broken costs its own."""
    points = metadata.entry_points(group=ENTRY_POINTS)
    for point in sorted(points, key=lambda point: (point.dist.name != "rfcore", point)):
        if point in _loaded:
            continue
        _loaded.add(point)
        try:
            point.load()
        except Exception as error:
            warnings.warn(
                f"the experiments of {point.value!r} ({point.dist.name}) are left out: "
                f"{type(error).__name__}: {error}",
                stacklevel=3,
            )
