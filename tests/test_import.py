"""What `import rfcore` costs, and that every public name is there."""

import ast
import importlib
import inspect
import json
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import rfcore
from rfcore import _core

PUBLIC = [
    module.name
    for module in pkgutil.walk_packages(rfcore.__path__, "rfcore.")
    if not any(part.startswith("_") for part in module.name.split("."))
]
HEAVY = {"cma", "cupy", "cvxpy", "dask", "highspy", "joblib", "matplotlib", "numpy"}
HEAVY |= {"pandas", "pooch", "rich", "scipy", "sklearn", "torch"}


def run(program):
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120
    )
    if done.returncode:
        pytest.fail(done.stderr)
    return json.loads(done.stdout)


def test_importing_rfcore_loads_nothing_heavy():
    loaded = run(
        "import json, sys, rfcore\n"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    assert "rfcore" in loaded
    assert HEAVY.isdisjoint(loaded)


@pytest.mark.parametrize(
    ("module", "unneeded"),
    [
        ("rfcore.errors", HEAVY),
        ("rfcore._core", HEAVY - {"numpy"}),
        ("rfcore.metrics", HEAVY - {"numpy", "scipy"}),
        ("rfcore.cluster", HEAVY - {"joblib", "numpy", "pandas", "scipy", "sklearn"}),
        ("rfcore.fair", {"cma", "cupy", "cvxpy", "highspy", "matplotlib", "torch"}),
        ("rfcore.influence", {"cma", "cupy", "highspy", "matplotlib", "torch"}),
        ("rfcore.zeroth", {"cma", "matplotlib", "sklearn", "torch"}),
        ("rfcore.datasets", {"matplotlib", "pooch", "torch"}),
        ("rfcore.cli", {"cma", "matplotlib", "sklearn", "torch"}),
    ],
)
def test_subpackages_load_what_they_need(module, unneeded):
    loaded = run(
        f"import json, sys, {module}\n"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    assert unneeded.isdisjoint(loaded), unneeded & set(loaded)


def test_importing_rfcore_is_quick():
    """Processor time beyond numpy's, so that a busy machine does not matter."""
    seconds = run(
        "import json, time, numpy\n"
        "start = time.process_time()\n"
        "import rfcore\n"
        "print(json.dumps(time.process_time() - start))"
    )
    assert seconds < 0.3


@pytest.mark.parametrize("name", PUBLIC)
def test_public_modules_hold_their_public_names(name):
    module = importlib.import_module(name)
    for public in getattr(module, "__all__", []):
        assert getattr(module, public) is not None
    assert len(set(getattr(module, "__all__", []))) == len(
        getattr(module, "__all__", [])
    )


@pytest.mark.parametrize("name", rfcore.__all__)
def test_subpackages_are_there_when_asked_for(name):
    assert getattr(rfcore, name) is sys.modules[f"rfcore.{name}"]
    assert name in dir(rfcore)


def test_every_public_package_is_announced():
    units = {name.split(".")[1] for name in PUBLIC}
    assert units - {"cli"} == set(rfcore.__all__)


def test_error_unknown_subpackage():
    with pytest.raises(AttributeError, match="'rfcore' has no attribute 'nothing'"):
        rfcore.nothing  # noqa: B018


def test_version():
    assert re.fullmatch(r"\d+\.\d+\.\d+", rfcore.__version__)


def stub():
    path = Path(rfcore.__file__).with_name("_core.pyi")
    return ast.parse(path.read_text())


def signatures():
    """Argument names of the compiled functions, from pybind11's own signatures."""
    found = {}
    for name, function in vars(_core).items():
        if inspect.isbuiltin(function):
            signature = re.search(rf"{name}\((.*)\) -> ", function.__doc__)[1]
            found[name] = re.findall(r"(?:^|, )(\w+): ", signature)
    return found


def test_the_stub_lists_exactly_the_compiled_names():
    nodes = stub().body
    described = {n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    compiled = {name for name in dir(_core) if not name.startswith("__")}
    assert described == compiled - {"cuda"}
    assert len(described) > 15


def test_the_stub_has_the_arguments_of_the_compiled_functions():
    described = {
        node.name: [argument.arg for argument in node.args.args]
        for node in stub().body
        if isinstance(node, ast.FunctionDef)
    }
    assert described == signatures()


def test_the_stub_has_one_line_on_each_name():
    for node in stub().body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            assert re.fullmatch(r"[^\n]+\.", ast.get_docstring(node) or ""), node.name


def test_device_kernels_have_names_and_arguments_of_host_kernels():
    device = getattr(_core, "cuda", None)
    if device is None:
        pytest.skip("this build has no module of device kernels")
    names = {name for name in dir(device) if inspect.isbuiltin(getattr(device, name))}
    assert names & set(signatures())
