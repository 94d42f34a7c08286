"""Fair clustering: algorithms that take protected groups."""

from rfcore.fair.spectral import FairSpectral

__all__ = ["FairSpectral"]
