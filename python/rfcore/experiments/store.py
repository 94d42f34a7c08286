"""The store of finished cells: one SQLite file, one transaction a cell."""

import io
import json
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rfcore.errors import RfcoreError
from rfcore.experiments.record import Cell, Outcome, Row

STORE_NAME = "rfcore.sqlite"

_BUSY_SECONDS = 60.0
_FORMAT = 1
_TABLES = """
CREATE TABLE machines (id INTEGER PRIMARY KEY, facts TEXT NOT NULL UNIQUE);
CREATE TABLE cells (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    experiment TEXT NOT NULL, dataset TEXT NOT NULL, method TEXT NOT NULL,
    seed INTEGER, protocol TEXT, scale TEXT NOT NULL, fingerprint TEXT NOT NULL,
    done INTEGER NOT NULL, skipped INTEGER NOT NULL,
    seconds REAL, error TEXT, trace TEXT,
    arrays BLOB, finished_at TEXT NOT NULL,
    machine INTEGER NOT NULL REFERENCES machines (id)
);
CREATE TABLE rows (
    cell INTEGER NOT NULL REFERENCES cells (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    dataset TEXT NOT NULL, method TEXT NOT NULL, metric TEXT NOT NULL,
    value REAL, unit TEXT NOT NULL, seed INTEGER, seconds REAL, protocol TEXT,
    n_queries INTEGER, null_json TEXT, substitute TEXT,
    degenerate TEXT NOT NULL, note TEXT NOT NULL,
    PRIMARY KEY (cell, position)
) WITHOUT ROWID;
"""
_CELL_COLUMNS = "experiment, dataset, method, seed, protocol, scale"
_ROW_COLUMNS = (
    "dataset, method, metric, value, unit, seed, seconds, protocol, n_queries, "
    "null_json, substitute, degenerate, note"
)


class StoreError(RfcoreError, OSError):
    """The store cannot be opened, read or written."""


@dataclass(frozen=True)
class StoredCell:
    """A cell as it lies in the store.

    Attributes
    ----------
    cell : Cell
        Its key, together with the fingerprint.
    fingerprint : str
        Of the code that computed it.
    outcome : Outcome
        Without its arrays; see `Store.arrays`.
    facts : dict
        Of the machine that computed it.
    finished_at : str
        UTC, ISO 8601.
    """

    cell: Cell
    fingerprint: str
    outcome: Outcome
    facts: dict
    finished_at: str


