"""The frequency distributor: how many rows of each class go to each center."""

from dataclasses import dataclass

import numpy as np

from rfcore.errors import ConvergenceError

# Flows are rounded in units of 2^-30 rows, so that every sum of them is exact.
BITS = 30


@dataclass(frozen=True)
class Classes:
    """Rows that reach the same centers and are of the same group are one class.

    An edge is a class and a center that it reaches; edges are sorted by class, then by
    center.

    Attributes
    ----------
    of_row : int64 array of shape (n,)
        The class of each row.
    sizes : int64 array of shape (m,)
        The rows of each class.
    owner, center, group : int64 arrays of shape (e,)
        The class of each edge, its center, and the group of its class.
    n_centers, n_groups : int
    """

    of_row: np.ndarray
    sizes: np.ndarray
    owner: np.ndarray
    center: np.ndarray
    group: np.ndarray
    n_centers: int
    n_groups: int

    @classmethod
    def of(cls, reach, groups, n_groups):
        """The classes of rows.

        Parameters
        ----------
        reach : bool array of shape (n, k)
            The centers that each row reaches.
        groups : int array of shape (n,)
        n_groups : int
        """
        packed = np.packbits(reach, axis=1)
        packed = np.pad(packed, ((0, 0), (0, -packed.shape[1] % 8))).view(np.uint64)
        single = packed.shape[1] == 1
        _, first, same = np.unique(
            packed[:, 0] if single else packed,
            axis=None if single else 0,
            return_index=True,
            return_inverse=True,
        )
        pair = same.reshape(-1) * n_groups + groups
        sizes = np.bincount(pair, minlength=len(first) * n_groups)
        kept = np.flatnonzero(sizes)
        renamed = np.zeros(len(sizes), dtype=np.int64)
        renamed[kept] = np.arange(len(kept))
        owner, center = np.nonzero(reach[first[kept // n_groups]])
        return cls(
            of_row=renamed[pair],
            sizes=sizes[kept],
            owner=owner,
            center=center,
            group=(kept % n_groups)[owner],
            n_centers=reach.shape[1],
            n_groups=n_groups,
        )

    @classmethod
    def single(cls, groups, n_centers, n_groups):
        """Each row a class of its own that reaches all centers.

        Parameters
        ----------
        groups : int array of shape (n,)
        n_centers, n_groups : int
        """
        rows = np.arange(len(groups))
        return cls(
            of_row=rows,
            sizes=np.ones(len(rows), dtype=np.int64),
            owner=np.repeat(rows, n_centers),
            center=np.tile(np.arange(n_centers), len(rows)),
            group=np.repeat(np.asarray(groups, dtype=np.int64), n_centers),
            n_centers=n_centers,
            n_groups=n_groups,
        )


def fractional_flows(classes, low, high, costs=None, members=None):
    """Flows under which every center has fair shares of the groups.

        sum of x_e over the edges of a class = its size,  x >= 0,
        low_g N_c <= N_cg <= high_g N_c,

    where N_cg sums x over the edges of center c and group g, and N_c over all of c.

    Parameters
    ----------
    classes : Classes
    low, high : float64 arrays of shape (l,)
    costs : float64 array of shape (e,) or None, default=None
        Of a row on each edge; about 1, for the solver's tolerance is absolute. None
        is no cost.
    members : bool array of shape (l, j) or None, default=None
        Which of the classes' j groups each bound is on, where bounds are on unions of
        them; None is each on its own.

    Returns
    -------
    flows : float64 array of shape (e,) or None
        A vertex of least cost, feasible to 1e-7 rows; None where no flow is fair.
    prices : float64 array of shape (k, j) or None
        Where no flow is fair: prices of the N_cg in a proof of it (any flow costs more
        than any fair counts can), or zeros if HiGHS gives no proof.
    """
    k, n_groups = classes.n_centers, classes.n_groups
    edges, pairs = len(classes.owner), k * n_groups
    row, column, value = _sums(classes, slice(None))
    first = len(classes.sizes) + pairs + k
    members = np.eye(n_groups, dtype=bool) if members is None else members
    bounded, part = np.nonzero(members)
    n_bounds = len(members)
    each, center = np.arange(k * n_bounds), np.arange(k)[:, None]
    for at, share in ((first, high), (first + len(each), low)):
        row += [np.ravel(at + center * n_bounds + bounded), at + each]
        column += [
            np.ravel(edges + center * n_groups + part),
            edges + pairs + each // n_bounds,
        ]
        value += [np.ones(k * len(part)), -share[each % n_bounds]]
    n_columns = edges + pairs + k
    no_limit = np.full(len(each), np.inf)
    sums = np.concatenate([classes.sizes, np.zeros(pairs + k)])
    all_costs, most = np.zeros(n_columns), np.full(n_columns, np.inf)
    if costs is not None:
        # The bounds say nothing new, but the dual simplex flips many of them at once.
        all_costs[:edges], most[:edges] = costs, classes.sizes[classes.owner]
    highs = solved(
        all_costs,
        (np.zeros(n_columns), most),
        (
            np.concatenate([sums, -no_limit, np.zeros(len(each))]),
            np.concatenate([sums, np.zeros(len(each)), no_limit]),
        ),
        (np.concatenate(row), np.concatenate(column), np.concatenate(value)),
    )
    if is_optimal(highs):
        return np.array(highs.getSolution().col_value)[:edges], None
    _, has_ray, ray = highs.getDualRay()
    ray = np.array(ray) if has_ray else np.zeros(first + 2 * len(each))
    m = len(classes.sizes)
    # A ray is free to point either way; here what the classes pay is positive.
    sign = -np.sign(ray[:m] @ classes.sizes)
    return None, sign * ray[m : m + pairs].reshape(k, n_groups)


def whole_flows(classes, flows, costs):
    """Whole flows beside fractional ones: every sum is rounded down or up.

    The sums are x_e, N_cg and N_c; those of the classes stay. Both families, edges
    within classes and edges within (center, group) within center, are laminar, so the
    matrix is totally unimodular: whole flows exist, and every vertex is one.

    Parameters
    ----------
    classes : Classes
    flows : float64 array of shape (e,)
    costs : float64 array of shape (e,)
        Of all such flows one of least cost is taken.

    Returns
    -------
    int64 array of shape (e,)
    """
    k, n_groups = classes.n_centers, classes.n_groups
    parts = exact_parts(classes, flows)
    whole = parts >> BITS
    open_edges = np.flatnonzero(whole << BITS != parts)
    if not len(open_edges):
        return whole
    by_pair = np.zeros((k, n_groups), dtype=np.int64)
    np.add.at(by_pair, (classes.center, classes.group), parts)
    fixed = np.zeros((k, n_groups), dtype=np.int64)
    np.add.at(fixed, (classes.center, classes.group), whole)
    sums = np.concatenate([by_pair.ravel(), by_pair.sum(axis=1)])
    fixed = np.concatenate([fixed.ravel(), fixed.sum(axis=1)])
    left = classes.sizes - np.add.reduceat(whole, first_edges(classes))
    row, column, value = _sums(classes, open_edges)
    rows = np.concatenate([left, np.zeros(len(sums))])
    none, one = np.zeros(len(open_edges)), np.ones(len(open_edges))
    highs = solved(
        np.concatenate([costs[open_edges], np.zeros(len(sums))]),
        (
            np.concatenate([none, (sums >> BITS) - fixed]),
            np.concatenate([one, -(-sums >> BITS) - fixed]),
        ),
        (rows, rows),
        (np.concatenate(row), np.concatenate(column), np.concatenate(value)),
    )
    if not is_optimal(highs):
        raise ConvergenceError("HiGHS found no whole flows, though they exist")
    added = np.array(highs.getSolution().col_value)[: len(open_edges)]
    whole[open_edges] += np.rint(added).astype(np.int64)
    return whole


def first_edges(classes):
    """The first edge of each class, (m,); every class has one."""
    return np.searchsorted(classes.owner, np.arange(len(classes.sizes)))


def exact_parts(classes, flows):
    """Flows in units of 2^-30 rows; they sum to the class's size exactly."""
    parts = np.rint(np.maximum(flows, 0.0) * 2.0**BITS).astype(np.int64)
    gaps = (classes.sizes << BITS) - np.add.reduceat(parts, first_edges(classes))
    # The largest flow of a class takes its gap, which is far smaller.
    by_size = np.lexsort((parts, classes.owner))
    last = np.append(first_edges(classes)[1:], len(parts)) - 1
    parts[by_size[last]] += gaps
    return parts


def _sums(classes, edges):
    """Entries of the rows that sum flows to class sizes, to N_cg, and N_cg to N_c.

    The columns are the edges, the N_cg and the N_c.
    """
    owner, center, group = (
        of[edges] for of in (classes.owner, classes.center, classes.group)
    )
    k, n_groups, m = classes.n_centers, classes.n_groups, len(classes.sizes)
    edge, pair = np.arange(len(owner)), np.arange(k * n_groups)
    own_pair, own_center = len(owner) + pair, len(owner) + len(pair) + np.arange(k)
    row = [owner, m + center * n_groups + group, m + pair]
    row += [m + len(pair) + pair // n_groups, m + len(pair) + np.arange(k)]
    column = [edge, edge, own_pair, own_pair, own_center]
    ones = np.ones(max(len(edge), len(pair), k))
    signs = (1, 1, -1, 1, -1)
    value = [sign * ones[: len(of)] for sign, of in zip(signs, column, strict=True)]
    return row, column, value


def solved(costs, column_bounds, row_bounds, entries):
    """A linear program after HiGHS's serial simplex method, the same on every run."""
    import highspy

    row, column, value = entries
    order = np.argsort(column, kind="stable")
    order = order[value[order] != 0.0]
    starts = np.zeros(len(costs) + 1, dtype=np.int32)
    np.cumsum(np.bincount(column[order], minlength=len(costs)), out=starts[1:])
    # The compiled class: the one in Python sets callbacks, which print a banner.
    highs = highspy.Highs.__base__()
    for option, setting in _OPTIONS.items():
        highs.setOptionValue(option, setting)
    status = highs.passModel(
        len(costs),
        len(row_bounds[0]),
        len(order),
        int(highspy.MatrixFormat.kColwise),
        int(highspy.ObjSense.kMinimize),
        0.0,
        costs,
        *column_bounds,
        *row_bounds,
        starts,
        row[order].astype(np.int32),
        value[order],
        np.zeros(len(costs), dtype=np.int32),
    )
    if status == highspy.HighsStatus.kError:
        raise ConvergenceError("HiGHS takes no such linear program")
    highs.run()
    return highs


# The number of threads is left alone: HiGHS keeps one for the whole process.
_OPTIONS = {
    "output_flag": False,
    "solver": "simplex",
    "parallel": "off",
    "presolve": "off",
    "random_seed": 0,
}


def is_optimal(highs):
    """Whether a solved program has an answer; False where it is infeasible."""
    import highspy

    status = highs.getModelStatus()
    if status == highspy.HighsModelStatus.kOptimal:
        return True
    if status == highspy.HighsModelStatus.kInfeasible:
        return False
    raise ConvergenceError(
        f"HiGHS ended without an answer: {highs.modelStatusToString(status)}"
    )
