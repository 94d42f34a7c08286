"""A value for every row, as users hand it over: gaps, names of rows, attributes."""

import datetime
from collections.abc import Mapping

import numpy as np

# What NumPy and pandas write for a missing value that they turn into text.
_WRITTEN = ("nan", "NaT", "<NA>")

_DATES = (
    datetime.date,
    datetime.time,
    datetime.timedelta,
    np.datetime64,
    np.timedelta64,
)

# Missing values that a message names one by one.
_SHOWN = 3


def complete(values, name="labels"):
    """An array of values of which none is missing.

    Parameters
    ----------
    values : array-like
        Lists, NumPy arrays (masked ones too), columns of pandas, polars and pyarrow.
    name : str
        What the error messages call it.

    Returns
    -------
    ndarray
        `values` itself where it is one; nothing is looked for in a single value.

    Raises
    ------
    ValueError
        If a value is missing: None, NaN, NaT, pandas' NA, masked, a hole of a
        categorical, a null, or the text that NumPy and pandas write for one of these.
        If these are groups, and several attributes by name.
    """
    _require_column(values, name)
    found = np.asarray(values)
    if found.ndim == 0:
        return found
    if found.dtype.kind in "iub" and not isinstance(values, np.ma.MaskedArray):
        return found
    gaps = _gaps(values, found)
    if gaps is not None and gaps.any():
        raise ValueError(_missing(gaps, name, found))
    return found


def require_one_attribute(groups, name, ndim=1, n_rows=None):
    """Check that an array is not of several attributes of rows where it is of groups.

    Parameters
    ----------
    groups : ndarray
        Anything goes where `name` says nothing of groups.
    name : str
    ndim : {1, 2}, default=1
        2 allows a batch of groups (b, n_rows).
    n_rows : int, optional

    Raises
    ------
    ValueError
        If it holds an attribute a column; the message says what joins them.
    """
    if "groups" not in name or groups.ndim != 2:
        return
    if ndim == 1 or (len(groups) == n_rows != groups.shape[1]):
        raise ValueError(f"{name}.ndim=2 should be 1: {_JOINT}({name})")


def attributes(groups):
    """The columns of groups that are of several attributes.

    Parameters
    ----------
    groups : array-like of shape (n, m), data frame or mapping of columns

    Returns
    -------
    dict of str to array-like of shape (n,)
        Columns without a name are numbered. Empty if groups are one column (n,).
    """
    if isinstance(groups, Mapping):
        return {str(name): groups[name] for name in groups}
    if _is_frame(groups):
        names = [str(name) for name in groups.columns]
        if hasattr(groups, "iloc"):
            columns = [groups.iloc[:, i] for i in range(len(names))]
        else:
            columns = [groups[name] for name in groups.columns]
        return dict(zip(names, columns, strict=True))
    found = groups
    if not isinstance(groups, np.ndarray):
        found = np.asarray(groups)
        if found.dtype.kind in "US" and not hasattr(groups, "dtype"):
            found = np.array(groups, dtype=object)
    if found.ndim != 2:
        return {}
    return {str(i): found[:, i] for i in range(found.shape[1])}


def require_same_rows(**columns):
    """Check that columns of pandas name their rows alike, in one order.

    Parameters
    ----------
    **columns : array-likes or None
        By the name that the messages call them. What has no index goes by position, as
        does what has another length: that is for others to refuse.

    Raises
    ------
    ValueError
        If two indexes of one length differ.
    """
    first = None
    for name, values in columns.items():
        parts = values.values() if isinstance(values, Mapping) else (values,)
        for part in parts:
            if not hasattr(part, "iloc"):
                continue
            if first is None:
                first, of = part.index, name
            elif len(part) == len(first) and not part.index.equals(first):
                raise ValueError(
                    f"the index of {name} differs from that of {of}: take "
                    f"{name}.reindex({of}.index), or {name}.to_numpy() to go by "
                    "position"
                )


