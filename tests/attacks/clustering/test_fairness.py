"""The fairness attack: by hand, its effect, its victims' seeds, and bad input."""

import numpy as np
import pytest
from fairness_victims import (
    NEAREST,
    ROWS,
    TWO,
    N,
    Nested,
    Picky,
    X,
    attack,
    cloud,
    mixed,
)
from sklearn.base import BaseEstimator, clone
from sklearn.cluster import KMeans as SklearnKMeans
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from rfcore.attacks import FairnessAttack
from rfcore.attacks.base import refits
from rfcore.attacks.clustering import fairness
from rfcore.cluster import FairOracle, KMeans
from rfcore.errors import InfeasibleError
from rfcore.fair import FairKCenter, FairSpectral, ScalableFairlets
from rfcore.zeroth import minimize
from rfcore.zeroth.minimize import METHODS
from rfcore.zeroth.space import Discrete


class Switch(BaseEstimator):
    """Two clusterings, the second where the first row is of group 1."""

    def fit(self, X, y=None, *, groups):
        self.labels_ = np.array([[0, 0, 0, 1, 1], [0, 0, 1, 0, 1]][groups[0]])
        return self


@pytest.mark.parametrize("method", ["racos", "random"])
@pytest.mark.parametrize(
    ("metric", "after"),
    [("balance", 0.0), ("group_entropy", 0.0)],
)
def test_case_by_hand(metric, after, method):
    """Clusters of the last four rows: one row of each group, then one group each."""
    groups = ["a", "a", "b", "a", "b"]
    result, asked = attack(
        Switch(), groups, np.eye(5), attackable=[0], metric=metric, method=method
    )
    before = {"balance": 1.0, "group_entropy": np.log(2)}[metric]
    assert result.before == pytest.approx(before)
    assert result.after == after
    assert result.groups_adv.tolist() == ["b", "a", "b", "a", "b"]
    assert result.changed.tolist() == [0]
    assert result.details["clusters_used"] == (2, 2)
    assert result.null == pytest.approx([before])
    assert result.above_null
    first = next(i for i, (question, _) in enumerate(asked) if question[0] == 1)
    assert result.queries_to(0.1) == first + 1


def test_search_and_effect_are_measured_on_their_own_rows():
    """The last two rows are clustered alike whatever happens, by their groups."""
    result, _ = attack(
        Switch(),
        np.array([0, 0, 1, 0, 1]),
        np.eye(5),
        attackable=[0],
        observed=[1, 2, 3, 4],
        evaluated=[1, 4],
    )
    assert result.details["search_value"] == 0.0
    assert (result.before, result.after) == (0.0, 0.0)
    assert result.changed.tolist() == [0]


def test_null_labels_at_hand_are_the_null():
    refitted, _ = attack(NEAREST, TWO, n_null=3)
    labels = [v.fit(X, groups=TWO).labels_ for v in refits(clone(NEAREST), 3)]
    given, _ = attack(NEAREST, TWO, null_labels=labels)
    np.testing.assert_array_equal(given.null, refitted.null)
    assert given.after == refitted.after


def test_error_null_labels_of_other_rows():
    with pytest.raises(ValueError, match="null_labels"):
        attack(NEAREST, TWO, null_labels=np.zeros((2, len(X) - 1), dtype=int))


# The victim's own random numbers.


@pytest.mark.parametrize("nested", [False, True])
def test_victim_without_a_seed_begins_alike_before_and_after(nested):
    own = ScalableFairlets(3, assignment="nearest")
    victim = Nested(own) if nested else own
    idle, asked = attack(victim, TWO, attackable=[7], n_null=6)
    assert idle.changed.size == 0
    np.testing.assert_array_equal(idle.labels_before, idle.labels_after)
    (clean,) = (labels for groups, labels in asked if (groups == TWO).all())
    np.testing.assert_array_equal(idle.labels_before, clean)
    assert len(set(idle.null)) > 1
    assert own.random_state is None
    other, _ = attack(victim, TWO, attackable=[7], random_state=1)
    assert not np.array_equal(idle.labels_before, other.labels_before)


def test_generator_of_the_victim_is_left_alone():
    generator = np.random.RandomState(3)
    victim = ScalableFairlets(3, assignment="nearest", random_state=generator)
    expected = clone(victim).fit(X, groups=TWO).labels_
    result, asked = attack(victim, TWO, method="random")
    np.testing.assert_array_equal(result.labels_before, expected)
    best = [labels for groups, labels in asked if (groups == result.groups_adv).all()]
    np.testing.assert_array_equal(result.labels_after, best[0])
    assert generator.randint(10**9) == np.random.RandomState(3).randint(10**9)


