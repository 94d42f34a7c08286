"""The co-association matrix: its definition, names of any kind, errors."""

import numpy as np
import oracles_consensus as slow
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfcore.metrics import co_association


@st.composite
def partitions(draw):
    n, r = draw(st.integers(1, 9)), draw(st.integers(1, 5))
    names = st.lists(st.integers(-2, 2), min_size=n, max_size=n)
    return np.array(draw(st.lists(names, min_size=r, max_size=r)))


@given(partitions())
def test_counts_and_shares(labels):
    expected = slow.co_association(labels)
    counts = co_association(labels)
    assert counts.dtype == np.uint16
    np.testing.assert_array_equal(counts, expected)
    shares = co_association(labels, dtype="float32")
    assert shares.dtype == np.float32
    np.testing.assert_allclose(shares, expected / len(labels), rtol=1e-7)


@given(partitions())
def test_properties(labels):
    S = co_association(labels)
    np.testing.assert_array_equal(S, S.T)
    assert (np.diag(S) == len(labels)).all()
    names = np.array([*"abcde"])[labels + 2]
    np.testing.assert_array_equal(co_association(names), S)
    np.testing.assert_array_equal(co_association(labels[::-1]), S)


def test_error_types():
    with pytest.raises(TypeError, match="dtype=float64 should be uint16 or float32"):
        co_association([[0, 1]], dtype=float)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1], "partitions.ndim=1 should be 2"),
        (np.empty((0, 3), int), r"labels.shape\[0\]=0 should be >= 1"),
        ([[0.0, np.nan]], "partitions should be finite"),
    ],
)
def test_error_partitions(labels, message):
    with pytest.raises(ValueError, match=message):
        co_association(labels)
