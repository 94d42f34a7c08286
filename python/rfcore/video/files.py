"""Summaries in a folder: which files are read, and what they are called."""

import csv
import re
from pathlib import Path

import numpy as np

from rfcore.datasets.videos.conversion import import_h5py

_PICKLES = (".pkl", ".pickle", ".p", ".joblib", ".pt", ".pth")
_TRUTH = {"true": 1.0, "false": 0.0}
_READ = (".npy", ".npz", ".csv", ".h5", ".hdf5")


def read_summaries(folder):
    """Read the summaries below a folder.

    Parameters
    ----------
    folder : path-like

    Returns
    -------
    splits : list of dict of str to ndarray of shape (n,)
        By split and video. Files that say no split are of the first.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    ValueError
        If a file is a pickle or cannot be read, two files are of the same video and
        split, or nothing is found.
    ImportError
        If there is an h5 file and h5py is missing.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is no folder of summaries")
    found = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        for name, summary in _read(path):
            parts = (*path.relative_to(folder).parts[:-1], *name.split("/"))
            split, video = _place(parts)
            if (split, video) in found:
                raise ValueError(
                    f"{folder} has two summaries of {video} in split {split}"
                )
            found[split, video] = summary
    if not found:
        raise ValueError(f"{folder} has no {', '.join(_READ)} file of a summary")
    n_splits = 1 + max(split for split, _ in found)
    return [
        {video: summary for (s, video), summary in found.items() if s == split}
        for split in range(n_splits)
    ]


def _place(parts):
    """The split, 0 where none is said, and the video."""
    said = [re.fullmatch(r"split_?(\d+)", part) for part in parts[:-1]]
    numbers = [int(match[1]) for match in said if match]
    return (numbers[0] if numbers else 0), parts[-1]


def _read(path):
    """Names and arrays of one file; nothing for files of other kinds."""
    suffix = path.suffix.lower()
    if suffix in _PICKLES:
        raise ValueError(
            f"{path} is a pickle, which could run code when loaded: rfcore never loads "
            "one. Save the summary with numpy.save (.npy) or numpy.savez (.npz)"
        )
    if suffix not in _READ:
        return []
    try:
        return list(_arrays(path, suffix))
    except ImportError:
        raise
    except (OSError, ValueError, EOFError, csv.Error) as error:
        if "pickle" in str(error):
            raise ValueError(
                f"{path} holds a pickle (an object array), which rfcore never loads: "
                "save the summary as an array of 0 and 1 with numpy.save (.npy)"
            ) from error
        raise ValueError(f"{path} cannot be read: {error}") from error


def _arrays(path, suffix):
    if suffix == ".npy":
        yield path.stem, np.load(path, allow_pickle=False)
    elif suffix == ".npz":
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            yield from _named(path, {name: archive[name] for name in archive.files})
    elif suffix == ".csv":
        # Spreadsheets begin a file with a mark of its byte order.
        with open(path, encoding="utf-8-sig", newline="") as file:
            cells = [row[0].strip() for row in csv.reader(file) if row]
        header = bool(cells) and _number(cells[0]) is None
        yield path.stem, _numbers(cells[header:])
    else:
        arrays = {}
        with import_h5py("h5 files").File(path, "r") as file:
            file.visititems(
                lambda name, item: (
                    arrays.update({name: item[()]}) if hasattr(item, "shape") else None
                )
            )
        yield from _named(path, arrays)


def _number(cell):
    """What a cell says, as a number; None where it says none."""
    if cell.lower() in _TRUTH:
        return _TRUTH[cell.lower()]
    try:
        return float(cell)
    except ValueError:
        return None


def _numbers(cells):
    found = [_number(cell) for cell in cells]
    if None in found:
        raise ValueError(f"{cells[found.index(None)]!r} is no number")
    numbers = np.array(found, dtype=np.float64)
    whole = np.isfinite(numbers).all() and (numbers == np.floor(numbers)).all()
    return numbers.astype(np.int64) if whole else numbers


def _named(path, arrays):
    """One array has the name of its file, several have their own."""
    if len(arrays) == 1:
        (array,) = arrays.values()
        return [(path.stem, array)]
    return list(arrays.items())