def test_lists_are_data_too():
    lists, _ = attack(NEAREST, TWO.tolist(), X.tolist(), attackable=ROWS)
    arrays, _ = attack(NEAREST, TWO, attackable=ROWS)
    np.testing.assert_array_equal(lists.groups_adv, arrays.groups_adv)
    assert lists.after == arrays.after


# The attack works.


def test_toy_data_of_figure_41():
    rng = np.random.default_rng(4)
    X = np.concatenate([rng.normal(c, 0.12, (10, 2)) for c in ((4, 0), (4.5, 0))])
    groups = rng.permutation(20) % 2
    victim = ScalableFairlets(2, assignment="nearest", random_state=0)
    result, _ = attack(victim, groups, X, attackable=0.3, max_evals=40, random_state=4)
    assert len(result.details["evaluated"]) == 14
    assert result.before == 1.0
    assert result.after <= 0.5


@pytest.mark.parametrize("method", ["racos", "random"])
def test_fairlets_lose_balance(method):
    lost = []
    for seed in range(8):
        result, _ = attack(
            NEAREST,
            mixed(2, seed, n=60),
            cloud(seed, n=60),
            method=method,
            random_state=seed,
            max_evals=40,
        )
        assert result.measure == "balance"
        lost.append(result.before - result.after)
    assert np.mean(np.array(lost) > 0) >= 0.75
    assert np.mean(lost) >= 0.1


class Gradual(BaseEstimator):
    """The more rows of group 1, the more rows are clustered by the second feature."""

    def fit(self, X, y=None, *, groups):
        own = X[:, 0] < np.mean(groups)
        self.labels_ = (np.where(own, X[:, 1], X[:, 2]) > 0).astype(int)
        return self


def test_racos_gains_more_than_random_draws_where_values_teach():
    after = {"racos": [], "random": []}
    for seed in range(8):
        rng, groups = np.random.default_rng(seed), mixed(2, seed, n=60)
        X = np.stack([rng.permutation(60) / 60, groups - 0.5, rng.random(60) - 0.5])
        for method, values in after.items():
            result, _ = attack(
                Gradual(),
                groups,
                X.T,
                attackable=0.3,
                method=method,
                random_state=seed,
                max_evals=60,
            )
            values.append(result.after)
    assert np.mean(after["racos"]) <= np.mean(after["random"]) - 0.03


# Bad input.


class Untouched(BaseEstimator):
    """Nobody should fit it."""

    def fit(self, X, y=None, *, groups):
        raise AssertionError("fitted")


