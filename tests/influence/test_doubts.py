"""A gap smaller than its scores: said where they are taken, and where they are used."""

import copy
import pickle

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from rfcore.errors import ApproximationWarning
from rfcore.influence import InfluenceFunction, TreeInfluence, Trimmed, trim
from rfcore.influence.doubts import DoubtfulScores, repeat_doubts

TARGET = "demographic_parity"


def small_gap(n=300, n_val=200, seed=0):
    """Groups drawn until the gap of a model is far below its scores."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n + n_val, 4))
    y = (X[:, 0] + rng.normal(size=n + n_val) > 0).astype(int)
    model = LogisticRegression(tol=1e-10, solver="newton-cholesky").fit(X[:n], y[:n])
    p = model.predict_proba(X[n:])[:, 1]
    drawn = (rng.permutation(np.arange(n_val) % 2) for _ in range(2000))
    groups = min(drawn, key=lambda g: abs(p[g == 1].mean() - p[g == 0].mean()))
    return model, X[:n], y[:n], X[n:], y[n:], groups


@pytest.fixture
def case():
    return small_gap()


def doubtful(case):
    model, X, y, X_val, y_val, groups = case
    influence = InfluenceFunction().fit(model, X, y)
    with pytest.warns(ApproximationWarning):
        return influence.scores(X_val, y_val, target=TARGET, groups=groups)


def test_first_order_says_so_and_newton_is_right(case):
    model, X, y, X_val, y_val, groups = case

    def gap(fitted):
        p = fitted.predict_proba(X_val)[:, 1]
        return abs(p[groups == 1].mean() - p[groups == 0].mean())

    truth = []
    for row in range(0, 300, 5):
        kept = np.delete(np.arange(300), row)
        model.fit(X[kept], y[kept])
        truth.append(gap(model))
    truth = np.array(truth) - gap(model.fit(X, y))
    influence = InfluenceFunction().fit(model, X, y)
    message = (
        rf"target='{TARGET}' is {gap(model):.2g}, and \d+ of 300 scores are below "
        "minus twice that: on the other side .* method='newton' takes the target"
    )
    with pytest.warns(ApproximationWarning, match=message) as seen:
        scores = influence.scores(X_val, y_val, target=TARGET, groups=groups)
    assert seen[0].filename == __file__
    assert f"and {(scores < -2 * gap(model)).sum()} of" in str(seen[0].message)
    assert abs(np.corrcoef(scores[::5], truth)[0, 1]) < 0.5
    influence.set_params(method="newton")
    newton = influence.scores(X_val, y_val, target=TARGET, groups=groups)
    assert np.corrcoef(newton[::5], truth)[0, 1] > 0.999
    assert type(newton) is np.ndarray


def test_no_word_of_a_gap_that_no_row_closes(case):
    model, X, y, X_val, y_val, _ = case
    groups = (X_val[:, 0] > 0).astype(int)
    scores = (
        InfluenceFunction()
        .fit(model, X, y)
        .scores(X_val, y_val, target=["loss", TARGET], groups=groups)
    )
    assert type(scores) is np.ndarray


def test_trim_and_the_tree_repeat_it(case):
    scores = doubtful(case)
    _, X, y, *_ = case
    plain = np.array(scores)
    for use in (
        lambda scores: trim(scores, 0.05).removed,
        lambda scores: TreeInfluence(random_state=0).fit(X, y, scores).predict(X, y),
    ):
        with pytest.warns(ApproximationWarning, match="are doubtful: target=.*newton"):
            found = use(scores)
        np.testing.assert_array_equal(found, use(plain))


def test_trimmed_says_it_once(case):
    model, X, y, X_val, y_val, groups = case
    trimmed = Trimmed(model, target=TARGET)
    with pytest.warns(ApproximationWarning) as seen:
        trimmed.fit(X, y, X_val=X_val, y_val=y_val, groups_val=groups)
    assert len(seen) == 1
    trimmed.set_params(influence=InfluenceFunction(method="newton"))
    trimmed.fit(X, y, X_val=X_val, y_val=y_val, groups_val=groups)


def test_of_several_targets_only_the_gap_is_doubtful(case):
    model, X, y, X_val, y_val, groups = case
    with pytest.warns(ApproximationWarning) as seen:
        both = (
            InfluenceFunction()
            .fit(model, X, y)
            .scores(X_val, y_val, target=["loss", TARGET], groups=groups)
        )
    assert len(seen) == 1
    of_loss, of_gap = both
    for scores in (of_loss, both[0], both[0, :], both[:1][0], both[-2]):
        trim(scores, 3)
    assert both[both < 0].ndim == 1
    assert (both > 0)[0].any()
    for scores in (of_gap, both[1], both[1, :], both[[1]][0], of_gap[:50], -of_gap):
        with pytest.warns(ApproximationWarning, match="doubtful"):
            trim(scores, 3)


def test_groups_of_rows_are_told_of_order_2(case):
    model, X, y, X_val, y_val, groups = case
    influence = InfluenceFunction().fit(model, X, y)
    lowest = np.argsort(np.array(doubtful(case)))
    sets = [lowest[-3:], lowest[:1], lowest[1:3]]
    options = {"target": TARGET, "groups": groups}
    with pytest.warns(ApproximationWarning, match="2 of 3 scores .* order=2 takes"):
        scores = influence.group_scores(sets, X_val, y_val, **options)
    assert scores.shape == (3,)
    influence.group_scores(sets, X_val, y_val, order=2, **options)


def test_doubtful_scores_are_an_array():
    scores = DoubtfulScores([-1.0, 2.0], ["wrong"])
    assert copy.deepcopy(scores).doubts == ("wrong",)
    assert type(scores.sum()) is np.float64
    assert type(np.asarray(scores)) is np.ndarray
    assert (pickle.loads(pickle.dumps(scores)) == scores).all()
    with pytest.warns(ApproximationWarning, match="^the scores are doubtful: wrong$"):
        repeat_doubts(scores)
    repeat_doubts([1.0])
    repeat_doubts(scores[0])
