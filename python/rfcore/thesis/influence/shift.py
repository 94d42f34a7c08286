"""Figure 4.10: trimming for fairness where the data have shifted since training."""

import statistics
import time

import numpy as np

from rfcore._style import pyplot
from rfcore.experiments.claims import Claim
from rfcore.experiments.record import Cell, Outcome, Row, degenerate_rate
from rfcore.experiments.registry import register
from rfcore.influence import trim
from rfcore.thesis import drawing
from rfcore.thesis.base import ThesisExperiment
from rfcore.thesis.influence import census
from rfcore.thesis.influence.census import METHODS, SHIFTS

# Rows removed; the thesis removes the last number, 3.33 % of the training rows.
BUDGETS = {"smoke": (0, 600), "small": (0, 300, 600)}
BUDGETS["paper"] = tuple(range(0, 601, 100))
N_RANDOM = {"smoke": 2, "small": 10, "paper": 10}

_GAP = "demographic_parity[absolute]"
_WON = "won[demographic_parity]"
_RAISED = "won[accuracy]"


@register
class Figure410(ThesisExperiment):
    """Removed rows are the same for all methods: those of the plain model."""

    id = "figure-4.10"
    title = "Fairness under distribution shift, with and without trimming"
    description = (
        "Models are trained on California 2014 and used on California 2018 (time), "
        "Michigan 2014 (location) and Michigan 2018; the later rows are halved at "
        "random, ten times, into validation and test. Training rows are trimmed by "
        "their influence on the demographic parity of plain logistic regression on the "
        "validation rows. Under the thesis's protocol 600 of 18,000 rows are removed; "
        "held out, the number, none included, with the smallest gap on the validation "
        "rows. The null is the same number of rows removed at random, ten times; a "
        "panel is won where the gap is below its median, for a seed, and in the median "
        "over seeds."
    )
    datasets = SHIFTS
    methods = tuple(METHODS)
    protocols = ("thesis", "held-out")
    needs = ("acs_income",)
    table_metrics = (_GAP, "accuracy", "positive_rate", "n_removed")

    def seeds(self, scale):
        return tuple(range(1 if scale == "smoke" else 10))

    def cells(self, scale, seeds):
        """One cell for both protocols."""
        return [
            Cell(self.id, shift, method, seed, None, scale)
            for shift in self.datasets
            for method in self.methods
            for seed in seeds
        ]

    @property
    def claims(self):
        won = tuple(
            Claim(
                shift,
                method,
                _WON,
                None,
                low=1,
                protocol=protocol,
            )
            for shift in self.datasets
            for method in self.methods
            for protocol in self.protocols
        )
        raised = tuple(
            Claim(
                shift,
                method,
                _RAISED,
                None,
                low=1,
                protocol="thesis",
            )
            for shift in self.datasets
            for method in self.methods[1:]
        )
        return won + raised

    def run(self, cell):
        own = census.census()
        validation, test = own.halves(cell.dataset, cell.seed)
        scores = own.scores(validation)
        start = time.perf_counter()
        found, sizes = [], []
        for budget in BUDGETS[cell.scale]:
            trimmed = trim(scores, min(budget, len(own.train)))
            sizes.append(len(trimmed.removed))
            rows = own.train[trimmed.kept]
            found.append(census.predicted(cell.method, rows, validation))
        seconds = (time.perf_counter() - start) / len(found)
        checked = [own.measured(answer, validation)[_GAP] for answer in found]
        at = {"thesis": -1, "held-out": int(np.argmin(checked))}
        measured = [own.measured(answer, test) for answer in found]
        rows = self._rows(cell, measured[0], None, "[untrimmed]")
        arrays = {"untrimmed": self._point(measured[0])}
        nulls = {}
        for protocol, number in at.items():
            size, values = sizes[number], measured[number]
            if size not in nulls:
                nulls[size] = self._random(cell, own, size, validation, test)
            rows += self._rows(cell, values, protocol, null=nulls[size])
            rows += self._verdicts(cell, values, protocol, nulls[size])
            rows.append(
                Row(cell.dataset, cell.method, "n_removed", size, protocol=protocol,
                    seconds=seconds)
            )  # fmt: skip
            arrays[protocol] = self._point(values)
        return Outcome(rows=tuple(rows), arrays=arrays)

    def _random(self, cell, own, size, validation, test):
        """The measures of models without rows that are drawn at random."""
        # Nothing removed is the same model each time.
        n_draws = N_RANDOM[cell.scale] if size else 1
        return [
            own.measured(
                census.without_random_rows(cell.method, size, draw, validation),
                test,
            )
            for draw in range(n_draws)
        ]

    def _rows(self, cell, values, protocol, suffix="", null=()):
        degenerate = degenerate_rate(values["positive_rate"])
        return [
            Row(
                cell.dataset,
                cell.method,
                metric + suffix,
                value,
                protocol=protocol,
                null=[other[metric] for other in null] or None,
                degenerate=degenerate,
            )
            for metric, value in values.items()
        ]

    def _verdicts(self, cell, values, protocol, null):
        """Whether the gap is smaller, and the accuracy larger, than the null's."""
        gap = statistics.median(other[_GAP] for other in null)
        right = statistics.median(other["accuracy"] for other in null)
        won = {_WON: values[_GAP] < gap, _RAISED: values["accuracy"] > right}
        return [
            Row(cell.dataset, cell.method, metric, value, protocol=protocol,
                degenerate=degenerate_rate(values["positive_rate"]))
            for metric, value in won.items()
        ]  # fmt: skip

    def _point(self, values):
        return np.array([values[_GAP], values["accuracy"]])

    def derived(self, rows):
        """How many of the 15 panels are won under each protocol."""
        won = {}
        for row in rows:
            if row.metric == _WON:
                own = won.setdefault(row.protocol, {})
                value = 0.0 if row.degenerate else row.value
                own.setdefault((row.dataset, row.method), []).append(value)
        return [
            Row("all shifts", "trimming", "n_panels_won",
                sum(statistics.median(values) == 1 for values in panels.values()),
                protocol=protocol)
            for protocol, panels in won.items()
        ]  # fmt: skip

    def figures(self, rows, out_dir, arrays):
        return drawing.save(draw_moves(arrays), out_dir / "moves") if arrays else []


