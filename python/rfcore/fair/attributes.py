"""Groups of several attributes: a row is in one group of each, so groups overlap."""

import numpy as np

from rfcore._arrays import as_labels
from rfcore._columns import complete
from rfcore.errors import ConvergenceError
from rfcore.fair.distributor import BITS, exact_parts, first_edges, is_optimal, solved

# What is left of a flow in the solver's rounding.
_ROUNDING = 1e-6


def as_attributes(columns, n_rows):
    """Groups of all attributes, numbered one after the other.

    Parameters
    ----------
    columns : dict of str to array-like of shape (n_rows,)
        An attribute each.
    n_rows : int

    Returns
    -------
    codes : int32 array of shape (n_rows, m)
        The group of each row in each attribute, in [0, l).
    names : ndarray of str of shape (l,)
        ``"sex: F"``; the attributes in their order, the groups of each sorted.

    Raises
    ------
    ValueError
        If a length differs, a value is missing or not finite, or there is no attribute.
    """
    if not columns:
        raise ValueError("groups should have at least one attribute")
    codes, names = [], []
    for attribute, column in columns.items():
        name = f"groups[{attribute!r}]"
        values = complete(column, name)
        as_labels(values, name, n_rows=n_rows)
        own, code = np.unique(values, return_inverse=True)
        codes.append(code + len(names))
        names += [f"{attribute}: {value}" for value in own.tolist()]
    return np.stack(codes, axis=1).astype(np.int32), np.array(names)


def joined(codes, n_groups):
    """The combinations of groups that occur.

    Parameters
    ----------
    codes : int array of shape (n, m)
    n_groups : int

    Returns
    -------
    joint : int64 array of shape (n,)
        The combination of each row, in [0, j).
    members : bool array of shape (n_groups, j)
        Which combinations are of which group.
    """
    found, joint = np.unique(codes, axis=0, return_inverse=True)
    members = np.zeros((n_groups, len(found)), dtype=bool)
    members[found, np.arange(len(found))[:, None]] = True
    return joint.reshape(-1), members


def whole_overlapping_flows(classes, flows, costs, members):
    """Whole flows beside fractional ones, whose sums stay within a few rows.

    The sums over a center, and over a center and a group, are to be those of the
    fractions, rounded down or up. Groups that overlap do not always allow that. So a
    program of least cost is solved again and again: what is whole stays, and where
    nothing is, the sum with the fewest fractions goes free. A vertex has one with at
    most 2 (m + 1) for m attributes, so no sum is off by that much and 1 more.

    Parameters
    ----------
    classes : Classes
        Their groups are combinations.
    flows : float64 array of shape (e,)
    costs : float64 array of shape (e,)
        The whole flows cost no more than the fractions.
    members : bool array of shape (l, j)

    Returns
    -------
    int64 array of shape (e,)

    References
    ----------
    Bera et al. 2019, arXiv:1901.02393, section 4 (iterative rounding); Kiraly, Lau and
    Singh 2012, doi:10.1007/s00493-012-2760-6.
    """
    parts = exact_parts(classes, flows)
    whole = parts >> BITS
    open_edges = np.flatnonzero(whole << BITS != parts)
    edge, sum_of = _sums(classes, members)
    totals = np.zeros(classes.n_centers * (len(members) + 1), dtype=np.int64)
    np.add.at(totals, sum_of, parts[edge])
    least, most = totals >> BITS, -(-totals >> BITS)
    kept = np.ones(len(totals), dtype=bool)
    while len(open_edges):
        found = _solved_again(
            classes,
            whole,
            open_edges,
            costs,
            (edge, sum_of),
            (np.where(kept, least, 0), np.where(kept, most, np.inf)),
        )
        near = np.rint(found)
        is_whole = np.abs(found - near) < _ROUNDING
        whole[open_edges[is_whole]] += near[is_whole].astype(np.int64)
        open_edges = open_edges[~is_whole]
        if not is_whole.any():
            inside = np.isin(edge, open_edges)
            n_open = np.bincount(sum_of[inside], minlength=len(totals))
            kept[np.argmin(np.where(kept & (n_open > 0), n_open, len(edge) + 1))] = (
                False
            )
    return whole


def _sums(classes, members):
    """Which edges each sum has: pairs of an edge and a number of a sum.

    Sums are numbered by center, then by group; those over whole centers are last.
    """
    edge, group = np.nonzero(members.T[classes.group])
    every = np.arange(len(classes.owner))
    first = classes.n_centers * len(members)
    return (
        np.concatenate([edge, every]),
        np.concatenate(
            [classes.center[edge] * len(members) + group, first + classes.center]
        ),
    )


def _solved_again(classes, whole, open_edges, costs, sums, bounds):
    """What the open edges take, each in [0, 1], at the least cost; a vertex."""
    edge, sum_of = sums
    least, most = bounds
    fixed = np.bincount(sum_of, weights=whole[edge], minlength=len(least))
    left = classes.sizes - np.add.reduceat(whole, first_edges(classes))
    place = np.full(len(whole), -1)
    place[open_edges] = np.arange(len(open_edges))
    inside = place[edge] >= 0
    used, row = np.unique(sum_of[inside], return_inverse=True)
    owners, owner = np.unique(classes.owner[open_edges], return_inverse=True)
    n_open = len(open_edges)
    highs = solved(
        costs[open_edges],
        (np.zeros(n_open), np.ones(n_open)),
        (
            np.concatenate([left[owners], (least - fixed)[used]]).astype(np.float64),
            np.concatenate([left[owners], (most - fixed)[used]]).astype(np.float64),
        ),
        (
            np.concatenate([owner, len(owners) + row]),
            np.concatenate([np.arange(n_open), place[edge[inside]]]),
            np.ones(n_open + len(row)),
        ),
    )
    if not is_optimal(highs):
        raise ConvergenceError("HiGHS found no flows, though they exist")
    return np.array(highs.getSolution().col_value)
