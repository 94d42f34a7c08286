"""Tests of the results: as a document, and read back from a store of many runs."""

import json
import math

import pytest
from toy_experiment import Toy

from rfcore.experiments import Row, StoreError, read_results, register, registry, run


@pytest.fixture(autouse=True)
def empty_registry(monkeypatch):
    monkeypatch.setattr(registry, "ENTRY_POINTS", "nobody's")
    monkeypatch.setattr(registry, "_experiments", {})


@pytest.fixture
def toy(tmp_path):
    calls = tmp_path / "calls"
    calls.mkdir()
    return Toy(calls)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def test_document_has_the_words_that_are_fixed(toy, out):
    document = run(toy, out=out, seeds=1).to_dict()
    assert document["experiment"] == "toy-1.1"
    assert document["scale"] == "small"
    assert document["version"]
    assert document["rows"][0] == {
        "dataset": "low",
        "method": "noisy",
        "metric": "size[after]",
        "value": 5.0,
        "unit": "rows",
        "seed": 0,
        "seconds": 0.25,
        "protocol": None,
        "n_queries": 400,
        "null": [0.0, 1.0],
        "substitute": None,
        "degenerate": "",
        "note": "",
    }
    for claim in document["claims"]:
        assert set(claim) >= {
            *("dataset", "method", "metric", "reported", "measured", "low", "high"),
            "verdict",
        }
    assert document["machines"][0]["cores"] >= 1


def test_numbers_that_json_cannot_hold_become_null(toy, out):
    toy.run = lambda cell: [
        Row("low", "noisy", "size[after]", math.nan, null=[math.inf, 1.0])
    ]
    document = run(toy, out=out, seeds=1, figures=False).to_dict()
    text = json.dumps(document, allow_nan=False)
    assert json.loads(text)["rows"][0]["value"] is None
    assert json.loads(text)["rows"][0]["null"] == [None, 1.0]
    assert json.loads(text)["claims"][0]["measured"] is None


def test_failures_are_in_the_document(toy, out):
    toy.broken = ("low-noisy-0",)
    document = run(toy, out=out, seeds=1).to_dict()
    (failure,) = document["failures"]
    assert failure["error"] == "ArithmeticError: no luck with low-noisy-0"


def test_read_back_equals_the_run(toy, out):
    register(toy)
    done = run(toy, out=out, seeds=2)
    (found,) = read_results(out)
    assert found.rows == done.rows
    assert found.claims == done.claims
    assert found.summary == done.summary
    assert found.figures == done.figures
    assert found.notes == []
    assert (found.n_cells, found.n_resumed, found.n_computed) == (6, 6, 0)


def test_every_experiment_and_scale_is_read(toy, out):
    class Second(Toy):
        id = "toy-1.2"

    second = Second(toy.calls)
    register(second)
    register(toy)
    for experiment, scale in ((toy, "small"), (second, "small"), (toy, "smoke")):
        run(experiment, scale=scale, out=out, figures=False)
    found = [(item.experiment.id, item.scale) for item in read_results(out)]
    assert found == [("toy-1.2", "small"), ("toy-1.1", "small"), ("toy-1.1", "smoke")]


def test_rows_of_the_latest_code_count(toy, out, monkeypatch):
    register(toy)
    times = iter(range(10, 30))

    class Clock:
        @staticmethod
        def now(zone):
            from datetime import datetime

            return datetime(2000, 1, next(times), tzinfo=zone)

    monkeypatch.setattr("rfcore.experiments.store.datetime", Clock)
    run(toy, out=out, seeds=1)
    monkeypatch.setattr("rfcore.experiments.runner.fingerprint", lambda _: "9.9+other")
    run(toy, out=out, seeds=2)
    (found,) = read_results(out)
    assert (found.version, found.n_cells) == ("9.9", 6)
    assert found.notes == ["computed by other code than is installed: 9.9+other"]


def test_unknown_experiment_has_rows_without_claims(toy, out):
    done = run(toy, out=out, seeds=1)
    (found,) = read_results(out)
    assert found.experiment.id == "toy-1.1"
    assert found.rows == [row for row in done.rows if row.metric != "total"]
    assert found.claims == []
    assert found.notes == ["this rfcore does not know the experiment: no claims"]


def test_folder_without_a_store(tmp_path):
    with pytest.raises(StoreError, match=r"no store rfcore\.sqlite in "):
        read_results(tmp_path)
