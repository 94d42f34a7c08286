"""What training rows do to accuracy, fairness and robustness, and what to remove."""

from rfcore.influence.baselines import knn_shapley
from rfcore.influence.boundary import boundary_move
from rfcore.influence.embedding import embeddings, last_layer
from rfcore.influence.functions import InfluenceFunction
from rfcore.influence.networks import NetworkInfluence
from rfcore.influence.rules import Rule
from rfcore.influence.shrinkage import HierarchicalShrinkage
from rfcore.influence.trees import TreeInfluence
from rfcore.influence.trimming import TrimResult, trim

__all__ = [
    "HierarchicalShrinkage",
    "InfluenceFunction",
    "NetworkInfluence",
    "Rule",
    "TreeInfluence",
    "TrimResult",
    "boundary_move",
    "embeddings",
    "knn_shapley",
    "last_layer",
    "trim",
]
