"""Scores against slow formulas, against retraining, and their invariances."""

import numpy as np
import oracles
import pytest
from scipy import sparse
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge

from rfcore.errors import ApproximationWarning
from rfcore.influence import InfluenceFunction

TARGETS = ["loss", "demographic_parity", "equal_opportunity", "robustness"]
KINDS = {
    "binary": TARGETS,
    "unpenalized": TARGETS,
    "liblinear": TARGETS,
    "multinomial": ["loss"],
    "ridge": ["loss"],
    "least_squares": ["loss"],
    "svc": TARGETS,
    "svc_of_three": ["loss"],
}
CASES = [(name, target) for name, targets in KINDS.items() for target in targets]


def fit(own, **options):
    return InfluenceFunction(**options).fit(
        own.model, own.X, own.y, sample_weight=own.sample_weight
    )


def value(own, target, theta):
    return oracles.influence_target(
        own.kind, target, theta, own.rows_val, own.y_val, own.groups, at=own.theta
    )


def oracle_steps(own, rows, *, keep_hessian):
    return oracles.removal_steps(
        own.kind,
        own.theta,
        own.rows,
        own.y,
        own.weights,
        own.penalty,
        rows,
        keep_hessian=keep_hessian,
    )


@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize(("name", "target"), CASES)
def test_first_order_scores_are_the_formula(case, name, target, intercept):
    own = case(name, intercept=intercept, weighted=True)
    scores = fit(own).scores(own.X_val, own.y_val, target=target, groups=own.groups)
    slope = oracles.gradient_by_differences(
        lambda theta: value(own, target, theta), own.theta, step=1e-4
    )
    rows = range(0, len(own.X), 8)
    steps = oracle_steps(own, rows, keep_hessian=True)
    expected = [(slope * step).sum() for step in steps]
    np.testing.assert_allclose(
        scores[list(rows)], expected, rtol=1e-4, atol=1e-4 * np.abs(scores).max()
    )


@pytest.mark.parametrize(("name", "target"), CASES)
def test_values_are_the_targets(case, name, target):
    own = case(name, weighted=True)
    influence = fit(own)
    found = influence.values(own.X_val, own.y_val, target=target, groups=own.groups)
    assert isinstance(found, float)
    assert found == pytest.approx(value(own, target, own.theta), rel=1e-4, abs=1e-6)
    (listed,) = influence.values(
        own.X_val, own.y_val, target=[target], groups=own.groups
    )
    assert listed == found


@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize(("name", "target"), CASES)
def test_newton_scores_are_the_formula(case, name, target, intercept):
    # So many rows that each leaves nearly all of the curvature.
    own = case(name, intercept=intercept, weighted=True, n=80)
    influence = fit(own, method="newton")
    scores = influence.scores(own.X_val, own.y_val, target=target, groups=own.groups)
    rows = list(range(0, len(own.X), 16))
    steps = oracle_steps(own, rows, keep_hessian=False)
    size = max(np.abs(step).max() for step in steps)
    changes = influence.parameter_changes(rows)
    np.testing.assert_allclose(changes, steps, atol=2e-4 * size)
    before = value(own, target, own.theta)
    expected = [value(own, target, own.theta + step) - before for step in steps]
    np.testing.assert_allclose(
        scores[rows], expected, rtol=1e-4, atol=2e-4 * np.abs(scores).max()
    )


@pytest.mark.parametrize("method", ["first_order", "newton"])
@pytest.mark.parametrize("name", ["binary", "svc"])
def test_a_list_of_targets_is_each_of_them(case, name, method):
    own = case(name)
    influence = fit(own, method=method)
    together = influence.scores(
        own.X_val, own.y_val, target=[*TARGETS, np.sum], groups=own.groups
    )
    assert together.shape == (5, len(own.X))
    for target, scores in zip([*TARGETS, np.sum], together, strict=True):
        alone = influence.scores(own.X_val, own.y_val, target=target, groups=own.groups)
        np.testing.assert_allclose(scores, alone, rtol=1e-9, atol=1e-14)


