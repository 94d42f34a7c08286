"""The data sets of the thesis: where they lie, how they are loaded and fetched."""

from rfcore.datasets.files import DataError
from rfcore.datasets.home import MissingDataError, data_home
from rfcore.datasets.record import Dataset, DatasetInfo
from rfcore.datasets.registry import fetch, list_datasets, load
from rfcore.datasets.videos.sets import Video

__all__ = [
    "DataError",
    "Dataset",
    "DatasetInfo",
    "MissingDataError",
    "Video",
    "data_home",
    "fetch",
    "list_datasets",
    "load",
]
