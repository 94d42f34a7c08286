"""Attacks on clusterings: a moved row, or false groups."""

from rfcore.attacks.clustering.fairness import FairnessAttack
from rfcore.attacks.clustering.spillover import SpilloverAttack

__all__ = ["FairnessAttack", "SpilloverAttack"]
