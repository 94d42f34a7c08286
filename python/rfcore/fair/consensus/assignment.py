"""Consensus clustering made fair by a linear program: a defence without a network."""

import numpy as np
from sklearn.utils import check_random_state

from rfcore._arrays import require_count
from rfcore.cluster import (
    CoAssociation,
    FairOracle,
    consensus_embedding,
    oracle,
)
from rfcore.cluster.partitions import partitions_of
from rfcore.fair.assignment import FairAssignmentLP
from rfcore.fair.base import FairClusterer
from rfcore.fair.shares import as_bounds, require_delta


class ConsensusFairAssignment(FairClusterer):
    """Fair assignment to the clusters of a consensus of many k-means partitions.

    The rows are embedded by the leading eigenvectors of the co-association matrix of
    partitions of random parts of the data, which no protected group enters; k-means of
    the embedding gives centers, and `FairAssignmentLP` hands the rows to them so that
    each group has about its share in every cluster.

    Parameters
    ----------
    n_clusters : int
        In [1, rows that a partition draws].
    n_partitions : int, default=100
    max_samples, max_features : float or int, default=0.5
        What a partition draws, as by `rfcore.cluster.basic_partitions`.
    partitions : array-like of shape (r, n) or None, default=None
        Partitions to take instead of drawing them, say those of an earlier fit to the
        same rows.
    delta : float, default=0.2
        In [0, 1); as that of `FairAssignmentLP`.
    bounds : array-like of shape (l, 2), default=None
        As that of `FairAssignmentLP`.
    random_state : int, RandomState or None, default=None

    Attributes
    ----------
    labels_ : int32 array of shape (n,)
    embedding_ : float64 array of shape (n, c)
    partitions_ : int32 array of shape (n_partitions, n)
    assignment_ : FairAssignmentLP
        Fitted on the embedding.
    n_clusters_used_ : int
    groups_ : ndarray of shape (l,)
        The names of the groups.
    n_features_in_ : int

    Notes
    -----
    What an attacker of the groups can change is the assignment alone: partitions,
    embedding and centers stay.

    References
    ----------
    Bera, Chakrabarty, Flores and Negahbani 2019, arXiv:1901.02393, for the assignment;
    thesis 4.1.4 for the consensus.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(size=(40, 4))
    >>> fair = ConsensusFairAssignment(2, n_partitions=10, random_state=0)
    >>> fair.fit(X, groups=np.arange(40) % 2).n_clusters_used_
    2
    """

    def __init__(
        self,
        n_clusters,
        *,
        n_partitions=100,
        max_samples=0.5,
        max_features=0.5,
        partitions=None,
        delta=0.2,
        bounds=None,
        random_state=None,
    ):
        self.n_clusters = n_clusters
        self.n_partitions = n_partitions
        self.max_samples = max_samples
        self.max_features = max_features
        self.partitions = partitions
        self.delta = delta
        self.bounds = bounds
        self.random_state = random_state

    def _check_parameters(self):
        require_count("n_partitions", self.n_partitions)
        require_delta(self.delta)
        if self.bounds is not None:
            as_bounds(self.bounds)

    def _answers(self, X):
        return ConsensusAssignmentOracle(self, X)

    def _take(self, answers, groups):
        self.assignment_ = answers.assignment.fit(
            answers.embedding, groups=self.groups_[groups]
        )
        self.labels_ = self.assignment_.labels_
        self.n_clusters_used_ = self.assignment_.n_clusters_used_
        self.embedding_, self.partitions_ = answers.embedding, answers.partitions


class ConsensusAssignmentOracle(FairOracle):
    """Answers for `ConsensusFairAssignment`: all but the assignment once.

    With `random_state=None` all seeds are drawn once, when the oracle is made.

    Parameters
    ----------
    estimator : ConsensusFairAssignment
        Validated.
    X : float64 array of shape (n, m)
        Validated.

    Attributes
    ----------
    partitions : int32 array of shape (r, n)
    embedding : float64 array of shape (n, c)
    assignment : FairAssignmentLP
        Of the embedding, its seed drawn.
    """

    def __init__(self, estimator, X):
        super().__init__(X)
        rng = check_random_state(estimator.random_state)
        seeds = rng.randint(2**31 - 1, size=2)
        k = estimator.n_clusters
        self.partitions = partitions_of(estimator, X, seeds[0])
        self.embedding = consensus_embedding(CoAssociation(self.partitions), k)
        self.assignment = FairAssignmentLP(
            k,
            delta=estimator.delta,
            bounds=estimator.bounds,
            random_state=int(seeds[1]),
        )
        self._answers = oracle(self.assignment, self.embedding)

    def _require_feasible(self, groups):
        self._answers._require_feasible(groups)

    def _regroup(self, groups):
        return np.asarray(self._answers.regroup(groups))
