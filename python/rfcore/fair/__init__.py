"""Fair clustering and fair classification: algorithms that take protected groups."""

from rfcore.fair.antidote import AntidoteData
from rfcore.fair.antidote_result import AntidoteFront, AntidoteResult
from rfcore.fair.assignment import FairAssignmentLP
from rfcore.fair.consensus import ConsensusFairClustering
from rfcore.fair.consensus_assignment import ConsensusFairAssignment
from rfcore.fair.convex import ConvexAntidote, ConvexAntidoteResult
from rfcore.fair.correlation import CorrelationShift
from rfcore.fair.fairbatch import FairBatch
from rfcore.fair.fairlets import ScalableFairlets
from rfcore.fair.kcenter import FairKCenter
from rfcore.fair.lloyd import FairLloyd
from rfcore.fair.logloss import RobustFairLogloss
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
