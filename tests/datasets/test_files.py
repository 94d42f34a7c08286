"""Tests of the converted files and of their digests."""

import gzip
import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfcore.datasets import DataError
from rfcore.datasets.files import content_digest, read_arrays, write_arrays


def test_digest_by_hand():
    text = b"a <i2 (2,)\n\x01\x00\x02\x00" + b"b |u1 ()\n\x07"
    arrays = {"b": np.uint8(7), "a": np.array([1, 2], "<i2")}
    assert content_digest(arrays) == hashlib.sha256(text).hexdigest()


def test_digest_ignores_memory_order_and_byte_order():
    X = np.arange(6, dtype=np.int32).reshape(2, 3)
    digest = content_digest({"X": X})
    assert content_digest({"X": np.asfortranarray(X)}) == digest
    assert content_digest({"X": X.astype(">i4")}) == digest
    assert content_digest({"X": np.repeat(X, 2, axis=1)[:, ::2]}) == digest


@pytest.mark.parametrize(
    "arrays",
    [
        {"X": np.arange(6, dtype=np.int64)},
        {"X": np.arange(6, dtype=np.int32).reshape(2, 3)},
        {"Y": np.arange(6, dtype=np.int32)},
        {"X": np.arange(1, 7, dtype=np.int32)},
        {"X": np.arange(6, dtype=np.uint32)},
    ],
)
def test_digest_tells_arrays_apart(arrays):
    assert content_digest(arrays) != content_digest({"X": np.arange(6, dtype="i4")})


def test_npz_round_trip(tmp_path):
    path = tmp_path / "new" / "a.npz"
    arrays = {"X": np.ones((2, 3), np.float32), "y": np.arange(2, dtype=np.uint8)}
    write_arrays(path, arrays)
    assert content_digest(read_arrays(path)) == content_digest(arrays)
    assert list(read_arrays(path, ("y",))) == ["y"]
    assert [file.name for file in path.parent.iterdir()] == ["a.npz"]


words = st.text("abcXYZ ,\"'\n?-", min_size=1).filter(lambda word: word.strip())
rows = st.tuples(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), words)


@given(st.lists(rows, min_size=1, max_size=8))
def test_csv_round_trip(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("csv") / "a.csv.gz"
    ints, floats, texts = zip(*rows, strict=True)
    arrays = {"int": np.array(ints), "a,b": np.array(floats), "text": np.array(texts)}
    write_arrays(path, arrays)
    back = read_arrays(path)
    assert list(back) == list(arrays)
    assert content_digest(back) == content_digest(arrays)


def test_csv_keeps_nan_and_column_choice(tmp_path):
    path = tmp_path / "a.csv.gz"
    write_arrays(path, {"x": np.array([1.5, np.nan]), "n": np.array([1, 2])})
    np.testing.assert_array_equal(read_arrays(path, ("x",))["x"], [1.5, np.nan])
    assert list(read_arrays(path, ("n",))) == ["n"]


def test_csv_bytes_repeat(tmp_path):
    paths = [tmp_path / name for name in ("a.csv.gz", "b.csv.gz")]
    for path in paths:
        write_arrays(path, {"x": np.array([1.5, 2.5])})
    assert paths[0].read_bytes() == paths[1].read_bytes()
    # The bytes 4 to 7 of a gzip file are the time it was made.
    assert paths[0].read_bytes()[4:8] == bytes(4)
    assert gzip.decompress(paths[0].read_bytes()) == b"x\n1.5\n2.5\n"


@pytest.mark.parametrize("name", ["a.npz", "a.csv.gz"])
@pytest.mark.parametrize("keep", [0, 5, 40, -9])
def test_truncated_file_is_one_clear_error(tmp_path, name, keep):
    path = tmp_path / name
    write_arrays(path, {"x": np.arange(99) % 7})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(
        DataError, match=f"{name} cannot be read .* fetch the set again"
    ):
        read_arrays(path, ("x",))


@pytest.mark.parametrize("name", ["a.npz", "a.csv.gz"])
def test_damaged_middle_is_one_clear_error(tmp_path, name):
    path = tmp_path / name
    write_arrays(path, {"x": np.random.default_rng(0).random(99)})
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 40] = b"~" * 40
    path.write_bytes(data)
    with pytest.raises(DataError, match="cannot be read"):
        read_arrays(path)


@pytest.mark.parametrize(("offset", "value"), [(8, 1), (10, 99)])
def test_damaged_zip_flags_are_one_clear_error(tmp_path, offset, value):
    path = tmp_path / "a.npz"
    write_arrays(path, {"x": np.arange(3)})
    data = bytearray(path.read_bytes())
    # In an entry of the central directory: encrypted, or an unknown method.
    data[data.index(b"PK\x01\x02") + offset] = value
    path.write_bytes(data)
    with pytest.raises(DataError, match="cannot be read"):
        read_arrays(path)


@pytest.mark.parametrize("text", ["", "a,b\n1\n", "a\n1\n2,3\n", "a\n1,2\n", 'a\n"1\n'])
def test_malformed_csv(tmp_path, text):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(text.encode()))
    with pytest.raises(DataError, match="cannot be read"):
        read_arrays(path)


@pytest.mark.parametrize("name", ["a.npz", "a.csv.gz"])
def test_missing_array_is_named(tmp_path, name):
    path = tmp_path / name
    write_arrays(path, {"x": np.arange(3)})
    with pytest.raises(DataError, match="labels"):
        read_arrays(path, ("x", "labels"))


def test_pickles_are_refused(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, x=np.array([{}], dtype=object))
    with pytest.raises(DataError, match="allow_pickle"):
        read_arrays(path)


@pytest.mark.parametrize("name", ["a.npz", "a.csv.gz"])
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_failed_write_leaves_the_old_file(tmp_path, name, error):
    class Broken:
        def __array__(self, dtype=None, copy=None):
            raise error

        tolist = __array__

    path = tmp_path / name
    write_arrays(path, {"x": np.arange(3)})
    old = path.read_bytes()
    with pytest.raises(error):
        write_arrays(path, {"w": np.arange(3), "x": Broken()})
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["a.npz", "a.csv.gz"])
def test_a_file_appears_by_a_move(monkeypatch, tmp_path, name):
    def interrupt(part, path):
        raise KeyboardInterrupt

    path = tmp_path / name
    write_arrays(path, {"x": np.arange(3)})
    monkeypatch.setattr("os.replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_arrays(path, {"x": np.arange(9)})
    assert read_arrays(path)["x"].tolist() == [0, 1, 2]
    assert list(tmp_path.iterdir()) == [path]
