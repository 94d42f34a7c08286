"""Tests of the report of a folder: the page and the rows."""

import csv
import io
from pathlib import Path

import pytest

from rfcore.experiments import Claim, Experiment, Results, Row, judge
from rfcore.report import markdown, rows_csv, write_report


class Small(Experiment):
    id = "table-9.1"
    title = "a|b"
    description = "What it is about."
    datasets = ("d",)
    methods = ("m_1",)
    claims = (Claim("d", "m_1", "x[after]", 24),)
    table_metrics = ()


@pytest.fixture
def results(tmp_path):
    rows = [
        Row("d", "m_1", "x[after]", 30, unit="rows", null=[0.5, 1], note="a*b"),
        Row("d", "m_1", "y", float("nan"), null={"max": 3}),
    ]
    figures = [tmp_path / "figures" / "table-9.1" / f"fig.{e}" for e in ("svg", "png")]
    figures.append(figures[0].with_name("note.txt"))
    return Results(
        Small(),
        "1.0",
        "paper",
        rows,
        judge(Small.claims, rows),
        [("a cell", "ValueError: no\nsecond line")],
        [{"cpu": "abacus", "cores": 2}],
        Path(tmp_path),
        1,
        summary=["fast"],
        figures=figures,
    )


def test_page(results, tmp_path):
    page = markdown(tmp_path, [results])
    for part in (
        "# rfcore report\n",
        "## table-9.1: a\\|b\n",
        "rfcore 1.0, scale paper.\n",
        "What it is about.\n",
        "**fast**\n",
        "### d: `x[after]` (rows)\n\n"
        "| method | thesis | rfcore | null | verdict |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| m\\_1 | 24 | 30 | \\[0.5, 1\\] | beaten |\n",
        "### d: `y`\n",
        "- d, m\\_1: a\\*b\n",
        "- failed: a cell: ValueError: no second line\n",
        "![fig](figures/table-9.1/fig.png)\n",
        "fig: [svg](figures/table-9.1/fig.svg)\n",
        "- computed on: cpu abacus, cores 2\n",
    ):
        assert part in page
    assert "note.txt" not in page


def test_rows(results):
    first, second = csv.DictReader(io.StringIO(rows_csv([results])))
    assert first["experiment"] == "table-9.1"
    assert (first["scale"], first["value"], first["seed"]) == ("paper", "30.0", "")
    assert first["null"] == "0.5;1.0"
    assert (second["value"], second["null"]) == ("nan", "max=3.0")
    assert list(first)[2:] == list(results.rows[0].to_dict())


def test_files(results, tmp_path):
    page, table = write_report(tmp_path, [results, results])
    assert page == tmp_path / "report.md"
    assert page.read_text().count("## table-9.1") == 2
    assert len(table.read_text().splitlines()) == 5
