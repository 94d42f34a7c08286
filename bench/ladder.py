"""The report of the benches: goals, ladders with fitted exponents, memory, limits."""

import argparse
import importlib
import os
import sys

import machine
from race import THREADS, Race, exponent, peak_bytes

from rfcore.datasets import MissingDataError

FAMILIES = (
    "linkage",
    "lloyd",
    "append_rows",
    "medoids",
    "fairlets",
    "fair_spectral",
    "fair_kcenter",
    "rbf",
    "racos",
    "labels",
    "fairness",
    "coassociation",
    "distance",
    "influence",
    "summary",
    "knapsack",
    "segments",
    "son",
)


class Report:
    """Lines of Markdown, printed as they are known.

    Parameters
    ----------
    n_rounds : int
        Turns of each contestant of a goal or of a rung.
    memory : bool
        Whether peak bytes are measured, in a process for each contestant.
    """

    def __init__(self, n_rounds, memory):
        self.n_rounds = n_rounds
        self.memory = memory
        self.copy = {1: machine.copy_rate(1), THREADS: machine.copy_rate(THREADS)}
        self.gemm = {1: machine.gemm_rate(1), THREADS: machine.gemm_rate(THREADS)}

    def head(self):
        say("# rfcore against its peers\n")
        say(f"{machine.description()}.\n")
        for threads in sorted(self.copy):
            say(
                f"- {threads} thread(s): copy {self.copy[threads] / 1e9:.1f} GB/s read "
                f"and written, float64 GEMM {self.gemm[threads] / 1e9:.1f} Gflop/s"
            )
        say(
            f"- medians of {self.n_rounds} interleaved rounds; least and most seconds "
            f"in brackets; load before {load()}"
        )

    def goals(self, goals):
        """One table: the promised ratios and those reached."""
        say("\n## Goals\n")
        say(
            "| work | peer | rfcore s | peer s | ratio | promised | verdict | quality |"
        )
        say("|---|---|---|---|---|---|---|---|")
        for goal in goals:
            try:
                race = Race(goal.build())
            except MissingDataError as error:
                say(f"| {goal.title} | | | | | | not run: {error} | |")
                continue
            self._run(race, goal)
            quality = race.quality()
            for peer, ratio in race.ratios().items():
                least = goal.at_least.get(peer)
                row(
                    goal.title,
                    peer,
                    spread(race, race.names[0]),
                    spread(race, peer),
                    f"{ratio:.1f}",
                    "" if least is None else f"{least:g}",
                    "" if least is None else verdict(ratio, least),
                    quality,
                )
                quality = ""

    def ladder(self, ladder):
        """One table: a row a size, then the exponents and the memory at the top."""
        races = [self._run(Race(ladder.build(size)), ladder) for size in ladder.sizes]
        names = races[0].names
        say(f"\n### {ladder.title}: cost in {ladder.axis}\n")
        row(
            ladder.axis,
            *(f"{name} s" for name in names),
            *(f"x {name}" for name in names[1:]),
            "of the limit",
            "quality",
        )
        row(*["---"] * (2 * len(names) + 2))
        for size, race in zip(ladder.sizes, races, strict=True):
            row(
                size,
                *(spread(race, name) for name in names),
                *(f"{ratio:.2f}" for ratio in race.ratios().values()),
                self._of_limit(race),
                race.quality(),
            )
        fits = [
            exponent(ladder.sizes, [r.median(name) for r in races]) for name in names
        ]
        say(
            f"\nSeconds grow as {ladder.axis} to the power "
            + ", ".join(f"{fit:.2f} ({n})" for fit, n in zip(fits, names, strict=True))
            + "."
        )
        if self.memory and not ladder.once:
            peaks = [megabytes(peak_bytes(ladder, name)) for name in names]
            say(
                f"Peak memory of {ladder.axis} = {ladder.sizes[-1]} on one thread: "
                + ", ".join(f"{p} ({n})" for p, n in zip(peaks, names, strict=True))
                + "."
            )

    def _run(self, race, work):
        return race.run_each() if work.once else race.run_rounds(self.n_rounds)

    def _of_limit(self, race):
        """rfcore's rates, beside those of a matrix product and of a copy."""
        case, seconds = race.case, race.median(race.names[0])
        shares = []
        if case.flops:
            rate = case.flops / seconds
            share = rate / self.gemm[case.threads]
            shares.append(f"{rate / 1e9:.2f} Gflop/s, {share:.1%} of GEMM")
        if case.n_bytes:
            rate = case.n_bytes / seconds
            share = rate / self.copy[case.threads]
            shares.append(f"{rate / 1e9:.2f} GB/s, {share:.1%} of a copy")
        return "; ".join(shares)


def say(line):
    print(line, flush=True)


def row(*cells):
    say("| " + " | ".join(str(cell) for cell in cells) + " |")


def spread(race, name):
    """The median, and the least and the most, in seconds."""
    seconds = race.seconds[name]
    return f"{race.median(name):.3g} [{min(seconds):.3g}, {max(seconds):.3g}]"


def verdict(ratio, least):
    return "met" if ratio >= least else f"missed by {least / ratio:.2f}x"


def megabytes(n_bytes):
    return "unknown" if n_bytes is None else f"{n_bytes / 2**20:.1f} MiB"


def load():
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def main(arguments=None):
    """Print the report of some families of benches."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("family", nargs="*", help=f"of {', '.join(FAMILIES)}; or all")
    parser.add_argument("--rounds", type=int, default=5, help="turns of everybody")
    parser.add_argument("--goals", action="store_true", help="no ladders")
    parser.add_argument("--no-memory", action="store_true", help="no peak bytes")
    options = parser.parse_args(arguments)
    for family in options.family:
        if family not in FAMILIES:
            parser.error(f"family={family!r} should be one of {', '.join(FAMILIES)}")
    benches = [
        importlib.import_module(f"test_{family}")
        for family in options.family or FAMILIES
    ]
    report = Report(options.rounds, memory=not options.no_memory)
    report.head()
    report.goals([goal for bench in benches for goal in getattr(bench, "GOALS", ())])
    for bench in [] if options.goals else benches:
        say(f"\n## {bench.__doc__}")
        for ladder in bench.LADDERS:
            report.ladder(ladder)
    say(f"\nLoad after {load()}.")


if __name__ == "__main__":
    sys.exit(main())
