"""The device kernels of a build or a machine that has none say so."""

import re

import numpy as np
import pytest

from rfcore import _core
from rfcore.errors import DeviceError

F64, I32, I64 = np.float64, np.int32, np.int64
ROWS, LABELS = np.zeros((4, 3)), np.zeros((2, 4), I32)
FRAMES, SHOWN = np.ones((1, 4), np.uint8), np.ones((4, 2), np.uint8)

CALLS = {
    "pairwise_sq_distances": [ROWS, ROWS, np.zeros((4, 4))],
    "replace_row_distances": [ROWS, ROWS[0], 0, True, np.zeros((4, 4))],
    "assign_nearest": [ROWS, ROWS[:2], LABELS[0], np.zeros(4)],
    "lloyd_step": [ROWS, ROWS[:2], LABELS[0], np.zeros((2, 3)), np.zeros(2)],
    "kmeans_plus_plus": [ROWS, np.zeros(3), np.zeros(2, I64)],
    "farthest_first": [ROWS, 0, np.zeros(2, I64), np.zeros(4)],
    "contingency": [LABELS[0], LABELS, np.zeros((2, 1, 1), I64)],
    "co_membership_distance": [LABELS[0], LABELS, 1, 1, np.zeros(2)],
    "n_switched": [LABELS[0], LABELS, 1, 1, np.zeros(2, I64)],
    "nmi": [LABELS[0], LABELS, 1, 1, np.zeros(2)],
    "ari": [LABELS[0], LABELS, 1, 1, np.zeros(2)],
    "balance": [LABELS, LABELS[:1], 1, 1, np.zeros(2)],
    "group_entropy": [LABELS, LABELS[:1], 1, 1, np.zeros(2)],
    "count_groups": [FRAMES, SHOWN, False, np.zeros((1, 2), I64), np.zeros(1, I64)],
    "sum_bal": [FRAMES, SHOWN, False, np.zeros(1), np.zeros(1, I32)],
    "co_association": [LABELS, np.zeros((4, 4), np.uint16)],
    "tally_nearest": [
        ROWS,
        ROWS[None, :2],
        LABELS[0],
        np.zeros((1, 2, 1), I64),
        np.zeros((1, 1)),
    ],
}
QUESTIONS = {"backend", "is_available", "device_count"}


def arguments(function):
    """The names of a compiled function's arguments, by its signature."""
    signature = function.__doc__.split("->")[0]
    return re.findall(r"(\w+): ", signature)


def test_every_kernel_is_called_here():
    assert set(CALLS) | QUESTIONS == {
        name for name in dir(_core.cuda) if not name.startswith("_")
    }


@pytest.mark.parametrize("name", CALLS)
def test_arguments_are_those_of_the_host_and_a_stream(name):
    of_host = arguments(getattr(_core, name))
    if "Overloaded" in getattr(_core, name).__doc__:
        of_host = arguments_of_first_overload(getattr(_core, name))
    assert arguments(getattr(_core.cuda, name)) == [*of_host, "stream"]


def arguments_of_first_overload(function):
    """The names of the arguments of an overloaded function's first signature."""
    first = function.__doc__.split("1. ")[1].split("->")[0]
    return re.findall(r"(\w+): ", first)


@pytest.mark.parametrize("name", CALLS)
def test_a_kernel_without_a_device_raises(pretend, name):
    if _core.cuda.backend() == "emulated" or _core.cuda.is_available():
        pytest.skip("this build can run the device kernels here")
    reason = {
        "none": "no device kernels: reinstall with -Ccmake.define.RFCORE_CUDA=ON",
        "cuda": "looking for a device: cudaError",
    }[_core.cuda.backend()]
    pretended = [
        pretend(value) if isinstance(value, np.ndarray) else value
        for value in CALLS[name]
    ]
    with pytest.raises(DeviceError, match=reason):
        getattr(_core.cuda, name)(*pretended)


def test_no_device_is_counted_where_none_is():
    assert _core.cuda.is_available() == (_core.cuda.device_count() > 0)
    if _core.cuda.backend() != "cuda":
        assert _core.cuda.device_count() == 0
