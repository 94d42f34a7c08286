"""Differences between two methods under the same seeds, with their interval."""

import numpy as np
from scipy import stats

from rfcore.experiments.record import Row

CONFIDENCE = 0.95


def mean_interval(differences):
    """The mean of paired differences and its t-interval.

    Parameters
    ----------
    differences : array-like of shape (n,)
        One for each seed, n >= 2.

    Returns
    -------
    mean, low, high : float
        The 95 % interval mean +- t s / sqrt(n), with t of n - 1 degrees of freedom and
        s the standard deviation with divisor n - 1.
    """
    values = np.asarray(differences, dtype=np.float64)
    n, mean = len(values), values.mean()
    half = stats.t.ppf(0.5 + CONFIDENCE / 2, n - 1) * values.std(ddof=1) / np.sqrt(n)
    return float(mean), float(mean - half), float(mean + half)


def gain_rows(differences, about, metric, *, protocol, min_seeds=2, degenerate=""):
    """Rows of the mean difference and of both ends of its interval.

    Parameters
    ----------
    differences : list of float
        One for each seed.
    about : (str, str)
        Data set and method.
    metric : str
        Ends in brackets, in which the ends are named: ``"gain[over random, low]"``.
    protocol : str
    min_seeds : int, default=2
        With fewer differences there are no rows, and so no verdict.
    degenerate : str, default=""
        Why the answer is none. Where all differences are 0 that is said; where they are
        one other number nothing was drawn, and there is no interval.

    Returns
    -------
    list of Row
    """
    if len(differences) < min_seeds:
        return []
    if not np.any(differences):
        degenerate = degenerate or "there is no difference under any seed"
    ends = [("", ", low", ", high"), mean_interval(differences)]
    if np.any(differences) and np.ptp(differences) == 0:
        ends = [end[:1] for end in ends]
    return [
        Row(*about, f"{metric[:-1]}{end}]", value, protocol=protocol,
            degenerate=degenerate)
        for end, value in zip(*ends, strict=True)
    ]  # fmt: skip
