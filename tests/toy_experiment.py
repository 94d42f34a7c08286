"""A toy experiment whose cells leave a file each time they run, for several tests.

``python -m toy_experiment CALLS N_QUICK ...`` is the command line with the toy alone.
"""

import os
import sys
import time
from pathlib import Path

import numpy as np

from rfcore.experiments import Cell, CellSkipped, Claim, Experiment, Outcome, Row


class Toy(Experiment):
    """Cells of two data sets, a seeded method and one that needs no seed.

    Every run of a cell leaves a file in `calls`. A cell whose word is in `broken`
    raises, one in `skipped` is skipped, one in `deadly` kills its process, one in
    `interrupted` raises KeyboardInterrupt; after `n_quick` runs each takes a minute.
    """

    id = "toy-1.1"
    title = "a toy"
    description = "Numbers of no importance."
    datasets = ("low", "high")
    methods = ("noisy", "plain")
    needs = ()
    claims = (
        Claim("low", "noisy", "size[after]", 4.0),
        Claim("high", "plain", "size[after]", 100.0, direction="at_most"),
        Claim("low", "absent", "size[after]", 1.0),
    )

    def __init__(
        self, calls, *, broken=(), skipped=(), deadly=(), interrupted=(), n_quick=999
    ):
        self.calls = Path(calls)
        self.broken, self.skipped = broken, skipped
        self.deadly, self.interrupted = deadly, interrupted
        self.n_quick = n_quick

    def cells(self, scale, seeds):
        return [
            Cell(self.id, dataset, method, seed, None, scale)
            for dataset in self.datasets
            for method in self.methods
            for seed in (seeds if method == "noisy" else (None,))
        ]

    def run(self, cell):
        word = f"{cell.dataset}-{cell.method}-{cell.seed}"
        (self.calls / f"{word}.{time.time_ns()}.{os.getpid()}").touch()
        if len(list(self.calls.iterdir())) > self.n_quick:
            time.sleep(60)
        if word in self.broken:
            raise ArithmeticError(f"no luck\nwith {word}")
        if word in self.skipped:
            raise CellSkipped(f"nothing for {word}")
        if word in self.deadly:
            os._exit(9)
        if word in self.interrupted:
            raise KeyboardInterrupt
        base = 10.0 if cell.dataset == "high" else 5.0
        value = base + (cell.seed or 0)
        row = Row(
            cell.dataset,
            cell.method,
            "size[after]",
            value,
            unit="rows",
            seconds=0.25,
            n_queries=400,
            null=[0.0, 1.0],
        )
        other = Row(cell.dataset, cell.method, "spare", -value)
        return Outcome((row, other), {"values": np.array([value])})

    def derived(self, rows):
        total = sum(row.value for row in rows if row.metric == "size[after]")
        return [Row("low", "both", "total", total)]

    def summary(self, rows):
        return [f"{len(rows)} rows"]

    def figures(self, rows, out_dir, arrays):
        path = out_dir / "values.svg"
        values = [kept["values"][0] for kept in arrays.values()]
        path.write_text(f"<svg><!-- {sorted(values)} --></svg>")
        return [path]


def n_calls(calls):
    """Count the runs of each cell, by its word."""
    words = [path.name.partition(".")[0] for path in Path(calls).iterdir()]
    return {word: words.count(word) for word in words}


def main():
    """Run the command line with a toy as the only experiment."""
    from rfcore.cli import main as command_line
    from rfcore.experiments import register, registry

    _, calls, n_quick, *arguments = sys.argv
    registry.ENTRY_POINTS = "nobody's"
    register(Toy(calls, n_quick=int(n_quick)))
    command_line(arguments, prog_name="rfcore")


if __name__ == "__main__":
    main()
