"""Sum-of-norms clustering: the gap is true, and clarabel agrees."""

import warnings

import numpy as np
import oracles_son
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.utils.estimator_checks import parametrize_with_checks

from rfcore.cluster import SONClustering, son_path
from rfcore.cluster.son import largest_pull
from rfcore.errors import ConvergenceWarning


def planted(n, d, *, seed=0, apart=9.0, far=3.0):
    """Five normal clusters, the last one farther away."""
    rng = np.random.default_rng(seed)
    centers = rng.normal(size=(5, d))
    centers *= apart / np.linalg.norm(centers, axis=1, keepdims=True)
    centers[4] *= far
    return centers[np.arange(n) % 5] + rng.normal(size=(n, d))


@parametrize_with_checks([SONClustering()])
def test_scikit_learn(estimator, check):
    check(estimator)


def test_by_hand():
    """Two rows 2 apart: each moves by lam until they meet at lam = 1."""
    X = np.array([[-1.0, 5.0], [1.0, 5.0]])
    found = SONClustering(0.25, tol=1e-12).fit(X)
    np.testing.assert_allclose(found.centers_, [[-0.75, 5], [0.75, 5]], atol=1e-6)
    assert found.objective_ == pytest.approx(0.5 * 2 / 16 + 0.25 * 1.5, rel=1e-9)
    assert found.n_clusters_ == 2
    found = SONClustering(1.5).fit(X)
    np.testing.assert_allclose(found.centers_, [[0, 5], [0, 5]], atol=1e-12)
    assert found.labels_.tolist() == [0, 0]
    assert found.cluster_centers_.shape == (1, 2)


@pytest.mark.parametrize(("n", "lam"), [(80, 0.05), (80, 0.115), (80, 0.3), (25, 0.6)])
def test_agrees_with_clarabel(n, lam):
    X = planted(n, 3)
    found = SONClustering(lam, tol=1e-12, max_iter=20000).fit(X)
    expected = oracles_son.centers_by_cvxpy(X, lam)
    best = oracles_son.objective(X, expected, lam)
    assert found.objective_ == pytest.approx(best, rel=1e-6)
    assert found.objective_ <= best * (1 + 1e-9)
    np.testing.assert_allclose(found.centers_, expected, atol=1e-6 * np.abs(X).max())


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 10**6), n=st.integers(1, 25), d=st.integers(1, 5),
    share=st.floats(0.0, 1.2), scale=st.sampled_from([1e-6, 1.0, 1e6]),
    offset=st.sampled_from([0.0, 1e3]),
)  # fmt: skip
def test_promises_hold(seed, n, d, share, scale, offset):
    rng = np.random.default_rng(seed)
    X = (planted(n, d, seed=seed)[rng.integers(n, size=n)] + offset) * scale
    lam = share * largest_pull(X)
    found = SONClustering(lam, max_iter=5000).fit(X)
    value = oracles_son.objective(X, found.centers_, lam)
    assert found.objective_ == pytest.approx(value, rel=1e-9, abs=1e-18 * scale**2)
    assert 0 <= found.duality_gap_ <= 1e-6 * found.objective_
    np.testing.assert_array_equal(found.centers_, found.cluster_centers_[found.labels_])
    np.testing.assert_array_equal(np.unique(found.labels_), range(found.n_clusters_))
    _, first = np.unique(found.labels_, return_index=True)
    assert (np.diff(first) > 0).all()
    # No other centers are better than the gap allows.
    tighter = SONClustering(lam, tol=1e-9, max_iter=20)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        other = tighter.fit(X).centers_
    rounding = 1e-12 * value
    assert oracles_son.objective(X, other, lam) >= value - found.duality_gap_ - rounding
    # The mean is kept, and all is one cluster from the largest pull on.
    np.testing.assert_allclose(
        found.centers_.mean(axis=0), X.mean(axis=0), rtol=1e-9, atol=1e-6 * scale
    )
    if share > 1:
        assert found.n_clusters_ == 1


