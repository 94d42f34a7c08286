"""Who imports whom: down the layers only, in Python and in C++."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "python" / "rfcore"

LAYERS = [
    {"_core"},
    {"errors"},
    {"_columns", "_shares", "_shown", "_style", "_threads"},
    {"_arrays"},
    {"cluster", "metrics", "zeroth", "datasets"},
    {"fair", "deep", "video", "influence"},
    {"attacks"},
    {"experiments"},
    {"thesis", "audit", "service", "distributed"},
    {"report"},
    {"cli"},
]
LEVEL = {unit: level for level, layer in enumerate(LAYERS) for unit in layer}
EXCEPTIONS = {("rfcore.fair.consensus", "rfcore.deep.nets")}

PYTHON_FILES = sorted(PACKAGE.rglob("*.py"))
CPP_FILES = sorted(
    path
    for folder in ("cpp", "cuda")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".cpp", ".hpp", ".cu", ".cuh"}
)


def module_name(path):
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(source, module, is_package=False):
    """Names of the modules, or of things in them, that a source imports anywhere."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            if node.level:
                up = node.level - is_package
                base = module.split(".")[: -up if up else None]
                origin = ".".join([*base, *filter(None, [origin])])
            names |= {f"{origin}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and "import" in ast.unparse(node.func):
            for argument in node.args[:1]:
                if isinstance(argument, ast.Constant):
                    names.add(str(argument.value))
    return names


def unit(name):
    """The part of rfcore that a dotted name is in; None for others and for rfcore."""
    parts = name.split(".")
    if parts[0] != "rfcore" or len(parts) < 2 or parts[1].startswith("__"):
        return None
    return parts[1]


def upward(source, module, is_package=False):
    """Imports of a higher part, or of another part of the same layer."""
    own = unit(module)
    return sorted(
        name
        for name in imported(source, module, is_package)
        if unit(name) not in (None, own)
        and LEVEL[unit(name)] >= LEVEL[own]
        and not any(module.startswith(a) and name.startswith(b) for a, b in EXCEPTIONS)
    )


@pytest.mark.parametrize("path", PYTHON_FILES, ids=module_name)
def test_imports_go_down(path):
    module = module_name(path)
    if module == "rfcore":
        assert {unit(n) for n in imported(path.read_text(), module, True)} == {None}
    else:
        assert unit(module) in LEVEL
        assert upward(path.read_text(), module, path.stem == "__init__") == []


@pytest.mark.parametrize(
    ("module", "line", "expected"),
    [
        ("rfcore.cluster.centers", "from rfcore import metrics", ["rfcore.metrics"]),
        ("rfcore.cluster.centers", "import rfcore.attacks", ["rfcore.attacks"]),
        (
            "rfcore.cluster.centers",
            "def f():\n from rfcore.cli import x",
            ["rfcore.cli.x"],
        ),
        ("rfcore.cluster.centers", "from ..zeroth import rbf", ["rfcore.zeroth.rbf"]),
        ("rfcore.cluster.centers", "from .. import report", ["rfcore.report"]),
        ("rfcore.cluster.centers", "from . import oracle", []),
        ("rfcore.cluster.centers", "from rfcore import _core, _arrays, errors", []),
        ("rfcore.cluster.centers", "from rfcore import __version__", []),
        (
            "rfcore.errors",
            "from rfcore._arrays import as_rows",
            ["rfcore._arrays.as_rows"],
        ),
        (
            "rfcore.report.table",
            "import importlib as i\ni.import_module('rfcore.cli')",
            ["rfcore.cli"],
        ),
        (
            "rfcore.experiments.runner",
            "from rfcore import distributed",
            ["rfcore.distributed"],
        ),
        ("rfcore.experiments.runner", "import rfcore.thesis", ["rfcore.thesis"]),
        ("rfcore.fair.consensus.network", "from rfcore.deep.nets import MLP", []),
        (
            "rfcore.fair.lloyd",
            "from rfcore.deep.nets import MLP",
            ["rfcore.deep.nets.MLP"],
        ),
    ],
)
def test_the_reader_of_imports_sees_them(module, line, expected):
    assert upward(line, module) == expected


def test_a_package_is_its_own_base_of_relative_imports():
    line = "from .oracle import oracle\nfrom ..metrics import ari"
    found = upward(line, "rfcore.cluster", is_package=True)
    assert found == ["rfcore.metrics.ari"]


# What an experiment measures is its own business: the engine knows none of it.
ENGINE = {"experiments", "errors", "_core", "_style"}


@pytest.mark.parametrize(
    "path", sorted((PACKAGE / "experiments").rglob("*.py")), ids=module_name
)
def test_the_engine_knows_no_attack_no_defence_and_no_data_set(path):
    names = imported(path.read_text(), module_name(path), path.stem == "__init__")
    assert {unit(name) for name in names} - {None} <= ENGINE


def includes(path):
    return re.findall(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', path.read_text(), re.M)


PYTHON_HEADERS = re.compile(r"Python\.h|numpy/|pybind11/")
CUDA_HEADERS = re.compile(
    r"cuda|cublas|curand|cusolver|thrust/|cub/|device_launch|\.cuh$"
)


@pytest.mark.parametrize(
    "path", CPP_FILES, ids=lambda path: str(path.relative_to(ROOT))
)
def test_headers_stay_in_their_folder(path):
    names, folder = includes(path), path.relative_to(ROOT).parts[:2]
    for name in names:
        if name.startswith("rfcore/"):
            assert (ROOT / "cpp" / "include" / name).is_file()
            continue
        assert folder == ("cpp", "bind") or not PYTHON_HEADERS.search(name)
        assert folder[0] == "cuda" or not CUDA_HEADERS.search(name)


def test_the_reader_of_headers_sees_them():
    assert PYTHON_HEADERS.search("pybind11/numpy.h")
    assert PYTHON_HEADERS.search("Python.h")
    assert CUDA_HEADERS.search("cuda_runtime.h")
    assert CUDA_HEADERS.search("device.cuh")
    assert not CUDA_HEADERS.search("rfcore.hpp")
    assert "rfcore/linkage.hpp" in includes(ROOT / "cpp" / "src" / "linkage.cpp")


def test_host_sources_hold_no_device_code():
    for path in CPP_FILES:
        if path.relative_to(ROOT).parts[0] == "cpp":
            assert not re.search(r"<<<|__global__|cudaMalloc", path.read_text()), path
