"""Antidote data: a few added rows that make a clustering fairer."""

from rfcore.fair.antidote.convex import ConvexAntidote, ConvexAntidoteResult
from rfcore.fair.antidote.estimator import AntidoteData
from rfcore.fair.antidote.result import AntidoteFront, AntidoteResult

__all__ = [
    "AntidoteData",
    "AntidoteFront",
    "AntidoteResult",
    "ConvexAntidote",
    "ConvexAntidoteResult",
]
