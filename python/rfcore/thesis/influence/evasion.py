"""Figure 4.11: trimming training rows against an attacker who moves test rows."""

import statistics

import numpy as np

from rfcore._style import COLORS, pyplot
from rfcore.attacks import BoundaryAttack
from rfcore.attacks.classifiers.base import share_right
from rfcore.experiments.claims import Claim
from rfcore.experiments.paired import mean_interval
from rfcore.experiments.record import (
    Cell,
    Outcome,
    Row,
    degenerate_rate,
    marked,
    substitutes_of,
)
from rfcore.experiments.registry import register
from rfcore.influence import InfluenceFunction, trim
from rfcore.thesis import drawing
from rfcore.thesis.base import ThesisExperiment
from rfcore.thesis.influence.figures import SETS, panel

# The attacker's share of the test rows is drawn between these (thesis 4.2.5.3).
SHARES = (0.05, 0.25)

# The defender's share of the training rows.
BUDGET = 0.025

# How often as many random rows are trimmed in place of the defender's.
N_RANDOM = {"smoke": 1, "small": 3, "paper": 10}

_AFTER = "accuracy[attacked]"
_ANEW = "accuracy[attacked anew]"

# What is compared over the attacker's draws: a metric of a method with another one.
DIFFERENCES = {
    "attacked, over random rows": (
        (_AFTER, "trimmed"),
        (_AFTER, "random rows trimmed"),
    ),
    "attacked, over the accuracy before": (
        (_AFTER, "trimmed"),
        ("accuracy", "untrimmed"),
    ),
    "attacked anew, over no trimming": (
        (_ANEW, "trimmed"),
        (_AFTER, "untrimmed"),
    ),
}
_NOTES = {
    "attacked, over random rows": "drawn in the thesis, not printed",
    "attacked, over the accuracy before": "the thesis: well beyond that before",
    "attacked anew, over no trimming": "not in the thesis: it sees the trimmed model",
}

_MIN_SEEDS = 10


def attacked(model, X, y, rows):
    """All rows, some of them moved across a model's boundary."""
    X = X.copy()
    X[rows] = (
        BoundaryAttack(n_null=1, random_state=0).run(model, X[rows], y[rows]).X_adv
    )
    return X


def drawn_rows(n, seed):
    """The rows that the attacker of a seed moves: a random share of n."""
    rng = np.random.default_rng(seed)
    return rng.permutation(n)[: int(rng.uniform(*SHARES) * n)]


@register
class Figure411(ThesisExperiment):
    """The rows that the attacker moves are the same before and after trimming."""

    id = "figure-4.11"
    title = "Trimming against adaptive evasion (four data sets)"
    description = (
        "The attacker moves a random 5 to 25 % of the test rows across the boundary of "
        "the untrimmed model; the defender removes 2.5 % of the training rows by their "
        "influence on the loss of adversarial rows. Under the thesis's protocol these "
        "are the test rows that are reported, as attacked; held out, all validation "
        "rows, which the defender attacks. Attacked: the rows made for the untrimmed "
        "model. Attacked anew: the same rows moved across the boundary of the model "
        "that is reported, by an attacker who sees the defense. Differences are paired "
        "by seed; the lower end is that of the 95 % interval of their mean over ten "
        "draws of the attacker, not of the data."
    )
    datasets = SETS
    methods = ("untrimmed", "trimmed", "random rows trimmed")
    protocols = ("thesis", "held-out")
    table_metrics = (
        "accuracy",
        _AFTER,
        _ANEW,
        "positive_rate",
        "n_removed",
        *(f"difference[{word}]" for word in DIFFERENCES),
        *(f"difference[{word}, upper end]" for word in DIFFERENCES),
    )

    @property
    def claims(self):
        return tuple(
            Claim(
                name,
                "trimmed",
                f"difference[{word}, lower end]",
                None,
                low=0.0,
                protocol=protocol,
                note=_NOTES[word],
            )
            for name in self.datasets
            for word in DIFFERENCES
            for protocol in self.protocols
        )

    def seeds(self, scale):
        return tuple(range(1 if scale == "smoke" else 10))

    def cells(self, scale, seeds):
        """One cell for both protocols: they share the attack and the random rows."""
        return [
            Cell(self.id, name, "trimmed", seed, None, scale)
            for name in self.datasets
            for seed in seeds
        ]

    def run(self, cell):
        own = panel(cell.dataset)
        X, y = own.X[own.test], own.y[own.test]
        rows = drawn_rows(len(X), cell.seed)
        X_adv = attacked(own.model, X, y, rows)
        influence = InfluenceFunction().fit(
            own.model, own.X[own.train], own.y[own.train]
        )
        kept = _kept(own, influence, X_adv, y)

        def measured(model):
            anew = attacked(model, X, y, rows)
            return {
                "accuracy": share_right(model.predict(X), y),
                _AFTER: share_right(model.predict(X_adv), y),
                _ANEW: share_right(model.predict(anew), y),
                "positive_rate": float(np.mean(model.predict(X))),
            }

        untrimmed = measured(own.model)
        null = {
            size: [measured(model) for model in _random_models(own, size, cell)]
            for size in {len(stay) for stay in kept.values()}
        }
        found, arrays = [], {}
        for protocol, stay in kept.items():
            drawn = null[len(stay)]
            answers = {
                "untrimmed": untrimmed,
                "trimmed": measured(own.trained(own.train[stay])),
                "random rows trimmed": {
                    metric: statistics.fmean(one[metric] for one in drawn)
                    for metric in untrimmed
                },
            }
            found += [
                _row(cell.dataset, method, metric, value, protocol, drawn)
                for method, values in answers.items()
                for metric, value in values.items()
            ]
            n_removed = len(own.train) - len(stay)
            found.append(Row(cell.dataset, "trimmed", "n_removed", n_removed,
                             protocol=protocol))  # fmt: skip
            arrays[protocol] = _accuracies(answers)
        found.append(Row(cell.dataset, "attacker", "n_moved", len(rows)))
        found.append(Row(cell.dataset, "attacker", "share_moved", len(rows) / len(X)))
        return Outcome(rows=tuple(marked(found, own.substitutes)), arrays=arrays)

    def derived(self, rows):
        """The mean differences over the attacker's draws, with their intervals."""
        values = {
            (row.dataset, row.protocol, row.metric, row.method, row.seed): row.value
            for row in rows
        }
        found = []
        for name in self.datasets:
            for protocol in self.protocols:
                for word, pair in DIFFERENCES.items():
                    own = _differences(values, name, protocol, *pair)
                    found += _summary(name, protocol, word, own)
        return marked(found, substitutes_of(rows))

    def figures(self, rows, out_dir, arrays):
        return drawing.save(draw_panels(arrays), out_dir / "panels") if arrays else []


