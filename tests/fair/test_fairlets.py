"""Fairlets as clusterers: their guarantee, their answers, the thesis's numbers."""

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import _num_samples

from rfcore.cluster import oracle
from rfcore.datasets import load
from rfcore.errors import BudgetError, InfeasibleError
from rfcore.fair import FairSpectral, ScalableFairlets
from rfcore.metrics import accuracy, balance, group_entropy, nmi

ASSIGNMENTS = ("fairlet", "nearest")
RATIOS = [(1, 1), (1, 2), (2, 5), (3, 4), (1, 5)]
PLACES = [(1e-6, 0.0), (1e6, 0.0), (1.0, 1e6)]


class OfParity(ScalableFairlets):
    """A clusterer as scikit-learn knows them: odd and even rows are the groups."""

    def __init__(
        self, n_clusters=1, *, p=1, q=5, assignment="fairlet", random_state=None
    ):
        super().__init__(
            n_clusters, p=p, q=q, assignment=assignment, random_state=random_state
        )

    def fit(self, X, y=None):
        return super().fit(X, groups=np.arange(_num_samples(X)) % 2)


def problem(n, seed, *, share=0.5, d=2):
    """Normal rows, and two groups of which the first has about a share."""
    rng = np.random.default_rng(seed)
    groups = (rng.permutation(n) >= round(n * share)).astype(int)
    return rng.normal(size=(n, d)), groups


