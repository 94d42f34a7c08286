"""From scores to a summary: frames, shots, and the shots that a budget buys."""

import numbers
from dataclasses import dataclass

import numpy as np

from rfcore import _core
from rfcore._arrays import as_values

_LARGEST_CAPACITY = 2**63 - 1


def knapsack(values, weights, capacity, *, table="float64"):
    """The items of greatest total value whose weights fit: 0/1 knapsack, exactly.

    Parameters
    ----------
    values : array-like of shape (n,)
        Finite, with a finite sum. An item of value 0 or below is never taken.
    weights : array-like of int or bool, of shape (n,)
        0 or more. An item that is heavier than the capacity is never taken.
    capacity : int
        The most that the taken items may weigh together, in [0, 2**63 - 1].
    table : {"float64", "float32"}, default="float64"
        What the table of the dynamic program is rounded to. Published summarizers that
        keep float32 choose other items where totals nearly tie.

    Returns
    -------
    bool array of shape (n,)
        The items that are taken. Of choices with the same total the one that leaves
        out the last item in which they differ.

    Raises
    ------
    TypeError
        If the capacity is not an integer.
    ValueError
        If lengths differ, a value or their sum is not finite, a weight is not an
        integer or below 0, or the capacity is outside its range.

    Notes
    -----
    It takes n (capacity + 1) steps and bits of memory.

    Examples
    --------
    >>> knapsack([3.0, 4.0, 5.0], [2, 3, 4], 5)
    array([ True,  True, False])
    """
    if table not in ("float64", "float32"):
        raise ValueError(f"table={table!r} should be 'float64' or 'float32'")
    if not isinstance(capacity, numbers.Integral):
        raise TypeError(f"capacity={capacity!r} should be an integer")
    if not 0 <= capacity <= _LARGEST_CAPACITY:
        raise ValueError(f"capacity={capacity} should be in [0, 2**63 - 1]")
    values = _as_scores(values, "values", least=0)
    if table == "float32" and np.abs(values).sum() > np.finfo(np.float32).max:
        raise ValueError("the sum of the sizes of values should be finite in float32")
    weights = _as_integers(weights, "weights", ndim=1)
    taken = np.empty(len(values), dtype=np.uint8)
    _core.knapsack(values, weights, int(capacity), table == "float32", taken)
    return taken.view(np.bool_)


def shot_scores(frame_scores, change_points):
    """The mean score of the frames of each shot.

    Parameters
    ----------
    frame_scores : array-like of shape (n_frames,)
        Finite. float32 is averaged in float32, as published summarizers do.
    change_points : array-like of int, of shape (n_shots, 2)
        The first and the last frame of each shot, without gaps or overlaps.

    Returns
    -------
    float64 array of shape (n_shots,)

    Raises
    ------
    ValueError
        If the scores are not finite, or the shots do not start at frame 0, leave gaps,
        overlap or end beyond the last frame.

    Examples
    --------
    >>> shot_scores([1.0, 3.0, 5.0], [[0, 1], [2, 2]])
    array([2., 5.])
    """
    scores = np.asarray(frame_scores)
    scores = _as_scores(scores, "frame_scores", dtype=None)
    shots = _as_shots(change_points, len(scores))
    return np.array([float(scores[a : b + 1].mean()) for a, b in shots])