def retrained(model, X, y, rows, sample_weight=None):
    from sklearn.base import clone

    keep = np.delete(np.arange(len(X)), rows)
    weights = None if sample_weight is None else sample_weight[keep]
    model = clone(model).fit(X[keep], y[keep], sample_weight=weights)
    theta = np.atleast_2d(model.coef_)
    if model.fit_intercept:
        theta = np.column_stack([theta, np.broadcast_to(model.intercept_, len(theta))])
    return theta


@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", ["ridge", "least_squares"])
def test_newton_is_exact_for_squared_loss(case, name, weighted, intercept):
    own = case(name, weighted=weighted, intercept=intercept)
    influence = fit(own, method="newton")
    changes = influence.parameter_changes([3, 17])
    for row, change in zip([3, 17], changes, strict=True):
        theta = retrained(own.model, own.X, own.y, [row], own.sample_weight)
        np.testing.assert_allclose(influence.theta_ + change, theta, atol=1e-10)
    sets = [[0, 5, 9], [20]]
    scores = influence.group_scores(sets, own.X_val, own.y_val, target="loss", order=2)
    for rows, score in zip(sets, scores, strict=True):
        theta = retrained(own.model, own.X, own.y, rows, own.sample_weight)
        truth = value(own, "loss", theta) - value(own, "loss", own.theta)
        assert score == pytest.approx(truth, rel=1e-8)
    one = influence.scores(own.X_val, own.y_val, target="loss")[20]
    assert scores[1] == pytest.approx(one, rel=1e-10)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def logistic_data(n=300, n_val=150, d=6, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n + n_val, d))
    y = (rng.random(n + n_val) < sigmoid(X @ rng.normal(size=d))).astype(int)
    groups = (X[:, 0] + rng.normal(size=n + n_val) > 0).astype(int)
    return X[:n], y[:n], X[n:], y[n:], groups[n:]


def removal_truth(model, X, y, X_val, y_val, groups, row_sets):
    """Differences of the targets after retraining, (t, s)."""
    rows_val = np.column_stack([X_val, np.ones(len(X_val))])
    at = np.column_stack([model.coef_, model.intercept_])

    def values(theta):
        return [
            oracles.influence_target(
                "log", target, theta, rows_val, y_val, groups, at=at
            )
            for target in TARGETS
        ]

    before = np.array(values(at))
    after = [values(retrained(model, X, y, rows)) for rows in row_sets]
    return np.transpose(after) - before[:, None]


def correlations(scores, truth):
    return [np.corrcoef(a, b)[0, 1] for a, b in zip(scores, truth, strict=True)]


def assert_true_to_retraining(data, rows):
    X, y, X_val, y_val, groups = data
    model = LogisticRegression(C=1, tol=1e-10, solver="newton-cholesky").fit(X, y)
    truth = removal_truth(model, X, y, X_val, y_val, groups, [[row] for row in rows])
    for method, least in (
        ("first_order", [0.98, 0.995, 0.995, 0.98]),
        ("newton", [0.998] * 4),
    ):
        influence = InfluenceFunction(method=method).fit(model, X, y)
        scores = influence.scores(X_val, y_val, target=TARGETS, groups=groups)
        found = correlations(scores[:, rows], truth)
        assert (np.array(found) >= least).all(), (method, found)
        # The sign: rows whose removal lowers the loss have negative scores.
        assert (np.sign(scores[0, rows]) == np.sign(truth[0])).mean() > 0.95


def test_scores_are_true_to_retraining():
    assert_true_to_retraining(logistic_data(), np.arange(0, 300, 6))


def test_scores_are_true_to_retraining_for_three_classes(case):
    own = case("multinomial", n=150, seed=2)
    rows = list(range(0, 150, 5))
    truth = [
        value(own, "loss", retrained(own.model, own.X, own.y, [i]))
        - value(own, "loss", own.theta)
        for i in rows
    ]
    for method, least in (("first_order", 0.98), ("newton", 0.998)):
        scores = fit(own, method=method).scores(own.X_val, own.y_val, target="loss")
        assert np.corrcoef(scores[rows], truth)[0, 1] >= least


