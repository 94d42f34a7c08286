"""The printed numbers of the thesis, and the verdict that measured rows give them."""

import math
import statistics
from dataclasses import dataclass
from decimal import Decimal

_STATISTICS = {
    "median": statistics.median,
    "mean": statistics.fmean,
    "min": min,
    "max": max,
}
_DIRECTIONS = ("at_least", "at_most", "equal")


@dataclass(frozen=True)
class Claim:
    """A number that is claimed, and what would count as reaching it.

    With ``L = low`` and ``H = high``, each of which defaults to `reported`, a measured
    number m is

    ========== ============ =========== ============
    direction  missed       met         beaten
    ========== ============ =========== ============
    at_least   m < L        the rest    m > H
    at_most    m > H        the rest    m < L
    equal      m < L, m > H the rest    never
    ========== ============ =========== ============

    and what is missed stays missed. A bar above the printed number is
    ``Claim(..., reported=24, low=26)``: 25 is missed by 1, 26 beats the thesis.

    Attributes
    ----------
    dataset, method, metric : str
        Which rows it is about.
    reported : float or None
        The printed number; None for a bar that the thesis does not print.
    low, high : float or None, default=None
        The accepted interval.
    direction : {"at_least", "at_most", "equal"}, default="at_least"
        Which side is better.
    statistic : {"median", "mean", "min", "max"}, default="median"
        Over the seeds.
    min_seeds : int, default=10
        With fewer seeds there is no verdict; rows without a seed need none.
    above_null : bool, default=False
        Whether the measured number must also lie above the largest null value of its
        rows (below the smallest for ``at_most``).
    protocol : str or None, default=None
        None judges every protocol by itself.
    contradicted_by : str or None, default=None
        The metric of rows of the same data set that are recomputed from what the
        authors published. Where they give another number than the printed one, the
        verdict is ``misprint`` whatever was measured.
    misprint : str, default=""
        The proof in words, needed with `contradicted_by`; the notes of those rows are
        added.
    decimals : int or None, default=None
        Decimals of the printed number, for that comparison: two numbers are the same
        if they differ by at most half a unit of the last one. None counts those of
        `reported` as Python prints it.
    note : str, default=""
        Printed beside the verdict.

    Raises
    ------
    ValueError
        If the direction or statistic is unknown, the interval is empty, there is no
        number at all, or `contradicted_by` and `misprint` do not come together.
    """

    dataset: str
    method: str
    metric: str
    reported: float | None
    low: float | None = None
    high: float | None = None
    direction: str = "at_least"
    statistic: str = "median"
    min_seeds: int = 10
    above_null: bool = False
    protocol: str | None = None
    contradicted_by: str | None = None
    misprint: str = ""
    decimals: int | None = None
    note: str = ""

    def __post_init__(self):
        _check_word("direction", self.direction, _DIRECTIONS)
        _check_word("statistic", self.statistic, _STATISTICS)
        if None not in (self.low, self.high) and self.low > self.high:
            raise ValueError(f"low={self.low} should be <= high={self.high}")
        needed = {"at_least": (self.low,), "at_most": (self.high,)}
        bounds = needed.get(self.direction, (self.low, self.high))
        if self.reported is None and None in bounds:
            raise ValueError("reported=None should come with low or high")
        if bool(self.contradicted_by) != bool(self.misprint):
            raise ValueError("contradicted_by should come with misprint, its proof")
        if self.contradicted_by and self.reported is None:
            raise ValueError("contradicted_by should come with a reported number")
        if self.above_null and self.direction == "equal":
            raise ValueError("above_null=True should not come with direction='equal'")

    def interval(self):
        """Give the accepted interval as it is printed, None for an open side."""
        low = self.reported if self.low is None else self.low
        high = self.reported if self.high is None else self.high
        if self.direction == "at_least":
            return low, self.high
        if self.direction == "at_most":
            return self.low, high
        return low, high


@dataclass(frozen=True)
class Judgment:
    """A claim beside what was measured.

    Attributes
    ----------
    claim : Claim
        What was claimed.
    protocol : str or None
        The protocol of the rows.
    measured : float or None
        The claim's statistic over the rows; None if there are none.
    measured_min, measured_max : float or None
        The interval over all rows.
    n_seeds : int
        Different seeds among the rows; 0 if they have none.
    null_min, null_max : float or None
        The extreme null values of the rows.
    verdict : str
        ``"met"``, ``"beaten"``, ``"missed by 3"``, ``"missed: ..."``, ``"not run"``,
        ``"misprint"``; where seeds are too few for a verdict
        ``"reported: 3 of 10 seeds"``, and of data that stand in for those of the
        thesis ``"reported: on a stand-in"``.
    why : str
        What else a reader must know; may be empty.
    """

    claim: Claim
    protocol: str | None
    measured: float | None
    measured_min: float | None
    measured_max: float | None
    n_seeds: int
    null_min: float | None
    null_max: float | None
    verdict: str
    why: str

    def to_dict(self):
        """Give the claim and the judgment as one flat dict."""
        claim = self.claim
        low, high = claim.interval()
        return {
            "dataset": claim.dataset,
            "method": claim.method,
            "metric": claim.metric,
            "protocol": self.protocol,
            "reported": claim.reported,
            "measured": self.measured,
            "low": low,
            "high": high,
            "verdict": self.verdict,
            "direction": claim.direction,
            "statistic": claim.statistic,
            "n_seeds": self.n_seeds,
            "measured_min": self.measured_min,
            "measured_max": self.measured_max,
            "null_min": self.null_min,
            "null_max": self.null_max,
            "why": self.why,
            "note": claim.note,
        }


