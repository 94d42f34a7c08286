"""Tests of the table of data sets and of load and fetch."""

import re
import subprocess
import sys

import numpy as np
import pytest

from rfcore import datasets
from rfcore.datasets import (
    DataError,
    MissingDataError,
    fetch,
    list_datasets,
    load,
    registry,
)
from rfcore.datasets.files import write_arrays
from rfcore.datasets.tabular import SEEDS_FEATURES

NAMES = [info.name for info in list_datasets()]
FETCHED = [info.name for info in list_datasets() if info.layouts != ((),)]


@pytest.fixture
def offline(monkeypatch):
    def refuse(remote, folder):
        raise DataError(f"no network for {remote.filename}")

    monkeypatch.setattr("rfcore.datasets.download.download", refuse)


def _write_seeds(home):
    path = home / "seeds" / "seeds.csv.gz"
    columns = {name: np.ones(210) for name in SEEDS_FEATURES}
    write_arrays(path, {**columns, "variety": np.ones(210, int)})
    return path


def test_names():
    assert NAMES == [
        "digits",
        "digits_1_4",
        "digits_8_9",
        "mnist_1_4",
        "mnist_2_3",
        "mnist",
        "mnist_test",
        "seeds",
        "seeds_kama_rosa",
        "hand_postures",
        "adult_clustering",
        "bank_clustering",
        "creditcard",
        "lfw",
        "inverted_digits",
        "mnist_usps",
        "yaleb",
        "office31",
        "office31_googlenet",
        "adult",
        "acs_income",
        "bank_full",
        "bank_additional",
        "celeba",
        "german",
        "compas",
        "drug",
        "diabetic_retinopathy",
        "jigsaw",
        "jigsaw_texts",
    ]


@pytest.mark.parametrize("info", list_datasets(), ids=NAMES)
def test_a_fetch_makes_a_set_loadable(info):
    paths = {product.path for product in info.products}
    fetched = all(paths.issuperset(layout) for layout in info.layouts)
    assert fetched == (not info.by_hand)
    assert info.source.startswith("http")
    assert info.license


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nope", r"name='nope' should be one of: digits, digits_1_4, .*hand_postures"),
        ("mnist_41", r"name='mnist_41' \(did you mean 'mnist_1_4'\?\) should be"),
    ],
)
@pytest.mark.parametrize("function", [load, fetch])
def test_unknown_name(function, name, message):
    with pytest.raises(ValueError, match=message):
        function(name)


def test_name_must_be_a_string():
    with pytest.raises(TypeError, match=r"name=3 should be a string"):
        load(3)


@pytest.mark.parametrize("name", ["digits", "adult", "german"])
def test_thesis_coding_of_a_set_that_has_one_coding(offline, tmp_path, name):
    expected = (
        f"name='{name}' has one coding only; with thesis_coding=True it should be one "
        "of: bank_additional, celeba, jigsaw"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(expected)}$"):
        load(name, data_home=tmp_path, thesis_coding=True)


@pytest.mark.parametrize("name", FETCHED)
def test_missing_set_without_download(monkeypatch, tmp_path, name):
    def refuse(*args, **kwargs):
        pytest.fail("load(download=False) tried to fetch")

    monkeypatch.setattr(registry, "fetch", refuse)
    with pytest.raises(MissingDataError) as info:
        load(name, data_home=tmp_path, download=False)
    message = str(info.value)
    by_hand = registry._TABLE[name].by_hand
    way = f"fetch it: {by_hand}," if by_hand else f"`rfcore datasets fetch {name}`,"
    assert f" in {tmp_path}; " in message
    assert way in message
    for layout in registry._TABLE[name].layouts:
        assert all(file in message for file in layout)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("function", [load, fetch])
def test_missing_set_that_cannot_be_fetched(offline, tmp_path, function):
    with pytest.raises(MissingDataError, match=r"cannot fetch it: .*https?://") as info:
        function("office31", data_home=tmp_path)
    assert "rfcore datasets fetch" not in str(info.value)
    assert info.value.__cause__ is None
    assert list(tmp_path.iterdir()) == []


def test_missing_set_with_a_failed_download(offline, tmp_path):
    with pytest.raises(MissingDataError, match=r"fetch seeds`.*no network for") as info:
        load("seeds", data_home=tmp_path)
    assert isinstance(info.value.__cause__, DataError)
    assert list(tmp_path.iterdir()) == []


