"""scikit-learn's own tests of its clusterers, run with rfcore's in their place.

``python tests/dropin/run.py`` takes the test files that the installed scikit-learn
brings with it and puts rfcore's classes where they import scikit-learn's. It fails if
a test fails that ``left_out.txt`` does not name, and says which of those named there
pass. A line there is ``test -- reason``; a name without brackets stands for all cases.
"""

import contextlib
import io
import os
import sys
from pathlib import Path

# What scikit-learn's tests draw from, and whether those of float32 are made; read when
# they are imported.
os.environ.setdefault("SKLEARN_SEED", "0")
os.environ["SKLEARN_RUN_FLOAT32_TESTS"] = "1"

import pytest
import sklearn.cluster

import rfcore.cluster

LEFT_OUT = Path(__file__).with_name("left_out.txt")
# The file, and whose place is taken.
FILES = {
    "test_k_means.py": ("KMeans", rfcore.cluster.KMeans),
    "test_hierarchical.py": ("AgglomerativeClustering", rfcore.cluster.Agglomerative),
    "test_spectral.py": ("SpectralClustering", rfcore.cluster.SpectralClustering),
}


class Outcomes:
    """A pytest plugin that leaves tests of other things out and notes what passed.

    `restore` is called once the tests have imported what they test, since rfcore's
    classes hand some work to scikit-learn's.
    """

    def __init__(self, restore):
        self.restore = restore
        self.passed, self.failed = [], []

    def pytest_collection_modifyitems(self, items):
        self.restore()
        items[:] = [item for item in items if not _of_mini_batches(item.name)]

    def pytest_runtest_logreport(self, report):
        name = report.nodeid.partition("::")[2]
        if report.when == "call" and report.passed:
            self.passed.append(name)
        elif report.failed or report.skipped:
            self.failed.append(name)


def _of_mini_batches(name):
    """Whether a test is of MiniBatchKMeans, which rfcore does not have."""
    return "minibatch" in name.lower()


def outcomes(file):
    """The names of the tests of a file that pass and that fail with our class.

    Parameters
    ----------
    file : str
        One of `FILES`.

    Returns
    -------
    passed, failed : list of str
    """
    name, ours = FILES[file]
    theirs = getattr(sklearn.cluster, name)
    path = Path(sklearn.cluster.__file__).parent / "tests" / file
    found = Outcomes(lambda: setattr(sklearn.cluster, name, theirs))
    setattr(sklearn.cluster, name, ours)
    try:
        options = ["-q", "-p", "no:cacheprovider", "-c", "/dev/null"]
        with contextlib.redirect_stdout(io.StringIO()):
            pytest.main([*options, "--rootdir", str(path.parent), str(path)], [found])
    finally:
        setattr(sklearn.cluster, name, theirs)
    return found.passed, found.failed


def left_out():
    """The reasons by test, or by the name that all cases of a test share."""
    lines = LEFT_OUT.read_text(encoding="utf-8").splitlines()
    pairs = (line.split(" -- ") for line in lines if line and line[0] != "#")
    return {test.strip(): reason.strip() for test, reason in pairs}


def main():
    reasons, missed = left_out(), []
    for file in FILES:
        passed, failed = outcomes(file)
        named = [t for t in failed if t in reasons or t.partition("[")[0] in reasons]
        missed += sorted(set(failed) - set(named))
        print(
            f"{file}: {len(passed)} of {len(passed) + len(failed)} pass, "
            f"{len(named)} are left out"
        )
        for test in sorted(set(passed) & set(reasons)):
            print(f"passes, and need not be left out: {test}")
    for test in missed:
        print(f"fails: {test}")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
