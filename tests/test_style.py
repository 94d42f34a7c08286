"""One style for all figures, and a user's own settings left as they were."""

import io

import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib")

from rfcore._style import COLORS, style  # noqa: E402
from rfcore.attacks import SpilloverAttack, plots  # noqa: E402
from rfcore.cluster import Agglomerative  # noqa: E402

X = np.random.default_rng(0).normal(size=(30, 2))
NOTHING = np.empty(0, dtype=np.int64)


def test_settings_are_given_back():
    before = dict(matplotlib.rcParams)
    with style():
        assert matplotlib.rcParams["svg.fonttype"] == "none"
        assert matplotlib.rcParams["axes.spines.top"] is False
    assert dict(matplotlib.rcParams) == before


def test_letters_stay_letters():
    result = SpilloverAttack(max_evals=10, random_state=0).run(Agglomerative(2), X)
    figure, file = result.plot(), io.StringIO()
    with style():
        figure.savefig(file, format="svg")
    assert ">feature 0</text>" in file.getvalue()
    matplotlib.pyplot.close(figure)


@pytest.mark.parametrize("switched", [NOTHING, np.array([3])])
def test_the_legend_names_what_is_drawn_and_nothing_else(switched):
    labels = (X[:, 0] > 0).astype(np.int32)
    figure = plots.scatter(X, labels, np.array([5]), switched, [0, 1])
    words = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    spilled = ["spilled over"] if len(switched) else []
    assert words == ["cluster 0", "cluster 1", *spilled, "moved"]
    sizes = [area for dots in figure.axes[0].collections for area in dots.get_sizes()]
    assert min(sizes) >= 30
    matplotlib.pyplot.close(figure)


def test_colors_differ():
    assert len(set(COLORS)) == len(COLORS) >= 6


def test_many_lines_are_told_apart_from_each_other_and_from_black():
    with style():
        figure, ax = matplotlib.pyplot.subplots()
        lines = [ax.plot([0, 1])[0] for _ in range(12)]
    looks = {(line.get_color(), line.get_linestyle()) for line in lines}
    assert len(looks) == 12
    assert "#000000" not in {color for color, _ in looks}
    matplotlib.pyplot.close(figure)