@parametrize_with_checks([OfParity(2), OfParity(2, assignment="nearest")])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@st.composite
def questions(draw):
    """Rows, perhaps with duplicates, and groups that are at least p / q balanced."""
    p, q = draw(st.sampled_from(RATIOS))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    n = 2 * int(rng.integers(2, 40))
    least = -(-n * p // (p + q))
    X, groups = problem(n, rng, share=rng.integers(least, n - least + 1) / n)
    if draw(st.booleans()):
        X = np.round(X)
    return X, groups, p, q, max(1, n // (2 * (p + q)))


@given(questions(), st.sampled_from(ASSIGNMENTS), st.integers(0, 9))
def test_every_cluster_is_as_balanced_as_asked(question, assignment, seed):
    X, groups, p, q, k = question
    fair = ScalableFairlets(k, p=p, q=q, assignment=assignment, random_state=seed)
    fair.fit(X, groups=groups)
    for fairlet in range(fair.n_fairlets_):
        counts = np.bincount(groups[fair.fairlets_ == fairlet], minlength=2)
        assert counts.sum() <= p + q
        assert counts.min() * q >= counts.max() * p
    if assignment == "nearest":
        sq = oracles.sq_distances(X, fair.cluster_centers_)
        np.testing.assert_array_equal(fair.labels_, sq.argmin(axis=1))
        return
    assert np.unique(fair.labels_).tolist() == list(range(k))
    for c in range(k):
        counts = np.bincount(groups[fair.labels_ == c], minlength=2)
        assert counts.min() * q >= counts.max() * p
    pairs = np.unique(np.stack([fair.fairlets_, fair.labels_]), axis=1)
    assert pairs[0].tolist() == list(range(fair.n_fairlets_))


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_a_fit_is_the_algorithm_in_plain_python(assignment):
    """The same numbers are drawn: shifts of the tree, then the seeds of k-median."""
    X, groups = problem(60, 0, share=0.4)
    X *= [1.0, 1e-2]
    fair = ScalableFairlets(4, p=2, q=5, assignment=assignment, random_state=7)
    fair.fit(X, groups=groups)
    rng = np.random.RandomState(7)
    tree = oracles.quadtree(X, rng.random_sample(2))
    made = oracles.fairlets(tree, groups.tolist(), 2, 5)
    centers = [oracles.fairlet_center(X, members) for members in made]
    D = np.sqrt(oracles.sq_distances(X[centers], X[centers]))
    chosen = oracles.swap_descent(D, rng.random_sample(4))
    cost, clusters = oracles.medoid_cost(D, chosen)
    medoids = np.array(centers)[chosen]
    assert fair.n_fairlets_ == len(made)
    np.testing.assert_array_equal(fair.medoid_indices_, medoids)
    np.testing.assert_array_equal(fair.cluster_centers_, X[medoids])
    assert fair.cost_ == pytest.approx(cost, rel=1e-12)
    for number, members in enumerate(made):
        assert (fair.fairlets_[members] == number).all()
    labels = clusters[fair.fairlets_]
    if assignment == "nearest":
        labels = oracles.nearest(X, X[medoids])[0]
    np.testing.assert_array_equal(fair.labels_, labels)


def test_ties_of_nearest_centers_go_to_the_lowest():
    X = np.array([[0.0], [0.0], [4.0], [4.0], [2.0], [2.0]])
    for seed in range(4):
        fair = ScalableFairlets(2, q=1, assignment="nearest", random_state=seed)
        fair.fit(X, groups=[0, 1] * 3)
        near = np.abs(X - fair.cluster_centers_.T)
        np.testing.assert_array_equal(fair.labels_, near.argmin(axis=1))


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_answers_are_fresh_fits(assignment):
    X, groups = problem(50, 1)
    rng = np.random.default_rng(2)
    candidates = np.array([rng.permutation(groups) for _ in range(70)])
    candidates[3, np.flatnonzero(candidates[3])[:9]] = 0
    estimator = ScalableFairlets(4, p=2, q=5, assignment=assignment, random_state=5)
    asked = oracle(estimator, X, max_queries=73)
    labels = asked.regroup(candidates)
    assert labels.shape == (70, 50)
    assert labels.dtype == np.int32
    for answer, own in zip(labels, candidates, strict=True):
        fitted = clone(estimator).fit(X, groups=own)
        np.testing.assert_array_equal(answer, fitted.labels_)
    np.testing.assert_array_equal(asked.regroup(candidates[8:6:-1]), labels[8:6:-1])
    names = np.array(["x", "y"])[candidates[:1]]
    np.testing.assert_array_equal(asked.regroup(names), labels[:1])
    assert asked.regroup(np.empty((0, 50), dtype=int)).shape == (0, 50)
    assert asked.n_queries == 73
    with pytest.raises(BudgetError, match="1 questions asked, 0 of 73 left"):
        asked.regroup(candidates[:1])


def test_an_oracle_without_a_seed_repeats_itself():
    X, groups = problem(60, 3)
    first, second = oracle(ScalableFairlets(5), X).regroup([groups, groups])
    np.testing.assert_array_equal(first, second)


def test_the_same_answers_for_any_number_of_threads(same_bits):
    X, groups = problem(80, 4)
    candidates = [np.roll(groups, i) for i in range(9)]
    estimator = ScalableFairlets(5, p=2, q=3, random_state=0)
    same_bits(lambda: [oracle(estimator, X).regroup(candidates)])


def test_names_of_groups_do_not_matter():
    X, groups = problem(40, 5)
    plain = ScalableFairlets(3, random_state=0).fit(X, groups=groups)
    for names in (["a", "b"], [-7, 900], [False, True], [0.25, 0.5]):
        named = ScalableFairlets(3, random_state=0)
        named.fit(X, groups=np.array(names)[groups])
        np.testing.assert_array_equal(named.labels_, plain.labels_)
        assert named.groups_.tolist() == names


@pytest.mark.parametrize(("scale", "offset"), PLACES)
def test_scales_and_offsets(scale, offset):
    X, groups = problem(50, 6)
    X = np.round(X * 1024) / 1024
    expected = ScalableFairlets(4, random_state=0).fit(X, groups=groups)
    fitted = ScalableFairlets(4, random_state=0).fit(X * scale + offset, groups=groups)
    np.testing.assert_array_equal(fitted.labels_, expected.labels_)
    np.testing.assert_array_equal(fitted.fairlets_, expected.fairlets_)
    assert fitted.cost_ == pytest.approx(expected.cost_ * scale, rel=1e-9)


def test_equal_rows_and_a_cluster_for_each_fairlet():
    equal = ScalableFairlets(2, random_state=0).fit(np.ones((6, 2)), groups=[0, 1] * 3)
    assert equal.n_fairlets_ == 3
    assert equal.cost_ == 0.0
    X, groups = problem(12, 7)
    whole = ScalableFairlets(6, q=1, random_state=0).fit(X, groups=groups)
    assert whole.n_fairlets_ == 6
    assert np.bincount(whole.labels_).tolist() == [2] * 6
    assert whole.cost_ == 0.0


def test_attributes_and_inputs_left_alone():
    X, groups = problem(40, 8)
    X.flags.writeable = groups.flags.writeable = False
    fitted = ScalableFairlets(3, random_state=0).fit(X, groups=groups)
    assert fitted.labels_.dtype == np.int32
    assert fitted.fairlets_.dtype == fitted.medoid_indices_.dtype == np.int64
    assert fitted.cluster_centers_.shape == (3, 2)
    assert fitted.n_features_in_ == 2
    assert isinstance(fitted.n_fairlets_, int)
    again = fitted.fit_predict(X, groups=groups)
    np.testing.assert_array_equal(fitted.labels_, again)


def test_error_one_group_and_three_groups():
    X = np.arange(6.0)[:, None]
    for groups, n in ([0] * 6, 1), ([0, 1, 2] * 2, 3):
        message = rf"groups\[0\] has {n} groups: .*FairAssignmentLP takes any number"
        with pytest.raises(ValueError, match=message):
            ScalableFairlets(2).fit(X, groups=groups)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_clusters": 0}, "n_clusters=0 should be >= 1"),
        ({"n_clusters": 7}, "n_samples=6 should be >= n_clusters=7"),
        ({"p": 0}, "p=0 should be >= 1"),
        ({"q": 0}, "q=0 should be >= 1"),
        ({"p": 3, "q": 2}, "p=3 should be <= q=2"),
        ({"p": 2, "q": 4}, "p=2 and q=4 should have no common divisor: 2 divides both"),
        ({"assignment": "best"}, "assignment='best' should be 'fairlet' or 'nearest'"),
    ],
)
def test_error_parameters(parameters, message):
    X, estimator = np.arange(6.0)[:, None], {"n_clusters": 2} | parameters
    with pytest.raises(ValueError, match=message):
        ScalableFairlets(**estimator).fit(X, groups=[0, 1] * 3)
    with pytest.raises(ValueError, match=message):
        oracle(ScalableFairlets(**estimator), X)


