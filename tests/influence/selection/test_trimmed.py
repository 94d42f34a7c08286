"""The estimator that trims: against its parts by hand, in pipelines, refusals."""

import numpy as np
import pytest
import sklearn
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.utils.estimator_checks import parametrize_with_checks

from rfcore.errors import InfeasibleError
from rfcore.influence import InfluenceFunction, Trimmed, trim

SHARP = {"tol": 1e-10, "solver": "newton-cholesky"}


# Rows set aside are checked by InfluenceFunction, with its words; this state trains on
# the row that a check of scikit-learn breaks.
@parametrize_with_checks(
    [
        Trimmed(LogisticRegression(tol=1e-8), random_state=1),
        Trimmed(Ridge(), random_state=1),
        Trimmed(LinearSVC(dual=False, tol=1e-8), random_state=1),
    ]
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def data(n=300, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 4)) * [1.0, 5.0, 0.2, 1.0]
    groups = (rng.random(n) < 0.4).astype(int)
    X[:, 0] += groups
    y = (X[:, 0] + rng.normal(size=n) > 0.5).astype(int)
    return X, y, groups


@pytest.mark.parametrize("target", ["loss", "demographic_parity", "robustness"])
def test_it_is_its_parts(target):
    X, y, groups = data()
    own = Trimmed(
        LogisticRegression(**SHARP),
        target=target,
        budget=12,
        influence=InfluenceFunction(method="newton"),
        random_state=3,
    ).fit(X, y, groups=groups)
    assert len(own.training_) == 240
    aside = np.setdiff1d(np.arange(300), own.training_)
    X_train, y_train = X[own.training_], y[own.training_]
    model = LogisticRegression(**SHARP).fit(X_train, y_train)
    np.testing.assert_array_equal(own.untrimmed_.coef_, model.coef_)
    scores = (
        InfluenceFunction(method="newton")
        .fit(model, X_train, y_train)
        .scores(X[aside], y[aside], target=target, groups=groups[aside])
    )
    np.testing.assert_array_equal(own.influence_, scores)
    found = trim(scores, 12)
    np.testing.assert_array_equal(own.removed_, own.training_[found.removed])
    assert len(own.removed_) == 12
    model.fit(X_train[found.kept], y_train[found.kept])
    np.testing.assert_array_equal(own.predict_proba(X), model.predict_proba(X))
    assert own.score(X, y) == model.score(X, y)
    assert own.n_features_in_ == 4
    assert not hasattr(Trimmed(Ridge()), "predict_proba")


def test_trimming_lowers_the_gap_of_the_rows_it_was_given():
    X, y, groups = data(600)
    given = {"X_val": X[400:], "y_val": y[400:], "groups_val": groups[400:]}
    model = LogisticRegression(**SHARP)
    own = Trimmed(model, target="demographic_parity", budget=0.1)
    own.fit(X[:400], y[:400], **given)
    np.testing.assert_array_equal(own.training_, np.arange(400))
    assert 0 < len(own.removed_) <= 40

    def gap(model):
        p = model.predict_proba(X[400:])[:, 1]
        return abs(p[groups[400:] == 1].mean() - p[groups[400:] == 0].mean())

    assert gap(own) < 0.95 * gap(own.untrimmed_)


def test_rows_set_aside_hold_every_label_and_group():
    X, y, groups = data()
    rare = np.flatnonzero((y == 1) & (groups == 0))
    y[rare[5:]] = 0
    for seed in range(5):
        own = Trimmed(
            LogisticRegression(), target="equal_opportunity", random_state=seed
        ).fit(X, y, groups=groups)
        aside = np.setdiff1d(np.arange(300), own.training_)
        assert ((y[aside] == 1) & (groups[aside] == 0)).sum() == 1
    again = Trimmed(
        LogisticRegression(), target="equal_opportunity", random_state=4
    ).fit(X, y, groups=groups)
    np.testing.assert_array_equal(own.removed_, again.removed_)
    y[rare[1:]] = 0
    Trimmed(LogisticRegression(), random_state=0).fit(X, y, groups=groups)


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


