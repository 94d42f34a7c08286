"""Rows inserted into a dendrogram against dendrograms built anew."""

import numpy as np
import oracles
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rfcore import _core

METHODS = ("ward", "complete", "average", "single")


def distances(X, method):
    out = np.empty((len(X), len(X)))
    _core.pairwise_sq_distances(X, X, out)
    return out if method == "ward" else np.sqrt(out)


def prepare(D, t, method):
    n = len(D)
    pairs, heights = np.full((n - 2, 2), -9), np.full(n - 2, np.nan)
    history = np.full((n - 2, n), np.nan)
    clear = _core.prepare_insertion(D, t, method, pairs, heights, history)
    return clear, (pairs, heights, history)


def insert(X, D, t, rows, method, n_clusters, others):
    labels = np.full((len(rows), len(X)), -9, dtype=np.int32)
    n_rebuilt = _core.linkage_insert_row(
        X, D, t, np.ascontiguousarray(rows), method, n_clusters, *others, labels
    )
    return labels, n_rebuilt


def rebuild(X, D, t, rows, method, n_clusters):
    labels = np.full((len(rows), len(X)), -9, dtype=np.int32)
    moves = np.ascontiguousarray(rows[:, None])
    _core.linkage_replace_rows(X, D, np.array([t]), moves, method, n_clusters, labels)
    return labels


def random_rows(n, d, seed):
    return np.random.default_rng(seed).normal(size=(n, d))


def rows_of(n, d):
    """Whole numbers with ties and duplicates, tenths that round, and free numbers."""
    whole = arrays(np.float64, (n, d), elements=st.integers(-4, 4))
    free = st.floats(-100, 100, width=32)
    return st.one_of(
        whole, whole.map(lambda X: X / 10), arrays(np.float64, (n, d), elements=free)
    )


@st.composite
def questions(draw):
    n, d = draw(st.integers(2, 10)), draw(st.integers(1, 2))
    X, near = draw(rows_of(n, d)), draw(rows_of(3, d))
    first, second = draw(st.integers(0, n - 1)), draw(st.integers(0, n - 1))
    t, k = draw(st.integers(0, n - 1)), draw(st.integers(1, n))
    between = (X[first] + X[second]) / 2
    far = near[:1] * 1e5 + 1e4
    return X, t, np.vstack([near, X[[first, second, t]], between[None], far]), k


def assert_inserting_equals_rebuilding(X, t, rows, n_clusters):
    for method in METHODS:
        D = distances(X, method)
        clear, others = prepare(D, t, method)
        if clear:
            labels, n_rebuilt = insert(X, D, t, rows, method, n_clusters, others)
            expected = rebuild(X, D, t, rows, method, n_clusters)
            np.testing.assert_array_equal(labels, expected, method)
            assert 0 <= n_rebuilt <= len(rows)


@settings(max_examples=80)
@given(questions())
def test_inserting_equals_rebuilding_where_the_others_are_clear(question):
    assert_inserting_equals_rebuilding(*question)


@pytest.mark.parametrize("step", [None, 1.0, 0.1])
def test_inserting_equals_rebuilding_on_many_random_sets(step):
    rng = np.random.default_rng(11)
    for _ in range(100):
        n, d = int(rng.integers(2, 40)), int(rng.integers(1, 4))
        X, near = rng.normal(size=(n, d)), rng.normal(size=(8, d)) * 2
        if step is not None:
            X, near = np.round(X * 2 / step) * step, np.round(near / step) * step
        rows = np.vstack([near, X[:4], (X[:4] + X[-4:][: len(X[:4])]) / 2])
        t, n_clusters = int(rng.integers(n)), int(rng.integers(1, n + 1))
        assert_inserting_equals_rebuilding(X, t, rows, n_clusters)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("scale", "offset"), [(1e-6, 0.0), (1.0, 0.0), (1e6, 0.0), (1.0, 1e6)]
)
def test_every_number_of_clusters_of_larger_data(method, scale, offset):
    X = random_rows(70, 3, 0)
    centers = X[::9]
    rows = np.vstack(
        [random_rows(20, 3, 1), centers + 0.1, X.mean(axis=0)[None], X[5:8]]
    )
    X, rows = X * scale + offset, rows * scale + offset
    D = distances(X, method)
    clear, others = prepare(D, 11, method)
    assert clear
    for k in (1, 2, 3, 10, 35, 69, 70):
        labels, n_rebuilt = insert(X, D, 11, rows, method, k, others)
        np.testing.assert_array_equal(labels, rebuild(X, D, 11, rows, method, k))
        assert n_rebuilt <= 3 + (method == "single") * len(rows) // 2


def test_by_hand():
    """0 1 and 8 9 on a line; the third row joins either, or stays alone."""
    X = np.array([[0.0], [8.0], [100.0], [1.0], [9.5]])
    D = distances(X, "average")
    clear, others = prepare(D, 2, "average")
    pairs, heights, history = others
    assert clear
    assert pairs.tolist() == [[0, 3], [1, 4], [0, 1]]
    assert heights.tolist() == [1.0, 1.5, 8.25]
    gone = np.inf
    assert history.tolist() == [
        [gone, 7.5, gone, gone, 9.0],
        [8.25, gone, gone, gone, gone],
        [gone] * 5,
    ]
    rows = np.array([[2.2], [7.25], [50.0], [0.4]])
    labels, n_rebuilt = insert(X, D, 2, rows, "average", 2, others)
    assert n_rebuilt == 0
    assert labels.tolist() == [
        [0, 1, 0, 0, 1],
        [0, 1, 1, 0, 1],
        [0, 0, 1, 0, 0],
        [0, 1, 0, 0, 1],
    ]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("t", [0, 6, 12])