@pytest.mark.parametrize("name", ["n_clusters", "p", "q"])
def test_error_counts_that_are_no_integers(name):
    parameters = {"n_clusters": 2} | {name: 1.5}
    with pytest.raises(TypeError, match=f"{name}=1.5 should be an integer"):
        ScalableFairlets(**parameters).fit(np.zeros((4, 1)), groups=[0, 1, 0, 1])


@pytest.mark.parametrize(
    ("X", "groups", "message"),
    [
        ([[0.0]], [0], "n_samples=1 should be >= 2: a row of each group"),
        ([[0.0], [np.nan]], [0, 1], "NaN"),
        ([[0.0], [1.0]], [0, 1, 0], r"groups.shape\[-1\]=3 should be 2"),
        ([[0.0], [1.0]], [0.0, np.nan], "groups holds 1 missing value"),
        ([[0.0], [1e200]], [0, 1], "too large"),
    ],
)
def test_error_data(X, groups, message):
    with pytest.raises(ValueError, match=message):
        ScalableFairlets(1).fit(X, groups=groups)
    with pytest.raises(TypeError, match="groups"):
        ScalableFairlets(1).fit(X)


def test_error_too_unbalanced():
    X = np.arange(8.0)[:, None]
    message = r"groups\[0\] has 2 and 6 rows, a balance of 0.333: below p / q = 0.5"
    with pytest.raises(InfeasibleError, match=message):
        ScalableFairlets(1, q=2).fit(X, groups=[0, 1, 1, 1] * 2)
    ScalableFairlets(1, q=3).fit(X, groups=[0, 1, 1, 1] * 2)


