"""Measures of partitions, of the fairness of clusterings and classifiers, of depth."""

from rfcore.metrics.classification import demographic_parity, equal_opportunity
from rfcore.metrics.depth import cluster_depth, coordinate_depth, mahalanobis_depth
from rfcore.metrics.fairness import balance, group_entropy
from rfcore.metrics.partition import (
    accuracy,
    ari,
    co_association,
    co_membership_distance,
    contingency,
    n_switched,
    nmi,
)
from rfcore.metrics.reach import coordinate_reach
from rfcore.metrics.scores import clustering_scores

__all__ = [
    "accuracy",
    "ari",
    "balance",
    "cluster_depth",
    "clustering_scores",
    "co_association",
    "co_membership_distance",
    "contingency",
    "coordinate_depth",
    "coordinate_reach",
    "demographic_parity",
    "equal_opportunity",
    "group_entropy",
    "mahalanobis_depth",
    "n_switched",
    "nmi",
]