def _kept(own, influence, X_adv, y):
    """The training rows that stay, under each protocol."""
    validation = np.arange(len(own.validation))
    held = own.X[own.validation], own.y[own.validation]
    seen = {
        "thesis": (X_adv, y),
        "held-out": (attacked(own.model, *held, validation), held[1]),
    }
    return {
        protocol: trim(influence.scores(*rows, target="loss"), BUDGET).kept
        for protocol, rows in seen.items()
    }


def _random_models(own, n_kept, cell):
    """Models of as many training rows, drawn at random."""
    rng = np.random.default_rng([cell.seed, 1])
    return [
        own.trained(np.sort(rng.permutation(own.train)[:n_kept]))
        for _ in range(N_RANDOM[cell.scale])
    ]


def _row(name, method, metric, value, protocol, random):
    null = [one[metric] for one in random] if method == "trimmed" else None
    degenerate = degenerate_rate(value) if metric == "positive_rate" else ""
    return Row(name, method, metric, value, protocol=protocol, null=null,
               degenerate=degenerate)  # fmt: skip


def _accuracies(answers):
    """What is drawn: the accuracy before, then the attacked ones, and the last anew."""
    return np.array(
        [
            answers["untrimmed"]["accuracy"],
            *(answers[method][_AFTER] for method in Figure411.methods),
            answers["trimmed"][_ANEW],
        ]
    )


def _differences(values, name, protocol, first, second):
    """One value over another, by the seeds that have both."""
    seeds = sorted({key[-1] for key in values if key[-1] is not None})
    keys = [[(name, protocol, *one, seed) for one in (first, second)] for seed in seeds]
    return [values[a] - values[b] for a, b in keys if a in values and b in values]


def _summary(name, protocol, word, differences):
    if not differences:
        return []
    mean = statistics.fmean(differences)
    rows = [Row(name, "trimmed", f"difference[{word}]", mean, protocol=protocol)]
    if len(differences) >= _MIN_SEEDS:
        _, low, high = mean_interval(differences)
        for end, value in (("lower", low), ("upper", high)):
            metric = f"difference[{word}, {end} end]"
            rows.append(Row(name, "trimmed", metric, value, protocol=protocol))
    return rows


def draw_panels(arrays):
    """Draw the accuracies over the attacker's draws as boxes, a panel for each set.

    Parameters
    ----------
    arrays : dict of Cell to dict of str to ndarray

    Returns
    -------
    matplotlib.figure.Figure
        A line of panels for each protocol; dashed is the accuracy before the attack.
    """
    names = list(dict.fromkeys(cell.dataset for cell in arrays))
    words = ("attacked", "trimmed", "random", "trimmed,\nattacked anew")
    protocols = Figure411.protocols
    figure, axes = pyplot().subplots(
        len(protocols),
        len(names),
        figsize=(3.8 * len(names), 3.2 * len(protocols)),
        squeeze=False,
    )
    for line, protocol in zip(axes, protocols, strict=True):
        for ax, name in zip(line, names, strict=True):
            own = [a[protocol] for cell, a in arrays.items() if cell.dataset == name]
            values = np.array(own)
            ax.boxplot(values[:, 1:], whis=(0, 100))
            ax.axhline(values[0, 0], color=COLORS[5], linestyle="--")
            ax.set_xticks(range(1, len(words) + 1), words, fontsize="x-small")
            ax.set_title(f"{name}, {protocol}", fontsize="small")
        line[0].set_ylabel("accuracy (dashed: before)")
    figure.tight_layout()
    return figure