def refused(victim, groups=TWO, X=X, attackable=0.25, **options):
    rows = {key: options.pop(key) for key in ("evaluated", "observed") & options.keys()}
    FairnessAttack(**options).run(
        victim, X, groups=groups, attackable=attackable, **rows
    )


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"max_evals": 0}, ValueError, "max_evals=0 should be >= 1"),
        ({"max_evals": 1.5}, TypeError, r"max_evals=1\.5 should be an integer"),
        ({"max_evals": None}, TypeError, "max_evals=None should be an integer"),
        ({"n_null": 0}, ValueError, "n_null=0 should be >= 1"),
        ({"n_null": 2.0}, TypeError, r"n_null=2\.0 should be an integer"),
        ({"metric": "nmi"}, ValueError, "metric='nmi' should be one of balance, group"),
        ({"metric": ["balance"]}, ValueError, r"metric=\['balance'\] should be one"),
        ({"method": "newton"}, ValueError, "'newton' should be one of racos, random"),
        ({"method": "rbf"}, ValueError, "method='rbf' should be one of racos, random"),
        ({"method": "cmaes"}, ValueError, "method='cmaes' should be one of racos"),
        ({"method": None}, ValueError, "method=None should be one of racos, random"),
        ({"attackable": 0.0}, ValueError, r"attackable=0\.0 should be in \(0, 1\)"),
        ({"attackable": 1.0}, ValueError, r"attackable=1\.0 should be in \(0, 1\)"),
        ({"attackable": 5}, ValueError, r"attackable=5 should be in \(0, 1\)"),
        ({"attackable": -0.1}, ValueError, r"attackable=-0\.1 should be in"),
        ({"attackable": np.nan}, ValueError, "attackable=nan should be in"),
        ({"attackable": None}, ValueError, "attackable=.* should hold one or more row"),
        ({"attackable": "all"}, ValueError, "attackable=.* should hold one or more"),
        ({"attackable": []}, ValueError, "attackable=.* should hold one or more row"),
        ({"attackable": [0.5]}, ValueError, "attackable=.* should hold one or more"),
        ({"attackable": [48]}, ValueError, r"attackable=48 should be in \[0, 48\)"),
        ({"attackable": [-1]}, ValueError, r"attackable=-1 should be in \[0, 48\)"),
        ({"attackable": [3, 3]}, ValueError, "attackable=.* should name different"),
        ({"attackable": range(48)}, ValueError, "evaluated=.* should hold one or more"),
        ({"evaluated": []}, ValueError, "evaluated=.* should hold one or more row"),
        ({"evaluated": [99]}, ValueError, r"evaluated=99 should be in \[0, 48\)"),
        ({"observed": [1, 1]}, ValueError, "observed=.* should name different rows"),
        ({"observed": [-1]}, ValueError, r"observed=-1 should be in \[0, 48\)"),
        (
            {"attackable": [2, 4], "evaluated": [4, 6]},
            ValueError,
            "row 4 should not be attackable and evaluated",
        ),
        (
            {"attackable": [2, 4], "observed": [2, 6]},
            ValueError,
            "row 2 should not be attackable and observed",
        ),
    ],
)
def test_error_of_a_parameter_comes_before_any_fit(options, error, message):
    with pytest.raises(error, match=message):
        refused(Untouched(), **options)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (np.zeros(N), "groups has 1 group, an attack needs 2"),
        (["all"] * N, "groups has 1 group, an attack needs 2"),
        (TWO[:-1], r"groups\.shape\[-1\]=47 should be 48"),
        (TWO[None], r"groups\.ndim=2 should be 1"),
        (np.where(np.arange(N) == 5, np.nan, TWO), "groups holds 1 missing value"),
        ([None] + ["a"] * (N - 1), r"groups holds 1 missing value \(row 0\)"),
        (np.array([1] + ["a"] * (N - 1), object), "groups should be of one kind"),
    ],
)
def test_error_of_groups_comes_before_any_fit(groups, message):
    with pytest.raises(ValueError, match=message):
        refused(Untouched(), groups)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (np.where(np.eye(N, 2) > 0, np.nan, X), r"X\[0, 0\]=nan should be finite"),
        (X[:, 0], r"X\.ndim=1 should be 2"),
        (X[:, :0], "X has 0 features"),
        (X[:0], "X has 0 rows, should have >= 1"),
    ],
)
def test_error_of_the_data_comes_before_any_fit(data, message):
    with pytest.raises(ValueError, match=message):
        refused(Untouched(), X=data)


@pytest.mark.parametrize(
    ("victim", "name"),
    [
        (KMeans(2), "KMeans"),
        (KMeans(99), "KMeans"),
        (SklearnKMeans(2), "KMeans"),
        (make_pipeline(StandardScaler(), NEAREST), "Pipeline"),
        (BaseEstimator(), "BaseEstimator"),
        (5, "int"),
    ],
)
def test_error_of_a_victim_that_takes_no_groups(victim, name):
    with pytest.raises(TypeError, match=rf"{name} has no fit\(X, groups=\)"):
        refused(victim)


@pytest.mark.parametrize(
    ("victim", "groups"),
    [
        (Picky(25), TWO),
        (ScalableFairlets(2, p=1, q=1), np.arange(N) % 3 == 0),
        (FairKCenter(2, bounds=[[0.9, 1.0], [0.0, 1.0]]), TWO),
    ],
)
def test_error_of_clean_groups_that_are_infeasible(victim, groups, monkeypatch):
    monkeypatch.delattr(FairOracle, "regroup")
    with pytest.raises(InfeasibleError):
        refused(victim, groups)


def test_error_of_the_victim_s_parameters_is_its_own():
    with pytest.raises(ValueError, match="n_samples=48 should be >= n_clusters=99"):
        refused(FairSpectral(99))


def test_methods_are_those_of_minimize_that_search_choices():
    able = []
    for method in METHODS:
        try:
            minimize(len_of, Discrete((2, 2)), method=method, max_evals=1)
        except ValueError as error:
            assert "searches a box" in str(error)
        else:
            able.append(method)
    assert sorted(able) == sorted(fairness.METHODS)


def len_of(points):
    return points.sum(axis=1)
