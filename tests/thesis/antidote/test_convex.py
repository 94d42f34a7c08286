"""Section 3.1.3.1: the draws, and the rows of a cell."""

import numpy as np
import oracles_son
import pytest

from rfcore.cluster import SONClustering, largest_pull
from rfcore.experiments.record import Cell
from rfcore.thesis.antidote import convex
from rfcore.thesis.antidote.convex import Section3131, exact_cost, subset


@pytest.mark.data
@pytest.mark.parametrize(
    "name",
    [
        pytest.param("bank_full", marks=pytest.mark.slow),
        pytest.param("adult", marks=pytest.mark.slow),
        "seeds",
    ],
)
def test_subsets_are_scaled_rows_with_groups(name):
    X, groups = subset(name, 60, 3)
    assert len(X) == len(groups) == 60
    np.testing.assert_allclose(X.mean(axis=0), 0, atol=1e-12)
    assert set(np.round(X.std(axis=0), 9)) <= {0.0, 1.0}
    assert len(np.unique(groups)) > 1
    np.testing.assert_array_equal(subset(name, 60, 3)[0], X)
    assert not np.array_equal(subset(name, 60, 4)[0], X)


@pytest.mark.data
@pytest.mark.parametrize("method", ["relaxed", "exact"])
def test_rows_of_a_cell(method):
    cell = Cell("section-3.1.3.1", "seeds", method, 0, None, "smoke")
    rows = {row.metric: row for row in Section3131().run(cell)}
    X, groups = subset("seeds", 30, 0)
    lam = convex.SHARE * largest_pull(X)
    before = exact_cost(X, X[:0], groups, lam)
    centers = SONClustering(lam).fit(X).centers_
    assert before == oracles_son.social_cost(X, centers, groups)
    assert rows["social_cost[exact, before]"].value == pytest.approx(before)
    after = rows["social_cost[exact]"].value
    assert rows["gain[exact]"].value == pytest.approx(before - after)
    assert rows["gain[relaxed]"].value >= 0 or method == "exact"
    assert rows["gain[exact]"].value >= 0 or method == "relaxed"
    n_rows = rows["n_rows"].value
    if n_rows:
        null = rows["social_cost[exact]"].null
        assert len(null) == convex.N_RANDOM
        excess = np.median(null) - after
        assert rows["gain[over random]"].value == pytest.approx(excess)
        low = before - np.array(rows["gain[exact]"].null)
        np.testing.assert_allclose(low, null)
    else:
        assert rows["gain[over random]"].value == 0


def test_claims_are_about_rows_that_are_made():
    metrics = {claim.metric for claim in Section3131.claims}
    assert metrics == {"gain[exact]", "gain[over random]"}
