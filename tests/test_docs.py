"""Every page of docs/ opens with whom it is for and an example, which is run here."""

import re
from pathlib import Path

import pytest

PAGES = sorted((Path(__file__).resolve().parents[1] / "docs").glob("*.md"))
_EXAMPLE = re.compile(r"^```(\w+)\n(.*?)^```", re.M | re.S)


def name_of(page):
    return page.stem


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_says_first_whom_it_is_for(page):
    title, text = page.read_text(encoding="utf-8").split("\n\n", 1)
    assert title.startswith("# ") and "\n" not in title
    assert text.startswith("This page is for "), text[:60]


@pytest.mark.data
@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_first_example_runs(page, tmp_path, monkeypatch, capsys):
    language, example = _EXAMPLE.search(page.read_text(encoding="utf-8")).groups()
    monkeypatch.chdir(tmp_path)
    if language != "python":
        assert example.startswith("rfcore "), example
        return
    exec(compile(example, page.name, "exec"), {})
    assert capsys.readouterr().out
