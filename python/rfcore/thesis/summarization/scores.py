"""Figures 3.7 and 3.8: importance beside the groups, and how far annotators agree."""

import numpy as np

from rfcore._style import pyplot
from rfcore.datasets import data_home, load
from rfcore.experiments.claims import Claim
from rfcore.experiments.record import CellSkipped, Outcome, Row
from rfcore.experiments.registry import register
from rfcore.metrics import annotator_consistency, cronbach_alpha
from rfcore.thesis import drawing
from rfcore.thesis.base import ThesisExperiment
from rfcore.thesis.summarization import shots
from rfcore.thesis.summarization.figures import COLORS
from rfcore.thesis.summarization.tables import fairvidsum, named_groups
from rfcore.video import read_h5

_FVS = "fairvidsum/fvs.h5"


def fvs_video(number):
    """A video of the user's own copy of ``fvs.h5``.

    Raises
    ------
    CellSkipped
        If it is not at hand: it is not public.
    """
    path = data_home() / _FVS
    if not path.is_file():
        raise CellSkipped(
            f"{path} is missing: the importance scores of FairVidSum are not public"
        )
    return read_h5(path)[f"video_{number}"]


def group_timeline(presence, names):
    """What a frame shows, as the number of one of the labels, and the labels."""
    members, of_frame = np.unique(presence, axis=0, return_inverse=True)
    labels = [
        " and ".join(name for name, has in zip(names, row, strict=True) if has)
        or "nobody"
        for row in members
    ]
    return of_frame.ravel(), labels


@register
class Figure37(ThesisExperiment):
    """Importance along a video, colored by who is seen."""

    id = "figure-3.7"
    title = "Mean importance along a video, with its groups"
    description = (
        "The thesis shows videos 19 and 16, scored in fvs.h5. Video 24, which "
        "is TVSum's, has public scores, two sexes and two ethnicities."
    )
    datasets = ("fairvidsum", "tvsum")
    methods = ("sex", "ethnicity")
    needs = ("fairvidsum", "tvsum")

    def cells(self, scale, seeds):
        return super().cells(scale, (None,))

    def run(self, cell):
        number = 24
        if cell.dataset == "fairvidsum":
            number = {"sex": 19, "ethnicity": 16}[cell.method]
            own = fvs_video(number)
            lengths = np.diff(own.picks, append=own.n_frames)
            scores = np.repeat(own.gtscore, lengths)
        else:
            scores = shots.video_of(f"video_{number}")[0]
        video = fairvidsum().extras["videos"][f"video_{number}"]
        n = min(len(scores), video.n_frames)
        presence = video.presence[cell.method][:n]
        names = named_groups(video)[cell.method]
        shown = [presence[:, g] for g in range(len(names))]
        rows = tuple(
            Row(
                cell.dataset,
                cell.method,
                f"correlation[importance, {name}]",
                np.corrcoef(scores[:n], seen)[0, 1] if 0 < seen.mean() < 1 else 0.0,
            )
            for name, seen in zip(names, shown, strict=True)
        )
        arrays = {
            "scores": scores[:n],
            "presence": presence,
            "names": np.array(names),
            "number": np.array([number]),
        }
        return Outcome(rows=rows, arrays=arrays)

    def figures(self, rows, out_dir, arrays):
        written = []
        for cell, own in arrays.items():
            figure = draw_importance(own, cell.method)
            written += drawing.save(figure, out_dir / f"{cell.dataset}_{cell.method}")
        return written


def draw_importance(arrays, attribute):
    """Draw importance along a video over bands that say who is seen."""
    scores = arrays["scores"]
    of_frame, labels = group_timeline(arrays["presence"], arrays["names"])
    figure, ax = pyplot().subplots(figsize=(9, 3.5), layout="constrained")
    x = np.arange(len(scores))
    top, bottom = scores.max() * 1.05, min(0.0, scores.min())
    for value, label in enumerate(labels):
        color = "0.85" if label == "nobody" else COLORS[value % len(COLORS)]
        ax.fill_between(
            x,
            bottom,
            top,
            where=of_frame == value,
            step="mid",
            color=color,
            alpha=0.35,
            linewidth=0,
            label=label,
        )
    ax.plot(x, scores, color="black", linewidth=1.2, label="importance")
    ax.set(
        xlim=(0, len(scores) - 1),
        ylim=(bottom, top),
        xlabel="frame",
        ylabel="mean importance",
        title=f"Video {arrays['number'][0]}: importance and {attribute}",
    )
    figure.legend(loc="outside right upper", fontsize="small")
    return figure


@register
class Figure38(ThesisExperiment):
    """How far annotators agree."""

    id = "figure-3.8"
    title = "Annotator consistency: matrix of a video, Cronbach's alpha of the sets"
    description = (
        "The thesis shows video 19, whose scores are in fvs.h5; video 24 is TVSum's. "
        "Alpha is the mean over videos; on SumMe, of whether a user chose a frame."
    )
    datasets = ("fairvidsum", "tvsum", "summe")
    methods = ("annotators",)
    claims = (
        Claim("fairvidsum", "annotators", "cronbach_alpha", 0.995, direction="equal"),
        Claim(
            "tvsum",
            "annotators",
            "cronbach_alpha",
            0.81,
            0.805,
            0.815,
            direction="equal",
        ),
    )

    def cells(self, scale, seeds):
        return super().cells(scale, (None,))

    def run(self, cell):
        if cell.dataset == "fairvidsum":
            scores = fvs_video(19).user_summary
            alphas = {"video_19": cronbach_alpha(scores)}
        else:
            alphas = shots.alphas(cell.dataset)
            videos = load(cell.dataset).extras["videos"]
            name = fairvidsum().extras["videos"]["video_24"].tvsum_id
            video = videos[name] if name in videos else next(iter(videos.values()))
            scores = video.user_scores
            if cell.dataset == "summe":
                scores = scores > 0
        matrix = annotator_consistency(scores)
        u = len(matrix)
        between = (matrix.sum() - np.trace(matrix)) / (u * (u - 1))
        about = cell.dataset, cell.method
        rows = (
            Row(
                *about,
                "cronbach_alpha",
                np.mean(list(alphas.values())),
                note="0.74 in the literature" if cell.dataset == "summe" else "",
            ),
            Row(*about, "cronbach_alpha[least]", min(alphas.values())),
            Row(*about, "annotator_consistency[spearman]", between),
        )
        return Outcome(rows=rows, arrays={"scores": scores, "matrix": matrix})

    def figures(self, rows, out_dir, arrays):
        written = []
        for cell, own in arrays.items():
            figure = draw_consistency(own["scores"], own["matrix"], cell.dataset)
            written += drawing.save(figure, out_dir / cell.dataset)
        return written


def draw_consistency(scores, matrix, title):
    """Draw annotators by frames, and their rank correlations, side by side."""
    figure, (left, right) = pyplot().subplots(
        1, 2, figsize=(12, 4.2), width_ratios=(2, 1), layout="constrained"
    )
    shown = left.imshow(scores, aspect="auto", interpolation="nearest")
    figure.colorbar(shown, ax=left, label="score")
    left.set(xlabel="frame", ylabel="annotator", title=f"{title}: scores of a video")
    left.yaxis.get_major_locator().set_params(integer=True)
    shown = right.imshow(matrix, vmin=-1, vmax=1, cmap="RdBu_r")
    figure.colorbar(shown, ax=right, label="rank correlation")
    right.set(xlabel="annotator", ylabel="annotator", title="agreement of pairs")
    right.yaxis.get_major_locator().set_params(integer=True)
    return figure
