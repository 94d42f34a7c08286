"""The fairness attack: its promises in one table, its effect, and bad input."""

import functools

import joblib
import numpy as np
import oracles
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.cluster import KMeans as SklearnKMeans
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from rfcore.attacks import FairnessAttack, fairness
from rfcore.cluster import FairOracle, KMeans
from rfcore.errors import InfeasibleError
from rfcore.fair import FairKCenter, FairSpectral, ScalableFairlets
from rfcore.zeroth import minimize
from rfcore.zeroth.minimize import METHODS
from rfcore.zeroth.space import Discrete

N = 48
SLOW = {"balance": oracles.balance, "group_entropy": oracles.group_entropy}


def cloud(seed=0, n=N):
    """Rows without clusters, so that groups decide much; closed to writing."""
    X = np.random.default_rng(seed).normal(size=(n, 2))
    X.setflags(write=False)
    return X


def mixed(n_groups, seed=0, n=N):
    """As many rows of each group, in random order, closed to writing."""
    groups = np.random.default_rng(seed).permutation(np.arange(n) % n_groups)
    groups.setflags(write=False)
    return groups


class Halves(BaseEstimator):
    """Above or below the mean of group 0 in the first feature; no `fit_predict`."""

    def fit(self, X, y=None, *, groups):
        self.labels_ = (X[:, 0] > X[np.asarray(groups) == 0, 0].mean()).astype(int)
        return self


class Picky(Halves):
    """Refuses groups in which some group is too small."""

    def __init__(self, least):
        self.least = least

    def fit(self, X, y=None, *, groups):
        if np.bincount(groups).min() < self.least:
            raise InfeasibleError("a group is too small")
        return super().fit(X, groups=groups)


class Unmoved(BaseEstimator):
    """Clusters that do not depend on the groups."""

    def fit(self, X, y=None, *, groups):
        self.labels_ = (X[:, 0] > 0.5).astype(int)
        return self


class Nested(BaseEstimator):
    """A fair clusterer on scaled data."""

    def __init__(self, inner):
        self.inner = inner

    def fit(self, X, y=None, *, groups):
        X = StandardScaler().fit_transform(X)
        self.labels_ = clone(self.inner).fit(X, groups=groups).labels_
        return self


X = cloud(2)
TWO, THREE, FIVE = mixed(2), mixed(3), mixed(5)
NEAREST = ScalableFairlets(3, assignment="nearest", random_state=0)
FAIRLET = ScalableFairlets(3, random_state=0)
SPECTRAL = FairSpectral(3, n_neighbors=4, random_state=0)
KCENTER = FairKCenter(3, random_state=0)
ROWS = [30, 2, 3, 44, 5, 17, 8, 21]
ALIKE = np.flatnonzero(TWO == 1)[:8]
OTHERS = np.setdiff1d(np.arange(N), ROWS)

