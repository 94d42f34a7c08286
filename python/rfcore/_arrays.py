"""The door: what comes in is checked here once, and handed to the right kernels."""

import numbers

import numpy as np

from rfcore import _core
from rfcore._columns import complete, require_numbers, require_one_attribute
from rfcore.errors import DeviceError

# A quarter of the root of the largest number: the square of a difference of two values
# stays finite, and so does a sum of them over features scaled down by their number.
_LARGEST = np.sqrt(np.finfo(np.float64).max) / 4

# Labels below this need no renaming before they index a contingency table.
_SMALL_LABEL = 4096

# How DBSCAN, HDBSCAN and OPTICS label the rows that are in no cluster.
NOISE = -1


def on_device(array):
    """Whether an array lives on a CUDA device."""
    return hasattr(array, "__cuda_array_interface__")


def kernels(*arrays):
    """The kernel set of the place where all the arrays live.

    Raises
    ------
    DeviceError
        If some arrays live on a device and some on the host, or if this build has no
        device kernels.
    """
    where = {on_device(array) for array in arrays}
    if where == {True, False}:
        raise DeviceError("all arrays of one call should live in one place")
    return _core.cuda if where == {True} else _core


def require_count(name, value):
    """Check that a count is an integer of at least 1.

    Raises
    ------
    TypeError
        If it is not an integer.
    ValueError
        If it is below 1.
    """
    if not isinstance(value, numbers.Integral):
        raise TypeError(f"{name}={value!r} should be an integer")
    if value < 1:
        raise ValueError(f"{name}={value} should be >= 1")


def as_rows(X, name="X", *, n_features=None, min_rows=0, dtype=np.float64):
    """A finite C-ordered matrix of floats.

    Parameters
    ----------
    X : array-like of shape (n, m)
    name : str
        What the error messages call it.
    n_features : int, optional
        The number of columns it should have.
    min_rows : int, default=0
        The least number of rows.
    dtype : dtype or None, default=float64
        None keeps float32 and makes float64 of all else.

    Returns
    -------
    ndarray of shape (n, m)
        `X` itself where nothing had to change.

    Raises
    ------
    ValueError
        If X is not two-dimensional, not of real numbers (dates are none), too short,
        without features, of another width, or holds a value that is missing, not finite
        or too large: squared distances should be finite too.
    """
    require_numbers(X, name)
    X = np.asarray(X)
    if X.ndim != 2:
        raise ValueError(f"{name}.ndim={X.ndim} should be 2")
    if len(X) < min_rows:
        raise ValueError(f"{name} has {len(X)} rows, should have >= {min_rows}")
    return _finite(X, name, n_features, dtype)


def as_row_batch(rows, name="rows", *, n_features):
    """A finite C-ordered (b, s, m) array of float64: s rows for each of b questions."""
    require_numbers(rows, name)
    rows = np.asarray(rows)
    if rows.ndim != 3:
        raise ValueError(f"{name}.ndim={rows.ndim} should be 3")
    return _finite(rows, name, n_features, np.float64)


def as_values(values, name, *, min_values=0, dtype=np.float64):
    """Finite numbers whose sum is finite, too.

    Parameters
    ----------
    values : array-like of shape (n,)
    name : str
        What the error messages call it.
    min_values : int, default=0
    dtype : dtype or None, default=float64
        None keeps float32 and makes float64 of all else.

    Returns
    -------
    ndarray of shape (n,)

    Raises
    ------
    ValueError
        If they are not one-dimensional, too few, not of real numbers, or a value or the
        sum of their sizes is not finite.
    """
    require_numbers(values, name)
    values = np.asarray(values)
    if values.ndim != 1:
        raise ValueError(f"{name}.ndim={values.ndim} should be 1")
    if len(values) < min_values:
        raise ValueError(
            f"{name} has {len(values)} values, should have >= {min_values}"
        )
    if not len(values):
        return np.empty(0, dtype or np.float64)
    values = _finite(values, name, None, dtype, moderate=False)
    with np.errstate(over="ignore"):
        if not np.isfinite(np.abs(values).sum(dtype=np.float64)):
            raise ValueError(f"the sum of the sizes of {name} should be finite")
    return values


