"""Turning rows of words into columns, columns into features, rows into parts."""

import numpy as np

from rfcore.datasets.files import typed

# The seed by which the thesis's programs halve a test set into validation and test.
_HALVES_SEED = 42000


def named_columns(rows, names):
    """Turn rows of words into typed columns.

    Parameters
    ----------
    rows : iterable of sequence of str
    names : sequence of str

    Returns
    -------
    columns : dict of str to ndarray of shape (n_rows,)
        Each int64 if it can be, else float64, else str.

    Raises
    ------
    ValueError
        If a row has more or fewer words than there are names.
    """
    columns = zip(*rows, strict=True)
    return {name: typed(column) for name, column in zip(names, columns, strict=True)}


def complete_rows(columns, missing):
    """Give the numbers of the rows in which no column of words holds `missing`."""
    words = [column for column in columns.values() if column.dtype.kind == "U"]
    return np.flatnonzero(~np.any([column == missing for column in words], axis=0))


def number(name):
    """Describe the feature that is a column as it is."""

    def encode(columns, n_known):
        return (name,), columns[name][:, None]

    return encode


def equals(name, value):
    """Describe the feature ``name=value``: 1 where the column has the value, else 0."""

    def encode(columns, n_known):
        return (f"{name}={value}",), columns[name][:, None] == value

    return encode


def one_hot(name):
    """Describe one feature ``name=value`` for each value of a column.

    They come in the order in which the values first appear among the first `n_known`
    rows; a value that appears later only has zeros in all of them.
    """

    def encode(columns, n_known):
        values, first = np.unique(columns[name][:n_known], return_index=True)
        values = values[np.argsort(first)]
        names = tuple(f"{name}={value}" for value in values)
        return names, columns[name][:, None] == values

    return encode


def encode(columns, features, n_known=None):
    """Make the matrix of a set out of its columns.

    Parameters
    ----------
    columns : dict of str to ndarray of shape (n,)
    features : sequence
        What `number`, `equals` and `one_hot` describe, in the order wanted.
    n_known : int or None, default=None
        How many rows tell the values for `one_hot`; None takes all.

    Returns
    -------
    X : ndarray of float64, shape (n, n_features)
    feature_names : tuple of str
    """
    names, blocks = zip(*(f(columns, n_known) for f in features), strict=True)
    X = np.concatenate(blocks, axis=1, dtype=np.float64)
    return X, tuple(name for block in names for name in block)


def split_rows(n, test_size, seed):
    """Split the numbers 0 to n - 1 as scikit-learn's ``train_test_split`` does.

    Parameters
    ----------
    n : int
    test_size : float
        The share of the second part; its size is rounded up.
    seed : int

    Returns
    -------
    first, second : ndarray of int64
        Row numbers, shuffled.
    """
    # RandomState's stream is frozen.
    order = np.random.RandomState(seed).permutation(n)
    n_second = int(np.ceil(n * test_size))
    return order[n_second:], order[:n_second]


def halve(rows):
    """Halve held-out rows as the thesis's programs do.

    Parameters
    ----------
    rows : ndarray of int64

    Returns
    -------
    parts : dict of str to ndarray of int64
        `validation`, the larger where the number is odd, and `test`.
    """
    test, validation = split_rows(len(rows), 0.5, _HALVES_SEED)
    return {"validation": rows[validation], "test": rows[test]}
