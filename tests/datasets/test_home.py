"""Tests of where the data sets are looked for."""

from pathlib import Path

import pytest

from rfcore.datasets import MissingDataError, data_home
from rfcore.errors import RfcoreError


@pytest.fixture
def no_variable(monkeypatch):
    monkeypatch.delenv("RFCORE_DATA", raising=False)


def test_argument_goes_before_the_variable(monkeypatch, tmp_path):
    monkeypatch.setenv("RFCORE_DATA", str(tmp_path / "variable"))
    assert data_home(tmp_path / "argument") == tmp_path / "argument"
    assert data_home(str(tmp_path / "argument")) == tmp_path / "argument"


def test_variable_goes_before_the_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("RFCORE_DATA", str(tmp_path / "variable"))
    assert data_home() == tmp_path / "variable"


def test_empty_variable_counts_as_unset(monkeypatch, tmp_path):
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("RFCORE_DATA", "")
    assert data_home() == tmp_path / "rfcore"


@pytest.mark.parametrize(
    ("platform", "variable", "below"),
    [
        ("linux", "XDG_CACHE_HOME", "rfcore"),
        ("win32", "LOCALAPPDATA", "rfcore/rfcore/Cache"),
    ],
)
def test_cache_variable(monkeypatch, tmp_path, no_variable, platform, variable, below):
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setenv(variable, str(tmp_path))
    assert data_home() == tmp_path / below


@pytest.mark.parametrize(
    ("platform", "below"),
    [
        ("linux", ".cache/rfcore"),
        ("darwin", "Library/Caches/rfcore"),
        ("win32", "AppData/Local/rfcore/rfcore/Cache"),
    ],
)
def test_cache_without_variable(monkeypatch, tmp_path, no_variable, platform, below):
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    for variable in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(variable, raising=False)
    assert data_home() == tmp_path / below


def test_tilde_and_relative_paths(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert data_home("~/data") == tmp_path / "data"
    assert data_home("data") == tmp_path / "data"


def test_nothing_is_created(tmp_path):
    data_home(tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_file_is_refused(tmp_path):
    path = tmp_path / "file"
    path.touch()
    with pytest.raises(NotADirectoryError, match=r"data_home=.*file.* be a folder"):
        data_home(path)


def test_missing_data_error_is_a_file_not_found_error():
    assert issubclass(MissingDataError, FileNotFoundError)
    assert issubclass(MissingDataError, RfcoreError)
    assert str(MissingDataError("what and where")) == "what and where"
