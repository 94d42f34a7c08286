"""Fair-Lloyd: its promises, its oracle, and k-means where there is one group."""

import itertools

import numpy as np
import oracles_fair_centers as slow
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import _num_samples

from rfcore.cluster import KMeans, oracle
from rfcore.fair import FairLloyd


class OfParity(FairLloyd):
    """A clusterer as scikit-learn knows them: odd and even rows are the groups."""

    def __init__(
        self,
        n_clusters=2,
        *,
        n_init=3,
        init="k-means++",
        max_iter=300,
        tol=1e-6,
        random_state=None,
    ):
        super().__init__(
            n_clusters,
            n_init=n_init,
            init=init,
            max_iter=max_iter,
            tol=tol,
            random_state=random_state,
        )

    def fit(self, X, y=None):
        return super().fit(X, groups=np.arange(_num_samples(X)) % 2)


@parametrize_with_checks([OfParity()])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def problem(n, n_groups, seed, *, d=2):
    """Groups of unlike place, width and size; each occurs."""
    rng = np.random.default_rng(seed)
    groups = np.minimum(rng.geometric(0.5, n) - 1, n_groups - 1)
    groups[rng.permutation(n)[:n_groups]] = np.arange(n_groups)
    X = rng.normal(size=(n, d)) * (1 + groups)[:, None]
    X[:, 0] += 2.0 * groups
    return X, groups


def test_a_case_by_hand():
    """One center in the middle of two groups, however many rows each has."""
    X, groups = [[0.0], [0.0], [0.0], [4.0]], ["a", "a", "a", "b"]
    fitted = FairLloyd(1, random_state=0).fit(X, groups=groups)
    assert fitted.cluster_centers_.item() == pytest.approx(2.0)
    np.testing.assert_allclose(fitted.group_costs_, [4.0, 4.0], rtol=1e-6)
    assert fitted.social_cost_ == fitted.group_costs_.max()
    assert fitted.history_[-1] == fitted.social_cost_
    assert fitted.groups_.tolist() == ["a", "b"]
    plain = KMeans(1).fit(X)
    assert slow.social_costs(
        np.array(X), plain.cluster_centers_, np.array(groups)
    ).max() == pytest.approx(9.0)


