"""Oracles: every answer is a fresh fit, every question is counted, budgets are hard."""

import joblib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, clone
from sklearn.cluster import DBSCAN, AgglomerativeClustering, Birch
from sklearn.cluster import KMeans as TheirKMeans
from sklearn.preprocessing import StandardScaler

from rfcore.cluster import (
    Agglomerative,
    FairOracle,
    KCenter,
    KMeans,
    KMedian,
    Oracle,
    oracle,
)
from rfcore.cluster.oracle import GenericFairOracle, GenericOracle, takes_groups
from rfcore.errors import BudgetError, InfeasibleError, RfcoreError

METHODS = ("ward", "complete", "average", "single")
FAST = [Agglomerative(3, linkage=method) for method in METHODS]
FAST += [
    KMeans(3, n_init=4, random_state=0),
    KMeans(3, n_init=2, max_iter=2, tol=0.0, random_state=3),
    KMeans(2, init=[[0.0, 0.0], [1.0, 1.0]]),
    KMedian(3, n_init=4, random_state=0),
    KMedian(4, n_init=2, max_iter=1, random_state=3),
]
GENERIC = [
    TheirKMeans(3, n_init=2, random_state=0),
    AgglomerativeClustering(3),
    Birch(threshold=0.4, n_clusters=3),
    DBSCAN(eps=0.7, min_samples=3),
    KCenter(3, n_init=3, random_state=0),
]


def random_rows(n, d, seed):
    return np.random.default_rng(seed).normal(size=(n, d))


def fresh_labels(estimator, X, t, rows):
    changed = X.copy()
    changed[t] = rows
    return clone(estimator).fit(changed).labels_


def assert_equal_to_fresh_fits(asked, estimator, X, t, rows):
    labels = asked.replace_rows(t, rows)
    assert labels.shape == (len(rows), len(X))
    assert labels.dtype == np.int32
    for answer, replacement in zip(labels, rows, strict=True):
        expected = fresh_labels(estimator, X, t, replacement)
        np.testing.assert_array_equal(answer, expected)


class Labelled(BaseEstimator):
    """A clusterer without `fit_predict`: the sign of the first feature."""

    def fit(self, X, y=None):
        self.labels_ = (X[:, 0] > 0).astype(np.int64)
        return self


@pytest.mark.parametrize("estimator", FAST, ids=str)
@pytest.mark.parametrize(
    ("scale", "offset"), [(1e-6, 0.0), (1.0, 0.0), (1e6, 0.0), (1.0, 1e6)]
)
def test_fast_answers_are_fresh_fits(estimator, scale, offset):
    X, rows = random_rows(40, 2, 0), random_rows(24, 2, 1) * 2
    X, rows = X * scale + offset, rows * scale + offset
    asked = oracle(estimator, X)
    np.testing.assert_array_equal(asked.labels_, clone(estimator).fit(X).labels_)
    assert_equal_to_fresh_fits(asked, estimator, X, [7], rows[:, None])
    assert_equal_to_fresh_fits(asked, estimator, X, [3, 30, 9], rows.reshape(8, 3, 2))


@st.composite
def questions(draw):
    seed, step = draw(st.integers(0, 10**6)), draw(st.sampled_from([None, 1.0, 0.1]))
    rng = np.random.default_rng(seed)
    n, s = int(rng.integers(5, 25)), int(rng.integers(1, 4))
    X, rows = rng.normal(size=(n, 2)), rng.normal(size=(5, s, 2)) * 2
    if step is not None:
        X, rows = np.round(X * 2 / step) * step, np.round(rows / step) * step
    rows[0], rows[1] = X[:s], X[-1] * 1e3
    return X, rng.permutation(n)[:s], rows


@given(questions(), st.sampled_from(METHODS), st.integers(1, 5))
def test_agglomerative_answers_are_fresh_fits(question, method, n_clusters):
    estimator = Agglomerative(n_clusters, linkage=method)
    assert_equal_to_fresh_fits(oracle(estimator, question[0]), estimator, *question)


@given(questions(), st.integers(1, 3), st.integers(0, 9))
@pytest.mark.filterwarnings("ignore:.* distinct clusters found")
def test_kmeans_answers_are_fresh_fits(question, n_clusters, seed):
    estimator = KMeans(n_clusters, n_init=2, random_state=seed)
    assert_equal_to_fresh_fits(oracle(estimator, question[0]), estimator, *question)


