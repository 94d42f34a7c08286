"""Fair clustering: algorithms that take protected groups."""

from rfcore.fair.fairlets import ScalableFairlets
from rfcore.fair.spectral import FairSpectral

__all__ = ["FairSpectral", "ScalableFairlets"]