@given(st.integers(0, 10**6), st.sampled_from([1, 2, 3, 5]), st.integers(1, 5))
def test_the_social_cost_never_rises(seed, n_groups, k):
    n = 5 + seed % 60
    X, groups = problem(n, n_groups, seed)
    fitted = FairLloyd(k, n_init=2, random_state=seed).fit(X, groups=groups)
    assert (np.diff(fitted.history_) <= 1e-12 * fitted.history_[0]).all()
    assert len(fitted.history_) == fitted.n_iter_ + 1
    costs = slow.social_costs(X, fitted.cluster_centers_, groups)
    np.testing.assert_allclose(fitted.group_costs_, costs, rtol=1e-9, atol=1e-15)
    assert fitted.social_cost_ == pytest.approx(costs.max(), rel=1e-9, abs=1e-15)
    near = slow.distances(X, fitted.cluster_centers_)
    own = near[np.arange(n), fitted.labels_]
    np.testing.assert_allclose(own, near.min(axis=1), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("n_groups", [2, 3, 5])
def test_no_worse_than_the_first_centers(n_groups):
    for seed in range(4):
        X, groups = problem(80, n_groups, seed)
        first = KMeans(3, random_state=seed).fit(X).cluster_centers_
        fitted = FairLloyd(3, init=first).fit(X, groups=groups)
        before = slow.social_costs(X, first, groups).max()
        assert fitted.history_[0] == pytest.approx(before, rel=1e-12)
        assert fitted.social_cost_ < before


def test_it_ends_in_a_fixed_point():
    """Where no label changes, the centers are the best of their partition."""
    ended = 0
    for seed in range(8):
        X, groups = problem(60, 2, seed)
        fitted = FairLloyd(3, tol=0, n_init=1, random_state=seed).fit(X, groups=groups)
        again = FairLloyd(3, tol=0, init=fitted.cluster_centers_)
        again.fit(X, groups=groups)
        assert again.n_iter_ <= 1
        np.testing.assert_array_equal(again.labels_, fitted.labels_)
        if fitted.n_iter_ < 300:
            ended += 1
            best = slow.two_group_centers(X, fitted.labels_, groups, 3)
            assert fitted.social_cost_ == pytest.approx(best, rel=1e-7)
    assert ended == 8


@pytest.mark.parametrize("seed", range(4))
def test_two_groups_beside_all_partitions(seed):
    X, groups = problem(7, 2, seed, d=1)
    best = min(
        slow.two_group_centers(X, np.array(labels), groups, 2)
        for labels in itertools.product((0, 1), repeat=7)
        if len(set(labels)) == 2
    )
    fitted = FairLloyd(2, n_init=20, tol=0, random_state=0).fit(X, groups=groups)
    # A local search, but from twenty starts on seven rows.
    assert fitted.social_cost_ == pytest.approx(best, rel=1e-6)


def test_one_group_is_k_means():
    X, _ = problem(120, 2, 5)
    first = X[:4]
    plain = KMeans(4, init=first, tol=0).fit(X)
    fair = FairLloyd(4, init=first, tol=0).fit(X, groups=np.zeros(120))
    np.testing.assert_allclose(fair.cluster_centers_, plain.cluster_centers_)
    assert fair.social_cost_ == pytest.approx(plain.inertia_ / 120)


def test_a_cluster_without_rows_keeps_its_center():
    X, groups = problem(30, 2, 6)
    init = np.array([[0.0, 0.0], [1e6, 1e6]])
    fitted = FairLloyd(2, init=init).fit(X, groups=groups)
    np.testing.assert_allclose(fitted.cluster_centers_[1], init[1], rtol=1e-12)
    assert (fitted.labels_ == 0).all()


def test_more_starts_are_no_worse_and_seeds_repeat():
    X, groups = problem(100, 3, 7)
    costs = [
        FairLloyd(5, n_init=n, random_state=0).fit(X, groups=groups).social_cost_
        for n in (1, 10)
    ]
    assert costs[1] <= costs[0]
    fits = [FairLloyd(5, random_state=1).fit(X, groups=groups) for _ in range(2)]
    np.testing.assert_array_equal(*(fit.cluster_centers_ for fit in fits))


def test_answers_are_fresh_fits():
    X, groups = problem(60, 3, 8)
    rng = np.random.default_rng(3)
    candidates = np.where(rng.random((6, 60)) < 0.3, rng.permutation(groups), groups)
    candidates[4] = np.where(groups == 1, 0, groups)  # lacks a group
    estimator = FairLloyd(3, n_init=3, random_state=5)
    asked = oracle(estimator, X, max_queries=6)
    answers = asked.regroup(candidates)
    for answer, own in zip(answers, candidates, strict=True):
        fitted = clone(estimator).fit(X, groups=own)
        np.testing.assert_array_equal(answer, fitted.labels_)
    assert len(np.unique(answers, axis=0)) > 1


@pytest.mark.parametrize(
    ("scale", "offset"), [(1e-6, 0.0), (1e6, 0.0), (1.0, 1e6), (1e6, 1e6)]
)
def test_scales_and_offsets(scale, offset):
    X, groups = problem(50, 3, 9)
    plain = FairLloyd(3, init=X[:3]).fit(X, groups=groups)
    X = X * scale + offset
    moved = FairLloyd(3, init=X[:3]).fit(X, groups=groups)
    assert moved.social_cost_ == pytest.approx(plain.social_cost_ * scale**2, rel=1e-6)


def test_max_iter_is_kept_and_duplicates_do_no_harm():
    X, groups = problem(200, 2, 10)
    one = FairLloyd(8, max_iter=1, n_init=1, random_state=0).fit(X, groups=groups)
    assert one.n_iter_ == 1
    same = FairLloyd(2, random_state=0).fit([[1.0]] * 5, groups=[0, 1, 0, 1, 0])
    assert same.social_cost_ == 0.0
    every = FairLloyd(6, random_state=0).fit(X[:6], groups=groups[:6])
    assert every.social_cost_ == pytest.approx(0.0, abs=1e-20)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_clusters": 6}, "n_samples=5 should be >= n_clusters=6"),
        ({"n_init": 0}, "n_init=0 should be >= 1"),
        ({"max_iter": 0}, "max_iter=0 should be >= 1"),
        ({"tol": -1.0}, "tol=-1.0 should be >= 0"),
        ({"tol": np.nan}, "tol=nan should be >= 0"),
        ({"init": "random"}, "init='random' should be 'k-means\\+\\+' or an array"),
        ({"init": [[0.0]]}, r"init.shape=\(1, 1\) should be \(2, 1\)"),
        ({"init": [[0.0], [np.nan]]}, "init should be finite"),
    ],
)
def test_error_parameters(parameters, message):
    X = np.arange(5.0)[:, None]
    fair = FairLloyd(**({"n_clusters": 2} | parameters))
    with pytest.raises(ValueError, match=message):
        fair.fit(X, groups=[0, 1, 0, 1, 1])


def test_error_groups():
    with pytest.raises(ValueError, match=r"groups.shape\[-1\]=3 should be 2"):
        FairLloyd(1).fit([[0.0], [1.0]], groups=[0, 1, 0])
    with pytest.raises(TypeError, match="should be an integer"):
        FairLloyd(1, n_init=2.5).fit([[0.0], [1.0]], groups=[0, 1])
