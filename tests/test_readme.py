"""The README's Python blocks run on a table of the reader's own."""

import re
from pathlib import Path

import numpy as np
import pytest

README = Path(__file__).resolve().parents[1] / "README.md"
_BLOCK = re.compile(r"^## ([^\n]+)\n(?:(?!^## ).)*?^```python\n(.*?)^```", re.M | re.S)
BLOCKS = dict(_BLOCK.findall(README.read_text()))


def write(name, columns):
    table = np.column_stack(list(columns.values()))
    header = ",".join(columns)
    np.savetxt(name, table, delimiter=",", header=header, comments="")


@pytest.fixture
def own_tables(tmp_path, monkeypatch):
    """Writes mine.csv, with a class y where a block wants one, and frames.csv."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    group = rng.integers(0, 2, 80)
    X = rng.normal(size=(80, 2)) + 0.7 * group[:, None]
    y = (X[:, 0] + rng.normal(size=80) > 0.5).astype(int)
    seen = rng.integers(0, 2, (120, 2))
    write("frames.csv", {"score": rng.random(120), "ada": seen[:, 0], "bo": seen[:, 1]})

    def write_for(block):
        classes = {"y": y} if '"y"' in block else {}
        columns = {"age": X[:, 0], "hours": X[:, 1], **classes, "group": group}
        write("mine.csv", columns)

    return write_for


def test_every_python_block_is_found():
    assert len(BLOCKS) == README.read_text().count("```python") >= 5


@pytest.mark.parametrize("title", BLOCKS)
def test_blocks_run(title, own_tables, capsys):
    block = BLOCKS[title]
    if "pandas" in block:
        pytest.importorskip("pandas", reason="pandas is no part of rfcore")
    own_tables(block)
    own = {}
    exec(compile(block, f"README.md: {title}", "exec"), own)
    assert capsys.readouterr().out or Path("edit.csv").stat().st_size > 0
    if "antidote" in own:
        assert own["result"].cost_after < own["result"].cost_before
