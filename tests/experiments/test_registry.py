"""Tests of the table of experiments and of the plan of a run."""

from importlib import metadata
from types import SimpleNamespace

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


def offered():
    return metadata.entry_points(group="rfcore.experiments")


@pytest.fixture(autouse=True)
def empty_registry(monkeypatch):
    monkeypatch.setattr(registry, "ENTRY_POINTS", "nobody's")
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


def offer(monkeypatch, *points):
    monkeypatch.setattr(registry.metadata, "entry_points", lambda group: points)
    monkeypatch.setattr(registry, "_loaded", set())


class Point(SimpleNamespace):
    """An entry point of a package that may not be there."""

    __hash__ = object.__hash__

    def __lt__(self, other):
        return self.name < other.name


def point(name, dist, load):
    return Point(name=name, value=f"{name}.tables", dist=Point(name=dist), load=load)


def test_packages_are_asked_on_the_first_look_up_rfcore_first(monkeypatch):
    asked = []

    def load(name, then=None):
        asked.append(name)
        if then is not None:
            register(then)

    offer(
        monkeypatch,
        point("a", "another", lambda: load("another")),
        point("thesis", "rfcore", lambda: load("rfcore", Grid)),
    )
    assert asked == []
    assert [experiment.id for experiment in all_experiments()] == ["table-9.1"]
    get("table-9.1")
    assert asked == ["rfcore", "another"]


def test_a_package_that_is_broken_costs_its_own_experiments(monkeypatch):
    def broken():
        raise ImportError("no module named nowhere")

    points = point("a", "broken", broken), point("b", "works", lambda: register(Grid))
    offer(monkeypatch, *points)
    message = (
        r"experiments of 'a.tables' \(broken\) are left out: ImportError: no module"
    )
    with pytest.warns(UserWarning, match=message):
        assert isinstance(get("table-9.1"), Grid)


def test_an_id_that_another_package_has_is_refused(monkeypatch):
    points = [point(name, name, lambda: register(Grid)) for name in ("a", "b")]
    offer(monkeypatch, *points)
    with pytest.warns(UserWarning, match=r"'b.tables'.*'table-9\.1' is registered"):
        assert len(all_experiments()) == 1


def test_the_thesis_is_offered():
    (own,) = [p for p in offered() if p.dist.name == "rfcore"]
    assert (own.name, own.value) == ("thesis", "rfcore.thesis.index")


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
