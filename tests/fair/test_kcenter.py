"""Fair k-center beside a linear program over single rows and the plain traversal."""

import itertools

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import _num_samples

from rfcore.cluster import oracle
from rfcore.errors import BudgetError, ConvergenceError, InfeasibleError
from rfcore.fair import FairKCenter, radii

PLACES = [(1e-6, 0.0), (1.0, 0.0), (1e6, 0.0), (1.0, 1e6)]


class OfParity(FairKCenter):
    """A clusterer as scikit-learn knows them: odd and even rows are the groups."""

    def __init__(self, n_clusters=2, *, delta=0.1, bounds=None, random_state=None):
        super().__init__(
            n_clusters, delta=delta, bounds=bounds, random_state=random_state
        )

    def fit(self, X, y=None):
        return super().fit(X, groups=np.arange(_num_samples(X)) % 2)


def problem(n, n_groups, seed, *, d=2):
    """Rows whose group depends on where they lie; each group occurs."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    near = np.argsort(np.argsort(X[:, 0])) * n_groups // n
    groups = np.where(rng.random(n) < 0.7, near, rng.integers(n_groups, size=n))
    groups[rng.permutation(n)[:n_groups]] = np.arange(n_groups)
    return X, groups


def gaps(X, fitted):
    return np.linalg.norm(X - fitted.cluster_centers_[fitted.labels_], axis=1)


@parametrize_with_checks([OfParity()])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def test_a_case_by_hand():
    """Halves exactly: rows 1 and 2 must change sides, 9 away; nothing else is fair."""
    X, groups = [[0.0], [1.0], [9.0], [10.0]], ["b", "b", "a", "a"]
    for seed in range(6):
        fitted = FairKCenter(2, delta=0.0, random_state=seed).fit(X, groups=groups)
        if set(fitted.center_indices_) == {0, 3}:
            break
    assert set(fitted.center_indices_) == {0, 3}
    assert fitted.groups_.tolist() == ["a", "b"]
    assert fitted.bounds_.tolist() == [[0.5, 0.5], [0.5, 0.5]]
    assert fitted.radius_ == 9.0
    assert fitted.lower_bound_ == 3.0
    own = fitted.center_indices_[fitted.labels_]
    assert own.tolist() == [0, 3, 0, 3]
    assert fitted.violation_ == 0.0
    assert fitted.n_clusters_used_ == 2
    assert fitted.n_lps_ >= 2


def test_fair_nearest_centers_are_the_answer():
    X, groups = [[0.0], [1.0], [9.0], [10.0]], [0, 1, 0, 1]
    fitted = FairKCenter(2, random_state=0).fit(X, groups=groups)
    assert fitted.radius_ == 1.0
    assert fitted.lower_bound_ == 0.5
    assert fitted.n_lps_ == 0
    np.testing.assert_array_equal(gaps(np.array(X), fitted) <= 1.0, True)


@pytest.mark.parametrize("n_groups", [2, 3, 5])
@pytest.mark.parametrize("delta", [0.0, 0.1, 0.4])
def test_the_radius_is_the_least(n_groups, delta):
    for seed in range(4):
        X, groups = problem(14, n_groups, seed)
        fitted = FairKCenter(3, delta=delta, random_state=seed).fit(X, groups=groups)
        bounds = oracles.share_bounds(groups, delta)
        np.testing.assert_allclose(fitted.bounds_, bounds, rtol=1e-14)
        expected = oracles.fair_radius(X, fitted.cluster_centers_, groups, bounds)
        assert fitted.radius_ == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_the_radius_is_the_least_under_given_bounds(seed):
    X, groups = problem(15, 3, seed)
    shares = np.bincount(groups) / len(groups)
    bounds = np.stack([shares * [0.0, 0.5, 0.95], [0.8, 1.0, 0.9]], axis=1)
    fitted = FairKCenter(3, bounds=bounds, random_state=seed).fit(X, groups=groups)
    np.testing.assert_array_equal(fitted.bounds_, bounds)
    expected = oracles.fair_radius(X, fitted.cluster_centers_, groups, bounds)
    assert fitted.radius_ == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("way", ["bisection", "no proofs"])
def test_the_radius_is_the_same_however_it_is_searched(way, monkeypatch):
    problems = [problem(60, 3, seed) for seed in range(3)]

    def fits():
        return [
            FairKCenter(4, random_state=0).fit(X, groups=groups)
            for X, groups in problems
        ]

    expected = fits()
    if way == "no proofs":
        monkeypatch.setattr(radii.Radii, "_n_excluded", lambda *arguments: 0)
    monkeypatch.setattr(radii, "_N_JUMPS", 0 if way == "bisection" else 3)
    for ours, theirs in zip(fits(), expected, strict=True):
        assert ours.radius_ == theirs.radius_
        np.testing.assert_array_equal(ours.labels_, theirs.labels_)


def test_proofs_leave_few_programs():
    """A bisection of 3000 distances takes about eleven."""
    X, groups = problem(500, 2, 0)
    assert 1 < FairKCenter(6, random_state=0).fit(X, groups=groups).n_lps_ <= 7


def test_the_centers_are_a_farthest_first_traversal():
    X, groups = problem(50, 2, 1)
    fitted = FairKCenter(5, random_state=7).fit(X, groups=groups)
    first = np.random.RandomState(7).randint(50)
    chosen, sq = oracles.farthest_first(X, first, 5)
    np.testing.assert_array_equal(fitted.center_indices_, chosen)
    np.testing.assert_array_equal(fitted.cluster_centers_, X[chosen])
    assert fitted.radius_ >= np.sqrt(sq.max())
    plain = fitted.fit(X, groups=np.zeros(50))
    assert plain.radius_ == pytest.approx(np.sqrt(sq.max()), rel=1e-15)
    assert plain.n_lps_ == 0
    np.testing.assert_array_equal(plain.labels_, oracles.nearest(X, X[chosen])[0])


@st.composite
def questions(draw):
    seed, n_groups = draw(st.integers(0, 10**6)), draw(st.sampled_from([2, 3, 5]))
    rng = np.random.default_rng(seed)
    n = int(rng.integers(n_groups, 60))
    X, groups = problem(n, n_groups, seed)
    if draw(st.booleans()):
        X = np.round(X)
    return X, groups, int(rng.integers(1, min(n, 9) + 1))


@given(questions(), st.sampled_from([0.0, 0.05, 0.1, 0.5]), st.integers(0, 9))
def test_clusters_are_fair_but_for_rounding(question, delta, seed):
    X, groups, k = question
    fitted = FairKCenter(k, delta=delta, random_state=seed).fit(X, groups=groups)
    bounds = oracles.share_bounds(groups, delta)
    violation = oracles.share_violation(fitted.labels_, groups, bounds)
    assert fitted.violation_ == pytest.approx(violation, abs=1e-9)
    assert fitted.violation_ < 1 + bounds[:, 1].max()
    assert gaps(X, fitted).max() <= fitted.radius_ * (1 + 1e-12)
    assert fitted.n_clusters_used_ == len(set(fitted.labels_.tolist())) <= k
    plain = oracles.nearest(X, fitted.cluster_centers_)[1].max()
    assert fitted.radius_ >= np.sqrt(plain) * (1 - 1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_no_fair_clustering_is_below_the_lower_bound(seed):
    X, groups = problem(8, 2, seed, d=1)
    fitted = FairKCenter(2, delta=0.3, random_state=seed).fit(X, groups=groups)
    bounds = oracles.share_bounds(groups, 0.3)
    fair = [
        labels
        for labels in itertools.product((0, 1), repeat=8)
        if oracles.share_violation(labels, groups, bounds) < 1e-9
    ]
    best = min(
        np.abs(X[:, 0] - X[list(centers), 0][list(labels)]).max()
        for centers in itertools.combinations(range(8), 2)
        for labels in fair
    )
    assert 0 < fitted.lower_bound_ <= best * (1 + 1e-12)
    assert fitted.lower_bound_ >= fitted.radius_ / 3 * (1 - 1e-12)


@pytest.mark.parametrize("k", [1, 3, 6])
def test_answers_are_fresh_fits(k):
    X, groups = problem(80, 3, 2)
    rng = np.random.default_rng(3)
    candidates = np.where(rng.random((70, 80)) < 0.2, rng.permutation(groups), groups)
    candidates[4] = np.where(groups == 1, 0, groups)  # lacks a group
    candidates[5] = 2
    estimator = FairKCenter(k, random_state=5)
    asked = oracle(estimator, X, max_queries=73)
    labels = asked.regroup(candidates)
    assert labels.shape == (70, 80)
    assert labels.dtype == np.int32
    for answer, own in zip(labels, candidates, strict=True):
        fitted = clone(estimator).fit(X, groups=own)
        np.testing.assert_array_equal(answer, fitted.labels_)
    np.testing.assert_array_equal(asked.regroup(candidates[8:6:-1]), labels[8:6:-1])
    names = np.array(["x", "y", "z"])[candidates[:1]]
    np.testing.assert_array_equal(asked.regroup(names), labels[:1])
    assert asked.n_queries == 73
    assert asked.labels_ is None
    with pytest.raises(BudgetError, match="1 questions asked, 0 of 73 left"):
        asked.regroup(candidates[:1])


def test_answers_under_given_bounds_are_fresh_fits():
    X, groups = problem(40, 2, 4)
    estimator = FairKCenter(3, bounds=[[0.2, 0.9], [0.1, 0.8]], random_state=0)
    candidates = np.array([groups, groups[::-1], 1 - groups])
    answers = oracle(estimator, X).regroup(candidates)
    for answer, own in zip(answers, candidates, strict=True):
        fitted = clone(estimator).fit(X, groups=own)
        np.testing.assert_array_equal(answer, fitted.labels_)


def test_an_oracle_without_a_seed_repeats_itself():
    X, groups = problem(60, 2, 5)
    asked = oracle(FairKCenter(5), X)
    first, second = asked.regroup([groups, groups])
    np.testing.assert_array_equal(first, second)


def test_seeds_repeat_and_differ():
    X, groups = problem(100, 2, 6)

    def labels(seed):
        return FairKCenter(4, random_state=seed).fit(X, groups=groups).labels_

    np.testing.assert_array_equal(labels(1), labels(1))
    np.testing.assert_array_equal(labels(np.random.RandomState(1)), labels(1))
    assert any((labels(seed) != labels(1)).any() for seed in range(2, 5))


def test_rows_of_a_class_are_handed_out_at_random():
    """Copies of three places: those in the middle are not divided in their order."""
    X = np.repeat([[0.0], [1.0], [2.0]], 20, axis=0)
    groups = np.repeat([0, 1, 0], 20)
    fitted = FairKCenter(2, random_state=0).fit(X, groups=groups)
    middle = fitted.labels_[20:40]
    assert fitted.n_clusters_used_ == 2
    assert len(set(middle)) == 2
    assert (np.diff(middle) != 0).sum() > 2


@pytest.mark.parametrize(("scale", "offset"), PLACES)
def test_scales_and_offsets(scale, offset):
    X, groups = problem(50, 3, 7)
    expected = FairKCenter(4, random_state=0).fit(X, groups=groups)
    X = X * scale + offset
    fitted = FairKCenter(4, random_state=0).fit(X, groups=groups)
    assert fitted.radius_ == pytest.approx(expected.radius_ * scale, rel=1e-8)
    np.testing.assert_array_equal(fitted.labels_, expected.labels_)


def test_one_cluster_and_as_many_as_rows():
    X, groups = problem(12, 3, 8)
    one = FairKCenter(1, random_state=0).fit(X, groups=groups)
    assert (one.labels_ == 0).all()
    assert one.n_lps_ == 0
    assert one.violation_ == pytest.approx(0.0, abs=1e-12)
    many = FairKCenter(12, random_state=0).fit(X, groups=groups)
    assert sorted(many.center_indices_) == list(range(12))
    expected = oracles.fair_radius(X, many.cluster_centers_, groups, many.bounds_)
    assert many.radius_ == pytest.approx(expected, rel=1e-12)
    alone = FairKCenter(12, random_state=0).fit(X, groups=np.zeros(12))
    assert alone.radius_ == 0.0
    assert alone.n_clusters_used_ == 12
    assert FairKCenter(1).fit([[3.0]], groups=["a"]).labels_.tolist() == [0]


def test_duplicates_and_clusters_that_stay_empty():
    X = np.repeat([[0.0, 0.0], [1.0, 1.0]], 6, axis=0)
    groups = np.tile([0, 1], 6)
    fitted = FairKCenter(4, random_state=0).fit(X, groups=groups)
    assert fitted.radius_ == 0.0
    assert fitted.n_clusters_used_ == 2
    assert len(np.unique(fitted.cluster_centers_, axis=0)) == 2
    apart = FairKCenter(4, delta=0.0, random_state=0).fit(X, groups=np.sort(groups))
    assert apart.radius_ == pytest.approx(np.sqrt(2))
    assert apart.violation_ < 1.5


def test_more_centers_than_a_word_has_bits():
    X, groups = problem(150, 2, 9)
    fitted = FairKCenter(70, delta=0.2, random_state=0).fit(X, groups=groups)
    assert gaps(X, fitted).max() <= fitted.radius_ * (1 + 1e-12)
    assert fitted.violation_ < 1 + fitted.bounds_[:, 1].max()


def test_attributes_and_inputs_left_alone():
    X, groups = problem(40, 2, 10)
    X.flags.writeable = groups.flags.writeable = False
    fitted = FairKCenter(3, random_state=0).fit(X, groups=groups)
    assert fitted.labels_.dtype == np.int32
    assert fitted.center_indices_.dtype == np.int64
    assert fitted.cluster_centers_.shape == (3, 2)
    assert fitted.n_features_in_ == 2
    assert isinstance(fitted.radius_, float)
    again = fitted.fit_predict(X, groups=groups)
    np.testing.assert_array_equal(fitted.labels_, again)


def test_nothing_is_printed(capfd):
    X = [[0.0], [1.0], [9.0], [10.0]]
    fitted = FairKCenter(2, random_state=0).fit(X, groups=[0, 0, 1, 1])
    assert fitted.n_lps_ > 0
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_clusters": 0}, "n_clusters=0 should be >= 1"),
        ({"n_clusters": 6}, "n_samples=5 should be >= n_clusters=6"),
        ({"delta": 1.0}, r"delta=1.0 should be in \[0, 1\)"),
        ({"delta": -0.1}, r"delta=-0.1 should be in \[0, 1\)"),
        ({"delta": np.nan}, r"delta=nan should be in \[0, 1\)"),
        ({"bounds": [0.0, 1.0]}, r"bounds.shape=\(2,\) should be \(n_groups, 2\)"),
        ({"bounds": [[0.6, 0.5], [0, 1]]}, "bounds should hold 0 <= low <= high <= 1"),
        ({"bounds": [[0.0, np.nan], [0, 1]]}, "bounds should hold 0 <= low"),
        ({"bounds": [[-0.1, 0.5], [0, 1]]}, "bounds should hold 0 <= low"),
        ({"bounds": [[0.0, 1.5], [0, 1]]}, "bounds should hold 0 <= low"),
        (
            {"bounds": [[0.0, 1.0]]},
            "bounds has 1 rows, should have one for each of 2 groups",
        ),
    ],
)
def test_error_parameters(parameters, message):
    X = np.arange(5.0)[:, None]
    with pytest.raises(ValueError, match=message):
        FairKCenter(**({"n_clusters": 2} | parameters)).fit(X, groups=[0, 1, 0, 1, 1])


def test_error_n_clusters_that_is_no_integer():
    with pytest.raises(TypeError, match=r"n_clusters=2.5 should be an integer"):
        FairKCenter(2.5).fit([[0.0], [1.0], [2.0]], groups=[0, 1, 0])


@pytest.mark.parametrize(
    ("X", "groups", "message"),
    [
        ([[0.0], [np.nan]], [0, 1], "NaN"),
        ([[0.0], [1.0]], [0, 1, 0], r"groups.shape\[-1\]=3 should be 2"),
        ([[0.0], [1.0]], [0.0, np.nan], "groups holds 1 missing value"),
        ([[0.0], [1e200]], [0, 1], "too large"),
    ],
)
def test_error_data(X, groups, message):
    with pytest.raises(ValueError, match=message):
        FairKCenter(1).fit(X, groups=groups)


def test_error_infeasible_bounds_name_the_group():
    X = np.arange(4.0)[:, None]
    groups = ["men", "men", "men", "women"]
    message = r"group men is 0.75 of all rows: its share cannot be in \[0, 0.7\]"
    with pytest.raises(InfeasibleError, match=message):
        FairKCenter(2, bounds=[[0.0, 0.7], [0, 1]]).fit(X, groups=groups)
    message = r"group women is 0.25 of all rows: its share cannot be in \[0.3, 1\]"
    with pytest.raises(InfeasibleError, match=message):
        FairKCenter(2, bounds=[[0.0, 1.0], [0.3, 1]]).fit(X, groups=groups)
    FairKCenter(2, bounds=[[0.75, 0.75], [0.25, 0.25]]).fit(X, groups=groups)


def test_error_infeasible_questions_name_the_candidate():
    asked = oracle(FairKCenter(2, bounds=[[0.4, 0.6]] * 2), np.arange(4.0)[:, None])
    with pytest.raises(InfeasibleError, match=r"candidate 1: group 0 is 0.25 of"):
        asked.regroup([[0, 1, 0, 1], [0, 1, 1, 1]])
    with pytest.raises(InfeasibleError, match=r"candidate 0: group a is 0.25 of"):
        asked.regroup([["a", "b", "b", "b"]])
    with pytest.raises(ValueError, match=r"candidate 0: bounds has 2 rows"):
        asked.regroup([[1, 1, 1, 1]])
    assert asked.n_queries == 0


def test_error_groups_that_do_not_fit_the_oracle():
    asked = oracle(FairKCenter(2), np.arange(4.0)[:, None])
    with pytest.raises(ValueError, match=r"groups.shape\[-1\]=3 should be 4"):
        asked.regroup([[0, 1, 0]])
    with pytest.raises(TypeError, match="a fair oracle answers regroup"):
        asked.replace_row(0, [[1.0]])
    with pytest.raises(ValueError, match="n_samples=4 should be >= n_clusters=5"):
        oracle(FairKCenter(5), np.arange(4.0)[:, None])


def test_error_a_solver_that_denies_one_cluster(monkeypatch):
    monkeypatch.setattr(
        radii,
        "fractional_flows",
        lambda classes, low, high, members: (
            None,
            np.zeros((classes.n_centers, len(low))),
        ),
    )
    X, groups = problem(20, 2, 11)
    with pytest.raises(ConvergenceError, match="denies that one cluster"):
        FairKCenter(3, random_state=0).fit(X, groups=groups)