def test_error_more_clusters_than_fairlets():
    X = np.arange(12.0)[:, None]
    message = r"groups\[0\] make 2 fairlets, should make >= n_clusters=3"
    with pytest.raises(InfeasibleError, match=message):
        ScalableFairlets(3).fit(X, groups=[0, 1, 1, 1, 1, 1] * 2)
    ScalableFairlets(2).fit(X, groups=[0, 1, 1, 1, 1, 1] * 2)


@pytest.mark.parametrize(
    ("groups", "error", "message"),
    [
        ([0, 1, 1, 1, 1, 1] * 2, InfeasibleError, r"groups\[66\] make 2 fairlets"),
        ([0] + [1] * 11, InfeasibleError, r"groups\[66\] has 1 and 11 rows"),
        ([0, 1, 2] * 4, ValueError, r"groups\[66\] has 3 groups"),
        ([1] * 12, ValueError, r"groups\[66\] has 1 groups"),
    ],
)
def test_error_questions_are_named_and_not_counted(groups, error, message):
    asked = oracle(ScalableFairlets(3, random_state=0), np.arange(12.0)[:, None])
    batch = np.tile([0, 1], (67, 6))
    batch[66] = groups
    with pytest.raises(error, match=message):
        asked.regroup(batch)
    if asked.n_queries:
        pytest.fail(f"n_queries={asked.n_queries} should be 0")
    asked.regroup(batch[:3])
    assert asked.n_queries == 3


def test_error_groups_that_do_not_fit_the_oracle():
    asked = oracle(ScalableFairlets(2), np.arange(4.0)[:, None])
    with pytest.raises(ValueError, match=r"groups.shape\[-1\]=3 should be 4"):
        asked.regroup([[0, 1, 0]])
    with pytest.raises(ValueError, match=r"groups.ndim=1 should be 2"):
        asked.regroup([0, 1, 0, 1])
    with pytest.raises(TypeError, match="a fair oracle answers regroup"):
        asked.replace_row(0, [[1.0]])
    assert asked.n_queries == 0


def measured(estimator, seeds):
    """Balance, entropy, NMI and accuracy over the evaluated rows, means over seeds."""
    data = load("inverted_digits", download=False)
    rows = data.extras["evaluated"]
    y, groups = data.y[rows], data.groups[rows]
    asked = []
    for seed in seeds:
        estimator.set_params(random_state=seed)
        labels = estimator.fit(data.X, groups=data.groups).labels_[rows]
        asked.append(
            [
                balance(labels, groups),
                group_entropy(labels, groups),
                nmi(y, labels),
                accuracy(y, labels),
            ]
        )
    return np.mean(asked, axis=0)


@pytest.mark.data
@pytest.mark.paper
def test_printed_numbers_of_fairlets():
    """Inverted digits before the attack; the thesis assigns to the nearest medoid."""
    estimator = ScalableFairlets(10, p=1, q=5, assignment="nearest")
    own_balance, _, own_nmi, own_accuracy = measured(estimator, range(3))
    assert own_balance == pytest.approx(0.021, abs=0.01)
    assert own_nmi == pytest.approx(0.281, abs=0.02)
    assert own_accuracy == pytest.approx(0.395, abs=0.03)


@pytest.mark.data
@pytest.mark.paper
def test_printed_numbers_of_fair_spectral_clustering():
    """Inverted digits before the attack; k-means has two optima, hence ten seeds."""
    own_balance, entropy, own_nmi, own_accuracy = measured(FairSpectral(10), range(10))
    assert own_balance == 0.0
    assert entropy == pytest.approx(0.345, abs=0.01)
    assert own_nmi == pytest.approx(0.571, abs=0.01)
    assert own_accuracy == pytest.approx(0.317, abs=0.01)
