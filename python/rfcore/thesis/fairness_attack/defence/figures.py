"""Figures 4.5 and 4.6: the partitions behind the defence, and what outlasts attacks."""

import numpy as np

from rfcore._style import COLORS, pyplot
from rfcore.experiments.claims import Claim
from rfcore.experiments.record import Outcome, Row
from rfcore.experiments.registry import register
from rfcore.metrics import balance, co_association
from rfcore.thesis import drawing
from rfcore.thesis.fairness_attack.cases import (
    EIGHTHS,
    SMOKE_PARTITIONS,
    AttackExperiment,
    attack,
    attacked,
    budget,
    case,
    seed_of,
    shared_partitions,
)
from rfcore.thesis.fairness_attack.figures import AttackCurves
from rfcore.thesis.fairness_attack.victims import CFC, CONSENSUS_LP

_FAIRNESS = ("balance", "group_entropy")
_METRICS = (*_FAIRNESS, "nmi", "accuracy")
# Attacks on a defence take minutes each: few shares below the scale of the thesis.
_EIGHTHS = {"smoke": (4,), "small": (2, 4, 8)}
_RIVALS = ("SFD", "FSC", "KFC")
_WON = "share_of_points_above_rivals[{}]"
_NORM = "frobenius_norm[S before - S after, {}]"
_NORMS = ("one seed", "partitions drawn anew")


@register
class Figure45(AttackExperiment):
    """What the attack on CFC does to its first stage: the partitions see no group."""

    id = "figure-4.5"
    title = "Balance of the basic partitions, and the consensus, around the attack"
    description = (
        "Balance is over all rows, under the true groups and under the false ones of "
        "an attack on CFC. The partitions before and after are those of one seed, so "
        "the two matrices are the same one; the norm that the thesis prints is of "
        "partitions drawn anew, and is compared with that of another seed. S holds "
        "shares of partitions, in [0, 1]."
    )
    datasets = ("office31", "inverted_digits")
    methods = (CFC,)
    protocols = ("thesis",)
    n_defended = 1
    claims = (
        Claim("office31", CFC, "mean_balance[partitions, before]", 0.3, 0.25, 0.35,
              direction="equal", min_seeds=1),
        Claim("office31", CFC, "mean_balance[partitions, after]", 0.35, 0.30, 0.40,
              direction="equal", min_seeds=1),
        Claim("office31", CFC, "balance_percentile_20[partitions, before]", 0.0,
              direction="equal", min_seeds=1),
        Claim("office31", CFC, "balance_percentile_20[partitions, after]", 0.14, 0.09,
              0.19, direction="equal", min_seeds=1),
        Claim("office31", CFC, _NORM.format("partitions drawn anew"), 19.335, 15.0,
              25.0, direction="equal", min_seeds=1),
        Claim("inverted_digits", CFC, _NORM.format("one seed"), None, high=0.0,
              direction="at_most", min_seeds=1),
    )  # fmt: skip

    def run(self, cell):
        own = case(cell.dataset, cell.protocol, cell.scale)
        found, seconds = attack(own, cell, budget(cell))
        # Each fit draws its own partitions: that no group enters them is the claim.
        victim = attacked(own, cell).set_params(partitions=None)
        if cell.scale == "smoke":
            victim.set_params(n_partitions=SMOKE_PARTITIONS)
        before = victim.fit(own.X, groups=own.groups).partitions_
        labels = victim.labels_
        # Of the second fit nothing but the partitions is looked at.
        victim.set_params(max_iter=1)
        after = victim.fit(own.X, groups=found.groups_adv).partitions_
        anew = shared_partitions(cell.dataset, seed_of(cell.seed + 1), cell.scale)
        balances = {
            "before": balance(before, own.groups),
            "after": balance(after, found.groups_adv),
        }
        S = {
            name: co_association(partitions) / len(partitions)
            for name, partitions in (("before", before), ("after", after), ("", anew))
        }
        norms = {
            _NORMS[0]: np.linalg.norm(S["before"] - S["after"]),
            _NORMS[1]: np.linalg.norm(S["before"] - S[""]),
        }

        def row(metric, value, **more):
            more["substitute"] = own.substitute
            return Row(cell.dataset, cell.method, metric, value, **more)

        rows = [
            row("changed_groups", len(found.changed), n_queries=found.n_queries,
                seconds=seconds)
        ]  # fmt: skip
        for when, values in balances.items():
            about = f"[partitions, {when}]"
            rows.append(row(f"mean_balance{about}", values.mean()))
            low = np.percentile(values, 20)
            rows.append(row(f"balance_percentile_20{about}", low))
        rows += [row(_NORM.format(what), norm) for what, norm in norms.items()]
        order = np.argsort(labels, kind="stable")
        arrays = {f"balance_{when}": values for when, values in balances.items()}
        for when in ("before", "after"):
            sorted_rows = S[when][np.ix_(order, order)]
            arrays[f"S_{when}"] = np.round(255 * sorted_rows).astype(np.uint8)
        return Outcome(rows=tuple(rows), arrays=arrays)

    def figures(self, rows, out_dir, arrays):
        written = []
        for cell, own in arrays.items():
            norms = {
                name: row.value
                for name in _NORMS
                for row in rows
                if (row.dataset, row.seed) == (cell.dataset, cell.seed)
                and row.metric == _NORM.format(name)
            }
            figure = draw_consensus(own, norms, cell.dataset)
            written += drawing.save(figure, out_dir / f"{cell.dataset}-{cell.seed}")
        return written


