"""The fairness attack on a data set of thesis 4.1: rows, victims, questions, scores."""

import functools
import time

import numpy as np

from rfcore.attacks import FairnessAttack
from rfcore.attacks.base import refits
from rfcore.cluster import KMeans, basic_partitions
from rfcore.cluster.oracle import fresh_labels
from rfcore.datasets import load
from rfcore.experiments.record import Row
from rfcore.metrics import accuracy, balance, group_entropy, nmi
from rfcore.thesis.base import ThesisExperiment
from rfcore.thesis.fairness_attack.victims import (
    CFC,
    DEFENCES,
    SETTINGS,
    VICTIMS,
    max_evals,
    target,
    victim,
)

# The seeds of the published code; runs of more seeds go on with their numbers.
SEEDS = (150, 1, 4200, 424242, 1947, 355, 256, 7500, 99999, 18)

SMOKE_EVALS, SMOKE_PARTITIONS = 4, 10
N_NULL = {"smoke": 2, "small": 20, "paper": 20}
N_NULL_DEFENCES = {"smoke": 2, "small": 2, "paper": 20}

# Rows of the attackable and of the evaluated that a smoke run keeps.
_SMOKE_ROWS = (120, 280)

# What "15 %" is: the first half of the attackable rows, which are 30 % of all.
HALF = 4
EIGHTHS = 8


