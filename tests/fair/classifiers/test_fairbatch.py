"""FairBatch: its outer loop by hand, its batches, its gaps, and bad input."""

import numpy as np
import pytest
import scipy.sparse as sp
from planted import alternating, gaps, plain_gaps, planted_gap
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

from rfcore.fair import FairBatch
from rfcore.fair.classifiers.fairbatch import Adam, cell_sizes, endless, moved_shares


class WithParity(FairBatch):
    """scikit-learn's checks know no groups: here they take turns in each class."""

    def fit(self, X, y):
        return super().fit(X, y, groups=alternating(X, y))


@parametrize_with_checks([WithParity(batch_size=20, n_epochs=40, random_state=0)])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("criterion", ["demographic_parity", "equal_opportunity"])
def test_the_gap_is_smaller_than_without(criterion):
    X, y, groups = planted_gap(2400)
    rest = planted_gap(2400, seed=1)
    model = FairBatch(criterion=criterion, alpha=0.01, n_epochs=60, random_state=0)
    model.fit(X, y, groups=groups)
    which = criterion == "equal_opportunity"
    plain = plain_gaps(X, y, groups, *rest)
    found = gaps(model.predict(rest[0]), *rest[1:])
    assert plain[which] > 0.15
    assert found[which] < plain[which] / 2
    assert found[2] > 0.65


def test_batches_in_proportion_train_logistic_regression():
    """With steps of lambda that are nothing, the same model as without groups."""
    X, y, groups = planted_gap(2000)
    model = FairBatch(
        alpha=1e-9, batch_size=500, n_epochs=600, C=0.01, random_state=0
    ).fit(X, y, groups=groups)
    plain = LogisticRegression(C=0.01).fit(X, y)
    np.testing.assert_allclose(model.coef_, plain.coef_, atol=0.03)
    np.testing.assert_allclose(model.intercept_, plain.intercept_, atol=0.03)
    share = [groups[y == label].mean() for label in (0, 1)]
    np.testing.assert_allclose(model.lambdas_, np.tile(share, (600, 1)), atol=1e-6)


def random_cells(seed):
    rng = np.random.default_rng(seed)
    y, groups = rng.integers(0, 2, 50), rng.integers(0, 2, 50)
    cells = [[np.flatnonzero((y == a) & (groups == g)) for g in (0, 1)] for a in (0, 1)]
    return rng.normal(size=50) * 2, y, groups, cells


@pytest.mark.parametrize("seed", range(8))
def test_shares_move_by_the_formula_of_demographic_parity(seed):
    scores, y, groups, cells = random_cells(seed)
    p = 1 / (1 + np.exp(-scores))
    total = {
        (a, g): sum(-np.log(p[(y == a) & (groups == g)])) / sum(groups == g)
        for a in (0, 1)
        for g in (0, 1)
    }
    expected = np.array([0.5, 0.5])
    gap1, gap0 = total[1, 1] - total[1, 0], total[0, 1] - total[0, 0]
    if abs(gap1) > abs(gap0):
        expected[1] += 0.1 if gap1 > 0 else -0.1
    else:
        expected[0] += -0.1 if gap0 > 0 else 0.1
    found = moved_shares(np.full(2, 0.5), scores, cells, "demographic_parity", 0.1)
    np.testing.assert_allclose(found, expected, atol=1e-15)


@pytest.mark.parametrize("seed", range(4))
def test_shares_move_by_the_formula_of_equal_opportunity(seed):
    scores, y, groups, cells = random_cells(seed)
    loss = np.log(1 + np.exp(-scores))
    means = [loss[(y == 1) & (groups == group)].mean() for group in (0, 1)]
    worse = means[1] > means[0]
    found = moved_shares(np.full(2, 0.5), scores, cells, "equal_opportunity", 0.1)
    np.testing.assert_allclose(found, [0.5, 0.6 if worse else 0.4], atol=1e-15)


def test_shares_stay_in_their_range_and_where_nothing_differs():
    cells = [[np.array([0]), np.array([1])], [np.array([2]), np.array([3])]]
    move = moved_shares(
        np.ones(2), np.array([0.0, 0, 1, -1]), cells, "equal_opportunity", 0.1
    )
    assert move.tolist() == [1.0, 1.0]
    stay = moved_shares(np.full(2, 0.3), np.zeros(4), cells, "demographic_parity", 0.1)
    assert stay.tolist() == [0.3, 0.3]


def test_batches_hold_the_rounded_numbers():
    sizes = cell_sizes(np.array([60.0, 40.0]), np.array([0.25, 1.0]))
    assert sizes.tolist() == [[45, 15], [0, 40]]
    again = endless(np.array([4, 5, 6]), 2, 4)
    assert again.tolist() == [[4, 5, 6, 4], [5, 6, 4, 5]]
    assert endless(np.array([4]), 3, 0).shape == (3, 0)


