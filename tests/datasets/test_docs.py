"""Test that the table of docs/datasets.md is the one that the package knows."""

from pathlib import Path

from rfcore.datasets import list_datasets

PAGE = Path(__file__).parents[2] / "docs" / "datasets.md"


def _checks(product):
    if all(remote.sha256 for remote in product.remotes):
        return f"`{product.path}`: sha256 of each download, digest of the arrays"
    return f"`{product.path}`: digest of the arrays"


def _row(info):
    shape = f"{info.n_rows} x {info.n_columns}"
    checks = "<br>".join(map(_checks, info.products)) or "shape"
    by_hand = "none, see below" if info.by_hand else "none needed"
    command = f"`{info.command}`" if info.command else by_hand
    cells = (f"`{info.name}`", shape, info.source, info.license, checks, command)
    return f"| {' | '.join(cells)} |"


def test_the_table_of_the_page():
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    table = [line for line in lines if line.startswith("| `") and line.count("|") == 7]
    assert table == [_row(info) for info in list_datasets()]
