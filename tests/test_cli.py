"""Tests of the command line: what it prints, what it leaves, how it ends."""

import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner
from toy_experiment import Toy, n_calls

import rfcore
from rfcore import datasets
from rfcore.cli import main
from rfcore.datasets import DataError, MissingDataError
from rfcore.experiments import register, registry


@pytest.fixture(autouse=True)
def in_an_empty_folder(monkeypatch, tmp_path):
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def toy(monkeypatch, tmp_path):
    """The only experiment there is."""
    monkeypatch.setattr(registry, "ENTRY_POINTS", "nobody's")
    monkeypatch.setattr(registry, "_experiments", {})
    calls = tmp_path / "calls"
    calls.mkdir()
    return register(Toy(calls))


def rfcore_command(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def only_line(result, status):
    """The one line of a command that ended with this status."""
    assert result.exit_code == status
    (line,) = result.output.splitlines()
    assert "Traceback" not in line
    return line


def test_run_prints_a_table_and_leaves_a_store(toy, in_an_empty_folder):
    result = rfcore_command("run", "toy-1.1")
    assert result.exit_code == 0
    assert result.output.startswith("toy-1.1  a toy\n")
    assert "low: size[after] (rows)" in result.output
    assert "17 rows" in result.output
    assert "reported: 3 of 10" in result.output
    assert "\x1b" not in result.output
    out = in_an_empty_folder / "rfcore-out"
    assert (out / "rfcore.sqlite").is_file()
    assert (out / "figures" / "toy-1.1" / "values.svg").is_file()


def test_options_reach_the_run(toy, in_an_empty_folder):
    result = rfcore_command(
        *("run", "toy-1.1", "--scale", "smoke", "--seeds", "2", "--jobs", "2"),
        *("--out", "deep/out", "--json", "deep/out/r.json", "--no-figures"),
    )
    assert result.exit_code == 0
    document = json.loads((in_an_empty_folder / "deep/out/r.json").read_text())
    assert (document["scale"], document["n_cells"]) == ("smoke", 6)
    assert document["machines"][0]["n_jobs"] == 2
    assert document["figures"] == []


def test_json_has_the_words_that_are_fixed(toy, in_an_empty_folder):
    assert rfcore_command("run", "toy-1.1", "--json", "r.json").exit_code == 0
    document = json.loads((in_an_empty_folder / "r.json").read_text())
    assert (document["experiment"], document["version"], document["scale"]) == (
        "toy-1.1",
        rfcore.__version__,
        "small",
    )
    assert set(document["rows"][0]) >= {
        *("dataset", "method", "metric", "value", "unit", "seed", "seconds"),
        *("protocol", "n_queries", "null", "substitute"),
    }
    assert set(document["claims"][0]) >= {
        *("dataset", "method", "metric", "reported", "measured", "low", "high"),
        "verdict",
    }


def test_several_ids_give_an_array(toy, in_an_empty_folder):
    class Second(Toy):
        id = "toy-1.2"

    register(Second(toy.calls))
    result = rfcore_command("run", "toy-1.2", "toy-1.1", "toy-1.2", "--json", "r.json")
    assert result.exit_code == 0
    documents = json.loads((in_an_empty_folder / "r.json").read_text())
    assert [item["experiment"] for item in documents] == ["toy-1.2", "toy-1.1"]


def test_all_means_all(toy):
    class Second(Toy):
        id = "toy-1.2"

    register(Second(toy.calls))
    result = rfcore_command("run", "all", "--seeds", "1")
    assert "toy-1.1  a toy" in result.output
    assert "toy-1.2  a toy" in result.output


def test_failed_cell_ends_with_one_and_is_named(toy, in_an_empty_folder):
    toy.broken = ("low-noisy-1",)
    result = rfcore_command("run", "toy-1.1", "--json", "r.json")
    assert result.exit_code == 1
    assert result.output.splitlines()[-1] == (
        "Error: toy-1.1, low, noisy, seed 1: ArithmeticError: no luck with low-noisy-1"
    )
    document = json.loads((in_an_empty_folder / "r.json").read_text())
    assert len(document["failures"]) == 1


def test_failure_beside_the_cells_names_the_experiment(toy):
    toy.summary = lambda rows: 1 / 0
    result = rfcore_command("run", "toy-1.1")
    assert result.exit_code == 1
    assert result.output.splitlines()[-1] == (
        "Error: toy-1.1, headlines: ZeroDivisionError: division by zero"
    )


def test_many_failures_are_cut_short(toy):
    toy.broken = [f"{name}-noisy-{seed}" for name in toy.datasets for seed in range(15)]
    result = rfcore_command("run", "toy-1.1", "--seeds", "15")
    assert result.output.splitlines()[-1] == "Error: and 10 more"
    assert result.output.count("Error: toy-1.1") == 20


def test_interrupted_run_says_how_to_resume(toy, in_an_empty_folder):
    toy.interrupted = ("low-plain-None",)
    result = rfcore_command(
        *("run", "toy-1.1", "--seeds", "2", "--jobs", "1"),
        *("--json", "r s.json", "--no-figures"),
    )
    assert result.exit_code == 130
    assert result.output.splitlines() == [
        "interrupted; cells kept: toy-1.1 2 of 6",
        "resume with: rfcore run toy-1.1 --scale small --seeds 2 --jobs 1"
        " --out rfcore-out --json 'r s.json' --no-figures",
    ]
    assert not (in_an_empty_folder / "r s.json").exists()
    toy.interrupted = ()
    assert "4 computed now, 2 found" in rfcore_command(
        *("run", "toy-1.1", "--seeds", "2")
    ).output.replace("\n", " ")


def test_json_of_several_ids_is_whole_or_missing(toy, in_an_empty_folder):
    class Second(Toy):
        id = "toy-1.2"

    register(Second(toy.calls, interrupted=("low-plain-None",)))
    result = rfcore_command(
        *("run", "toy-1.1", "toy-1.2", "--jobs", "1", "--json", "r.json")
    )
    assert result.exit_code == 130
    assert "cells kept: toy-1.1 8 of 8, toy-1.2 3 of 8" in result.output
    assert not (in_an_empty_folder / "r.json").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["toy-1.2"], "experiment='toy-1.2' should be 'toy-1.1'; see `rfcore list`"),
        (["toy-1.1", "--seeds", "0"], "--seeds=0 should be >= 1"),
        (["toy-1.1", "--jobs", "-1"], "--jobs=-1 should be >= 1"),
        (["toy-1.1", "--out", "file"], "--out='file' cannot be written: "),
        (["toy-1.1", "--out", "file/a"], "--out='file/a' cannot be written: "),
        (["toy-1.1", "--json", "file/a"], "--json='file/a' cannot be written: "),
        (["toy-1.1", "--json", "."], "--json='.' cannot be written: '.' is a folder"),
    ],
)
def test_wrong_use_of_run(toy, in_an_empty_folder, arguments, message):
    (in_an_empty_folder / "file").write_text("x")
    line = only_line(rfcore_command("run", *arguments), 2)
    assert line.startswith(f"Error: {message}")
    assert n_calls(toy.calls) == {}
    assert [path.name for path in in_an_empty_folder.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run"], "Missing argument 'ID...'"),
        (
            ["run", "toy-1.1", "--scale", "huge"],
            "'huge' is not one of 'smoke', 'small'",
        ),
        (["run", "toy-1.1", "--seeds", "many"], "'many' is not a valid integer"),
        (["walk"], "No such command 'walk'"),
        (["datasets", "fetch"], "Missing argument 'NAME...'"),
    ],
)
def test_wrong_words(toy, arguments, message):
    result = rfcore_command(*arguments)
    assert result.exit_code == 2
    assert message in result.output


