"""Tests of the files that a class reaches by imports."""

import importlib
import sys
import textwrap
from pathlib import Path

import pytest
from toy_experiment import Toy

import rfcore
from rfcore.experiments import Experiment, get
from rfcore.experiments.reach import reached_files

PACKAGE = Path(rfcore.__file__).parent


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Writes files, imports a module of them and gives its class `Own`."""

    def make(module, **files):
        for name, text in files.items():
            path = tmp_path / name.replace("__in", "/__in").replace("_to_", "/")
            path = path.with_suffix(".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text))
        importlib.invalidate_caches()
        return importlib.import_module(module).Own

    monkeypatch.syspath_prepend(tmp_path)
    yield make
    for name in [name for name in sys.modules if name.startswith("zz")]:
        del sys.modules[name]


def own(cls):
    return sorted(name for name in reached_files(cls) if name.startswith("zz"))


def test_imports_in_functions_and_relative_ones_count(made):
    cls = made(
        "zzpack.inner.top",
        zzpack__init__="",
        zzpack_to_inner__init__="",
        zzpack_to_inner_to_top="""
            from ..other import number
            class Own:
                def run(self):
                    from zzpack.inner import late
        """,
        zzpack_to_other="number = 1",
        zzpack_to_inner_to_late="import zzpack.later",
        zzpack_to_later="from . import last",
        zzpack_to_last="",
        zzpack_to_idle="",
    )
    assert own(cls) == [
        "zzpack",
        "zzpack.inner",
        "zzpack.inner.late",
        "zzpack.inner.top",
        "zzpack.last",
        "zzpack.later",
        "zzpack.other",
    ]


def test_a_package_as_a_whole_reaches_all_that_it_imports(made):
    cls = made(
        "zzpack",
        zzpack__init__="from zzpack.a import b\nclass Own: pass",
        zzpack_to_a__init__="from .c import *",
        zzpack_to_a_to_b="import zzpack.a",
        zzpack_to_a_to_c="import numpy, zzelse",
        zzelse="",
    )
    assert own(cls) == ["zzpack", "zzpack.a", "zzpack.a.b", "zzpack.a.c"]


def test_a_package_that_hands_a_name_on_reaches_its_module_alone(made):
    cls = made(
        "zzpack.top",
        zzpack__init__="",
        zzpack_to_top="from zzpack.shop import tea as t\nclass Own: pass",
        zzpack_to_shop__init__="from .leaves import tea\nfrom .beans import coffee",
        zzpack_to_shop_to_leaves="from zzpack import water\ntea = 1",
        zzpack_to_shop_to_beans="coffee = 1",
        zzpack_to_water="",
    )
    names = ["zzpack", "zzpack.shop", "zzpack.shop.leaves", "zzpack.top"]
    assert own(cls) == [*names, "zzpack.water"]


def test_a_name_that_a_package_makes_itself_reaches_all(made):
    cls = made(
        "zzpack.top",
        zzpack__init__="",
        zzpack_to_top="from zzpack.shop import tea\nclass Own: pass",
        zzpack_to_shop__init__="from .leaves import leaf\ntea = leaf + 1",
        zzpack_to_shop_to_leaves="leaf = 1",
    )
    assert "zzpack.shop.leaves" in own(cls)


def test_a_lone_file_reaches_what_it_imports_of_rfcore(made):
    cls = made("zzlone", zzlone="import rfcore.video.segments, zzelse\nclass Own: pass",
               zzelse="")  # fmt: skip
    files = reached_files(cls)
    assert own(cls) == ["zzlone"]
    assert {"rfcore", "rfcore.video", "rfcore.video.segments"} <= set(files)
    assert "rfcore.attacks" not in files


def test_bases_count(made):
    cls = made(
        "zzpack.top",
        zzpack__init__="",
        zzpack_to_top="import zzpack.base as b\nclass Own(b.Base): pass",
        zzpack_to_base="from zzpack.far import Far as Base",
        zzpack_to_far="class Far: pass",
    )
    assert own(cls) == ["zzpack", "zzpack.base", "zzpack.far", "zzpack.top"]
    assert "rfcore.experiments.runner" in reached_files(Toy)


def test_nothing_of_rfcore_that_is_named_in_a_module_is_missed():
    """Each name that a reached module holds of rfcore comes from a reached file."""
    files = reached_files(type(get("table-4.5")))
    modules = [sys.modules[name] for name in files if name in sys.modules]
    assert len(modules) > 50
    for module in modules:
        if Path(module.__file__).stem == "__init__":
            continue
        for value in vars(module).values():
            origin = getattr(value, "__module__", None) or ""
            if callable(value) and origin.startswith("rfcore."):
                assert origin in files or origin.startswith("rfcore._core")


@pytest.mark.parametrize(
    ("experiment", "inside", "outside"),
    [
        (
            "table-4.4",
            "rfcore.fair.consensus.losses",
            "rfcore.influence.linear.hessian",
        ),
        ("table-2.1", "rfcore.attacks.clustering.starts", "rfcore.fair.kcenter"),
        ("table-3.3", "rfcore.video.lp", "rfcore.influence.linear.hessian"),
        ("figure-4.8", "rfcore.influence.linear.hessian", "rfcore.video.lp"),
    ],
)
def test_chapters_do_not_reach_each_other(experiment, inside, outside):
    files = reached_files(type(get(experiment)))
    assert inside in files
    assert outside not in files
    assert not {
        name for name in files if name.startswith(("rfcore.report", "rfcore.cli"))
    }


def test_data_beside_the_modules_count():
    files = reached_files(type(get("table-4.4")))
    assert files["rfcore.datasets/fairness_rows.npz"].is_file()
    assert not [name for name in files if name.endswith((".pyc", ".so", ".pyi"))]


def test_a_class_without_a_file_reaches_its_bases():
    names = {"Experiment": Experiment, "__name__": "nowhere"}
    exec("class Loose(Experiment): pass", names)
    files = reached_files(names["Loose"])
    assert files == reached_files(Experiment)
