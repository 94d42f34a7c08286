"""What training rows do to accuracy, fairness and robustness, and what to remove."""

from rfcore.influence.baselines import knn_shapley
from rfcore.influence.shrinkage import HierarchicalShrinkage
from rfcore.influence.trimming import TrimResult, trim

__all__ = ["HierarchicalShrinkage", "TrimResult", "knn_shapley", "trim"]