def draw_moves(arrays):
    """Draw accuracy against the gap, with an arrow from untrimmed to trimmed.

    Parameters
    ----------
    arrays : dict of Cell to dict of str to ndarray

    Returns
    -------
    matplotlib.figure.Figure
        A line of panels for each protocol, a panel a shift; arrows join medians over
        seeds, the dots are the trimmed models of all seeds.
    """
    shifts = list(dict.fromkeys(cell.dataset for cell in arrays))
    protocols = Figure410.protocols
    figure, axes = pyplot().subplots(
        len(protocols),
        len(shifts),
        figsize=(3.8 * len(shifts), 3.2 * len(protocols)),
        squeeze=False,
    )
    for line, protocol in zip(axes, protocols, strict=True):
        for ax, shift in zip(line, shifts, strict=True):
            _draw_panel(ax, arrays, shift, protocol)
            ax.set_title(f"{shift}, {protocol}", fontsize="small")
    for ax in axes[-1]:
        ax.set_xlabel("|demographic parity|")
    for ax in axes[:, 0]:
        ax.set_ylabel("accuracy")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.tight_layout(rect=(0, 0.05, 1, 1))
    figure.legend(handles, labels, loc="lower center", ncols=3, fontsize="x-small")
    return figure


def _draw_panel(ax, arrays, shift, protocol):
    for number, method in enumerate(METHODS):
        own = [
            found
            for cell, found in arrays.items()
            if (cell.dataset, cell.method) == (shift, method)
        ]
        if not own:
            continue
        color = f"C{number}"
        start, end = (
            np.median([found[part] for found in own], axis=0)
            for part in ("untrimmed", protocol)
        )
        seeds = np.array([found[protocol] for found in own])
        ax.plot(*seeds.T, ".", color=color, markersize=3, alpha=0.5)
        ax.plot(*start, "o", color=color, label=method, fillstyle="none")
        ax.annotate(
            "", xy=end, xytext=start, arrowprops={"arrowstyle": "->", "color": color}
        )
