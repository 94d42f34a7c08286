"""The package of docs/experiments.md, made as the page says, beside the thesis's."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "experiments.md"


def block(language):
    (text,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(), re.M | re.S)
    return text


@pytest.fixture
def command(tmp_path):
    """Runs rfcore where the package is installed."""
    (tmp_path / "coins").mkdir()
    (tmp_path / "coins" / "tables.py").write_text(block("python"))
    info = tmp_path / "coins-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: coins\nVersion: 1.0\n")
    group, entry = block("toml").splitlines()
    group = group.removeprefix('[project.entry-points."').removesuffix('"]')
    points = f"[{group}]\n{entry}\n".replace('"', "")
    (info / "entry_points.txt").write_text(points)

    def run(*arguments):
        environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
        return subprocess.run(
            [sys.executable, "-c", "from rfcore.cli import main; main()", *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


def test_the_example_has_thirty_lines_or_so():
    assert len(block("python").splitlines()) <= 35


def test_a_package_adds_a_table(command, tmp_path):
    listed = command("list")
    assert listed.returncode == 0, listed.stderr
    ids = [line.split()[0] for line in listed.stdout.splitlines() if line[:1].strip()]
    assert {"table-2.1", "coins-1"} <= set(ids)
    assert ids.index("table-2.1") < ids.index("coins-1")
    ran = command("run", "coins-1", "--seeds", "10", "--json", "o.json", "--jobs", "1")
    assert ran.returncode == 0, ran.stderr
    found = json.loads((tmp_path / "o.json").read_text())
    assert len(found["rows"]) == 40
    assert [claim["verdict"] for claim in found["claims"]] == ["beaten"]
    again = command("run", "coins-1", "--seeds", "10", "--jobs", "1")
    assert "40 found there" in again.stdout


def test_a_package_that_is_broken_is_named(command, tmp_path):
    (tmp_path / "coins" / "tables.py").write_text("import nowhere\n")
    listed = command("list")
    assert listed.returncode == 0
    assert "table-2.1" in listed.stdout and "coins-1" not in listed.stdout
    assert "'coins.tables' (coins) are left out: ModuleNotFoundError" in listed.stderr
