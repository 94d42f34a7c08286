"""The seeds of an estimator and of those that it nests."""

import numpy as np
from sklearn.base import clone


def random_states(victim):
    """The parameters `random_state` of a victim and of the estimators it nests."""
    return {
        name: value
        for name, value in victim.get_params().items()
        if name.split("__")[-1] == "random_state"
    }


def with_seeds(victim, random_state):
    """A clone whose seeds are fixed, so that before and after begin alike.

    Parameters
    ----------
    victim : estimator
    random_state : int or None
        Gives the seeds that are None in the victim.

    Returns
    -------
    estimator
    """
    victim = clone(victim)
    unset = [name for name, value in random_states(victim).items() if value is None]
    seed = int(np.random.default_rng(random_state).integers(2**31))
    return victim.set_params(**dict.fromkeys(unset, seed))
