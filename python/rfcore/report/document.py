"""The report of a folder: one Markdown page with all tables, and all rows as CSV."""

import csv
import io
from dataclasses import fields
from pathlib import Path

from rfcore.experiments import Row
from rfcore.report.files import write_text
from rfcore.report.lines import footnotes, table_lines, texts

_IMAGES = (".png", ".svg")


def write_report(out, results):
    """Write ``report.md`` and ``rows.csv``.

    Parameters
    ----------
    out : path-like
        The folder of the runs.
    results : list of Results
        Every experiment and scale to report.

    Returns
    -------
    paths : list of Path
        The two files.
    """
    out = Path(out)
    page, table = out / "report.md", out / "rows.csv"
    write_text(page, markdown(out, results))
    write_text(table, rows_csv(results))
    return [page, table]


def markdown(out, results):
    """Give the page: tables, notes, failures, figures, machines, by experiment.

    Parameters
    ----------
    out : path-like
        The folder that links to figures are relative to.
    results : list of Results

    Returns
    -------
    text : str
    """
    parts = ["# rfcore report\n"]
    for item in results:
        experiment = item.experiment
        parts.append(f"## {experiment.id}: {_escape(experiment.title)}\n")
        parts.append(f"rfcore {item.version}, scale {item.scale}.\n")
        if experiment.description:
            parts.append(f"{experiment.description}\n")
        parts += [f"**{_escape(headline)}**\n" for headline in item.summary]
        parts += _tables(item)
        parts.append(_bullets(footnotes(item)))
        parts.append(_bullets(f"failed: {what}: {e}" for what, e in item.failures))
        parts += [_figure(path, Path(out)) for path in _images(item.figures)]
        parts.append(_bullets(_machine(facts) for facts in item.machines))
    return "\n".join(part for part in parts if part)


def rows_csv(results):
    """Give every row as CSV, with the experiment and the scale before it.

    Parameters
    ----------
    results : list of Results

    Returns
    -------
    text : str
        With a header. A value that is missing is an empty field, NaN is ``nan``, and a
        null is written as its values apart by semicolons, or as ``name=value`` pairs.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    names = [field.name for field in fields(Row)]
    writer.writerow(["experiment", "scale", *names])
    for item in results:
        for row in item.rows:
            values = {**row.to_dict(), "null": _null(row.null)}
            writer.writerow(
                [item.experiment.id, item.scale, *(values[name] for name in names)]
            )
    return buffer.getvalue()


def _tables(results):
    for (dataset, metric), lines in table_lines(results, every=True).items():
        rows = [texts(line) for line in lines]
        names = [name for name in rows[0] if any(row[name] for row in rows)]
        unit = f" ({lines[0].unit})" if lines[0].unit else ""
        table = [
            f"### {_escape(dataset)}: `{metric}`{unit}\n",
            _table_row(names),
            _table_row(["---"] * len(names)),
            *(_table_row(_escape(row[name]) for name in names) for row in rows),
        ]
        yield "\n".join(table) + "\n"


def _table_row(words):
    return "| " + " | ".join(words) + " |"


def _escape(text):
    for mark in "\\|*_[]<`":
        text = text.replace(mark, "\\" + mark)
    return text


def _bullets(texts):
    return "".join(f"- {_escape(' '.join(text.split()))}\n" for text in texts)


def _images(paths):
    """Give one file per figure, PNG before SVG, with the other formats after it."""
    figures = {}
    for path in sorted(paths):
        if path.suffix in _IMAGES:
            figures.setdefault(path.with_suffix(""), []).append(path)
    return figures.values()


def _figure(paths, out):
    links = [path.relative_to(out).as_posix() for path in paths]
    others = ", ".join(f"[{Path(link).suffix[1:]}]({link})" for link in links[1:])
    name = paths[0].stem
    return f"![{name}]({links[0]})\n\n{name}{': ' + others if others else ''}\n"


def _machine(facts):
    return "computed on: " + ", ".join(f"{key} {facts[key]}" for key in facts)


def _null(null):
    if null is None:
        return None
    if isinstance(null, dict):
        return ";".join(f"{key}={value!r}" for key, value in null.items())
    return ";".join(map(repr, null))
