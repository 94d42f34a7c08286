"""Fair clustering: algorithms that take protected groups."""

from rfcore.fair.kcenter import FairKCenter

__all__ = ["FairKCenter"]
