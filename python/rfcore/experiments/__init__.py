"""The tables and figures of the thesis as experiments, with claims and verdicts."""

from rfcore.experiments.claims import Claim, Judgment, judge
from rfcore.experiments.execute import LocalExecutor
from rfcore.experiments.record import SCALES, Cell, CellSkipped, Outcome, Row
from rfcore.experiments.registry import (
    Experiment,
    UnknownExperimentError,
    all_experiments,
    get,
    plan,
    register,
)
from rfcore.experiments.results import Results, read_results
from rfcore.experiments.runner import run
from rfcore.experiments.store import Store, StoreError

__all__ = [
    "SCALES",
    "Cell",
    "CellSkipped",
    "Claim",
    "Experiment",
    "Judgment",
    "LocalExecutor",
    "Outcome",
    "Results",
    "Row",
    "Store",
    "StoreError",
    "UnknownExperimentError",
    "all_experiments",
    "get",
    "judge",
    "plan",
    "read_results",
    "register",
    "run",
]
