"""What made a number: the fingerprint of the code and the facts of the machine."""

import hashlib
import importlib.util
import inspect
import os
import platform
import sys
from importlib import metadata
from pathlib import Path

import rfcore

# Nothing below `experiments` may import these, so they cannot change a number.
_ABOVE = ("cli.py", "report")


def fingerprint(experiment):
    """Give a word that changes whenever the code behind a result does.

    Parameters
    ----------
    experiment : Experiment
        Whose results they are; its own source file counts where it lies outside the
        package.

    Returns
    -------
    word : str
        ``"<version>+<16 hex digits>"``: SHA-256 over the names and contents of the
        package's Python files, without the command line and the reports, and of the
        compiled module, if there is one.
    """
    package = Path(rfcore.__file__).parent
    files = {}
    for path in package.rglob("*.py"):
        name = path.relative_to(package)
        if name.parts[0] not in _ABOVE:
            files[name.as_posix()] = path
    compiled = importlib.util.find_spec("rfcore._core")
    if compiled is not None and compiled.origin:
        files["_core"] = Path(compiled.origin)
    own = _source_file(type(experiment))
    if own is not None and package not in own.parents:
        files["experiment"] = own
    digest = hashlib.sha256()
    for name in sorted(files):
        content = files[name].read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return f"{rfcore.__version__}+{digest.hexdigest()[:16]}"


def version_of(word):
    """Give the version in a fingerprint."""
    return word.rpartition("+")[0]


def machine_facts(n_jobs=1):
    """Describe the machine and the software, for the numbers that depend on them.

    Parameters
    ----------
    n_jobs : int, default=1
        Cells that run at once.

    Returns
    -------
    facts : dict of str to (str or int)
        ``cpu``, ``cores`` (those this process may use), ``n_jobs``, ``system``,
        ``python``, and the versions of ``numpy``, ``scipy``, ``scikit-learn`` and
        ``rfcore``.
    """
    packages = ("numpy", "scipy", "scikit-learn", "rfcore")
    return {
        "cpu": _cpu_name(),
        "cores": _n_cores(),
        "n_jobs": n_jobs,
        "system": platform.platform(),
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in packages},
    }


def _n_cores():
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cpu_name():
    if sys.platform == "linux":
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
        for line in lines:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _source_file(cls):
    try:
        return Path(inspect.getfile(cls)).resolve()
    except (TypeError, OSError):
        return None