def test_group_scores_are_true_to_retraining():
    X, y, X_val, y_val, groups = logistic_data()
    model = LogisticRegression(C=1, tol=1e-10, solver="newton-cholesky").fit(X, y)
    rng = np.random.default_rng(1)
    sets = [rng.choice(300, size=60, replace=False) for _ in range(12)]
    truth = removal_truth(model, X, y, X_val, y_val, groups, sets)
    influence = InfluenceFunction().fit(model, X, y)
    errors = []
    for order in (1, 2):
        scores = influence.group_scores(
            sets, X_val, y_val, target=TARGETS, groups=groups, order=order
        )
        assert scores.shape == truth.shape
        errors.append(np.abs(scores - truth).max(axis=1) / np.abs(truth).max(axis=1))
    # A fifth of the rows: the rows' own scores no longer add up.
    assert (errors[1] < 0.1).all(), errors
    assert (errors[1] < errors[0] / 2).all(), errors


def test_first_order_group_scores_are_sums_and_sum_to_the_penalty():
    """All gradients sum to minus the penalty's: nothing moves without a penalty."""
    X, y, X_val, y_val, _ = logistic_data(n=200)
    for C in (0.1, np.inf):
        model = LogisticRegression(C=C, tol=1e-10, solver="newton-cholesky")
        influence = InfluenceFunction().fit(model.fit(X, y), X, y)
        scores = influence.scores(X_val, y_val, target="loss")
        everything = influence.group_scores(
            [np.arange(200), [3, 4]], X_val, y_val, target="loss"
        )
        np.testing.assert_allclose(
            everything, [scores.sum(), scores[[3, 4]].sum()], atol=1e-12
        )
        pull = np.append(model.coef_[0] / C, 0)
        p = sigmoid(model.decision_function(X_val)) - y_val
        slope = np.append(p @ X_val, p.sum())
        expected = -slope @ np.linalg.solve(influence.hessian_, pull)
        assert everything[0] == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("method", ["first_order", "newton"])
def test_rows_of_weight_zero_have_no_influence(case, method):
    own = case("binary", weighted=True)
    own.sample_weight[[2, 7]] = 0
    own.model.fit(own.X, own.y, sample_weight=own.sample_weight)
    scores = fit(own, method=method).scores(own.X_val, own.y_val, target="loss")
    assert (scores[[2, 7]] == 0).all()
    assert (np.delete(scores, [2, 7]) != 0).all()


@pytest.mark.parametrize("method", ["first_order", "newton"])
def test_weight_two_is_twice_the_row(method):
    X, y, X_val, y_val, groups = logistic_data(n=80)
    model = LogisticRegression(tol=1e-10, solver="newton-cholesky")
    weights = np.ones(80)
    weights[5] = 2
    twice, labels = np.vstack([X, X[5]]), np.append(y, y[5])
    scores = [
        InfluenceFunction(method=method)
        .fit(model.fit(*data, sample_weight=w), *data, sample_weight=w)
        .scores(X_val, y_val, target=TARGETS, groups=groups)
        for data, w in (((X, y), weights), ((twice, labels), None))
    ]
    others = np.arange(80) != 5
    np.testing.assert_allclose(
        scores[0][:, others], scores[1][:, :80][:, others], rtol=1e-6, atol=1e-10
    )
    if method == "first_order":
        np.testing.assert_allclose(scores[0][:, 5], 2 * scores[1][:, 80], rtol=1e-6)


