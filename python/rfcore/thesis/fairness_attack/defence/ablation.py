"""Section 4.1.5: which part of consensus fair clustering does the work."""

import time

import numpy as np

from rfcore.experiments.record import Row
from rfcore.experiments.registry import register
from rfcore.fair import ConsensusFairAssignment, FairAssignmentLP, ScalableFairlets
from rfcore.metrics import nmi
from rfcore.thesis.base import ThesisExperiment
from rfcore.thesis.fairness_attack.cases import (
    case,
    random_groups,
    seed_of,
    shared_partitions,
)
from rfcore.thesis.fairness_attack.victims import CONSENSUS_LP, SETTINGS, consensus

FULL, LARGEST = "CFC", "largest assignment"
_LOSSES = ("contrastive_weight", "alpha", "beta")
_NAMES = dict(zip(_LOSSES, ("L_c", "L_f", "L_p"), strict=True))

# Options beside the thesis's by name; the weights of losses that are off are 0.
VARIANTS = {
    FULL: {},
    **{f"without {_NAMES[loss]}": {loss: 0.0} for loss in _LOSSES},
    **{
        f"{_NAMES[own]} alone": {loss: 0.0 for loss in _LOSSES if loss != own}
        for own in _LOSSES
    },
    "one k-means for the consensus": {
        "n_partitions": 1,
        "max_samples": 1.0,
        "max_features": 1.0,
    },
    LARGEST: {"decision": "largest"},
    f"{LARGEST}, without L_c": {"decision": "largest", "contrastive_weight": 0.0},
}

TARGETS = {
    "J of a linear program": lambda own: FairAssignmentLP(own.n_clusters),
    "J of SFD": lambda own: _fairlets(own, "nearest"),
    "J of whole fairlets": lambda own: _fairlets(own, "fairlet"),
    f"J of {CONSENSUS_LP}": lambda own: ConsensusFairAssignment(own.n_clusters),
}
ITSELF = "J itself"


def _fairlets(own, assignment):
    return ScalableFairlets(own.n_clusters, p=own.p, q=own.q, assignment=assignment)


def _trained(own, seed, name, partitions, smoke):
    """The clusterer of a method; of J itself what fits J, and little else."""
    more = dict(VARIANTS.get(name, {}))
    if "n_partitions" not in more:
        more["partitions"] = partitions
    if name in TARGETS:
        more["target_clusterer"] = TARGETS[name](own)
    if smoke or name == ITSELF:
        more |= {"max_iter": 5, "n_init": 1}
    return consensus(own, seed, **more)


@register
class Section415(ThesisExperiment):
    """CFC without some of its losses, with other targets, and its targets alone."""

    id = "section-4.1.5"
    title = "Consensus fair clustering part by part"
    description = (
        "Measures before are under the true groups. After, the first half of the "
        "attackable rows have uniformly random groups, from which J is fitted too. "
        "nmi[J] compares labels with J over all rows; share[L_p] is the part of the "
        "structural loss in the weighted losses at the end, by absolute value. "
        "Without L_c nothing of the consensus is left."
    )
    datasets = ("inverted_digits", "mnist_usps")
    methods = (*VARIANTS, *TARGETS, ITSELF)
    table_metrics = (
        "balance[before]",
        "balance[after]",
        "clusters_used[before]",
        "nmi[before]",
        "accuracy[before]",
        "nmi[J]",
        "share[L_p]",
    )

    def run(self, cell):
        own, seed = case(cell.dataset, "thesis", cell.scale), seed_of(cell.seed)
        setting, smoke = SETTINGS[cell.dataset], cell.scale == "smoke"
        partitions = shared_partitions(cell.dataset, seed, cell.scale)
        victim = _trained(setting, seed, cell.method, partitions, smoke)
        rows = []
        for when, groups in (
            ("before", own.groups),
            ("after", random_groups(own, cell)),
        ):
            start = time.perf_counter()
            victim.fit(own.X, groups=groups)
            seconds = time.perf_counter() - start
            itself = cell.method == ITSELF
            labels = victim.targets_ if itself else victim.labels_
            rows += [
                Row(cell.dataset, cell.method, f"{metric}[{when}]", value,
                    seconds=seconds)
                for metric, value in own.scores(labels).items()
            ]  # fmt: skip
            if when == "before" and not itself:
                rows += self._parts(cell, victim)
        return rows

    def _parts(self, cell, victim):
        weights = [getattr(victim, loss) for loss in _LOSSES]
        last = np.abs(weights * victim.loss_curve_[-1])

        def row(metric, value):
            return Row(cell.dataset, cell.method, metric, value)

        return [
            row("nmi[J]", nmi(victim.targets_, victim.labels_)),
            row("share[L_p]", last[2] / last.sum() if last.sum() else np.nan),
            *(
                row(f"loss[{_NAMES[loss]}]", value)
                for loss, value in zip(_LOSSES, victim.loss_curve_[-1], strict=True)
            ),
        ]

    def summary(self, rows):
        """What losing a part costs, in seed means."""
        values = {}
        for row in rows:
            values.setdefault((row.dataset, row.method, row.metric), []).append(row)
        lines = []
        for dataset in self.datasets:
            means = {
                (method, metric): np.mean([row.value for row in own])
                for (name, method, metric), own in values.items()
                if name == dataset
            }
            for method in (FULL, "without L_c", ITSELF):
                words = ("balance[before]", "balance[after]", "nmi[before]")
                found = [means.get((method, word)) for word in words]
                if None not in found:
                    before, after, agreement = found
                    lines.append(
                        f"{dataset}, {method}: balance {before:.3f}, {after:.3f} after "
                        f"random groups, NMI {agreement:.3f}"
                    )
        return lines
