"""Measures of partitions, fairness, depth and video summaries."""

from rfcore.metrics.agreement import (
    annotator_consistency,
    cronbach_alpha,
    rank_agreement,
)
from rfcore.metrics.classification import demographic_parity, equal_opportunity
from rfcore.metrics.costs import social_cost
from rfcore.metrics.depth import cluster_depth, coordinate_depth, mahalanobis_depth
from rfcore.metrics.fairness import balance, group_entropy
from rfcore.metrics.groups import joint_groups
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
from rfcore.metrics.summary import sum_bal, summary_f1

__all__ = [
    "accuracy",
    "annotator_consistency",
    "ari",
    "balance",
    "cluster_depth",
    "clustering_scores",
    "co_association",
    "co_membership_distance",
    "contingency",
    "coordinate_depth",
    "coordinate_reach",
    "cronbach_alpha",
    "demographic_parity",
    "equal_opportunity",
    "group_entropy",
    "joint_groups",
    "mahalanobis_depth",
    "n_switched",
    "nmi",
    "rank_agreement",
    "social_cost",
    "sum_bal",
    "summary_f1",
]
