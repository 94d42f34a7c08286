"""Influence through a fitted pipeline, and on data frames from end to end."""

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures, StandardScaler

from rfcore.influence import InfluenceFunction, TreeInfluence

SHARP = {"tol": 1e-10, "solver": "newton-cholesky"}


def data(n=120, n_val=60, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n + n_val, 3)) * [1.0, 20.0, 0.1] + 5
    y = (X[:, 0] + rng.normal(size=n + n_val) > 5).astype(int)
    groups = (X[:, 1] > 5).astype(int)
    return X[:n], y[:n], X[n:], y[n:], groups[n:]


SMALL_GAP = pytest.mark.filterwarnings(
    "ignore:target='demographic_parity' is 0.0:rfcore.errors.ApproximationWarning"
)


@SMALL_GAP
@pytest.mark.parametrize("method", ["first_order", "newton"])
@pytest.mark.parametrize("nested", [False, True])
def test_transformers_stay_fixed(method, nested):
    X, y, X_val, y_val, groups = data()
    last = make_pipeline(PolynomialFeatures(2), LogisticRegression(**SHARP))
    pipeline = make_pipeline(StandardScaler(), *([last] if nested else last))
    pipeline.fit(X, y)
    influence = InfluenceFunction(method=method).fit(pipeline, X, y)
    assert influence.n_features_in_ == 3
    assert influence.theta_.shape == (1, 11)
    scaler, poly = StandardScaler().fit(X), PolynomialFeatures(2)
    Z, Z_val = (poly.fit_transform(scaler.transform(rows)) for rows in (X, X_val))
    model = LogisticRegression(**SHARP).fit(Z, y)
    plain = InfluenceFunction(method=method).fit(model, Z, y)
    options = {"target": ["loss", "demographic_parity"], "groups": groups}
    np.testing.assert_allclose(
        influence.scores(X_val, y_val, **options),
        plain.scores(Z_val, y_val, **options),
        rtol=1e-8,
    )
    np.testing.assert_allclose(
        influence.group_scores([[0, 3]], X_val, y_val, order=2, **options),
        plain.group_scores([[0, 3]], Z_val, y_val, order=2, **options),
        rtol=1e-8,
    )
    target = influence.scores(target=np.sum)
    np.testing.assert_allclose(target, plain.scores(target=np.sum), rtol=1e-8)


def test_a_pipeline_of_one_step_is_its_model():
    X, y, X_val, y_val, _ = data()
    pipeline = make_pipeline(Ridge()).fit(X, y)
    found = InfluenceFunction().fit(pipeline, X, y)
    expected = InfluenceFunction().fit(pipeline[-1], X, y)
    np.testing.assert_array_equal(
        found.scores(X_val, y_val, target="loss"),
        expected.scores(X_val, y_val, target="loss"),
    )
    assert found.n_features_in_ == 3


def test_sparse_features_of_a_pipeline():
    X, y, X_val, y_val, groups = data()
    X, X_val = np.round(X[:, :1]), np.round(X_val[:, :1])
    options = {"target": ["loss", "demographic_parity"], "groups": groups}
    scores = []
    for sparse in (False, True):
        encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=sparse)
        pipeline = make_pipeline(encoder, LogisticRegression(tol=1e-10)).fit(X, y)
        influence = InfluenceFunction().fit(pipeline, X, y)
        scores.append(influence.scores(X_val, y_val, **options))
    np.testing.assert_allclose(*scores, rtol=1e-8, atol=1e-12)


def test_error_pipelines():
    X, y, _, _, _ = data()
    forest = make_pipeline(StandardScaler(), RandomForestClassifier(2)).fit(X, y)
    with pytest.raises(TypeError, match="model is a RandomForestClassifier, should"):
        InfluenceFunction().fit(forest, X, y)
    scaler = make_pipeline(StandardScaler(), "passthrough").fit(X, y)
    with pytest.raises(TypeError, match="model is a str, should"):
        InfluenceFunction().fit(scaler, X, y)
    pipeline = Pipeline([("scale", StandardScaler()), ("model", Ridge())])
    with pytest.raises(ValueError, match="not fitted"):
        InfluenceFunction().fit(pipeline, X, y)


@SMALL_GAP
@pytest.mark.filterwarnings("ignore:the scores are doubtful")
def test_data_frames_from_the_fit_to_the_picture():
    """Words in columns, labels and groups; an index that is not 0, 1, 2, ..."""
    pandas = pytest.importorskip("pandas")
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    X, y, X_val, y_val, groups = data()

    def frame(X):
        columns = pandas.DataFrame(X, columns=["age", "income", "ratio"])
        columns["job"] = np.where(X[:, 2] > 5, "clerk", "smith")
        return columns.set_index(np.arange(len(X))[::-1] + 7)

    words = np.array(["bad", "good"], dtype=object)
    X_df, X_val_df = frame(X), frame(X_val)
    y_series = pandas.Series(words[y], index=X_df.index)
    columns = ColumnTransformer(
        [("words", OneHotEncoder(), ["job"])], remainder=StandardScaler()
    )
    pipeline = make_pipeline(columns, LogisticRegression(**SHARP)).fit(X_df, y_series)
    influence = InfluenceFunction().fit(pipeline, X_df, y_series)
    scores = influence.scores(
        X_val_df,
        pandas.Series(words[y_val], index=X_val_df.index),
        target="demographic_parity",
        groups=pandas.Series(
            np.array(["f", "m"])[groups], index=X_val_df.index, dtype="category"
        ),
    )
    assert scores.shape == (120,)
    assert influence.n_features_in_ == 4
    Z, Z_val = pipeline[:-1].transform(X_df), pipeline[:-1].transform(X_val_df)
    plain = InfluenceFunction().fit(LogisticRegression(**SHARP).fit(Z, y), Z, y)
    expected = plain.scores(Z_val, y_val, target="demographic_parity", groups=groups)
    np.testing.assert_allclose(scores, expected, rtol=1e-8)
    numbers = X_df[["age", "income", "ratio"]]
    figure = (
        TreeInfluence()
        .fit(numbers, y_series, scores)
        .plot_regions(numbers, y_series, features=(0, 1))
    )
    assert figure.axes[0].get_xlabel() == "age"
