"""k-median and k-center beside the loops of the oracle and all choices of centers."""

import itertools
import pickle

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.utils.estimator_checks import parametrize_with_checks

from rfcore.cluster import KCenter, KMeans, KMedian
from rfcore.errors import ConvergenceWarning

PLACES = [(1e-6, 0.0), (1.0, 0.0), (1e6, 0.0), (1.0, 1e6)]
BOTH = [KMedian, KCenter]


def random_rows(n, d, seed):
    return np.random.default_rng(seed).normal(size=(n, d))


def distances(X, Y):
    return np.sqrt(oracles.sq_distances(X, Y))


@parametrize_with_checks(
    [KMedian(), KMedian(2, n_init=1), KCenter(), KCenter(2, n_init=3)]
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize(("scale", "offset"), PLACES)
def test_median_attributes_are_recomputed(scale, offset):
    """Columns of unlike scale."""
    X = random_rows(60, 3, 0) * [1.0, 40.0, 0.1] * scale + offset
    fitted = KMedian(4, random_state=0).fit(X)
    assert fitted.medoid_indices_.dtype == np.int64
    assert fitted.labels_.dtype == np.int32
    assert fitted.cluster_centers_.dtype == np.float64
    assert (fitted.n_features_in_, len(set(fitted.medoid_indices_))) == (3, 4)
    np.testing.assert_array_equal(fitted.cluster_centers_, X[fitted.medoid_indices_])
    to_centers = distances(X, fitted.cluster_centers_)
    np.testing.assert_array_equal(fitted.labels_, to_centers.argmin(axis=1))
    assert fitted.cost_ == pytest.approx(to_centers.min(axis=1).sum(), rel=1e-12)
    assert 1 <= fitted.n_iter_ <= 100


@pytest.mark.parametrize(("scale", "offset"), PLACES)
def test_center_attributes_are_recomputed(scale, offset):
    X = random_rows(60, 3, 1) * [1.0, 40.0, 0.1] * scale + offset
    fitted = KCenter(4, random_state=0).fit(X)
    assert fitted.center_indices_.dtype == np.int64
    assert fitted.labels_.dtype == np.int32
    assert fitted.cluster_centers_.dtype == np.float64
    assert fitted.n_features_in_ == 3
    assert isinstance(fitted.radius_, float)
    np.testing.assert_array_equal(fitted.cluster_centers_, X[fitted.center_indices_])
    first = fitted.center_indices_[0]
    chosen, sq = oracles.farthest_first(X, first, 4)
    np.testing.assert_array_equal(fitted.center_indices_, chosen)
    assert fitted.radius_ == pytest.approx(np.sqrt(sq.max()), rel=1e-12)
    labels, _ = oracles.nearest(X, X[chosen])
    np.testing.assert_array_equal(fitted.labels_, labels)


def test_the_best_of_n_init_medians_is_drawn_and_kept():
    """One call for (n_init, k) uniforms; each start repeated with the loops."""
    X = random_rows(40, 2, 2)
    D = distances(X, X)
    uniforms = np.random.RandomState(5).random_sample((4, 5))
    runs = [oracles.swap_descent(D, u) for u in uniforms]
    costs = [oracles.medoid_cost(D, medoids)[0] for medoids in runs]
    fitted = KMedian(5, n_init=4, random_state=5).fit(X)
    assert fitted.cost_ == pytest.approx(min(costs), rel=1e-12)
    np.testing.assert_array_equal(fitted.medoid_indices_, runs[np.argmin(costs)])


def test_max_iter_ends_a_descent_early():
    X = random_rows(300, 2, 3)
    short, whole = (
        KMedian(8, n_init=1, max_iter=n, random_state=0).fit(X) for n in (1, 100)
    )
    assert short.n_iter_ == 1
    assert whole.n_iter_ > 1
    assert whole.cost_ < short.cost_


def test_the_smallest_radius_of_n_init_centers_is_kept():
    X = random_rows(50, 2, 4)
    firsts = np.random.RandomState(1).randint(50, size=6)
    radii = [np.sqrt(oracles.farthest_first(X, f, 5)[1].max()) for f in firsts]
    assert 0 < np.argmin(radii) < 5
    fitted = KCenter(5, n_init=6, random_state=1).fit(X)
    assert fitted.radius_ == pytest.approx(min(radii), rel=1e-12)
    assert fitted.center_indices_[0] == firsts[np.argmin(radii)]
    assert KCenter(5, random_state=1).fit(X).center_indices_[0] == firsts[0]


@given(st.integers(0, 10**6), st.integers(2, 9), st.integers(1, 3))
@pytest.mark.filterwarnings("ignore:.* distinct clusters found")
def test_the_radius_is_within_twice_the_best(seed, n, n_clusters):
    """Against all choices of rows; on a line, also against any centers."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 1 + seed % 2)) ** 3
    if seed % 3 == 0:
        X = np.round(X)
    n_clusters = min(n, n_clusters)
    radius = KCenter(n_clusters, random_state=seed).fit(X).radius_
    D = distances(X, X)
    least = min(
        D[:, list(rows)].min(axis=1).max()
        for rows in itertools.combinations(range(n), n_clusters)
    )
    assert least * (1 - 1e-12) <= radius <= 2 * least * (1 + 1e-12)
    if X.shape[1] == 1:
        assert radius <= 2 * least_radius_on_a_line(X[:, 0], n_clusters) + 1e-9


def least_radius_on_a_line(x, n_clusters):
    """Half the length of the longest part, over all ways to cut the sorted values."""
    x = np.sort(x)
    return min(
        max(part[-1] - part[0] for part in np.split(x, cuts)) / 2
        for cuts in itertools.combinations(range(1, len(x)), n_clusters - 1)
    )


def test_more_starts_are_no_worse():
    X, _ = load_digits(return_X_y=True)
    X = X[:300]
    one, ten = (KMedian(10, n_init=n, random_state=0).fit(X).cost_ for n in (1, 10))
    assert ten <= one
    one, ten = (KCenter(10, n_init=n, random_state=0).fit(X).radius_ for n in (1, 10))
    assert ten <= one


def test_no_other_rows_at_hand_cost_less():
    """Beside k-center's centers and the rows that are nearest to the means."""
    X, _ = load_digits(return_X_y=True)
    X = X[:300]
    D = cdist(X, X)
    fitted = KMedian(10, random_state=0).fit(X)
    means = KMeans(10, random_state=0).fit(X).cluster_centers_
    near_means = cdist(X, means).argmin(axis=0)
    far = KCenter(10, random_state=0).fit(X).center_indices_
    for rows in (near_means, far):
        assert fitted.cost_ < oracles.medoid_cost(D, rows)[0]


@pytest.mark.parametrize("estimator", BOTH)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_predict_takes_either_dtype(estimator, dtype):
    X = random_rows(40, 3, 7).astype(np.float32)
    fitted = estimator(3, random_state=0).fit(X.astype(dtype))
    found = fitted.predict(X)
    assert found.dtype == np.int32
    np.testing.assert_array_equal(found, fitted.labels_)
    np.testing.assert_array_equal(fitted.predict(X.astype(float)), fitted.labels_)
    assert fitted.cluster_centers_.dtype == np.float64


@pytest.mark.parametrize("estimator", BOTH)
def test_seeds_repeat_and_differ(estimator):
    X = random_rows(200, 2, 8)

    def centers(seed):
        return estimator(8, n_init=1, random_state=seed).fit(X).cluster_centers_

    np.testing.assert_array_equal(centers(1), centers(1))
    state = np.random.RandomState(1)
    np.testing.assert_array_equal(centers(state), centers(1))
    assert any((centers(seed) != centers(1)).any() for seed in range(2, 6))


@pytest.mark.parametrize("estimator", BOTH)
def test_one_row_and_as_many_clusters_as_rows(estimator):
    assert estimator(1).fit([[3.0, 4.0]]).cluster_centers_.tolist() == [[3.0, 4.0]]
    X = random_rows(6, 2, 9)
    fitted = estimator(6, random_state=0).fit(X)
    assert sorted(fitted.labels_.tolist()) == list(range(6))
    np.testing.assert_array_equal(fitted.cluster_centers_[fitted.labels_], X)


def test_fewer_distinct_rows_than_clusters_warns():
    X = np.repeat([[0.0], [1.0]], 5, axis=0)
    message = "2 distinct clusters found, n_clusters=3 asked"
    with pytest.warns(ConvergenceWarning, match=message) as seen:
        median = KMedian(3, random_state=0).fit(X)
    assert seen[0].filename == __file__
    assert (median.cost_, len(set(median.medoid_indices_))) == (0.0, 3)
    with pytest.warns(ConvergenceWarning, match=message):
        center = KCenter(3, random_state=0).fit(X)
    assert center.radius_ == 0.0
    assert center.center_indices_[2] == 0


@pytest.mark.parametrize("estimator", BOTH)
def test_fit_leaves_data_alone(estimator):
    X = random_rows(30, 2, 10)
    before = X.copy()
    X.flags.writeable = False
    fitted = estimator(3).fit(X)
    fitted.cluster_centers_[:] = 0.0
    np.testing.assert_array_equal(X, before)


def test_the_same_bits_for_any_number_of_threads(same_bits):
    X = random_rows(600, 6, 12)

    def answers():
        median, center = (E(7, n_init=5, random_state=0).fit(X) for E in BOTH)
        return [
            *(median.labels_, median.medoid_indices_, median.cost_),
            *(center.labels_, center.center_indices_, center.radius_),
        ]

    same_bits(answers)


@pytest.mark.parametrize(
    ("estimator", "parameters"),
    [(KMedian(3), {"n_init": 10, "max_iter": 100}), (KCenter(3), {"n_init": 1})],
)
def test_parameters_clones_and_pickles(estimator, parameters):
    expected = {"n_clusters": 3, "random_state": None}
    assert estimator.get_params() == expected | parameters
    estimator.set_params(random_state=1)
    X = random_rows(25, 2, 13)
    copied = pickle.loads(pickle.dumps(estimator.fit(X)))
    np.testing.assert_array_equal(copied.predict(X), estimator.labels_)
    again = clone(estimator)
    assert not hasattr(again, "labels_")
    np.testing.assert_array_equal(again.fit(X).labels_, estimator.labels_)
    assert type(estimator)().n_clusters == 8


@pytest.mark.parametrize("estimator", BOTH)
@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_clusters": 0}, "n_clusters=0 should be >= 1"),
        ({"n_clusters": 6}, "n_samples=5 should be >= n_clusters=6"),
        ({"n_init": 0}, "n_init=0 should be >= 1"),
    ],
)
def test_error_parameters(estimator, parameters, message):
    with pytest.raises(ValueError, match=message):
        estimator(**({"n_clusters": 2} | parameters)).fit(random_rows(5, 2, 14))


