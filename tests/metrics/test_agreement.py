"""Agreement of those who score frames: formulas, SciPy, TVSum's published alpha."""

import numpy as np
import pytest
from scipy import stats

from rfcore.datasets import data_home
from rfcore.metrics import (
    annotator_consistency,
    cronbach_alpha,
    rank_agreement,
    summary_f1,
)


def scores(u, n, *, seed=0, levels=5):
    return np.random.default_rng(seed).integers(levels, size=(u, n))


@pytest.mark.parametrize("n", [2, 3, 30])
@pytest.mark.parametrize("levels", [3, 1000])
def test_rank_correlations_are_those_of_scipy(n, levels):
    users = scores(6, n, levels=levels)
    users[:, :2] = [0, 1]
    own = np.random.default_rng(1).random(n)
    found = rank_agreement(own, users, aggregate=None)
    expected = [stats.spearmanr(own, user).statistic for user in users]
    np.testing.assert_allclose(found, expected, atol=1e-12)
    found = rank_agreement(own, users, method="kendall", aggregate=None)
    expected = [stats.kendalltau(own, user).statistic for user in users]
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("method", ["spearman", "kendall"])
def test_rank_agreement_over_users(method):
    users = [[1, 2, 3], [3, 2, 1], [5, 5, 5]]
    each = rank_agreement([0.1, 0.2, 0.3], users, method=method, aggregate=None)
    np.testing.assert_allclose(each, [1, -1, 0], atol=1e-15)
    mean = rank_agreement([0.1, 0.2, 0.3], users, method=method)
    assert isinstance(mean, float)
    assert mean == pytest.approx(0.0, abs=1e-15)
    best = rank_agreement([0.1, 0.2, 0.3], users, method=method, aggregate="max")
    assert best == pytest.approx(1.0)
    assert rank_agreement([2, 2, 2], users, method=method) == 0.0


def test_consistency_of_annotators():
    users = scores(4, 25)
    for measure in ("spearman", "kendall"):
        found = annotator_consistency(users, measure=measure)
        np.testing.assert_allclose(found, found.T, atol=1e-14)
        np.testing.assert_allclose(np.diag(found), 1.0)
        expected = rank_agreement(users[0], users, method=measure, aggregate=None)
        np.testing.assert_array_equal(found[0], expected)
    summaries = users > 2
    found = annotator_consistency(summaries, measure="f1")
    assert found[0, 1] == summary_f1(summaries[0], summaries[1:2])
    np.testing.assert_array_equal(found, found.T)
    np.testing.assert_array_equal(np.diag(found), 1.0)


def test_formula_of_cronbach_alpha():
    """Annotators of unlike scale."""
    users = scores(5, 40) * np.array([[1.0], [10.0], [0.1], [3.0], [7.0]])
    total = sum(users)
    own = sum(np.mean((user - user.mean()) ** 2) for user in users)
    expected = 5 / 4 * (1 - own / np.mean((total - total.mean()) ** 2))
    assert cronbach_alpha(users) == pytest.approx(expected, rel=1e-12)


def test_alpha_of_copies_is_one_and_of_opposites_negative():
    one = np.arange(10.0)
    assert cronbach_alpha([one, one, one]) == pytest.approx(1.0)
    assert cronbach_alpha([one, -2 * one]) < 0


def annotations(name, file):
    path = data_home() / name / file
    if not path.exists():
        pytest.skip(f"{path} is not at hand")
    return np.load(path)


@pytest.mark.data
@pytest.mark.paper
def test_published_alpha_of_tvsum():
    """0.81, the mean over the 50 videos."""
    found = [
        cronbach_alpha(scores)
        for name, scores in annotations("tvsum", "tvsum50_annotations.npz").items()
        if name.endswith("/user_anno")
    ]
    assert len(found) == 50
    assert round(np.mean(found), 2) == 0.81


@pytest.mark.parametrize("method", ["spearman", "kendall"])
def test_errors_of_rank_agreement(method):
    users = scores(2, 4)
    for given, message in [
        (([1, 2, 3], users), r"user_scores.shape\[-1\]=4 should be 3"),
        (([[1, 2, 3, 4]], users), "scores.ndim=2 should be 1"),
        (([1, 2, 3, np.nan], users), "should be finite"),
        (([1, 2, 3, 4], users[:0]), "user_scores has 0 rows, should have >= 1"),
        (([1], users[:, :1]), "user_scores has 1 frames, should have >= 2"),
    ]:
        with pytest.raises(ValueError, match=message):
            rank_agreement(*given, method=method)


def test_errors_of_options():
    users = scores(3, 4)
    with pytest.raises(ValueError, match="'pearson' should be 'spearman', 'kendall'"):
        rank_agreement(users[0], users, method="pearson")
    with pytest.raises(ValueError, match="'pearson' should be 'spearman', 'kendall'"):
        annotator_consistency(users, measure="pearson")
    with pytest.raises(ValueError, match="aggregate='sum' should be"):
        rank_agreement(users[0], users, aggregate="sum")
    with pytest.raises(ValueError, match="summary should hold 0 and 1"):
        annotator_consistency(users + 2, measure="f1")


def test_errors_of_cronbach_alpha():
    with pytest.raises(ValueError, match="annotations has 1 annotators"):
        cronbach_alpha([[1, 2, 3]])
    with pytest.raises(ValueError, match="the same sum on every frame"):
        cronbach_alpha([[1, 2, 3], [3, 2, 1]])
    with pytest.raises(ValueError, match="should be finite"):
        cronbach_alpha([[1, 2, np.inf], [3, 2, 1]])
