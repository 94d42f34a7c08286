"""The spill-over attack on a data set: victim, methods, rows and figures."""

import time

import numpy as np

from rfcore.attacks import SpilloverAttack, plots
from rfcore.attacks.base import restart_null
from rfcore.cluster import Agglomerative
from rfcore.cluster.oracle import fresh_labels
from rfcore.datasets import load
from rfcore.experiments.record import Cell, CellSkipped, Outcome, Row
from rfcore.metrics import coordinate_depth, n_switched
from rfcore.thesis import drawing
from rfcore.thesis.base import ThesisExperiment
from rfcore.thesis.spillover import peers
from rfcore.thesis.spillover.printed import PRINTED, claims_about
from rfcore.thesis.spillover.speed import query_speed

MAX_EVALS = {"smoke": 100, "small": 400, "paper": 400}

# What each row of the tables asks of SpilloverAttack beside the budget and the seed.
# Unless a row says otherwise the source is the thesis's k1, and the search begins with
# the structured starts.
METHODS = {
    "rbf": {},
    "rbf, either way": {"source": None},
    "starts": {"method": "starts"},
    "random after starts": {"method": "random"},
    "cmaes after starts": {"method": "cmaes"},
    "rbf alone": {"structured": False},
    "random": {"method": "random", "structured": False},
    "differential_evolution": {
        "method": peers.differential_evolution,
        "structured": False,
    },
    "dual_annealing": {"method": peers.dual_annealing, "structured": False},
}


class SpilloverExperiment(ThesisExperiment):
    """Attacks on a few data sets by each method, beside the released attack."""

    methods = ("released attack", *METHODS, "query speed")
    unseeded = ("released attack", "starts", "query speed")
    table_metrics = ("n_switched", "n_queries[to thesis]", "speed[scikit-learn]")
    n_null = 20
    image_shape = None
    features = None

    def seeds(self, scale):
        return tuple(range(1 if scale == "smoke" else 10))

    def cells(self, scale, seeds):
        return [
            Cell(self.id, dataset, method, seed, None, scale)
            for dataset in self.datasets
            for method in self.methods
            for seed in ((None,) if method in self.unseeded else seeds)
        ]

    def victim(self, data, seed):
        """The clusterer under attack."""
        return Agglomerative(2)

    def null(self, victim, data, labels):
        """Rows that switch when the clean data are refitted with other seeds."""
        return restart_null(victim, data.X, labels, self.n_null)

    @property
    def claims(self):
        return tuple(claim for name in self.datasets for claim in self.claims_on(name))

    def claims_on(self, name):
        """The claims about one of the data sets."""
        yield from claims_about(name)

    def run(self, cell):
        data = load(cell.dataset)
        victim = self.victim(data, cell.seed)
        if cell.method == "released attack":
            return self._released(data, victim)
        if cell.method == "query speed":
            return query_speed(
                data, victim, n_repeats=3 if cell.scale == "smoke" else 7
            )
        return self._attack(cell, data, victim)

    def _attack(self, cell, data, victim):
        labels = fresh_labels(victim, data.X)
        printed = PRINTED[cell.dataset]
        options = {"source": int(labels[printed.target_row]), **METHODS[cell.method]}
        attack = SpilloverAttack(
            max_evals=MAX_EVALS[cell.scale], random_state=cell.seed, n_null=1, **options
        )
        start = time.perf_counter()
        result = attack.run(victim, data.X)
        seconds = time.perf_counter() - start
        depth, depths = result.details["depth"].min(), result.details["clean_depths"]
        reached = result.queries_to(printed.switched)

        def row(metric, value, **more):
            return Row(cell.dataset, cell.method, metric, value, **more)

        rows = (
            row(
                "n_switched",
                result.after,
                seconds=seconds,
                null=self.null(victim, data, labels),
                n_queries=result.n_queries,
            ),
            row("n_queries[to thesis]", np.inf if reached is None else reached),
            row("coordinate_depth", depth),
            row("coordinate_depth[quantile]", np.mean(depths < depth)),
        )
        arrays = {
            "X_adv": result.X_adv,
            "labels": result.labels_before,
            "changed": result.changed,
            "switched": result.details["switched"],
            "trace": result.trace,
        }
        return Outcome(rows=rows, arrays=arrays)

    def _released(self, data, victim):
        """The authors' attacked matrix, scored by the same code."""
        if "X_adv" not in data.extras:
            raise CellSkipped(
                f"the released attack is not at hand: rfcore datasets fetch {data.name}"
            )
        X_adv, t = data.extras["X_adv"], int(data.extras["target_row"])
        before = fresh_labels(victim, data.X)
        after = fresh_labels(victim, X_adv)
        depths = coordinate_depth(X_adv, X_adv, after, variant="printed")
        outside = np.maximum(X_adv - data.X.max(axis=0), data.X.min(axis=0) - X_adv)
        values = {
            "n_switched": n_switched(before, after),
            "coordinate_depth[printed]": depths[t],
            "coordinate_depth[printed quantile]": np.mean(depths < depths[t]),
            "distance[outside range]": max(outside.max(), 0.0),
        }
        return [Row(data.name, "released attack", *item) for item in values.items()]

    def derived(self, rows):
        """How far rbf is above the structured starts alone, and above random."""
        counts = {
            (row.dataset, row.method, row.seed): row.value
            for row in rows
            if row.metric == "n_switched"
        }
        return [
            Row(name, "rbf", f"n_switched[above {other}]", value - peer, seed=seed)
            for (name, method, seed), value in counts.items()
            for other in ("starts", "random")
            for peer in [counts.get((name, other, None if other == "starts" else seed))]
            if method == "rbf" and peer is not None
        ]

    def summary(self, rows):
        values = {}
        for row in rows:
            values.setdefault((row.dataset, row.method, row.metric), []).append(
                row.value
            )
        lines = []
        for name in self.datasets:
            switched = values.get((name, "rbf", "n_switched"))
            queries = values.get((name, "rbf", "n_queries[to thesis]"))
            speed = values.get((name, "query speed", "speed[scikit-learn]"))
            if switched:
                line = f"{name}: thesis {PRINTED[name].switched}"
                line += f", rfcore {np.median(switched):g}"
                if np.isfinite(np.median(queries)):
                    line += f", the thesis's number in {np.median(queries):g} queries"
                if speed:
                    line += f", {speed[0]:.0f}x faster than scikit-learn"
                lines.append(line)
        return lines

    def figures(self, rows, out_dir, arrays):
        written = []
        for name in self.datasets:
            kept = {c: a for c, a in arrays.items() if c.dataset == name and a}
            traces = {}
            for cell, own in kept.items():
                traces.setdefault(cell.method, []).append(own["trace"])
            if traces:
                title = f"The search on {name}"
                figure = drawing.draw_search(traces, PRINTED[name].switched, title)
                written += drawing.save(figure, out_dir / f"search_{name}")
            for cell, own in kept.items():
                if (cell.method, cell.seed) == ("rbf", 0):
                    figure = self.draw(load(name), own)
                    written += drawing.save(figure, out_dir / f"switched_{name}")
        return written

    def draw(self, data, arrays):
        """The rows that switched cluster, as images or in three features."""
        X_adv, changed, switched = (arrays[k] for k in ("X_adv", "changed", "switched"))
        if data.image_shape is not None:
            return plots.images(X_adv, changed, switched, data.image_shape)
        return plots.scatter(
            X_adv,
            arrays["labels"],
            changed,
            switched,
            [data.feature_names.index(name) for name in self.features],
            feature_names=data.feature_names,
        )