@given(questions(), st.integers(1, 4), st.integers(0, 9))
@pytest.mark.filterwarnings("ignore:.* distinct clusters found")
def test_kmedian_answers_are_fresh_fits(question, n_clusters, seed):
    estimator = KMedian(n_clusters, n_init=2, random_state=seed)
    assert_equal_to_fresh_fits(oracle(estimator, question[0]), estimator, *question)


class Sided(BaseEstimator):
    """A fair clusterer: the sign of the first feature less the mean of the group."""

    def fit(self, X, y=None, *, groups):
        if len(set(groups)) > 3:
            raise InfeasibleError("more than 3 groups")
        means = {g: X[groups == g, 0].mean() for g in set(groups)}
        self.labels_ = np.array(
            [x > means[g] for x, g in zip(X[:, 0], groups, strict=True)]
        )
        return self


@pytest.mark.parametrize("estimator", GENERIC, ids=lambda e: type(e).__name__)
def test_generic_answers_are_fresh_fits(estimator):
    X, rows = random_rows(40, 2, 2), random_rows(4, 2, 3)[:, None]
    asked = GenericOracle(estimator, X, n_jobs=1)
    np.testing.assert_array_equal(asked.labels_, clone(estimator).fit(X).labels_)
    assert_equal_to_fresh_fits(asked, estimator, X, [5], rows)
    assert_equal_to_fresh_fits(asked, estimator, X, [5, 0], rows.reshape(2, 2, 2))


def test_generic_answers_in_parallel_keep_their_order():
    X, rows = random_rows(30, 2, 4), random_rows(7, 2, 5)[:, None]
    asked = GenericOracle(DBSCAN(eps=0.7, min_samples=3), X, n_jobs=3)
    with joblib.parallel_config("threading"):
        assert_equal_to_fresh_fits(asked, asked.estimator, X, [5], rows)


def test_any_clusterer_gets_a_generic_oracle():
    X = random_rows(9, 2, 6)
    asked = oracle(Labelled(), X, max_queries=5)
    assert type(asked) is GenericOracle
    assert asked.max_queries == 5
    np.testing.assert_array_equal(asked.labels_, X[:, 0] > 0)
    assert asked.replace_row(0, [[-5.0, 0.0], [5.0, 0.0]])[:, 0].tolist() == [0, 1]


def test_whoever_takes_groups_is_fair():
    assert takes_groups(Sided())
    for estimator in (Labelled(), *FAST, *GENERIC):
        assert not takes_groups(estimator)


@pytest.mark.parametrize("b", [0, 1, 5])
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_any_fair_clusterer_gets_a_generic_fair_oracle(b, n_jobs):
    X = random_rows(20, 2, 44)
    groups = np.random.default_rng(45).integers(0, 3, (b, 20))
    asked = oracle(Sided(), X, max_queries=7)
    assert type(asked) is GenericFairOracle
    asked.n_jobs = n_jobs
    with joblib.parallel_config("threading"):
        labels = asked.regroup(groups)
    assert labels.shape == (b, 20)
    assert labels.dtype == np.int32
    for answer, own in zip(labels, groups, strict=True):
        np.testing.assert_array_equal(answer, Sided().fit(X, groups=own).labels_)
    assert asked.labels_ is None
    assert asked.n_queries == b


def test_error_a_generic_fair_oracle_has_a_hard_budget():
    groups = np.tile([0, 1], (3, 4))
    asked = oracle(Sided(), random_rows(8, 2, 46), max_queries=4)
    asked.regroup(groups)
    with pytest.raises(BudgetError, match="2 questions asked, 1 of 4 left"):
        asked.regroup(groups[:2])
    with pytest.raises(TypeError, match="a fair oracle answers regroup"):
        asked.replace_row(0, [[0.0, 0.0]])
    if asked.n_queries != 3:
        pytest.fail(f"n_queries={asked.n_queries} should be 3")
    asked.regroup(groups[:1])
    assert asked.n_queries == 4


