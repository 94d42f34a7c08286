"""Device counts of frames by group and SumBal are the host's."""

import numpy as np
import pytest

pytestmark = pytest.mark.gpu

F64, I32, I64 = np.float64, np.int32, np.int64


def video(n, g, b, seed=0):
    """Presence and summaries of at least one frame; the first group appears."""
    random = np.random.default_rng(seed)
    presence = (random.random((n, g)) < 0.3).astype(np.uint8)
    selected = (random.random((b, n)) < 0.3).astype(np.uint8)
    presence[0, 0] = 1
    selected[np.arange(b), random.integers(n, size=b)] = 1
    return selected, presence


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("b", [0, 1, 5])
@pytest.mark.parametrize(
    ("n", "g"),
    [(1, 1), (8, 2), (31, 3), (33, 9), (500, 20), (16_400, 2)],  # the last: two tiles
)
def test_summaries_are_those_of_the_host(same_as_host, n, g, b, packed):
    selected, presence = video(n, g, b)
    given = np.packbits(selected, axis=1) if packed else selected
    if packed and n % 8:
        given[:, -1] |= 1  # beyond the last frame
    inputs = [given, presence, packed]
    same_as_host("count_groups", inputs, [((b, g), I64), ((b,), I64)])
    same_as_host("sum_bal", inputs, [((b,), F64), ((b,), I32)])


def test_known_summary(same_as_host):
    presence = np.array([[1, 0], [1, 1], [0, 1], [0, 1]], np.uint8)
    selected = np.array([[1, 1, 0, 0], [0, 1, 1, 0]], np.uint8)
    values, violating = same_as_host(
        "sum_bal", [selected, presence, False], [((2,), F64), ((2,), I32)]
    )
    assert values.tolist() == [0.5, 0.75]
    assert violating.tolist() == [0, 1]


def test_what_is_no_summary_is_refused(same_error_as_host):
    selected, presence = video(20, 2, 3)
    out = [np.zeros(3), np.zeros(3, I32)]
    same_error_as_host("sum_bal", selected, 0 * presence, False, *out)
    for bad in ([2, 19, 2], [0, 0, 128]):
        changed = selected.copy()
        changed[bad[0], bad[1]] = bad[2]
        same_error_as_host("sum_bal", changed, presence, False, *out)
    changed = presence.copy()
    changed[19, 1] = 3
    same_error_as_host("sum_bal", selected, changed, False, *out)
    selected[1] = 0
    same_error_as_host("sum_bal", selected, presence, False, *out)


@pytest.mark.parametrize("name", ["count_groups", "sum_bal"])
def test_shapes_are_refused_in_the_words_of_the_host(same_error_as_host, name):
    selected, presence = video(20, 2, 3)

    def refused(selected, presence, packed=False, b=3, g=2):
        counts = [np.zeros((b, g), I64), np.zeros(b, I64)]
        out = counts if name == "count_groups" else [np.zeros(b), np.zeros(b, I32)]
        same_error_as_host(name, selected, presence, packed, *out)

    refused(selected, presence[:19])
    refused(selected, presence, packed=True)
    refused(selected, presence[:0])
    refused(selected, presence[:, :0].copy())
    refused(selected, presence, b=4)
    if name == "count_groups":
        refused(selected, presence, g=3)
