"""Influence of training rows on a model's loss, fairness and robustness."""

from rfcore.influence.boundary import boundary_move
from rfcore.influence.functions import InfluenceFunction

__all__ = ["InfluenceFunction", "boundary_move"]
