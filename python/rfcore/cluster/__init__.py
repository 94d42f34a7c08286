"""Clustering estimators, and oracles that answer many questions about them."""

from rfcore.cluster.centers import KMeans
from rfcore.cluster.coassociation import CoAssociation
from rfcore.cluster.consensus import ConsensusClustering, consensus_embedding
from rfcore.cluster.hierarchical import Agglomerative
from rfcore.cluster.medians import KCenter, KMedian
from rfcore.cluster.oracle import FairOracle, Oracle, oracle
from rfcore.cluster.partitions import basic_partitions
from rfcore.cluster.son import SONClustering, SONSolution, largest_pull, son_path
from rfcore.cluster.spectral import SpectralClustering

__all__ = [
    "Agglomerative",
    "CoAssociation",
    "ConsensusClustering",
    "FairOracle",
    "KCenter",
    "KMeans",
    "KMedian",
    "Oracle",
    "SONClustering",
    "SONSolution",
    "SpectralClustering",
    "basic_partitions",
    "consensus_embedding",
    "largest_pull",
    "oracle",
    "son_path",
]
