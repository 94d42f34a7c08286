"""How every figure looks: one style, colors that the color-blind tell apart."""

from contextlib import contextmanager

# Okabe and Ito's colors, the dark ones first.
COLORS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#000000")

_SETTINGS = {
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.labelsize": 11,
    "legend.fontsize": 10,
    # Readable over data, without a box.
    "legend.framealpha": 0.85,
    "legend.edgecolor": "none",
    "legend.fancybox": False,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "0.9",
    "grid.linewidth": 0.8,
    "lines.linewidth": 1.8,
    "lines.markersize": 6,
    # Letters stay letters, which can be searched and edited.
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
}


def pyplot():
    """Give matplotlib.pyplot, or say how to get it."""
    try:
        from matplotlib import pyplot as plt
    except ImportError as error:
        raise ImportError(
            'figures need matplotlib: pip install "rfcore[report]"'
        ) from error
    return plt


@contextmanager
def style():
    """A context, or a decorator, in which figures are made in rfcore's style.

    A user's own settings are as before when it ends. Without matplotlib it does
    nothing.
    """
    try:
        from cycler import cycler
        from matplotlib import rc_context
    except ImportError:
        yield
        return
    # Black is for what all are compared with.
    lines = cycler(linestyle=["-", "--", ":"]) * cycler(color=COLORS[:-1])
    with rc_context({**_SETTINGS, "axes.prop_cycle": lines}):
        yield
