"""Fair k-center: a batch of questions about groups, beside bisection with SciPy."""

import inputs
import numpy as np
import peers
from race import THREADS, Case, Ladder
from scipy.optimize import linprog
from scipy.sparse import coo_array
from scipy.spatial.distance import cdist

from rfcore.cluster import oracle
from rfcore.fair import FairKCenter

_DELTA = 0.1


def regroupings(n, d, k, n_questions, *, n_groups=2, seed=0, threads=THREADS):
    """Questions that give other groups to a twentieth of the rows.

    The peer finds the radii alone, from the same centers, and rounds nothing.
    """
    X = inputs.blobs(n, d, k, seed=seed)
    rng = np.random.default_rng(seed)
    side = X[:, 0] + 0.3 * rng.normal(size=n) / np.sqrt(d)
    groups = np.argsort(np.argsort(side)) * n_groups // n
    candidates = np.tile(groups, (n_questions, 1))
    moved = rng.random(candidates.shape) < 0.05
    candidates[moved] = rng.integers(n_groups, size=moved.sum())
    estimator = FairKCenter(k, delta=_DELTA, random_state=seed)
    fitted = [
        FairKCenter(k, delta=_DELTA, random_state=seed).fit(X, groups=own)
        for own in candidates
    ]
    radii = np.array([own.radius_ for own in fitted])
    centers = fitted[0].cluster_centers_

    def by_oracle(threads):
        asked = oracle(estimator, X)
        return lambda: asked.regroup(candidates)

    def by_scipy(threads):
        distances = cdist(X, centers)
        return lambda: peers.in_workers(threads, scipy_radii, candidates, distances)

    def quality(results):
        apart = np.abs(results["SciPy"] / radii - 1).max()
        return f"largest relative difference of radii {apart:.1e}"

    case = Case(
        contestants={"rfcore": by_oracle, "SciPy": by_scipy},
        quality=quality,
        threads=threads,
    )
    return case, fitted


def scipy_radii(candidates, distances):
    """The least fair radii (b,), each by a bisection of the distinct distances."""
    tried = np.unique(distances)
    radii = np.empty(len(candidates))
    for i, groups in enumerate(candidates):
        low = np.searchsorted(tried, distances.min(axis=1).max())
        high = np.searchsorted(tried, distances.max(axis=0).min())
        while low < high:
            middle = (low + high) // 2
            if _fair_within(distances <= tried[middle], groups):
                high = middle
            else:
                low = middle + 1
        radii[i] = tried[low]
    return radii


def _fair_within(reach, groups):
    """Whether the frequency distributor program is feasible."""
    classes, sizes = np.unique(
        np.column_stack([reach, groups]), axis=0, return_counts=True
    )
    owner, center = np.nonzero(classes[:, :-1])
    group, edge = classes[owner, -1], np.arange(len(owner))
    k, rows, columns, values = reach.shape[1], [], [], []
    shares = np.bincount(groups) / len(groups)
    for g, share in enumerate(shares):
        own = group == g
        for at, value in (
            (2 * g, own - share / (1 - _DELTA)),
            (2 * g + 1, share * (1 - _DELTA) - own),
        ):
            rows.append(at * k + center)
            columns.append(edge)
            values.append(value)
    entries = np.concatenate(rows), np.concatenate(columns)
    found = linprog(
        np.zeros(len(edge)),
        A_ub=coo_array(
            (np.concatenate(values), entries), (2 * len(shares) * k, len(edge))
        ).tocsr(),
        b_ub=np.zeros(2 * len(shares) * k),
        A_eq=coo_array((np.ones(len(edge)), (owner, edge))).tocsr(),
        b_eq=sizes,
        method="highs",
    )
    return found.status == 0


def regroupings_by_n(n):
    return regroupings(n, 16, 8, 16)[0]


def regroupings_by_k(k):
    return regroupings(1000, 16, k, 8)[0]


LADDERS = (
    Ladder("16 regroupings, k = 8", "n", (250, 500, 1000, 2000), regroupings_by_n),
    Ladder("8 regroupings, n = 1000", "k", (4, 8, 16), regroupings_by_k),
)


def test_regroupings(compare, full):
    case, fitted = regroupings(*((3600, 64, 10, 16) if full else (60, 4, 4, 3)))
    labels, radii = compare(case, n_rounds=3).values()
    np.testing.assert_allclose(radii, [own.radius_ for own in fitted], rtol=1e-12)
    np.testing.assert_array_equal(labels, [own.labels_ for own in fitted])
