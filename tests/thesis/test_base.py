"""Tests of what all experiments of the thesis share."""

from types import SimpleNamespace

import pytest

from rfcore import datasets
from rfcore.datasets import MissingDataError
from rfcore.experiments import all_experiments
from rfcore.thesis.base import ThesisExperiment


def at_hand(**present):
    return [
        SimpleNamespace(name=name, present=lambda here=here: here)
        for name, here in present.items()
    ]


def test_what_is_missing_is_loaded(monkeypatch):
    loaded = []
    infos = at_hand(low=True, high=False)
    monkeypatch.setattr(datasets, "list_datasets", lambda: infos)
    monkeypatch.setattr(datasets, "load", loaded.append)
    ThesisExperiment().require(["low", "high", "of another kind"])
    assert loaded == ["high", "of another kind"]


def test_what_cannot_be_had_is_an_error(monkeypatch):
    def load(name):
        raise MissingDataError(f"{name}: rfcore datasets fetch {name}")

    monkeypatch.setattr(datasets, "load", load)
    monkeypatch.setattr(datasets, "list_datasets", lambda: at_hand())
    with pytest.raises(MissingDataError, match="rfcore datasets fetch low"):
        ThesisExperiment().require(["low"])


def test_every_experiment_of_the_thesis_finds_its_data():
    own = [e for e in all_experiments() if type(e).__module__.startswith("rfcore.")]
    assert len(own) > 30
    assert all(isinstance(experiment, ThesisExperiment) for experiment in own)
