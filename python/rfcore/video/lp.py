"""FVS-LP: frames whose groups have the shares that they have in the video."""

import numpy as np
from sklearn.base import BaseEstimator

from rfcore.errors import ConvergenceError
from rfcore.metrics import sum_bal
from rfcore.video.fairest import CountBounds, fairest_counts
from rfcore.video.integer import IntegerProgram
from rfcore.video.presence import Presence, summary_size


class _FairSummary(BaseEstimator):
    """What the two have in common: their parameters and what `fit` leaves."""

    def __init__(self, *, n_frames=None, share=0.15):
        self.n_frames = n_frames
        self.share = share

    def fit(self, presence, y=None, *, groups=None):
        """Select the frames.

        Parameters
        ----------
        presence : array-like of shape (n, n_groups), or dict of str to array-like
            Who is seen in each frame, 0 or 1; a dict joins several attributes. Groups
            that are never seen do not count.
        y : ignored
        groups : sequence of str, or dict of str to sequence of str, optional
            Names of the columns, for `violating_`.

        Returns
        -------
        self

        Raises
        ------
        TypeError
            If `n_frames` is not an integer.
        ValueError
            If presence is not of 0 and 1, has no frames or shows nobody, names do not
            fit, or the size of the summary is below 1 or above n.
        """
        seen = Presence.of(presence, groups)
        k = summary_size(self.n_frames, self.share, len(seen.matrix))
        self.selected_ = self._select(seen, k)
        self.n_selected_ = int(self.selected_.sum())
        if self.n_selected_ == 0:
            self.sum_bal_, self.violating_ = 0.0, seen.names[0]
            return self
        self.sum_bal_, worst = sum_bal(self.selected_, seen.matrix, return_group=True)
        self.violating_ = seen.names[worst]
        return self


class FairSummaryLP(_FairSummary):
    """FVS-LP: the linear program of thesis eq. 3.8, rounded.

    With the presence matrix G (n, g) and a budget of k frames it looks for x in
    [0, 1]^n with ``G' x = k mean(G)`` and ``1' x = k``, and keeps the frames whose x
    rounds to 1. A vertex has at most g + 1 fractions, so between k - g - 1 and k + 1
    frames or so are left: the size is not the one asked for.

    Parameters
    ----------
    n_frames : int or None, default=None
        The budget k; None takes `share`.
    share : float, default=0.15
        Of all frames, rounded down, in (0, 1].

    Attributes
    ----------
    selected_ : bool array of shape (n,)
    n_selected_ : int
        How many frames the rounding left; 0 is possible for a budget of few frames,
        and then `sum_bal_` is 0.
    sum_bal_ : float
        In [0, 1], over the groups of all attributes.
    violating_ : str
        The group that it is the ratio of.

    Notes
    -----
    Which vertex it is depends on the solver. This one is the one that SciPy's
    ``linprog`` gives, which is what the authors called: their published summaries come
    out frame by frame.

    *Differences from the authors' code.* Groups that are never seen are left out,
    which changes nothing; several attributes may be given at once.

    References
    ----------
    Thesis 3.2.5, eq. 3.8.

    Examples
    --------
    >>> presence = [[1, 0], [1, 0], [0, 1], [0, 1]]
    >>> FairSummaryLP(n_frames=2).fit(presence).sum_bal_
    1.0
    """

    def _select(self, seen, k):
        from scipy.optimize import linprog

        G = seen.matrix.astype(np.float64)
        n = len(G)
        answer = linprog(
            np.zeros(n),
            A_eq=np.vstack([G.T, np.ones(n)]),
            b_eq=np.append(k * G.mean(axis=0), k),
            bounds=(0, 1),
            method="highs",
        )
        # x = k / n everywhere is always an answer.
        if answer.x is None:
            raise ConvergenceError(f"HiGHS ended without an answer: {answer.message}")
        return np.round(answer.x) == 1


class FairSummaryMILP(_FairSummary):
    """The fairest summary of exactly k frames, proved optimal.

    Frames that show the same groups are interchangeable, so the unknowns are how many
    frames of each pattern to take: a few integers instead of n. SumBal then takes one
    of finitely many values, and a bisection over them asks HiGHS which can be reached.

    Parameters
    ----------
    n_frames : int or None, default=None
        Exactly so many frames; None takes `share`.
    share : float, default=0.15
        Of all frames, rounded down, in (0, 1].
    time_limit_s : float or None, default=None
        For one question to HiGHS.

    Attributes
    ----------
    selected_ : bool array of shape (n,)
        Of the frames of a pattern those are taken that lie spread evenly over it.
    n_selected_ : int
        k.
    sum_bal_ : float
        In [0, 1]; no k frames have a greater one.
    violating_ : str
        The group that it is the ratio of.
    n_patterns_ : int
        Different rows of presence.
    n_programs_ : int
        Questions to HiGHS.

    Notes
    -----
    With a dict of several attributes SumBal is the least over the groups of all of
    them, so that sex, ethnicity and persons are served at once; the thesis takes one
    attribute at a time.

    Raises
    ------
    ConvergenceError
        By `fit`, if the time limit ends a question without an answer.

    References
    ----------
    Thesis 3.2.3 (SumBal, eq. 3.7).

    Examples
    --------
    >>> presence = {"sex": [[1, 0], [1, 0], [0, 1], [0, 1], [1, 1], [0, 0]]}
    >>> best = FairSummaryMILP(n_frames=2).fit(presence)
    >>> best.sum_bal_, best.n_selected_
    (1.0, 2)
    """

    def __init__(self, *, n_frames=None, share=0.15, time_limit_s=None):
        super().__init__(n_frames=n_frames, share=share)
        self.time_limit_s = time_limit_s

    def _select(self, seen, k):
        members, counts, of_frame, _ = seen.patterns()
        program = IntegerProgram(
            np.zeros(len(counts)), counts, time_limit_s=self.time_limit_s
        )
        rows = np.vstack([members.T, np.ones(len(counts), dtype=np.int64)])
        bounds = CountBounds(seen.matrix.sum(axis=0), len(seen.matrix), k)
        taken = fairest_counts(program, rows, bounds, (k, k), start=spread(counts, k))
        self.n_patterns_, self.n_programs_ = len(counts), program.n_solved
        return evenly(of_frame, counts, taken)


def spread(counts, k):
    """k frames over classes in proportion to their sizes, by largest remainders.

    Parameters
    ----------
    counts : int array of shape (m,)
    k : int
        At most their sum.

    Returns
    -------
    int64 array of shape (m,)
    """
    exact = counts * (k / counts.sum())
    taken = np.minimum(np.floor(exact).astype(np.int64), counts)
    order = np.argsort(taken - exact, kind="stable")
    order = order[taken[order] < counts[order]]
    taken[order[: k - taken.sum()]] += 1
    return taken


def evenly(of_frame, counts, taken):
    """So many frames of each class, spread evenly over its frames.

    Parameters
    ----------
    of_frame : int array of shape (n,)
    counts, taken : int array of shape (m,)

    Returns
    -------
    bool array of shape (n,)
    """
    order = np.argsort(of_frame, kind="stable")
    starts = np.cumsum(counts) - counts
    rank = np.arange(len(of_frame)) - np.repeat(starts, counts)
    size, wanted = np.repeat(counts, counts), np.repeat(taken, counts)
    # Frame r of a class of c is taken where r w / c passes an integer.
    chosen = (rank + 1) * wanted // size > rank * wanted // size
    selected = np.zeros(len(of_frame), dtype=bool)
    selected[order] = chosen
    return selected
