"""The table of data sets, and the three functions that go by it."""

import difflib

from rfcore.datasets import home as _home
from rfcore.datasets.antidote import ANTIDOTE
from rfcore.datasets.bank import BANK
from rfcore.datasets.census import CENSUS
from rfcore.datasets.download import fetch_product
from rfcore.datasets.fairness import FAIRNESS
from rfcore.datasets.files import DataError
from rfcore.datasets.images import IMAGES
from rfcore.datasets.influence import INFLUENCE
from rfcore.datasets.record import Dataset
from rfcore.datasets.tabular import TABULAR
from rfcore.datasets.texts import TEXT_SETS
from rfcore.datasets.videos.sets import VIDEOS

_SETS = (
    *IMAGES,
    *TABULAR,
    *ANTIDOTE,
    *FAIRNESS,
    *CENSUS,
    *BANK,
    *INFLUENCE,
    *TEXT_SETS,
    *VIDEOS,
)
_TABLE = {info.name: info for info in _SETS}


def list_datasets():
    """List every data set that rfcore knows.

    Returns
    -------
    infos : list of DatasetInfo
        In the order of the table; ``info.present()`` tells which are at hand.
    """
    return list(_TABLE.values())


def load(name, *, data_home=None, download=True, thesis_coding=False):
    """Load a data set.

    Parameters
    ----------
    name : str
        One of the names of `list_datasets`.
    data_home : str or path-like or None, default=None
        The folder that holds the sets; see `rfcore.datasets.data_home`.
    download : bool, default=True
        Whether a set that is not there is fetched.
    thesis_coding : bool, default=False
        Whether the groups are coded as in the thesis's experiments, where that is not
        what the source says: in `bank_additional` age is called sex, in `celeba` the
        sexes are swapped, in `jigsaw` a text whose identities nobody annotated counts
        as naming black people. See docs/datasets.md.

    Returns
    -------
    dataset : Dataset
        Its arrays are this call's own.

    Raises
    ------
    MissingDataError
        If the set is not there, and was not to be or could not be fetched; then
        chained from what went wrong.
    DataError
        If a file of the set is damaged.
    ValueError
        If the name is unknown, or `thesis_coding` is True for another set than those.

    Examples
    --------
    >>> from rfcore.datasets import load
    >>> load("digits_1_4").X.shape
    (363, 64)
    """
    info = _lookup(name)
    read = _reader(info, thesis_coding)
    home = _home.data_home(data_home)
    if not info.present(home):
        _bring(info, home, download)
    fields = read(home)
    dataset = Dataset(info.name, **fields, source=info.source, license=info.license)
    if dataset.X.shape != (info.n_rows, info.n_columns):
        raise DataError(
            f"{name} in {home} has shape {dataset.X.shape}, "
            f"should have {(info.n_rows, info.n_columns)}; fetch it again"
        )
    return dataset


def fetch(name, *, data_home=None):
    """Fetch a data set from its official source, with the released attack if any.

    A file that is there and has the published content is left alone, so a second
    call needs no network, and a call after an interrupted one goes on from it.

    Parameters
    ----------
    name : str
        One of the names of `list_datasets`.
    data_home : str or path-like or None, default=None
        The folder that holds the sets; see `rfcore.datasets.data_home`.

    Returns
    -------
    paths : list of Path
        The converted files; empty for a set that needs none.

    Raises
    ------
    DataError
        If a source cannot be reached, what came is not the published set, or the
        folder cannot be written. Where a set has several files the others are
        fetched all the same.
    MissingDataError
        If the set is not there and no program can fetch it.
    ImportError
        If a download is needed and pooch is missing.
    ValueError
        If the name is unknown.
    """
    info = _lookup(name)
    home = _home.data_home(data_home)
    if info.by_hand and not info.present(home):
        raise _home.MissingDataError(_missing(info, home))
    paths, errors = [], []
    for product in info.products:
        try:
            paths.append(fetch_product(product, home))
        except DataError as error:
            errors.append(error)
    if errors:
        raise DataError("; ".join(map(str, errors))) from errors[0]
    return paths


def _lookup(name):
    if not isinstance(name, str):
        raise TypeError(f"name={name!r} should be a string")
    if name not in _TABLE:
        near = difflib.get_close_matches(name, _TABLE, n=1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        raise ValueError(f"name={name!r}{hint} should be one of: {', '.join(_TABLE)}")
    return _TABLE[name]


def _reader(info, thesis_coding):
    if not thesis_coding:
        return info.read
    if info.read_thesis is None:
        names = ", ".join(n for n, other in _TABLE.items() if other.read_thesis)
        raise ValueError(
            f"name={info.name!r} has one coding only; with thesis_coding=True it "
            f"should be one of: {names}"
        )
    return info.read_thesis


def _bring(info, home, download):
    """Fetch a missing set; raise MissingDataError if it can still not be loaded."""
    if not download:
        raise _home.MissingDataError(_missing(info, home))
    try:
        fetch(info.name, data_home=home)
    except (DataError, ImportError) as error:
        # A set with several layouts can be loaded though one of its files failed.
        if not info.present(home):
            message = f"{_missing(info, home)} (tried: {error})"
            raise _home.MissingDataError(message) from error


def _missing(info, home):
    files = " or ".join(" and ".join(layout) for layout in info.layouts)
    how = f"rfcore cannot fetch it: {info.by_hand}"
    if info.command:
        how = f"fetch it with `{info.command}`"
    return (
        f"data set {info.name!r}: no {files} in {home}; {how}, "
        "or let RFCORE_DATA name the folder that has it"
    )
