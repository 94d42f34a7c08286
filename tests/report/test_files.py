"""Tests of files that are written whole or not at all."""

import json
import os
import stat

import pytest

from rfcore.report import check_file, check_folder, write_json, write_text


class Document:
    def __init__(self, content):
        self.content = content

    def to_dict(self):
        return self.content


@pytest.mark.parametrize("name", ["here", "a/b/c"])
def test_check_leaves_nothing_behind(tmp_path, name):
    check_folder(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_check_of_an_existing_folder_leaves_it(tmp_path):
    (tmp_path / "kept").mkdir()
    check_folder(tmp_path / "kept")
    assert (tmp_path / "kept").is_dir()


def test_check_of_a_relative_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check_folder("out/deeper")
    check_file("out.json")
    assert list(tmp_path.iterdir()) == []


def test_folder_below_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "file", tmp_path / "file" / "a" / "b"):
        with pytest.raises(OSError, match="file"):
            check_folder(path)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_half_made_folders_go_again(tmp_path):
    with pytest.raises(OSError, match="name too long"):
        check_folder(tmp_path / "a" / ("b" * 300))
    assert list(tmp_path.iterdir()) == []


def test_file_that_is_a_folder_is_refused(tmp_path):
    with pytest.raises(IsADirectoryError, match="is a folder"):
        check_file(tmp_path)


def test_text_replaces_a_file_and_makes_folders(tmp_path):
    path = tmp_path / "a" / "b.txt"
    write_text(path, "one\n")
    write_text(path, "zwei \u00e4\n")
    assert path.read_bytes() == "zwei \u00e4\n".encode()
    assert list(path.parent.iterdir()) == [path]


def test_file_can_be_read_as_the_mask_says(tmp_path):
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "x", "")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o640


def test_failed_write_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "x"
    write_text(path, "old")

    def fail(*_):
        raise OSError("no space left")

    monkeypatch.setattr("rfcore.report.files.os.fsync", fail)
    with pytest.raises(OSError, match="no space left"):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_json_of_one_and_of_many(tmp_path):
    path = tmp_path / "x.json"
    write_json(path, Document({"a": [1, None]}))
    assert json.loads(path.read_text()) == {"a": [1, None]}
    write_json(path, [Document({"a": 1}), Document({"b": 2})])
    assert json.loads(path.read_text()) == [{"a": 1}, {"b": 2}]


def test_json_refuses_what_is_no_json(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "x.json", Document({"a": float("nan")}))
    assert list(tmp_path.iterdir()) == []
