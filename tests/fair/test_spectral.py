"""Fair spectral clustering: its constraint, its oracle, the thesis's numbers."""

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.cluster import KMeans as TheirKMeans
from sklearn.utils.estimator_checks import parametrize_with_checks

from rfcore.cluster import oracle, spectral
from rfcore.cluster.graph import neighbor_graph
from rfcore.errors import ConvergenceWarning
from rfcore.fair import FairSpectral
from rfcore.fair.spectral import group_constraints


class WithParity(FairSpectral):
    """scikit-learn's checks know no groups: here the parity of the row number."""

    def fit(self, X, y=None):
        n = len(X) if hasattr(X, "__len__") else X.shape[0]
        return super().fit(X, groups=np.arange(n) % 2)


@parametrize_with_checks([WithParity(2, n_neighbors=2, random_state=0)])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def two_moons(n, seed, offset=0.0, scale=1.0):
    rng = np.random.default_rng(seed)
    angle = rng.uniform(0, np.pi, n)
    X = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    X[n // 2 :] = [1.0, 0.4] - X[n // 2 :]
    return (X + rng.normal(0, 0.05, X.shape)) * scale + offset


def dense_embedding(X, groups, k, n_neighbors, normalized):
    """The published formula: Z Q^-1 Y with a dense null space Z."""
    W = neighbor_graph(X, n_neighbors).toarray()
    D = np.diag(W.sum(axis=1)) if normalized else np.eye(len(X))
    L = np.diag(W.sum(axis=1)) - W
    names = np.unique(groups)[:-1]
    F = np.array([(groups == g) - np.mean(groups == g) for g in names]).T
    Z = scipy.linalg.null_space(F.T) if len(names) else np.eye(len(X))
    Q = np.real(scipy.linalg.sqrtm(Z.T @ D @ Z))
    inverse = np.linalg.inv(Q)
    values, Y = scipy.linalg.eigh(inverse @ Z.T @ L @ Z @ inverse)
    return Z @ inverse @ Y[:, :k], values


@pytest.mark.parametrize("normalized", [False, True])
@pytest.mark.parametrize("n_groups", [1, 2, 3, 5])
def test_embedding_is_the_published_formula(n_groups, normalized):
    X, k = np.random.default_rng(n_groups).normal(size=(270, 2)), 4
    groups = np.random.default_rng(0).integers(0, n_groups, 270)
    fair = FairSpectral(k, n_neighbors=7, normalized=normalized, random_state=0)
    fair.fit(X, groups=groups)
    H, values = dense_embedding(X, groups, k, 7, normalized)
    np.testing.assert_allclose(fair.eigenvalues_, values[:k], atol=1e-9)
    assert values[k] - values[k - 1] > 1e-4
    # The inner products of rows, which are all that k-means sees.
    np.testing.assert_allclose(
        fair.embedding_ @ fair.embedding_.T, H @ H.T, atol=1e-7 * abs(H @ H.T).max()
    )


@given(
    seed=st.integers(0, 10**6),
    n_groups=st.sampled_from([2, 3, 5]),
    normalized=st.booleans(),
)
def test_every_embedding_is_orthogonal_to_the_groups(seed, n_groups, normalized):
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 4, size=(60, 3)) + rng.normal(0, 1e-3, (60, 3))
    groups = rng.integers(0, n_groups, 60)
    fair = FairSpectral(3, normalized=normalized, random_state=0).fit(X, groups=groups)
    assert abs(group_constraints(groups).T @ fair.embedding_).max() < 1e-9
    assert fair.residual_ < 1e-9
    assert (np.diff(fair.eigenvalues_) > -1e-12).all()


@pytest.mark.parametrize("normalized", [False, True])
@pytest.mark.parametrize("metric", ["euclidean", "manhattan"])
@pytest.mark.parametrize("n_groups", [2, 3, 5])
def test_oracle_answers_are_fresh_fits(n_groups, metric, normalized):
    X = two_moons(320, 1)
    fair = FairSpectral(3, metric=metric, normalized=normalized, random_state=4)
    asked = oracle(fair, X)
    batch = np.random.default_rng(1).integers(0, n_groups, (5, 320))
    batch[3] = 0
    batch[4] = n_groups - 1 - batch[4] // 2
    answers = asked.regroup(batch)
    for answer, groups in zip(answers, batch, strict=True):
        fresh = clone(fair).fit(X, groups=groups)
        np.testing.assert_array_equal(answer, fresh.labels_)
    assert asked.n_queries == 5


@pytest.mark.parametrize(
    ("scale", "offset"), [(1e-6, 0.0), (1e6, 0.0), (1.0, 1e6), (1e6, 1e6)]
)
def test_scale_and_offset_change_nothing(scale, offset):
    groups = np.arange(90) % 2
    plain = FairSpectral(2, random_state=0).fit(two_moons(90, 2), groups=groups)
    moved = FairSpectral(2, random_state=0).fit(
        two_moons(90, 2, offset, scale), groups=groups
    )
    np.testing.assert_array_equal(moved.labels_, plain.labels_)


