"""The consensus clusterers as scikit-learn knows estimators."""

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import _num_samples

from rfcore.fair import ConsensusFairAssignment, ConsensusFairClustering

pytest.importorskip("torch")


class NetworkOfParity(ConsensusFairClustering):
    """Odd and even rows are the groups."""

    def __init__(self, n_clusters=2, *, batch_size=None, random_state=None):
        super().__init__(
            n_clusters,
            n_partitions=3,
            n_hidden=3,
            max_iter=2,
            batch_size=batch_size,
            # The fair decision leaves gaps in the labels, where clusters are dead.
            decision="largest",
            random_state=random_state,
        )

    def fit(self, X, y=None):
        return super().fit(X, groups=np.arange(_num_samples(X)) % 2)


class AssignmentOfParity(ConsensusFairAssignment):
    """Odd and even rows are the groups."""

    def __init__(self, n_clusters=2, *, random_state=None):
        super().__init__(n_clusters, n_partitions=3, random_state=random_state)

    def fit(self, X, y=None):
        return super().fit(X, groups=np.arange(_num_samples(X)) % 2)


@parametrize_with_checks(
    [NetworkOfParity(), NetworkOfParity(batch_size=8), AssignmentOfParity()]
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)
