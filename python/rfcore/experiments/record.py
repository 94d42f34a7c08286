"""The records of an experiment: a cell of work, a row of numbers, a cell's outcome."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

from rfcore.errors import RfcoreError

SCALES = ("smoke", "small", "paper")


class CellSkipped(RfcoreError):
    """A cell cannot run here, for want of optional data say, and that is no failure.

    An experiment raises it in `run`. The reason is printed, claims about the cell are
    not run, and the next run tries again.
    """


@dataclass(frozen=True)
class Cell:
    """The unit of work, of resumption and of distribution.

    Attributes
    ----------
    experiment : str
        The experiment's id, ``"table-2.1"``.
    dataset, method : str
        What is done to what.
    seed : int or None
        None where nothing is drawn at random, so that one cell says all.
    protocol : str or None
        ``"thesis"`` or ``"held-out"``; None where the word has no meaning.
    scale : str
        ``"smoke"``, ``"small"`` or ``"paper"``.
    """

    experiment: str
    dataset: str
    method: str
    seed: int | None
    protocol: str | None
    scale: str

    def __str__(self):
        words = [self.experiment, self.dataset, self.method]
        if self.protocol is not None:
            words.append(self.protocol)
        if self.seed is not None:
            words.append(f"seed {self.seed}")
        return ", ".join(words)


@dataclass(frozen=True)
class Row:
    """One measured number and what is needed to judge it.

    NumPy scalars and arrays are turned into Python's own numbers and lists.

    Attributes
    ----------
    dataset, method, metric : str
        The metric is the function's name, with what it is over in brackets:
        ``"balance[after]"``.
    value : float
        Any float; NaN says that the measure has no value here.
    unit : str, default=""
        Printed beside the metric.
    seed, protocol : default=None
        None takes the cell's own.
    seconds : float or None, default=None
        Wall time of what the row is about, and of nothing else.
    n_queries : int or None, default=None
        Questions asked of the oracle.
    null : list of float, or dict of str to float, or None, default=None
        The same measure on unchanged data under other seeds: every value, or a
        summary that has ``"max"`` and, where a claim is `at_most`, ``"min"``.
    substitute : str or None, default=None
        What stood in for the data set or the model of the thesis, in words.
    degenerate : str, default=""
        Why the answer is no answer (an empty cluster, a constant classifier); such
        a row never counts as success.
    note : str, default=""
        Printed below the table.
    """

    dataset: str
    method: str
    metric: str
    value: float
    unit: str = ""
    seed: int | None = None
    seconds: float | None = None
    protocol: str | None = None
    n_queries: int | None = None
    null: list | dict | None = None
    substitute: str | None = None
    degenerate: str = ""
    note: str = ""

    def __post_init__(self):
        numbers = {
            "value": float(self.value),
            "seed": None if self.seed is None else int(self.seed),
            "seconds": None if self.seconds is None else float(self.seconds),
            "n_queries": None if self.n_queries is None else int(self.n_queries),
            "null": _plain_null(self.null),
        }
        for name, number in numbers.items():
            object.__setattr__(self, name, number)

    def null_range(self):
        """Give the smallest and the largest null value.

        Returns
        -------
        low, high : float or None
            None where the row has no such value. NaN values are left out.
        """
        if self.null is None:
            return None, None
        if isinstance(self.null, dict):
            return self.null.get("min"), self.null.get("max")
        values = [value for value in self.null if not math.isnan(value)]
        return (min(values), max(values)) if values else (None, None)

    def to_dict(self):
        """Give the fields by name, in order."""
        return {item.name: getattr(self, item.name) for item in fields(self)}


def marked(rows, substitutes):
    """Rows that say what stands in for the thesis's data.

    Parameters
    ----------
    rows : iterable of Row
    substitutes : dict of str to str
        What stands in for a data set, by its name.

    Returns
    -------
    list of Row
        Rows of other data sets are the same.
    """
    return [
        replace(row, substitute=substitutes[row.dataset])
        if row.dataset in substitutes
        else row
        for row in rows
    ]


def substitutes_of(rows):
    """What stands in for data sets, by name, as some rows say."""
    return {row.dataset: row.substitute for row in rows if row.substitute is not None}


def degenerate_rate(rate):
    """Why a classifier with this share of positive predictions is none, or ""."""
    return "all predictions are alike" if rate in (0.0, 1.0) else ""


def _plain_null(null):
    if null is None:
        return None
    if isinstance(null, Mapping):
        return {str(key): float(value) for key, value in null.items()}
    return [float(value) for value in null]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of a cell.

    An experiment gives the first two; the runner adds the rest.

    Attributes
    ----------
    rows : tuple of Row
        Empty if the cell failed.
    arrays : dict of str to ndarray
        What the figures need; kept in the store. No object arrays.
    seconds : float or None
        Wall time of the whole cell.
    error : str or None
        Class and message of the exception that ended the cell; None if it is done.
    trace : str or None
        Its traceback; None where the cell was skipped or its process died.
    skipped : bool
        Whether the exception was `CellSkipped`.
    """

    rows: tuple = ()
    arrays: dict = field(default_factory=dict)
    seconds: float | None = None
    error: str | None = None
    trace: str | None = None
    skipped: bool = False
