"""Agglomerative clustering beside scikit-learn, SciPy and the definition."""

import pickle
import subprocess
import sys
import textwrap

import numpy as np
import oracles
import pytest
from scipy.cluster import hierarchy
from sklearn.base import clone
from sklearn.cluster import AgglomerativeClustering
from sklearn.utils.estimator_checks import parametrize_with_checks

from rfcore.cluster import Agglomerative
from rfcore.metrics import n_switched

METHODS = ("ward", "complete", "average", "single")
SETS = ("digits_1_4", "digits_8_9", "mnist_1_4", "mnist_2_3", "seeds", "hand_postures")


def random_rows(n, d, seed):
    return np.random.default_rng(seed).normal(size=(n, d))


@parametrize_with_checks([Agglomerative(), Agglomerative(linkage="single")])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("scale", "offset"), [(1e-6, 0.0), (1.0, 0.0), (1e6, 0.0), (1.0, 1e6)]
)
def test_labels_equal_scikit_learn_on_random_data(method, scale, offset):
    for seed, k in enumerate((1, 2, 3, 7, 25, 60)):
        X = random_rows(60, 4, seed) * scale + offset
        ours = Agglomerative(k, linkage=method).fit(X).labels_
        theirs = AgglomerativeClustering(k, linkage=method).fit(X).labels_
        assert n_switched(ours, theirs) == 0


@pytest.mark.data
@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("method", METHODS)
def test_labels_equal_scikit_learn_on_the_sets_of_the_thesis(
    spillover_set, name, method
):
    arrays = spillover_set(name)
    for matrix in ("X_org", "X_adv"):
        X = arrays[matrix].astype(float)
        ours = Agglomerative(2, linkage=method).fit(X).labels_
        theirs = AgglomerativeClustering(2, linkage=method).fit(X).labels_
        assert n_switched(ours, theirs) == 0


@pytest.mark.data
@pytest.mark.paper
@pytest.mark.parametrize(
    ("name", "sizes", "switched"),
    [
        ("digits_1_4", {181, 182}, 24),
        ("digits_8_9", {164, 190}, 21),
        ("mnist_1_4", {192, 208}, 11),
        ("mnist_2_3", {176, 224}, 2),
    ],
)
def test_released_attacks_switch_the_printed_rows(spillover_set, name, sizes, switched):
    """Tables 2.1 and 2.2: cluster sizes and misclustered samples."""
    arrays = spillover_set(name)
    before = Agglomerative(2).fit(arrays["X_org"].astype(float)).labels_
    after = Agglomerative(2).fit(arrays["X_adv"].astype(float)).labels_
    assert set(np.bincount(before).tolist()) == sizes
    assert n_switched(before, after) == switched


@pytest.mark.parametrize("method", METHODS)
def test_the_tree_is_scipys(method):
    X = random_rows(45, 3, 1)
    fitted = Agglomerative(linkage=method).fit(X)
    expected = hierarchy.linkage(X, method)
    np.testing.assert_array_equal(fitted.children_, expected[:, :2])
    np.testing.assert_allclose(fitted.distances_, expected[:, 2], rtol=1e-12)
    assert fitted.children_.dtype == np.int64
    assert fitted.distances_.dtype == np.float64


@pytest.mark.parametrize("method", METHODS)
def test_tied_rows_follow_the_documented_order(method):
    """Pairs at one distance: the smallest first row first, then the smallest second."""
    X = np.array(
        [[0.0, 0.0], [0.0, 2.0], [2.0, 2.0], [2.0, 0.0], [9.0, 0.0], [9.0, 2.0]]
    )
    fitted = Agglomerative(2, linkage=method).fit(X)
    sq = ((X[:, None] - X) ** 2).sum(axis=-1)
    merges = oracles.agglomerate(sq if method == "ward" else np.sqrt(sq), method)
    np.testing.assert_array_equal(fitted.children_, oracles.nodes(merges, 6))