# name: the victim, the groups, and what differs from the attack on a quarter of rows.
TABLE = {
    "fairlets nearest": (NEAREST, TWO, {}),
    "fairlets nearest, random": (NEAREST, TWO, {"method": "random"}),
    "fairlets": (FAIRLET, TWO, {}),
    "fairlets, random": (FAIRLET, TWO, {"method": "random"}),
    "spectral": (SPECTRAL, TWO, {}),
    "spectral, random": (SPECTRAL, TWO, {"method": "random"}),
    "spectral, three groups": (SPECTRAL, THREE, {}),
    "spectral, five groups": (SPECTRAL, FIVE, {}),
    "k-center": (KCENTER, TWO, {}),
    "k-center, random": (KCENTER, TWO, {"method": "random"}),
    "k-center, three groups": (KCENTER, THREE, {}),
    "k-center, five groups": (FairKCenter(2, random_state=0), FIVE, {}),
    "names": (NEAREST, np.array(["young", "old"])[TWO], {}),
    "three names": (SPECTRAL, np.array(["c", "a", "b"])[THREE], {}),
    "numbers with gaps": (SPECTRAL, np.array([-7, 900, 3])[THREE], {}),
    "entropy": (NEAREST, TWO, {"metric": "group_entropy"}),
    "entropy, random": (
        KCENTER,
        THREE,
        {"metric": "group_entropy", "method": "random"},
    ),
    "zero before": (FairKCenter(5, random_state=0), FIVE, {"max_evals": 20}),
    "zero before, random": (
        FairKCenter(5, random_state=0),
        FIVE,
        {"max_evals": 20, "method": "random"},
    ),
    "generic": (Halves(), THREE, {}),
    "generic, random": (Halves(), THREE, {"method": "random"}),
    "some refused": (Picky(22), TWO, {}),
    "some refused, random": (Picky(22), TWO, {"method": "random"}),
    "all refused": (Picky(24), TWO, {"attackable": ALIKE}),
    "all refused, random": (
        Picky(24),
        TWO,
        {"attackable": ALIKE, "method": "random"},
    ),
    "groups ignored": (Unmoved(), THREE, {}),
    "groups ignored, random": (Unmoved(), THREE, {"method": "random"}),
    "nested": (Nested(NEAREST), TWO, {"max_evals": 6}),
    "rows": (NEAREST, TWO, {"attackable": ROWS}),
    "one row": (NEAREST, TWO, {"attackable": [7]}),
    "a small share": (SPECTRAL, THREE, {"attackable": 1e-9}),
    "a large share": (SPECTRAL, THREE, {"attackable": 0.95}),
    "other rows observed": (
        NEAREST,
        TWO,
        {"attackable": ROWS, "evaluated": OTHERS[:18], "observed": OTHERS[14:]},
    ),
    "some rows evaluated": (
        KCENTER,
        THREE,
        {"attackable": ROWS, "evaluated": OTHERS[::-2]},
    ),
    "one question": (NEAREST, TWO, {"max_evals": 1}),
    "one question, random": (NEAREST, TWO, {"max_evals": 1, "method": "random"}),
    "two questions": (SPECTRAL, THREE, {"max_evals": 2}),
}
every_attack = pytest.mark.parametrize("name", TABLE)


def max_evals(name):
    return TABLE[name][2].get("max_evals", 10)


def attack(victim, groups, X=X, **options):
    """The result, and each question that was answered, or alone refused (None)."""
    run = {
        key: options.pop(key)
        for key in ("attackable", "evaluated", "observed")
        if key in options
    }
    options = {"max_evals": 10, "n_null": 2, "random_state": 0, **options}
    asked, answer = [], FairOracle.regroup

    def noted(self, groups):
        try:
            labels = answer(self, groups)
        except ValueError:
            if len(groups) == 1:
                asked.append((groups[0].copy(), None))
            raise
        asked.extend(zip(groups.copy(), labels, strict=True))
        return labels

    with pytest.MonkeyPatch.context() as patch, joblib.parallel_config("sequential"):
        patch.setattr(FairOracle, "regroup", noted)
        result = FairnessAttack(**options).run(
            victim, X, groups=groups, **{"attackable": 0.25, **run}
        )
    return result, asked


def run(name, seed=0):
    victim, groups, options = TABLE[name]
    return attack(victim, groups, random_state=seed, **options)


@functools.cache
def attacked(name, seed=0):
    return run(name, seed)


def numbers(groups):
    names = sorted(set(np.asarray(groups).tolist()))
    return np.array([names.index(g) for g in np.asarray(groups).tolist()])


def effects(name):
    """The measure of each question, by slow code; inf where it has no effect."""
    result, asked = attacked(name)
    rows = result.details["observed"]
    groups = numbers(TABLE[name][1])[rows]
    metric = TABLE[name][2].get("metric", "balance")
    keeps_zero = metric == "balance" and (
        oracles.balance(result.labels_before[rows], groups) == 0
    )
    assert result.measure == ("group_entropy" if keeps_zero else metric)
    values = []
    for _, labels in asked:
        lost = labels is None or (keeps_zero and oracles.balance(labels[rows], groups))
        values.append(np.inf if lost else SLOW[result.measure](labels[rows], groups))
    clean = SLOW[result.measure](result.labels_before[rows], groups)
    return np.array(values), clean


@every_attack
def test_budget_is_kept(name):
    result, asked = attacked(name)
    assert len(asked) == result.n_queries == len(result.trace)
    assert 1 <= result.n_queries <= max_evals(name)
    if result.measure == "balance" and result.trace[-1] == 0:
        assert result.stopped == "the balance is 0"
    elif result.stopped == "budget spent":
        assert result.n_queries == max_evals(name)
    else:
        assert result.stopped == "every point was asked"