def require_numbers(X, name="X"):
    """Check that rows hold no dates, which would be counts of some unit, and no mask.

    Raises
    ------
    ValueError
        If they hold dates, times or differences of them, or masked values.
    """
    kind = type(X)
    if kind is np.ndarray and X.dtype.kind in "fiub":
        return
    if isinstance(X, np.ma.MaskedArray) and np.ma.getmaskarray(X).any():
        raise ValueError(_missing(np.ma.getmaskarray(X), name, X))
    if _is_frame(X):
        columns = attributes(X).items()
        for (column, values), dtype in zip(columns, X.dtypes, strict=True):
            if _is_temporal(dtype) or (_kind(dtype) == "O" and _dated(values)):
                raise ValueError(_dates(name, f"column {column!r}"))
        return
    if hasattr(X, "dtype") and getattr(X.dtype, "kind", "f") not in "OmM":
        return
    try:
        found = np.asarray(X)
    except ValueError:
        return
    if found.dtype.kind in "mM":
        raise ValueError(_dates(name, str(found.dtype)))
    if found.dtype.kind == "O" and _dated(found):
        raise ValueError(_dates(name, "objects"))


_JOINT = (
    "make one label of several attributes, for example with rfcore.metrics.joint_groups"
)


def _require_column(values, name):
    """Refuse attributes by name where groups are one column."""
    if "groups" in name and (isinstance(values, Mapping) or _is_frame(values)):
        names = ", ".join(map(repr, attributes(values)))
        raise ValueError(
            f"{name} should be one column, has attributes {names}: {_JOINT}({name})"
        )


def _is_frame(values):
    return hasattr(values, "columns") and hasattr(values, "dtypes")


def _gaps(values, found):
    """Where values are missing, bool of the shape of `found`; None is nowhere."""
    kind = found.dtype.kind
    if isinstance(values, np.ma.MaskedArray):
        own = _gaps(found, found)
        mask = np.ma.getmaskarray(values)
        return mask if own is None else mask | own
    if kind in "fc":
        return np.isnan(found)
    if kind in "mM":
        return np.isnat(found)
    if kind in "US":
        if not hasattr(values, "dtype"):
            # What NumPy has made text of may have been missing.
            return _objects(np.array(values, dtype=object))
        return np.isin(found, np.array([*_WRITTEN, "None"], dtype=kind))
    if kind in "OT":
        return _objects(found.astype(object, copy=False))
    return None


def _objects(found):
    return np.frompyfunc(_is_missing, 1, 1)(found).astype(bool)


def _is_missing(value):
    if isinstance(value, str):
        return value in _WRITTEN
    if value is None or value is np.ma.masked:
        return True
    try:
        return bool(value != value)
    except TypeError:
        # pandas' NA is neither true nor false.
        return True
    except ValueError:
        return False


def _missing(gaps, name, values):
    found = np.argwhere(gaps)
    shown = [str(int(at[0]) if len(at) == 1 else at.tolist()) for at in found[:_SHOWN]]
    many = "s" * (len(found) > 1)
    where = f"{'row' if gaps.ndim == 1 else 'position'}{many} {', '.join(shown)}"
    where += ", ..." * (len(found) > _SHOWN)
    first = values[tuple(found[0])]
    if isinstance(first, str | bytes) and values.dtype.kind != "O":
        where += f": the text {str(first)!r}"
    named = values.dtype.kind not in "fc" or "groups" in name
    filled = "give them a value of their own, such as 'unknown'"
    return (
        f"{name} holds {len(found)} missing value{many} ({where}): leave such rows "
        f"out, or {filled if named else 'fill them in'}"
    )


def _kind(dtype):
    return getattr(dtype, "kind", "O")


def _is_temporal(dtype):
    """Whether a column's dtype, of pandas or polars, is one of dates or times."""
    if hasattr(dtype, "is_temporal"):
        return dtype.is_temporal()
    return _kind(dtype) in "mM" or str(dtype).startswith("period")


def _dated(values):
    return any(isinstance(value, _DATES) for value in np.ravel(np.asarray(values)))


def _dates(name, where):
    return (
        f"{name} should hold numbers, has dates ({where}): give them in a unit of your "
        "choice, such as days since the first one"
    )