class Case:
    """A data set with the rows that may be attacked, seen and judged."""

    def __init__(self, name, protocol, scale):
        data = load(name)
        attackable, evaluated = data.extras["attackable"], data.extras["evaluated"]
        X, y, groups = data.X, data.y, data.groups
        if scale == "smoke":
            both = zip((attackable, evaluated), _SMOKE_ROWS, strict=True)
            kept = [_spread(rows, n_rows) for rows, n_rows in both]
            rows = np.concatenate(kept)
            X, y, groups = X[rows], y[rows], groups[rows]
            attackable, evaluated = np.split(np.arange(len(rows)), [len(kept[0])])
        self.X, self.y, self.groups = X, y, groups
        self.attackable, self.evaluated = attackable, evaluated
        self.observed = evaluated
        if protocol == "held-out":
            halves = np.random.default_rng(0).permutation(evaluated)
            cut = len(halves) // 2
            self.observed, self.evaluated = np.sort(halves[:cut]), np.sort(halves[cut:])
        self.substitute = data.extras.get("substitute")

    def first_eighths(self, n):
        """The first n eighths of the attackable rows, as released."""
        return self.attackable[: len(self.attackable) * n // EIGHTHS]

    def scores(self, labels):
        """The four measures of 4.1.3.4 and the clusters used, on the judged rows."""
        rows = self.evaluated
        labels, groups, y = labels[rows], self.groups[rows], self.y[rows]
        return {
            "balance": balance(labels, groups),
            "group_entropy": group_entropy(labels, groups),
            "nmi": nmi(y, labels),
            "accuracy": accuracy(y, labels),
            **_sizes(labels),
        }


def _sizes(labels):
    """The clusters used, and the shares of rows in the smallest and the largest."""
    counts = np.unique(labels, return_counts=True)[1]
    return {
        "clusters_used": len(counts),
        "smallest_cluster": counts.min() / len(labels),
        "largest_cluster": counts.max() / len(labels),
    }


def _spread(rows, n_rows):
    """So many of some rows, evenly spread, for sets may be sorted by group."""
    at = np.linspace(0, len(rows) - 1, min(n_rows, len(rows)))
    return rows[at.astype(np.int64)]


@functools.lru_cache(maxsize=4)
def case(name, protocol, scale):
    """The case of a data set, loaded once in a process."""
    return Case(name, protocol, scale)


@functools.lru_cache(maxsize=16)
def clean_labels(name, method, scale):
    """Clusterings of the clean data under other seeds, (n_null, n)."""
    own = case(name, "thesis", scale)
    victims = refits(victim(name, method, 0), N_NULL[scale])
    return np.array([fresh_labels(v, own.X, groups=own.groups) for v in victims])


def other_clean_labels(cell):
    """Those of the method of a cell, under other seeds than its own.

    A defence has the first seeds of other cells, whose partitions serve them too.
    """
    if cell.method not in DEFENCES:
        return clean_labels(cell.dataset, cell.method, cell.scale)
    others = [s for s in range(N_NULL_DEFENCES[cell.scale] + 1) if s != cell.seed]
    return np.array(
        [
            _clean_defence(cell.dataset, cell.method, seed_of(seed), cell.scale)
            for seed in others[: N_NULL_DEFENCES[cell.scale]]
        ]
    )


@functools.lru_cache(maxsize=64)
def _clean_defence(name, method, seed, scale):
    own = case(name, "thesis", scale)
    return fresh_labels(_defence(name, method, seed, scale), own.X, groups=own.groups)


def _defence(name, method, seed, scale, clean_groups=None):
    """A defence with what no group enters shared by all that have its seed."""
    fits_lp = method == CFC and not SETTINGS[name].by_sfd
    return victim(
        name,
        method,
        seed,
        clean_groups=clean_groups,
        partitions=shared_partitions(name, seed, scale),
        centers=shared_centers(name, seed, scale) if fits_lp else None,
        smoke=scale == "smoke",
    )


@functools.lru_cache(maxsize=32)
def shared_partitions(name, seed, scale):
    """The basic partitions of all defences with a seed, drawn once in a process."""
    X, k = case(name, "thesis", scale).X, SETTINGS[name].n_clusters
    n_partitions = SMOKE_PARTITIONS if scale == "smoke" else 100
    return basic_partitions(X, k, n_partitions=n_partitions, random_state=seed)


@functools.lru_cache(maxsize=32)
def shared_centers(name, seed, scale):
    """The k-means centers of J in all defences with a seed, found once in a process."""
    own = KMeans(SETTINGS[name].n_clusters, random_state=seed)
    return own.fit(case(name, "thesis", scale).X).cluster_centers_


def clean_null(own, labels):
    """The measures of those clusterings on the judged rows, lists by name."""
    found = [own.scores(one) for one in labels]
    return {metric: [scores[metric] for scores in found] for metric in found[0]}


def budget(cell):
    """The questions of one search."""
    if cell.scale == "smoke":
        return SMOKE_EVALS
    return max_evals(cell.dataset, cell.method)


def seed_of(seed):
    """The `random_state` of a cell."""
    return SEEDS[seed] if seed < len(SEEDS) else seed


def attacked(own, cell):
    """The victim of a cell."""
    about = cell.dataset, cell.method, seed_of(cell.seed)
    if cell.method not in DEFENCES:
        return victim(*about)
    clean = own.groups if cell.protocol == "thesis" else None
    return _defence(*about, cell.scale, clean)


def attack(own, cell, n_evals, *, n_eighths=HALF):
    """One attack on the victim of a cell: the result and its seconds."""
    search = FairnessAttack(
        metric=target(cell.method),
        max_evals=n_evals,
        random_state=seed_of(cell.seed),
    )
    null_labels = other_clean_labels(cell)
    start = time.perf_counter()
    result = search.run(
        attacked(own, cell),
        own.X,
        groups=own.groups,
        attackable=own.first_eighths(n_eighths),
        evaluated=own.evaluated,
        observed=own.observed,
        null_labels=null_labels,
    )
    return result, time.perf_counter() - start


def random_groups(own, cell, n_eighths=HALF):
    """The groups of the random attack: uniform ones for the attackable rows."""
    rng = np.random.default_rng(seed_of(cell.seed))
    rows, groups = own.first_eighths(n_eighths), own.groups.copy()
    groups[rows] = rng.choice(np.unique(groups), size=len(rows))
    return groups


def random_attack(own, cell, n_eighths=HALF):
    """The labels that the victim of a cell gives after a random attack."""
    groups = random_groups(own, cell, n_eighths)
    return fresh_labels(attacked(own, cell), own.X, groups=groups)


def score_rows(cell, own, labels, when, **more):
    """The rows of one clustering; one cluster alone is no answer."""
    scores = own.scores(labels)
    degenerate = "one cluster holds all rows" if scores["clusters_used"] < 2 else ""
    nulls = more.pop("nulls", {})
    return [
        Row(
            cell.dataset,
            cell.method,
            f"{metric}[{when}]",
            value,
            substitute=own.substitute,
            degenerate=degenerate,
            null=nulls.get(metric),
            **more,
        )
        for metric, value in scores.items()
    ]


class AttackExperiment(ThesisExperiment):
    """Every victim under both protocols; held out, and for defences, few seeds alone.

    Attributes
    ----------
    n_held_out, n_defended, n_defended_held_out : int
        Those seeds; at the scale of the thesis all are.
    """

    methods = tuple(VICTIMS)
    protocols = ("thesis", "held-out")
    n_held_out = 3
    n_defended, n_defended_held_out = 3, 3

    def cells(self, scale, seeds):
        cells = super().cells(scale, seeds)
        if scale == "paper":
            return cells
        return [cell for cell in cells if cell.seed in seeds[: self._n_seeds(cell)]]

    def _n_seeds(self, cell):
        thesis = cell.protocol == "thesis"
        if cell.method in DEFENCES:
            return self.n_defended if thesis else self.n_defended_held_out
        return None if thesis else self.n_held_out