@every_attack
def test_data_groups_and_victim_are_untouched(name):
    victim, groups, options = TABLE[name]
    before = X.copy(), groups.copy(), repr(victim), repr(options)
    result, _ = attacked(name)
    np.testing.assert_array_equal(X, before[0])
    np.testing.assert_array_equal(groups, before[1])
    assert (repr(victim), repr(options)) == before[2:]
    assert not any(key.endswith("_") for key in vars(victim) if key[0] != "_")
    np.testing.assert_array_equal(result.X_adv, X)
    assert not np.shares_memory(result.X_adv, X)
    assert not np.shares_memory(result.groups_adv, groups)
    np.testing.assert_array_equal(result.details["groups"], groups)


@every_attack
def test_only_attackable_rows_change_group(name):
    _, groups, _ = TABLE[name]
    result, asked = attacked(name)
    attackable = result.details["attackable"]
    for question, _ in asked:
        wrong = np.flatnonzero(question != numbers(groups))
        assert set(wrong) <= set(attackable)
        assert set(question) <= set(numbers(groups))
    wrong = np.flatnonzero(result.groups_adv != groups)
    np.testing.assert_array_equal(result.changed, wrong)
    assert set(wrong) <= set(attackable)
    assert result.groups_adv.dtype == groups.dtype
    assert set(result.groups_adv) <= set(groups)


@every_attack
def test_rows_are_those_that_were_asked_for(name):
    options, details = TABLE[name][2], attacked(name)[0].details
    attackable = options.get("attackable", 0.25)
    if isinstance(attackable, float):
        size = max(1, round(attackable * N))
        assert len(set(details["attackable"])) == size
        assert set(details["attackable"]) <= set(range(N))
    else:
        np.testing.assert_array_equal(details["attackable"], attackable)
    rest = [row for row in range(N) if row not in details["attackable"]]
    evaluated = options.get("evaluated", rest)
    np.testing.assert_array_equal(details["evaluated"], evaluated)
    observed = options.get("observed", evaluated)
    np.testing.assert_array_equal(details["observed"], observed)


@every_attack
def test_before_and_after_are_those_of_fresh_fits(name):
    victim, groups, _ = TABLE[name]
    result, _ = attacked(name)
    rows, true = result.details["evaluated"], numbers(groups)
    fresh = [
        clone(victim).fit(X, groups=numbers(given)).labels_
        for given in (groups, result.groups_adv)
    ]
    np.testing.assert_array_equal(result.labels_before, fresh[0])
    np.testing.assert_array_equal(result.labels_after, fresh[1])
    for measure, slow in SLOW.items():
        pair = [slow(labels[rows], true[rows]) for labels in fresh]
        assert result.details[measure] == pytest.approx(pair)
    assert result.before == result.details[result.measure][0]
    assert result.after == result.details[result.measure][1]
    used = tuple(len(set(labels[rows])) for labels in fresh)
    assert result.details["clusters_used"] == used


@pytest.mark.parametrize("name", ["names", "three names", "numbers with gaps"])
def test_groups_go_by_their_own_names(name):
    victim, groups, _ = TABLE[name]
    result, _ = attacked(name)
    after = clone(victim).fit(X, groups=result.groups_adv).labels_
    np.testing.assert_array_equal(result.labels_after, after)
    assert result.changed.size
    np.testing.assert_array_equal(result.details["groups"], groups)


@every_attack
def test_trace_falls_to_the_best_question(name):
    result, _ = attacked(name)
    values, _ = effects(name)
    np.testing.assert_allclose(result.trace, np.minimum.accumulate(values))
    assert not (result.trace[1:] > result.trace[:-1]).any()
    assert result.details["search_value"] == result.trace[-1]
    assert result.lowers


@every_attack
def test_result_is_the_best_question_or_the_clean_groups(name):
    _, groups, options = TABLE[name]
    result, asked = attacked(name)
    values, clean = effects(name)
    best, worth = int(np.argmin(values)), values.min() < clean
    if options.get("method") == "random":
        worth = values.min() < np.inf
    found = asked[best][0] if worth else numbers(groups)
    np.testing.assert_array_equal(numbers(groups) != found, result.groups_adv != groups)
    np.testing.assert_array_equal(np.unique(groups)[found], result.groups_adv)
    if worth:
        np.testing.assert_array_equal(result.labels_after, asked[best][1])
    if "observed" not in options:
        assert result.after == (result.trace[-1] if worth else result.before)