def test_error_questions_without_an_answer_are_not_counted():
    asked = oracle(Sided(), random_rows(8, 2, 47))
    asked.n_jobs = 1
    with pytest.raises(InfeasibleError, match="more than 3 groups"):
        asked.regroup([[0, 1] * 4, [*range(8)]])
    with pytest.raises(ValueError, match=r"groups.shape\[-1\]=2 should be 8"):
        asked.regroup([[0, 1]])
    if asked.n_queries:
        pytest.fail(f"n_queries={asked.n_queries} should be 0")


def test_kernels_get_at_most_64_groupings_at_once():
    sizes = []

    class Counting(FairOracle):
        def _regroup(self, groups):
            sizes.append(len(groups))
            return np.full(groups.shape, len(sizes))

    answers = Counting(random_rows(4, 2, 48)).regroup(np.zeros((150, 4), dtype=int))
    assert sizes == [64, 64, 22]
    assert answers[:, 0].tolist() == [1] * 64 + [2] * 64 + [3] * 22


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (Agglomerative(3), AgglomerativeClustering(3)),
        (
            KMeans(2, init=[[0.0, 0.0], [1.0, 1.0]]),
            TheirKMeans(2, init=np.array([[0.0, 0.0], [1.0, 1.0]]), n_init=1),
        ),
    ],
)
def test_the_fast_and_the_generic_oracle_agree(ours, theirs):
    X, rows = random_rows(50, 2, 7), random_rows(20, 2, 8)
    fast = oracle(ours, X).replace_row(4, rows)
    generic = GenericOracle(theirs, X, n_jobs=1).replace_row(4, rows)
    together = [labels[:, :, None] == labels[:, None] for labels in (fast, generic)]
    np.testing.assert_array_equal(*together)


@pytest.mark.parametrize("estimator", [FAST[0], FAST[4], Labelled()], ids=str)
def test_one_row_is_several_rows_with_one(estimator):
    X, rows = random_rows(20, 2, 9), random_rows(6, 2, 10)
    asked = oracle(estimator, X)
    one = asked.replace_row(3, rows)
    np.testing.assert_array_equal(one, asked.replace_rows([3], rows[:, None]))
    np.testing.assert_array_equal(one, asked.replace_rows(3, rows[:, None].tolist()))
    assert asked.n_queries == 18


@pytest.mark.parametrize("estimator", [FAST[0], FAST[4], Labelled()], ids=str)
def test_questions_do_not_change_later_answers(estimator):
    X, rows = random_rows(30, 2, 11), random_rows(9, 2, 12)
    asked = oracle(estimator, X)
    before = asked.X.copy(), asked.labels_.copy()
    first = asked.replace_row(8, rows)
    asked.replace_row(2, rows + 5)
    asked.replace_rows([8, 1], np.stack([rows, -rows], axis=1))
    np.testing.assert_array_equal(asked.replace_row(8, rows), first)
    np.testing.assert_array_equal(asked.X, before[0])
    np.testing.assert_array_equal(asked.labels_, before[1])


@pytest.mark.parametrize("estimator", FAST, ids=str)
def test_one_oracle_answers_about_one_row_after_another(estimator):
    X, rows = random_rows(30, 2, 41), random_rows(4, 2, 43)[:, None]
    asked = oracle(estimator, X)
    for t in (0, 29, 7, 0, 7):
        assert_equal_to_fresh_fits(asked, estimator, X, [t], rows)


@pytest.mark.parametrize("estimator", [FAST[0], FAST[4], Labelled()], ids=str)
def test_order_and_size_of_batches_do_not_matter(estimator):
    X, rows = random_rows(25, 2, 13), random_rows(150, 2, 14)
    asked = oracle(estimator, X)
    answers = asked.replace_row(6, rows)
    np.testing.assert_array_equal(asked.replace_row(6, rows[::-1]), answers[::-1])
    np.testing.assert_array_equal(asked.replace_row(6, rows[63:66]), answers[63:66])


def test_kernels_get_at_most_64_questions_at_once():
    """Python hears Ctrl-C between the batches."""
    X, sizes = random_rows(12, 2, 15), []

    class Counting(Oracle):
        def _replace_rows(self, t, rows):
            sizes.append(len(rows))
            return np.full((len(rows), len(self.X)), len(sizes))

    answers = Counting(X, np.zeros(12)).replace_row(0, random_rows(150, 2, 16))
    assert sizes == [64, 64, 22]
    assert answers[:, 0].tolist() == [1] * 64 + [2] * 64 + [3] * 22


