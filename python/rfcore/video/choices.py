"""What a fair and useful summary is chosen from: single frames, or whole shots.

Both give the most important choice whose SumBal is at least t, and the greatest t that
some choice reaches.
"""

import numpy as np

from rfcore.video.fairest import CountBounds, fairest_counts
from rfcore.video.integer import IntegerProgram
from rfcore.video.lp import evenly
from rfcore.video.select import shot_scores

# How far above the SumBal of the fairest shots another one may be.
_NEAR = 1e-6


class FrameChoice:
    """Exactly k frames.

    Frames of one pattern of groups differ by score only, and the best x of them are
    the first ones. So the integers are how many frames each pattern gives; frames of
    equal score and pattern are one continuous variable, which an optimum fills in
    order of score, up to whole frames.

    Parameters
    ----------
    scores : float64 array of shape (n,)
    seen : Presence
    k : int
    time_limit_s : float or None
    """

    def __init__(self, scores, seen, k, time_limit_s=None):
        members, counts, of_frame, first = seen.patterns(also=scores)
        patterns, pattern = np.unique(members, axis=0, return_inverse=True)
        pattern = pattern.ravel()
        m, p = len(counts), len(patterns)
        self._counts, self._of_frame, self._m = counts, of_frame, m
        self._program = IntegerProgram(
            np.concatenate([scores[first], np.zeros(p)]),
            np.concatenate([counts, np.bincount(pattern, counts, p)]),
            integers=np.arange(m + p) >= m,
            time_limit_s=time_limit_s,
        )
        of_pattern = np.zeros((p, m))
        of_pattern[pattern, np.arange(m)] = 1.0
        on_patterns = np.vstack([patterns.T, np.ones(p)])
        self._rows = np.block(
            [
                [np.zeros((len(on_patterns), m)), on_patterns],
                [of_pattern, -np.eye(p)],
            ]
        )
        self._fixed = np.append(k, np.zeros(p))
        self._bounds = CountBounds(seen.matrix.sum(axis=0), len(scores), k)

    def best(self, t):
        """The most important choice with SumBal >= t as bool (n,), or None."""
        low, high = self._bounds.interval(t)
        if (low > high).any():
            return None
        x = self._program.solve(
            self._rows, np.append(low, self._fixed), np.append(high, self._fixed)
        )
        return None if x is None else self._selected(x)

    def fairest(self):
        """A choice of the greatest SumBal."""
        x = fairest_counts(
            self._program, self._rows, self._bounds, (self._fixed, self._fixed)
        )
        return self._selected(x)

    def _selected(self, x):
        return evenly(self._of_frame, self._counts, x[: self._m])


class ShotChoice:
    """Whole shots of at most k frames together, at least one.

    With lengths l and frames h_g of group g, and a_g its share of the video, SumBal
    >= t is linear in the chosen shots: ``t a_g sum l <= sum h_g <= a_g sum l / t``.

    Parameters
    ----------
    scores : float64 array of shape (n,)
        Of frames; a shot is worth their mean or their sum.
    seen : Presence
    k : int
    shots : int64 array of shape (n_shots, 2)
    shot_value : {"mean", "sum"}
    time_limit_s : float or None
    """

    def __init__(self, scores, seen, k, shots, shot_value, time_limit_s=None):
        n, end = len(scores), int(shots[-1, 1]) + 1
        self._lengths = np.diff(shots, axis=1).ravel() + 1
        values = shot_scores(scores[:end], shots)
        if shot_value == "sum":
            values = values * self._lengths
        self._held = np.add.reduceat(
            seen.matrix[:end].astype(np.int64), shots[:, 0], axis=0
        ).T
        self._share = seen.matrix.sum(axis=0) / n
        self._k, self._n = k, n
        once = np.ones(len(values))
        self._program = IntegerProgram(values, once, time_limit_s=time_limit_s)
        # Without an objective the first choice that is fair enough ends the search.
        self._any = IntegerProgram(0 * values, once, time_limit_s=time_limit_s)

    def best(self, t):
        """The most important choice with SumBal >= t as bool (n,), or None."""
        x = self._chosen(t)
        return None if x is None else self._selected(x)

    def fairest(self):
        """A choice whose SumBal is the greatest, up to 1e-6, or None if none fits."""
        best = self._chosen(0.0)
        if best is None:
            return None
        low, high = self._value(best), 1.0
        while high - low > _NEAR:
            middle = (low + high) / 2
            found = self._chosen(middle, self._any)
            if found is None:
                high = middle
            else:
                best, low = found, max(self._value(found), middle)
        return self._selected(best)

    def _chosen(self, t, program=None):
        expected = self._share[:, None] * self._lengths
        n_groups, open_side = len(expected), np.full(len(expected), np.inf)
        rows = [self._lengths[None], np.ones_like(self._lengths)[None]]
        low, high = [[0.0], [1.0]], [[self._k], [np.inf]]
        if t > 0:
            rows += [self._held - t * expected, t * self._held - expected]
            low += [np.zeros(n_groups), -open_side]
            high += [open_side, np.zeros(n_groups)]
        program = program or self._program
        return program.solve(np.vstack(rows), np.concatenate(low), np.concatenate(high))

    def _value(self, x):
        shown = (self._held @ x) / (self._lengths @ x)
        with np.errstate(divide="ignore"):
            return float(np.minimum(shown / self._share, self._share / shown).min())

    def _selected(self, x):
        chosen = np.repeat(x.astype(bool), self._lengths)
        return np.pad(chosen, (0, self._n - len(chosen)))
