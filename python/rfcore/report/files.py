"""Files that are written whole or not at all, and the check that they can be."""

import json
import os
import tempfile
from pathlib import Path


def check_folder(path):
    """Check that files can be made in a folder, which need not exist yet.

    Parameters
    ----------
    path : path-like

    Raises
    ------
    OSError
        If not. Nothing is left behind in either case.
    """
    path = Path(path)
    made = []
    try:
        for folder in reversed([path, *path.parents]):
            if not folder.exists():
                folder.mkdir()
                made.append(folder)
        with tempfile.TemporaryFile(dir=path):
            pass
    finally:
        for folder in reversed(made):
            folder.rmdir()


def check_file(path):
    """Check that a file can be written; see `check_folder`.

    Parameters
    ----------
    path : path-like

    Raises
    ------
    OSError
        If not, or the path names a folder.
    """
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"{str(path)!r} is a folder")
    check_folder(path.parent)


def write_text(path, text):
    """Write a file through a temporary one beside it; make missing folders.

    Parameters
    ----------
    path : path-like
    text : str
        Written as UTF-8.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes files for the owner alone; a result is for every reader.
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def write_json(path, results):
    """Write results as JSON.

    Parameters
    ----------
    path : path-like
    results : Results or list of Results
        One gives an object, a list gives an array of objects; see `Results.to_dict`.
    """
    if isinstance(results, list):
        document = [item.to_dict() for item in results]
    else:
        document = results.to_dict()
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")
