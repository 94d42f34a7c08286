"""The experiments of the thesis in its own order; importing this registers them."""

from importlib import import_module

MODULES = (
    "spillover.tables",
    "spillover.figures",
    "antidote.convex",
    "summarization.tables",
    "summarization.shots",
    "summarization.figures",
    "summarization.scores",
    "antidote.tables",
    "antidote.figures",
    "fairness_attack.figures",
    "fairness_attack.tables",
    "fairness_attack.defence.figures",
    "fairness_attack.defence.ablation",
    "influence.toy",
    "influence.figures",
    "influence.streams",
    "influence.shift",
    "influence.networks",
    "influence.tables",
    "influence.evasion",
)

for name in MODULES:
    import_module(f"rfcore.thesis.{name}")
