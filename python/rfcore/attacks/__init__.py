"""Attacks: small values that join an objective, an optimizer and an oracle."""

from rfcore.attacks.base import AttackResult
from rfcore.attacks.fairness import FairnessAttack
from rfcore.attacks.spillover import SpilloverAttack

__all__ = ["AttackResult", "FairnessAttack", "SpilloverAttack"]
