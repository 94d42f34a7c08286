"""How fair the summaries of many videos are: averages, minima, who is left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from rfcore._columns import complete, require_same_rows
from rfcore.metrics import sum_bal, summary_f1
from rfcore.video.files import read_summaries
from rfcore.video.presence import Presence


@dataclass(frozen=True)
class SummaryScore:
    """SumBal of one summary for one attribute.

    Attributes
    ----------
    split : int
        0 where there are no splits.
    video, attribute : str
    sum_bal : float
        In [0, 1].
    violating : str
        The group of the least ratio.
    n_selected : int
        Frames in the summary.
    """

    split: int
    video: str
    attribute: str
    sum_bal: float
    violating: str
    n_selected: int


@dataclass(frozen=True)
class SummaryEvaluation:
    """The scores of many summaries.

    Attributes
    ----------
    scores : list of SummaryScore
        By split, video and attribute.
    f1 : dict of (int, str) to float
        By split and video; empty where no users' summaries were given.
    """

    scores: list = field(repr=False)
    f1: dict = field(default_factory=dict, repr=False)

    @property
    def splits(self):
        """The splits, in rising order."""
        return sorted({score.split for score in self.scores})

    @property
    def attributes(self):
        """The attributes, in the order of the scores."""
        return list(dict.fromkeys(score.attribute for score in self.scores))

    def average(self, attribute, split=None):
        """Mean SumBal over a split's videos, without a split the mean of those means.

        Parameters
        ----------
        attribute : str
        split : int or None, default=None

        Returns
        -------
        float
        """
        if split is None:
            return float(np.mean([self.average(attribute, s) for s in self.splits]))
        return float(np.mean([s.sum_bal for s in self._of(attribute, split)]))

    def minimum(self, attribute, split=None):
        """The least fair summary of a split, or of all; of equal ones the first.

        Parameters
        ----------
        attribute : str
        split : int or None, default=None

        Returns
        -------
        SummaryScore
        """
        return min(self._of(attribute, split), key=lambda score: score.sum_bal)

    def thesis_minimum(self, attribute):
        """The least fair summary of the split with the lowest average.

        This is what table 3.3 of the thesis calls the minimum; another split may hold
        a summary that is less fair.

        Parameters
        ----------
        attribute : str

        Returns
        -------
        SummaryScore
        """
        lowest = min(self.splits, key=lambda split: self.average(attribute, split))
        return self.minimum(attribute, lowest)

    def f1_average(self, split=None):
        """Mean F over a split's videos, without a split the mean of those means.

        Parameters
        ----------
        split : int or None, default=None

        Returns
        -------
        float or None
            None where there are no users' summaries.
        """
        if not self.f1:
            return None
        if split is None:
            return float(np.mean([self.f1_average(s) for s in self.splits]))
        return float(np.mean([v for (s, _), v in self.f1.items() if s == split]))

    def _of(self, attribute, split):
        found = [
            score
            for score in self.scores
            if score.attribute == attribute and split in (None, score.split)
        ]
        if not found:
            raise ValueError(
                f"no summaries of attribute={attribute!r} and split={split}; there are "
                f"attributes {self.attributes} and splits {self.splits}"
            )
        return found


def evaluate_summaries(
    summaries, presence, *, groups=None, user_summaries=None, aggregate="mean", beta=1.0
):
    """Measure SumBal of summaries, and F1 where users' summaries are at hand.

    Parameters
    ----------
    summaries : path-like, dict, or sequence of dict
        A folder (see Notes), the frames of each video's summary by its name, or one
        such dict for each split.
    presence : dict of str to (array-like or dict of str to array-like)
        For each video a matrix (n, n_groups) of 0 and 1, or one for each attribute.
    groups : dict of str to (sequence of str or dict), optional
        Names of the columns, in the same arrangement.
    user_summaries : dict of str to array-like of shape (n_users, n), optional
        By video.
    aggregate, beta
        As in `rfcore.metrics.summary_f1`.

    Returns
    -------
    SummaryEvaluation

    Raises
    ------
    ValueError
        If there are no summaries, a video has no presence, a summary is longer or
        shorter than the presence by more than one frame, selects no frame or holds
        something else than 0 and 1; if a file of the folder is a pickle.

    Notes
    -----
    A folder holds one file a summary, ``video_9.npy``, ``.csv`` (one 0 or 1 a line) or
    ``.npz`` and ``.h5`` with one array each or several by name. Folders, and names of
    arrays, may say the split: ``split0/video_9``. Pickles are never loaded.

    A summary that is a frame shorter than the presence leaves out the last frame: so
    the published evaluation treats its video 30. One that is a frame longer is cut.
    Where presence is a matrix, the
    attribute is called ``""``.

    References
    ----------
    Thesis 3.2.3.2 and 3.2.6.

    Examples
    --------
    >>> found = evaluate_summaries({"v": [1, 1, 0]}, {"v": [[1, 0], [1, 0], [0, 1]]})
    >>> found.minimum("").violating, found.average("")
    ('1', 0.0)
    """
    scores, f1 = [], {}
    for split, by_video in enumerate(_by_split(summaries)):
        for video, summary in by_video.items():
            if video not in presence:
                raise ValueError(f"presence has no video {video!r}")
            scores += _scores(
                split, video, summary, presence[video], (groups or {}).get(video)
            )
            if user_summaries is not None and video in user_summaries:
                f1[split, video] = summary_f1(
                    summary, user_summaries[video], aggregate=aggregate, beta=beta
                )
    if not scores:
        raise ValueError("there are no summaries")
    return SummaryEvaluation(scores, f1)


def _by_split(summaries):
    if isinstance(summaries, Mapping):
        return [summaries]
    if isinstance(summaries, (list, tuple)):
        return summaries
    return read_summaries(summaries)


def _scores(split, video, summary, presence, groups):
    if not isinstance(presence, Mapping):
        presence, groups = {"": presence}, {"": groups}
    found = []
    for attribute, matrix in presence.items():
        matrix, selected = same_length(matrix, summary, video)
        seen = Presence.of(matrix, (groups or {}).get(attribute))
        value, worst = sum_bal(selected, seen.matrix, return_group=True)
        found.append(
            SummaryScore(
                split, video, attribute, value, seen.names[worst], int(selected.sum())
            )
        )
    return found


def same_length(presence, summary, video):
    """Presence and a summary of the same frames.

    Parameters
    ----------
    presence : array-like of shape (n, n_groups)
    summary : array-like of shape (n_summary,)
    video : str
        For the messages.

    Returns
    -------
    presence : ndarray
    summary : bool array

    Raises
    ------
    ValueError
        If the lengths differ by more than one frame, or the summary is not a vector of
        0 and 1 with at least one frame.
    """
    require_same_rows(presence=presence, summary=summary)
    presence = complete(presence, "presence")
    summary = complete(summary, f"the summary of {video}")
    if summary.ndim != 1 or not np.isin(summary, (0, 1)).all():
        raise ValueError(f"the summary of {video} should be a vector of 0 and 1")
    if not summary.any():
        raise ValueError(f"the summary of {video} selects no frame")
    if abs(len(presence) - len(summary)) > 1:
        raise ValueError(
            f"the summary of {video} has {len(summary)} frames, its presence "
            f"{len(presence)}: more than one apart"
        )
    selected = np.zeros(len(presence), dtype=bool)
    n = min(len(presence), len(summary))
    selected[:n] = summary[:n]
    if not selected.any():
        raise ValueError(f"the summary of {video} selects no frame of its presence")
    return presence, selected
