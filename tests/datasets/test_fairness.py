"""Tests of the sets of the fairness attack: rows, splits, official formats."""

import io
import warnings
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from scipy.io import savemat
from sklearn.datasets import load_digits

from rfcore.datasets import DataError, data_home, fairness, list_datasets, load
from rfcore.datasets.download import fetch_product
from rfcore.datasets.files import content_digest, read_arrays, write_arrays

PRODUCTS = [
    fairness.INVERTED_DIGITS,
    fairness.MNIST_USPS,
    fairness.YALEB,
    fairness.OFFICE_CALTECH,
]
IDS = [product.path for product in PRODUCTS]

# Name, rows that may be attacked, rows that are judged, file.
SETS = [
    ("inverted_digits", 1078, 2516, "inverted_digits/inverted_digits.npz"),
    ("mnist_usps", 1140, 2660, "mnist_usps/mnist_usps.npz"),
    ("yaleb", 724, 1690, "yaleb/yaleb_48x42.npz"),
    ("office31", 129, 1164, "office31/office31_dslr_webcam_64.npz"),
]
NAMES = [name for name, *_ in SETS]


def _split(name, n):
    extras = fairness._fields(
        *np.zeros((3, n, 1)), fairness._released(name), names=("a",)
    )["extras"]
    return extras["attackable"], extras["evaluated"]


@pytest.fixture
def downloads(monkeypatch, tmp_path):
    """Puts files of the official formats where a download would put them."""
    folder = tmp_path / "source"
    folder.mkdir()
    monkeypatch.setattr(
        "rfcore.datasets.download.download", lambda remote, _: folder / remote.filename
    )
    return folder


@pytest.mark.parametrize(("name", "n_attackable", "n_evaluated", "file"), SETS)
def test_released_rows_split_the_set(name, n_attackable, n_evaluated, file):
    n = n_attackable + n_evaluated
    assert n == next(info.n_rows for info in list_datasets() if info.name == name)
    attackable, evaluated = _split(name, n)
    assert (attackable.dtype, evaluated.dtype) == (np.int64, np.int64)
    assert (len(attackable), len(evaluated)) == (n_attackable, n_evaluated)
    assert (np.diff(attackable) > 0).all() and (np.diff(evaluated) > 0).all()
    assert sorted([*attackable, *evaluated]) == list(range(n))


def test_the_package_holds_nothing_but_the_released_rows():
    with np.load(fairness._ROWS) as packed:
        assert sorted(packed.files) == sorted(NAMES)
    assert fairness._ROWS.stat().st_size < 30_000


def test_rows_drawn_for_googlenet():
    rows = np.flatnonzero(fairness._one_in_ten(452))
    assert len(rows) == 45
    assert rows[:6].tolist() == [2, 5, 27, 39, 41, 54]
    assert int(rows.sum()) == 11186


def test_inverted_digits_need_no_file(tmp_path):
    digits = load("inverted_digits", data_home=tmp_path, download=False)
    X, y = load_digits(return_X_y=True)
    assert (digits.X.dtype, digits.y.dtype, digits.groups.dtype) == (
        np.float64,
        np.int64,
        np.int64,
    )
    assert digits.image_shape == (8, 8)
    assert list(digits.extras) == ["attackable", "evaluated"]
    # The first released rows, which tell the order from any other.
    assert digits.y[:8].tolist() == [8, 3, 5, 2, 8, 9, 6, 0]
    assert digits.groups[:8].tolist() == [1, 0, 1, 1, 0, 0, 0, 0]
    upright = np.where(digits.groups[:, None] == 1, 16 - digits.X, digits.X)
    for group in (0, 1):
        rows = digits.groups == group
        # Each digit of scikit-learn once in each group; no two of them are equal.
        order, expected = np.lexsort(upright[rows].T), np.lexsort(X.T)
        np.testing.assert_array_equal(upright[rows][order], X[expected])
        np.testing.assert_array_equal(digits.y[rows][order], y[expected])


