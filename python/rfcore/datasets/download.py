"""Making a converted file from its official source: download, convert, verify."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rfcore.datasets.files import (
    DAMAGE,
    DataError,
    content_digest,
    read_arrays,
    write_arrays,
)

_RETRIES = 2


@dataclass(frozen=True)
class Remote:
    """A file of an official source.

    Attributes
    ----------
    filename : str
        Its name in the download folder.
    urls : tuple of str
        Where it can be had, tried in order.
    sha256 : str or None, default=None
        Its checksum; None where the source publishes none, so that only the digest
        of the converted arrays vouches for it.
    """

    filename: str
    urls: tuple[str, ...]
    sha256: str | None = None


def github_file(repository, commit, path, filename=None):
    """Describe a file of a GitHub repository, which publishes no checksums.

    Parameters
    ----------
    repository : str
        ``owner/name``.
    commit : str
        Where the file is known to be; the newest state is tried after it.
    path : str
        Below the root of the repository.
    filename : str or None, default=None
        The name in the download folder; None takes the one in the repository.

    Returns
    -------
    remote : Remote
    """
    raw = f"https://raw.githubusercontent.com/{repository}"
    urls = tuple(f"{raw}/{at}/{path}" for at in (commit, "HEAD"))
    return Remote(filename or path.rpartition("/")[2], urls)


def uci_archive(number, filename):
    """Describe an archive of the UCI repository, which publishes no checksums.

    Parameters
    ----------
    number : int
        The set's number there.
    filename : str

    Returns
    -------
    remote : Remote
    """
    url = f"https://archive.ics.uci.edu/static/public/{number}/{filename}"
    return Remote(filename, (url,))


@dataclass(frozen=True)
class Product:
    """A converted file under the data home, and how it is made.

    Attributes
    ----------
    path : str
        The file, relative to the data home.
    remotes : tuple of Remote
        What it is made from.
    convert : callable
        ``convert(*paths)``, one path per remote in their order, gives the arrays.
    arrays : tuple of str
        The names of the arrays.
    digest : str
        Their `content_digest`.
    """

    path: str
    remotes: tuple[Remote, ...]
    convert: Callable[..., dict[str, np.ndarray]]
    arrays: tuple[str, ...]
    digest: str


def fetch_product(product, home):
    """Make a converted file, unless a good one is there.

    Downloads go to ``.downloads`` under the data home and stay there when a later
    one fails or is interrupted, so that the next call goes on from them. They are
    removed when the file is made, and when what came is not the published set.

    Parameters
    ----------
    product : Product
    home : Path
        The data home.

    Returns
    -------
    path : Path
        The converted file.

    Raises
    ------
    DataError
        If a source cannot be reached, what came is not the published set, or the
        data home cannot be written.
    ImportError
        If a download is needed and pooch is missing.
    """
    path = home / product.path
    if _is_good(product, path):
        return path
    folder = home / ".downloads" / Path(product.path).name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"cannot write to data_home={str(home)!r}: {error}") from error
    try:
        paths = [download(remote, folder) for remote in product.remotes]
        _make(product, paths, path)
    finally:
        _remove_if_empty(folder)
    return path


def download(remote, folder):
    """Bring one file of a source into a folder, unless it is there.

    Every address is tried up to three times, and the next one after that. pooch
    checks the SHA-256 and moves a file into place only when it is complete.

    Parameters
    ----------
    remote : Remote
    folder : Path

    Returns
    -------
    path : Path

    Raises
    ------
    DataError
        If no address gave the file; chained from the last address's error.
    ImportError
        If pooch is missing.
    """
    pooch = _import_pooch()
    failed = []
    for url in remote.urls:
        try:
            return Path(_retrieve(pooch, url, remote, folder))
        except (OSError, ValueError) as error:
            last = error
            failed.append(f"{url}: {error}")
    raise DataError(
        f"could not download {remote.filename} from " + "; ".join(failed)
    ) from last


def _import_pooch():
    try:
        import pooch
    except ImportError as error:
        raise ImportError(
            'downloading a data set needs pooch: pip install "rfcore[data]"'
        ) from error
    return pooch


def _retrieve(pooch, url, remote, folder):
    store = pooch.create(
        path=folder,
        base_url="",
        registry={remote.filename: remote.sha256},
        urls={remote.filename: url},
        retry_if_failed=_RETRIES,
    )
    logger = pooch.get_logger()
    # A filter, because pooch's logger caches its level and would stay silent.
    logger.addFilter(_at_a_terminal)
    try:
        return store.fetch(remote.filename)
    finally:
        logger.removeFilter(_at_a_terminal)


def _at_a_terminal(record):
    """Let pooch report a download on stderr only where a person may read it."""
    return sys.stderr.isatty()


def _make(product, paths, path):
    """Convert the downloads, verify and write the arrays, remove the downloads."""
    try:
        arrays = _convert(product, paths)
    except DataError:
        _remove(paths)
        raise
    try:
        write_arrays(path, arrays)
    except OSError as error:
        raise DataError(f"cannot write {path}: {error}") from error
    _remove(paths)


def _convert(product, paths):
    try:
        arrays = product.convert(*paths)
        arrays = {name: arrays[name] for name in product.arrays}
    except DAMAGE as error:
        names = ", ".join(path.name for path in paths)
        raise DataError(f"{names}: damaged or not as published ({error})") from error
    digest = content_digest(arrays)
    if digest != product.digest:
        raise DataError(
            f"{product.path}: the downloads differ from the published set "
            f"(content digest {digest} should be {product.digest})"
        )
    return arrays


def _is_good(product, path):
    if not path.is_file():
        return False
    try:
        return content_digest(read_arrays(path, product.arrays)) == product.digest
    except DataError:
        return False


def _remove(paths):
    for path in paths:
        path.unlink(missing_ok=True)


def _remove_if_empty(folder):
    for path in (folder, folder.parent):
        try:
            path.rmdir()
        except OSError:
            # Downloads of an interrupted call, or of another one, wait there.
            return
