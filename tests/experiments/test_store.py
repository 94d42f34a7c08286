"""Tests of the store: what goes in comes out, and many may write at once."""

import math
import os
import sqlite3
import subprocess
import sys

import numpy as np
import pytest

from rfcore.errors import RfcoreError
from rfcore.experiments import Cell, Outcome, Row, Store, StoreError

FACTS = {"cpu": "abacus", "cores": 2}
CELL = Cell("table-9.1", "d", "m", 0, None, "small")


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "s.sqlite") as opened:
        yield opened


def outcome(value=1.0):
    return Outcome((Row("d", "m", "x", value),), seconds=0.5)


def test_rows_come_back_as_they_went_in(store):
    rows = (
        Row(
            "d",
            "m",
            "x[after]",
            0.1,
            unit="rows",
            seed=3,
            seconds=1.25,
            protocol="thesis",
            n_queries=400,
            null=[0.0, 1.5],
            substitute="a stand-in",
            degenerate="empty",
            note="a note",
        ),
        Row("d", "m", "y", math.inf, null={"max": 3.0}),
    )
    store.save(CELL, "1+a", Outcome(rows, seconds=2.5), FACTS)
    (stored,) = store.load()
    assert stored.outcome.rows == rows
    assert (stored.cell, stored.fingerprint, stored.facts) == (CELL, "1+a", FACTS)
    assert (stored.outcome.seconds, stored.outcome.error) == (2.5, None)
    assert stored.finished_at.endswith("+00:00")


def test_nan_comes_back(store):
    store.save(CELL, "1+a", outcome(math.nan), FACTS)
    assert math.isnan(store.load()[0].outcome.rows[0].value)


def test_arrays_come_back(store):
    arrays = {"X": np.arange(6.0).reshape(2, 3), "t": np.int64(4)}
    store.save(CELL, "1+a", Outcome(outcome().rows, arrays), FACTS)
    found = store.arrays(CELL, "1+a")
    np.testing.assert_array_equal(found["X"], arrays["X"])
    assert found["t"] == 4
    assert store.arrays(CELL, "1+b") == {}


def test_every_part_of_the_key_tells_cells_apart(store):
    base = ["e", "d", "m", 0, "thesis", "small"]
    others = [[*base] for _ in base]
    for place, change in enumerate(["f", "g", "n", 1, None, "paper"]):
        others[place][place] = change
    cells = [Cell(*values) for values in [base, *others]]
    store.save(cells[0], "1+a", outcome(), FACTS)
    assert store.done(cells, "1+a") == {cells[0]}
    assert store.done(cells, "1+b") == set()
    for cell in cells[1:]:
        store.save(cell, "1+a", outcome(), FACTS)
    assert store.done(cells, "1+a") == set(cells)


def test_cells_without_seed_are_one_cell(store):
    cell = Cell("e", "d", "m", None, None, "small")
    store.save(cell, "1+a", outcome(), FACTS)
    store.save(cell, "1+a", outcome(), FACTS)
    assert len(store.load()) == 1


def test_failed_cell_is_not_done_and_gives_way(store):
    store.save(CELL, "1+a", Outcome(error="ValueError: no", trace="t"), FACTS)
    assert store.done([CELL], "1+a") == set()
    (stored,) = store.load()
    assert (stored.outcome.error, stored.outcome.trace) == ("ValueError: no", "t")
    store.save(CELL, "1+a", outcome(2.0), FACTS)
    (stored,) = store.load()
    assert stored.outcome.error is None
    assert stored.outcome.rows[0].value == 2.0


def test_skipped_is_kept(store):
    store.save(CELL, "1+a", Outcome(error="no data", skipped=True), FACTS)
    assert store.load()[0].outcome.skipped is True
    assert store.done([CELL], "1+a") == set()


@pytest.mark.parametrize("later", [Outcome(error="late"), outcome(2.0)])
def test_finished_cell_stays(store, later):
    store.save(CELL, "1+a", outcome(1.0), FACTS)
    store.save(CELL, "1+a", later, FACTS)
    (stored,) = store.load()
    assert [row.value for row in stored.outcome.rows] == [1.0]
    assert stored.outcome.error is None


def test_cell_and_rows_are_committed_together(store):
    good, bad = outcome().rows[0], Row(None, "m", "x", 1.0)
    with pytest.raises(StoreError, match="NOT NULL constraint failed"):
        store.save(CELL, "1+a", Outcome((good, bad)), FACTS)
    assert store.load() == []
    store.save(CELL, "1+a", outcome(), FACTS)
    assert len(store.load()) == 1


def test_load_of_one_experiment(store):
    other = Cell("table-9.2", "d", "m", 0, None, "small")
    store.save(CELL, "1+a", outcome(), FACTS)
    store.save(other, "1+a", outcome(), {**FACTS, "cores": 4})
    assert [item.cell for item in store.load("table-9.2")] == [other]
    assert store.load("table-9.2")[0].facts["cores"] == 4
    assert len(store.load()) == 2


def test_opened_again(tmp_path):
    path = tmp_path / "s.sqlite"
    with Store(path) as store:
        store.save(CELL, "1+a", outcome(), FACTS)
    with Store(path, create=False) as store:
        assert store.done([CELL], "1+a") == {CELL}


def test_journal_is_written_ahead(tmp_path):
    path = tmp_path / "s.sqlite"
    Store(path).close()
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    db.close()


def test_missing_store_is_not_made(tmp_path):
    with pytest.raises(StoreError, match=r"no store s\.sqlite in "):
        Store(tmp_path / "s.sqlite", create=False)
    assert list(tmp_path.iterdir()) == []


def test_folder_that_is_missing(tmp_path):
    with pytest.raises(StoreError, match="unable to open database file"):
        Store(tmp_path / "missing" / "s.sqlite")


def test_file_of_another_kind(tmp_path):
    path = tmp_path / "s.sqlite"
    path.write_bytes(b"no database at all, but long enough to be read as one" * 20)
    with pytest.raises(RfcoreError, match="file is not a database"):
        Store(path)


@pytest.mark.parametrize("statement", ["CREATE TABLE t (x)", "PRAGMA user_version=7"])
def test_database_of_another_kind(tmp_path, statement):
    path = tmp_path / "s.sqlite"
    db = sqlite3.connect(path)
    db.execute(statement)
    db.close()
    with pytest.raises(StoreError, match=r"has format [07], should be 1"):
        Store(path)


WRITER = """
import sys
from rfcore.experiments import Cell, Outcome, Row, Store

path, name = sys.argv[1:]
sys.stdin.readline()
with Store(path) as store:
    for seed in range(30):
        for method in ("shared", name):
            cell = Cell("e", "d", method, seed, None, "small")
            rows = tuple(Row("d", method, f"x{i}", seed) for i in range(5))
            store.save(cell, "1+a", Outcome(rows), {"cpu": name})
"""


def test_writers_at_once_leave_every_cell_whole(tmp_path):
    path = tmp_path / "s.sqlite"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, path, name],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for name in "abc"
    ]
    # All of them make the file: they wait for the line that lets them start.
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        _, errors = writer.communicate()
        assert (writer.returncode, errors) == (0, "")
    with Store(path) as store:
        stored = store.load()
        (check,) = store._db.execute("PRAGMA integrity_check").fetchone()
    assert check == "ok"
    assert len(stored) == 4 * 30
    for item in stored:
        assert [row.metric for row in item.outcome.rows] == [f"x{i}" for i in range(5)]
        assert {row.value for row in item.outcome.rows} == {item.cell.seed}