def test_missing_set_without_pooch(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(MissingDataError, match=r'pip install "rfcore\[data\]"') as info:
        load("seeds", data_home=tmp_path)
    assert isinstance(info.value.__cause__, ImportError)
    with pytest.raises(ImportError, match=r'pip install "rfcore\[data\]"'):
        fetch("seeds", data_home=tmp_path)


def test_load_fetches_what_is_missing(monkeypatch, tmp_path):
    monkeypatch.setattr(registry, "fetch_product", lambda _, home: _write_seeds(home))
    seeds = load("seeds", data_home=tmp_path)
    assert seeds.X.shape == (210, 7)
    assert (seeds.name, seeds.license) == ("seeds", "CC BY 4.0")
    assert seeds.source == "https://archive.ics.uci.edu/dataset/236/seeds"


def test_load_does_not_fetch_what_is_there(offline, tmp_path):
    _write_seeds(tmp_path)
    assert load("seeds", data_home=tmp_path).X.shape == (210, 7)
    assert load("seeds", data_home=str(tmp_path)).X.shape == (210, 7)


def _write_kama_rosa(home):
    path = home / "spillover" / "seeds.npz"
    X = np.ones((140, 7))
    write_arrays(path, {"X_org": X, "X_adv": X, "target_row": np.array([5])})
    return path


@pytest.mark.parametrize(
    ("gone", "extras"),
    [("spillover/seeds.npz", []), ("seeds/seeds.csv.gz", ["X_adv", "target_row"])],
)
def test_every_file_of_a_set_is_tried(monkeypatch, tmp_path, gone, extras):
    writers = {
        "seeds/seeds.csv.gz": _write_seeds,
        "spillover/seeds.npz": _write_kama_rosa,
    }

    def all_but_one(product, home):
        if product.path == gone:
            raise DataError("the source is gone")
        return writers[product.path](home)

    monkeypatch.setattr(registry, "fetch_product", all_but_one)
    # Either file has the rows; only the attack's has the extras.
    pair = load("seeds_kama_rosa", data_home=tmp_path)
    assert list(pair.extras) == extras
    with pytest.raises(DataError, match="the source is gone"):
        fetch("seeds_kama_rosa", data_home=tmp_path)


def test_fetch_of_a_set_that_needs_none(offline, tmp_path):
    assert fetch("digits", data_home=tmp_path) == []


@pytest.mark.parametrize("info", list_datasets(), ids=NAMES)
def test_present_looks_for_any_complete_layout(tmp_path, monkeypatch, info):
    monkeypatch.setenv("RFCORE_DATA", str(tmp_path))
    assert info.present() == info.present(tmp_path) == (info.layouts == ((),))
    for layout in info.layouts:
        for file in layout:
            (tmp_path / file).parent.mkdir(exist_ok=True)
            (tmp_path / file).touch()
        assert info.present() and info.present(data_home=str(tmp_path))
        for file in layout:
            (tmp_path / file).unlink()


def test_loads_share_no_memory(tmp_path):
    first, second = (load("digits_1_4", data_home=tmp_path) for _ in range(2))
    assert not np.shares_memory(first.X, second.X)
    with pytest.raises(AttributeError):
        first.X = second.X
    assert "array" not in repr(first)


def test_import_is_light():
    heavy = "{'pooch', 'pandas', 'sklearn', 'requests', 'scipy'}"
    code = f"import sys, rfcore.datasets; print({heavy} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


def test_public_names():
    assert all(hasattr(datasets, name) for name in datasets.__all__)
    assert {"load", "fetch", "list_datasets", "data_home"} < set(datasets.__all__)


@pytest.mark.data
@pytest.mark.parametrize("info", list_datasets(), ids=NAMES)
def test_every_set_loads_and_has_the_published_content(offline, info):
    dataset = load(info.name, download=False)
    n, d = dataset.X.shape
    assert (n, d) == (info.n_rows, info.n_columns)
    assert dataset.y is None or dataset.y.shape == (n,)
    assert len(dataset.feature_names) == len(set(dataset.feature_names)) == d
    assert dataset.image_shape is None or np.prod(dataset.image_shape) == d
    # Offline, fetch succeeds only where every file has its digest.
    assert len(fetch(info.name)) == len(info.products)