@pytest.mark.parametrize("estimator", [FAST[0], FAST[4]], ids=str)
def test_the_same_answers_for_any_number_of_threads(same_bits, estimator):
    X, rows = random_rows(60, 2, 17), random_rows(40, 2, 18)
    same_bits(lambda: [oracle(estimator, X).replace_row(1, rows)])


def test_rebuilt_dendrograms_are_counted():
    X, rows = random_rows(40, 2, 19), random_rows(10, 2, 20)
    asked = oracle(Agglomerative(2), X)
    asked.replace_row(4, rows)
    assert asked.n_rebuilt == 0
    asked.replace_row(4, X[[9]])  # ties with row 9: rounding would decide
    assert asked.n_rebuilt <= 1
    rebuilt = asked.n_rebuilt
    asked.replace_rows([4, 5], rows.reshape(5, 2, 2))
    assert asked.n_rebuilt == rebuilt + 5
    tied = oracle(Agglomerative(2), np.indices((4, 4)).reshape(2, -1).T.astype(float))
    tied.replace_row(0, rows)
    assert tied.n_rebuilt == 10


def test_uniforms_are_drawn_once_without_a_seed():
    X, rows = random_rows(60, 2, 21), random_rows(5, 2, 22)
    asked = oracle(KMeans(8, n_init=1), X)
    np.testing.assert_array_equal(
        asked.replace_row(0, rows), asked.replace_row(0, rows)
    )
    np.testing.assert_array_equal(asked.replace_row(3, X[[3]])[0], asked.labels_)


def test_float32_data_and_float64_data_give_the_same_answers():
    X, rows = random_rows(40, 3, 23).astype(np.float32), random_rows(6, 3, 24)
    for estimator in (Agglomerative(3), KMeans(3, random_state=0)):
        narrow, wide = oracle(estimator, X), oracle(estimator, X.astype(np.float64))
        np.testing.assert_array_equal(
            narrow.replace_row(2, rows), wide.replace_row(2, rows)
        )


@pytest.mark.parametrize("estimator", [Agglomerative(2), KMeans(2, random_state=0)])
def test_the_estimator_is_left_as_it_was(estimator):
    """A fitted estimator still predicts after an oracle of other data was made."""
    fitted = clone(estimator).fit(random_rows(9, 2, 25))
    before = dict(vars(fitted))
    oracle(fitted, random_rows(12, 5, 26)).replace_row(0, np.zeros((1, 5)))
    assert vars(fitted).keys() == before.keys()
    assert fitted.n_features_in_ == 2
    unfitted = clone(estimator)
    oracle(unfitted, random_rows(12, 5, 26))
    assert not hasattr(unfitted, "n_features_in_")


@pytest.mark.parametrize("estimator", [Agglomerative(2), KMeans(2, random_state=0)])
def test_data_that_the_caller_changes_later_do_not_change_answers(estimator):
    X, rows = random_rows(20, 2, 27), random_rows(5, 2, 28)
    asked = oracle(estimator, X)
    expected = oracle(estimator, X.copy()).replace_row(0, rows)
    X += 100.0 * random_rows(20, 2, 29)
    np.testing.assert_array_equal(asked.replace_row(0, rows), expected)


def test_two_rows_alone():
    asked = oracle(Agglomerative(2), [[0.0], [1.0]])
    assert asked.replace_row(1, [[0.0], [9.0]]).tolist() == [[0, 1], [0, 1]]
    assert oracle(KMeans(1), [[0.0]]).replace_row(0, [[5.0]]).tolist() == [[0]]


def test_no_questions():
    asked = oracle(Agglomerative(2), random_rows(6, 2, 30), max_queries=1)
    assert asked.replace_row(0, np.empty((0, 2))).shape == (0, 6)
    assert asked.n_queries == 0


def test_the_budget_can_be_used_up_exactly():
    asked = oracle(Agglomerative(2), random_rows(6, 2, 31), max_queries=5)
    asked.replace_row(0, np.zeros((3, 2)))
    asked.replace_rows([1, 2], np.zeros((2, 2, 2)))
    assert asked.n_queries == asked.max_queries == 5


