"""What training rows do to accuracy, fairness and robustness, and what to remove."""

from rfcore.influence.embedding import embeddings, last_layer
from rfcore.influence.linear.boundary import boundary_move
from rfcore.influence.linear.functions import InfluenceFunction
from rfcore.influence.networks.functions import NetworkInfluence
from rfcore.influence.selection.active import ActiveLearner
from rfcore.influence.selection.baselines import knn_shapley
from rfcore.influence.selection.reweighing import InfluenceReweighing
from rfcore.influence.selection.rules import Rule
from rfcore.influence.selection.sampling import (
    entropy_sampling,
    highest,
    influence_sampling,
    influence_tree,
    margin_sampling,
    random_sampling,
    uncertainty_sampling,
)
from rfcore.influence.selection.shrinkage import HierarchicalShrinkage
from rfcore.influence.selection.streams import OnlineTrimming, batch_model
from rfcore.influence.selection.trees import TreeInfluence
from rfcore.influence.selection.trimmed import Trimmed
from rfcore.influence.selection.trimming import TrimResult, trim

__all__ = [
    "ActiveLearner",
    "HierarchicalShrinkage",
    "InfluenceFunction",
    "InfluenceReweighing",
    "NetworkInfluence",
    "OnlineTrimming",
    "Rule",
    "TreeInfluence",
    "TrimResult",
    "Trimmed",
    "batch_model",
    "boundary_move",
    "embeddings",
    "entropy_sampling",
    "highest",
    "influence_sampling",
    "influence_tree",
    "knn_shapley",
    "last_layer",
    "margin_sampling",
    "random_sampling",
    "trim",
    "uncertainty_sampling",
]
