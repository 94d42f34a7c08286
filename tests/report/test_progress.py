"""Tests of the progress bar: silent without a terminal, counting on one."""

import io

import pytest

from rfcore.experiments import Cell
from rfcore.report import progress_bar

CELL = Cell("table-9.1", "d[1]", "m", 0, None, "small")


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def steps(monkeypatch):
    def take(stream):
        monkeypatch.setattr("sys.stderr", stream)
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", "100")
        with progress_bar("a [title]") as progress:
            progress(3, 7, None)
            progress(4, 7, CELL)
        return stream.getvalue()

    return take


def test_nothing_is_written_without_a_terminal(steps):
    assert steps(io.StringIO()) == ""


def test_bar_counts_cells(steps):
    text = steps(Terminal())
    assert "a [title]" in text
    assert "4/7" in text
    assert "d[1], m" in text
