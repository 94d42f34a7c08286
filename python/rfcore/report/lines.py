"""The lines of a table: the rows of one method and metric over all seeds, judged."""

import math
import statistics
from dataclasses import dataclass

from rfcore.experiments import Judgment


@dataclass(frozen=True)
class Line:
    """One method under one metric and protocol.

    Attributes
    ----------
    dataset, metric, method : str
        What was measured, and of what.
    protocol : str or None
        As in `Row`.
    unit : str
        Of the numbers.
    n_rows, n_seeds : int
        Rows, and different seeds among them; 0 if they have none.
    median, low, high : float or None
        Over the rows, all of them; None where nothing ran, the median NaN where a
        value is, the interval over the others.
    n_queries : float or None
        Median over the rows.
    null_low, null_high : float or None
        The extreme null values.
    seconds : float or None
        Median over the rows.
    degenerate : int
        Rows whose answer is degenerate.
    judgment : Judgment or None
        The claim about it, if there is one.
    """

    dataset: str
    metric: str
    method: str
    protocol: str | None
    unit: str
    n_rows: int
    n_seeds: int
    median: float | None
    low: float | None
    high: float | None
    n_queries: float | None
    null_low: float | None
    null_high: float | None
    seconds: float | None
    degenerate: int
    judgment: Judgment | None


def table_lines(results, *, every=False):
    """List the lines of an experiment's table.

    Parameters
    ----------
    results : Results
        What to show.
    every : bool, default=False
        Whether metrics that are neither claimed nor in `table_metrics` are shown.

    Returns
    -------
    groups : dict of (str, str) to list of Line
        By data set and metric, each in the order of the experiment. A second claim
        about the same rows is a line of its own.
    """
    rows, judgments = {}, {}
    for row in results.rows:
        key = (row.dataset, row.metric, row.method, row.protocol)
        rows.setdefault(key, []).append(row)
    for judgment in results.claims:
        claim = judgment.claim
        key = (claim.dataset, claim.metric, claim.method, judgment.protocol)
        judgments.setdefault(key, []).append(judgment)
    shown = None if every else results.experiment.table_metrics
    groups = {}
    for key in sorted({**rows, **judgments}, key=_order(results)):
        if shown is not None and key not in judgments and key[1] not in shown:
            continue
        for judgment in judgments.get(key, [None]):
            line = _line(key, rows.get(key, []), judgment)
            groups.setdefault(key[:2], []).append(line)
    return groups


def footnotes(results):
    """List what a reader must know beside the numbers, each once.

    Returns
    -------
    notes : list of str
        Proofs and reasons of verdicts, stand-ins, degenerate answers, remarks of rows,
        of claims and of the run.
    """
    notes = []
    for judgment in results.claims:
        claim = judgment.claim
        where = f"{claim.dataset}, {claim.method}, {claim.metric}"
        if judgment.why:
            notes.append(f"{where}: {judgment.verdict}: {judgment.why}")
        if claim.note:
            notes.append(f"{where}: {claim.note}")
    for row in results.rows:
        where = f"{row.dataset}, {row.method}"
        if row.substitute:
            notes.append(f"{where}: stand-in: {row.substitute}")
        if row.degenerate:
            notes.append(f"{where}: degenerate: {row.degenerate}")
        if row.note:
            notes.append(f"{where}: {row.note}")
    return list(dict.fromkeys([*notes, *results.notes]))


def texts(line):
    """Write a line as words.

    Parameters
    ----------
    line : Line

    Returns
    -------
    texts : dict of str to str
        By column: ``method``, ``protocol``, ``thesis`` (the printed number),
        ``rfcore`` (the median over seeds, and how many answers are degenerate),
        ``interval`` (over seeds), ``seeds``, ``queries``, ``null`` (its interval),
        ``seconds``, ``verdict`` (with the bar where it is not the printed number, and
        the measured number where it is no median). Empty where there is nothing.
    """
    degenerate = f" ({line.degenerate} degenerate)" if line.degenerate else ""
    single = line.n_rows < 2
    return {
        "method": line.method,
        "protocol": line.protocol or "",
        "thesis": number(line.judgment.claim.reported) if line.judgment else "",
        "rfcore": number(line.median) + degenerate,
        "interval": "" if single else interval(line.low, line.high),
        "seeds": str(line.n_seeds) if line.n_seeds else "",
        "queries": number(line.n_queries),
        "null": interval(line.null_low, line.null_high),
        "seconds": number(line.seconds),
        "verdict": _verdict(line.judgment) if line.judgment else "",
    }


def number(value):
    """Write a number with four significant digits, a whole or large one in full.

    Parameters
    ----------
    value : float or None
        None gives an empty string.
    """
    if value is None:
        return ""
    if math.isfinite(value) and (value == round(value) or abs(value) >= 1e4):
        return f"{value:.0f}" if abs(value) < 1e15 else f"{value:.3e}"
    return f"{value:.4g}"


def interval(low, high):
    """Write an interval; one number for equal ends, a question mark for None."""
    if low == high:
        return number(low)
    return f"[{number(low) or '?'}, {number(high) or '?'}]"


def _verdict(judgment):
    claim = judgment.claim
    bar = claim.high if claim.direction == "at_most" else claim.low
    words = [judgment.verdict]
    if bar is not None and bar != claim.reported and claim.direction != "equal":
        words.append(f"bar {number(bar)}")
    if claim.statistic != "median" and judgment.measured is not None:
        words.append(f"{claim.statistic} {number(judgment.measured)}")
    return ", ".join(words)


def _line(key, rows, judgment):
    dataset, metric, method, protocol = key
    values = [row.value for row in rows]
    numbers = [value for value in values if not math.isnan(value)]
    nulls = [row.null_range() for row in rows]
    median = statistics.median(values) if values else None
    return Line(
        dataset=dataset,
        metric=metric,
        method=method,
        protocol=protocol,
        unit=next((row.unit for row in rows if row.unit), ""),
        n_rows=len(rows),
        n_seeds=len({row.seed for row in rows} - {None}),
        median=median if len(numbers) == len(values) else math.nan,
        low=min(numbers, default=None),
        high=max(numbers, default=None),
        n_queries=_median(row.n_queries for row in rows),
        null_low=min((low for low, _ in nulls if low is not None), default=None),
        null_high=max((high for _, high in nulls if high is not None), default=None),
        seconds=_median(row.seconds for row in rows),
        degenerate=sum(bool(row.degenerate) for row in rows),
        judgment=judgment,
    )


def _order(results):
    """Sort by the experiment's axes, metrics and the rest by first appearance."""
    experiment = results.experiment
    about = [*results.rows, *(judgment.claim for judgment in results.claims)]
    ranks = [
        _ranks([*names, *found])
        for names, found in (
            (experiment.datasets, [item.dataset for item in about]),
            ((), [item.metric for item in about]),
            (experiment.methods, [item.method for item in about]),
            (experiment.protocols, [item.protocol for item in about]),
        )
    ]
    return lambda key: [
        rank.get(word, len(rank)) for rank, word in zip(ranks, key, strict=True)
    ]


def _ranks(words):
    return {word: rank for rank, word in enumerate(dict.fromkeys(words))}


def _median(values):
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None
