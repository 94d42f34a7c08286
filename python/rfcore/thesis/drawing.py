"""What the figures of several experiments share."""

import numpy as np

from rfcore._style import pyplot


def save(figure, path):
    """Write a figure as PNG and SVG.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Closed afterwards.
    path : Path
        Without a suffix.

    Returns
    -------
    list of Path
    """
    written = [path.with_suffix(suffix) for suffix in (".png", ".svg")]
    for name in written:
        figure.savefig(name, dpi=150)
    pyplot().close(figure)
    return written


def draw_search(traces, printed, title):
    """Draw how each method's best count grows with the questions it asked.

    Parameters
    ----------
    traces : dict of str to list of ndarray
        By method, one trace a seed.
    printed : float
        The thesis's number.
    title : str

    Returns
    -------
    matplotlib.figure.Figure
        Medians over seeds, with the band from the lowest to the highest.
    """
    figure, ax = pyplot().subplots(figsize=(7, 4.5))
    for method, runs in traces.items():
        length = max(len(run) for run in runs)
        held = [np.pad(run, (0, length - len(run)), mode="edge") for run in runs]
        questions = np.arange(1, length + 1)
        median = np.median(held, axis=0)
        (line,) = ax.plot(questions, median, drawstyle="steps-post", label=method)
        ax.fill_between(
            questions,
            np.min(held, 0),
            np.max(held, 0),
            alpha=0.07,
            step="post",
            color=line.get_color(),
        )
    ax.axhline(printed, color="black", linestyle="--", label="thesis")
    ax.set(
        xlabel="questions", ylabel="rows that switch cluster", title=title, xscale="log"
    )
    ax.legend(fontsize="small")
    figure.tight_layout()
    return figure