def test_error_rounds():
    with pytest.raises(ValueError, match="max_iter=0 should be >= 1"):
        KMedian(2, max_iter=0).fit(random_rows(5, 2, 14))


@pytest.mark.parametrize(
    ("estimator", "name"),
    [
        *itertools.product(BOTH, ["n_clusters", "n_init"]),
        (KMedian, "max_iter"),
    ],
)
def test_error_counts_that_are_no_integers(estimator, name):
    for value in (2.5, "2", None):
        with pytest.raises(TypeError, match=f"{name}="):
            estimator(**({"n_clusters": 2} | {name: value})).fit(random_rows(5, 2, 15))


@pytest.mark.parametrize("estimator", BOTH)
@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([1.0, 2.0], "1D array"),
        ([[1.0], [np.nan]], "NaN"),
        ([[1.0], [np.inf]], "infinity"),
        ([["a"], ["b"]], "could not convert"),
        ([[1e200], [-1e200]], "too large"),
    ],
)
def test_error_data(estimator, X, message):
    with pytest.raises(ValueError, match=message):
        estimator(1).fit(X)


@pytest.mark.parametrize("estimator", BOTH)
def test_error_predict_before_fit_and_other_widths(estimator):
    with pytest.raises(ValueError, match="not fitted yet"):
        estimator(2).predict([[0.0]])
    fitted = estimator(2, random_state=0).fit(random_rows(9, 2, 16))
    with pytest.raises(ValueError, match="3 features"):
        fitted.predict(np.zeros((1, 3)))
