"""k-means with rows appended: questions from warm centers on bank, and fits anew."""

import functools
import gzip

import numpy as np
import peers
import pytest
from inputs import blobs
from race import THREADS, Case, Goal, Ladder

from rfcore.cluster import KMeans, oracle
from rfcore.datasets import data_home

N_ROWS = 5


def bank():
    """Age, balance and duration of bank_full, z-scored, (45211, 3)."""
    path = data_home() / "bank" / "bank_full.csv.gz"
    if not path.is_file():
        pytest.skip(f"{path} is missing")
    with gzip.open(path, "rt") as file:
        names = next(file).replace('"', "").strip().split(",")
        columns = [names.index(name) for name in ("age", "balance", "duration")]
        X = np.array([[float(line.split(",")[c]) for c in columns] for line in file])
    return (X - X.mean(axis=0)) / X.std(axis=0)


def append_questions(X, n_questions, *, k=2, threads=THREADS):
    """Questions about five rows drawn in the observed range, from warm centers.

    scikit-learn answers them from the same centers, and from ten starts; the latter
    are other local optima where there are several.

    Parameters
    ----------
    X : float64 array of shape (n, m)
    n_questions : int
    k : int
    threads : int
    """
    rng, low, high = np.random.default_rng(0), X.min(axis=0), X.max(axis=0)
    V = low + rng.random((n_questions, N_ROWS, X.shape[1])) * (high - low)
    warm = KMeans(k, n_init=1, tol=0.0, max_iter=1000, random_state=0).fit(X)
    centers = warm.cluster_centers_

    def append(threads):
        answers = oracle(KMeans(k, tol=0.0, random_state=0), X)
        answers.append_rows(V[:1], init=centers)
        return lambda: answers.append_rows(V, init=centers)[1]

    def refit(**parameters):
        def prepare(threads):
            stacked = [np.vstack([X, rows]) for rows in V]
            estimator = peers.scikit_learn_kmeans(k, **parameters)
            return lambda: np.array([estimator.fit(rows).labels_ for rows in stacked])

        return prepare

    def quality(results):
        own, *others = results.values()
        same = [np.mean(own == other[:, : len(X)]) for other in others]
        return f"labels the same: warm {same[0]:.4%}, ten starts {same[1]:.4%}"

    return Case(
        contestants={
            "rfcore": append,
            "scikit-learn, warm": refit(init=centers, n_init=1, tol=0.0),
            "scikit-learn, n_init=10": refit(n_init=10),
        },
        quality=quality,
        threads=threads,
    )


def on_bank(n_questions):
    return append_questions(bank(), n_questions)


def by_n(n):
    return append_questions(blobs(n, 8, 4), 16, k=4)


def by_batch(b):
    return append_questions(blobs(16000, 3, 2), b)


BARS = {"scikit-learn, warm": 20.0, "scikit-learn, n_init=10": 50.0}
GOALS = (
    Goal("one question, bank", functools.partial(on_bank, 1), BARS),
    Goal("16 questions, bank", functools.partial(on_bank, 16), BARS),
)
LADDERS = (
    Ladder("16 questions, d = 8, k = 4", "n", (1000, 4000, 16000, 64000), by_n),
    Ladder("questions, n = 16000, d = 3", "batch", (1, 4, 16, 64), by_batch),
)


@pytest.mark.data
@pytest.mark.parametrize("n_questions", [1, 16])
def test_append_rows_on_bank(compare, full, n_questions):
    X = bank() if full else bank()[::50]
    own, warm, _ = compare(append_questions(X, n_questions), n_rounds=3).values()
    np.testing.assert_array_equal(own, warm[:, : len(X)])
