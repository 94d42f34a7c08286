"""What all kernels share: the door for arrays, threads, forked children, chunks."""

import os
import re
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from kernel_table import (
    BOUND,
    DTYPES,
    ELSEWHERE,
    EXTENTS,
    KERNELS,
    SIZES,
)

from rfcore import _core

ARRAYS = [(kernel, name) for kernel, (_, arrays) in KERNELS.items() for name in arrays]
OUTPUTS = [
    (kernel, name) for kernel, name in ARRAYS if KERNELS[kernel][1][name][-1] == "!"
]
AXES = [
    (kernel, name, axis)
    for kernel, name in ARRAYS
    for axis, extent in enumerate(KERNELS[kernel][1][name].split()[0])
    if extent in BOUND
    or (
        extent != "0"
        and sum(spec.split()[0].count(extent) for spec in KERNELS[kernel][1].values())
        > 1
    )
]


def array(kernel, name):
    extents, dtype = KERNELS[kernel][1][name].split()
    shape = [EXTENTS[extent] for extent in extents]
    if name in ("uniforms", "shifts"):
        return np.full(shape, 0.5)
    if name == "merges":
        return np.array([[i and 4 + i, i + 1] for i in range(shape[0])])
    if name == "pairs":
        return np.array([[1, i + 2] for i in range(shape[0])])
    if (name, extents) == ("nodes", "v3"):
        return np.array([[0, EXTENTS["n"], 1]])
    if name in ("order", "groups"):
        rows = np.arange(EXTENTS["n"]) % (2 if name == "groups" else EXTENTS["n"])
        return np.array(np.broadcast_to(rows, shape), DTYPES[dtype[0]], order="C")
    return np.ones(shape).cumsum(axis=0).astype(DTYPES[dtype[0]]) // 3


def call(kernel, **changed):
    scalars, arrays = KERNELS[kernel]
    given = {name: array(kernel, name) for name in arrays} | scalars | changed
    return getattr(_core, kernel)(**given)


def test_the_table_names_every_kernel():
    functions = {name for name in dir(_core) if callable(getattr(_core, name))}
    functions = {name for name in functions if not name.startswith("_")}
    assert functions == {*KERNELS, *ELSEWHERE, *SIZES}


@pytest.mark.parametrize("kernel", KERNELS)
def test_inputs_may_be_read_only_and_stay_as_they_are(kernel):
    names = {name for own, name in set(ARRAYS) - set(OUTPUTS) if own == kernel}
    inputs = {name: array(kernel, name) for name in names}
    for value in inputs.values():
        value.flags.writeable = False
    call(kernel, **inputs)
    for name, value in inputs.items():
        np.testing.assert_array_equal(value, array(kernel, name))


@pytest.mark.parametrize(("kernel", "name"), ARRAYS)
def test_error_wrong_dtype(kernel, name):
    for dtype in (np.float16, np.int8, np.complex128, object, ">f8"):
        with pytest.raises(TypeError, match="incompatible function arguments"):
            call(kernel, **{name: array(kernel, name).astype(dtype)})


@pytest.mark.parametrize(("kernel", "name"), ARRAYS)
def test_error_not_c_ordered(kernel, name):
    value = array(kernel, name)
    orders = [np.repeat(value, 2, axis=-1)[..., ::2]]
    if value.ndim > 1:
        orders.append(np.asfortranarray(np.concatenate([value, value])))
    for wrong in orders:
        if wrong.size == 0 or wrong.shape[-1] == 1 == wrong.ndim:
            continue  # such arrays are always C-ordered
        with pytest.raises(TypeError, match="incompatible function arguments"):
            call(kernel, **{name: wrong})


@pytest.mark.parametrize(("kernel", "name"), ARRAYS)
def test_error_wrong_number_of_axes(kernel, name):
    value = array(kernel, name)
    for wrong in (value[None], np.zeros((), dtype=value.dtype)):
        message = rf"ndim={wrong.ndim} should be {value.ndim}"
        with pytest.raises(ValueError, match=message):
            call(kernel, **{name: wrong})


