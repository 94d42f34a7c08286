"""The report itself, and the lowest rung of every ladder."""

import importlib

import ladder
import pytest
from race import Case, Goal, Ladder, Race, exponent, peak_bytes

LADDERS = [
    rungs
    for family in ladder.FAMILIES
    for rungs in importlib.import_module(f"test_{family}").LADDERS
]


def wasteful(size):
    """A case whose first contestant needs `size` MiB."""

    def fill(n_bytes):
        return lambda threads: lambda: b"x" * n_bytes

    return Case(
        contestants={"rfcore": fill(size * 2**20), "peer": fill(1)},
        quality=lambda results: f"{len(results['rfcore'])} bytes",
        flops=1.0,
        n_bytes=1.0,
    )


TOY = Ladder("bytes", "MiB", (1, 64), wasteful)


@pytest.mark.parametrize(
    "rungs", LADDERS, ids=lambda rungs: f"{rungs.title}, {rungs.axis}"
)
def test_lowest_rung(benchmark, rungs):
    race = Race(rungs.build(rungs.sizes[0]))
    benchmark.pedantic(race.run_each)
    assert race.quality()
    assert all(seconds > 0.0 for (seconds,) in race.seconds.values())


def test_exponent():
    assert exponent([1, 2, 4], [3.0, 12.0, 48.0]) == pytest.approx(2.0)


def test_peak_bytes():
    peak = peak_bytes(TOY, "rfcore")
    assert peak is None or 60 * 2**20 < peak < 80 * 2**20


def test_report(capsys, monkeypatch):
    monkeypatch.setattr(ladder.machine, "copy_rate", lambda threads: 1e9)
    monkeypatch.setattr(ladder.machine, "gemm_rate", lambda threads: 1e9)
    report = ladder.Report(n_rounds=2, memory=False)
    report.head()
    report.goals([Goal("toy", lambda: wasteful(1), {"peer": 1e9})])
    report.ladder(TOY)
    printed = capsys.readouterr().out
    for part in ("missed by", "1048576 bytes", "MiB to the power", "of a copy"):
        assert part in printed
