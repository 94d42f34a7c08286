"""One thread of BLAS while somebody is inside, and as many as before afterwards."""

import multiprocessing
import os
import threading

import joblib
import numpy as np
import pytest
from threadpoolctl import threadpool_info

from rfcore import _threads
from rfcore._threads import blas_threads, one_blas_thread
from rfcore.cluster import SpectralClustering
from rfcore.influence import InfluenceFunction
from rfcore.video import kernel_temporal_segmentation
from rfcore.zeroth import minimize


def blas():
    return {p["num_threads"] for p in threadpool_info() if p["user_api"] == "blas"}


@pytest.fixture
def two_threads():
    """Two threads of BLAS, and no thread of Python that alone may change that."""
    libraries = _threads._libraries()
    before = [library.num_threads for library in libraries]
    for library in libraries:
        _threads._set(library, 2)
    if blas() != {2}:
        pytest.skip("BLAS has one thread")
    yield
    for library, number in zip(libraries, before, strict=True):
        _threads._set(library, number)


def test_one_thread_inside_and_as_many_as_before_outside(two_threads):
    assert blas_threads() == 2
    with one_blas_thread():
        assert blas() == {1}
        with one_blas_thread():
            assert blas() == {1}
        assert blas() == {1}
        assert blas_threads() == 1
    assert blas() == {2}
    with pytest.raises(ZeroDivisionError), one_blas_thread():
        _ = 1 / 0
    assert blas() == {2}
    assert one_blas_thread()(blas)() == {1}
    assert blas() == {2}


def test_the_last_to_leave_puts_back_what_the_first_found(two_threads):
    entered, leave = threading.Event(), threading.Event()

    def stay():
        with one_blas_thread():
            entered.set()
            leave.wait()

    first = threading.Thread(target=stay)
    first.start()
    entered.wait()
    with one_blas_thread():
        leave.set()
        first.join()
        assert blas() == {1}
    assert blas() == {2}


def test_what_somebody_else_has_set_meanwhile_stays(two_threads):
    with one_blas_thread():
        for library in _threads._libraries():
            _threads._set(library, 2)
    assert blas() == {2}


def spectral(i):
    X = np.random.default_rng(i).normal(size=(300, 4))
    return SpectralClustering(3, random_state=0).fit(X).labels_


def segments(i):
    X = np.random.default_rng(i).normal(size=(300, 4))
    return kernel_temporal_segmentation(X, n_change_points=3).ravel()


def surrogate(i):
    box = [[-1.0, 1.0]] * 3
    result = minimize(
        lambda X: (X**2).sum(axis=1), box, method="rbf", max_evals=25, random_state=i
    )
    return result.X.ravel()


def influence(i):
    from sklearn.linear_model import Ridge

    X = np.random.default_rng(i).normal(size=(400, 5))
    y = X.sum(axis=1)
    fitted = InfluenceFunction(method="newton").fit(Ridge().fit(X, y), X, y)
    return fitted.scores(X, y, target="loss")


@pytest.mark.parametrize("work", [spectral, segments, surrogate, influence])
def test_eight_threads_leave_the_process_as_they_found_it(work, two_threads):
    expected = [work(i) for i in range(8)]
    for backend in ("threading", None):
        if backend:
            jobs = joblib.Parallel(n_jobs=8, backend=backend)
            found = jobs(joblib.delayed(work)(i) for i in range(8))
        else:
            found = [None] * 8

            def put(i, found=found):
                found[i] = work(i)

            threads = [threading.Thread(target=put, args=(i,)) for i in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert blas() == {2}
        for own, other in zip(found, expected, strict=True):
            np.testing.assert_array_equal(own, other)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_does_not_wait_for_its_parents_threads(two_threads):
    """Forked while one thread is inside: the child has none inside."""
    with one_blas_thread():
        fork = multiprocessing.get_context("fork")
        answers = fork.SimpleQueue()
        child = fork.Process(target=_enter_in_the_child, args=(answers,))
        child.start()
        child.join(timeout=30)
        assert child.exitcode == 0
        assert answers.get() == (0, {2}, {1}, {2})
    assert blas() == {2}


def _enter_in_the_child(answers):
    inside, before = _threads._n_inside, blas()
    with one_blas_thread():
        own = blas()
    answers.put((inside, before, own, blas()))
