"""The command line: list, run, report, datasets.

Exit status: 0 done, 1 something failed (each failure is named on the standard error
stream), 2 wrong use, 130 interrupted (every finished cell is kept).
"""

import shlex
import sys
from contextlib import contextmanager
from pathlib import Path

import click

# Everything else is imported where it is used: --help must not wait for it.

_SCALES = ("smoke", "small", "paper")
_MAX_SHOWN = 20


def _n_cores():
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


class _WrongUse(click.ClickException):
    exit_code = 2


@click.group()
@click.version_option(package_name="rfcore", message="rfcore %(version)s")
def main():
    """Measure and repair the robustness and the fairness of machine learning.

    Exit status: 0 done, 1 failed, 2 wrong use, 130 interrupted.
    """


@main.command("list")
def list_command():
    """List the experiments, the data they need, and whether these are at hand."""
    from rich.table import Table
    from rich.text import Text

    from rfcore import datasets, experiments

    known = {info.name: info for info in datasets.list_datasets()}
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("id", "title", "data"):
        table.add_column(name, no_wrap=name == "id", overflow="fold")
    for experiment in experiments.all_experiments():
        names = experiment.datasets if experiment.needs is None else experiment.needs
        data = Text()
        for name in names:
            present = name not in known or known[name].present()
            word, style = ("", "green") if present else (" (missing)", "red")
            data.append(", " if data else "").append(name + word, style)
        table.add_row(Text(experiment.id), Text(experiment.title), data)
    console = _console()
    console.print(table)
    if any(not info.present() for info in known.values()):
        console.print("fetch what is missing with: rfcore datasets fetch NAME")


@main.command("run")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@click.option(
    "--scale",
    type=click.Choice(_SCALES),
    default="small",
    show_default=True,
    help="How much of the data, the seeds and the budgets.",
)
@click.option("--seeds", type=int, help="Number of seeds instead of the scale's own.")
@click.option(
    "--jobs",
    type=int,
    default=_n_cores,
    show_default="all cores",
    help="Cells at once, in processes.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("rfcore-out"),
    show_default=True,
    help="Folder of the store and the figures.",
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path),
    help="Also write the results here; an array if there are several IDs.",
)
@click.option("--no-figures", is_flag=True, help="Draw no figures.")
@click.pass_context
def run_command(context, ids, scale, seeds, jobs, out, json_file, no_figures):
    """Run the experiments ID..., or all of them with the word "all".

    Finished cells are kept in a store in the --out folder; the same command computes
    only what is left.
    """
    from rfcore import experiments

    chosen = _chosen(ids)
    for name, number in (("--seeds", seeds), ("--jobs", jobs)):
        if number is not None and number < 1:
            raise _WrongUse(f"{name}={number} should be >= 1")
    _check_outputs(out, json_file)
    options = {"scale": scale, "seeds": seeds, "out": out}
    executor = experiments.LocalExecutor(jobs)
    finished, failures = [], []
    try:
        for place, experiment in enumerate(chosen, 1):
            results = _run_one(
                experiment,
                failures,
                executor=executor,
                figures=not no_figures,
                **options,
            )
            finished += [] if results is None else [results]
            # Before the last table, so that a closed pipe cannot prevent it.
            if json_file is not None and finished and place == len(chosen):
                _write_json(json_file, finished, many=len(chosen) > 1)
            if results is not None:
                _print_all([results])
    except KeyboardInterrupt:
        _say_what_is_kept(chosen, options)
        click.echo(f"resume with: {_command_line(context)}", err=True)
        sys.exit(130)
    _exit_with(failures)


@main.command("report")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def report_command(folder):
    """Show what the store in DIR holds; write report.md and rows.csv there."""
    from rfcore.experiments import read_results
    from rfcore.experiments.store import STORE_NAME
    from rfcore.report import write_report

    if not (folder / STORE_NAME).is_file():
        raise _WrongUse(
            f"DIR={str(folder)!r} should hold {STORE_NAME}, the store of a run"
        )
    with _one_line():
        results = read_results(folder)
        paths = write_report(folder, results)
    _print_all(results)
    for path in paths:
        click.echo(f"wrote {path}")


@main.group("datasets")
def datasets_group():
    """List and fetch the data sets."""


