"""Tests of what a search takes down."""

import numpy as np
import pytest

from rfcore.zeroth.record import Record


def total(X):
    return X.sum(axis=1)


@pytest.mark.parametrize("sizes", [[1] * 200, [64, 1], [63, 2, 300], [500]])
def test_everything_is_kept_in_order(sizes):
    points = np.random.default_rng(0).normal(size=(sum(sizes), 3))
    record = Record(total, 3)
    for part in np.split(points, np.cumsum(sizes)[:-1]):
        np.testing.assert_array_equal(record.evaluate(part), total(part))
    result = record.result("done")
    assert len(record) == result.nfev == len(points)
    assert result.message == "done"
    np.testing.assert_array_equal(result.X, points)
    np.testing.assert_array_equal(result.funs, total(points))
    np.testing.assert_array_equal(result.trace, np.minimum.accumulate(result.funs))
    np.testing.assert_array_equal(result.x, points[np.argmin(result.funs)])
    assert result.fun == result.funs.min()


def test_points_need_not_be_kept():
    points = np.random.default_rng(0).normal(size=(100, 3))
    record = Record(total, 3, keep_points=False)
    record.evaluate(points)
    result = record.result("done")
    assert "X" not in result
    np.testing.assert_array_equal(result.x, points[np.argmin(result.funs)])


def test_results_so_far_stay_as_they_are():
    record = Record(total, 1)
    record.evaluate(np.ones((60, 1)))
    early = record.result("running")
    record.evaluate(np.zeros((60, 1)))
    np.testing.assert_array_equal(early.X, np.ones((60, 1)))
    assert early.fun == 1.0