def test_fair_labels_of_inverted_digits(downloads, tmp_path):
    labels = np.arange(3594) % 10
    np.save(downloads / "labels_DIGITS.npy", labels.astype(np.int32))
    product = replace(
        fairness.INVERTED_DIGITS, digest=content_digest({"fair_labels": labels})
    )
    fetch_product(product, tmp_path)
    digits = load("inverted_digits", data_home=tmp_path, download=False)
    np.testing.assert_array_equal(digits.extras["fair_labels"], labels)
    assert digits.extras["fair_labels"].dtype == np.int64


@pytest.mark.parametrize("ends", [("_src", "_tar"), ("s", "t")])
@pytest.mark.parametrize("coding", [range(10), range(1, 11), [10, *range(1, 10)]])
def test_mnist_usps_conversion_of_a_small_copy(tmp_path, ends, coding):
    X = np.linspace(0, 1, 24).reshape(6, 4)
    y = np.array([0, 1, 9, 6, 0, 3])
    labels = np.asarray(coding)[y].astype(float)
    mat = {}
    for end, rows in zip(ends, (slice(0, 2), slice(2, 6)), strict=True):
        mat |= {f"X{end}": X[rows].T, f"Y{end}": labels[rows, None]}
    savemat(tmp_path / "a.mat", mat)
    np.save(tmp_path / "l.npy", y[::-1])
    arrays = fairness.MNIST_USPS.convert(tmp_path / "a.mat", tmp_path / "l.npy")
    assert content_digest(arrays) == content_digest(
        {
            "X": X.astype(np.float32),
            "y": y.astype(np.uint8),
            "s": np.array([0, 0, 1, 1, 1, 1], np.uint8),
            "fair_labels": y[::-1],
        }
    )


def test_googlenet_conversion_of_a_small_copy(tmp_path):
    X = np.random.default_rng(0).random((5, 3))
    for name, rows in (("dslr", slice(0, 2)), ("webcam", slice(2, 5))):
        mat = {"fts": X[rows], "labels": np.arange(1, 6)[rows, None]}
        savemat(tmp_path / f"{name}.mat", mat)
    arrays = fairness.OFFICE_CALTECH.convert(
        tmp_path / "dslr.mat", tmp_path / "webcam.mat"
    )
    assert content_digest(arrays) == content_digest(
        {
            "dslr_googlenet": X[:2].astype(np.float32),
            "dslr_y_googlenet": np.array([0, 1], np.uint8),
            "webcam_googlenet": X[2:].astype(np.float32),
            "webcam_y_googlenet": np.array([2, 3, 4], np.uint8),
        }
    )


def _good_zip():
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as members:
        members.writestr("yaleB01_P00A+000E+00.pgm", b"P5 2 2 255 abcd")
    return data.getvalue()


def _mat(tmp_path, arrays):
    savemat(tmp_path / "any.mat", arrays)
    return (tmp_path / "any.mat").read_bytes()


