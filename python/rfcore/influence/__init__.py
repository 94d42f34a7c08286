"""What training rows do to accuracy, fairness and robustness, and what to remove."""

from rfcore.influence.baselines import knn_shapley
from rfcore.influence.boundary import boundary_move
from rfcore.influence.functions import InfluenceFunction
from rfcore.influence.rules import Rule
from rfcore.influence.shrinkage import HierarchicalShrinkage
from rfcore.influence.trees import TreeInfluence
from rfcore.influence.trimmed import Trimmed
from rfcore.influence.trimming import TrimResult, trim

__all__ = [
    "HierarchicalShrinkage",
    "InfluenceFunction",
    "Rule",
    "TreeInfluence",
    "TrimResult",
    "Trimmed",
    "boundary_move",
    "knn_shapley",
    "trim",
]
