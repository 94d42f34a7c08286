"""Section 3.1.3.1: Algorithm 2 on sum-of-norms clustering, relaxed and exact costs."""

from functools import lru_cache

import numpy as np

from rfcore.cluster import SONClustering, largest_pull
from rfcore.datasets import load
from rfcore.experiments.claims import Claim
from rfcore.experiments.record import Row
from rfcore.experiments.registry import register
from rfcore.fair import ConvexAntidote
from rfcore.thesis.base import ThesisExperiment

COLUMNS = {
    "bank_full": ("age", "balance", "duration"),
    "adult": ("age", "education_num", "capital_gain", "hours_per_week"),
    "seeds": None,
}
SIZES = {"smoke": 30, "small": 100, "paper": 200}
# Of the pull at which all rows are one cluster.
SHARE = 0.5
MAX_ROWS = 8
N_RANDOM = 10


# The cells of a data set follow one another.
_loaded = lru_cache(maxsize=1)(load)


def subset(name, n, seed):
    """Rows of a data set drawn without repetition, z-scored, and their groups.

    Parameters
    ----------
    name : str
    n, seed : int

    Returns
    -------
    X : float64 array of shape (n, m)
    groups : ndarray of shape (n,)
        Marital status, sex, or the variety of wheat.
    """
    data = _loaded(name)
    groups = data.y if data.groups is None else data.groups
    columns = COLUMNS[name] or data.feature_names
    at = [list(data.feature_names).index(column) for column in columns]
    drawn = np.random.default_rng(seed).choice(len(data.X), n, replace=False)
    X = np.ascontiguousarray(data.X[np.ix_(drawn, at)], dtype=np.float64)
    spread = X.std(axis=0)
    return (X - X.mean(axis=0)) / np.where(spread > 0, spread, 1.0), groups[drawn]


def exact_cost(X, V, groups, lam):
    """Social cost of the rows of X, clustered together with V."""
    centers = SONClustering(lam).fit(np.concatenate([X, V])).centers_[: len(X)]
    sq = ((X - centers) ** 2).sum(axis=1)
    return max(float(sq[groups == g].mean()) for g in np.unique(groups))


def _degenerate(n_clusters, n):
    if n_clusters == 1:
        return "all rows are one cluster before"
    return "every row is a cluster of its own before" if n_clusters == n else ""


@register
class Section3131(ThesisExperiment):
    """The thesis omits Algorithm 2's result: there is no printed number."""

    id = "section-3.1.3.1"
    title = "Antidote data for sum-of-norms clustering (Algorithm 2)"
    description = (
        "Up to 8 rows appended to 100 drawn ones (30 in smoke, 200 in paper), lam half "
        "of that at which all are surely one cluster. Method relaxed takes the size "
        "of the lowest relaxed cost, as Algorithm 2 would, exact that of the lowest "
        "exact cost; both place the rows by the relaxation, inside the observed range. "
        "A gain is the cost before minus that after. The null is as many rows drawn "
        "evenly from the range, ten times; gain[over random] is the exact gain less "
        "their median, and 0 where no rows are best. Claims are on relaxed, which has "
        "not seen the exact cost; exact's cannot rise. lam was chosen among 0.05, 0.2 "
        "and 0.5 of that pull on two of the seeds: below it rows mostly stand "
        "alone. Groups are marital status, sex, and the variety of wheat in seeds."
    )
    datasets = tuple(COLUMNS)
    methods = ("relaxed", "exact")
    claims = tuple(
        Claim(dataset, "relaxed", metric, None, low=1e-6, note=note)
        for dataset in datasets
        for metric, note in (
            ("gain[exact]", "some rows lower the exact cost"),
            ("gain[over random]", "by more than random rows"),
        )
    )

    def seeds(self, scale):
        return tuple(range(1 if scale == "smoke" else 10))

    def run(self, cell):
        X, groups = subset(cell.dataset, SIZES[cell.scale], cell.seed)
        lam = SHARE * largest_pull(X)
        found = (
            ConvexAntidote(lam, judged_by=cell.method, max_rows=MAX_ROWS)
            .fit(X, groups=groups)
            .result_
        )
        null, excess = None, 0.0
        if len(found.V):
            null = self._by_chance(X, groups, lam, len(found.V), cell.seed)
            excess = np.median(null) - found.after
        used = SONClustering(lam).fit(X).n_clusters_
        degenerate = _degenerate(used, len(X))
        about = cell.dataset, cell.method
        return [
            Row(
                *about,
                "social_cost[exact]",
                found.after,
                null=null,
                degenerate=degenerate,
            ),
            Row(*about, "social_cost[exact, before]", found.before),
            Row(*about, "social_cost[relaxed]", found.relaxed_after),
            Row(*about, "social_cost[relaxed, before]", found.relaxed_before),
            Row(
                *about,
                "gain[exact]",
                found.before - found.after,
                null=null and [found.before - cost for cost in null],
                degenerate=degenerate,
            ),
            Row(*about, "gain[relaxed]", found.relaxed_before - found.relaxed_after),
            Row(*about, "gain[over random]", excess, degenerate=degenerate),
            Row(*about, "n_rows", len(found.V)),
            Row(*about, "n_clusters[before]", used),
        ]

    def _by_chance(self, X, groups, lam, n_rows, seed):
        rng = np.random.default_rng([seed, 1])
        box = X.min(axis=0), X.max(axis=0)
        draws = (rng.uniform(*box, size=(n_rows, X.shape[1])) for _ in range(N_RANDOM))
        return [exact_cost(X, V, groups, lam) for V in draws]