def test_an_epoch_takes_the_rows_of_each_cell(monkeypatch):
    """Which rows a batch holds, read from the gradient of a model that never moves."""
    X, y, groups = np.eye(40), np.repeat([0, 1], 20), np.tile([0, 0, 0, 1], 10)
    seen = []
    monkeypatch.setattr(Adam, "step", lambda self, gradient: seen.append(gradient))
    model = FairBatch(alpha=0.25, batch_size=20, n_epochs=1, random_state=0)
    model.fit(X, y, groups=groups)
    # Losses are all log 2, L(y, g) = log 2 / 2: no gap, and lambda stays 1 / 4.
    assert model.lambdas_.tolist() == [[0.25, 0.25]]
    for gradient in seen:
        rows = np.flatnonzero(gradient[:-1])
        cells = 2 * y[rows] + groups[rows]
        # 10 rows of each class, 2.5 of them of group 1, rounded half to even.
        assert np.bincount(cells, minlength=4).tolist() == [8, 2, 8, 2]
    assert len(seen) == 2


def test_adam_by_hand():
    adam = Adam(1, 0.1)
    adam.step(np.array([4.0]))
    np.testing.assert_allclose(adam.theta, [-0.1], rtol=1e-8)
    adam.step(np.array([-2.0]))
    first = (0.9 * 0.1 * 4 + 0.1 * -2) / (1 - 0.81)
    second = (0.999 * 0.001 * 16 + 0.001 * 4) / (1 - 0.999**2)
    np.testing.assert_allclose(adam.theta, [-0.1 - 0.1 * first / np.sqrt(second)])


def test_sparse_rows_and_names_do_not_matter():
    X, y, groups = planted_gap(300)
    dense = FairBatch(n_epochs=5, random_state=0).fit(X, y, groups=groups)
    labels, names = np.array(["no", "yes"]), np.array(["a", "b"])
    sparse = FairBatch(n_epochs=5, random_state=0)
    sparse.fit(sp.csr_matrix(X), labels[y], groups=names[groups])
    np.testing.assert_allclose(sparse.coef_, dense.coef_, atol=1e-12)
    assert sparse.classes_.tolist() == ["no", "yes"]
    assert sparse.groups_.tolist() == ["a", "b"]
    assert (sparse.predict(X) == labels[dense.predict(X)]).all()
    z = X @ dense.coef_[0] + dense.intercept_[0]
    expected = 1 / (1 + np.exp(-z))
    np.testing.assert_allclose(dense.predict_proba(X)[:, 1], expected, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "value"),
    [("alpha", 0.0), ("learning_rate", np.inf), ("C", -1.0), ("alpha", np.nan)],
)
def test_error_numbers(name, value):
    X, y, groups = planted_gap(20)
    with pytest.raises(ValueError, match=f"{name}={value} should be finite and > 0"):
        FairBatch(**{name: value}).fit(X, y, groups=groups)


def test_error_words_and_counts():
    X, y, groups = planted_gap(20)
    with pytest.raises(ValueError, match="criterion='dp' should be one of demographic"):
        FairBatch(criterion="dp").fit(X, y, groups=groups)
    with pytest.raises(ValueError, match="batch_size=0 should be >= 1"):
        FairBatch(batch_size=0).fit(X, y, groups=groups)
    with pytest.raises(ValueError, match="n_epochs=0 should be >= 1"):
        FairBatch(n_epochs=0).fit(X, y, groups=groups)


def test_error_groups_and_cells():
    X, y, groups = planted_gap(20)
    with pytest.raises(ValueError, match="groups holds 1 value, should hold 2"):
        FairBatch().fit(X, y, groups=np.zeros(20))
    with pytest.raises(ValueError, match="groups holds 3 values, should hold 2"):
        FairBatch().fit(X, y, groups=np.arange(20) % 3)
    with pytest.raises(ValueError, match=r"groups.shape\[-1\]=19 should be 20"):
        FairBatch().fit(X, y, groups=groups[:19])
    with pytest.raises(ValueError, match="no row of group 1 has y = 1"):
        FairBatch().fit(X, np.where(groups == 1, 0, y), groups=groups)
    with pytest.raises(ValueError, match="y holds 3 classes, should hold 2"):
        FairBatch().fit(X, np.arange(20) % 3, groups=groups)


def test_equal_opportunity_needs_no_rows_of_the_first_class():
    X, y, groups = planted_gap(40)
    y = np.where(groups == 1, 1, y)
    model = FairBatch(criterion="equal_opportunity", n_epochs=2)
    assert model.fit(X, y, groups=groups).lambdas_[0, 0] == 0


def test_error_batches_of_nothing():
    X, y, groups = np.eye(4), [0, 0, 1, 1], [0, 1, 0, 1]
    message = "batch_size=1 rounds every class and group to 0"
    with pytest.raises(ValueError, match=message):
        FairBatch(batch_size=1).fit(X, y, groups=groups)
