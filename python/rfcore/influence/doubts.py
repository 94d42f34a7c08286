"""Scores of a gap between groups that are larger than the gap, and who is told so."""

import warnings

import numpy as np

from rfcore.errors import ApproximationWarning


class DoubtfulScores(np.ndarray):
    """Scores that are not what retraining gives, which `repeat_doubts` warns of.

    An array like any other, but for the doubts that go along with it and its parts.

    Parameters
    ----------
    scores : float64 array of shape (n,) or (t, n)
    doubts : list of t str or None
        What is wrong with each target's scores.
    """

    def __new__(cls, scores, doubts):
        made = np.asarray(scores).view(cls)
        made.doubts = tuple(doubts)
        return made

    def __array_finalize__(self, origin):
        self.doubts = getattr(origin, "doubts", ())

    def __array_wrap__(self, array, context=None, return_scalar=False):
        if array.ndim == 0:
            return array[()]
        return super().__array_wrap__(array, context, return_scalar)

    def __getitem__(self, index):
        found = super().__getitem__(index)
        first = index[0] if isinstance(index, tuple) and index else index
        of_targets = self.ndim == 2 and len(self) == len(self.doubts)
        if of_targets and np.ndim(first) < 2 and isinstance(found, DoubtfulScores):
            kept = np.ravel(np.arange(len(self))[first])
            found.doubts = tuple(self.doubts[t] for t in kept)
        return found


def with_doubts(scores, names, gaps, remedy, *, stacklevel):
    """The scores, and a warning where those of a gap have the wrong sign.

    A gap is an absolute value, and its first-order scores are the slope of that on one
    side of 0. Without a row whose score is below minus twice the gap, the difference
    between the groups is larger than with it, in favor of the other; and a gap of 0
    has no slope.

    Parameters
    ----------
    scores : float64 array of shape (t, m)
        Of first order.
    names : list of t str or callable
    gaps : float64 array of shape (t,)
        Their values; nan for those that are no gaps.
    remedy : str
        What evaluates the target instead.
    stacklevel : int
        As of `warnings.warn`, from the caller.

    Returns
    -------
    float64 array or DoubtfulScores of shape (t, m)

    Warns
    -----
    ApproximationWarning
    """
    doubts = []
    for name, gap, own in zip(names, gaps, scores, strict=True):
        n_below = int((own < -2 * gap).sum())
        doubt = None
        if gap == 0:
            doubt = f"target={name!r} is 0, where it has no slope: scores are 0"
        elif n_below:
            doubt = (
                f"target={name!r} is {gap:.2g}, and {n_below} of {len(own)} scores are "
                "below minus twice that: on the other side of 0 it grows, not shrinks"
            )
        doubts.append(doubt and f"{doubt}; {remedy}")
    found = [doubt for doubt in doubts if doubt]
    if not found:
        return scores
    for doubt in found:
        warnings.warn(doubt, ApproximationWarning, stacklevel=stacklevel + 1)
    return DoubtfulScores(scores, doubts)


def repeat_doubts(scores):
    """Warn, from who was given scores, of what was said when they were made."""
    for doubt in getattr(scores, "doubts", ()):
        if doubt:
            warnings.warn(
                f"the scores are doubtful: {doubt}", ApproximationWarning, stacklevel=3
            )