@every_attack
def test_same_seed_gives_the_same_result(name):
    (first, asked), (again, asked_again) = attacked(name), run(name)
    for one, other in zip(asked, asked_again, strict=True):
        np.testing.assert_array_equal(one[0], other[0])
    np.testing.assert_array_equal(first.groups_adv, again.groups_adv)
    np.testing.assert_array_equal(first.labels_after, again.labels_after)
    np.testing.assert_array_equal(first.trace, again.trace)
    np.testing.assert_array_equal(first.null, again.null)
    assert first.stopped == again.stopped


@pytest.mark.parametrize("name", [n for n in TABLE if n != "one row"])
def test_other_seed_asks_other_questions(name):
    asked = [[question for question, _ in attacked(name, s)[1]] for s in (0, 1)]
    assert not np.array_equal(*asked)


@every_attack
def test_null_stands_beside_the_result(name):
    victim, groups, _ = TABLE[name]
    result, _ = attacked(name)
    rows, true = result.details["evaluated"], numbers(groups)
    seeds = [key for key in victim.get_params() if key.endswith("random_state")]
    fresh = [
        clone(victim).set_params(**dict.fromkeys(seeds, 1000 + i)).fit(X, groups=true)
        for i in range(2 if seeds else 1)
    ]
    null = [SLOW[result.measure](v.labels_[rows], true[rows]) for v in fresh]
    np.testing.assert_allclose(result.null, null)
    assert result.above_null == (result.after < min(result.null))


# What single entries of the table are there for.


@pytest.mark.parametrize("method", ["", ", random"])
def test_refused_questions_are_passed_over(method):
    result, asked = attacked("some refused" + method)
    refused = [question for question, labels in asked if labels is None]
    assert 0 < len(refused) < len(asked)
    assert np.bincount(numbers(result.groups_adv)).min() >= 22


@pytest.mark.parametrize("method", ["", ", random"])
def test_nothing_but_refusals_leaves_the_groups(method):
    result, asked = attacked("all refused" + method)
    assert all(labels is None for _, labels in asked)
    assert result.changed.size == 0
    assert (result.trace == np.inf).all()
    assert result.queries_to(0.99) is None
    assert not result.above_null


def test_group_that_goes_missing_is_a_refusal():
    """Fairlets are made of two groups, and the attacker holds one of them whole."""
    groups = (np.arange(N) >= 3).astype(int)
    victim = ScalableFairlets(1, q=47, random_state=0)
    result, asked = attack(victim, groups, attackable=[0, 1, 2])
    refused = [question for question, labels in asked if labels is None]
    assert [question.min() for question in refused] == [1]
    assert result.n_queries == 8
    assert result.stopped == "every point was asked"


@pytest.mark.parametrize("method", ["", ", random"])
def test_balance_of_zero_is_kept(method):
    result, asked = attacked("zero before" + method)
    rows, values = result.details["observed"], effects("zero before" + method)[0]
    groups = FIVE[rows]
    balances = [oracles.balance(labels[rows], groups) for _, labels in asked]
    np.testing.assert_array_equal(np.isinf(values), np.array(balances) > 0)
    assert 0 < np.isinf(values).sum() < len(values)
    assert result.details["balance"] == (0.0, 0.0)


def test_where_groups_do_nothing_they_stay():
    result, _ = attacked("groups ignored")
    np.testing.assert_array_equal(result.groups_adv, THREE)
    assert result.changed.size == 0
    assert result.trace[-1] == result.after == result.before


def test_search_for_balance_ends_at_zero():
    result, _ = attacked("spectral, five groups")
    assert (result.after, result.n_queries) == (0.0, 2)
    assert result.trace[0] > 0 == result.trace[1]


def test_random_search_returns_its_first_draw_among_equals():
    result, asked = attacked("groups ignored, random")
    np.testing.assert_array_equal(result.groups_adv, asked[0][0])
    assert result.changed.size
    assert result.after == result.before


def test_random_search_returns_what_is_worse_than_nothing():
    result, _ = attacked("zero before, random")
    assert result.after > result.before


def test_share_is_drawn_by_the_seed():
    rows = [attacked("fairlets", seed)[0].details["attackable"] for seed in (0, 1)]
    assert len(rows[0]) == len(rows[1]) == N // 4
    assert not np.array_equal(*rows)
    np.testing.assert_array_equal(*(np.sort(own) == own for own in rows))


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
    arrays, _ = attacked("rows")
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
        (np.where(np.arange(N) == 5, np.nan, TWO), "groups should be finite"),
        ([None] + ["a"] * (N - 1), "groups should be of one kind"),
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