@pytest.mark.parametrize("method", ["first_order", "newton"])
@pytest.mark.parametrize(("scale", "offset"), [(1e-6, 0), (1e6, 0), (1, 1e6)])
def test_scale_and_offset_do_not_matter(scale, offset, method):
    """Without a penalty the same model in other units; its parameters moved along."""
    X, y, X_val, y_val, groups = logistic_data(n=120)
    model = LogisticRegression(C=np.inf, tol=1e-12, solver="newton-cholesky")
    influence = InfluenceFunction(method=method).fit(model.fit(X, y), X, y)
    expected = influence.scores(X_val, y_val, target=TARGETS[:3], groups=groups)
    model.coef_ = model.coef_ / scale
    model.intercept_ = model.intercept_ - model.coef_[0].sum() * offset
    influence.fit(model, scale * X + offset, y)
    found = influence.scores(
        scale * X_val + offset, y_val, target=TARGETS[:3], groups=groups
    )
    atol = 1e-7 * np.abs(expected).max(axis=1, keepdims=True)
    assert (np.abs(found - expected) <= atol).all()


@pytest.mark.parametrize("method", ["first_order", "newton"])
def test_callables_with_and_without_gradient(case, method):
    own = case("binary")
    influence = fit(own, method=method)

    def loss(theta):
        assert theta.shape == influence.theta_.shape
        return value(own, "loss", theta)

    def loss_and_gradient(theta):
        p = sigmoid(own.rows_val @ theta[0]) - own.y_val
        return loss(theta), (p @ own.rows_val)[None]

    expected = influence.scores(own.X_val, own.y_val, target="loss")
    for target in (loss, loss_and_gradient):
        scores = influence.scores(target=target)
        np.testing.assert_allclose(scores, expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("target", TARGETS[1:3])
def test_no_gap_has_no_first_order_influence(case, target):
    """The subgradient of |.| at 0 is 0, though the gap would open either way."""
    X, y = np.array([[1.0], [-1.0], [1.0], [-1.0]]), np.array([1, 1, 0, 0])
    model = LogisticRegression(fit_intercept=False).fit(X, y)
    assert model.coef_ == 0
    X_val, y_val, groups = np.array([[2.0], [3.0]]), np.ones(2, dtype=int), [0, 1]
    influence = InfluenceFunction().fit(model, X, y)
    with pytest.warns(ApproximationWarning, match="is 0, where it has no slope"):
        scores = influence.scores(X_val, y_val, target=target, groups=groups)
    np.testing.assert_array_equal(scores, 0)
    influence.set_params(method="newton")
    newton = influence.scores(X_val, y_val, target=target, groups=groups)
    assert (newton > 0).all()
    own = case("binary")
    groups = np.repeat(["a", "b"], 20)
    twice, labels = np.vstack([own.X_val] * 2), np.tile(own.y_val, 2)
    with pytest.warns(ApproximationWarning, match="'newton' takes the target at the"):
        scores = fit(own).scores(twice, labels, target=target, groups=groups)
    np.testing.assert_array_equal(scores, 0)


def test_names_of_groups_and_labels_do_not_matter(case):
    own = case("binary")
    expected = fit(own).scores(own.X_val, own.y_val, target=TARGETS, groups=own.groups)
    names = np.array(["no", "yes"], dtype=object)
    own.y, own.y_val = names[own.y], names[own.y_val]
    own.model.fit(own.X, own.y)
    found = fit(own).scores(
        own.X_val, own.y_val, target=TARGETS, groups=np.array(["f", "m"])[own.groups]
    )
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_class_weights_are_weights(case):
    own = case("binary")
    weights = np.where(own.y == 1, 3.0, 0.5)
    sharp = {"tol": 1e-10, "solver": "newton-cholesky"}
    model = LogisticRegression(class_weight={0: 0.5, 1: 3.0}, **sharp)
    influence = InfluenceFunction().fit(model.fit(own.X, own.y), own.X, own.y)
    plain = LogisticRegression(**sharp).fit(own.X, own.y, sample_weight=weights)
    expected = InfluenceFunction().fit(plain, own.X, own.y, sample_weight=weights)
    np.testing.assert_allclose(
        influence.scores(own.X_val, own.y_val, target="loss"),
        expected.scores(own.X_val, own.y_val, target="loss"),
        rtol=1e-6,
    )


@pytest.mark.parametrize("method", ["first_order", "newton"])
def test_dtypes_and_sparse_rows_agree(method):
    X, y, X_val, y_val, groups = logistic_data(n=120)
    X = np.where(np.abs(X) < 0.5, 0, X)
    model = LogisticRegression(tol=1e-10, solver="newton-cholesky").fit(X, y)
    influence = InfluenceFunction(method=method)
    expected = influence.fit(model, X, y).scores(
        X_val, y_val, target=TARGETS, groups=groups
    )
    for convert, rtol in (
        (sparse.csr_matrix, 1e-9),
        (sparse.csc_array, 1e-9),
        (lambda X: X.astype(np.float32), 1e-3),
        (lambda X: sparse.csr_array(X.astype(np.float32)), 1e-3),
    ):
        found = influence.fit(model, convert(X), y).scores(
            convert(X_val), y_val, target=TARGETS, groups=groups
        )
        assert found.dtype == np.float64
        atol = rtol * np.abs(expected).max(axis=1, keepdims=True)
        assert (np.abs(found - expected) <= atol).all()


def test_data_frames_are_read(case):
    pandas = pytest.importorskip("pandas")
    own = case("binary")
    expected = fit(own).scores(own.X_val, own.y_val, target=TARGETS, groups=own.groups)
    names = ["age", "sex", "income"]
    own.X = pandas.DataFrame(own.X, columns=names)
    own.X.index = np.arange(len(own.y))[::-1]
    own.y = pandas.Series(own.y, index=own.X.index)
    own.model.fit(own.X, own.y)
    X_val = pandas.DataFrame(own.X_val, columns=names)
    found = fit(own).scores(
        X_val,
        pandas.Series(own.y_val),
        target=TARGETS,
        groups=pandas.Series(own.groups).astype("category"),
    )
    np.testing.assert_allclose(found, expected, rtol=1e-8)
    with pytest.raises(ValueError, match=r"X_val has columns .'sex', 'age'"):
        fit(own).scores(X_val[["sex", "age", "income"]], own.y_val, target="loss")


class Frame:
    """Just enough of a data frame."""

    def __init__(self, values, columns):
        self.values, self.columns = values, columns

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.values, dtype=dtype)


