"""Random calls of every compiled function: an answer or an error in words, no crash.

``python tests/fuzz/run.py --calls 1000000`` or ``--seconds 10``; best in a build with
sanitizers. Calls are made from `kernel_table`, with sizes of their own, then spoilt:
another shape or dtype, values out of range, numbers that are none. Call i depends on
the seed and on i alone, and is written down before it is made: after a crash
``--first I --calls 1`` makes it again.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from kernel_table import DTYPES, KERNELS, SIZES

from rfcore import _core

# Those with extents of their own, in the words of the table.
FURTHER = {
    "basic_partitions": (
        {"n_clusters": 3, "max_iter": 2, "tol": 0.0},
        {"X": "nd f", "rows": "rs i", "features": "r2 i", "uniforms": "ru f"}
        | {"labels": "rn l!"},
    ),
    "co_association": ({}, {"labels": "rn l", "S": "nn h!"}),
    "count_groups": (
        {"packed": False},
        {"selected": "bn b", "presence": "nk b", "counts": "bk i!", "sizes": "b i!"},
    ),
    "extend_segments": (
        {},
        {"K": "sn f", "sums": "n f!", "diagonal": "N f!", "costs": "NM f!"}
        | {"previous": "NM l!"},
    ),
    "knapsack": (
        {"capacity": 7, "single": False},
        {"values": "n f", "weights": "n i", "taken": "n b!"},
    ),
    "lloyd_append_rows": (
        {"n_clusters": 3, "max_iter": 2, "tol": 0.0},
        {"X": "nd f", "V": "bsd f", "starts": "000 f", "uniforms": "ru f"}
        | {"centers": "bkd f!", "labels": "bn l!"},
    ),
    "rank_margins": (
        {},
        {"X": "nd f", "C": "kd f", "labels": "n l!", "order": "n i!", "rows": "nd f!"}
        | {"margins": "n f!", "begin": "K i!", "sums": "kd f!", "moments": "3d f!"},
    ),
    "scale_rows": (
        {},
        {"X": "nd f", "shift": "d f", "root": "n f", "scaled": "nd f!"},
    ),
    "son_labels": ({"lam": 0.1}, {"dual": "TZdZ f", "labels": "n l!"}),
    "son_penalty": ({}, {"C": "kd f", "weights": "k f"}),
    "son_sweep": (
        {"lam": 0.1, "step": 0.1, "n_steps": 2},
        {"X": "nd f", "centers": "nd f!", "sums": "nd f!", "dual": "TZdZ f!"},
    ),
    "sum_bal": (
        {"packed": False},
        {"selected": "bn b", "presence": "nk b", "values": "b f!", "violating": "b l!"},
    ),
    "tally_nearest": (
        {},
        {"X": "nd f", "centers": "bkd f", "groups": "n l", "counts": "bkl i!"}
        | {"sums": "bl f!"},
    ),
    "warm_append_rows": (
        {"max_iter": 2, "tol": 0.0},
        {"X": "nd f", "C": "kd f", "warm_labels": "n l", "order": "n i"}
        | {"rows": "nd f", "margins": "n f", "begin": "K i", "sums": "kd f"}
        | {"moments": "3d f", "V": "bsd f", "centers": "bkd f!", "labels": "bn l!"},
    ),
    "region_uniforms": ({"n_negatives": 3, "n_free": 2}, {}),
    "seeding_uniforms": ({"n_clusters": 3}, {}),
    "son_dual_shape": ({"n": 5, "d": 2}, {}),
}
CALLS = {**KERNELS, **FURTHER}
DTYPES = {**DTYPES, "b": np.uint8, "h": np.uint16}
# The longest that a call of these sizes may take, in a build with sanitizers.
LONGEST_SECONDS = 5.0
ALLOWED = (ValueError, TypeError, OverflowError)
INTEGERS = (0, -1, 1, 2, 3, 7, 64, 2**31 - 1, 2**31, -(2**31), 2**62, 2**63 - 1)
NUMBERS = (0.0, -1.0, 1.0, 1.5, np.nan, np.inf, -np.inf, 1e300, 1e-300, -0.0, 2.0**63)
OTHER_DTYPES = (np.float32, np.float64, np.int32, np.int64, np.uint8, np.uint16, bool)


class Call:
    """A function and its arguments, valid or spoilt.

    Parameters
    ----------
    seed, number : int
    """

    def __init__(self, seed, number):
        self.rng = np.random.default_rng([seed, number])
        self.name = self.pick(list(CALLS))
        scalars, arrays = CALLS[self.name]
        self.extents = self.sizes()
        self.given = {**scalars}
        if "n_clusters" in self.given and self.rng.random() < 0.9:
            self.given["n_clusters"] = self.extents["k"]
        for name, spec in arrays.items():
            self.given[name] = self.array(name, *spec.rstrip("!").split())
        self.make_a_tree()
        for _ in range(self.pick([0, 0, 1, 1, 1, 2, 3])):
            self.spoil()

    def pick(self, choices):
        return choices[int(self.rng.integers(len(choices)))]

    def sizes(self):
        n = self.pick([1, 2, 3, 5, 8, 17, 70])
        k = int(self.rng.integers(1, min(n, 6) + 1))
        sizes = {
            "n": n,
            "k": k,
            "d": self.pick([1, 2, 3, 17]),
            "b": self.pick([0, 1, 3]),
        }
        sizes |= {"l": self.pick([2, 3, n]), "s": self.pick([1, 1, 2]), "r": 2}
        sizes |= {"m": n - 1, "p": max(0, n - 2), "w": 2 * n, "v": 1, "N": n + 1}
        sizes |= {"M": 4, "K": k + 1, "0": 0, "2": 2, "3": 3}
        sizes["u"] = _core.seeding_uniforms(k)
        sizes["T"], sizes["Z"] = _core.son_dual_shape(n, sizes["d"])[:2]
        return sizes

    def array(self, name, extents, kind):
        shape = [self.extents[extent] for extent in extents]
        dtype = DTYPES[kind]
        if kind == "f":
            values = self.rng.random(shape)
            if name in ("X", "Y", "V", "rows", "C", "centers", "starts"):
                values = np.round(10 * values, int(self.rng.integers(0, 4)))
            if name == "D" and len(shape) == 2 and shape[0] == shape[1]:
                values = values + values.T
                np.fill_diagonal(values, 0.0)
            return values.astype(dtype)
        most = {"i": self.extents["n"], "l": min(2, self.extents["n"]), "b": 2, "h": 2}[
            kind
        ]
        values = self.rng.integers(0, max(1, most), shape)
        if name in ("t", "order") and len(shape) == 1:
            values = self.rng.permutation(max(self.extents["n"], shape[0]))[: shape[0]]
        if name == "begin":
            values = np.sort(values)
            values[0], values[-1] = 0, self.extents["n"]
        return np.ascontiguousarray(values, dtype=dtype)

    def make_a_tree(self):
        """Valid trees where the function takes one."""
        n = self.extents["n"]
        if "groups" in self.given and "nodes" in self.given:
            self.given["nodes"] = np.array([[0, n, 1]])
        if self.name == "cut_tree":
            D = self.array("D", "nn", "f")
            heights = np.empty(n - 1)
            _core.linkage(D, "ward", self.given["merges"], heights)

    def spoil(self):
        name = self.pick(list(self.given))
        value = self.given[name]
        if isinstance(value, np.ndarray):
            self.given[name] = self.pick([self.reshaped, self.recast, self.revalued])(
                value
            )
        elif isinstance(value, str):
            self.given[name] = self.pick(
                ["", "average", "single", "manhattan", "x" * 99]
            )
        elif isinstance(value, bool):
            self.given[name] = self.pick([True, False])
        elif isinstance(value, int):
            # Steps are made, however many are asked for.
            most = 10 if name in ("n_steps", "max_iter") else 2**63
            self.given[name] = self.pick([i for i in INTEGERS if i < most])
        else:
            self.given[name] = self.pick(NUMBERS)

    def reshaped(self, value):
        kind = self.pick(["cut", "grow", "flat", "empty", "strided", "more"])
        if kind == "cut" and value.ndim and value.shape[0]:
            return np.ascontiguousarray(value[:-1])
        if kind == "grow" and value.ndim and value.size:
            return np.concatenate([value, value[-1:]])
        if kind == "flat":
            return value.reshape(-1)
        if kind == "empty":
            return np.empty([0] * value.ndim, value.dtype)
        if kind == "strided" and value.ndim:
            return np.repeat(value, 2, axis=-1)[..., ::2]
        return value[None].copy()

    def recast(self, value):
        if self.rng.random() < 0.3:
            copy = value.copy()
            copy.flags.writeable = False
            return copy
        with np.errstate(all="ignore"):
            return value.astype(self.pick(OTHER_DTYPES))

    def revalued(self, value):
        if not value.size:
            return value
        copy = value.copy()
        whole = copy.dtype.kind in "iu"
        number = self.pick(INTEGERS if whole else NUMBERS)
        if whole:
            bounds = np.iinfo(copy.dtype)
            number = min(max(number, bounds.min), bounds.max)
        with np.errstate(over="ignore"):
            if self.rng.random() < 0.2:
                copy[...] = number
            else:
                copy.reshape(-1)[int(self.rng.integers(copy.size))] = number
        return copy

    def make(self):
        """Call; an error in words is an answer."""
        try:
            getattr(_core, self.name)(**self.given)
        except ALLOWED as error:
            if not str(error):
                raise RuntimeError(f"{self}: an error without words") from error

    def __str__(self):
        shown = {
            name: f"{value.dtype}{value.shape}" if hasattr(value, "dtype") else value
            for name, value in self.given.items()
        }
        return f"{self.name}({shown})"


def fuzz(seed, numbers, note=None):
    """Make calls; the number of each is noted first.

    Parameters
    ----------
    seed : int
    numbers : iterable of int
    note : Path or None
        The file in which the number of the running call stands.

    Returns
    -------
    counts : dict of str to int
        Calls of each function.
    """
    counts = dict.fromkeys(CALLS, 0)
    for number in numbers:
        call = Call(seed, number)
        if note is not None:
            note.write_text(f"--seed {seed} --first {number} --calls 1\n{call}\n")
        start = time.perf_counter()
        call.make()
        if time.perf_counter() - start > LONGEST_SECONDS:
            raise RuntimeError(f"call {number} took too long: {call}")
        counts[call.name] += 1
    return counts


def _until(seconds, first):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        yield first
        first += 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--note", type=Path, default=Path("last_call.txt"))
    own = parser.parse_args()
    numbers = range(own.first, own.first + own.calls)
    if own.seconds is not None:
        numbers = _until(own.seconds, own.first)
    counts = fuzz(own.seed, numbers, own.note)
    own.note.unlink()
    print(
        f"{sum(counts.values())} calls, the fewest {min(counts.values())} of a function"
    )


assert {*CALLS} == {name for name in dir(_core) if callable(getattr(_core, name))} - {
    name for name in dir(_core) if name.startswith("_")
} | {*SIZES}


if __name__ == "__main__":
    main()