def test_labels_are_numbered_by_their_smallest_row():
    X = np.array([[5.0], [0.0], [5.1], [9.0], [0.1]])
    labels = Agglomerative(3).fit_predict(X)
    assert labels.tolist() == [0, 1, 0, 2, 1]
    assert labels.dtype == np.int32


@pytest.mark.parametrize("method", METHODS)
def test_extreme_numbers_of_clusters_and_duplicates(method):
    X = np.repeat(random_rows(3, 2, 2), [3, 1, 2], axis=0)
    assert Agglomerative(1, linkage=method).fit_predict(X).tolist() == [0] * 6
    assert Agglomerative(3, linkage=method).fit_predict(X).tolist() == [
        0,
        0,
        0,
        1,
        2,
        2,
    ]
    assert Agglomerative(6, linkage=method).fit_predict(X).tolist() == list(range(6))


def test_float32_and_lists_become_float64():
    X = random_rows(30, 3, 3).astype(np.float32)
    expected = Agglomerative(4).fit(X.astype(np.float64))
    for given in (X, X.tolist(), np.asfortranarray(X)):
        fitted = Agglomerative(4).fit(given)
        np.testing.assert_array_equal(fitted.labels_, expected.labels_)
        np.testing.assert_array_equal(fitted.distances_, expected.distances_)


def test_fit_leaves_the_data_alone():
    X = random_rows(20, 2, 4)
    X.flags.writeable = False
    before = X.copy()
    Agglomerative(3).fit(X)
    np.testing.assert_array_equal(X, before)


def test_the_same_bits_for_any_number_of_threads(same_bits):
    X = random_rows(300, 8, 5)

    def answers():
        fitted = Agglomerative(5).fit(X)
        return [fitted.labels_, fitted.children_, fitted.distances_]

    same_bits(answers)


def test_parameters_clones_and_pickles():
    estimator = Agglomerative(4, linkage="average")
    given = {"n_clusters": 4, "linkage": "average"}
    assert estimator.get_params().items() >= given.items()
    X = random_rows(25, 2, 6)
    copied = pickle.loads(pickle.dumps(estimator.fit(X)))
    np.testing.assert_array_equal(copied.labels_, estimator.labels_)
    again = clone(estimator).set_params(n_clusters=2)
    assert not hasattr(again, "labels_")
    assert len(set(again.fit_predict(X))) == 2


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_clusters": 0}, "n_clusters=0 should be >= 1"),
        ({"n_clusters": 6}, "n_samples=5 should be >= n_clusters=6"),
        (
            {"linkage": "centroid"},
            "linkage='centroid' should be one of ward, complete, average, single",
        ),
    ],
)
def test_error_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        Agglomerative(**parameters).fit(random_rows(5, 2, 7))


def test_error_number_of_clusters_that_is_no_integer():
    for n_clusters in (2.5, "2", None):
        with pytest.raises((TypeError, ValueError), match="n_clusters="):
            Agglomerative(n_clusters).fit(random_rows(5, 2, 8))


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([1.0, 2.0], "1D array"),
        ([[1.0], [np.nan]], "NaN"),
        ([[1.0], [np.inf]], "infinity"),
        ([[1.0]], "minimum of 2 is required"),
        ([["a"], ["b"]], "could not convert"),
    ],
)
def test_error_data(X, message):
    with pytest.raises(ValueError, match=message):
        Agglomerative(1).fit(X)


def test_error_distances_beyond_the_largest_number():
    """Finite rows whose squared distances are infinite: an error, never a crash."""
    program = """
        import numpy as np
        from rfcore.cluster import Agglomerative, oracle
        X = np.random.default_rng(0).normal(size=(8, 2))
        asked = [
            lambda method=method: Agglomerative(2, linkage=method).fit(X * 1e200)
            for method in ("ward", "complete", "average", "single")
        ]
        asked.append(lambda: oracle(Agglomerative(2), X).replace_row(0, [[1e200, 0]]))
        for ask in asked:
            try:
                ask()
                print("answered", flush=True)
            except ValueError as error:
                print("finite" in str(error) or "large" in str(error), flush=True)
        """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.split() == ["True"] * 5, (done.returncode, done.stdout)
