"""The progress bar of a run, on a terminal only."""

import sys
from contextlib import contextmanager


@contextmanager
def progress_bar(title):
    """Show a bar on the standard error stream while the block runs.

    Parameters
    ----------
    title : str
        Printed before the bar.

    Yields
    ------
    progress : callable
        For `rfcore.experiments.run`. It does nothing where the stream is no terminal.
    """
    if not sys.stderr.isatty():
        yield lambda n_done, n_cells, cell: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeElapsedColumn as Elapsed

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        Elapsed(),
        TextColumn("{task.fields[cell]}", markup=False, style="dim"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None, cell="")

        def progress(n_done, n_cells, cell):
            name = "" if cell is None else f"{cell.dataset}, {cell.method}"
            bar.update(task, completed=n_done, total=n_cells, cell=name)

        yield progress
