"""Attacks: small values that join an objective, an optimizer and an oracle."""

from rfcore.attacks.base import AttackResult
from rfcore.attacks.classifiers.anchoring import NonRandomAnchoring, RandomAnchoring
from rfcore.attacks.classifiers.boundary import BoundaryAttack
from rfcore.attacks.classifiers.gradient import FGSM, GDA, PGD
from rfcore.attacks.clustering.fairness import FairnessAttack
from rfcore.attacks.clustering.spillover import SpilloverAttack

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
