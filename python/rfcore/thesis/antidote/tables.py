"""Tables 3.1 and 3.2: fairness costs with antidote data, without, and of rivals."""

import math
import time

import numpy as np

from rfcore._shares import count_of
from rfcore.cluster import KMeans
from rfcore.experiments.claims import Claim
from rfcore.experiments.record import Row
from rfcore.experiments.registry import register
from rfcore.metrics import balance
from rfcore.thesis.antidote.cases import COMPARATORS, EVALS, N_CLUSTERS, case_of
from rfcore.thesis.antidote.printed import (
    DATASETS,
    METHODS,
    PRINTED,
    SOCIAL,
    SPECTRAL,
    VANILLA,
    VANILLA_NOTES,
    VANILLA_WITHIN,
)
from rfcore.thesis.base import ThesisExperiment

# Twelve cells, and in how many of them something should hold.
ALL = "all"
_N_GAINS = 9
_N_BELOW = 8

# Of all rows, and of the 1,000 that combination 3 draws.
SHARE_OF_ALL = "share[n_rows allowed]"
SHARE_OF_DRAWN = "share[n_rows allowed, of 1,000]"

# What counts as below: half a unit of the last digit of a double near 1 would not.
_STRICTLY = 1e-9

# Table 3.2 adds up to nearly half as many rows as there are, in so many rounds.
_ROUNDS = 10
_SHARE_A_ROUND = 0.05

# Its seeds of searches for social cost at the small scale.
_N_SOCIAL = 3

# What a note says of a gain that stays when the rows are taken away, and how far apart
# costs may be of one clustering.
ANOTHER_OPTIMUM = "another local optimum"
_ROUNDING = 1e-9

# Silhouettes are dear; see `Case.scores`.
_SAMPLED = (
    "Silhouettes are those of 4,000 rows, drawn once, in data sets of more; at the "
    "scale of the thesis of all rows."
)


def row_maker(cell):
    """row(metric, value, ...) for a cell."""

    def row(metric, value, **more):
        return Row(cell.dataset, cell.method, metric, value, **more)

    return row


def score_rows(row, own, labels, what):
    """The three scores of a clustering."""
    return [row(f"{name}[{what}]", value) for name, value in own.scores(labels).items()]


def search(cell, own, **more):
    """Algorithm 3 on a cell: its result, its rows, its seconds."""
    start = time.perf_counter()
    found = own.antidote(cell.protocol, cell.seed, **more)
    result = found.fit(own.X, groups=own.groups).result_
    return result, time.perf_counter() - start


def _degenerate(result):
    return "a cluster holds no original row" if result.clusters_used[1] < 2 else ""


class AntidoteTable(ThesisExperiment):
    """Combinations of a clusterer and a fairness cost on four data sets."""

    datasets = DATASETS
    methods = METHODS
    protocols = ("held-out", "thesis")

    def seeds(self, scale):
        """Ten, so that gains are judged; k-means cells differ by the search alone."""
        return tuple(range(1 if scale == "smoke" else 10))

    def _taken_away(self, row, own, result):
        """Where k-means goes when the antidote rows leave: rows, and a note.

        The note says so where that is not the cost before: another local optimum.
        """
        if own.centers is None:
            return [], ""
        plain = KMeans(N_CLUSTERS, init=result.centers, tol=0, max_iter=1000)
        back = own.cost(plain.fit(own.X).cluster_centers_)
        same = math.isclose(
            back, result.cost_before, rel_tol=_ROUNDING, abs_tol=_ROUNDING
        )
        rows = [row("cost[after, rows taken away]", back)]
        return rows, "" if same else ANOTHER_OPTIMUM


