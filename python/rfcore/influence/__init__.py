"""What training rows do to accuracy, fairness and robustness, and what to remove."""

from rfcore.influence.active import ActiveLearner
from rfcore.influence.baselines import knn_shapley
from rfcore.influence.boundary import boundary_move
from rfcore.influence.embedding import embeddings, last_layer
from rfcore.influence.functions import InfluenceFunction
from rfcore.influence.networks import NetworkInfluence
from rfcore.influence.reweighing import InfluenceReweighing
from rfcore.influence.rules import Rule
from rfcore.influence.sampling import (
    entropy_sampling,
    highest,
    influence_sampling,
    influence_tree,
    margin_sampling,
    random_sampling,
    uncertainty_sampling,
)
from rfcore.influence.shrinkage import HierarchicalShrinkage
from rfcore.influence.streams import OnlineTrimming, batch_model
from rfcore.influence.trees import TreeInfluence
from rfcore.influence.trimmed import Trimmed
from rfcore.influence.trimming import TrimResult, trim

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
