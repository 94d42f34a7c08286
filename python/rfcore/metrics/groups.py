"""One protected group of several attributes."""

import sys

import numpy as np

from rfcore._columns import attributes, complete, require_same_rows


def joint_groups(groups):
    """One group for each combination of several attributes.

    Parameters
    ----------
    groups : array-like of shape (n, m), data frame, or dict of columns (n,)
        An attribute a column, of any kind.

    Returns
    -------
    ndarray of str of shape (n,), or pandas Series
        The values of a row, joined as ``"F & white"`` in the order of the columns;
        quoted where two combinations would read alike. A Series with the same index
        where columns are pandas'.

    Raises
    ------
    ValueError
        If there is no attribute, a value is missing, or columns differ in length or in
        their index.

    Examples
    --------
    >>> joint_groups({"sex": ["F", "M"], "race": ["white", "black"]})
    array(['F & white', 'M & black'], dtype='<U9')
    """
    columns = attributes(groups)
    if not columns:
        raise ValueError("groups should have two dimensions, rows and attributes")
    named = {f"groups[{name!r}]": column for name, column in columns.items()}
    require_same_rows(**named)
    codes, words = [], []
    for name, column in named.items():
        values = complete(column, name)
        if values.shape != (len(column),):
            raise ValueError(f"{name}.ndim={values.ndim} should be 1")
        if codes and len(values) != len(codes[0]):
            raise ValueError(
                f"len({name})={len(values)} should be {len(codes[0])}, as of the others"
            )
        names, code = _named(values, name)
        codes.append(code)
        words.append(names.tolist())
    found, joint = np.unique(codes, axis=1, return_inverse=True)
    labels = _joined(found.T, words, str)
    if len(set(labels)) < len(labels):
        labels = _joined(found.T, words, repr)
    labels = np.array(labels, dtype=str)[np.reshape(joint, -1)]
    indexes = [column.index for column in columns.values() if hasattr(column, "iloc")]
    return sys.modules["pandas"].Series(labels, indexes[0]) if indexes else labels


def _named(values, name):
    try:
        return np.unique(values, return_inverse=True)
    except TypeError as error:
        raise ValueError(f"{name} should be of one kind: {error}") from error


def _joined(combinations, words, write):
    return [
        " & ".join(write(own[i]) for own, i in zip(words, codes, strict=True))
        for codes in combinations
    ]