def test_groups_reach_it_in_a_pipeline(routing):
    X, y, groups = data()
    last = Trimmed(
        LogisticRegression(**SHARP), target="demographic_parity", random_state=0
    )
    pipeline = Pipeline(
        [("scale", StandardScaler()), ("trim", last.set_fit_request(groups=True))]
    )
    pipeline.fit(X, y, groups=groups)
    alone = Trimmed(
        LogisticRegression(**SHARP), target="demographic_parity", random_state=0
    ).fit(StandardScaler().fit_transform(X), y, groups=groups)
    assert len(alone.removed_) > 0
    np.testing.assert_array_equal(pipeline[-1].removed_, alone.removed_)
    np.testing.assert_array_equal(
        pipeline.predict(X), alone.predict(StandardScaler().fit_transform(X))
    )


def test_validation_rows_are_transformed_in_a_pipeline(routing):
    X, y, groups = data()
    last = Trimmed(LogisticRegression(**SHARP), target="demographic_parity")
    last.set_fit_request(X_val=True, y_val=True, groups_val=True)
    pipeline = Pipeline(
        [("scale", StandardScaler()), ("trim", last)], transform_input=["X_val"]
    )
    pipeline.fit(
        X[:200], y[:200], X_val=X[200:], y_val=y[200:], groups_val=groups[200:]
    )
    scaler = StandardScaler().fit(X[:200])
    alone = Trimmed(LogisticRegression(**SHARP), target="demographic_parity").fit(
        scaler.transform(X[:200]),
        y[:200],
        X_val=scaler.transform(X[200:]),
        y_val=y[200:],
        groups_val=groups[200:],
    )
    np.testing.assert_allclose(pipeline[-1].influence_, alone.influence_)


def test_it_takes_a_pipeline_and_data_frames():
    pandas = pytest.importorskip("pandas")
    X, y, groups = data()
    index = np.arange(300)[::-1]
    columns = ["age", "income", "rate", "hours"]
    frame = pandas.DataFrame(X, columns=columns, index=index)
    model = make_pipeline(StandardScaler(), LogisticRegression(**SHARP))
    own = Trimmed(model, target="demographic_parity", random_state=0)
    own.fit(
        frame,
        pandas.Series(np.array(["no", "yes"])[y], index=index),
        groups=pandas.Series(groups, index=index, dtype="category"),
    )
    plain = Trimmed(model, target="demographic_parity", random_state=0)
    plain.fit(X, y, groups=groups)
    np.testing.assert_array_equal(own.removed_, plain.removed_)
    assert own.feature_names_in_.tolist() == columns
    assert own.classes_.tolist() == ["no", "yes"]
    np.testing.assert_array_equal(own.predict(frame) == "yes", plain.predict(X) == 1)


def test_error_arguments():
    X, y, groups = data()
    model = LogisticRegression(tol=1e-8)
    for own, more, message in (
        (
            Trimmed(model, validation_fraction=0),
            {},
            r"fraction=0 should be in \(0, 1\)",
        ),
        (Trimmed(model, validation_fraction=1.0), {}, "validation_fraction=1.0 should"),
        (Trimmed(model, target="demographic_parity"), {}, "needs groups"),
        (Trimmed(model), {"X_val": X}, "X_val and y_val should be given together"),
        (Trimmed(model), {"groups": groups[:5]}, "inconsistent numbers of samples"),
        (Trimmed(model, budget=-1), {}, "budget=-1"),
    ):
        with pytest.raises(ValueError, match=message):
            own.fit(X, y, **more)


def test_error_a_class_is_gone():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 1))
    y = np.zeros(40, dtype=int)
    y[:2] = 1
    own = Trimmed(LogisticRegression(), budget=20)
    with pytest.raises(InfeasibleError, match="budget=20 removes all rows of class 1"):
        own.fit(X, y, X_val=X[2:], y_val=y[2:])


def test_least_squares_without_its_outlier():
    x = np.arange(30.0)
    y = 2 * x + 1
    y[7] += 500
    own = Trimmed(LinearRegression(), budget=1)
    own.fit(x[:, None], y, X_val=x[10:, None], y_val=y[10:])
    assert own.removed_.tolist() == [7]
    assert own.estimator_.coef_[0] == pytest.approx(2)
    assert own.untrimmed_.coef_[0] != pytest.approx(2, rel=1e-2)
