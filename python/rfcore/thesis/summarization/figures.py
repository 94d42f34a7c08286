"""Figures 3.2 to 3.6: how long the videos of FairVidSum are, and who is seen when."""

import numpy as np

from rfcore._style import COLORS, pyplot
from rfcore.experiments.claims import Claim
from rfcore.experiments.record import Outcome, Row
from rfcore.experiments.registry import register
from rfcore.thesis import drawing
from rfcore.thesis.base import ThesisExperiment
from rfcore.thesis.summarization.tables import fairvidsum, named_groups

# The panels of figure 3.3; figures 3.4 to 3.6 show the others.
SAMPLED = {
    "individual": (3, 13, 14, 15),
    "sex": (1, 4, 6, 19),
    "ethnicity": (8, 9, 16, 22),
}
# Points of a density: more change nothing that can be seen.
_POINTS = 400


class ViolinFigure(ThesisExperiment):
    """Frames that show each group, one panel a video.

    Attributes
    ----------
    panels : dict of str to tuple of int
        The videos by attribute.
    """

    datasets = ("fairvidsum",)
    methods = ("labels",)
    panels = None
    columns = 4

    def seeds(self, scale):
        return (0,)

    def cells(self, scale, seeds):
        return super().cells(scale, (None,))

    def run(self, cell):
        videos, rows, arrays = fairvidsum().extras["videos"], [], {}
        for attribute, numbers in self.panels.items():
            for number in numbers:
                video = videos[f"video_{number}"]
                presence = video.presence[attribute]
                key = f"{attribute}/{number}"
                arrays[key] = presence
                arrays[f"names/{key}"] = np.array(named_groups(video)[attribute])
                rows.append(
                    Row(
                        cell.dataset,
                        cell.method,
                        f"n_groups[{attribute}, video_{number}]",
                        presence.shape[1],
                    )
                )
        return Outcome(rows=tuple(rows), arrays=arrays)

    def figures(self, rows, out_dir, arrays):
        written = []
        for own in arrays.values():
            for attribute, numbers in self.panels.items():
                figure = draw_violins(own, attribute, numbers, self.columns)
                written += drawing.save(figure, out_dir / attribute)
        return written


def draw_violins(arrays, attribute, numbers, columns):
    """Draw where in each video its groups are seen.

    Parameters
    ----------
    arrays : dict of str to ndarray
        ``"sex/3"``: presence in video 3; ``"names/sex/3"``: what its columns are.
    attribute : str
    numbers : sequence of int
        Of videos.
    columns : int
        Panels in a row.

    Returns
    -------
    matplotlib.figure.Figure
        A violin's width is the density of the group's frames, its number their share.
    """
    n_rows = -(-len(numbers) // columns)
    tallest = [
        max(arrays[f"{attribute}/{n}"].shape[1] for n in numbers[i : i + columns])
        for i in range(0, len(numbers), columns)
    ]
    heights = [0.9 + 0.3 * n for n in tallest]
    figure, axes = pyplot().subplots(
        n_rows,
        columns,
        figsize=(4.0 * columns, sum(heights) + 0.5 * n_rows + 0.5),
        gridspec_kw={"height_ratios": heights},
        squeeze=False,
        layout="constrained",
    )
    for ax, number in zip(axes.flat, numbers, strict=False):
        names = arrays[f"names/{attribute}/{number}"]
        _violins(ax, arrays[f"{attribute}/{number}"], names)
        ax.set_title(f"Video {number}", fontsize="medium")
    for ax in axes.flat[len(numbers) :]:
        ax.set_axis_off()
    for ax in axes[-1]:
        ax.set_xlabel("frame")
    figure.suptitle(f"Frames that show each group ({attribute})")
    return figure


def _violins(ax, presence, names):
    n, n_groups = presence.shape
    for group in range(n_groups):
        frames = np.flatnonzero(presence[:, group])
        color = COLORS[group % len(COLORS)]
        at = np.linspace(0, len(frames) - 1, min(len(frames), _POINTS)).astype(int)
        if len(np.unique(frames[at])) > 1:
            (body,) = ax.violinplot(
                [frames[at]],
                positions=[group],
                orientation="horizontal",
                widths=0.85,
                showextrema=False,
            )["bodies"]
            body.set(facecolor=color, alpha=0.6)
        ax.plot(frames[[0, -1]], [group, group], color=color, linewidth=1)
    share = presence.mean(axis=0)
    labels = [f"{name} {s:.0%}" for name, s in zip(names, share, strict=True)]
    ax.set_yticks(range(n_groups), labels, fontsize="small")
    ax.set(xlim=(0, n), ylim=(n_groups - 0.4, -0.6))
    ax.tick_params(axis="x", labelsize="small")


def _others(attribute):
    return tuple(n for n in range(1, 35) if n not in SAMPLED[attribute])


@register
class Figure32(ThesisExperiment):
    """How long the videos are."""

    id = "figure-3.2"
    title = "Lengths of the videos of FairVidSum"
    datasets = ("fairvidsum",)
    methods = ("labels",)
    claims = (
        Claim(
            "fairvidsum",
            "labels",
            "n_frames[all videos]",
            168120,
            direction="equal",
            low=168120,
            high=168121,
            note="the labels have 168,121 frames: video 30 has one too many",
        ),
        Claim("fairvidsum", "labels", "n_videos", 34, direction="equal"),
    )

    def cells(self, scale, seeds):
        return super().cells(scale, (None,))

    def run(self, cell):
        videos = fairvidsum().extras["videos"].values()
        lengths = np.array([video.n_frames for video in videos])
        about = cell.dataset, cell.method
        rows = (
            Row(*about, "n_frames[all videos]", lengths.sum()),
            Row(*about, "n_videos", len(lengths)),
            Row(*about, "n_frames[median]", np.median(lengths)),
        )
        return Outcome(rows=rows, arrays={"lengths": lengths})

    def figures(self, rows, out_dir, arrays):
        written = []
        for own in arrays.values():
            figure, ax = pyplot().subplots(figsize=(6, 3.5))
            ax.hist(own["lengths"], bins=np.arange(0, 17000, 1000), edgecolor="white")
            ax.set(xlabel="frames", ylabel="videos", title=self.title)
            figure.tight_layout()
            written += drawing.save(figure, out_dir / "lengths")
        return written


@register
class Figure33(ViolinFigure):
    id = "figure-3.3"
    title = "Persons and groups in a sample of videos"
    panels = SAMPLED
    columns = 2


for _number, _attribute in (
    ("3.4", "individual"),
    ("3.5", "sex"),
    ("3.6", "ethnicity"),
):
    register(
        type(
            f"Figure{_number.replace('.', '')}",
            (ViolinFigure,),
            {
                "__module__": __name__,
                "id": f"figure-{_number}",
                "title": f"Frames of each group, all other videos ({_attribute})",
                "panels": {_attribute: _others(_attribute)},
            },
        )
    )