def test_missing_data_is_one_line_and_leaves_nothing(
    toy, in_an_empty_folder, monkeypatch
):
    def require(names):
        raise MissingDataError(f"`rfcore datasets fetch {names[0]}`")

    toy.needs, toy.require = None, require
    line = only_line(rfcore_command("run", "toy-1.1", "--json", "r.json"), 1)
    assert line == "Error: toy-1.1: `rfcore datasets fetch low`"
    assert list(in_an_empty_folder.iterdir()) == []


def test_store_that_is_none(toy, in_an_empty_folder):
    (in_an_empty_folder / "rfcore.sqlite").write_text("hello " * 300)
    line = only_line(rfcore_command("run", "toy-1.1", "--out", "."), 1)
    assert line == "Error: toy-1.1: store 'rfcore.sqlite': file is not a database"
    line = only_line(rfcore_command("report", "."), 1)
    assert line == "Error: store 'rfcore.sqlite': file is not a database"


def test_report_shows_all_and_writes_files(toy, in_an_empty_folder):
    rfcore_command("run", "toy-1.1")
    rfcore_command("run", "toy-1.1", "--scale", "smoke")
    result = rfcore_command("report", "rfcore-out")
    assert result.exit_code == 0
    assert "scale small" in result.output
    assert "scale smoke" in result.output
    page = (in_an_empty_folder / "rfcore-out" / "report.md").read_text()
    assert "](figures/toy-1.1/values.svg)" in page
    rows = (in_an_empty_folder / "rfcore-out" / "rows.csv").read_text().splitlines()
    assert len(rows) == 1 + 17 + 9
    assert len(n_calls(toy.calls)) == 8