def test_no_pull_leaves_rows_alone_and_equal_rows_are_one_cluster():
    X = np.array([[0.0], [0.0], [3.0]])
    found = SONClustering(0.0).fit(X)
    np.testing.assert_array_equal(found.centers_, X)
    assert found.duality_gap_ == 0
    assert SONClustering(0.1).fit(X).labels_.tolist() == [0, 0, 1]
    same = SONClustering(0.1).fit(np.full((4, 2), 7.0))
    assert same.labels_.tolist() == [0, 0, 0, 0]
    np.testing.assert_array_equal(same.cluster_centers_, [[7.0, 7.0]])


def test_planted_clusters_fuse_and_then_all_but_the_far_one():
    X = planted(300, 10, apart=15.0)
    parts = np.arange(300) % 5
    for lam, kept in ((29 / 300, 5), (36 / 300, 2)):
        found = SONClustering(lam).fit(X)
        assert found.n_clusters_ == kept
        expected = parts if kept == 5 else (parts == 4).astype(int)
        np.testing.assert_array_equal(found.labels_, expected)
        assert found.n_iter_ <= 60


def test_a_limit_warns_and_tells_the_gap():
    X = planted(40, 2)
    with pytest.warns(ConvergenceWarning, match="max_iter=3 steps left a duality gap"):
        found = SONClustering(0.2, tol=1e-9, max_iter=3).fit(X)
    assert found.n_iter_ == 3
    assert found.duality_gap_ > 1e-9 * found.objective_


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"lam": -0.5}, ValueError, r"lam=-0.5 should be in \[0, inf\)"),
        ({"lam": np.inf}, ValueError, r"lam=inf should be in \[0, inf\)"),
        ({"lam": "1"}, TypeError, "lam='1' should be a number"),
        ({"tol": 0}, ValueError, "tol=0 should be > 0"),
        ({"tol": None}, TypeError, "tol=None should be a number"),
        ({"max_iter": 0}, ValueError, "max_iter=0 should be >= 1"),
        ({"max_iter": 1.5}, TypeError, "max_iter=1.5 should be an integer"),
    ],
)
def test_bad_parameters(change, error, message):
    with pytest.raises(error, match=message):
        SONClustering(**change).fit([[0.0], [1.0]])


def test_nan_is_refused():
    with pytest.raises(ValueError, match="NaN"):
        SONClustering().fit([[0.0], [np.nan]])


def test_path_goes_from_one_cluster_to_all_rows_and_equals_fits():
    X = planted(60, 2)
    path = son_path(X, n_lams=8, tol=1e-9, max_iter=20000)
    assert path[0].lam == pytest.approx(largest_pull(X))
    assert path[-1].lam == pytest.approx(0.01 * largest_pull(X))
    counts = [len(own.centers) for own in path]
    assert counts[0] == 1
    assert counts == sorted(counts)
    assert counts[-1] > 20
    for own in path[::3]:
        fresh = SONClustering(own.lam, tol=1e-9, max_iter=20000).fit(X)
        scale = np.sqrt(2 * own.gap) + np.sqrt(2 * fresh.duality_gap_)
        apart = np.linalg.norm(own.centers[own.labels] - fresh.centers_)
        assert apart <= scale + 1e-12
        assert own.objective == pytest.approx(fresh.objective_, rel=1e-8)


def test_path_starts_where_the_last_one_ended():
    X = planted(60, 2)
    lam = 0.3 * largest_pull(X)
    once, again = son_path(X, [lam, lam])
    assert again.n_iter < once.n_iter
    assert len(son_path(X, [lam, 0.0, 0.0])[2].centers) == 60


@pytest.mark.parametrize(
    ("lams", "message"),
    [
        ([0.1, 0.2], "should fall"),
        ([[0.1]], r"lams.ndim=2 should be 1"),
        ([-1.0], r"lam=-1.0 should be in \[0, inf\)"),
    ],
)
def test_bad_paths(lams, message):
    with pytest.raises(ValueError, match=message):
        son_path([[0.0], [1.0]], lams)
    with pytest.raises(ValueError, match="n_lams=0 should be >= 1"):
        son_path([[0.0], [1.0]], n_lams=0)
