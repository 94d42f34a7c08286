"""Tests of the fingerprint of the code and the facts of the machine."""

import importlib.metadata
import shutil
from pathlib import Path

import pytest
from toy_experiment import Toy

import rfcore
from rfcore.experiments import Experiment, provenance, reach


@pytest.fixture
def package(monkeypatch, tmp_path):
    """A copy of the package's Python files that a test may change."""
    copy = tmp_path / "rfcore"
    source = Path(rfcore.__file__).parent
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    monkeypatch.setattr(rfcore, "__file__", str(copy / "__init__.py"))
    return copy


def mark():
    return provenance.fingerprint(Experiment())


def test_starts_with_the_version(package):
    assert mark().startswith(f"{rfcore.__version__}+")
    assert provenance.version_of(mark()) == rfcore.__version__
    assert provenance.version_of("1.0+local+abc") == "1.0+local"


def test_same_code_gives_the_same_word(package):
    assert mark() == mark()


@pytest.mark.parametrize("name", ["errors.py", "experiments/record.py"])
def test_changes_with_a_file(package, name):
    before = mark()
    with open(package / name, "a") as file:
        file.write("# changed\n")
    assert mark() != before


def test_changes_with_a_file_that_is_imported_anew(package):
    before = mark()
    (package / "new.py").write_text("x = 1\n")
    assert mark() == before
    with open(package / "errors.py", "a") as file:
        file.write("import rfcore.new\n")
    imported = mark()
    (package / "new.py").write_text("x = 2\n")
    assert len({before, imported, mark()}) == 3


@pytest.mark.parametrize("name", ["cli.py", "report/table.py", "video/lp.py"])
def test_what_is_not_reached_does_not_count(package, name):
    before = mark()
    (package / name).write_text("changed = True\n")
    assert mark() == before


def test_compiled_module_counts(package, monkeypatch, tmp_path):
    compiled = tmp_path / "_core.so"
    marks = set()
    for content in (b"one", b"two"):
        compiled.write_bytes(content)
        spec = importlib.util.spec_from_file_location("rfcore._core", compiled)
        monkeypatch.setattr(provenance.importlib.util, "find_spec", lambda _, s=spec: s)
        marks.add(mark())
    monkeypatch.setattr(provenance.importlib.util, "find_spec", lambda _: None)
    assert len(marks | {mark()}) == 3


def test_file_of_an_experiment_outside_the_package_counts(tmp_path, monkeypatch):
    inside, before = mark(), provenance.fingerprint(Toy(tmp_path))
    changed = tmp_path / "toy.py"
    changed.write_text("# another toy\n")
    monkeypatch.setattr(reach, "_source_of", lambda _: changed)
    assert len({inside, before, provenance.fingerprint(Toy(tmp_path))}) == 3


def test_experiment_without_a_file(tmp_path):
    source = "class Loose(Experiment): pass"
    names = {"Experiment": Experiment, "__name__": "nowhere"}
    exec(source, names)
    assert provenance.fingerprint(names["Loose"]()) == mark()


def test_machine_facts():
    facts = provenance.machine_facts(3)
    assert facts["n_jobs"] == 3
    assert facts["cores"] >= 1
    assert facts["cpu"]
    for name in ("numpy", "scipy", "scikit-learn", "rfcore"):
        assert facts[name] == importlib.metadata.version(name)