def judge(claims, rows):
    """Judge claims by rows.

    Parameters
    ----------
    claims : sequence of Claim
        What to judge.
    rows : sequence of Row
        All rows of an experiment.

    Returns
    -------
    judgments : list of Judgment
        One for each claim and protocol found, in the order of the claims.
    """
    return [
        _judge(claim, protocol, rows)
        for claim in claims
        for protocol in _protocols(claim, rows)
    ]


def _judge(claim, protocol, rows):
    own = [row for row in rows if _about(claim, row) and row.protocol == protocol]
    measured, lowest, highest = _summarize(claim, [row.value for row in own])
    nulls = [row.null_range() for row in own]
    null_min = min((low for low, _ in nulls if low is not None), default=None)
    null_max = max((high for _, high in nulls if high is not None), default=None)
    n_seeds = len({row.seed for row in own} - {None})
    contradiction = _contradiction(claim, rows)
    if contradiction:
        verdict, why = "misprint", contradiction
    elif not own:
        verdict, why = "not run", ""
    else:
        edge = null_min if claim.direction == "at_most" else null_max
        verdict, why = (
            _unjudged(claim, own, n_seeds)
            or _no_success(claim, own, measured, edge)
            or (_compare(claim, measured), "")
        )
    return Judgment(
        claim=claim,
        protocol=protocol,
        measured=measured,
        measured_min=lowest,
        measured_max=highest,
        n_seeds=n_seeds,
        null_min=null_min,
        null_max=null_max,
        verdict=verdict,
        why=why,
    )


def _summarize(claim, values):
    """Give the statistic, NaN if any value is, and the extremes of the others."""
    numbers = [value for value in values if not math.isnan(value)]
    lowest, highest = min(numbers, default=None), max(numbers, default=None)
    if not values:
        return None, lowest, highest
    if len(numbers) < len(values):
        return math.nan, lowest, highest
    return _STATISTICS[claim.statistic](values), lowest, highest


def _compare(claim, measured):
    """Give the verdict of the table in `Claim`."""
    low = claim.reported if claim.low is None else claim.low
    high = claim.reported if claim.high is None else claim.high
    upward = claim.direction == "at_least"
    downward = claim.direction == "at_most"
    if not downward and measured < low:
        return f"missed by {low - measured:.4g}"
    if not upward and measured > high:
        return f"missed by {measured - high:.4g}"
    if claim.reported is None:
        return "met"
    better = (upward and measured > high) or (downward and measured < low)
    return "beaten" if better else "met"


def _unjudged(claim, rows, n_seeds):
    """Say why there is no verdict, or None."""
    if any(row.substitute for row in rows):
        return "reported: on a stand-in", ""
    if n_seeds >= claim.min_seeds or all(row.seed is None for row in rows):
        return None
    return f"reported: {n_seeds} of {claim.min_seeds} seeds", ""


def _no_success(claim, rows, measured, null_edge):
    """Say why the number is none that could count, whatever its size."""
    degenerate = [row.degenerate for row in rows if row.degenerate]
    if degenerate:
        where = f"{len(degenerate)} of {len(rows)} answers"
        return f"missed: degenerate in {where}", degenerate[0]
    if math.isnan(measured):
        return "missed: not a number", ""
    if not claim.above_null:
        return None
    if null_edge is None:
        return "missed: no null to compare with", ""
    downward = claim.direction == "at_most"
    if measured >= null_edge if downward else measured <= null_edge:
        return "missed: within restart noise", f"the null reaches {null_edge:.4g}"
    return None


def _contradiction(claim, rows):
    """Give the proof that the published data contradict the printed number, or ''."""
    if claim.contradicted_by is None:
        return ""
    own = [
        row
        for row in rows
        if (row.dataset, row.metric) == (claim.dataset, claim.contradicted_by)
        and not math.isnan(row.value)
    ]
    if not own:
        return ""
    decimals = claim.decimals
    if decimals is None:
        decimals = _decimals(claim.reported)
    recomputed = _STATISTICS[claim.statistic]([row.value for row in own])
    # A little above one half, so that a half in floating point counts as rounding.
    if abs(recomputed - claim.reported) <= 0.500001 * 10.0**-decimals:
        return ""
    numbers = f"{recomputed:.4g} recomputed, {claim.reported:.4g} printed"
    notes = "".join(f"; {note}" for note in {row.note: None for row in own if row.note})
    return f"{claim.misprint} ({numbers}{notes})"


def _decimals(number):
    exponent = Decimal(repr(float(number))).normalize().as_tuple().exponent
    return max(0, -exponent)


def _about(claim, row):
    return (row.dataset, row.method, row.metric) == (
        claim.dataset,
        claim.method,
        claim.metric,
    )


def _protocols(claim, rows):
    if claim.protocol is not None:
        return [claim.protocol]
    found = dict.fromkeys(row.protocol for row in rows if _about(claim, row))
    return list(found) or [None]


def _check_word(name, word, words):
    if word not in words:
        raise ValueError(f"{name}={word!r} should be one of: {', '.join(words)}")
