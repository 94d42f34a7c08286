"""Reading and writing the converted files (.npz, .csv, .csv.gz), and their digests."""

import csv
import gzip
import hashlib
import io
import os
import uuid
import zipfile
import zlib

import numpy as np

from rfcore.errors import RfcoreError

# Everything that the readers of zip, gzip, npy, csv and idx raise on damaged bytes;
# RuntimeError is the zip reader's word for a damaged method or encryption flag.
DAMAGE = (
    OSError,
    EOFError,
    ValueError,
    LookupError,
    RuntimeError,
    csv.Error,
    zipfile.BadZipFile,
    zlib.error,
)


class DataError(RfcoreError, OSError):
    """A download failed, or a file does not hold what was published."""


def content_digest(arrays):
    """Digest arrays, so that equal arrays have equal digests on every machine.

    Parameters
    ----------
    arrays : dict of str to ndarray
        The order of the names does not matter.

    Returns
    -------
    digest : str
        Hexadecimal SHA-256 over, for each name in sorted order, the line
        ``"name dtype shape"`` and the bytes in row-major, little-endian order.
    """
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.asarray(arrays[name])
        array = array.astype(array.dtype.newbyteorder("<"), order="C", copy=False)
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def read_arrays(path, names=None):
    """Read the named arrays of a converted file.

    Parameters
    ----------
    path : Path
        An ``.npz`` file, or a ``.csv`` or ``.csv.gz`` file whose first line names the
        columns; a column is int64 if it can be, else float64, else str.
    names : sequence of str or None, default=None
        The arrays or columns wanted; None takes all.

    Returns
    -------
    arrays : dict of str to ndarray

    Raises
    ------
    DataError
        If the file is damaged or lacks one of the names.
    """
    try:
        if path.suffix == ".npz":
            # Opened here, because numpy leaves a damaged archive open.
            with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
                return {name: archive[name] for name in names or archive.files}
        columns = _read_csv(path)
        return {name: columns[name] for name in names or columns}
    except DAMAGE as error:
        raise DataError(
            f"{path} cannot be read ({error}); delete it and fetch the set again"
        ) from error


def write_arrays(path, arrays):
    """Write a converted file under another name, then move it into place.

    Whoever looks at `path` sees the old file, no file, or the whole new one.

    Parameters
    ----------
    path : Path
        The file, ``.npz``, ``.csv`` or ``.csv.gz``; its folder is created.
    arrays : dict of str to ndarray
        For a table: the columns, one-dimensional and of one length.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        with open(part, "xb") as file:
            if path.suffix == ".npz":
                np.savez_compressed(file, **arrays)
            elif path.suffix == ".csv":
                _write_csv(file, arrays)
            else:
                # No time and no name in the header: same columns, same bytes.
                with gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
                    _write_csv(packed, arrays)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def typed(column):
    """Give a column of words as int64 if it can be, else float64, else str."""
    column = np.array(column)
    for dtype in (np.int64, np.float64):
        try:
            return column.astype(dtype)
        except (ValueError, OverflowError):
            continue
    return column


def _read_csv(path):
    opened = open if path.suffix == ".csv" else gzip.open
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file, strict=True)
    columns = zip(*rows, strict=True)
    return {name: typed(column) for name, column in zip(header, columns, strict=True)}


def _write_csv(file, columns):
    with io.TextIOWrapper(file, encoding="utf-8", newline="") as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*(c.tolist() for c in columns.values()), strict=True))