def test_error_columns_in_another_order(case):
    own = case("binary")
    own.model.feature_names_in_ = np.array(["age", "sex", "income"], dtype=object)
    own.X = Frame(own.X, ["age", "sex", "income"])
    influence = fit(own)
    right = Frame(own.X_val, ["age", "sex", "income"])
    wrong = Frame(own.X_val, ["sex", "age", "income"])
    assert influence.scores(right, own.y_val, target="loss").shape == (40,)
    with pytest.raises(ValueError, match=r"X_val has columns .'sex', 'age', 'income'"):
        influence.scores(wrong, own.y_val, target="loss")


def test_damping_is_a_penalty_on_all_parameters(case):
    own = case("least_squares")
    plain, damped = fit(own), fit(own, damping=2.0)
    np.testing.assert_allclose(
        damped._hessian - plain._hessian, 2 * np.eye(4), atol=1e-12
    )


@pytest.mark.data
def test_error_singular_german(german):
    """A rank-deficient X is refused with its rank, and damping mends it."""
    X, y, X_val, y_val, _ = german
    model = LogisticRegression(C=np.inf, tol=1e-8, solver="lbfgs", max_iter=2000)
    model.fit(X, y)
    with pytest.raises(
        ValueError, match=r"rank 47 of 59 columns; .*penalty \(C\).*damping=1e-3"
    ):
        InfluenceFunction().fit(model, X, y)
    influence = InfluenceFunction(damping=1e-3).fit(model, X, y)
    assert np.isfinite(influence.scores(X_val, y_val, target="loss")).all()