def test_report_of_a_folder_without_a_store(in_an_empty_folder):
    line = only_line(rfcore_command("report", "nowhere"), 2)
    assert line.startswith("Error: DIR='nowhere' should hold rfcore.sqlite")
    assert list(in_an_empty_folder.iterdir()) == []


def test_list_says_what_data_are_missing(toy, monkeypatch):
    class Info:
        def __init__(self, name, here):
            self.name, self.present = name, lambda: here

    infos = [Info("low", True), Info("high", False)]
    monkeypatch.setattr(datasets, "list_datasets", lambda: infos)
    toy.needs = None
    result = rfcore_command("list")
    assert result.exit_code == 0
    row = result.output.splitlines()[1]
    assert row.split() == ["toy-1.1", "a", "toy", "low,", "high", "(missing)"]
    assert result.output.splitlines()[-1].endswith("rfcore datasets fetch NAME")


def test_datasets_list_says_where_and_what(monkeypatch, tmp_path):
    monkeypatch.setenv("RFCORE_DATA", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "300")
    result = rfcore_command("datasets", "list")
    assert result.exit_code == 0
    lines = {line.split()[0]: line.split() for line in result.output.splitlines()}
    assert lines["seeds"][1:4] == ["210", "7", "no"]
    assert lines["digits"][3] == "yes"
    assert lines["folder:"] == ["folder:", str(tmp_path)]


def test_datasets_fetch_goes_on_after_a_failure(monkeypatch):
    def fetch(name):
        if name == "mnist":
            raise DataError("no network")
        return {"seeds": ["a.npz", "b.npz"], "digits": []}[name]

    monkeypatch.setattr(datasets, "fetch", fetch)
    result = rfcore_command("datasets", "fetch", "mnist", "seeds", "digits")
    assert result.exit_code == 1
    assert sorted(result.output.splitlines()) == [
        "Error: mnist: no network",
        "digits: nothing to fetch",
        "seeds: a.npz, b.npz",
    ]


def test_datasets_fetch_without_pooch(monkeypatch):
    def fetch(name):
        raise ImportError('pooch is missing: pip install "rfcore[data]"')

    monkeypatch.setattr(datasets, "fetch", fetch)
    line = only_line(rfcore_command("datasets", "fetch", "seeds"), 1)
    assert line == 'Error: seeds: pooch is missing: pip install "rfcore[data]"'


def test_datasets_fetch_of_an_unknown_set(monkeypatch):
    monkeypatch.setattr(datasets, "fetch", lambda name: pytest.fail("was called"))
    line = only_line(rfcore_command("datasets", "fetch", "seeds", "weeds"), 2)
    assert line.startswith("Error: NAME='weeds' should be one of: ")


def test_version():
    line = only_line(rfcore_command("--version"), 0)
    assert line == f"rfcore {rfcore.__version__}"


def test_help_names_every_command():
    output = rfcore_command("--help").output
    for word in ("list", "run", "report", "datasets", "130"):
        assert word in output


def start(script, *arguments):
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def test_help_imports_nothing_heavy():
    script = (
        "import sys\n"
        "from rfcore.cli import main\n"
        "main(['--help'], standalone_mode=False)\n"
        "heavy = ('numpy', 'scipy', 'sklearn', 'joblib', 'rich', 'sqlite3')\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )
    done = start(script)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "[]"


def test_errors_of_a_real_process():
    done = start("from rfcore.cli import main; main()", "run", "table-0.0")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: experiment='table-0.0' should be ")
    assert len(done.stderr.splitlines()) == 1
