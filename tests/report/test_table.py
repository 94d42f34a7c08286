"""Tests of the table in the terminal: all numbers, any width, color where due."""

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from rfcore.experiments import Claim, Experiment, Results, Row, judge
from rfcore.report import print_results
from rfcore.report.table import verdict_style


class Wide(Experiment):
    id = "table-9.9"
    title = "every column, long words"
    datasets = ("digits_1_4", "mnist")
    methods = ("rbf", "differential_evolution")
    protocols = ("thesis", "held-out")
    claims = (
        Claim("digits_1_4", "rbf", "balance[after]", 0.12341, low=0.9, above_null=True),
        Claim("mnist", "rbf", "balance[after]", 0.01, above_null=True),
        Claim("mnist", "absent", "balance[after]", 0.0123),
    )


def wide():
    rows = [
        Row(
            dataset,
            method,
            "balance[after]",
            0.20123 + place / 100 + seed / 1000,
            unit="share [0, 1]",
            seed=seed,
            seconds=1.2345,
            protocol=protocol,
            n_queries=400,
            null=[0.05123, 0.25012],
        )
        for place, (dataset, method, protocol) in enumerate(
            (dataset, method, protocol)
            for dataset in Wide.datasets
            for method in Wide.methods
            for protocol in Wide.protocols
        )
        for seed in range(10)
    ]
    machines = [{"cpu": "abacus", "cores": 2}]
    figures = [Path("o/figures/table-9.9/a.png"), Path("o/figures/table-9.9/a.svg")]
    return Results(
        Wide(),
        "1.0",
        "paper",
        rows,
        judge(Wide.claims, rows),
        [("a cell", "ValueError: no")],
        machines,
        Path("o"),
        80,
        n_computed=80,
        seconds=3.14159,
        summary=["12x faster than a snail [sic]"],
        figures=figures,
    )


def printed(results, width, *, terminal=False):
    file = io.StringIO()
    system = "standard" if terminal else "auto"
    console = Console(
        file=file, width=width, force_terminal=terminal, color_system=system
    )
    print_results(results, console)
    return file.getvalue()


@pytest.mark.parametrize("width", [80, 100, 120, 200])
def test_what_matters_is_there_at_any_width(width):
    text = printed(wide(), width)
    assert max(map(len, text.splitlines())) <= width
    assert "\u2026" not in text
    for column in (
        "method",
        "thesis",
        "rfcore",
        "interval",
        "seeds",
        "null",
        "verdict",
    ):
        assert text.count(column) >= 2
    words = set(text.replace(",", " ").split())
    for word in ("0.2057", "[0.2012", "0.2102]", "[0.05123", "0.2501]"):
        assert word in words
    assert {"10", "0.1234", "restart", "noise", "held-out"} <= words


@pytest.mark.parametrize("width", [60, 80, 100, 120, 160])
def test_names_of_methods_are_never_broken(width):
    lines = printed(wide(), width).splitlines()
    assert sum("differential_evolution" in line for line in lines) >= 4


@pytest.mark.parametrize(("width", "lost"), [(80, True), (100, True), (200, False)])
def test_seconds_and_queries_go_first_and_a_note_says_so(width, lost):
    text = printed(wide(), width)
    assert ("no room for seconds, queries: widen" in text) == lost
    assert ({"1.234", "400"} <= set(text.split())) != lost


@pytest.mark.parametrize("width", [80, 120])
def test_columns_stand_below_each_other(width):
    lines = printed(wide(), width).splitlines()
    heads = [line for line in lines if line.startswith("method")]
    assert len(heads) == 2
    assert heads[0] == heads[1]


def test_protocols_move_into_the_methods_where_room_is_short():
    assert "protocol" not in printed(wide(), 80)
    assert "protocol" in printed(wide(), 120)


def test_columns_without_content_are_left_out():
    rows = [Row("mnist", "rbf", "x", 1.0)]
    results = Results(Wide(), "1.0", "paper", rows, [], [], [], Path("o"), 1)
    (head,) = [
        line for line in printed(results, 80).splitlines() if line.startswith("method")
    ]
    assert head.split() == ["method", "rfcore"]


def test_names_in_brackets_are_no_markup():
    text = printed(wide(), 200)
    assert "mnist: balance[after] (share [0, 1])" in text
    assert "12x faster than a snail [sic]" in text


def test_frame_says_what_and_where():
    text = printed(wide(), 200)
    assert text.startswith("table-9.9  every column, long words\n")
    assert "rfcore 1.0, scale paper, abacus, 2 cores" in text
    assert "failed: a cell: ValueError: no" in text
    assert "store    o/rfcore.sqlite (80 cells: 80 computed now, 0 found there)" in text
    assert "figures  o/figures/table-9.9: a.png, a.svg" in text
    assert "3.14 s" in text


def test_no_color_without_a_terminal():
    assert "\x1b" not in printed(wide(), 120)


def test_verdicts_have_colors_on_a_terminal():
    text = printed(wide(), 200, terminal=True)
    assert re.search("\x1b\\[31m *missed: within restart noise", text)


@pytest.mark.parametrize(
    ("verdict", "style"),
    [
        ("met", "green"),
        ("beaten, bar 26", "bold green"),
        ("missed by 3", "red"),
        ("missed: within restart noise", "red"),
        ("misprint", "yellow"),
        ("not run", "dim"),
        ("reported: 3 of 10 seeds", "dim"),
    ],
)
def test_style_of_a_verdict(verdict, style):
    assert verdict_style(verdict) == style
