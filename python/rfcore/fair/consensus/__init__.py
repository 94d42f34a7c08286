"""Consensus fair clustering: defences that lean on partitions no group enters."""

from rfcore.fair.consensus.assignment import ConsensusFairAssignment
from rfcore.fair.consensus.clustering import ConsensusFairClustering

__all__ = ["ConsensusFairAssignment", "ConsensusFairClustering"]
