"""What all experiments of the thesis share: data sets of `rfcore.datasets`."""

from rfcore import datasets
from rfcore.experiments.registry import Experiment


class ThesisExperiment(Experiment):
    """An experiment on data sets that are fetched where they are missing."""

    def require(self, names):
        """Load, and so fetch, the data sets that are not at hand.

        Raises
        ------
        MissingDataError
            If one is neither there nor can be fetched.
        """
        present = {info.name for info in datasets.list_datasets() if info.present()}
        for name in names:
            if name not in present:
                datasets.load(name)
