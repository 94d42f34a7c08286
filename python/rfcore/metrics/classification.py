"""How differently a classifier treats two groups."""

import numpy as np

from rfcore._arrays import as_labels
from rfcore._columns import complete, require_same_rows


def demographic_parity(predictions, groups):
    """The gap in positive predictions between two groups.

    ``P(prediction = 1 | group = 1) - P(prediction = 1 | group = 0)`` over the given
    rows: 0 is fair, and the sign says whom the classifier prefers.

    Parameters
    ----------
    predictions : array-like of shape (n,)
        0 or 1.
    groups : array-like of shape (n,)
        0 or 1, both of which occur.

    Returns
    -------
    float
        In [-1, 1].

    Raises
    ------
    ValueError
        If a value is not 0 or 1, the lengths differ, or a group has no row.

    References
    ----------
    Thesis, 4.2.2 and table 4.5.

    Examples
    --------
    >>> demographic_parity([1, 1, 0, 1], [1, 1, 0, 0])
    0.5
    """
    require_same_rows(predictions=predictions, groups=groups)
    predictions = _binary(predictions, "predictions")
    groups = _binary(groups, "groups", len(predictions))
    return _gap(predictions, groups, "groups")


def equal_opportunity(y, predictions, groups):
    """The gap in true positive rates between two groups.

    ``P(prediction = 1 | y = 1, group = 1) - P(prediction = 1 | y = 1, group = 0)``.

    Parameters
    ----------
    y, predictions : array-like of shape (n,)
        0 or 1.
    groups : array-like of shape (n,)
        0 or 1, both of which occur among the rows with y = 1.

    Returns
    -------
    float
        In [-1, 1].

    Raises
    ------
    ValueError
        If a value is not 0 or 1, the lengths differ, or a group has no row with y = 1.

    References
    ----------
    Hardt, Price and Srebro 2016, arXiv:1610.02413.

    Examples
    --------
    >>> equal_opportunity([1, 1, 1, 0], [1, 1, 0, 1], [1, 1, 0, 0])
    1.0
    """
    require_same_rows(y=y, predictions=predictions, groups=groups)
    y = _binary(y, "y")
    predictions = _binary(predictions, "predictions", len(y))
    groups = _binary(groups, "groups", len(y))
    positive = y == 1
    return _gap(predictions[positive], groups[positive], "groups where y = 1")


def _gap(predictions, groups, where):
    counts = np.bincount(groups, minlength=2)
    if counts.min() == 0:
        raise ValueError(f"{where} should hold both 0 and 1")
    low, high = np.bincount(groups, weights=predictions, minlength=2) / counts
    return float(high - low)


def _binary(values, name, n_rows=None):
    values = complete(values, name)
    as_labels(values, name, n_rows=n_rows)
    if not np.isin(values, (0, 1)).all():
        raise ValueError(f"{name} should hold 0 and 1 only")
    return values.astype(np.int64)
