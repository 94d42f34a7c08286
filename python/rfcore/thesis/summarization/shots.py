"""Section 3.2.3: what fairness costs on TVSum, in F1 of summaries that are fair.

Twelve videos of FairVidSum are TVSum's, so there are both scores of 20 annotators and
groups. Shots are runs of 60 frames, the last one extended, and users' summaries are
knapsacks of their own scores over the same shots.
"""

import functools

import numpy as np

from rfcore.datasets import load
from rfcore.errors import InfeasibleError
from rfcore.experiments.record import Cell, Row
from rfcore.experiments.registry import register
from rfcore.metrics import cronbach_alpha, sum_bal, summary_f1
from rfcore.thesis.base import ThesisExperiment
from rfcore.video import FairSummary, pareto_front, select_shots

DATASET = "tvsum"
TAUS = (0.9, 0.95)
KNAPSACK = "Human (knapsack)"
ATTRIBUTES = ("sex", "ethnicity", "individual", "joint")
_SHOT = 60
_STEP = 0.1
_NAMES = tuple(f"video_{i}" for i in range(23, 35))
_SMOKE = ("video_24", "video_27")


@functools.lru_cache(maxsize=1)
def _videos():
    fair = load("fairvidsum").extras["videos"]
    tvsum = load("tvsum").extras["videos"]
    return {name: (fair[name], tvsum[fair[name].tvsum_id]) for name in _NAMES}


def uniform_shots(n, length=_SHOT):
    """Shots of so many frames, the last one extended, int64 (n_shots, 2)."""
    starts = np.arange(max(n // length, 1)) * length
    return np.column_stack([starts, np.append(starts[1:], n) - 1])


def video_of(name):
    """Scores, presence, shots and users' summaries of a video, cut to its frames.

    Returns
    -------
    scores : float64 array of shape (n,)
        Mean over users.
    presence : dict of str to bool array
    shots : int64 array of shape (n_shots, 2)
    users : bool array of shape (n_users, n)
    """
    fair, tvsum = _videos()[name]
    n = min(fair.n_frames, tvsum.n_frames)
    given = tvsum.user_scores[:, :n].astype(np.float64)
    shots = uniform_shots(n)
    users = np.array([select_shots(own, shots, None, n) for own in given])
    presence = {a: matrix[:n] for a, matrix in fair.presence.items()}
    return given.mean(axis=0), presence, shots, users


def run(cell):
    """F1 of the knapsack and of fair summaries of one video."""
    scores, presence, shots, users = video_of(cell.method)
    plain = select_shots(scores, shots, None, len(scores))
    f1 = summary_f1(plain, users)
    rows = [_row(cell.method, KNAPSACK, "f1", f1)]
    for attribute in ATTRIBUTES:
        own = presence if attribute == "joint" else presence[attribute]
        matrix = np.hstack(list(presence.values())) if attribute == "joint" else own
        value = sum_bal(plain, matrix)
        rows.append(_row(cell.method, KNAPSACK, f"sum_bal[{attribute}]", value))
        rows += _fair_rows(cell.method, attribute, own, scores, shots, users, f1)
    return rows


def _fair_rows(name, attribute, presence, scores, shots, users, f1):
    rows = []
    for unit, change_points in (("shots", shots), ("frames", None)):
        possible = 1.0
        for tau in TAUS:
            method = f"tau {tau}, {unit} ({attribute})"
            if tau > possible:
                rows += [_infeasible(name, method, possible)]
                continue
            fair = FairSummary(min_sum_bal=tau)
            try:
                fair.fit(scores, presence, change_points=change_points)
            except InfeasibleError as error:
                possible = error.best_sum_bal
                rows += [_infeasible(name, method, possible)]
                continue
            value = summary_f1(fair.selected_, users)
            rows += [
                _row(name, method, "f1", value),
                _row(name, method, "f1_lost", f1 - value),
                _row(name, method, "sum_bal", fair.sum_bal_),
            ]
    if attribute == "sex":
        rows += _front_rows(name, presence, scores, shots, users)
    return rows


def _front_rows(name, presence, scores, shots, users):
    """The Pareto front of shots, in steps of SumBal."""
    front = pareto_front(scores, presence, change_points=shots, step=_STEP)
    rows = []
    for i, point in enumerate(front, 1):
        method = f"Pareto {i}, shots (sex)"
        rows += [
            _row(name, method, "sum_bal", point.sum_bal),
            _row(name, method, "importance", point.importance),
            _row(name, method, "f1", summary_f1(point.selected, users)),
        ]
    return rows


def _row(name, method, metric, value, note=""):
    return Row(DATASET, method, f"{metric} {name}", value, note=note)


def _infeasible(name, method, possible):
    return _row(name, method, "best_sum_bal", possible, note="tau is not possible")


def derived(rows):
    """Means over the videos where a method has an answer, and how many those are."""
    values = {}
    for row in rows:
        if row.dataset == DATASET and not row.method.startswith("Pareto"):
            values.setdefault((row.method, row.metric.split()[0]), []).append(row.value)
    found = [
        Row(DATASET, method, f"{metric}_average", np.mean(own))
        for (method, metric), own in values.items()
        if metric in ("f1", "f1_lost")
    ]
    found += [
        Row(DATASET, method, "n_videos[possible]", len(own))
        for (method, metric), own in values.items()
        if metric == "f1"
    ]
    return found


def summary(rows):
    """What fairness costs, in a line for each tau."""
    values = {(row.method, row.metric): row.value for row in rows}
    lines = []
    for tau in TAUS:
        parts = []
        for attribute in ATTRIBUTES:
            method = f"tau {tau}, shots ({attribute})"
            lost = values.get((method, "f1_lost_average"))
            if lost is not None:
                n = int(values[method, "n_videos[possible]"])
                parts.append(f"{lost:.3f} ({attribute}, {n} videos)")
        if parts:
            lines.append(f"F1 lost on TVSum at SumBal >= {tau}: {', '.join(parts)}")
    return lines


def alphas(name):
    """Cronbach's alpha of each video of a set whose users score every frame.

    Parameters
    ----------
    name : {"tvsum", "summe"}
        On SumMe a score is whether the user chose the frame.

    Returns
    -------
    dict of str to float
    """
    videos = load(name).extras["videos"]
    return {
        video.name: cronbach_alpha(
            video.user_scores if name == "tvsum" else video.user_scores > 0
        )
        for video in videos.values()
    }


@register
class Section323(ThesisExperiment):
    """The thesis leaves fairness and utility together to others: nothing is printed."""

    id = "section-3.2.3"
    title = "What fair summaries cost in F1, on the videos of FairVidSum from TVSum"
    description = (
        "The most important summaries of 15 % of the frames whose SumBal is at least "
        "tau, of shots of 60 frames or of single frames, for one attribute or all at "
        "once; the Pareto front of shots for sex. F1 is the mean over 20 annotators, "
        "and f1_lost what the knapsack without tau has more. Where tau is not possible "
        "with whole shots, best_sum_bal says what is."
    )
    datasets = (DATASET,)
    methods = _NAMES
    needs = ("fairvidsum", DATASET)
    table_metrics = ("f1_average", "f1_lost_average", "n_videos[possible]")

    def cells(self, scale, seeds):
        """A cell for each video; nothing depends on a seed."""
        names = _SMOKE if scale == "smoke" else _NAMES
        return [Cell(self.id, DATASET, name, None, None, scale) for name in names]

    def run(self, cell):
        return run(cell)

    def derived(self, rows):
        return derived(rows)

    def summary(self, rows):
        return summary(rows)
