"""How many of n things a share of them is."""

import math

# What products and differences of shares may lack: 0.29 * 100 is below 29.
_ROUNDING = 1e-9


def count_of(share, n):
    """The whole number of things in a share of n.

    Parameters
    ----------
    share : float
        >= 0.
    n : int

    Returns
    -------
    int
        floor(share n + 1e-9): a share that means a whole number gives it, although its
        product with n may lie a little below.
    """
    return math.floor(share * n + _ROUNDING)
