"""What training rows do to accuracy, fairness and robustness, and what to remove."""

from rfcore.influence.shrinkage import HierarchicalShrinkage

__all__ = ["HierarchicalShrinkage"]
