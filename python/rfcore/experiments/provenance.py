"""What made a number: the fingerprint of the code and the facts of the machine."""

import hashlib
import importlib.util
import os
import platform
import sys
from importlib import metadata
from pathlib import Path

import rfcore
from rfcore.experiments.reach import reached_files


def fingerprint(experiment):
    """Give a word that changes whenever the code behind a result does.

    Parameters
    ----------
    experiment : Experiment
        Whose results they are.

    Returns
    -------
    word : str
        ``"<version>+<16 hex digits>"``: SHA-256 over the names and contents of the
        files that the experiment reaches (`rfcore.experiments.reach`) and of the
        compiled module, if there is one. A changed file that it does not reach leaves
        its results as they are.
    """
    files = reached_files(type(experiment))
    compiled = importlib.util.find_spec("rfcore._core")
    if compiled is not None and compiled.origin:
        files["_core"] = Path(compiled.origin)
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