def test_error_singular_columns():
    X = np.random.default_rng(0).normal(size=(20, 3))
    X[:, 2] = X[:, 0] - X[:, 1]
    y = X[:, 0] ** 2
    model = LinearRegression(fit_intercept=False).fit(X, y)
    with pytest.raises(
        ValueError, match=r"X has rank 2 of 3 columns; .*penalty \(alpha\)"
    ):
        InfluenceFunction().fit(model, X, y)


def test_error_separable_rows():
    X = np.arange(-4, 4)[:, None] + 0.5
    y = (X[:, 0] > 0).astype(int)
    model = LogisticRegression(C=np.inf, tol=1e-12, max_iter=1000)
    model.fit(X, y)
    model.coef_ = model.coef_ * 1e3
    with pytest.raises(ValueError, match="full rank: the rows may be separable"):
        InfluenceFunction().fit(model, X, y)


def test_error_a_row_that_nothing_else_holds():
    X = np.array([[1.0, 0.0], [2.0, 0.0], [3.0, 1.0], [1.0, 0.0]])
    y = np.array([1.0, 0.5, 2.0, 3.0])
    model = LinearRegression(fit_intercept=False).fit(X, y)
    influence = InfluenceFunction(method="newton").fit(model, X, y)
    with pytest.raises(ValueError, match="without row 2 the Hessian is singular"):
        influence.scores(X, y, target="loss")
    with pytest.raises(ValueError, match="without these 2 rows the Hessian is sing"):
        influence.group_scores([[0, 2]], X, y, target="loss", order=2)


def test_error_not_converged(case):
    own = case("binary")
    own.model.intercept_ = own.model.intercept_ + 1
    with pytest.warns(UserWarning, match=r"gradient norm is 0\.\d+, above 0.001"):
        influence = fit(own)
    assert influence.gradient_norm_ > 0.1


def test_error_parameters(case):
    own = case("binary")
    for options, message in (
        ({"method": "second"}, "method='second' should be one of first_order, newton"),
        ({"solver": "lu"}, "solver='lu' should be one of cholesky, cg, nystroem"),
        ({"damping": -1.0}, "damping=-1.0 should be finite and >= 0"),
        ({"damping": np.nan}, "damping=nan should be finite"),
        ({"tol": 0}, "tol=0 should be > 0"),
        ({"rank": 0}, "rank=0 should be >= 1"),
        ({"max_iter": 0}, "max_iter=0 should be >= 1"),
        (
            {"method": "newton", "solver": "cg"},
            "method='newton' needs solver='cholesky', not 'cg'",
        ),
    ):
        with pytest.raises(ValueError, match=message):
            fit(own, **options)


def test_error_targets(case):
    own = case("binary")
    influence = fit(own)
    for options, message in (
        (
            {"target": "accuracy"},
            "target='accuracy' should be one of loss, demographic",
        ),
        ({"target": []}, "should name at least one target"),
        ({"target": "demographic_parity"}, "'demographic_parity' needs groups"),
        (
            {"target": "demographic_parity", "groups": np.zeros(20)},
            r"groups holds 1 values, should hold 2: \[0.0\]",
        ),
        (
            {"target": "equal_opportunity", "groups": np.arange(20)},
            r"groups holds 20 values, should hold 2: \[0, 1, 2, 3, 4\] \.\.\.",
        ),
        ({"target": "demographic_parity", "groups": [0, 1]}, r"groups.shape=\(2,\)"),
        (
            {"target": "demographic_parity", "groups": [0.0, np.nan] * 10},
            r"groups holds 10 missing values \(rows 1, 3, 5, \.\.\.\): leave such",
        ),
        (
            {
                "target": "demographic_parity",
                "groups": np.array([1, "a"] * 10, dtype=object),
            },
            "groups should be of one kind",
        ),
        (
            {"target": "equal_opportunity", "groups": own.y_val},
            "no row of group 0 has y = 1",
        ),
        ({"target": lambda theta: np.nan}, "gives nan, should give a finite number"),
        ({"target": lambda theta: theta}, "should give a finite number"),
        ({"target": lambda theta: (1.0, [0.0])}, r"shape \(1,\), should have \(1, 4\)"),
    ):
        with pytest.raises(ValueError, match=message):
            influence.scores(own.X_val, own.y_val, **options)
    with pytest.raises(ValueError, match="X_val and y_val are needed"):
        influence.scores(target="loss")


