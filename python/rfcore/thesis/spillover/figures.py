"""Figures 2.1 to 2.7: the toy of theorem 2.2.1, and one attack on each data set."""

import numpy as np

from rfcore._style import pyplot
from rfcore.attacks import SpilloverAttack, plots
from rfcore.cluster import KMeans
from rfcore.experiments.claims import Claim
from rfcore.experiments.record import Cell, Outcome, Row
from rfcore.experiments.registry import register
from rfcore.metrics import cluster_depth, coordinate_depth
from rfcore.thesis import drawing
from rfcore.thesis.base import ThesisExperiment
from rfcore.thesis.spillover import tables

_ROWS_PER_CLUSTER = 20


def toy_data(seed):
    """The toy of 2.2.6.1: Gaussians of deviation 1.45 and 0.75 at (1, 0) and (5, 0).

    Returns
    -------
    float64 array of shape (40, 2)
        20 rows of each; the thesis does not say how many it draws.
    """
    rng = np.random.default_rng(seed)
    wide = rng.normal((1.0, 0.0), 1.45, size=(_ROWS_PER_CLUSTER, 2))
    narrow = rng.normal((5.0, 0.0), 0.75, size=(_ROWS_PER_CLUSTER, 2))
    return np.concatenate([wide, narrow])


@register
class Figure21(ThesisExperiment):
    """The attack where theorem 2.2.1's assumptions can be checked by eye."""

    id = "figure-2.1"
    title = "Spill-over attack on two Gaussians, with equi-depth contours"
    description = (
        "Theorem 2.2.1 asks that the target lies toward the other center and that a "
        "spilled row lies toward the target: both inner products are >= 0. The sample "
        "of the thesis is not published, so its values need not recur; a row "
        "may spill over, and in most samples none does. Drawn is the sample with the "
        "largest effect."
    )
    datasets = ("gaussians",)
    methods = ("rbf",)
    needs = ()
    claims = (
        Claim("gaussians", "rbf", "n_switched", 2, statistic="max", above_null=True),
        Claim("gaussians", "rbf", "inner_product[target]", 5.0511, 0, statistic="min"),
        Claim(
            "gaussians",
            "rbf",
            "inner_product[spilled]",
            1.2872,
            0,
            statistic="min",
            min_seeds=1,
        ),
    )

    def seeds(self, scale):
        return tuple(range(1 if scale == "smoke" else 10))

    def run(self, cell):
        X = toy_data(cell.seed)
        victim = KMeans(2, random_state=cell.seed)
        labels = victim.fit(X).labels_
        wide = int(labels[:_ROWS_PER_CLUSTER].mean() > 0.5)
        attack = SpilloverAttack(
            source=wide, target=1 - wide, max_evals=200, random_state=cell.seed
        )
        result = attack.run(victim, X)
        t = result.changed[0]
        center, other = X[labels == wide].mean(axis=0), X[labels != wide].mean(axis=0)
        toward_target = (X - center) @ (X[t] - center)
        spilled = np.setdiff1d(result.details["switched"], [t])
        rows = [
            Row(
                "gaussians",
                "rbf",
                "n_switched",
                result.after,
                n_queries=result.n_queries,
                null=result.null,
            ),
            Row(
                "gaussians",
                "rbf",
                "inner_product[target]",
                (X[t] - center) @ (other - center),
            ),
        ]
        if spilled.size:
            product = toward_target[spilled].min()
            rows.append(Row("gaussians", "rbf", "inner_product[spilled]", product))
        arrays = {
            "X": X,
            "X_adv": result.X_adv,
            "labels": labels,
            "changed": result.changed,
            "switched": result.details["switched"],
        }
        return Outcome(rows=tuple(rows), arrays=arrays)

    def figures(self, rows, out_dir, arrays):
        if not arrays:
            return []
        cell = max(arrays, key=lambda cell: (len(arrays[cell]["switched"]), -cell.seed))
        figure = draw_toy(arrays[cell])
        figure.suptitle(f"The largest effect: seed {cell.seed} of {len(arrays)}")
        figure.tight_layout()
        return drawing.save(figure, out_dir / "toy")


def draw_toy(arrays):
    """Clean rows, attacked rows, and the contours of both depths (figure 2.1)."""
    X, X_adv, labels = arrays["X"], arrays["X_adv"], arrays["labels"]
    changed, none = arrays["changed"], np.empty(0, dtype=np.int64)
    figure, axes = pyplot().subplots(2, 2, figsize=(11, 9), sharex=True, sharey=True)
    low, high = X.min(axis=0) - 1, X.max(axis=0) + 1
    grid = np.meshgrid(*np.linspace(low, high, 150).T)
    points = np.stack([axis.ravel() for axis in grid], axis=1)
    panels = (
        ("clean data and target", X, none, cluster_depth),
        ("the target has moved", X_adv, none, cluster_depth),
        ("rows that spilled over", X_adv, arrays["switched"], cluster_depth),
        (
            "contours of the coordinate depth",
            X_adv,
            arrays["switched"],
            coordinate_depth,
        ),
    )
    for ax, (title, rows, switched, depth) in zip(axes.flat, panels, strict=True):
        levels = depth(points, X, labels).reshape(grid[0].shape)
        ax.contour(*grid, levels, levels=np.arange(0.1, 2.0, 0.1), cmap="Greys_r",
                   linewidths=0.6)  # fmt: skip
        plots.scatter(rows, labels, changed, switched, [0, 1], ax)
        ax.set_title(title)
    figure.tight_layout()
    return figure


class AttackFigure(ThesisExperiment):
    """One attack of a table, drawn: the cell of its rbf row with seed 0."""

    table = None
    methods = ("rbf",)

    def cells(self, scale, seeds):
        return [Cell(self.id, name, "rbf", 0, None, scale) for name in self.datasets]

    def run(self, cell):
        return self.table().run(cell)

    def figures(self, rows, out_dir, arrays):
        return self.table().figures(rows, out_dir, arrays)


@register
class Figure22(AttackFigure):
    id = "figure-2.2"
    title = "Digit images that switch cluster, 4 to 1"
    datasets, table = ("digits_1_4",), tables.Table21


@register
class Figure23(AttackFigure):
    id = "figure-2.3"
    title = "Digit images that switch cluster, 9 to 8"
    datasets, table = ("digits_8_9",), tables.Table21


@register
class Figure24(AttackFigure):
    id = "figure-2.4"
    title = "MNIST images that switch cluster, 4 to 1"
    datasets, table = ("mnist_1_4",), tables.Table22


@register
class Figure25(AttackFigure):
    id = "figure-2.5"
    title = "MNIST images that switch cluster, 3 to 2"
    datasets, table = ("mnist_2_3",), tables.Table22


@register
class Figure26(AttackFigure):
    id = "figure-2.6"
    title = "Wheat kernels in area, perimeter and compactness"
    datasets, table = ("seeds_kama_rosa",), tables.Section2264


@register
class Figure27(AttackFigure):
    id = "figure-2.7"
    title = "Hand postures in the Z coordinates of three markers"
    datasets, table = ("hand_postures",), tables.Section2265