def select_shots(
    scores, change_points, picks, n_frames, *, flavor="apostolidis", budget=0.15
):
    """The summary that published evaluations make of a model's scores.

    A score holds from its pick to the next one, a shot's score is the mean over its
    frames, and the shots in the summary are a 0/1 knapsack with their lengths as
    weights.

    Parameters
    ----------
    scores : array-like of shape (n_picks,)
        A score for each pick.
    change_points : array-like of int, of shape (n_shots, 2)
        The first and the last frame of each shot, without gaps or overlaps. The last
        shot may end before the last frame.
    picks : array-like of int, of shape (n_picks,), or None
        The frames that the scores belong to, in rising order; None where every frame
        has one.
    n_frames : int
        The frames of the video.
    flavor : {"apostolidis", "zhou", "vasnet", "dsnet"}, default="apostolidis"
        Whose evaluation; see the notes.
    budget : float, default=0.15
        The share of the frames that a summary may take, in (0, 1].

    Returns
    -------
    bool array
        The frames in the summary; of shape (n_frames,) with ``flavor="dsnet"``, and up
        to the end of the last shot with the others.

    Raises
    ------
    TypeError
        If `n_frames` is not an integer.
    ValueError
        If the scores are not finite, there is not one for each pick, the picks do not
        rise within the video, or the shots start late, leave gaps, overlap or end
        beyond the video; if no shot fits the budget, which would leave the summary
        empty; if an option is not one of those above.

    Notes
    -----
    All flavors keep frame scores in float32 and break ties as `knapsack` does. With
    ``e``, the number of frames up to the end of the last shot:

    ================  ===================  ====================  ==============
    flavor            capacity             values                table
    ================  ===================  ====================  ==============
    ``apostolidis``   ``int(e budget)``    mean                  float64
    ``zhou``          ``int(n budget)``    mean                  float32
    ``vasnet``        ``int(n budget)``    ``int(1000 mean)``    exact
    ``dsnet``         ``int(n budget)``    ``int(1000 mean)``    exact
    ================  ===================  ====================  ==============

    Differences from the authors' code: VASNet and DSNet leave the knapsack to
    OR-Tools, whose dynamic program takes the first shot too where that is worth
    nothing and still fits; here a shot that is worth nothing is left out. Gaps,
    overlaps and scores without picks are errors here, where the published code goes
    on.

    References
    ----------
    Zhang et al. 2016, doi:10.1007/978-3-319-46478-7_47 (scores to shots); Apostolidis
    et al. 2021, doi:10.1109/JPROC.2021.3117472; Zhou et al. 2018, arXiv:1801.00054;
    Fajtl et al. 2018, arXiv:1812.01969; Zhu et al. 2020, doi:10.1109/TIP.2020.3039886.

    Examples
    --------
    >>> select_shots([0.9, 0.1], [[0, 1], [2, 3]], [0, 2], 4, budget=0.5)
    array([ True,  True, False, False])
    """
    if flavor not in _FLAVORS:
        names = ", ".join(map(repr, _FLAVORS))
        raise ValueError(f"flavor={flavor!r} should be one of {names}")
    if not isinstance(budget, numbers.Real) or not 0.0 < budget <= 1.0:
        raise ValueError(f"budget={budget!r} should be in (0, 1]")
    frames = _spread(scores, picks, n_frames)
    shots = _as_shots(change_points, n_frames)
    rule = _FLAVORS[flavor]
    values, end = shot_scores(frames, shots), int(shots[-1, 1]) + 1
    if rule.thousandths:
        values = np.trunc(1000.0 * values)
    capacity = int((end if rule.of_shots else n_frames) * budget)
    lengths = shots[:, 1] - shots[:, 0] + 1
    taken = knapsack(values, lengths, capacity, table=rule.table)
    if not taken.any():
        raise ValueError(
            f"no shot of positive score fits into {capacity} frames: the summary "
            f"would be empty (the shortest shot has {lengths.min()} frames)"
        )
    summary = np.repeat(taken, lengths)
    return np.pad(summary, (0, n_frames - end)) if rule.whole else summary


@dataclass(frozen=True)
class _Flavor:
    of_shots: bool  # whether the budget is a share of the frames in shots
    thousandths: bool  # whether values are whole thousandths
    table: str
    whole: bool  # whether the summary has all frames of the video


_FLAVORS = {
    "apostolidis": _Flavor(True, False, "float64", False),
    "zhou": _Flavor(False, False, "float32", False),
    "vasnet": _Flavor(False, True, "float64", False),
    "dsnet": _Flavor(False, True, "float64", True),
}


def _spread(scores, picks, n_frames):
    """Frame scores (n_frames,) float32: each score up to the next pick, 0 before."""
    if not isinstance(n_frames, numbers.Integral):
        raise TypeError(f"n_frames={n_frames!r} should be an integer")
    scores = _as_scores(scores, "scores")
    if picks is None:
        if len(scores) != n_frames:
            raise ValueError(f"scores has {len(scores)} values for {n_frames} frames")
        return scores.astype(np.float32)
    picks = _as_integers(picks, "picks", ndim=1)
    if len(scores) != len(picks):
        raise ValueError(f"scores has {len(scores)} values for {len(picks)} picks")
    lengths = np.diff(picks, append=n_frames)
    if picks[0] < 0 or (lengths <= 0).any():
        raise ValueError(f"picks should rise within the {n_frames} frames of the video")
    return np.pad(np.repeat(scores.astype(np.float32), lengths), (picks[0], 0))


def _as_shots(change_points, n_frames):
    """Shots (s, 2) int64 that follow each other from frame 0 on."""
    shots = _as_integers(change_points, "change_points", ndim=2)
    if shots.shape[1] != 2 or len(shots) == 0:
        raise ValueError(f"change_points.shape={shots.shape} should be (n_shots, 2)")
    if shots[0, 0] != 0:
        raise ValueError(f"the first shot starts at frame {shots[0, 0]}, should at 0")
    empty = np.flatnonzero(shots[:, 1] < shots[:, 0])
    if empty.size:
        first, last = shots[empty[0]]
        raise ValueError(f"shot {empty[0]} ends at {last}, before its first {first}")
    for shot in np.flatnonzero(shots[1:, 0] != shots[:-1, 1] + 1):
        end, start = shots[shot, 1], shots[shot + 1, 0]
        word = "overlap" if start <= end else "leave a gap"
        raise ValueError(
            f"shots {shot} and {shot + 1} {word}: one ends at frame {end}, the next "
            f"starts at {start}"
        )
    if shots[-1, 1] >= n_frames:
        raise ValueError(
            f"the last shot ends at {shots[-1, 1]}, should be < n_frames={n_frames}"
        )
    return shots


def _as_scores(scores, name, *, least=1, dtype=np.float64):
    return as_values(scores, name, min_values=least, dtype=dtype)


def _as_integers(numbers_, name, *, ndim):
    found = np.asarray(numbers_)
    if found.ndim != ndim:
        raise ValueError(f"{name}.ndim={found.ndim} should be {ndim}")
    whole = np.asarray(found, dtype=np.int64) if found.dtype.kind in "biuf" else None
    if whole is None or (found.size and not (whole == found).all()):
        raise ValueError(f"{name} should hold integers")
    return np.ascontiguousarray(whole)
