"""Co-association counts and basic partitions against their definitions."""

import numpy as np
import oracles_consensus as slow
import pytest

from rfcore import _core

DTYPES = [np.uint16, np.float32]


def co_association(labels, dtype=np.uint16):
    n = labels.shape[1]
    S = np.full((n, n), 9, dtype=dtype)
    _core.co_association(labels, S)
    return S


def labelings(r, n, k, seed=0):
    return np.random.default_rng(seed).integers(k, size=(r, n), dtype=np.int32)


def test_by_hand():
    labels = np.array([[0, 0, 1], [2, 3, 3]], dtype=np.int32)
    expected = [[2, 1, 0], [1, 2, 1], [0, 1, 2]]
    assert co_association(labels).tolist() == expected
    shares = co_association(labels, np.float32)
    assert shares.tolist() == (np.array(expected) / 2).tolist()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [0, 1, 2, 127, 128, 129, 260])
@pytest.mark.parametrize(("r", "k"), [(1, 3), (3, 1), (7, 256), (7, 257)])
def test_equals_the_definition(n, r, k, dtype):
    labels = labelings(r, n, k)
    S = (labels[:, :, None] == labels[:, None, :]).sum(axis=0)
    expected = S if dtype == np.uint16 else S.astype(dtype) / dtype(r)
    np.testing.assert_array_equal(co_association(labels, dtype), expected)


@pytest.mark.parametrize("k", [2, 300])
@pytest.mark.parametrize("r", [254, 255, 256, 511, 600])
def test_more_partitions_than_a_byte_counts(r, k):
    labels = labelings(r, 9, k)
    labels[:, 1] = labels[:, 0]
    np.testing.assert_array_equal(co_association(labels), slow.co_association(labels))


@pytest.mark.parametrize("k", [2, 300])
def test_most_partitions(k):
    labels = np.tile(labelings(1, 3, k), (65535, 1))
    assert co_association(labels)[0, 0] == 65535
    assert co_association(labels, np.float32)[0, 0] == 1.0


def test_any_integers_name_clusters():
    labels = labelings(5, 40, 3)
    expected = co_association(labels)
    for names in ([-7, 2**31 - 1, -(2**31)], [255, 0, 254], [256, 1, 0]):
        renamed = np.array(names, dtype=np.int32)[labels]
        np.testing.assert_array_equal(co_association(renamed), expected)


def test_the_same_counts_for_any_number_of_threads(same_bits):
    labels = labelings(20, 300, 4)
    same_bits(lambda: [co_association(labels), co_association(labels, np.float32)])


@pytest.mark.parametrize("dtype", DTYPES)
def test_error_shapes_of_co_association(dtype):
    def call(r, n, *shape):
        _core.co_association(np.zeros((r, n), np.int32), np.zeros(shape, dtype))

    with pytest.raises(ValueError, match=r"labels.shape\[0\]=0 should be >= 1"):
        call(0, 3, 3, 3)
    with pytest.raises(ValueError, match=r"labels.shape\[0\] should be <= 65535"):
        call(65536, 1, 1, 1)
    with pytest.raises(ValueError, match=r"S.shape\[0\]=2 should be 3"):
        call(1, 3, 2, 3)
    with pytest.raises(ValueError, match=r"S.shape\[1\]=4 should be 3"):
        call(1, 3, 3, 4)


def inputs(n=60, d=5, r=4, s=25, m=3, k=3, dtype=np.float64):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(n, d)).astype(dtype)
    rows = np.array([np.sort(rng.permutation(n)[:s]) for _ in range(r)])
    features = np.array([np.sort(rng.permutation(d)[:m]) for _ in range(r)])
    return X, rows, features, rng.random((r, _core.seeding_uniforms(k))), k


def partitions(X, rows, features, uniforms, k, max_iter=50, tol=1e-4):
    labels = np.full((len(rows), len(X)), -1, dtype=np.int32)
    _core.basic_partitions(X, rows, features, uniforms, k, max_iter, tol, labels)
    return labels


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("offset", [0.0, 10.0])
def test_partitions_equal_kmeans_of_the_parts(dtype, scale, offset):
    X, rows, features, uniforms, k = inputs(dtype=dtype)
    X = ((X + dtype(offset)) * dtype(scale)).astype(dtype)
    found = partitions(X, rows, features, uniforms, k)
    for p in range(len(rows)):
        expected = slow.basic_partition(
            X.astype(float), rows[p], features[p], uniforms[p], k, 50, 1e-4
        )
        np.testing.assert_array_equal(found[p], expected)


def test_rows_beyond_one_chunk():
    X, rows, features, uniforms, k = inputs(n=700, s=300)
    found = partitions(X, rows, features, uniforms, k)
    expected = slow.basic_partition(X, rows[2], features[2], uniforms[2], k, 50, 1e-4)
    np.testing.assert_array_equal(found[2], expected)


def test_the_whole_data_are_a_part_too():
    X, _, _, uniforms, k = inputs(r=1)
    everything = np.arange(60)[None], np.arange(5)[None]
    centers, labels = np.empty((k, 5)), np.empty(60, dtype=np.int32)
    _core.lloyd(X, np.empty((0, k, 5)), uniforms, k, 50, 1e-4, centers, labels)
    found = partitions(X, *everything, uniforms, k)
    np.testing.assert_array_equal(found[0], labels)


def test_the_same_partitions_for_any_number_of_threads(same_bits):
    arguments = inputs(r=9)
    same_bits(lambda: [partitions(*arguments)])


@pytest.mark.parametrize(
    ("place", "wrong", "message"),
    [
        (1, lambda a: a[:3], r"rows.shape\[0\]=3 should be 4"),
        (2, lambda a: a[:3], r"features.shape\[0\]=3 should be 4"),
        (3, lambda a: a[:3].copy(), r"uniforms.shape\[0\]=3 should be 4"),
        (3, lambda a: a[:, 1:].copy(), r"uniforms.shape\[1\]=6 should be 7"),
        (2, lambda a: a[:, :0].copy(), r"features.shape\[1\]=0 should be >= 1"),
        (1, lambda a: a[:, :2].copy(), "n_samples=2 should be >= 3"),
        (1, lambda a: a + 60, r"rows should be in \[0, n\)"),
        (1, lambda a: a - 60, r"rows should be in \[0, n\)"),
        (2, lambda a: a + 5, r"features should be in \[0, d\)"),
        (2, lambda a: a - 5, r"features should be in \[0, d\)"),
    ],
)
def test_error_parts(place, wrong, message):
    arguments = list(inputs())
    arguments[place] = wrong(arguments[place])
    labels = np.empty((4, 60), dtype=np.int32)
    with pytest.raises(ValueError, match=message):
        _core.basic_partitions(*arguments, 50, 1e-4, labels)


def test_error_labels_and_limits():
    arguments = inputs()
    with pytest.raises(ValueError, match=r"labels.shape\[1\]=59 should be 60"):
        _core.basic_partitions(*arguments, 50, 0.0, np.empty((4, 59), np.int32))
    with pytest.raises(ValueError, match="max_iter=0 should be >= 1"):
        partitions(*arguments, max_iter=0)
    with pytest.raises(ValueError, match="tol should be >= 0"):
        partitions(*arguments, tol=-1.0)
