"""Figure 3.1: silhouettes of vanilla, fair and antidote clusterings."""

import numpy as np

from rfcore._style import pyplot
from rfcore.experiments.registry import register
from rfcore.thesis import drawing
from rfcore.thesis.antidote.cases import COMPARATORS, case_of
from rfcore.thesis.antidote.printed import DATASETS, METHODS, PRINTED
from rfcore.thesis.antidote.tables import row_maker, search
from rfcore.thesis.base import ThesisExperiment

_WHAT = ("vanilla", "comparator", "antidote")


@register
class Figure31(ThesisExperiment):
    id = "figure-3.1"
    title = "Silhouettes of vanilla, fair and antidote clusterings (k = 2)"
    description = (
        "The antidote clusterings are those of table 3.1 under the thesis's protocol. "
        "Bera's labels are the fair ones. Bars are means over the seeds, of 4,000 rows "
        "drawn once in data sets of more; at the scale of the thesis of all rows."
    )
    datasets = DATASETS
    methods = METHODS
    protocols = ("thesis",)

    def run(self, cell):
        own = case_of(cell)
        row = row_maker(cell)
        n_rows = PRINTED[cell.dataset, cell.method].n_rows
        result, _ = search(cell, own, n_rows=n_rows)
        labelings = result.labels_before, own.comparator[1], result.labels
        return [
            row(f"silhouette[{what}]", own.scores(labels)["silhouette"])
            for what, labels in zip(_WHAT, labelings, strict=True)
        ]

    def figures(self, rows, out_dir, arrays):
        if not rows:
            return []
        return drawing.save(draw_bars(rows), out_dir / "silhouette")


def draw_bars(rows):
    """Draw a panel for each combination, three bars for each data set.

    Parameters
    ----------
    rows : list of Row

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, axes = pyplot().subplots(1, len(METHODS), figsize=(12, 3.6), sharey=True)
    at, width = np.arange(len(DATASETS)), 0.8 / len(_WHAT)
    for ax, method in zip(axes, METHODS, strict=True):
        for i, what in enumerate(_WHAT):
            heights = [
                _mean(rows, dataset, method, f"silhouette[{what}]")
                for dataset in DATASETS
            ]
            name = COMPARATORS[method] if what == "comparator" else what
            ax.bar(at + (i - 1) * width, heights, width, label=name)
        ax.set_xticks(at, [name.removesuffix("_clustering") for name in DATASETS])
        ax.set_title(method, fontsize="medium")
        ax.legend(fontsize="small")
    axes[0].set_ylabel("silhouette")
    figure.tight_layout()
    return figure


def _mean(rows, dataset, method, metric):
    about = dataset, method, metric
    own = [r.value for r in rows if (r.dataset, r.method, r.metric) == about]
    return np.mean(own) if own else np.nan