def test_what_is_prepared_equals_the_definition(method, t):
    X = random_rows(13, 2, 2)
    D = distances(X, method)
    others = np.delete(np.arange(13), t)
    merges = oracles.agglomerate(D[np.ix_(others, others)], method)
    clear, (pairs, heights, history) = prepare(D, t, method)
    assert clear
    np.testing.assert_array_equal(pairs, [others[[a, b]] for _, a, b in merges])
    np.testing.assert_allclose(heights, [h for h, _, _ in merges], rtol=1e-12)
    clusters = {i: [i] for i in others}
    for (a, b), met in zip(pairs, history, strict=True):
        clusters[a] = clusters[a] + clusters.pop(b)
        expected = np.full(13, np.inf)
        for c in set(clusters) - {a}:
            expected[c] = oracles.cluster_distance(D, clusters[a], clusters[c], method)
        np.testing.assert_allclose(met, expected, rtol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_a_tie_of_clusters_is_not_clear(method):
    """A pair and a row at the same distance on either side of it."""
    X = np.array([[0.0, 3.0], [0.0, 0.0], [1.0, 0.0], [0.0, -3.0], [50.0, 50.0]])
    assert not prepare(distances(X, method), 4, method)[0]
    X[0, 1] = 3.1
    assert prepare(distances(X, method), 4, method)[0]


@pytest.mark.parametrize("method", METHODS)
def test_rows_that_are_alike_do_not_hide_the_answer(method):
    X = random_rows(8, 2, 3)[[0, 1, 1, 2, 3, 3, 4, 5, 6, 7]]
    D = distances(X, method)
    clear, others = prepare(D, 0, method)
    assert clear
    rows = np.vstack([X[[1, 4, 7]], random_rows(5, 2, 4)])
    for k in range(1, 11):
        labels, _ = insert(X, D, 0, rows, method, k, others)
        np.testing.assert_array_equal(labels, rebuild(X, D, 0, rows, method, k))


@pytest.mark.parametrize("n_clusters", [1, 2])
def test_two_rows(n_clusters):
    X = random_rows(2, 2, 5)
    D = distances(X, "ward")
    clear, others = prepare(D, 1, "ward")
    assert clear
    labels, n_rebuilt = insert(X, D, 1, X, "ward", n_clusters, others)
    assert labels.tolist() == [[0, n_clusters - 1]] * 2
    assert n_rebuilt == 0


def test_no_questions():
    X = random_rows(6, 2, 6)
    D = distances(X, "ward")
    others = prepare(D, 0, "ward")[1]
    labels, n_rebuilt = insert(X, D, 0, np.empty((0, 2)), "ward", 2, others)
    assert labels.shape == (0, 6)
    assert n_rebuilt == 0


@pytest.mark.parametrize("method", METHODS)
def test_the_same_bits_for_any_number_of_threads(same_bits, method):
    X, rows = random_rows(80, 3, 7), random_rows(50, 3, 8)
    D = distances(X, method)

    def answers():
        clear, others = prepare(D, 9, method)
        return [clear, *others, *insert(X, D, 9, rows, method, 4, others)]

    same_bits(answers)


@pytest.mark.parametrize("t", [-1, 4])
def test_error_row_out_of_range(t):
    X = random_rows(4, 2, 9)
    D = distances(X, "ward")
    others = prepare(D, 0, "ward")[1]
    with pytest.raises(ValueError, match="t should be a row of X"):
        prepare(D, t, "ward")
    with pytest.raises(ValueError, match="t should be a row of X"):
        insert(X, D, t, X, "ward", 2, others)


def test_error_one_row():
    empty = np.empty((0, 2), int), np.empty(0), np.empty((0, 1))
    with pytest.raises(ValueError, match="n_samples=1 should be >= 2"):
        _core.prepare_insertion(np.zeros((1, 1)), 0, "ward", *empty)


@pytest.mark.parametrize(
    ("n_clusters", "message"),
    [(0, "n_clusters=0 should be >= 1"), (5, "n_samples=4 should be >= 5")],
)
def test_error_impossible_number_of_clusters(n_clusters, message):
    X = random_rows(4, 2, 10)
    D = distances(X, "ward")
    with pytest.raises(ValueError, match=message):
        insert(X, D, 0, X, "ward", n_clusters, prepare(D, 0, "ward")[1])


def test_error_unknown_linkage():
    with pytest.raises(ValueError, match="linkage='centroid' should be ward"):
        prepare(np.zeros((3, 3)), 0, "centroid")


@pytest.mark.parametrize("method", METHODS)
def test_error_distances_that_are_no_numbers(method):
    X, rows = np.full((2, 2), np.nan), random_rows(3, 2, 11)
    D = distances(random_rows(2, 2, 12), method)
    with pytest.raises(ValueError, match="distances should be finite"):
        insert(X, D, 0, rows, method, 1, prepare(D, 0, method)[1])