@pytest.mark.parametrize("product", PRODUCTS, ids=IDS)
@pytest.mark.parametrize("damage", ["empty", "noise", "half", "other arrays"])
def test_damaged_downloads_are_refused(downloads, tmp_path, product, damage):
    whole = {
        ".mat": _mat(tmp_path, {"a": np.arange(200.0)}),
        ".npy": b"\x93NUMPY\x01\x00v\x00{'descr': '<i8', ",
        ".zip": _good_zip(),
    }
    for remote in product.remotes:
        data = whole[remote.filename[-4:]]
        data = {
            "empty": b"",
            "noise": np.random.default_rng(0).bytes(500),
            "half": data[: len(data) // 2],
            "other arrays": data,
        }[damage]
        (downloads / remote.filename).write_bytes(data)
    with pytest.raises(DataError, match=r"damaged or not as published|differ from"):
        fetch_product(product, tmp_path)
    assert not (tmp_path / product.path).exists()
    assert list(downloads.iterdir()) == []


def test_truncated_and_altered_mat_files_are_value_errors(tmp_path):
    data = _mat(tmp_path, {"fts": np.ones((3, 4)), "labels": np.ones((3, 1))})
    path, rng = tmp_path / "dslr.mat", np.random.default_rng(0)
    cases = [data[:n] for n in range(0, len(data), 16)]
    for _ in range(100):
        altered = bytearray(data)
        altered[rng.integers(len(data))] = rng.integers(256)
        cases.append(bytes(altered))
    with warnings.catch_warnings():
        # SciPy warns of some of them.
        warnings.simplefilter("ignore")
        for case in cases:
            path.write_bytes(case)
            try:
                fairness._read_mat(path)
            except ValueError as error:
                assert str(error).startswith("dslr.mat is no MATLAB file")


@pytest.mark.parametrize("product", PRODUCTS, ids=IDS)
def test_addresses_of_repositories_are_pinned_first(product):
    for remote in product.remotes:
        assert all(url.endswith(f"/{remote.filename}") for url in remote.urls)
        if product is not fairness.YALEB:
            pinned, newest = remote.urls
            assert pinned.startswith("https://raw.githubusercontent.com/")
            assert newest == pinned.replace(pinned.split("/")[5], "HEAD")
            assert len(pinned.split("/")[5]) == 40


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_principal_components_against_the_full_decomposition(offset):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(12, 30)) * np.logspace(-1, 2, 30) + offset
    scores = fairness.principal_components(X, 5)
    U, sigma, Vt = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)
    for k in range(5):
        sign = 1 if Vt[k].max() > -Vt[k].min() else -1
        np.testing.assert_allclose(
            scores[:, k], sign * sigma[k] * U[:, k], rtol=1e-6, atol=1e-6
        )
    np.testing.assert_allclose(scores.mean(axis=0), 0, atol=1e-6)
    variances = (scores**2).sum(axis=0)
    assert (np.diff(variances) < 0).all()


def test_principal_components_keep_distances_where_all_are_kept():
    X = np.random.default_rng(1).normal(size=(9, 40))
    scores = fairness.principal_components(X, 8)
    for i in range(9):
        for j in range(i):
            assert np.linalg.norm(scores[i] - scores[j]) == pytest.approx(
                np.linalg.norm(X[i] - X[j])
            )


@pytest.mark.parametrize(
    "wrong",
    [
        {"X": np.zeros((1293, 64, 64), np.uint8)},
        {"X": np.zeros((5, 64, 64, 3), np.uint8)},
        {"y": np.zeros(1292, np.uint8)},
        {"s": np.zeros((1293, 1), np.uint8)},
    ],
)
def test_office31_of_another_shape(tmp_path, wrong):
    rows = dict.fromkeys("ys", np.zeros(1293, np.uint8))
    X = np.zeros((1293, 64, 64, 3), np.uint8)
    write_arrays(tmp_path / SETS[-1][-1], {"X": X, **rows, **wrong})
    with pytest.raises(DataError, match=r"shapes=.*should hold X \(1293, 64, 64, 3\)"):
        load("office31", data_home=tmp_path)


def test_loads_share_no_memory(tmp_path):
    first, second = (load("inverted_digits", data_home=tmp_path) for _ in range(2))
    for name in ("attackable", "evaluated"):
        first.extras[name][:] = -1
        assert second.extras[name].min() >= 0
    first.X[:], first.y[:], first.groups[:] = -1, -1, -1
    assert min(second.X.min(), second.y.min(), second.groups.min()) == 0


