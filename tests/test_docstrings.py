"""Examples run, and every public thing says what it takes and what it gives."""

import dataclasses
import doctest
import importlib
import inspect
import pkgutil
import re

import pytest

import rfcore

MODULES = [
    module.name
    for module in pkgutil.walk_packages(rfcore.__path__, "rfcore.")
    if not any(part.startswith("_") for part in module.name.split("."))
]
PACKAGES = [f"rfcore.{name}" for name in rfcore.__all__]
# Whose objects users hold in their hands, so that methods too carry the whole contract.
WITH_METHODS = {
    f"rfcore.{name}"
    for name in ("attacks", "cluster", "influence", "metrics", "zeroth")
}


def public_things():
    """Public functions, classes and methods by name, each once."""
    things = {}
    for package in PACKAGES:
        module = importlib.import_module(package)
        for name in getattr(module, "__all__", vars(module)):
            thing = getattr(module, name)
            if name.startswith("_") or not callable(thing):
                continue
            things[f"{package}.{name}"] = thing
            if inspect.isclass(thing) and package in WITH_METHODS:
                things |= {
                    f"{package}.{name}.{method}": function
                    for method, function in vars(thing).items()
                    if inspect.isfunction(function) and not method.startswith("_")
                }
    return things


THINGS = public_things()


def parameters(thing):
    """Names of the parameters that a docstring should explain."""
    if inspect.isclass(thing):
        if issubclass(thing, BaseException) or "__init__" not in vars(thing):
            return []
        thing = thing.__init__
    names = [name for name in inspect.signature(thing).parameters if name != "self"]
    return [name for name in names if name not in ("args", "kwargs")]


def section(thing, title):
    """The body of a numpydoc section, or None."""
    document = inspect.getdoc(thing) or ""
    found = re.search(
        rf"(?:^|\n){title}\n-+\n(.*?)(?=\n\w[\w ]*\n-+\n|\Z)", document, re.S
    )
    return found and found[1]


def documented(text):
    """Names at the left margin of a section's entries."""
    names = []
    for entry in re.findall(r"^(\*{0,2}\w[\w, *]*?)(?: :|$)", text, re.M):
        names += [name.strip(" *") for name in entry.split(",")]
    return names


@pytest.mark.parametrize("name", MODULES)
def test_modules_say_what_they_own(name):
    assert (importlib.import_module(name).__doc__ or "").strip()


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    failed, _ = doctest.testmod(importlib.import_module(name), raise_on_error=False)
    assert failed == 0


def test_there_are_examples_to_run():
    finder = doctest.DocTestFinder(exclude_empty=True)
    examples = [
        test.name
        for name in MODULES
        for test in finder.find(importlib.import_module(name))
        if test.examples
    ]
    assert len(examples) >= 4


@pytest.mark.parametrize("name", THINGS)
def test_every_parameter_is_explained(name):
    thing = THINGS[name]
    expected = parameters(thing)
    if not expected:
        assert inspect.getdoc(thing)
        return
    text = section(thing, "Parameters") or ""
    if dataclasses.is_dataclass(thing):
        text += "\n" + (section(thing, "Attributes") or "")
    assert set(expected) <= set(documented(text))


@pytest.mark.parametrize(
    "name", [n for n, t in THINGS.items() if inspect.isfunction(t)]
)
def test_what_is_returned_is_explained(name):
    """Where the source returns or yields something."""
    thing = inspect.unwrap(THINGS[name])
    source = inspect.getsource(thing)
    gives = re.search(r"^\s+(?:return|yield) (?!None\b)\S", source, re.M)
    if gives:
        assert section(thing, "Returns") or section(thing, "Yields")


def test_the_reader_of_sections_sees_them():
    def example(a, b=1, *, c):
        """One line.

        Parameters
        ----------
        a, b : int
            Two numbers.
        c : str

        Returns
        -------
        float
        """

    assert documented(section(example, "Parameters")) == ["a", "b", "c"]
    assert section(example, "Returns").strip() == "float"
    assert section(example, "Raises") is None
    assert parameters(example) == ["a", "b", "c"]
