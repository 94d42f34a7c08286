"""Fair clustering: algorithms that take protected groups."""

from rfcore.fair.fairlets import ScalableFairlets
from rfcore.fair.kcenter import FairKCenter
from rfcore.fair.spectral import FairSpectral

__all__ = ["FairKCenter", "FairSpectral", "ScalableFairlets"]
