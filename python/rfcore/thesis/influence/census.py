"""ACS Income of other years and places, and the methods that figure 4.10 trains."""

import functools
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from rfcore.attacks.classifiers.base import share_right
from rfcore.datasets import load
from rfcore.fair import CorrelationShift, FairBatch, RobustFairLogloss
from rfcore.influence import InfluenceFunction, InfluenceReweighing
from rfcore.metrics import demographic_parity, equal_opportunity

# The thesis's order of the scenarios.
SHIFTS = ("time", "location", "time_location")


@dataclass(frozen=True, eq=False)
class Census:
    """The rows of all places and years, scaled by the training rows.

    Attributes
    ----------
    X : CSR matrix of shape (n, m)
        Of unit variance and not centered, which a free intercept makes up for.
    y, groups : int arrays of shape (n,)
    train : int array
    later : dict of str to int array
        By shift, the rows that are halved into validation and test.
    model : LogisticRegression
        Of all training rows.
    influence : InfluenceFunction
        Of that model.
    """

    X: sp.csr_matrix
    y: np.ndarray
    groups: np.ndarray
    train: np.ndarray
    later: dict
    model: LogisticRegression
    influence: InfluenceFunction

    @classmethod
    def of(cls, X, y, groups, train, later):
        """Scale the rows and fit the plain model."""
        X = sp.csr_matrix(X)
        X = StandardScaler(with_mean=False).fit(X[train]).transform(X).tocsr()
        model = logistic().fit(X[train], y[train])
        influence = InfluenceFunction().fit(model, X[train], y[train])
        return cls(X, y, groups, train, later, model, influence)

    def halves(self, shift, seed):
        """Validation and test rows."""
        rows = np.random.default_rng(seed).permutation(self.later[shift])
        return np.split(rows, [len(rows) // 2])

    def scores(self, validation):
        """Influence of the training rows on the gap of the plain model."""
        return self.influence.scores(
            self.X[validation],
            self.y[validation],
            target="demographic_parity",
            groups=self.groups[validation],
        )

    def measured(self, predictions, rows):
        """What is reported of predictions for all rows, on some of them."""
        own, y, groups = predictions[rows], self.y[rows], self.groups[rows]
        gap = demographic_parity(own, groups)
        return {
            "accuracy": share_right(own, y),
            "demographic_parity[absolute]": abs(gap),
            # Which group is preferred; trimming may turn it over.
            "demographic_parity": gap,
            "equal_opportunity[absolute]": abs(equal_opportunity(y, own, groups)),
            "positive_rate": float(own.mean()),
        }


@functools.lru_cache(maxsize=1)
def census():
    """ACS Income, loaded once in a process."""
    data = load("acs_income")
    later = {
        shift: np.concatenate(
            [data.extras[f"{part}_{shift}"] for part in ("validation", "test")]
        )
        for shift in SHIFTS
    }
    return Census.of(data.X, data.y, data.groups, data.extras["train"], later)


def logistic():
    """Logistic regression with penalty C = 1."""
    return LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-10)


def fair_batch():
    """FairBatch with the step and epochs that close the gap on all training rows."""
    return FairBatch(alpha=0.01, batch_size=200, n_epochs=40, random_state=0)


def _plain(own, rows, validation):
    return logistic().fit(own.X[rows], own.y[rows]).predict(own.X)


def _batches(own, rows, validation):
    model = fair_batch().fit(own.X[rows], own.y[rows], groups=own.groups[rows])
    return model.predict(own.X)


def _robust(own, rows, validation):
    model = RobustFairLogloss(tol=1e-4)
    model.fit(own.X[rows], own.y[rows], groups=own.groups[rows])
    return model.predict(own.X, groups=own.groups)


def _shifted(own, rows, validation):
    model = CorrelationShift(fair_batch(), random_state=0)
    model.fit(
        own.X[rows],
        own.y[rows],
        groups=own.groups[rows],
        y_val=own.y[validation],
        groups_val=own.groups[validation],
    )
    return model.predict(own.X)


def _reweighed(own, rows, validation):
    model = InfluenceReweighing().fit(
        own.X[rows],
        own.y[rows],
        X_val=own.X[validation],
        y_val=own.y[validation],
        groups_val=own.groups[validation],
    )
    return model.predict(own.X)


# Trained on some training rows, each predicts the class of all rows.
METHODS = {
    "logistic regression": _plain,
    "CorrelationShift": _shifted,
    "FairBatch": _batches,
    "RobustFairLogloss": _robust,
    "InfluenceReweighing": _reweighed,
}
_LOOK_AHEAD = ("CorrelationShift", "InfluenceReweighing")


def predicted(method, rows, validation):
    """The classes that a method, trained on some rows, predicts for all rows."""
    return METHODS[method](census(), rows, validation).astype(np.int64)


def without_random_rows(method, size, draw, validation):
    """The same without some training rows that are drawn at random."""
    if method in _LOOK_AHEAD:
        return predicted(method, _some_rows(size, draw), validation)
    return _without_random_rows(method, size, draw)


@functools.lru_cache(maxsize=256)
def _without_random_rows(method, size, draw):
    return predicted(method, _some_rows(size, draw), None)


def _some_rows(size, draw):
    train = census().train
    kept = np.random.default_rng(draw).permutation(len(train))[size:]
    return train[np.sort(kept)]
