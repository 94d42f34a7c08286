"""The most important summary that is fair enough, and the whole front between both."""

import numbers
from dataclasses import dataclass, field

import numpy as np
from sklearn.base import BaseEstimator

from rfcore._arrays import as_values
from rfcore._columns import complete, require_same_rows
from rfcore.errors import InfeasibleError
from rfcore.metrics import sum_bal
from rfcore.video.choices import FrameChoice, ShotChoice
from rfcore.video.presence import Presence, summary_size
from rfcore.video.select import _as_shots, shot_scores

# Far above the tolerances of HiGHS: SumBal that rises by less does not count.
_LEAST_STEP = 1e-7


class InfeasibleSumBalError(InfeasibleError):
    """No summary of this size is as fair as asked.

    Attributes
    ----------
    best_sum_bal : float
        The greatest SumBal that is possible.
    """

    def __init__(self, message, best_sum_bal):
        super().__init__(message, best_sum_bal)
        self.best_sum_bal = best_sum_bal

    def __str__(self):
        return self.args[0]


class FairSummary(BaseEstimator):
    """The most important summary whose SumBal is at least tau, exactly.

    Parameters
    ----------
    min_sum_bal : float, default=0.9
        tau in [0, 1]; with several attributes for all of them at once.
    n_frames : int or None, default=None
        The size k; None takes `share`.
    share : float, default=0.15
        Of all frames, rounded down, in (0, 1].
    shot_value : {"mean", "sum"}, default="mean"
        What a shot is worth: the mean of its frames' scores, as in the published
        evaluations, or their sum.
    time_limit_s : float or None, default=None
        For one question to HiGHS.

    Attributes
    ----------
    selected_ : bool array of shape (n,)
        Without shots exactly k frames; with shots whole shots, at most k frames.
    n_selected_ : int
    importance_ : float
        The sum of the selected frames' scores, or of the selected shots' values; no
        summary with such a SumBal has more.
    sum_bal_ : float
        In [tau - 1e-9, 1].
    violating_ : str
        The group that it is the ratio of.

    Notes
    -----
    Frames that show the same groups differ by score only, so single frames are chosen
    by as many integers as there are patterns of groups. Shots are 0/1 unknowns, each.

    References
    ----------
    Thesis 3.2.3 and 3.2.6.3, which leaves the joint problem to future work.

    Examples
    --------
    >>> presence = [[1, 0], [1, 0], [0, 1], [0, 1]]
    >>> scores = [5.0, 4.0, 1.0, 2.0]
    >>> FairSummary(min_sum_bal=0.0, n_frames=2).fit(scores, presence).importance_
    9.0
    >>> fair = FairSummary(min_sum_bal=1.0, n_frames=2).fit(scores, presence)
    >>> fair.selected_, fair.importance_
    (array([ True, False, False,  True]), 7.0)
    """

    def __init__(
        self,
        *,
        min_sum_bal=0.9,
        n_frames=None,
        share=0.15,
        shot_value="mean",
        time_limit_s=None,
    ):
        self.min_sum_bal = min_sum_bal
        self.n_frames = n_frames
        self.share = share
        self.shot_value = shot_value
        self.time_limit_s = time_limit_s

    def fit(self, scores, presence, *, change_points=None, groups=None):
        """Select the frames.

        Parameters
        ----------
        scores : array-like of shape (n,)
            The importance of each frame; finite.
        presence : array-like of shape (n, n_groups), or dict of str to array-like
            Who is seen in each frame, 0 or 1; a dict joins several attributes. Groups
            that are never seen do not count.
        change_points : array-like of int, of shape (n_shots, 2), optional
            The first and the last frame of each shot, without gaps or overlaps; then
            only whole shots are selected. The last shot may end before the last frame.
        groups : sequence of str, or dict of str to sequence of str, optional
            Names of the columns, for `violating_`.

        Returns
        -------
        self

        Raises
        ------
        InfeasibleError
            If no summary is that fair; `best_sum_bal` of the error and its message say
            how fair one can be.
        ConvergenceError
            If the time limit ends a question without an answer.
        TypeError
            If `n_frames` is not an integer.
        ValueError
            If scores and presence are not of the same frames, a value is outside its
            range, or shots overlap, leave gaps or are all too long.
        """
        tau = self.min_sum_bal
        if not isinstance(tau, numbers.Real) or not 0.0 <= tau <= 1.0:
            raise ValueError(f"min_sum_bal={tau!r} should be in [0, 1]")
        problem = _Problem.of(self, scores, presence, change_points, groups)
        selected = problem.choice.best(float(tau))
        if selected is None:
            best = sum_bal(problem.choice.fairest(), problem.seen.matrix)
            raise InfeasibleSumBalError(
                f"min_sum_bal={tau} is not possible with {problem.size}: the best "
                f"SumBal is {best:.6g}",
                best,
            )
        point = problem.point(selected)
        self.selected_ = selected
        self.n_selected_ = int(selected.sum())
        self.importance_ = point.importance
        self.sum_bal_, self.violating_ = point.sum_bal, point.violating
        return self


