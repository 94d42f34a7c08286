"""Tests of the spill-over attack: by hand, on the thesis's data, and on bad input."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.cluster import DBSCAN, AgglomerativeClustering

from rfcore.attacks import SpilloverAttack
from rfcore.attacks.clustering import spillover
from rfcore.cluster import Agglomerative, KMeans, Oracle
from rfcore.datasets import load
from rfcore.metrics import co_membership_distance, n_switched
from rfcore.thesis.spillover.printed import PRINTED
from rfcore.thesis.spillover.tables import Section2264, Section2265, Table22

# Single linkage cuts the widest gap of these rows on a line: 3, 2, 3.2, 0.8. With row 2
# at a place in (5.2, 6) the widest is the first, and row 1 goes over with row 2; beyond
# 6 row 2 goes alone; below 5.2 nothing happens.
LINE = np.array([[0.0, 7.0], [3.0, 7.0], [5.0, 7.0], [8.2, 7.0], [9.0, 7.0]])
SINGLE = Agglomerative(2, linkage="single")


def attack(victim, X, **options):
    options = {"max_evals": 20, "random_state": 0, "n_null": 1, **options}
    return SpilloverAttack(**options).run(victim, X)


def rows_around(centers, n_each=20, seed=0):
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.normal(c, 1.0, (n_each, 2)) for c in centers])


TWO = rows_around([(0, 0), (4, 0)])
THREE = rows_around([(0, 0), (5, 0), (0, 9)])


@pytest.fixture
def answers(monkeypatch):
    """All labels that the oracles gave, with the questions and the data they saw."""
    seen = []
    answer = Oracle.replace_rows

    def noted(self, t, rows):
        labels = answer(self, t, rows)
        seen.append((self.X, np.array(t), np.array(rows), labels))
        return labels

    monkeypatch.setattr(Oracle, "replace_rows", noted)
    return seen


@pytest.mark.parametrize("delta", [2, [2.0, 0.0], [2.0, 99.0], np.full(2, 2.0)])
@pytest.mark.parametrize("method", ["rbf", "random", "starts"])
def test_case_by_hand(delta, method):
    result = attack(SINGLE, LINE, source=0, target=1, delta=delta, method=method)
    np.testing.assert_array_equal(result.labels_before, [0, 0, 0, 1, 1])
    np.testing.assert_array_equal(result.changed, [2])
    # The second feature is constant, so the observed range holds it still.
    np.testing.assert_array_equal(result.details["low"], [[3.0, 7.0]])
    np.testing.assert_array_equal(result.details["high"], [[7.0, 7.0]])
    assert 5.2 < result.X_adv[2, 0] < 6.0
    np.testing.assert_array_equal(result.labels_after, [0, 1, 1, 1, 1])
    np.testing.assert_array_equal(result.details["switched"], [1, 2])
    assert (result.before, result.after, result.measure) == (0, 2, "n_switched")
    assert result.null.tolist() == [0]
    assert result.above_null
    assert np.isnan(result.details["depth_threshold"])


def test_other_way_by_hand():
    """With row 3 at a place in (6, 8) the widest gap is the first: 1 and 2 go over."""
    result = attack(SINGLE, LINE, source=1, target=0, delta=[3.2, 0])
    np.testing.assert_array_equal(result.changed, [3])
    np.testing.assert_allclose(result.details["low"], [[5.0, 7.0]])
    np.testing.assert_allclose(result.details["high"], [[9.0, 7.0]])
    assert 6.0 < result.X_adv[3, 0] < 8.0
    np.testing.assert_array_equal(result.labels_after, [0, 1, 1, 1, 1])
    np.testing.assert_array_equal(result.details["switched"], [1, 2])


def test_optimizer_hears_minus_the_distance_of_equation_21():
    """Two of five rows switch: 2 * 2 * 3 pairs differ; one of five: 2 * 1 * 4."""
    heard = []

    def method(fun, box, max_evals, seed):
        heard.extend(fun(np.array([[5.5, 7.0], [6.5, 7.0], [5.0, 7.0], [5.5, 7.0]])))
        np.testing.assert_array_equal(box, [[3.0, 7.0], [7.0, 7.0]])
        return f"{max_evals} evaluations, seed {seed}"

    result = attack(
        SINGLE, LINE, source=0, delta=2, method=method, structured=False, max_evals=9
    )
    np.testing.assert_allclose(heard, [-(12**0.5), -(8**0.5), 0.0, -(12**0.5)])
    assert result.stopped == "9 evaluations, seed 0"
    # What is known already is not asked again.
    assert result.n_queries == 3
    np.testing.assert_array_equal(result.trace, [2, 2, 2])


def test_method_without_words_ends_too():
    result = attack(SINGLE, LINE, method=lambda *arguments: None)
    assert result.stopped == "the method ended"


def test_row_that_cannot_move_does_nothing():
    result = attack(SINGLE, LINE, source=0, delta=0)
    np.testing.assert_array_equal(result.X_adv, LINE)
    assert (result.after, result.n_queries) == (0, 1)
    assert not result.above_null
    assert result.details["switched"].size == 0


def test_nearest_rows_of_the_source_move():
    result = attack(Agglomerative(2), TWO, source=0, n_rows=3)
    labels = Agglomerative(2).fit(TWO).labels_
    center = TWO[labels == 1].mean(axis=0)
    gaps = np.where(labels == 0, np.linalg.norm(TWO - center, axis=1), np.inf)
    np.testing.assert_array_equal(result.changed, np.argsort(gaps)[:3])


@pytest.mark.parametrize("source", [0, 1, 2])
def test_nearest_cluster_is_the_target(source):
    result = attack(Agglomerative(3), THREE, source=source, max_evals=4)
    labels = result.labels_before
    gaps = {
        c: np.linalg.norm(THREE[labels == source] - THREE[labels == c].mean(0), axis=1)
        for c in {0, 1, 2} - {source}
    }
    assert result.details["target"] == min(gaps, key=lambda c: gaps[c].min())


def test_given_target_is_kept():
    for target in (0, 1):
        result = attack(Agglomerative(3), THREE, source=2, target=target, max_evals=4)
        assert (result.details["source"], result.details["target"]) == (2, target)


def test_each_cluster_is_tried(answers):
    attack(Agglomerative(3), THREE, max_evals=30, method="starts")
    labels = Agglomerative(3).fit(THREE).labels_
    assert [labels[t[0]] for _, t, _, _ in answers] == [0, 1, 2]
    sizes = [len(rows) for _, _, rows, _ in answers]
    assert 5 < min(sizes) <= max(sizes) <= 10


def test_direction_of_the_best_start_is_searched_further(answers):
    X = rows_around([(0, 0), (3, 0), (0, 3.5)])
    result = attack(Agglomerative(3), X, max_evals=60)
    starts, searched = answers[:3], answers[3:]
    counts = [
        n_switched(result.labels_before, labels).max() for _, _, _, labels in starts
    ]
    assert len(set(counts)) > 1
    best = int(np.argmax(counts))
    for _, t, _, _ in searched:
        np.testing.assert_array_equal(t, starts[best][1])
    assert sum(len(rows) for _, _, rows, _ in answers) == 60


def test_target_alone_leaves_one_pair_of_two():
    result = attack(Agglomerative(2), TWO, target=0, structured=False, method="random")
    assert (result.details["source"], result.details["target"]) == (1, 0)


def test_clusters_that_are_too_small_are_no_sources():
    X = np.concatenate([TWO, [[50.0, 50.0]]])
    victim = Agglomerative(3, linkage="single")
    sizes = np.bincount(victim.fit(X).labels_)
    assert sizes.min() == 1
    result = attack(victim, X)
    assert sizes[result.details["source"]] > 1


@pytest.mark.parametrize("seed", range(3))
def test_answer_with_most_switches_is_kept(seed, answers):
    """With five clusters the most distant answer may switch fewer rows."""
    rng = np.random.default_rng((2, 17, 20)[seed])
    X = rng.normal(size=(40, 3)) + rng.integers(0, 3, size=(40, 1)) * 2
    victim = Agglomerative(5) if seed == 0 else Agglomerative(4, linkage="average")
    options = {"method": "random", "structured": False, "source": 0, "max_evals": 40}
    result = attack(victim, X, depth_quantile=0, **options)
    labels = np.concatenate([given for _, _, _, given in answers])
    counts = n_switched(result.labels_before, labels)
    distances = co_membership_distance(result.labels_before, labels)
    assert counts[np.argmax(distances)] < counts.max() == result.after
    kept = distances[counts == counts.max()].max()
    assert kept == co_membership_distance(result.labels_before, result.labels_after)


@pytest.mark.parametrize("max_evals", [1, 2, 3, 5])
def test_budget_below_the_number_of_pairs(max_evals):
    result = attack(Agglomerative(4), THREE, max_evals=max_evals)
    assert result.n_queries == max_evals


def test_starts_that_coincide_cost_one_question(answers):
    """In a box of one point all starts are the same; both ways are asked."""
    result = attack(Agglomerative(2), TWO, delta=0, max_evals=20)
    assert result.n_queries == 2
    assert result.stopped == "the box holds a single point"


def test_overspending_method_is_stopped():
    def greedy(fun, box, max_evals, seed):
        rng = np.random.default_rng(seed)
        for _ in range(99):
            fun(rng.uniform(*box.T, (7, len(box))))

    result = attack(Agglomerative(2), TWO, method=greedy, max_evals=20)
    # Two starts each way and two batches; the third batch is refused whole.
    assert result.n_queries == len(result.trace) == 18
    assert result.stopped == (
        "the method passed its budget: 7 questions asked, 2 of 20 left"
    )


def test_callable_is_told_what_the_starts_left():
    told = []

    def method(fun, box, max_evals, seed):
        told.append((max_evals, seed))
        fun(np.random.default_rng(0).uniform(*box.T, (max_evals, len(box))))

    result = attack(
        Agglomerative(2), TWO, source=0, method=method, max_evals=20, random_state=7
    )
    assert told == [(15, 7)]
    assert result.n_queries == 20


def test_callable_is_not_called_without_a_budget():
    def method(fun, box, max_evals, seed):
        raise AssertionError

    result = attack(Agglomerative(2), TWO, method=method, max_evals=2)
    assert (result.n_queries, result.stopped) == (2, "budget spent")


def test_interrupt_passes_through():
    def method(fun, box, max_evals, seed):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attack(Agglomerative(2), TWO, method=method)


def test_scikit_learn_victim_gives_the_same_attack():
    ours, theirs = (
        attack(victim, TWO, max_evals=8, source=victim.fit_predict(TWO)[0])
        for victim in (Agglomerative(2), AgglomerativeClustering(2))
    )
    np.testing.assert_array_equal(ours.X_adv, theirs.X_adv)
    np.testing.assert_array_equal(ours.trace, theirs.trace)
    assert theirs.labels_before.dtype == np.int32


def test_noise_is_no_source_and_no_target():
    X = np.concatenate([TWO, [[20.0, 20.0], [-20.0, 9.0]]])
    result = attack(DBSCAN(eps=1.5, min_samples=3), X, max_evals=8)
    assert (result.labels_before == -1).any()
    assert result.details["source"] >= 0
    assert result.details["target"] >= 0
    assert result.after == n_switched(result.labels_before, result.labels_after)


def test_lists_are_data_too():
    result = attack(SINGLE, LINE.tolist(), source=0, delta=2)
    assert result.after == 2


# The victim's own random numbers.


def test_victim_without_a_seed_begins_alike_before_and_after():
    X = np.random.default_rng(0).normal(size=(60, 2))
    victim = KMeans(4, n_init=1)
    first, again = (attack(victim, X, delta=0, max_evals=8) for _ in range(2))
    # Nothing moved, so nothing switches, though a refit with other seeds would.
    assert first.after == 0
    np.testing.assert_array_equal(first.labels_before, again.labels_before)
    assert attack(victim, X, max_evals=4, n_null=10).null.max() > 0
    assert victim.random_state is None


def test_generator_of_the_victim_is_left_alone():
    generator = np.random.RandomState(3)
    victim = KMeans(3, n_init=1, random_state=generator)
    X = np.random.default_rng(0).normal(size=(60, 2))
    expected = clone(victim).fit(X).labels_
    result = attack(victim, X, delta=0, max_evals=4)
    np.testing.assert_array_equal(result.labels_before, expected)
    assert result.after == 0
    assert generator.randint(10**9) == np.random.RandomState(3).randint(10**9)


# Theorem 2.2.2: the attacker's metric is not the victim's.


@pytest.mark.parametrize("n_rows", [1, 3])
def test_distances_differ_by_at_most_the_metric_noise(n_rows, answers):
    noise = 0.3
    result = attack(Agglomerative(2), TWO, metric_noise=noise, n_rows=n_rows)
    for seen, t, questions, _ in answers:
        shift = seen - TWO
        np.testing.assert_allclose(np.linalg.norm(shift, axis=1), noise / 2)
        for rows in questions:
            noisy, true = seen.copy(), TWO.copy()
            # A row carries its own error with it when it moves.
            noisy[t], true[t] = rows, rows - shift[t]
            gaps = [np.linalg.norm(Z[:, None] - Z, axis=2) for Z in (noisy, true)]
            assert 0.0 < np.abs(gaps[0] - gaps[1]).max() <= noise * (1 + 1e-12)
            assert (true[t] >= TWO.min(axis=0) - 1e-12).all()
            assert (true[t] <= TWO.max(axis=0) + 1e-12).all()
    asked = np.concatenate([q - (s - TWO)[t] for s, t, q, _ in answers])
    gaps = np.abs(asked - result.X_adv[result.changed]).max(axis=(1, 2))
    assert gaps.min() < 1e-12


@pytest.mark.parametrize("seed", range(5))
def test_spill_over_outlives_a_little_metric_noise(seed):
    options = {"source": 0, "delta": 2, "random_state": seed}
    result = attack(SINGLE, LINE, metric_noise=0.05, **options)
    assert result.details["search_value"] == result.after == 2


def test_effect_is_measured_with_the_true_metric():
    results = [
        attack(Agglomerative(2), TWO, metric_noise=2.0, random_state=seed)
        for seed in range(5)
    ]
    assert any(r.details["search_value"] != r.after for r in results)
    labels = Agglomerative(2).fit(TWO).labels_
    for result in results:
        np.testing.assert_array_equal(result.labels_before, labels)
        after = Agglomerative(2).fit(result.X_adv).labels_
        assert result.after == n_switched(labels, after)


def test_still_row_does_nothing_under_a_noisy_metric():
    result = attack(Agglomerative(2), TWO, metric_noise=1.0, delta=0, source=0)
    assert result.details["search_value"] == result.after == 0


# The thesis's own data.


def assert_row_of_the_thesis_moves(name, victim):
    data, row = load(name), PRINTED[name].target_row
    source = int(clone(victim).fit(data.X).labels_[row])
    result = attack(victim, data.X, source=source, max_evals=1, method="starts")
    np.testing.assert_array_equal(result.changed, [row])


@pytest.mark.paper
@pytest.mark.parametrize("name", ["digits_1_4", "digits_8_9"])
def test_target_row_on_digits(name):
    assert_row_of_the_thesis_moves(name, Agglomerative(2))


@pytest.mark.data
@pytest.mark.paper
@pytest.mark.parametrize("experiment", [Table22, Section2264, Section2265])
def test_target_row_on_the_other_sets(experiment):
    for name in experiment.datasets:
        victim = experiment().victim(load(name), 0)
        assert_row_of_the_thesis_moves(name, victim)


@pytest.mark.paper
@pytest.mark.parametrize("name", ["digits_1_4", "digits_8_9"])
def test_digits_reach_their_bars(name):
    X, printed = load(name).X, PRINTED[name]
    source = int(Agglomerative(2).fit(X).labels_[printed.target_row])
    results = [
        attack(Agglomerative(2), X, source=source, max_evals=120, random_state=seed)
        for seed in range(5)
    ]
    assert np.median([result.after for result in results]) >= printed.bar
    queries = [result.queries_to(printed.switched) or np.inf for result in results]
    assert np.median(queries) <= printed.within
    for result in results:
        assert result.details["depth"].min() >= result.details["depth_threshold"]
        assert ((result.X_adv >= X.min(axis=0)) & (result.X_adv <= X.max(axis=0))).all()


# Bad input.


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"max_evals": 0}, ValueError, "max_evals=0 should be >= 1"),
        ({"max_evals": -5}, ValueError, "max_evals=-5 should be >= 1"),
        ({"max_evals": 2.5}, TypeError, r"max_evals=2\.5 should be an integer"),
        ({"max_evals": None}, TypeError, "max_evals=None should be an integer"),
        ({"max_evals": "9"}, TypeError, "max_evals='9' should be an integer"),
        ({"n_rows": 0}, ValueError, "n_rows=0 should be >= 1"),
        ({"n_rows": 1.0}, TypeError, r"n_rows=1\.0 should be an integer"),
        ({"n_null": 0}, ValueError, "n_null=0 should be >= 1"),
        ({"n_rows": 20}, ValueError, "n_rows=20 should be < 20, the rows of cluster 0"),
        ({"source": 1, "n_rows": 99}, ValueError, "should be < 20, the rows of clus"),
        ({"method": "newton"}, ValueError, "'newton' should be callable or one of sta"),
        ({"method": None}, ValueError, "method=None should be callable or one of"),
        ({"method": ["rbf"]}, ValueError, r"method=\['rbf'\] should be callable"),
        ({"depth_quantile": 2}, ValueError, r"depth_quantile=2 should be in \[0, 1\]"),
        ({"depth_quantile": -0.1}, ValueError, r"depth_quantile=-0\.1 should be in"),
        ({"depth_quantile": np.nan}, ValueError, "depth_quantile=nan should be in"),
        ({"delta": -1.0}, ValueError, "delta should be >= 0 in each feature"),
        ({"delta": [0.0, -1e-9]}, ValueError, "delta should be >= 0 in each feature"),
        ({"delta": np.nan}, ValueError, "delta should be >= 0 in each feature"),
        ({"delta": [1.0] * 3}, ValueError, r"delta\.shape=\(3,\) should be \(\) or"),
        ({"delta": [[1.0] * 2]}, ValueError, r"delta\.shape=\(1, 2\) should be \(\)"),
        ({"metric_noise": -1.0}, ValueError, r"metric_noise=-1\.0 should be finite"),
        ({"metric_noise": np.inf}, ValueError, "metric_noise=inf should be finite"),
        ({"metric_noise": np.nan}, ValueError, "metric_noise=nan should be finite"),
        ({"source": 2}, ValueError, r"source=2 should be one of \[0, 1\]"),
        ({"source": -1}, ValueError, r"source=-1 should be one of \[0, 1\]"),
        ({"target": 7}, ValueError, r"target=7 should be one of \[0, 1\]"),
        ({"source": 1, "target": 1}, ValueError, "source=1 and target should differ"),
        ({"structured": False}, ValueError, "without structured starts, give source"),
        (
            {"structured": False, "source": 0, "method": "starts"},
            ValueError,
            "method='starts' needs structured=True",
        ),
    ],
)
def test_error_of_a_parameter_comes_before_any_question(
    options, error, message, answers
):
    with pytest.raises(error, match=message):
        attack(Agglomerative(2), TWO, **options)
    assert not answers


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.where(np.eye(40, 2) > 0, np.nan, TWO), r"X\[0, 0\]=nan should be finite"),
        (np.where(np.eye(40, 2) > 0, -np.inf, TWO), r"X\[0, 0\]=-inf should be fini"),
        (TWO[:, 0], r"X\.ndim=1 should be 2"),
        (TWO[None], r"X\.ndim=3 should be 2"),
        (TWO[:, :0], "X has 0 features"),
        ([["a", "b"]], "X should hold numbers"),
        (TWO[:1], "minimum of 2"),
    ],
)
def test_error_of_the_data_comes_before_any_question(X, message, answers):
    with pytest.raises(ValueError, match=message):
        attack(Agglomerative(2), X)
    assert not answers


@pytest.mark.parametrize(
    ("victim", "n_clusters"),
    [
        (DBSCAN(eps=100.0), 1),
        (DBSCAN(eps=1e-9, min_samples=3), 0),
        (Agglomerative(1), 1),
        (KMeans(1, random_state=0), 1),
    ],
)
def test_error_of_too_few_clusters(victim, n_clusters):
    message = f"an attack needs 2 clusters, the victim finds {n_clusters}"
    with pytest.raises(ValueError, match=message):
        attack(victim, TWO)


def test_error_of_a_victim_that_is_none():
    with pytest.raises(TypeError, match="5"):
        attack(5, TWO)


def test_error_of_sources_that_are_all_too_small():
    X = np.array([[0.0], [10.0], [20.0]])
    with pytest.raises(ValueError, match="n_rows=1 should be < 1, the rows of cluster"):
        attack(Agglomerative(3), X)


def test_error_of_a_method_that_asks_nothing():
    def idle(fun, box, max_evals, seed):
        return "idle"

    with pytest.raises(ValueError, match="asked no question"):
        attack(Agglomerative(2), TWO, source=0, structured=False, method=idle)


def test_names_of_the_methods_are_those_of_minimize():
    assert set(spillover.METHODS) == {"rbf", "racos", "cmaes", "imgpo", "random"}
