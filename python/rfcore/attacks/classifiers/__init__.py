"""Attacks on classifiers: their training rows, or the rows that they judge."""

from rfcore.attacks.classifiers.anchoring import NonRandomAnchoring, RandomAnchoring
from rfcore.attacks.classifiers.boundary import BoundaryAttack
from rfcore.attacks.classifiers.gradient import FGSM, GDA, PGD

__all__ = [
    "FGSM",
    "GDA",
    "PGD",
    "BoundaryAttack",
    "NonRandomAnchoring",
    "RandomAnchoring",
]
