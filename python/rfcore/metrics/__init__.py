"""Measures of partitions and of depth."""

from rfcore.metrics.depth import cluster_depth, coordinate_depth, mahalanobis_depth
from rfcore.metrics.partition import co_membership_distance, contingency, n_switched
from rfcore.metrics.reach import coordinate_reach

__all__ = [
    "cluster_depth",
    "co_membership_distance",
    "contingency",
    "coordinate_depth",
    "coordinate_reach",
    "mahalanobis_depth",
    "n_switched",
]