def test_names_of_groups_do_not_matter():
    X, groups = two_moons(80, 3), np.random.default_rng(0).integers(0, 3, 80)
    plain = FairSpectral(3, random_state=0).fit(X, groups=groups)
    named = FairSpectral(3, random_state=0).fit(X, groups=np.array([*"abc"])[groups])
    np.testing.assert_array_equal(plain.labels_, named.labels_)
    assert named.groups_.tolist() == ["a", "b", "c"]


def test_a_disconnected_graph_is_handled():
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(50 * c, 1, (30, 2)) for c in range(4)])
    fair = FairSpectral(3, n_neighbors=6, random_state=0)
    fair.fit(X, groups=np.arange(120) % 2)
    assert fair.n_components_ == 4
    assert fair.eigenvalues_[:3] == pytest.approx(0, abs=1e-12)
    for c in range(4):
        assert len(np.unique(fair.labels_[30 * c : 30 * (c + 1)])) == 1


def test_a_cut_between_the_groups_becomes_one_across_them():
    """Two lines, one a group, joined at one end: alone each is a cluster."""
    x = np.linspace(0, 10, 80)
    upper, lower = np.stack([x, 0.01 + 0.1 * x], 1), np.stack([x, -0.1 * x], 1)
    X = np.concatenate([upper, lower])
    groups = np.repeat([0, 1], 80)
    fair = FairSpectral(2, n_neighbors=2, random_state=0).fit(X, groups=groups)
    shares = [groups[fair.labels_ == c].mean() for c in range(2)]
    assert shares == pytest.approx([0.5, 0.5], abs=0.05)
    alone = FairSpectral(2, n_neighbors=2, random_state=0).fit(X, groups=np.zeros(160))
    shares = [groups[alone.labels_ == c].mean() for c in range(2)]
    assert sorted(shares) == pytest.approx([0.0, 1.0], abs=0.1)


def test_clusters_are_those_of_k_means_on_the_embedding():
    X, groups = two_moons(200, 5), np.arange(200) % 3
    fair = FairSpectral(4, random_state=0).fit(X, groups=groups)
    theirs = TheirKMeans(4, n_init=30, random_state=0).fit(fair.embedding_)
    assert fair.inertia_ == pytest.approx(theirs.inertia_, rel=0.02)
    centers = [fair.embedding_[fair.labels_ == c].mean(axis=0) for c in range(4)]
    moved = fair.embedding_ - np.array(centers)[fair.labels_]
    assert (moved**2).sum() == pytest.approx(fair.inertia_, rel=1e-6)


def test_a_large_residual_is_warned_of(monkeypatch):
    X, groups = np.random.default_rng(0).normal(size=(400, 2)), np.arange(400) % 3
    monkeypatch.setattr(spectral, "_LARGEST_RESIDUAL", 1e-20)
    with pytest.warns(ConvergenceWarning, match="leave a residual of"):
        FairSpectral(3, random_state=0).fit(X, groups=groups)


def test_a_graph_is_built_once_for_refits(monkeypatch):
    built = []
    build = spectral.neighbor_graph
    monkeypatch.setattr(
        spectral, "neighbor_graph", lambda *given: built.append(1) or build(*given)
    )
    X, groups = two_moons(50, 77), np.arange(50) % 2
    for seed in range(3):
        FairSpectral(2, random_state=seed).fit(X, groups=groups)
    assert len(built) == 1
    X[0, 0] += 1.0
    changed = FairSpectral(2, random_state=0).fit(X, groups=groups)
    assert len(built) == 2
    FairSpectral(3, random_state=0).fit(X, groups=groups)
    assert len(built) == 3
    again = FairSpectral(2, random_state=0).fit(X, groups=groups)
    np.testing.assert_array_equal(again.embedding_, changed.embedding_)


def test_error_parameters_and_groups():
    X, groups = two_moons(20, 0), np.arange(20) % 2
    with pytest.raises(ValueError, match="n_samples=20 should be > n_neighbors=20"):
        FairSpectral(2, n_neighbors=20).fit(X, groups=groups)
    with pytest.raises(ValueError, match="n_samples=20 should be >= n_clusters=21"):
        FairSpectral(21).fit(X, groups=groups)
    with pytest.raises(ValueError, match="n_samples=20 should be >= 20 eigenvectors"):
        FairSpectral(20).fit(X, groups=groups)
    with pytest.raises(ValueError, match=r"groups\.shape\[-1\]=19 should be 20"):
        FairSpectral(2).fit(X, groups=groups[1:])
    with pytest.raises(ValueError, match=r"groups holds \d+ missing value"):
        FairSpectral(2).fit(X, groups=np.where(groups, np.nan, 0.0))
    with pytest.raises(TypeError, match="groups"):
        FairSpectral(2).fit(X)
    X[3, 1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        FairSpectral(2).fit(X, groups=groups)


def test_error_regroup_wrong_shape_counts_nothing():
    asked = oracle(FairSpectral(2, random_state=0), two_moons(20, 0))
    with pytest.raises(ValueError, match=r"groups\.ndim=1 should be 2"):
        asked.regroup(np.arange(20) % 2)
    with pytest.raises(ValueError, match=r"groups\.shape\[-1\]=5 should be 20"):
        asked.regroup(np.zeros((3, 5), dtype=int))
    with pytest.raises(TypeError, match="regroup"):
        asked.replace_row(0, [[0.0, 0.0]])
    assert asked.n_queries == 0
