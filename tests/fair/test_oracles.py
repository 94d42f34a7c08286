"""What all fair oracles promise: the answers of fresh fits, however they are asked."""

import numpy as np
import pytest

from rfcore.cluster import oracle
from rfcore.cluster.oracle import GenericFairOracle
from rfcore.errors import BudgetError
from rfcore.fair import (
    ConsensusFairAssignment,
    ConsensusFairClustering,
    FairAssignmentLP,
    FairKCenter,
    FairLloyd,
    FairSpectral,
    ScalableFairlets,
)

TABLE = [
    (ScalableFairlets(4, p=2, q=5, random_state=0), 2),
    (ScalableFairlets(3, p=1, q=1, assignment="nearest", random_state=1), 2),
    *((FairSpectral(3, n_neighbors=5, random_state=2), n) for n in (2, 3, 5)),
    *((FairSpectral(3, normalized=True, random_state=3), n) for n in (2, 5)),
    *((FairKCenter(4, random_state=4), n) for n in (2, 3, 5)),
    (FairKCenter(3, bounds=[[0.2, 0.5]] * 3, random_state=5), 3),
    *((FairAssignmentLP(3, p=p, random_state=6), 3) for p in (1, 2, np.inf)),
    *((FairLloyd(3, n_init=3, random_state=7), n) for n in (2, 5)),
    (ConsensusFairAssignment(3, n_partitions=4, delta=0.0, random_state=8), 3),
    *(
        (
            ConsensusFairClustering(
                3,
                n_partitions=4,
                n_hidden=4,
                max_iter=3,
                batch_size=size,
                random_state=9,
            ),
            n,
        )
        for size, n in ((None, 2), (20, 3))
    ),
]
NAMES = [f"{type(fair).__name__}-{n}" for fair, n in TABLE]
each_oracle = pytest.mark.parametrize(("fair", "n_groups"), TABLE, ids=NAMES)


def question(n_groups, b, seed, n=60):
    """Rows, and b vectors of equally large groups, half of which lie together."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 2))
    groups = np.tile(np.argsort(np.argsort(X[:, 0])) * n_groups // n, (b, 1))
    for own in groups:
        moved = rng.permutation(n)[: n // 2]
        own[moved] = rng.permutation(own[moved])
    return X, groups


@each_oracle
def test_answers_are_those_of_the_generic_oracle(fair, n_groups):
    X, groups = question(n_groups, 4, n_groups)
    slow = GenericFairOracle(fair, X, n_jobs=1).regroup(groups)
    fast = oracle(fair, X)
    assert type(fast) is not GenericFairOracle
    np.testing.assert_array_equal(fast.regroup(groups), slow)
    assert len(np.unique(slow, axis=0)) > 1


@each_oracle
def test_order_and_size_of_batches_do_not_matter(fair, n_groups):
    X, groups = question(n_groups, 5, 10 + n_groups)
    asked = oracle(fair, X)
    answers = asked.regroup(groups)
    np.testing.assert_array_equal(asked.regroup(groups[::-1]), answers[::-1])
    for i in (3, 0):
        np.testing.assert_array_equal(asked.regroup(groups[[i]]), answers[[i]])
    assert asked.n_queries == 12


@each_oracle
def test_no_questions_and_a_hard_budget(fair, n_groups):
    X, groups = question(n_groups, 3, 20 + n_groups)
    asked = oracle(fair, X, max_queries=4)
    assert asked.regroup(groups[:0]).shape == (0, len(X))
    asked.regroup(groups)
    with pytest.raises(BudgetError, match="2 questions asked, 1 of 4 left"):
        asked.regroup(groups[:2])
    assert asked.n_queries == 3
    asked.regroup(groups[:1])
    assert asked.n_queries == 4


@each_oracle
def test_the_callers_arrays_are_neither_changed_nor_kept(fair, n_groups):
    X, groups = question(n_groups, 2, 30 + n_groups)
    before = X.copy(), groups.copy()
    asked = oracle(fair, X)
    answers = asked.regroup(groups)
    np.testing.assert_array_equal(X, before[0])
    np.testing.assert_array_equal(groups, before[1])
    X *= -3.0
    groups[:] = 0
    np.testing.assert_array_equal(asked.regroup(before[1]), answers)
    np.testing.assert_array_equal(asked.X, before[0])


@each_oracle
def test_names_of_groups_do_not_matter(fair, n_groups):
    X, groups = question(n_groups, 2, 40 + n_groups)
    asked = oracle(fair, X)
    names = np.array([*"abcde"])[groups]
    np.testing.assert_array_equal(asked.regroup(names), asked.regroup(groups))


@each_oracle
def test_error_questions_that_do_not_fit_count_nothing(fair, n_groups):
    X, groups = question(n_groups, 2, 50 + n_groups)
    asked = oracle(fair, X)
    for wrong, message in (
        (groups[0], "groups.ndim=1 should be 2"),
        (groups[:, 1:], r"groups.shape\[-1\]=59 should be 60"),
        (np.where(groups == 0, np.nan, groups), "groups holds .* missing values"),
    ):
        with pytest.raises(ValueError, match=message):
            asked.regroup(wrong)
    if asked.n_queries:
        pytest.fail(f"n_queries={asked.n_queries} should be 0")
