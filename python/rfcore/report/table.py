"""The table of an experiment in the terminal."""

from rich.console import Group
from rich.table import Table
from rich.text import Text

from rfcore.report.lines import footnotes, number, table_lines, texts

_STYLES = {
    "met": "green",
    "beaten": "bold green",
    "missed": "red",
    "misprint": "yellow",
    "not run": "dim",
    "reported": "dim",
}
_COLUMNS = (
    "method",
    "protocol",
    "thesis",
    "rfcore",
    "interval",
    "seeds",
    "queries",
    "null",
    "seconds",
    "verdict",
)
_LEFT = ("method", "protocol", "verdict")
# What is left out first where there is no room; the files hold it in any case.
_LEAST_WANTED = ("seconds", "queries")
# Columns that may wrap; where that is not enough, the longest words are cut.
_WRAPPED = ("verdict", "null", "interval", "rfcore")
_LONGEST_WORD = 12


def print_results(results, console):
    """Print an experiment: headlines, one table per data set and metric, notes, files.

    Parameters
    ----------
    results : Results
        What to print.
    console : rich.console.Console
        Where; its width decides the layout, which stays readable from 80 columns on.
    """
    console.print(Group(*_header(results)), highlight=False)
    groups = table_lines(results)
    cells = {group: [texts(line) for line in lines] for group, lines in groups.items()}
    widths, left_out = _fit(
        [row for rows in cells.values() for row in rows], console.width
    )
    for (dataset, metric), lines in groups.items():
        unit = f" ({lines[0].unit})" if lines[0].unit else ""
        console.print()
        console.print(Text(f"{dataset}: {metric}{unit}", style="bold cyan"))
        console.print(_table(cells[dataset, metric], lines, widths))
    console.print()
    if left_out:
        note = f"no room for {', '.join(left_out)}: widen the terminal, or use --json"
        console.print(Text(note, style="dim"))
    console.print(Group(*_footer(results)), highlight=False)


def verdict_style(verdict):
    """Give the rich style of a verdict."""
    for word, style in _STYLES.items():
        if verdict.startswith(word):
            return style
    return ""


def _header(results):
    experiment = results.experiment
    yield Text(f"{experiment.id}  {experiment.title}".rstrip(), style="bold")
    machines = [f"{facts['cpu']}, {facts['cores']} cores" for facts in results.machines]
    about = [f"rfcore {results.version}", f"scale {results.scale}", *machines]
    yield Text(", ".join(about), style="dim")
    for headline in results.summary:
        yield Text(headline, style="green")


def _footer(results):
    for note in footnotes(results):
        yield Text(f"* {note}", style="dim")
    for what, error in results.failures:
        yield Text(f"failed: {what}: {error}", style="red")
    computed = f"{results.n_computed} computed now, {results.n_resumed} found there"
    yield Text(f"store    {results.store} ({results.n_cells} cells: {computed})")
    for folder, names in _by_folder(results.figures).items():
        yield Text(f"figures  {folder}: {', '.join(names)}")
    yield Text(f"time     {number(round(results.seconds, 2))} s in the cells")


def _by_folder(paths):
    folders = {}
    for path in paths:
        folders.setdefault(path.parent, []).append(path.name)
    return folders


def _table(rows, lines, widths):
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    for name, width in widths.items():
        justify = "left" if name in _LEFT else "right"
        table.add_column(name, width=width, justify=justify, overflow="fold")
    for row, line in zip(rows, lines, strict=True):
        style = verdict_style(line.judgment.verdict) if line.judgment else ""
        table.add_row(
            *(Text(row[name], style if name == "verdict" else "") for name in widths)
        )
    return table


def _fit(rows, console_width):
    """Give a width to each column that holds anything, the same in every table.

    Where there is no room for a column of protocols they move into the methods; then
    the columns of least interest are left out, until what may wrap need not.

    Returns
    -------
    widths : dict of str to int
    left_out : list of str
    """
    widths, words = _widths(rows)
    if "protocol" in widths and _total(words) > console_width:
        for row in rows:
            row["method"] = ", ".join(filter(None, [row["method"], row["protocol"]]))
            row["protocol"] = ""
        return _fit(rows, console_width)
    left_out = []
    for name in _LEAST_WANTED:
        if name in widths and _total(widths) > console_width:
            del widths[name], words[name]
            left_out.append(name)
    cut = {name: min(width, _LONGEST_WORD) for name, width in words.items()}
    for least in (words, cut):
        _shrink(widths, least, console_width)
    return widths, left_out


def _total(widths):
    return sum(widths.values()) + len(widths) - 1


def _shrink(widths, least, console_width):
    """Narrow the columns that have most to give, until all fit or none can."""
    wrapped = [name for name in _WRAPPED if name in widths]
    while wrapped and _total(widths) > console_width:
        widest = max(wrapped, key=lambda name: widths[name] - least[name])
        if widths[widest] <= least[widest]:
            return
        widths[widest] -= 1


def _widths(rows):
    """Give the width that each column would like, and that of its longest word."""
    widths, words = {}, {}
    for name in _COLUMNS:
        filled = [row[name] for row in rows if row[name]]
        if not filled:
            continue
        widths[name] = max(map(len, [*filled, name]))
        longest = max(len(word) for text in filled for word in text.split())
        words[name] = max(longest, len(name)) if name in _WRAPPED else widths[name]
    return widths, words