@pytest.mark.parametrize(
    ("name", "kind"), [("ridge", "real numbers"), ("multinomial", "3 classes")]
)
@pytest.mark.parametrize("target", TARGETS[1:])
def test_error_labels_that_are_not_binary(case, name, kind, target):
    own = case(name)
    with pytest.raises(ValueError, match=f"needs binary y, the model has {kind}"):
        fit(own).scores(own.X_val, own.y_val, target=target, groups=own.groups)


def test_error_data(case):
    own = case("binary")
    influence = fit(own)
    broken = own.X_val.copy()
    broken[7, 1] = np.inf
    for X, y, message in (
        (own.X_val[:, :2], own.y_val, r"X_val.shape\[1\]=2 should be 3"),
        (own.X_val[0], own.y_val, "X_val.ndim=1 should be 2"),
        (own.X_val[:0], own.y_val[:0], "X_val has 0 rows"),
        (broken, own.y_val, r"X_val\[7, 1\]=inf should be finite"),
        (sparse.csr_array(broken), own.y_val, r"X_val\[7, 1\]=inf should be finite"),
        (own.X_val * 1j, own.y_val, "real numbers, not complex128"),
        ([["a", "b", "c"]], [0], "X_val should hold numbers"),
        (own.X_val, own.y_val[:5], r"y_val.shape=\(5,\) should be \(20,\)"),
        (own.X_val, own.y_val + 1, r"y_val holds 2, which is not among .*\[0, 1\]"),
    ):
        with pytest.raises(ValueError, match=message):
            influence.scores(X, y, target="loss")
    own.X = own.X.copy()
    own.X[3, 2] = np.nan
    with pytest.raises(ValueError, match=r"X\[3, 2\]=nan should be finite"):
        fit(own)


def test_error_weights(case):
    own = case("binary", weighted=True)
    for weights, message in (
        (own.weights[:3], r"sample_weight.shape=\(3,\) should be \(40,\)"),
        (-own.weights, "should be >= 0 everywhere"),
        (
            own.weights * np.nan,
            r"sample_weight holds 40 missing .* or fill them in",
        ),
    ):
        own.sample_weight = weights
        with pytest.raises(ValueError, match=message):
            fit(own)


def test_error_row_sets(case):
    own = case("binary")
    influence = fit(own)
    data = {"X_val": own.X_val, "y_val": own.y_val, "target": "loss"}
    for sets, message in (
        ([[0, 0]], "should name different rows"),
        ([[40]], r"row_sets=40 should be in \[0, 40\)"),
        ([[]], "should hold one or more row numbers"),
    ):
        with pytest.raises(ValueError, match=message):
            influence.group_scores(sets, **data)
    with pytest.raises(ValueError, match="order=3 should be 1 or 2"):
        influence.group_scores([[0]], order=3, **data)
    with pytest.raises(ValueError, match="order=2 needs solver='cholesky'"):
        fit(own, solver="cg").group_scores([[0]], order=2, **data)


def test_error_not_fitted(case):
    from sklearn.exceptions import NotFittedError

    own = case("binary")
    for call in (
        lambda: InfluenceFunction().fit(LogisticRegression(), own.X, own.y),
        lambda: InfluenceFunction().fit(Ridge(), own.X, own.y),
        lambda: InfluenceFunction().scores(own.X_val, own.y_val, target="loss"),
        lambda: InfluenceFunction().group_scores([[0]], target=np.sum),
        lambda: InfluenceFunction().parameter_changes([0]),
    ):
        with pytest.raises(NotFittedError):
            call()
