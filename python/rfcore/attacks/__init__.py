"""Attacks: small values that join an objective, an optimizer and an oracle."""

from rfcore.attacks.anchoring import NonRandomAnchoring, RandomAnchoring
from rfcore.attacks.base import AttackResult
from rfcore.attacks.boundary import BoundaryAttack
from rfcore.attacks.fairness import FairnessAttack
from rfcore.attacks.gradient import FGSM, GDA, PGD
from rfcore.attacks.spillover import SpilloverAttack

__all__ = [
    "FGSM",
    "GDA",
    "PGD",
    "AttackResult",
    "BoundaryAttack",
    "FairnessAttack",
    "NonRandomAnchoring",
    "RandomAnchoring",
    "SpilloverAttack",
]