@register
class Table31(AntidoteTable):
    id = "table-3.1"
    title = "Fairness costs with a few antidote rows and without (k = 2)"
    description = (
        "Before is Lloyd's algorithm at its fixed point, after is the same from those "
        "centers with the rows added; spectral clustering is fitted anew, on 1,000 "
        "rows drawn by the seed. Held out, the rows lie in the observed range of each "
        "feature; under the thesis's protocol anywhere. An answer in which a cluster "
        "holds no original row is refused under both. The null is the median gain of "
        "as many random rows in the range. Where k-means does not go back when the "
        "rows are taken away, a note of the gain says so. " + _SAMPLED
    )
    table_metrics = ("cost[before]", "cost[after]", "gain", "n_rows")

    @property
    def claims(self):
        count = Claim(
            ALL,
            ALL,
            "n_cells[gain >= printed]",
            None,
            low=_N_GAINS,
            protocol="thesis",
            min_seeds=1,
        )
        return (*(c for key in PRINTED for c in self._claims(*key)), count)

    def _claims(self, dataset, method):
        printed = PRINTED[dataset, method]
        own = dataset, method
        vanilla = VANILLA.get(own)
        if vanilla is not None:
            low, high = vanilla - VANILLA_WITHIN, vanilla + VANILLA_WITHIN
            given = {"direction": "equal", "min_seeds": 1, "protocol": "held-out"}
            given["note"] = VANILLA_NOTES.get(own, "")
            yield Claim(*own, "cost[before]", printed.before, low, high, **given)
        yield Claim(
            *own,
            "gain",
            None,
            low=_STRICTLY,
            above_null=True,
            protocol="held-out",
        )
        note = ""
        if own == ("adult_clustering", "k-means, social"):
            note = (
                "The printed gain is a change of basin: 5.37 is the balanced one, "
                "4.21 that in which 47 rows of high capital gain are a cluster."
            )
        gain = round(printed.before - printed.after, 4)
        yield Claim(*own, "gain", gain, protocol="thesis", note=note)
        if method == SPECTRAL:
            yield Claim(
                *own,
                SHARE_OF_DRAWN,
                printed.ratio,
                direction="at_most",
                min_seeds=1,
                protocol="thesis",
                contradicted_by=SHARE_OF_DRAWN,
                misprint="combination 3 clusters 1,000 rows, and one row added is "
                "0.001 of them; the printed ratio divides by the full set",
                decimals=5,
            )

    def run(self, cell):
        own = case_of(cell)
        row = row_maker(cell)
        n_rows = PRINTED[cell.dataset, cell.method].n_rows
        result, seconds = search(cell, own, n_rows=n_rows)
        null = float(np.median(result.null))
        about = {"degenerate": _degenerate(result)}
        taken_away, note = self._taken_away(row, own, result)
        rows = [
            row("cost[before]", result.cost_before, note=own.stand_in),
            row(
                "cost[after]",
                result.cost_after,
                seconds=seconds,
                n_queries=result.n_queries,
                **about,
            ),
            row(
                "gain",
                result.gain,
                null={"min": null, "max": null},
                note=note,
                **about,
            ),
            row("n_rows", len(result.V)),
            row(
                SHARE_OF_DRAWN if cell.method == SPECTRAL else SHARE_OF_ALL,
                n_rows / len(own.X),
            ),
            row("n_switched", result.n_switched),
            row("k_means_cost[before]", result.k_means_cost_before),
            row("k_means_cost[after]", result.k_means_cost_after),
            *taken_away,
        ]
        if own.least_inertia is not None:
            least = own.cost(own.least_inertia)
            rows.append(row("cost[before, basin of least inertia]", least))
        rows += score_rows(row, own, result.labels_before, "before")
        return rows + score_rows(row, own, result.labels, "after")

    def derived(self, rows):
        return counted(rows, "gain", "n_cells[gain >= printed]", self._printed_gain)

    @staticmethod
    def _printed_gain(key):
        printed = PRINTED[key]
        return round(printed.before - printed.after, 4)