@datasets_group.command("list")
def datasets_list_command():
    """List the data sets: shape, license, whether at hand."""
    from rich.table import Table
    from rich.text import Text

    from rfcore import datasets

    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("name", "rows", "columns", "at hand", "license", "source"):
        right = name in ("rows", "columns")
        table.add_column(name, justify="right" if right else "left", overflow="fold")
    for info in datasets.list_datasets():
        at_hand = Text("yes", "green") if info.present() else Text("no", "red")
        shape = (str(info.n_rows), str(info.n_columns))
        table.add_row(info.name, *shape, at_hand, Text(info.license), Text(info.source))
    console = _console()
    console.print(table)
    with _one_line():
        console.print(f"folder: {datasets.data_home()}", highlight=False)


@datasets_group.command("fetch")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
def datasets_fetch_command(names):
    """Fetch the data sets NAME... from their official sources."""
    from rfcore import datasets
    from rfcore.errors import RfcoreError

    known = [info.name for info in datasets.list_datasets()]
    for name in names:
        if name not in known:
            raise _WrongUse(f"NAME={name!r} should be one of: {', '.join(known)}")
    failures = []
    for name in names:
        try:
            paths = datasets.fetch(name)
        except (RfcoreError, OSError, ImportError) as error:
            failures.append((name, str(error)))
            continue
        click.echo(f"{name}: {', '.join(map(str, paths)) or 'nothing to fetch'}")
    _exit_with(failures)


def _chosen(ids):
    """Give the experiments with these ids, each once."""
    from rfcore import experiments

    if "all" in ids:
        return experiments.all_experiments()
    try:
        return [experiments.get(name) for name in dict.fromkeys(ids)]
    except experiments.UnknownExperimentError as error:
        raise _WrongUse(f"{error}; see `rfcore list`") from error


def _check_outputs(out, json_file):
    """Refuse what cannot be written before anything is computed."""
    from rfcore.report import check_file, check_folder

    checks = [("--out", out, check_folder)]
    if json_file is not None:
        checks.append(("--json", json_file, check_file))
    for name, path, check in checks:
        try:
            check(path)
        except OSError as error:
            reason = error.strerror or str(error)
            raise _WrongUse(
                f"{name}={str(path)!r} cannot be written: {reason}"
            ) from error


def _run_one(experiment, failures, **options):
    """Run one experiment; add its failures; None if it could not start."""
    from rfcore import experiments
    from rfcore.errors import RfcoreError
    from rfcore.report import progress_bar

    try:
        with progress_bar(experiment.id) as progress:
            results = experiments.run(experiment, progress=progress, **options)
    except (RfcoreError, OSError, ImportError) as error:
        failures.append((experiment.id, str(error)))
        return None
    failures += [
        (what if what.startswith(experiment.id) else f"{experiment.id}, {what}", error)
        for what, error in results.failures
    ]
    return results


def _print_all(results):
    from rfcore.report import print_results

    console = _console()
    for item in results:
        print_results(item, console)
        console.print()


def _write_json(path, results, *, many):
    from rfcore.report import write_json

    with _one_line():
        write_json(path, results if many else results[0])


def _say_what_is_kept(chosen, options):
    from rfcore.experiments.runner import count_finished

    kept = []
    for experiment in chosen:
        n_done, n_cells = count_finished(experiment, **options)
        if n_done:
            kept.append(f"{experiment.id} {n_done} of {n_cells}")
    click.echo(f"interrupted; cells kept: {', '.join(kept) or 'none'}", err=True)


def _command_line(context):
    """Give the command that was called, with every option written out."""
    words = ["rfcore", "run", *context.params["ids"]]
    for option in context.command.params:
        value = context.params[option.name]
        if value is True:
            words.append(option.opts[0])
        elif isinstance(option, click.Option) and value not in (None, False):
            words += [option.opts[0], str(value)]
    return shlex.join(words)


def _exit_with(failures):
    """End with status 1 and the failures named, if there are any."""
    for what, error in failures[:_MAX_SHOWN]:
        click.echo(f"Error: {what}: {error}", err=True)
    if len(failures) > _MAX_SHOWN:
        click.echo(f"Error: and {len(failures) - _MAX_SHOWN} more", err=True)
    if failures:
        sys.exit(1)


@contextmanager
def _one_line():
    """Turn the errors that a user can cause into one line and status 1."""
    from rfcore.errors import RfcoreError

    try:
        yield
    except (RfcoreError, OSError) as error:
        raise click.ClickException(str(error)) from error


def _console():
    from rich.console import Console

    return Console(file=sys.stdout)