def _finite(X, name, n_features, dtype, *, moderate=True):
    if dtype is None:
        dtype = np.float32 if X.dtype == np.float32 else np.float64
    if X.dtype.kind == "c":
        raise ValueError(f"{name} should hold real numbers, not {X.dtype}")
    try:
        X = np.ascontiguousarray(X, dtype=dtype)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} should hold numbers: {error}") from error
    if n_features is not None and X.shape[-1] != n_features:
        raise ValueError(f"{name}.shape[-1]={X.shape[-1]} should be {n_features}")
    if X.shape[-1] == 0:
        raise ValueError(f"{name} has 0 features: at least 1 is needed")
    if not np.isfinite(X).all():
        position = tuple(int(i) for i in np.argwhere(~np.isfinite(X))[0])
        raise ValueError(f"{name}{list(position)}={X[position]} should be finite")
    if moderate:
        require_moderate(X, name)
    return X


def require_moderate(X, name="X"):
    """Check that the squared distances between rows are finite, in one pass.

    Parameters
    ----------
    X : C-ordered array of float32 or float64

    Raises
    ------
    ValueError
        If a value is not finite, as scikit-learn says it, or too large for that.
    """
    largest = _core.largest_magnitude(X.reshape(-1))
    if not np.isfinite(largest):
        from sklearn.utils import assert_all_finite

        assert_all_finite(X, input_name=name)
    if X.size and largest > _LARGEST / np.sqrt(X.shape[-1]):
        raise ValueError(
            f"{name} holds {largest:.3g}, which is too large: squared "
            "distances would not be finite"
        )


def as_positions(t, n_rows, name="t"):
    """Positions of rows, (s,) int64, each in [0, n_rows) and none twice."""
    t = np.atleast_1d(np.asarray(t))
    if t.ndim != 1 or t.size == 0 or t.dtype.kind not in "iu":
        raise ValueError(f"{name}={t!r} should hold one or more row numbers")
    outside = t[(t < 0) | (t >= n_rows)]
    if outside.size:
        raise ValueError(f"{name}={outside[0]} should be in [0, {n_rows})")
    if np.unique(t).size != t.size:
        raise ValueError(f"{name}={t.tolist()} should name different rows")
    return np.ascontiguousarray(t, dtype=np.int64)


def as_labels(labels, name="labels", *, ndim=1, n_rows=None, noise="cluster"):
    """Labels as int32 names 0 .. k - 1, and k.

    Small non-negative integers keep their names; anything else is renamed in sorted
    order. Arrays on a device should be int32 already and keep their names. With
    ``noise="raise"`` a label of -1 is an error that says what `noise` can be.

    Returns
    -------
    labels : int32 array of the same shape
    k : int
        One more than the largest name; 0 for no labels.

    Raises
    ------
    ValueError
        If a label is missing or not finite, the shape is another, or labels are of
        several kinds.
    """
    if on_device(labels):
        if noise == "raise" and labels.size and int(labels.min()) == NOISE:
            _refuse_noise(labels, name)
        return labels, int(labels.max()) + 1 if labels.size else 0
    return _as_names(complete(labels, name), name, ndim, n_rows, noise)


