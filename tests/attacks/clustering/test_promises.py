"""The promises of the fairness attack in one table: budget, honesty, groups, seeds."""

import functools

import numpy as np
import oracles
import pytest
from fairness_victims import (
    ALIKE,
    FAIRLET,
    FIVE,
    KCENTER,
    NEAREST,
    OTHERS,
    ROWS,
    SPECTRAL,
    THREE,
    TWO,
    Halves,
    N,
    Nested,
    Picky,
    Unmoved,
    X,
    attack,
)
from sklearn.base import clone

from rfcore.fair import FairKCenter, ScalableFairlets

SLOW = {"balance": oracles.balance, "group_entropy": oracles.group_entropy}

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
