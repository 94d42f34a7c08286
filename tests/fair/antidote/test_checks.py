"""Antidote data as scikit-learn knows estimators."""

import numpy as np
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import _num_samples

from rfcore.cluster import KMeans
from rfcore.fair import AntidoteData, ConvexAntidote


class RowsWithParity(AntidoteData):
    """Odd and even rows are the groups."""

    def fit(self, X, y=None):
        return super().fit(X, groups=np.arange(_num_samples(X)) % 2)


class ConvexWithParity(ConvexAntidote):
    """Odd and even rows are the groups."""

    def fit(self, X, y=None):
        return super().fit(X, groups=np.arange(_num_samples(X)) % 2)


@parametrize_with_checks(
    [
        RowsWithParity(KMeans(3, n_init=3), n_rows=2, max_evals=20, n_null=2),
        ConvexWithParity(max_rows=1),
    ]
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)