@dataclass(frozen=True, eq=False)
class ParetoPoint:
    """A summary that none beats in importance and in SumBal.

    Attributes
    ----------
    importance, sum_bal : float
        As `FairSummary.importance_` and `sum_bal_`.
    selected : bool array of shape (n,)
    violating : str
        The group of `sum_bal`.
    """

    importance: float
    sum_bal: float
    selected: np.ndarray = field(repr=False)
    violating: str = ""


def pareto_front(
    scores,
    presence,
    *,
    change_points=None,
    n_frames=None,
    share=0.15,
    shot_value="mean",
    step=0.01,
    groups=None,
    time_limit_s=None,
):
    """Every trade between importance and SumBal that is worth making.

    Parameters
    ----------
    scores, presence, change_points, groups
        As in `FairSummary.fit`.
    n_frames, share, shot_value, time_limit_s
        As in `FairSummary`.
    step : float, default=0.01
        SumBal rises by at least so much from one point to the next; 0 gives the whole
        front. With shots it may have thousands of points, and those near SumBal 1 are
        slow to prove.

    Returns
    -------
    points : list of ParetoPoint
        From the most important one on. Each is exact: no summary with its SumBal is
        more important. Values of SumBal that differ by 1e-7 are the same.

    Raises
    ------
    ConvergenceError, TypeError, ValueError
        As `FairSummary.fit`; and if `step` is below 0.

    Examples
    --------
    >>> presence = [[1, 0], [1, 0], [0, 1], [0, 1]]
    >>> front = pareto_front([5.0, 4.0, 1.0, 2.0], presence, n_frames=2)
    >>> [(point.importance, point.sum_bal) for point in front]
    [(9.0, 0.0), (7.0, 1.0)]
    """
    if not isinstance(step, numbers.Real) or not step >= 0.0:
        raise ValueError(f"step={step!r} should be a number >= 0")
    options = FairSummary(
        n_frames=n_frames, share=share, shot_value=shot_value, time_limit_s=time_limit_s
    )
    problem = _Problem.of(options, scores, presence, change_points, groups)
    points, tau = [], 0.0
    while tau <= 1.0:
        selected = problem.choice.best(tau)
        if selected is None:
            break
        point = problem.point(selected)
        while points and points[-1].importance <= point.importance + 1e-12:
            points.pop()
        points.append(point)
        tau = max(point.sum_bal, tau) + max(_LEAST_STEP, step)
    return points


@dataclass(frozen=True)
class _Problem:
    """Checked input, and what is chosen from."""

    scores: np.ndarray
    seen: Presence
    choice: FrameChoice | ShotChoice
    shots: np.ndarray | None
    shot_value: str
    size: str

    @classmethod
    def of(cls, options, scores, presence, change_points, groups):
        require_same_rows(presence=presence, scores=scores)
        seen = Presence.of(presence, groups)
        scores = as_scores(scores, len(seen.matrix))
        if options.shot_value not in ("mean", "sum"):
            raise ValueError(
                f"shot_value={options.shot_value!r} should be 'mean' or 'sum'"
            )
        k = summary_size(options.n_frames, options.share, len(scores))
        if change_points is None:
            choice = FrameChoice(scores, seen, k, options.time_limit_s)
            return cls(scores, seen, choice, None, "sum", f"{k} frames")
        shots = _as_shots(change_points, len(scores))
        shortest = int((shots[:, 1] - shots[:, 0]).min()) + 1
        if shortest > k:
            raise ValueError(
                f"no shot fits into {k} frames: the shortest has {shortest} frames"
            )
        choice = ShotChoice(
            scores, seen, k, shots, options.shot_value, options.time_limit_s
        )
        size = f"shots of at most {k} frames"
        return cls(scores, seen, choice, shots, options.shot_value, size)

    def point(self, selected):
        value, worst = sum_bal(selected, self.seen.matrix, return_group=True)
        importance = self.importance(selected)
        return ParetoPoint(importance, value, selected, self.seen.names[worst])

    def importance(self, selected):
        if self.shots is None or self.shot_value == "sum":
            return float(self.scores[selected].sum())
        taken = selected[self.shots[:, 0]]
        end = int(self.shots[-1, 1]) + 1
        return float(shot_scores(self.scores[:end], self.shots)[taken].sum())


def as_scores(scores, n):
    """Finite scores of n frames, float64 (n,).

    Raises
    ------
    ValueError
        If they are not one-dimensional, of other frames or not finite.
    """
    scores = complete(scores, "scores")
    if scores.ndim != 1:
        raise ValueError(f"scores.ndim={scores.ndim} should be 1")
    if len(scores) != n:
        raise ValueError(f"scores has {len(scores)} frames, presence has {n}")
    return as_values(scores, "scores")