@pytest.mark.data
@pytest.mark.parametrize(("name", "n_attackable", "n_evaluated", "file"), SETS)
def test_sets_equal_the_released_files(name, n_attackable, n_evaluated, file):
    dataset = load(name, download=False)
    released = read_arrays(data_home() / file)
    if name != "office31":
        X = released["X"].reshape(len(dataset.X), -1)
        np.testing.assert_array_equal(dataset.X, X)
    np.testing.assert_array_equal(dataset.y, released["y"])
    np.testing.assert_array_equal(dataset.groups, released["s"])
    np.testing.assert_array_equal(dataset.extras["attackable"], released["U_idx"])
    np.testing.assert_array_equal(dataset.extras["evaluated"], released["V_idx"])
    assert len(dataset.extras["attackable"]) == n_attackable
    assert len(dataset.extras["evaluated"]) == n_evaluated
    arrays = (dataset.X, dataset.y, dataset.groups)
    assert [array.dtype for array in arrays] == [np.float64, np.int64, np.int64]
    if name in ("inverted_digits", "mnist_usps"):
        fair = dataset.extras["fair_labels"]
        np.testing.assert_array_equal(fair, released["fair_labels"])
        assert fair.dtype == np.int64
    else:
        assert "fair_labels" not in dataset.extras
    assert ("substitute" in dataset.extras) == (name == "office31")


@pytest.mark.data
def test_units_and_group_sizes():
    ranges = {"inverted_digits": (0, 16), "mnist_usps": (0, 1), "yaleb": (0, 255)}
    shapes = {"inverted_digits": (8, 8), "mnist_usps": (16, 16), "yaleb": (48, 42)}
    sizes = {
        "inverted_digits": [1797, 1797],
        "mnist_usps": [2000, 1800],
        "yaleb": [1060, 1354],
        "office31": [498, 795],
        "office31_googlenet": [157, 295],
    }
    for name, counts in sizes.items():
        dataset = load(name, download=False)
        assert np.bincount(dataset.groups).tolist() == counts
        assert dataset.image_shape == shapes.get(name)
        if name in ranges:
            low, high = ranges[name]
            assert low <= dataset.X.min() and high - 1e-4 < dataset.X.max() <= high


@pytest.mark.data
def test_office31_components_of_the_real_pixels():
    office = load("office31", download=False)
    X = read_arrays(data_home() / SETS[-1][-1], ("X",))["X"].reshape(1293, -1) / 255
    centered = X - X.mean(axis=0)
    # Uncorrelated scores that fall in variance, and a projection of the rows: those
    # three hold for the principal components alone.
    gram = office.X.T @ office.X
    variances = np.diag(gram)
    assert (np.diff(variances) < 0).all()
    np.testing.assert_allclose(gram, np.diag(variances), atol=1e-8 * variances[0])
    V = centered.T @ (office.X / variances)
    np.testing.assert_allclose(V.T @ V, np.eye(256), atol=1e-8)
    np.testing.assert_allclose(centered @ V, office.X, atol=1e-8 * office.X.max())
    assert (V.max(axis=0) > -V.min(axis=0)).all()


@pytest.mark.data
def test_googlenet_rows():
    office = load("office31_googlenet", download=False)
    arrays = read_arrays(data_home() / fairness.OFFICE_CALTECH.path)
    for group, name in enumerate(("dslr", "webcam")):
        rows = office.groups == group
        np.testing.assert_array_equal(office.X[rows], arrays[f"{name}_googlenet"])
        np.testing.assert_array_equal(office.y[rows], arrays[f"{name}_y_googlenet"])
    both = [*office.extras["attackable"], *office.extras["evaluated"]]
    assert sorted(both) == list(range(452))
    assert len(office.extras["attackable"]) == 45
    assert office.extras["substitute"].count(".") == 1


@pytest.mark.data
def test_mnist_usps_from_the_released_format(tmp_path):
    arrays = read_arrays(data_home() / fairness.MNIST_USPS.path)
    X, y = arrays["X"].astype(float), arrays["y"] + 1.0
    mat = {"X_src": X[:2000].T, "Y_src": y[:2000, None]}
    mat |= {"X_tar": X[2000:].T, "Y_tar": y[2000:, None]}
    savemat(tmp_path / "a.mat", mat)
    np.save(tmp_path / "l.npy", arrays["fair_labels"])
    converted = fairness.MNIST_USPS.convert(tmp_path / "a.mat", tmp_path / "l.npy")
    assert content_digest(converted) == fairness.MNIST_USPS.digest
