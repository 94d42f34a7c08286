"""Video summarization: shots, the frames that a budget buys, and fair summaries."""

from rfcore.video.edit_list import cut_video, edit_list, write_edit_list
from rfcore.video.evaluate import (
    SummaryEvaluation,
    SummaryScore,
    evaluate_summaries,
)
from rfcore.video.h5 import H5Video, read_h5, write_h5
from rfcore.video.lp import FairSummaryLP, FairSummaryMILP
from rfcore.video.online import OnlineFairSummary
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
    "H5Video",
    "InfeasibleSumBalError",
    "OnlineFairSummary",
    "ParetoPoint",
    "SummaryEvaluation",
    "SummaryScore",
    "cut_video",
    "edit_list",
    "evaluate_summaries",
    "kernel_temporal_segmentation",
    "knapsack",
    "pareto_front",
    "read_h5",
    "select_shots",
    "shot_scores",
    "write_edit_list",
    "write_h5",
]