@pytest.mark.parametrize(("kernel", "name", "axis"), AXES)
def test_error_wrong_extent(kernel, name, axis):
    value = array(kernel, name)
    longer = np.concatenate([value, value.take([-1], axis=axis)], axis=axis)
    with pytest.raises(ValueError, match=r"=\d+ should be \d+|=\d+ should be >= \d+"):
        call(kernel, **{name: longer})


@pytest.mark.parametrize(("kernel", "name"), OUTPUTS)
def test_error_read_only_output(kernel, name):
    value = array(kernel, name)
    value.flags.writeable = False
    with pytest.raises(ValueError, match=f"{name} should be writable"):
        call(kernel, **{name: value})


def run(program, **environment):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | environment,
    )


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="needs /proc")
def test_the_limit_on_threads_is_obeyed():
    """Counts real threads, so that equal bits for 1, 2 and 7 threads mean something."""
    done = run(
        """
        import os
        import numpy as np
        from threadpoolctl import threadpool_limits
        from rfcore import _core
        X, D = np.zeros((99, 1)), np.empty((99, 99))
        for n in (1, 2, 7):
            with threadpool_limits(n, user_api="openmp"):
                before = len(os.listdir("/proc/self/task"))
                _core.pairwise_sq_distances(X, X, D)
                print(len(os.listdir("/proc/self/task")) - before)
        """,
        OPENBLAS_NUM_THREADS="1",
        OMP_NUM_THREADS="1",
    )
    assert done.stdout.split() == ["0", "1", "5"], done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_answers_like_its_parent():
    """Threads do not survive a fork: without a guard the child waits forever."""
    done = run(
        """
        import os, signal, warnings
        import numpy as np
        from rfcore import _core
        warnings.simplefilter("ignore", DeprecationWarning)  # threads and fork
        X = np.random.default_rng(0).normal(size=(600, 3))
        D, moves, t = np.empty((600, 600)), X[:9, None] + 0.5, np.array([2])
        uniforms = np.full((4, _core.seeding_uniforms(3)), 0.3)
        plan = np.empty((0, 3, 3)), uniforms, 3, 50, 1e-4

        def answers():
            labels, centers = np.empty((2, 9, 600), np.int32), np.empty((9, 3, 3))
            switched = np.empty(9, np.int64)
            _core.pairwise_sq_distances(X, X, D)
            _core.linkage_replace_rows(X, D, t, moves, "ward", 3, labels[0])
            _core.lloyd_replace_rows(
                X, t, moves, *plan, labels[1], centers, np.empty(9)
            )
            _core.n_switched(labels[0, 0], labels[1], 3, 3, switched)
            parts = D, labels, centers, switched
            return b"".join(part.tobytes() for part in parts)

        before = answers()
        child = os.fork()
        if child == 0:
            signal.alarm(60)
            os._exit(0 if answers() == before else 3)
        status = os.waitpid(child, 0)[1]
        print(os.waitstatus_to_exitcode(status), answers() == before)
        """,
        OMP_NUM_THREADS="3",
    )
    assert done.stdout.split() == ["0", "True"], (done.stdout, done.stderr)


@pytest.mark.parametrize("n", [1, 255, 256, 257, 16384, 16385, 40_000])
def test_chunks_leave_no_row_out(n):
    """Around the chunk's 256 rows, and where chunks grow beyond 64 x 256 rows."""
    X = np.arange(n, dtype=float)[:, None]
    labels, means, counts = np.empty(n, np.int32), np.empty((1, 1)), np.empty(1)
    inertia = _core.lloyd_step(X, np.zeros((1, 1)), labels, means, counts)
    assert means[0, 0] == (n - 1) / 2
    assert counts[0] == n
    assert inertia == (n - 1) * n * (2 * n - 1) // 6


def test_error_messages_hold_both_numbers():
    with pytest.raises(ValueError, match=re.escape("Y.shape[1]=4 should be 3")):
        _core.pairwise_sq_distances(
            np.zeros((2, 3)), np.zeros((2, 4)), np.zeros((2, 2))
        )
