"""What section 2.2.6 prints of the spill-over attack, and the bars beside it."""

from dataclasses import dataclass

from rfcore.datasets import MissingDataError, load
from rfcore.experiments.claims import Claim


@dataclass(frozen=True)
class Printed:
    """What the thesis prints of one attack, and the bar that rfcore sets itself."""

    switched: int
    bar: int
    depth: float
    target_row: int
    within: int | None = None


PRINTED = {
    "digits_1_4": Printed(24, bar=26, depth=0.061, target_row=232, within=100),
    "digits_8_9": Printed(21, bar=22, depth=0.114, target_row=319, within=100),
    "mnist_1_4": Printed(11, bar=19, depth=0.067, target_row=384),
    "mnist_2_3": Printed(2, bar=17, depth=0.13, target_row=395),
    "seeds_kama_rosa": Printed(2, bar=2, depth=0.33, target_row=100),
    "hand_postures": Printed(5, bar=5, depth=0.325, target_row=219),
}


def released_at_hand(name):
    """Whether the released attack can be scored; the digits alone need no download."""
    try:
        return "X_adv" in load(name, download=False).extras
    except MissingDataError:
        return True


def claims_about(name):
    """Yield what the thesis, and rfcore's bars, claim of a data set."""
    printed = PRINTED[name]
    yield Claim(
        name, "rbf", "n_switched", printed.switched, printed.bar, above_null=True
    )
    if printed.within:
        metric = "n_queries[to thesis]"
        yield Claim(name, "rbf", metric, None, high=printed.within, direction="at_most")
    for other in ("starts", "random"):
        yield Claim(name, "rbf", f"n_switched[above {other}]", None, low=0)
    if not released_at_hand(name):
        return
    released = {"direction": "equal", "min_seeds": 1}
    yield Claim(name, "released attack", "n_switched", printed.switched, **released)
    yield Claim(
        name,
        "released attack",
        "coordinate_depth[printed]",
        printed.depth,
        printed.depth - 0.001,
        printed.depth + 0.001,
        **released,
    )
