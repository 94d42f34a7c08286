"""Antidote data: rows that make an ordinary clustering fairer, and when they cannot."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.cluster import AgglomerativeClustering
from sklearn.cluster import KMeans as TheirKMeans

from rfcore.cluster import KMeans
from rfcore.errors import InfeasibleError
from rfcore.fair import AntidoteData, ScalableFairlets
from rfcore.fair.antidote_questions import Questions
from rfcore.metrics import balance, coordinate_depth, social_cost

RNG = np.random.default_rng(0)
GROUPS = RNG.integers(0, 2, 200)
X = RNG.normal(size=(200, 2)) + 0.7 * GROUPS[:, None] * [1.0, 0.0]
VICTIM = KMeans(2, random_state=0)
QUICK = {"max_evals": 250, "n_rows": 4, "n_null": 5, "random_state": 0}


def found(victim=VICTIM, **parameters):
    fair = AntidoteData(victim, **{**QUICK, **parameters}).fit(X, groups=GROUPS)
    return fair.result_


@pytest.mark.parametrize("cost", ["balance", "social", lambda X, c, g: abs(c).sum()])
@pytest.mark.parametrize("method", ["racos", "starts"])
def test_the_cost_falls_and_is_that_of_a_fit(cost, method):
    result = found(cost=cost, method=method)
    warm = result.centers_before
    again = KMeans(2, init=warm, tol=0.0).fit(np.vstack([X, result.V]))
    np.testing.assert_array_equal(result.labels, again.labels_[:200])
    if cost == "balance":
        expected = -balance(result.labels, GROUPS)
    elif cost == "social":
        expected = social_cost(X, again.cluster_centers_, GROUPS)
    else:
        expected = abs(again.cluster_centers_).sum()
    assert result.cost_after == pytest.approx(expected, rel=1e-12)
    assert result.search_value == pytest.approx(result.cost_after, rel=1e-9)
    assert result.cost_after < result.cost_before
    assert result.above_null
    assert result.n_queries <= 250
    assert result.clusters_used == (2, 2)
    assert result.V.shape == (4, 2)
    assert (result.V >= X.min(axis=0)).all()
    assert (result.V <= X.max(axis=0)).all()


def test_before_is_a_fixed_point():
    result = found()
    again = KMeans(2, init=result.centers_before, tol=0.0, max_iter=1).fit(X)
    np.testing.assert_allclose(again.cluster_centers_, result.centers_before)
    assert result.cost_before == -balance(result.labels_before, GROUPS)


def test_the_degenerate_answer_is_refused():
    """One far row takes a center for itself, and the balance is perfect."""
    questions = Questions(VICTIM, X, GROUPS.astype(np.int32), "balance")
    far = np.full((1, 1, 2), 1e4)
    centers, labels = questions._oracle.append_rows(far, questions.warm)
    assert balance(labels[0], GROUPS) == 1.0
    assert 1e4 in centers[0]
    costs, _ = questions.ask(far)
    assert costs[0] == np.inf
    assert questions.n_refused == 1
    result = found(bounds=[[-1e4, 1e4]] * 2)
    assert result.n_refused > 0
    assert result.clusters_used == (2, 2)
    assert result.cost_after > -1.0


def test_the_same_seed_gives_the_same_rows():
    np.testing.assert_array_equal(found().V, found().V)


def test_many_numbers_are_searched_by_embeddings():
    assert found(n_components=3, max_evals=400).gain > 0


@pytest.mark.parametrize("method", ["cmaes", "imgpo", "rbf", "random"])
def test_other_optimizers(method):
    assert found(method=method, max_evals=120).gain > 0


@pytest.mark.parametrize(
    "victim",
    [TheirKMeans(2, n_init=1, random_state=0), AgglomerativeClustering(2)],
    ids=lambda e: type(e).__name__,
)
def test_any_clusterer(victim):
    result = found(victim, max_evals=40, n_rows=2, n_null=2)
    assert result.cost_after <= result.cost_before
    if isinstance(victim, AgglomerativeClustering):
        stacked = np.vstack([X, result.V])
        labels = victim.fit(stacked).labels_
        np.testing.assert_array_equal(result.labels, labels[:200])
        means = [stacked[labels == c].mean(axis=0) for c in range(2)]
        np.testing.assert_allclose(result.centers, means)


def test_rows_are_added_until_alpha_is_met():
    goal = found().cost_before - 0.6 * found().gain
    result = found(alpha=goal, n_rows=1, max_evals=1500)
    assert result.stopped == "alpha met"
    assert result.cost_after <= goal
    sizes = [size for size, _ in result.path]
    assert sizes == list(range(1, len(result.V) + 1))
    assert all(cost > goal for _, cost in result.path[:-1])


def test_the_smallest_number_of_rows_by_bisection():
    goal = found().cost_before - 0.5 * found().gain
    result = found(alpha=goal, n_rows=16, smallest=True, max_evals=1500)
    assert result.stopped == "alpha met"
    assert result.cost_after <= goal
    assert len(result.V) < 16
    assert [size for size, _ in result.path[:2]] == [16, 8]


def test_alpha_already_met_adds_nothing():
    result = found(alpha=0.0)
    assert result.stopped == "alpha already met"
    assert result.V.shape == (0, 2)
    assert result.n_queries == 0
    assert result.cost_after == result.cost_before
    assert not result.above_null


def test_unreachable_alpha_gives_the_best_found():
    result = found(alpha=-1.0, max_iter=3, step=2)
    assert result.stopped == "limit"
    assert [size for size, _ in result.path] == [4, 6, 8]
    assert result.cost_after == min(cost for _, cost in result.path)
    assert found(alpha=-1.0, max_rows=5).path[-1][0] == 5


def test_rows_as_deep_as_a_quantile():
    result = found(depth_quantile=0.3)
    depths = coordinate_depth(X, X, result.labels_before)
    own = coordinate_depth(result.V, X, result.labels_before)
    assert (own >= np.quantile(depths, 0.3)).all()
    assert result.gain > 0


def test_rows_of_a_pool_each_at_most_once():
    pool = 0.8 * RNG.normal(size=(80, 2))
    result = found(pool=pool)
    rows = {tuple(row) for row in result.V}
    assert len(rows) == 4
    assert rows <= {tuple(row) for row in pool}
    assert result.gain > 0


def test_the_front_falls_and_nothing_on_it_is_beaten():
    fair = AntidoteData(VICTIM, **QUICK)
    front = fair.front(X, groups=GROUPS)
    assert (np.diff(front.costs) > 0).all()
    assert (np.diff(front.k_means_costs) < 0).all()
    assert len(front.antidotes) == len(front.costs) > 2
    assert front.antidotes[-1].shape[1] == 2
    assert front.n_queries <= 250
    questions = Questions(VICTIM, X, GROUPS.astype(np.int32), "balance")
    costs, k_means = questions.ask(front.antidotes[0][None])
    assert (costs[0], k_means[0]) == (front.costs[0], front.k_means_costs[0])


def test_a_group_without_rows_is_none():
    fair = AntidoteData(VICTIM, **QUICK)
    names = np.where(GROUPS, 5, 2)
    result = fair.fit(X, groups=names).result_
    np.testing.assert_array_equal(fair.groups_, [2, 5])
    assert result.cost_after == found().cost_after
    one = fair.fit(X, groups=np.zeros(200)).result_
    assert (one.cost_before, one.stopped) == (-1.0, "nothing better found")
    assert one.V.shape == (0, 2)


def test_a_cost_that_is_nan_now_and_then_is_refused():
    before = found().centers_before

    def cost(X, centers, groups):
        gap = centers[0, 0] - before[0, 0]
        return np.nan if gap > 0 else gap

    result = found(cost=cost)
    assert result.n_refused > 0
    assert result.cost_after < 0


class Mute(BaseEstimator):
    """Fits, and tells nothing."""

    def fit(self, X, y=None):
        return self


class Lopsided(BaseEstimator):
    """Leaves its second cluster without rows."""

    def fit(self, X, y=None):
        self.labels_ = np.zeros(len(X), dtype=int)
        self.cluster_centers_ = np.array([X.mean(axis=0), X.max(axis=0) + 99.0])
        return self


def test_error_estimators_that_cannot_be_helped():
    with pytest.raises(TypeError, match="Mute gives neither centers nor labels"):
        found(Mute())
    with pytest.raises(TypeError, match="object has no fit"):
        found(object())
    with pytest.raises(TypeError, match="ScalableFairlets takes groups itself"):
        found(ScalableFairlets(2))
    with pytest.raises(ValueError, match="n_samples=200 should be >= n_clusters=201"):
        found(KMeans(201))
    with pytest.raises(InfeasibleError, match="1 of 2 clusters have rows before"):
        found(Lopsided())


def test_error_a_cost_that_is_nan_from_the_start():
    with pytest.raises(ValueError, match="cost gave nan on the unchanged data"):
        found(cost=lambda X, centers, groups: np.nan)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"cost": "gini"}, "cost='gini' should be one of balance, social"),
        ({"method": "adam"}, "method='adam' should be one of .*starts"),
        ({"n_rows": 0}, "n_rows=0 should be >= 1"),
        ({"max_evals": 0}, "max_evals=0 should be >= 1"),
        ({"max_rows": 3}, "max_rows=3 should be >= n_rows=4"),
        ({"alpha": np.nan}, "alpha=nan should be a number"),
        ({"depth_quantile": 2}, r"depth_quantile=2 should be in \[0, 1\]"),
        ({"smallest": True}, "smallest=True needs alpha"),
        ({"bounds": "box"}, "bounds='box' should be 'range', None or an array"),
        ({"bounds": [[0, 1]]}, r"bounds.shape\[0\]=1 should be 2"),
        ({"bounds": [[0, 1], [1, 0]]}, r"bounds\[1\]=\[1.0, 0.0\] should not fall"),
        ({"pool": X[:3] * 0}, "pool has 3 rows within the bounds, should have >= 4"),
    ],
)
def test_error_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        found(**parameters)


def test_error_weights_and_groups():
    fair = AntidoteData(VICTIM, **QUICK)
    with pytest.raises(ValueError, match=r"weights=\[2.0\] should be one or more in"):
        fair.front(X, groups=GROUPS, weights=[2])
    with pytest.raises(ValueError, match=r"groups.shape\[-1\]=199 should be 200"):
        fair.fit(X, groups=GROUPS[:-1])
