"""Video summarization: shots, the frames that a budget buys, and fair summaries."""

from rfcore.video.lp import FairSummaryLP, FairSummaryMILP
from rfcore.video.segments import kernel_temporal_segmentation
from rfcore.video.select import knapsack, select_shots, shot_scores

__all__ = [
    "FairSummaryLP",
    "FairSummaryMILP",
    "kernel_temporal_segmentation",
    "knapsack",
    "select_shots",
    "shot_scores",
]