class Store:
    """The finished and the failed cells of all runs into one folder.

    Several processes may write at once: each commit waits up to a minute for the
    others. Where two finish the same cell the first one stays.

    Parameters
    ----------
    path : path-like
        The file.
    create : bool, default=True
        Whether a file that is not there is made.

    Raises
    ------
    StoreError
        If the file is missing and not to be made, or is no store of this format. Every
        method raises it when SQLite fails.
    """

    def __init__(self, path, *, create=True):
        self.path = Path(path)
        if not create and not self.path.is_file():
            raise StoreError(f"no store {self.path.name} in {str(self.path.parent)!r}")
        with self._one_message():
            self._db = sqlite3.connect(
                self.path, timeout=_BUSY_SECONDS, isolation_level=None
            )
        try:
            with self._one_message():
                self._set_up()
        except BaseException:
            self._db.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Close the file."""
        self._db.close()

    def done(self, cells, fingerprint):
        """Give the set of those cells that are finished under this fingerprint."""
        with self._one_message():
            keys = self._db.execute("SELECT key FROM cells WHERE done").fetchall()
        found = {key for (key,) in keys}
        return {cell for cell in cells if _key(cell, fingerprint) in found}

    def save(self, cell, fingerprint, outcome, facts):
        """Commit what came of a cell, with its rows, as a whole.

        A failed cell gives way to any later outcome, a finished one to none.

        Parameters
        ----------
        cell : Cell
        fingerprint : str
        outcome : Outcome
        facts : dict
            Of the machine; numbers and strings.
        """
        with self._one_message(), self._transaction():
            machine = self._machine_id(facts)
            key = _key(cell, fingerprint)
            self._db.execute("DELETE FROM cells WHERE key = ? AND NOT done", (key,))
            values = [
                key,
                *_cell_values(cell),
                fingerprint,
                outcome.error is None,
                outcome.skipped,
                outcome.seconds,
                outcome.error,
                outcome.trace,
                _pack(outcome.arrays),
                datetime.now(UTC).isoformat(timespec="seconds"),
                machine,
            ]
            marks = ", ".join("?" * len(values))
            cursor = self._db.execute(
                f"INSERT INTO cells (key, {_CELL_COLUMNS}, fingerprint, done,"
                " skipped, seconds, error, trace, arrays, finished_at, machine)"
                f" VALUES ({marks}) ON CONFLICT (key) DO NOTHING",
                values,
            )
            if cursor.rowcount:
                self._insert_rows(cursor.lastrowid, outcome.rows)

    def load(self, experiment=None):
        """Read the cells of one experiment, or of all, in the order they came in.

        Returns
        -------
        stored : list of StoredCell
            Finished and failed ones, of every fingerprint.
        """
        with self._one_message():
            cells = self._db.execute(
                f"SELECT cells.id, {_CELL_COLUMNS}, fingerprint, skipped, seconds,"
                " error, trace, finished_at, facts FROM cells JOIN machines"
                " ON machines.id = cells.machine"
                " WHERE ? IS NULL OR experiment = ? ORDER BY cells.id",
                (experiment, experiment),
            ).fetchall()
            return [self._stored_cell(*values) for values in cells]

    def arrays(self, cell, fingerprint):
        """Read the arrays that a finished cell gave; an empty dict if none."""
        with self._one_message():
            found = self._db.execute(
                "SELECT arrays FROM cells WHERE key = ?", (_key(cell, fingerprint),)
            ).fetchone()
        return _unpack(found[0]) if found else {}

    def _set_up(self):
        """Make the tables in an empty file; refuse a file of another kind."""
        self._db.execute("PRAGMA foreign_keys = ON")
        with self._transaction():
            (found,) = self._db.execute("PRAGMA user_version").fetchone()
            (tables,) = self._db.execute(
                "SELECT count(*) FROM sqlite_master"
            ).fetchone()
            if found == 0 and tables == 0:
                for statement in _TABLES.split(";"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {_FORMAT}")
            elif found != _FORMAT:
                raise StoreError(
                    f"store {str(self.path)!r} has format {found}, should be {_FORMAT}"
                )
        self._db.execute("PRAGMA journal_mode = WAL")

    def _machine_id(self, facts):
        text = json.dumps(facts, sort_keys=True)
        self._db.execute(
            "INSERT INTO machines (facts) VALUES (?) ON CONFLICT (facts) DO NOTHING",
            (text,),
        )
        return self._db.execute(
            "SELECT id FROM machines WHERE facts = ?", (text,)
        ).fetchone()[0]

    def _insert_rows(self, cell_id, rows):
        marks = ", ".join("?" * (2 + len(_ROW_COLUMNS.split(","))))
        self._db.executemany(
            f"INSERT INTO rows (cell, position, {_ROW_COLUMNS}) VALUES ({marks})",
            [
                (cell_id, position, *_row_values(row))
                for position, row in enumerate(rows)
            ],
        )

    def _stored_cell(self, cell_id, *values):
        fingerprint, skipped, seconds, error, trace, finished_at, facts = values[6:]
        rows = self._db.execute(
            f"SELECT {_ROW_COLUMNS} FROM rows WHERE cell = ? ORDER BY position",
            (cell_id,),
        )
        outcome = Outcome(
            rows=tuple(_row(row) for row in rows),
            seconds=seconds,
            error=error,
            trace=trace,
            skipped=bool(skipped),
        )
        cell = Cell(*values[:6])
        return StoredCell(cell, fingerprint, outcome, json.loads(facts), finished_at)

    @contextmanager
    def _transaction(self):
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            # Some errors, a full disk say, have rolled back already.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextmanager
    def _one_message(self):
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(f"store {str(self.path)!r}: {error}") from error


def _cell_values(cell):
    return (
        cell.experiment,
        cell.dataset,
        cell.method,
        cell.seed,
        cell.protocol,
        cell.scale,
    )


def _key(cell, fingerprint):
    # One text, because SQLite takes two NULLs in a unique index for different.
    return json.dumps([*_cell_values(cell), fingerprint])


def _row_values(row):
    values = row.to_dict()
    null = values.pop("null")
    values["null_json"] = None if null is None else json.dumps(null)
    return [values[name] for name in _ROW_COLUMNS.split(", ")]


def _row(values):
    fields = dict(zip(_ROW_COLUMNS.split(", "), values, strict=True))
    null = fields.pop("null_json")
    # SQLite keeps NaN as NULL.
    if fields["value"] is None:
        fields["value"] = float("nan")
    return Row(**fields, null=None if null is None else json.loads(null))


def _pack(arrays):
    if not arrays:
        return None
    import numpy as np

    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def _unpack(blob):
    if blob is None:
        return {}
    import numpy as np

    with np.load(io.BytesIO(blob), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}
