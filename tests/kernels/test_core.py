"""What all kernels share: the door for arrays, threads, forked children, chunks."""

import os
import re
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from rfcore import _core

EXTENTS = {"n": 5, "d": 2, "k": 3, "l": 4, "b": 4, "s": 1, "r": 1, "m": 4, "p": 3}
EXTENTS |= {"2": 2, "3": 3, "0": 0, "u": _core.seeding_uniforms(EXTENTS["k"])}
EXTENTS |= {"w": 10, "v": 1}
DTYPES = {"f": np.float64, "i": np.int64, "l": np.int32}
# Fixed by a scalar or a number in the contract, not only by another array.
BOUND = {"m", "p", "u", "w", "2", "3"}

# Every kernel: its scalars, then its arrays as extents, dtype and "!" for an output.
PLAN = {"n_clusters": 3, "max_iter": 2, "tol": 0.0}
WARD = {"method": "ward", "n_clusters": 5}
TREE = {"order": "n i", "nodes": "v3 i"}
KERNELS = {
    "pairwise_sq_distances": ({}, {"X": "nd f", "Y": "bd f", "out": "nb f!"}),
    "self_distances": ({"squared": True}, {"X": "nd f", "out": "nn f!"}),
    "largest_magnitude": ({}, {"x": "n f"}),
    "replace_row_distances": (
        {"t": 1, "squared": True},
        {"X": "nd f", "row": "d f", "D": "nn f!"},
    ),
    "assign_nearest": (
        {},
        {"X": "nd f", "C": "kd f", "labels": "n l!", "sq": "n f!"},
    ),
    "lloyd_step": (
        {},
        {
            "X": "nd f",
            "C": "kd f",
            "labels": "n l!",
            "means": "kd f!",
            "counts": "k f!",
        },
    ),
    "mean_variance": ({}, {"X": "nd f"}),
    "lloyd": (
        PLAN,
        {"X": "nd f", "starts": "000 f", "uniforms": "ru f"}
        | {"centers": "kd f!", "labels": "n l!"},
    ),
    "lloyd_replace_rows": (
        PLAN,
        {"X": "nd f", "t": "s i", "rows": "bsd f", "starts": "rkd f"}
        | {"uniforms": "00 f", "labels": "bn l!", "centers": "bkd f!"}
        | {"inertia": "b f!"},
    ),
    "kmeans_plus_plus": ({}, {"X": "nd f", "uniforms": "u f", "chosen": "k i!"}),
    "k_medoids": (
        {"max_iter": 2},
        {"X": "ld f", "rows": "n i", "uniforms": "rk f"}
        | {"medoids": "k i!", "labels": "n l!"},
    ),
    "k_medoids_of_distances": (
        {"max_iter": 2},
        {"D": "nn f", "uniforms": "rk f", "medoids": "k i!", "labels": "n l!"},
    ),
    "k_medoids_replace_rows": (
        {"max_iter": 2},
        {"X": "nd f", "t": "s i", "rows": "bsd f", "uniforms": "rk f"}
        | {"medoids": "bk i!", "labels": "bn l!", "cost": "b f!"},
    ),
    "farthest_first": ({"first": 0}, {"X": "nd f", "chosen": "k i!", "sq": "n f!"}),
    "nearest_neighbors": (
        {"metric": "euclidean"},
        {"X": "nd f", "neighbors": "nk i!", "distances": "nk f!"},
    ),
    "build_quadtree": (
        {},
        {"X": "nd f", "shifts": "d f", "order": "n i!", "nodes": "w3 i!"},
    ),
    "decompose_fairlets": (
        {"p": 1, "q": 5},
        TREE | {"groups": "bn l", "fairlets": "bn i!", "n_fairlets": "b i!"},
    ),
    "cluster_fairlets": (
        {"p": 1, "q": 5, "max_iter": 2, "nearest": True},
        {"X": "nd f", **TREE, "groups": "bn l", "uniforms": "r2 f"}
        | {"labels": "bn l!", "medoids": "b2 i!", "cost": "b f!"}
        | {"fairlets": "bn i!", "n_fairlets": "b i!"},
    ),
    "linkage": (
        {"method": "ward"},
        {"D": "nn f!", "merges": "m2 i!", "heights": "m f!"},
    ),
    "cut_tree": ({"n_clusters": 2}, {"merges": "m2 i", "labels": "n l!"}),
    "linkage_replace_rows": (
        WARD,
        {"X": "nd f", "D": "nn f", "t": "s i", "rows": "bsd f", "labels": "bn l!"},
    ),
    "prepare_insertion": (
        {"t": 0, "method": "ward"},
        {"D": "nn f", "pairs": "p2 i!", "heights": "p f!", "history": "pn f!"},
    ),
    "linkage_insert_row": (
        WARD | {"t": 0},
        {"X": "nd f", "D": "nn f", "rows": "bd f", "pairs": "p2 i", "heights": "p f"}
        | {"history": "pn f", "labels": "bn l!"},
    ),
    "contingency": ({}, {"a": "n l", "others": "bn l", "table": "bkl i!"}),
    "co_membership_distance": (
        {"k": 3, "l": 4},
        {"a": "n l", "others": "bn l", "distance": "b f!"},
    ),
    "n_switched": (
        {"k": 3, "l": 4},
        {"a": "n l", "others": "bn l", "switched": "b i!"},
    ),
    "nmi": ({"k": 3, "l": 4}, {"a": "n l", "others": "bn l", "out": "b f!"}),
    "ari": ({"k": 3, "l": 4}, {"a": "n l", "others": "bn l", "out": "b f!"}),
    "balance": (
        {"k": 3, "l": 4},
        {"labels": "bn l", "groups": "bn l", "out": "b f!"},
    ),
    "group_entropy": (
        {"k": 3, "l": 4},
        {"labels": "bn l", "groups": "bn l", "out": "b f!"},
    ),
    "cluster_moments": (
        {},
        {"X": "nd f", "labels": "n l", "means": "kd f!", "variances": "kd f!"}
        | {"counts": "k i!"},
    ),
    "mahalanobis_depth": (
        {},
        {"points": "nd f", "means": "kd f", "whitening": "kdd f", "depth": "n f!"},
    ),
    "coordinate_depth": (
        {"printed": False},
        {"points": "nd f", "means": "kd f", "variances": "kd f", "depth": "n f!"},
    ),
    "shrink_regions": (
        {"discrete": True, "n_free": 2},
        {"positives": "bd f", "negatives": "sd f", "bounds": "d2 f"}
        | {"uniforms": "bu f", "low": "bd f!", "high": "bd f!", "points": "bd f!"},
    ),
    "rows_times": (
        {},
        {"X": "nd f", "W": "kd f", "constant": "k f", "out": "nk f!"},
    ),
    "sum_slopes": (
        {},
        {"X": "nd f", "shift": "d f", "slopes": "nk f", "magnitudes": "nk f"}
        | {"gradient": "kd f!", "sizes": "kd f!"},
    ),
}
# Their extents, dtypes or values hang together in ways of their own, and so do their
# errors, which stand with the tests of each.
ELSEWHERE = {
    "basic_partitions",
    "co_association",
    "count_groups",
    "extend_segments",
    "knapsack",
    "lloyd_append_rows",
    "rank_margins",
    "scale_rows",
    "son_labels",
    "son_penalty",
    "son_sweep",
    "sum_bal",
    "tally_nearest",
    "warm_append_rows",
}
SIZES = {"region_uniforms", "seeding_uniforms", "son_dual_shape"}
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
    if name in ("merges", "pairs"):
        first = 5 if name == "merges" else 1
        return np.array([[i and first + i - 1, i + 1] for i in range(shape[0])])
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