@register
class Table32(AntidoteTable):
    id = "table-3.2"
    title = "Fairness costs with antidote rows and of fair algorithms (k = 2)"
    description = (
        "The comparator's cost is the goal of the search, which may add up to nearly "
        "half as many rows as there are, as the thesis did. Bera's clusters are scored "
        "twice: by its fair labels, which are what it is for, and by the nearest of "
        "its centers, which the thesis printed. Those are the centers of k-means, so "
        "the second score is that of k-means itself. FairSpectral has the means of its "
        "clusters for centers. Below the scale of the thesis social cells have 3 of "
        "the 10 seeds, for their searches go on through all rounds, and cells held out "
        "1. " + _SAMPLED
    )
    protocols = ("thesis", "held-out")
    table_metrics = (
        "balance_cost[comparator, fair labels]",
        "cost[comparator]",
        "cost[after]",
        "share[n_rows]",
    )

    def cells(self, scale, seeds):
        """Held out, one seed alone; at the scale of the thesis all.

        Of the searches for social cost a few: they go on through all rounds.
        """
        cells = super().cells(scale, seeds)
        if scale == "paper":
            return cells
        few = {"held-out": seeds[:1], "thesis": seeds}
        return [
            cell
            for cell in cells
            if cell.seed in few[cell.protocol]
            and (cell.method != SOCIAL or cell.seed in seeds[:_N_SOCIAL])
        ]

    @property
    def claims(self):
        below = [
            Claim(
                *key,
                "cost[below comparator]",
                round(printed.comparator - printed.after_comparator, 4),
                low=_STRICTLY,
                high=max(_STRICTLY, printed.comparator - printed.after_comparator),
                protocol="thesis",
                min_seeds=_N_SOCIAL if key[1] == SOCIAL else 10,
            )
            for key, printed in PRINTED.items()
        ]
        return (
            *below,
            Claim(
                ALL,
                ALL,
                "n_cells[below comparator]",
                None,
                low=_N_BELOW,
                protocol="thesis",
                min_seeds=1,
            ),
        )

    def run(self, cell):
        own = case_of(cell)
        row = row_maker(cell)
        centers, fair_labels = own.comparator
        goal = own.cost(centers)
        step = max(1, count_of(_SHARE_A_ROUND, len(own.X)))
        result, seconds = search(
            cell,
            own,
            alpha=goal - _STRICTLY,
            n_rows=10,
            step=step,
            max_iter=_ROUNDS,
            max_evals=EVALS[cell.scale],
        )
        about = {"degenerate": _degenerate(result)}
        taken_away, note = self._taken_away(row, own, result)
        rows = [
            row("cost[before]", result.cost_before),
            row("cost[comparator]", goal, note=f"{COMPARATORS[cell.method]}"),
            row(
                "cost[after]",
                result.cost_after,
                seconds=seconds,
                n_queries=result.n_queries,
                note=result.stopped,
                **about,
            ),
            row("cost[below comparator]", goal - result.cost_after, note=note, **about),
            row("share[n_rows]", len(result.V) / len(own.X)),
            row("n_switched", result.n_switched),
            *taken_away,
        ]
        rows += self._by_fair_labels(row, own, fair_labels)
        rows += score_rows(row, own, fair_labels, "comparator")
        return rows + score_rows(row, own, result.labels, "after")

    def _by_fair_labels(self, row, own, labels):
        """The balance cost of the comparator's own labels."""
        value = -balance(labels, own.groups)
        return [row("balance_cost[comparator, fair labels]", value)]

    def derived(self, rows):
        return counted(
            rows,
            "cost[below comparator]",
            "n_cells[below comparator]",
            lambda key: _STRICTLY,
        )


def counted(rows, metric, name, bar):
    """In how many cells the median over seeds reaches a bar.

    Parameters
    ----------
    rows : list of Row
    metric : str
        Which rows.
    name : str
        Of the new rows.
    bar : callable
        ``bar((dataset, method))`` gives the bar.

    Returns
    -------
    list of Row
        One for each protocol in which all cells are there; degenerate ones do not
        count.
    """
    found = {}
    for row in rows:
        if row.metric == metric and (row.dataset, row.method) in PRINTED:
            value = float("-inf") if row.degenerate else row.value
            cells = found.setdefault(row.protocol, {})
            cells.setdefault((row.dataset, row.method), []).append(value)
    return [
        Row(
            ALL,
            ALL,
            name,
            sum(np.median(own) >= bar(key) for key, own in cells.items()),
            protocol=protocol,
        )
        for protocol, cells in found.items()
        if len(cells) == len(PRINTED)
    ]
