"""Functions that are looked at while a search asks them."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Watched:
    """A function that remembers its values and the time spent in it."""

    fun: Callable

    def __post_init__(self):
        self.values = []
        self.seconds = 0.0

    def __call__(self, X):
        start = time.perf_counter()
        values = self.fun(X)
        self.values.extend(values)
        self.seconds += time.perf_counter() - start
        return values