def _as_names(labels, name, ndim, n_rows, noise):
    require_one_attribute(labels, name, ndim, n_rows)
    if labels.ndim != ndim:
        raise ValueError(f"{name}.ndim={labels.ndim} should be {ndim}")
    if n_rows is not None and labels.shape[-1] != n_rows:
        raise ValueError(f"{name}.shape[-1]={labels.shape[-1]} should be {n_rows}")
    if labels.size == 0:
        return np.empty(labels.shape, dtype=np.int32), 0
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        raise ValueError(f"{name} should be finite")
    if labels.dtype.kind in "iub":
        # One pass: a negative label is a huge unsigned one, in more than 8 bits.
        wide = labels.astype(np.int16) if labels.dtype == np.int8 else labels
        unsigned = f"{wide.dtype.byteorder}u{wide.dtype.itemsize}"
        k = int(wide.view(unsigned).max()) + 1
        if k <= _SMALL_LABEL:
            return np.ascontiguousarray(labels, dtype=np.int32), k
    if noise == "raise" and is_noise(labels).any():
        _refuse_noise(labels, name)
    try:
        values, names = np.unique(labels, return_inverse=True)
    except TypeError as error:
        raise ValueError(f"{name} should be of one kind: {error}") from error
    names = np.ascontiguousarray(names.reshape(labels.shape), dtype=np.int32)
    return names, len(values)


def is_noise(labels):
    """Which labels are -1, as clusterers mark noise; bool of the same shape."""
    if not on_device(labels) and labels.dtype.kind not in "ifO":
        return np.zeros(labels.shape, dtype=bool)
    return labels == NOISE


def require_noise(noise):
    """Check what is to become of rows whose label is -1.

    Raises
    ------
    ValueError
        If it is another word.
    """
    if noise not in ("raise", "drop", "cluster"):
        raise ValueError(f"noise={noise!r} should be 'raise', 'drop' or 'cluster'")


def _refuse_noise(labels, name):
    n_rows = int(is_noise(labels).sum())
    raise ValueError(
        f"{name} holds {n_rows} time{'s' * (n_rows > 1)} {NOISE}, as clusterers mark "
        "noise: noise='drop' leaves such rows out, noise='cluster' counts them as one "
        "cluster"
    )


def as_labelings(labels, name, *, n_rows=None, noise="cluster"):
    """One labeling (n,) or several (b, n), of any kind.

    Returns
    -------
    labels : int32 array of shape (b, n)
        As by `as_labels`, with names that all labelings share; b = 1 for one.
    k : int
        One more than the largest name.
    single : bool
        Whether it was one.
    """
    if not on_device(labels):
        labels = complete(labels, name)
    if labels.ndim not in (1, 2):
        raise ValueError(f"{name}.ndim={labels.ndim} should be 1 or 2")
    single = labels.ndim == 1
    names = as_labels if on_device(labels) else _as_names
    batch = labels[None] if single else labels
    labels, k = names(batch, name, ndim=2, n_rows=n_rows, noise=noise)
    return labels, k, single


def as_partitions(partitions, noise):
    """Several labelings of the same rows, where noise may be alone.

    Parameters
    ----------
    partitions : array-like of shape (r, n)
    noise : {"raise", "drop", "cluster"}
        With "drop" every row whose label is -1 is a cluster of its own.

    Returns
    -------
    labels : int32 array of shape (r, n)
    k : int
        As of `as_labels`.
    """
    require_noise(noise)
    if not on_device(partitions):
        partitions = complete(partitions, "partitions")
    alone = is_noise(partitions)
    if noise != "drop" or partitions.ndim != 2 or not alone.any():
        return as_labels(partitions, "partitions", ndim=2, noise=noise)
    names, k = as_labels(partitions, "partitions", ndim=2)
    names = names.copy()
    names[alone] = k + alone.nonzero()[1]
    return names, k + names.shape[1]


def validate_data(estimator, X, y="no_validation", **options):
    """scikit-learn's `validate_data`, which alone would take dates for numbers.

    Raises
    ------
    ValueError
        As there, and if X holds dates or masked values, or a label is missing.
    """
    from sklearn.utils import validation

    require_numbers(X)
    if y is not None and not isinstance(y, str):
        y = complete(y, "y")
    return validation.validate_data(estimator, X, y, **options)


def empty(like, shape, dtype):
    """An uninitialized array in the place where `like` lives."""
    if on_device(like):
        import cupy

        return cupy.empty(shape, dtype)
    return np.empty(shape, dtype)
