"""Antidote data: rows that make an ordinary clustering fairer, and when they cannot."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.cluster import AgglomerativeClustering
from sklearn.cluster import KMeans as TheirKMeans

from rfcore.cluster import KMeans, SpectralClustering
from rfcore.errors import InfeasibleError
from rfcore.fair import AntidoteData, ScalableFairlets
from rfcore.fair.antidote.questions import Questions
from rfcore.metrics import balance, coordinate_depth, social_cost
from rfcore.zeroth import embedding

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


@pytest.mark.parametrize("method", ["cmaes", "imgpo", "rbf", "random"])
@pytest.mark.parametrize(("n_components", "n_parts"), [(3, 5), (100, 1)])
def test_the_optimizer_has_its_turn(monkeypatch, method, n_components, n_parts):
    parts = []
    minimize = embedding.minimize

    def watched(fun, space, *, method, **more):
        parts.append(method)
        return minimize(fun, space, method=method, **more)

    monkeypatch.setattr(embedding, "minimize", watched)
    result = found(method=method, n_components=n_components, max_evals=120)
    assert parts == [method] * n_parts
    assert result.n_queries == 120
    assert result.gain > 0


def anew(victim, result):
    """The fit that the documentation says to repeat the result by."""
    if hasattr(victim, "init"):
        centers = result.centers_before
        victim = clone(victim).set_params(init=centers, n_init=1, tol=0)
    return clone(victim).fit(np.vstack([X, result.V]))


@pytest.mark.parametrize(
    "victim",
    [
        KMeans(2, random_state=0),
        TheirKMeans(2, n_init=1, random_state=0),
        AgglomerativeClustering(2),
        SpectralClustering(2, n_neighbors=5, random_state=0),
    ],
    ids=lambda e: type(e).__name__,
)
@pytest.mark.parametrize("cost", ["balance", "social"])
def test_any_clusterer(victim, cost):
    fair = AntidoteData(victim, cost=cost, **{**QUICK, "max_evals": 60})
    result = fair.fit(X, groups=GROUPS).result_
    assert result.gain > 0
    again = anew(victim, result)
    np.testing.assert_array_equal(fair.labels_, again.labels_[:200])
    centers = getattr(again, "cluster_centers_", None)
    if centers is None:
        stacked, labels = np.vstack([X, result.V]), again.labels_
        centers = np.array([stacked[labels == c].mean(axis=0) for c in range(2)])
    np.testing.assert_allclose(result.centers, centers, rtol=1e-9, atol=1e-12)
    if cost == "balance":
        expected = -balance(nearest(centers), GROUPS)
    else:
        expected = social_cost(X, centers, GROUPS)
    assert result.cost_after == pytest.approx(expected, rel=1e-9)


def nearest(centers):
    return ((X[:, None] - centers) ** 2).sum(axis=2).argmin(axis=1)


@pytest.mark.parametrize("kind", [KMeans, TheirKMeans])
def test_both_clusterings_are_fixed_points_whatever_the_steps(kind):
    result = found(kind(2, n_init=1, max_iter=1, random_state=0), max_evals=60)
    patient = kind(2, n_init=1, tol=0, max_iter=1000, init=result.centers_before)
    plain = clone(patient).fit(X)
    np.testing.assert_allclose(plain.cluster_centers_, result.centers_before)
    again = clone(patient).fit(np.vstack([X, result.V]))
    assert again.n_iter_ > 2
    np.testing.assert_array_equal(result.labels, again.labels_[:200])
    assert result.search_value == pytest.approx(result.cost_after, rel=1e-9)


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


def test_rows_both_deep_and_within_bounds_without_centers():
    bounds = np.array([[1.2, 3.0], [-3.0, 3.0]])
    result = found(bounds=bounds, depth_quantile=0.5, cost=lambda X, c, g: c.sum())
    assert (result.centers_before[:, 0] < 1.2).all()
    assert result.gain > 0
    assert ((result.V >= bounds[:, 0]) & (result.V <= bounds[:, 1])).all()
    depths = coordinate_depth(X, X, result.labels_before)
    own = coordinate_depth(result.V, X, result.labels_before)
    assert (own >= np.quantile(depths, 0.5)).all()


def test_rows_of_a_pool_each_at_most_once():
    pool = 0.8 * RNG.normal(size=(80, 2))
    result = found(pool=pool)
    rows = {tuple(row) for row in result.V}
    assert len(rows) == 4
    assert rows <= {tuple(row) for row in pool}
    assert result.gain > 0


def test_the_pool_is_seen_in_no_order():
    """A budget for 40 rows of a pool whose good rows come last."""
    good = found().V
    pool = np.vstack([np.tile(X.mean(axis=0), (150, 1)), np.tile(good, (10, 1))])
    gains = [
        found(pool=pool, max_evals=100, random_state=seed).gain for seed in range(5)
    ]
    assert min(gains) > 0
    assert found(pool=pool, max_evals=100).gain == gains[0]


@pytest.mark.parametrize("n_questions", [1, 9])
def test_fewer_questions_than_rounds_are_asked_all_the_same(n_questions):
    result = found(alpha=-1.0, max_evals=n_questions)
    assert result.n_queries == n_questions
    assert [size for size, _ in result.path] == list(range(4, 4 + n_questions))
    fair = AntidoteData(VICTIM, **{**QUICK, "max_evals": 3})
    assert fair.front(X, groups=GROUPS).n_queries == 3


def test_the_front_for_the_k_means_cost_alone():
    fair = AntidoteData(VICTIM, **{**QUICK, "bounds": [[-1e4, 1e4]] * 2})
    front = fair.front(X, groups=GROUPS, weights=[1.0])
    assert np.isfinite(front.costs).all()
    least = fair.front(X, groups=GROUPS, weights=[0.0]).k_means_costs.min()
    assert front.k_means_costs.min() <= least


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
        (
            {"bounds": [[30, 40]] * 2, "depth_quantile": 0.5},
            "bounds hold no row as deep as the quantile depth_quantile=0.5 of X",
        ),
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
