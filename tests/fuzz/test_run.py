"""The fuzz names every compiled function, repeats itself, and finds nothing."""

import numpy as np
import pytest
from fuzz.run import CALLS, Call, fuzz

from rfcore import _core


def test_every_compiled_function_is_called():
    functions = {name for name in dir(_core) if callable(getattr(_core, name))}
    assert {name for name in functions if name[0] != "_"} == set(CALLS)


def test_a_call_depends_on_its_seed_and_number():
    assert str(Call(3, 14)) == str(Call(3, 14))
    assert len({str(Call(3, number)) for number in range(50)}) > 40


def test_valid_calls_are_answered():
    """Of each function some calls are not spoilt, and these should raise nothing."""
    answered = set()
    for number in range(3000):
        call = Call(0, number)
        try:
            getattr(_core, call.name)(**call.given)
        except (ValueError, TypeError, OverflowError):
            continue
        answered.add(call.name)
    assert set(CALLS) - answered == set()


def test_a_few_thousand_calls(tmp_path):
    counts = fuzz(11, range(3000), tmp_path / "note.txt")
    assert sum(counts.values()) == 3000


@pytest.mark.parametrize("merge", [[0, 9], [-1, 1], [0, 2**40], [3, 5]])
def test_error_merges_out_of_range(merge):
    merges = np.array([[0, 1], merge, [2, 4]])
    with pytest.raises(ValueError, match=r"merges\[\d\]=-?\d+ should be in \[0, \d\)"):
        _core.cut_tree(merges[:3], 2, np.empty(4, np.int32))


@pytest.mark.parametrize("uniform", [1.0, -0.1, 7.0, np.nan, np.inf])
def test_error_uniforms_out_of_range(uniform):
    D, k = np.ones((4, 4)) - np.eye(4), 2
    uniforms = np.array([[0.5, uniform]])
    labels, medoids = np.empty(4, np.int32), np.empty(k, np.int64)
    with pytest.raises(ValueError, match=r"uniforms\[1\]=.* should be in \[0, 1\)"):
        _core.k_medoids_of_distances(D, uniforms, 3, medoids, labels)


def test_error_tables_that_no_rows_could_fill():
    labels = np.zeros((1, 5), np.int32)
    for names in ((2**31 - 1, 2), (2, 2**31 - 1), (2**20, 2**20)):
        with pytest.raises(ValueError, match="should be smaller for 5 rows"):
            _core.balance(labels, labels, *names, np.empty(1))


def test_error_distances_that_are_not_symmetric():
    D = np.array([[0.0, 1.0, 3.0], [3.0, 0.0, 1.0], [1.0, 3.0, 0.0]])
    with pytest.raises(ValueError, match="distances should be symmetric"):
        _core.linkage(D, "average", np.empty((2, 2), np.int64), np.empty(2))


def test_points_at_no_distance_that_is_a_number_have_a_medoid():
    X = np.full((5, 2), np.nan)
    labels, medoids = np.empty(5, np.int32), np.empty(2, np.int64)
    _core.k_medoids(X, np.arange(5), np.full((1, 2), 0.5), 3, medoids, labels)
    assert set(labels) <= {0, 1}
