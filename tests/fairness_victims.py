"""Data, victims and a noted run for the tests of the fairness attack."""

import joblib
import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.preprocessing import StandardScaler

from rfcore.attacks import FairnessAttack
from rfcore.cluster import FairOracle
from rfcore.errors import InfeasibleError
from rfcore.fair import FairKCenter, FairSpectral, ScalableFairlets

N = 48


def cloud(seed=0, n=N):
    """Rows without clusters, so that groups decide much; closed to writing."""
    X = np.random.default_rng(seed).normal(size=(n, 2))
    X.setflags(write=False)
    return X


def mixed(n_groups, seed=0, n=N):
    """As many rows of each group, in random order, closed to writing."""
    groups = np.random.default_rng(seed).permutation(np.arange(n) % n_groups)
    groups.setflags(write=False)
    return groups


class Halves(BaseEstimator):
    """Above or below the mean of group 0 in the first feature; no `fit_predict`."""

    def fit(self, X, y=None, *, groups):
        self.labels_ = (X[:, 0] > X[np.asarray(groups) == 0, 0].mean()).astype(int)
        return self


class Picky(Halves):
    """Refuses groups in which some group is too small."""

    def __init__(self, least):
        self.least = least

    def fit(self, X, y=None, *, groups):
        if np.bincount(groups).min() < self.least:
            raise InfeasibleError("a group is too small")
        return super().fit(X, groups=groups)


class Unmoved(BaseEstimator):
    """Clusters that do not depend on the groups."""

    def fit(self, X, y=None, *, groups):
        self.labels_ = (X[:, 0] > 0.5).astype(int)
        return self


class Nested(BaseEstimator):
    """A fair clusterer on scaled data."""

    def __init__(self, inner):
        self.inner = inner

    def fit(self, X, y=None, *, groups):
        X = StandardScaler().fit_transform(X)
        self.labels_ = clone(self.inner).fit(X, groups=groups).labels_
        return self


X = cloud(2)
TWO, THREE, FIVE = mixed(2), mixed(3), mixed(5)
NEAREST = ScalableFairlets(3, assignment="nearest", random_state=0)
FAIRLET = ScalableFairlets(3, random_state=0)
SPECTRAL = FairSpectral(3, n_neighbors=4, random_state=0)
KCENTER = FairKCenter(3, random_state=0)
ROWS = [30, 2, 3, 44, 5, 17, 8, 21]
ALIKE = np.flatnonzero(TWO == 1)[:8]
OTHERS = np.setdiff1d(np.arange(N), ROWS)


def attack(victim, groups, X=X, **options):
    """The result, and each question that was answered, or alone refused (None)."""
    run = {
        key: options.pop(key)
        for key in ("attackable", "evaluated", "observed", "null_labels")
        if key in options
    }
    options = {"max_evals": 10, "n_null": 2, "random_state": 0, **options}
    asked, answer = [], FairOracle.regroup

    def noted(self, groups):
        try:
            labels = answer(self, groups)
        except ValueError:
            if len(groups) == 1:
                asked.append((groups[0].copy(), None))
            raise
        asked.extend(zip(groups.copy(), labels, strict=True))
        return labels

    with pytest.MonkeyPatch.context() as patch, joblib.parallel_config("sequential"):
        patch.setattr(FairOracle, "regroup", noted)
        result = FairnessAttack(**options).run(
            victim, X, groups=groups, **{"attackable": 0.25, **run}
        )
    return result, asked
