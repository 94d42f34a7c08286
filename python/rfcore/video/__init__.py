"""Video summarization: shots, the frames that a budget buys, and fair summaries."""

from rfcore.video.lp import FairSummaryLP, FairSummaryMILP
from rfcore.video.segments import kernel_temporal_segmentation
from rfcore.video.select import knapsack, select_shots, shot_scores
from rfcore.video.tradeoff import (
    FairSummary,
    InfeasibleSumBalError,
    ParetoPoint,
    pareto_front,
)

__all__ = [
    "FairSummary",
    "FairSummaryLP",
    "FairSummaryMILP",
    "InfeasibleSumBalError",
    "ParetoPoint",
    "kernel_temporal_segmentation",
    "knapsack",
    "pareto_front",
    "select_shots",
    "shot_scores",
]
