"""A question to rfcore's oracle against a fresh fit by scikit-learn."""

import time

import numpy as np
from sklearn import cluster
from threadpoolctl import threadpool_limits

from rfcore._threads import one_blas_thread
from rfcore.cluster import Agglomerative, oracle
from rfcore.experiments.record import Row

_QUESTIONS = 20
_FITS = 5


def scikit_learn_peer(victim):
    """scikit-learn's estimator with the parameters of one of ours."""
    if isinstance(victim, Agglomerative):
        return cluster.AgglomerativeClustering(**victim.get_params())
    return cluster.KMeans(algorithm="lloyd", **victim.get_params())


def query_speed(data, victim, *, n_repeats):
    """Time questions about one row, both libraries on one core, interleaved.

    Parameters
    ----------
    data : Dataset
    victim : Agglomerative or KMeans
    n_repeats : int

    Returns
    -------
    list of Row
        The ratio of the median seconds a question.
    """
    noise = np.random.default_rng(0).normal(size=(_QUESTIONS, data.X.shape[1]))
    rows = data.X[0] + 0.1 * data.X.std() * noise
    ours, theirs = [], []
    with one_blas_thread(), threadpool_limits(1, user_api="openmp"):
        answers, peer = oracle(victim, data.X), scikit_learn_peer(victim)
        answers.replace_row(0, rows[:1])
        for _ in range(n_repeats):
            start = time.perf_counter()
            answers.replace_row(0, rows)
            ours.append((time.perf_counter() - start) / _QUESTIONS)
            start = time.perf_counter()
            for row in rows[:_FITS]:
                changed = data.X.copy()
                changed[0] = row
                peer.fit(changed)
            theirs.append((time.perf_counter() - start) / _FITS)
    ratio = np.median(theirs) / np.median(ours)
    note = f"one core each, medians of {n_repeats} interleaved repeats"
    return [
        Row(
            data.name,
            "query speed",
            "speed[scikit-learn]",
            ratio,
            unit="x",
            seconds=np.median(ours),
            note=note,
        )
    ]
