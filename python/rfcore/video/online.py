"""A fair summary of a stream: frames are decided on a few frames after they came."""

import numbers

import numpy as np

from rfcore._arrays import require_count
from rfcore._columns import complete, require_same_rows
from rfcore._shares import count_of
from rfcore._shown import Settings
from rfcore.video.fairest import CountBounds, fairest_counts
from rfcore.video.integer import IntegerProgram
from rfcore.video.lp import evenly
from rfcore.video.tradeoff import as_scores


class OnlineFairSummary(Settings):
    """Selects frames of a stream, seeing only so far ahead.

    Whenever `stride` more frames than the window are waiting, it asks for the most
    important choice among all waiting frames such that everything seen so far has
    SumBal of at least tau, decides on the first `stride` frames by it and keeps the
    others waiting. Where tau is not possible it asks for the fairest choice.

    Parameters
    ----------
    n_groups : int
    min_sum_bal : float, default=0.9
        tau in [0, 1].
    share : float, default=0.15
        Of the frames seen so far, rounded down, in (0, 1].
    window : int, default=300
        Frames that are looked ahead, 0 or more.
    stride : int, default=30
        Frames decided at once.

    Attributes
    ----------
    n_seen, n_selected : int
        Frames that came, and frames selected so far.
    n_relaxed : int
        Decisions for which tau was not possible.

    Notes
    -----
    Each decision is exact, the summary as a whole need not be: groups that come later
    may make it unfair. A longer window makes that rarer.

    Examples
    --------
    >>> online = OnlineFairSummary(2, share=0.5, window=2, stride=2)
    >>> online.push([5.0, 4.0, 1.0], [[1, 0], [1, 0], [0, 1]])
    array([], dtype=bool)
    >>> online.push([2.0], [[0, 1]])
    array([ True, False])
    >>> online.finish()
    array([False,  True])
    """

    def __init__(self, n_groups, *, min_sum_bal=0.9, share=0.15, window=300, stride=30):
        require_count("n_groups", n_groups)
        require_count("stride", stride)
        if window != 0:
            require_count("window", window)
        for name, value in (("min_sum_bal", min_sum_bal), ("share", share)):
            if not isinstance(value, numbers.Real) or not 0.0 <= value <= 1.0:
                raise ValueError(f"{name}={value!r} should be in [0, 1]")
        self.min_sum_bal, self.share = min_sum_bal, share
        self.window, self.stride = window, stride
        self.n_seen = self.n_selected = self.n_relaxed = 0
        self._seen = np.zeros(n_groups, dtype=np.int64)
        self._shown = np.zeros(n_groups, dtype=np.int64)
        self._scores = np.empty(0)
        self._presence = np.empty((0, n_groups), dtype=bool)

    def push(self, scores, presence):
        """Take the next frames.

        Parameters
        ----------
        scores : array-like of shape (m,)
        presence : array-like of shape (m, n_groups)
            0 and 1.

        Returns
        -------
        bool array of shape (d,)
            Decisions on the oldest waiting frames, a multiple of `stride` of them.

        Raises
        ------
        ValueError
            If the shapes do not fit, a score is not finite or a value is not 0 or 1.
        """
        require_same_rows(presence=presence, scores=scores)
        presence = complete(presence, "presence")
        n_groups = len(self._seen)
        if presence.ndim != 2 or presence.shape[1] != n_groups:
            raise ValueError(
                f"presence.shape={presence.shape} should be (m, {n_groups})"
            )
        if not np.isin(presence, (0, 1)).all():
            raise ValueError("presence should hold 0 and 1")
        scores = as_scores(scores, len(presence))
        decided = [np.empty(0, dtype=bool)]
        # Frame by frame up to the next decision, so that batches do not matter.
        while len(scores):
            room = self.window + self.stride - len(self._scores)
            self._take(scores[:room], presence[:room])
            scores, presence = scores[room:], presence[room:]
            if len(self._scores) == self.window + self.stride:
                decided.append(self._decide(self.stride))
        return np.concatenate(decided)

    def finish(self):
        """Decide on the frames that still wait.

        Returns
        -------
        bool array of shape (d,)
        """
        return self._decide(len(self._scores))

    def _take(self, scores, presence):
        self._scores = np.append(self._scores, scores)
        self._presence = np.concatenate([self._presence, presence.astype(bool)])
        self._seen += presence.astype(np.int64).sum(axis=0)
        self.n_seen += len(scores)

    def _decide(self, n):
        selected = self._choose()[:n]
        self._shown += self._presence[:n][selected].sum(axis=0)
        self.n_selected += int(selected.sum())
        self._scores, self._presence = self._scores[n:], self._presence[n:]
        return selected

    def _choose(self):
        """The best choice among the waiting frames, bool (n_waiting,)."""
        n_waiting = len(self._scores)
        budget = count_of(self.share, self.n_seen)
        # What was selected stays; the waiting frames may not be enough.
        k = min(max(budget, self.n_selected), self.n_selected + n_waiting)
        if k == self.n_selected:
            return np.zeros(n_waiting, dtype=bool)
        keys = np.column_stack([self._presence, self._scores])
        classes, of_frame, counts = np.unique(
            keys, axis=0, return_inverse=True, return_counts=True
        )
        appear = self._seen > 0
        program = IntegerProgram(np.append(classes[:, -1], 0.0), np.append(counts, 1))
        # The last column is what was selected before, always taken once.
        rows = np.vstack(
            [
                np.column_stack([classes[:, :-1].T, self._shown])[appear],
                np.append(np.ones(len(counts)), self.n_selected),
                np.append(np.zeros(len(counts)), 1.0),
            ]
        )
        fixed = np.array([k, 1.0])
        bounds = CountBounds(self._seen[appear], self.n_seen, k)
        low, high = bounds.interval(self.min_sum_bal)
        x = None
        if (low <= high).all():
            x = program.solve(rows, np.append(low, fixed), np.append(high, fixed))
        if x is None:
            self.n_relaxed += 1
            x = fairest_counts(program, rows, bounds, (fixed, fixed))
        return evenly(of_frame.ravel(), counts, x[:-1])