def draw_consensus(arrays, norms, title):
    """Draw the balances of the partitions and the matrices S (figure 4.5).

    Parameters
    ----------
    arrays : dict of str to ndarray
        ``balance_before`` and ``balance_after`` (r,), ``S_before`` and ``S_after``
        (n, n) uint8, 255 for 1.
    norms : dict of str to float
        Of the difference of the matrices, and of others.
    title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, axes = pyplot().subplots(1, 3, figsize=(13, 4.2))
    bins = np.linspace(0, 1, 21)
    for when, color in (("before", COLORS[0]), ("after", COLORS[5])):
        axes[0].hist(
            arrays[f"balance_{when}"], bins, alpha=0.5, color=color, label=when
        )
    axes[0].set(xlabel="balance of a partition", ylabel="partitions", title=title)
    axes[0].legend()
    for ax, when in zip(axes[1:], ("before", "after"), strict=True):
        image = ax.imshow(arrays[f"S_{when}"] / 255, vmin=0, vmax=1, cmap="viridis")
        ax.set(title=f"S {when} the attack", xticks=(), yticks=())
    found = ", ".join(f"{norm:.3g} ({name})" for name, norm in norms.items())
    axes[2].set_xlabel(f"rows by cluster\nnorm of the difference: {found}")
    figure.colorbar(image, ax=axes[1:], shrink=0.8, label="share of partitions")
    return figure


@register
class Figure46(AttackCurves):
    """Every measure after the attack over that before it, as the attacker gets rows."""

    id = "figure-4.6"
    title = "Ratios after / before the attack, of the defences and the attacked"
    description = (
        "Ratios of seed means; a ratio over 0 has no value and is not drawn. Shares "
        "are eighths of the released attackable rows, each attack is searched anew. "
        "At the scale small the defences have one seed and are not held out. Pictures "
        "are of the thesis's protocol. CFC wins a point where its ratio is above those "
        "of all that have one; a point where none has one counts for nobody."
    )
    datasets = ("office31", "mnist_usps", "yaleb", "inverted_digits")
    methods = (CFC, CONSENSUS_LP, *_RIVALS)
    n_defended, n_defended_held_out = 1, 0
    beside_random = False
    table_metrics = tuple(f"ratio[{name}, 8/8]" for name in _METRICS)

    @property
    def claims(self):
        return tuple(
            Claim(dataset, CFC, _WON.format(name), 1.0, protocol="thesis", min_seeds=1)
            for dataset in self.datasets
            for name in _FAIRNESS
        )

    def eighths(self, scale):
        return _EIGHTHS.get(scale) or super().eighths(scale)

    def draw(self, rows, methods, shares, title):
        return draw_ratios(rows, methods, shares, title)

    def derived(self, rows):
        ratios = _ratios(rows)
        return list(ratios.values()) + _points_won(ratios)


def _ratios(rows):
    """Rows of mean after / mean before by (data set, protocol, metric, n, method)."""
    values = {}
    for row in rows:
        key = row.dataset, row.protocol, row.method, row.metric
        values.setdefault(key, []).append(row)
    found = {}
    for (dataset, protocol, method, metric), own in values.items():
        name, _, when = metric.partition("[attack, ")
        before = values.get((dataset, protocol, method, f"{name}[before]"))
        if name not in _METRICS or not when or before is None:
            continue
        mean = np.mean([row.value for row in before])
        if mean > 0:
            n = int(when.partition("/")[0])
            found[dataset, protocol, name, n, method] = Row(
                dataset,
                method,
                f"ratio[{name}, {n}/{EIGHTHS}]",
                np.mean([row.value for row in own]) / mean,
                protocol=protocol,
                substitute=own[0].substitute,
            )
    return found


def _points_won(ratios):
    """In how many points CFC's ratio is above those of all rivals that have one."""
    won = {}
    for (*point, method), row in ratios.items():
        if method == CFC:
            others = [ratios[*point, m].value for m in _RIVALS if (*point, m) in ratios]
            if others:
                above = row.value > max(others)
                won.setdefault(tuple(point[:3]), []).append((above, row))
    return [
        Row(
            dataset,
            CFC,
            _WON.format(name),
            np.mean([above for above, _ in points]),
            protocol=protocol,
            substitute=points[0][1].substitute,
        )
        for (dataset, protocol, name), points in won.items()
        if name in _FAIRNESS
    ]


def draw_ratios(rows, methods, shares, title):
    """Draw a line for each method in a panel for each measure (figure 4.6).

    Parameters
    ----------
    rows : list of Row
        Of one data set.
    methods : sequence of str
    shares : float64 array of shape (p + 1,)
        Of all rows, 0 first, in [0, 1].
    title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    ratios = {
        key[2:]: row.value for key, row in _ratios(rows).items() if key[1] == "thesis"
    }
    figure, axes = pyplot().subplots(1, len(_METRICS), figsize=(14, 3.6))
    for name, ax in zip(_METRICS, axes, strict=True):
        tried = sorted({n for metric, n, _ in ratios if metric == name})
        for i, method in enumerate(methods):
            found = [ratios.get((name, n, method)) for n in tried]
            if tried and None not in found:
                line = {"marker": "o", "color": f"C{i}", "label": method}
                ax.plot(100 * shares, [1.0, *found], **line)
        ax.axhline(1.0, color="0.6", linestyle=":")
        ax.set(title=name, xlabel="% of rows attacked")
    axes[0].set_ylabel("after / before")
    handles, labels = axes[-1].get_legend_handles_labels()
    if handles:
        axes[-1].legend(handles, labels, fontsize="x-small")
    figure.suptitle(title)
    figure.tight_layout()
    return figure
