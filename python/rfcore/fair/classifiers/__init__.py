"""Fair binary classifiers, with which trimming by influence is compared."""

from rfcore.fair.classifiers.correlation import CorrelationShift
from rfcore.fair.classifiers.fairbatch import FairBatch
from rfcore.fair.classifiers.logloss import RobustFairLogloss

__all__ = ["CorrelationShift", "FairBatch", "RobustFairLogloss"]
