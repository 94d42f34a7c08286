"""Fair clustering and fair classification: algorithms that take protected groups."""

from rfcore.fair.antidote.convex import ConvexAntidote, ConvexAntidoteResult
from rfcore.fair.antidote.estimator import AntidoteData
from rfcore.fair.antidote.result import AntidoteFront, AntidoteResult
from rfcore.fair.assignment import FairAssignmentLP
from rfcore.fair.classifiers.correlation import CorrelationShift
from rfcore.fair.classifiers.fairbatch import FairBatch
from rfcore.fair.classifiers.logloss import RobustFairLogloss
from rfcore.fair.consensus.assignment import ConsensusFairAssignment
from rfcore.fair.consensus.clustering import ConsensusFairClustering
from rfcore.fair.fairlets import ScalableFairlets
from rfcore.fair.kcenter import FairKCenter
from rfcore.fair.lloyd import FairLloyd
from rfcore.fair.spectral import FairSpectral

__all__ = [
    "AntidoteData",
    "AntidoteFront",
    "AntidoteResult",
    "ConsensusFairAssignment",
    "ConsensusFairClustering",
    "ConvexAntidote",
    "ConvexAntidoteResult",
    "CorrelationShift",
    "FairAssignmentLP",
    "FairBatch",
    "FairKCenter",
    "FairLloyd",
    "FairSpectral",
    "RobustFairLogloss",
    "ScalableFairlets",
]
