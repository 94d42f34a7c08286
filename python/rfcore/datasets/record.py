"""The two records of this subpackage: a loaded data set and an entry of the table."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from rfcore._shown import Record
from rfcore.datasets import home as _home
from rfcore.datasets.download import Product


@dataclass(frozen=True, eq=False, repr=False)
class Dataset(Record):
    """A data set in memory.

    Attributes
    ----------
    name : str
        The name it was loaded by.
    X : ndarray of shape (n_samples, n_features)
        The rows. Images are flattened row by row. The sets that the thesis clusters
        are float64 in the units of the source (digits 0-16, MNIST 0-255, faces
        0-255, `mnist_usps` 0-1); `mnist` and `mnist_test` keep their uint8.
    y : ndarray of shape (n_samples,), int64, or None
        The published classes; None where the source gives none.
    groups : ndarray of shape (n_samples,), int64, or None
        Protected groups, 0 and 1, in `bank_full` and `bank_clustering` 0 to 2, in
        `adult_clustering` 0 to 4; None where the set has none.
    feature_names : tuple of str
        One name per column.
    image_shape : tuple of int or None
        The shape of one row as an image, (8, 8) say.
    source : str
        Address of the official source.
    license : str
        License of the data.
    extras : dict
        What else was published: `X_adv` (float64, the shape of X) and `target_row`
        (int, the one row that differs) of a released attack, `labels_org` and
        `labels_adv` (int32) of a published clustering before and after it. The sets
        of the fairness attack (4.1) have `attackable` and `evaluated` (int64, rising
        row numbers that together are every row once): the rows whose group the
        attacker may change, and the rows that the attack is judged on. In `yaleb`
        and `office31` the released numbers were made for another order of the rows,
        so there they are uniformly random rows in the released numbers of rows.
        `fair_labels` (int64, one per row) are the labels that the authors' defence
        starts from, where they are known row by row; `substitute` (str) says what
        stands in for features that the thesis used and nobody published. The sets
        of 4.2 have `train`, `validation` and `test` (int64, row numbers in the
        released order) as far as the thesis splits them; docs/datasets.md lists
        these and what else they have.
    """

    name: str
    X: np.ndarray = field(repr=False)
    y: np.ndarray | None = field(repr=False)
    groups: np.ndarray | None = field(default=None, repr=False)
    feature_names: tuple[str, ...] = field(default=(), repr=False)
    image_shape: tuple[int, ...] | None = None
    source: str = ""
    license: str = ""
    extras: dict = field(default_factory=dict, repr=False)

    def _lines(self):
        n, m = self.X.shape
        lines = [f"{type(self).__name__} {self.name}: {n} rows x {m} features"]
        for name, word in (("y", "classes"), ("groups", "groups")):
            if getattr(self, name) is not None:
                lines.append(f"{name:<8} {len(np.unique(getattr(self, name)))} {word}")
        if self.extras:
            lines.append(f"extras   {', '.join(self.extras)}")
        return [*lines, f"source   {self.source} ({self.license})"][:5]


@dataclass(frozen=True)
class DatasetInfo:
    """What is known of a data set before it is loaded: one row of the table.

    Attributes
    ----------
    name : str
        The name for `load` and `fetch`.
    n_rows, n_columns : int
        The shape of `Dataset.X`.
    source, license : str
        As in `Dataset`.
    read : callable
        ``read(home)`` gives the fields of `Dataset` that are not given here.
    read_thesis : callable or None, default=None
        As `read`, in the thesis's coding; None where that is the coding of `read`.
    layouts : tuple of tuple of str
        Each inner tuple lists files, relative to the data home, that together are
        enough to load the set. An empty one means that nothing is needed.
    products : tuple of Product
        The files that `fetch` makes.
    by_hand : str, default=""
        For a set that needs a file and cannot be fetched: where to get it and what
        the file must hold, as the end of the sentence "rfcore cannot fetch it: ...".
    """

    name: str
    n_rows: int
    n_columns: int
    source: str
    license: str
    read: Callable[[Path], dict] = field(repr=False)
    read_thesis: Callable[[Path], dict] | None = field(
        default=None, repr=False, kw_only=True
    )
    layouts: tuple[tuple[str, ...], ...] = ((),)
    products: tuple[Product, ...] = field(default=(), repr=False)
    by_hand: str = field(default="", repr=False)

    @property
    def command(self):
        """The command line that fetches the set; empty where there is nothing to."""
        return f"rfcore datasets fetch {self.name}" if self.products else ""

    def present(self, data_home=None):
        """Tell whether the set can be loaded without a download.

        Only looks whether files exist; `data_home` is as in `load`.
        """
        home = _home.data_home(data_home)
        return any(
            all((home / file).is_file() for file in layout) for layout in self.layouts
        )
