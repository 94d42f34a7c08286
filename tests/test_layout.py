"""Where files lie: small folders, no prefixes, and tests that mirror the package."""

from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "python" / "rfcore"
FOLDERS = sorted({path.parent for path in PACKAGE.rglob("*.py")})
MOST_FILES = 20


def modules(folder):
    """The names of a folder's modules and packages, private ones without the mark."""
    files = [path.stem for path in folder.glob("*.py") if path.stem != "__init__"]
    inner = [path.name for path in folder.iterdir() if (path / "__init__.py").is_file()]
    return [name.lstrip("_") for name in files + inner]


def alike(names):
    """The names that begin with the same word, or with another name of the folder."""
    firsts = Counter(name.partition("_")[0] for name in names)
    return sorted(name for name in names if firsts[name.partition("_")[0]] > 1)


def name_of(folder):
    return folder.relative_to(PACKAGE.parent).as_posix()


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_a_folder_holds_what_can_be_read_at_a_glance(folder):
    assert len(list(folder.glob("*.py"))) <= MOST_FILES


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_two_files_with_one_first_word_are_a_folder(folder):
    assert alike(modules(folder)) == []


@pytest.mark.parametrize("folder", FOLDERS[1:], ids=name_of)
def test_no_file_repeats_its_folder(folder):
    assert folder.name not in {name.partition("_")[0] for name in modules(folder)}


def test_the_readers_of_names_see_them():
    assert alike(["antidote", "antidote_rows", "convex"]) == [
        "antidote",
        "antidote_rows",
    ]
    assert alike(["centers", "consensus"]) == []


def test_tests_lie_where_their_subject_does():
    """Each folder of tests is one of the package's, or of the compiled kernels."""
    own = {"kernels", "gpu", "gpu/emulated", "fuzz", "dropin"}
    tests = ROOT / "tests"
    folders = {str(path.parent.relative_to(tests)) for path in tests.rglob("*.py")}
    assert [name for name in folders - own if not (PACKAGE / name).is_dir()] == []
