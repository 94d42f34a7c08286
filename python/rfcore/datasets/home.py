"""Where the data sets lie, and the error for one that is not there."""

import os
import sys
from pathlib import Path

from rfcore.errors import RfcoreError


class MissingDataError(RfcoreError, FileNotFoundError):
    """A data set is not on this machine; the message says how to get it.

    It names the command that fetches the set, or where no program can fetch it, the
    source and the layout of the file.
    """


def data_home(path=None):
    """Give the folder that holds the data sets, without creating it.

    Parameters
    ----------
    path : str or path-like or None, default=None
        The folder. None takes the environment variable ``RFCORE_DATA``, and where
        that is unset or empty ``rfcore`` in the user's cache folder: on Linux
        ``$XDG_CACHE_HOME`` or ``~/.cache``, on macOS ``~/Library/Caches``, on
        Windows ``rfcore\\Cache`` below it in the local application data.

    Returns
    -------
    home : Path
        The folder, absolute, with a leading ``~`` expanded.

    Raises
    ------
    NotADirectoryError
        If the path names a file.
    """
    if path is None:
        path = os.environ.get("RFCORE_DATA") or _user_cache()
    home = Path(path).expanduser().absolute()
    if home.exists() and not home.is_dir():
        raise NotADirectoryError(f"data_home={str(home)!r} should be a folder")
    return home


def _user_cache():
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
        return Path(base) / "rfcore" / "rfcore" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "rfcore"
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "rfcore"
