"""Tests of the table of experiments and of the plan of a run."""

from types import ModuleType

import pytest

from rfcore.experiments import (
    Cell,
    Experiment,
    UnknownExperimentError,
    all_experiments,
    get,
    plan,
    register,
    registry,
)


class Grid(Experiment):
    id = "table-9.1"
    title = "a grid"
    datasets = ("a", "b")
    methods = ("m",)
    protocols = ("thesis", "held-out")


@pytest.fixture(autouse=True)
def empty_registry(monkeypatch):
    monkeypatch.setattr(registry, "_MODULES", ())
    monkeypatch.setattr(registry, "_experiments", {})


def test_register_decorates_a_class():
    assert register(Grid) is Grid
    assert isinstance(get("table-9.1"), Grid)


def test_experiments_keep_their_order():
    named = [Grid() for _ in range(3)]
    for experiment, name in zip(named, ("z", "a", "k"), strict=True):
        experiment.id = name
        register(experiment)
    assert all_experiments() == named


def test_id_can_be_taken_once():
    register(Grid)
    with pytest.raises(ValueError, match=r"experiment 'table-9\.1' is registered"):
        register(Grid())


@pytest.mark.parametrize("name", ["id", "title"])
def test_id_and_title_are_needed(name):
    experiment = Grid()
    setattr(experiment, name, "")
    with pytest.raises(ValueError, match=rf"Grid\.{name} should not be empty"):
        register(experiment)


def test_unknown_id_lists_near_matches():
    register(Grid)
    with pytest.raises(UnknownExperimentError, match=r"'table-9\.2' should be 'table"):
        get("table-9.2")


def test_unknown_id_without_near_match_lists_all():
    register(Grid)
    with pytest.raises(ValueError, match=r"'qqq' should be one of: table-9\.1"):
        get("qqq")


def test_modules_are_imported_on_the_first_look_up(monkeypatch):
    monkeypatch.setattr(registry, "_MODULES", ("lazy_one",))
    monkeypatch.setattr(registry, "_imported", set())
    imported = []

    def import_module(name):
        imported.append(name)
        register(Grid)
        return ModuleType(name)

    monkeypatch.setattr(registry.importlib, "import_module", import_module)
    assert imported == []
    assert [experiment.id for experiment in all_experiments()] == ["table-9.1"]
    get("table-9.1")
    assert imported == ["rfcore.experiments.lazy_one"]


def test_run_must_be_written():
    with pytest.raises(NotImplementedError, match=r"Grid should define run\(cell\)"):
        Grid().run(None)


@pytest.mark.parametrize(("scale", "n"), [("smoke", 1), ("small", 3), ("paper", 10)])
def test_seeds_of_a_scale(scale, n):
    cells = plan(Grid(), scale)
    assert sorted({cell.seed for cell in cells}) == list(range(n))
    assert {cell.scale for cell in cells} == {scale}


def test_cells_are_the_product_of_the_axes():
    assert plan(Grid(), "smoke", seeds=(7,)) == [
        Cell("table-9.1", dataset, "m", 7, protocol, "smoke")
        for dataset in ("a", "b")
        for protocol in ("thesis", "held-out")
    ]


def test_number_of_seeds_counts_from_zero():
    assert {cell.seed for cell in plan(Grid(), seeds=2)} == {0, 1}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scale": "big"}, "scale='big' should be one of: smoke, small, paper"),
        ({"seeds": 0}, "seeds=0 should be >= 1"),
        ({"seeds": ()}, r"seeds=\(\) should not be empty"),
        ({"seeds": (1, 1)}, r"table-9\.1\.cells should not list a cell twice"),
    ],
)
def test_wrong_plans(options, message):
    with pytest.raises(ValueError, match=message):
        plan(Grid(), **options)