def test_no_budget_is_unlimited():
    asked = oracle(Agglomerative(2), random_rows(6, 2, 32))
    asked.replace_row(0, np.zeros((100, 2)))
    assert asked.max_queries is None
    assert asked.n_queries == 100


@pytest.mark.parametrize("estimator", [FAST[0], FAST[4], Labelled()], ids=str)
def test_error_beyond_the_budget_answers_and_counts_nothing(estimator):
    asked = oracle(estimator, random_rows(8, 2, 33), max_queries=4)
    asked.replace_row(0, np.zeros((3, 2)))
    with pytest.raises(BudgetError, match="2 questions asked, 1 of 4 left") as raised:
        asked.replace_row(0, np.zeros((2, 2)))
    assert isinstance(raised.value, RfcoreError)
    if asked.n_queries != 3:
        pytest.fail(f"n_queries={asked.n_queries} should be 3")
    asked.replace_row(0, np.zeros((1, 2)))
    with pytest.raises(BudgetError, match="1 questions asked, 0 of 4 left"):
        asked.replace_row(0, np.zeros((1, 2)))


@pytest.mark.parametrize("estimator", [FAST[0], FAST[4], Labelled()], ids=str)
@pytest.mark.parametrize(
    ("t", "rows", "message"),
    [
        (8, [[[0.0, 0.0]]], r"t=8 should be in \[0, 8\)"),
        (-1, [[[0.0, 0.0]]], r"t=-1 should be in \[0, 8\)"),
        ([1, 1], np.zeros((1, 2, 2)), "should name different rows"),
        ([], np.zeros((1, 0, 2)), "should hold one or more row numbers"),
        ([0, 1], np.zeros((1, 1, 2)), r"rows.shape\[1\]=1 should be 2"),
        (0, np.zeros((1, 1, 3)), r"rows.shape\[-1\]=3 should be 2"),
        (0, np.zeros((1, 2)), "rows.ndim=2 should be 3"),
        (0, [[[0.0, np.nan]]], r"rows\[0, 0, 1\]=nan should be finite"),
    ],
)
def test_error_questions_are_not_counted(estimator, t, rows, message):
    asked = oracle(estimator, random_rows(8, 2, 34))
    with pytest.raises(ValueError, match=message):
        asked.replace_rows(t, rows)
    if asked.n_queries:
        pytest.fail(f"n_queries={asked.n_queries} should be 0")


def test_error_one_row_questions():
    asked = oracle(Agglomerative(2), random_rows(5, 2, 35))
    with pytest.raises(ValueError, match=r"rows.ndim=1 should be 2"):
        asked.replace_row(0, [0.0, 1.0])
    with pytest.raises(ValueError, match=r"t=.* should hold one or more row numbers"):
        asked.replace_row([0, 1], [[0.0, 1.0]])


@pytest.mark.parametrize("max_queries", [0, -3])
def test_error_budget(max_queries):
    with pytest.raises(ValueError, match=f"max_queries={max_queries} should be >= 1"):
        oracle(Agglomerative(2), random_rows(5, 2, 36), max_queries=max_queries)


@pytest.mark.parametrize("thing", [object(), StandardScaler(), None])
def test_error_what_cannot_cluster(thing):
    with pytest.raises(TypeError, match="cannot cluster"):
        oracle(thing, random_rows(5, 2, 37))


@pytest.mark.parametrize("estimator", [FAST[0], FAST[4], Labelled()], ids=str)
@pytest.mark.parametrize("X", [[1.0, 2.0], [[1.0], [np.nan]], np.empty((0, 2))])
def test_error_data(estimator, X):
    with pytest.raises(ValueError, match=r"X|NaN|1D|minimum"):
        oracle(estimator, X)


def test_error_parameters_are_those_of_fit():
    with pytest.raises(ValueError, match="n_samples=4 should be >= n_clusters=9"):
        oracle(Agglomerative(9), random_rows(4, 2, 38))
    with pytest.raises(ValueError, match="linkage='mean' should be one of"):
        oracle(Agglomerative(2, linkage="mean"), random_rows(4, 2, 39))
    with pytest.raises(ValueError, match="n_init=0 should be >= 1"):
        oracle(KMeans(2, n_init=0), random_rows(4, 2, 40))
