"""The co-association matrix: its definition, names of any kind, errors."""

import numpy as np
import oracles_consensus as slow
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfcore.cluster import CoAssociation
from rfcore.metrics import co_association


@st.composite
def partitions(draw):
    n, r = draw(st.integers(1, 9)), draw(st.integers(1, 5))
    names = st.lists(st.integers(-2, 2), min_size=n, max_size=n)
    return np.array(draw(st.lists(names, min_size=r, max_size=r)))


@given(partitions())
def test_counts_and_shares(labels):
    expected = slow.co_association(labels)
    counts = co_association(labels, noise="cluster")
    assert counts.dtype == np.uint16
    np.testing.assert_array_equal(counts, expected)
    shares = co_association(labels, dtype="float32", noise="cluster")
    assert shares.dtype == np.float32
    np.testing.assert_allclose(shares, expected / len(labels), rtol=1e-7)


@given(partitions())
def test_properties(labels):
    S = co_association(labels, noise="cluster")
    np.testing.assert_array_equal(S, S.T)
    assert (np.diag(S) == len(labels)).all()
    names = np.array([*"abcde"])[labels + 2]
    np.testing.assert_array_equal(co_association(names), S)
    backward = co_association(labels[::-1], noise="cluster")
    np.testing.assert_array_equal(backward, S)


@given(partitions())
def test_noise_is_an_error_or_together_with_no_other_row(labels):
    noise = labels == -1
    if noise.any():
        with pytest.raises(ValueError, match=r"partitions holds .*-1.*noise='drop'"):
            co_association(labels)
    S = co_association(labels, noise="drop")
    both = ~noise[:, :, None] & ~noise[:, None, :]
    together = (labels[:, :, None] == labels[:, None, :]) & both
    expected = together.sum(axis=0)
    np.fill_diagonal(expected, len(labels))
    np.testing.assert_array_equal(S, expected)
    product = CoAssociation(labels, noise="drop")
    found = product.rows(np.arange(labels.shape[1]))
    np.testing.assert_array_equal(found, expected)


def test_error_types():
    with pytest.raises(TypeError, match="dtype=float64 should be uint16 or float32"):
        co_association([[0, 1]], dtype=float)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1], "partitions.ndim=1 should be 2"),
        (np.empty((0, 3), int), r"labels.shape\[0\]=0 should be >= 1"),
        ([[0.0, np.nan]], "partitions holds 1 missing value"),
    ],
)
def test_error_partitions(labels, message):
    with pytest.raises(ValueError, match=message):
        co_association(labels)
