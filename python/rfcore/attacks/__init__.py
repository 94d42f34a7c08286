"""Attacks: an objective, an optimizer and an oracle, joined."""

from rfcore.attacks.base import AttackResult
from rfcore.attacks.spillover import SpilloverAttack

__all__ = ["AttackResult", "SpilloverAttack"]
