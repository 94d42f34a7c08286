"""Where the benches find data, and the fixture that races rfcore against its peers."""

import os
import sys
from pathlib import Path

import pytest

_HERE = Path(__file__).resolve().parent
BESIDE_THE_REPOSITORY = _HERE.parents[1] / "shared" / "data"

# The benches import each other by name here as they do under `python bench/ladder.py`,
# and so do the workers of the peers.
sys.path.insert(0, str(_HERE))


def pytest_configure():
    if "RFCORE_DATA" not in os.environ and BESIDE_THE_REPOSITORY.is_dir():
        os.environ["RFCORE_DATA"] = str(BESIDE_THE_REPOSITORY)


@pytest.fixture
def full(benchmark):
    """Whether anything is timed; without that the smallest sizes will do."""
    return not benchmark.disabled


@pytest.fixture
def compare(benchmark):
    """Race a case: rfcore by pytest-benchmark, its peers in turn before each round.

    Gives the results by name. Medians, ratios and quality go into the benchmark's
    extra_info, and so into --benchmark-json.
    """

    from race import Race

    def run(case, *, n_rounds=5):
        race = Race(case)
        own, *peers = race.names

        def let_peers_run():
            for name in peers:
                race.run(name)

        if benchmark.enabled:
            race.run_rounds(0)
        benchmark.pedantic(race.run, (own,), setup=let_peers_run, rounds=n_rounds)
        if benchmark.enabled:
            benchmark.extra_info.update(
                seconds={name: race.median(name) for name in race.names},
                ratios=race.ratios(),
                quality=race.quality(),
            )
        return race.results

    return run


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """A bench whose data set is not at hand is skipped."""
    from rfcore.datasets import MissingDataError

    try:
        return (yield)
    except MissingDataError as error:
        pytest.skip(str(error))
