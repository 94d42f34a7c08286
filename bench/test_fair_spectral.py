"""Fair spectral clustering: a question, beside shift-invert and the dense formula."""

import functools

import inputs
import numpy as np
import peers
import scipy.linalg
import scipy.sparse
from race import Case, Goal, Ladder
from scipy.sparse.linalg import LinearOperator, eigsh, splu

from rfcore.cluster import oracle
from rfcore.cluster.graph import neighbor_graph
from rfcore.datasets import load
from rfcore.fair import FairSpectral
from rfcore.fair.spectral import group_constraints

# The peer factors L + _SHIFT, which is positive definite.
_SHIFT = 1e-3


def regroupings(X, groups, k, n_questions, *, dense=False, seed=0):
    """Questions that give other groups to a twentieth of the rows, one at a time.

    Graph, Laplacian and its factors are made before the clock runs. Everybody has one
    thread: on a busy machine scikit-learn's k-means would only wait for a second one.

    Parameters
    ----------
    X : float64 array of shape (n, m)
    groups : int array of shape (n,)
    k : int
    n_questions : int
    dense : bool
        Whether the dense formula takes part.
    seed : int
    """
    rng = np.random.default_rng(seed)
    candidates = np.tile(groups, (n_questions, 1))
    moved = rng.random(candidates.shape) < 0.05
    candidates[moved] = rng.permutation(candidates[moved])
    estimator = FairSpectral(k, random_state=seed)
    asked = oracle(estimator, X)
    embeddings = [asked.embed(own) for own in candidates]
    W = neighbor_graph(X, estimator.n_neighbors)
    L = scipy.sparse.diags_array(np.asarray(W.sum(axis=1)).ravel()) - W

    def by_oracle(threads):
        return lambda: ([asked.regroup(own[None])[0] for own in candidates], None)

    def by_formula(embed):
        def ask():
            found = [embed(group_constraints(own)) for own in candidates]
            kmeans = peers.scikit_learn_kmeans(k)
            return [kmeans.fit(H).labels_ for _, H in found], [v for v, _ in found]

        return ask

    def by_shift_invert(threads):
        factor = splu((L + _SHIFT * scipy.sparse.eye_array(len(X))).tocsc())
        return by_formula(functools.partial(shift_invert_embedding, factor.solve, k))

    def by_dense_formula(threads):
        return by_formula(functools.partial(dense_embedding, L.toarray(), k))

    def quality(results):
        apart, excess = compared(results, embeddings)
        return f"eigenvalues {apart:.0e} apart; excess inertia {excess:+.1e}"

    contestants = {"rfcore": by_oracle, "shift-invert": by_shift_invert}
    if dense:
        contestants["dense formula"] = by_dense_formula
    return Case(contestants=contestants, quality=quality, threads=1), embeddings


def compared(results, embeddings):
    """How far eigenvalues are apart at most, and rfcore's excess of mean inertia."""
    own, *others = (
        np.mean(
            [inertia(H, y) for (H, _, _), y in zip(embeddings, labels, strict=True)]
        )
        for labels, _ in results.values()
    )
    expected = [values for _, values, _ in embeddings]
    apart = max(
        np.abs(np.subtract(expected, values)).max()
        for _, values in results.values()
        if values is not None
    )
    return apart, own / min(others) - 1.0


def inertia(H, labels):
    """The sum of squared distances to the means of the clusters."""
    return sum(
        ((H[labels == c] - H[labels == c].mean(axis=0)) ** 2).sum()
        for c in np.unique(labels)
    )


def shift_invert_embedding(solve, k, F):
    """Lowest eigenvalues (k,) and vectors (n, k) on F'h = 0, from those of inverses."""
    solved = solve(F)
    inner = np.linalg.inv(F.T @ solved)

    def invert(x):
        y = solve(np.ravel(x))
        return y - solved @ (inner @ (F.T @ y))

    n = len(F)
    operator = LinearOperator((n, n), invert, dtype=np.float64)
    v0 = np.random.default_rng(0).normal(size=n)
    inverses, H = eigsh(operator, k, which="LA", v0=v0)
    return 1.0 / inverses[::-1] - _SHIFT, H[:, ::-1]


def dense_embedding(L, k, F):
    """The published formula: an orthonormal basis of all vectors with F'h = 0."""
    Z = scipy.linalg.null_space(F.T)
    values, Y = scipy.linalg.eigh(Z.T @ L @ Z, subset_by_index=[0, k - 1])
    return values, Z @ Y


def regroupings_on_digits(n_questions=8, *, dense=False):
    data = load("inverted_digits", download=False)
    return regroupings(data.X, data.groups, 10, n_questions, dense=dense)[0]


def blob_questions(n, n_questions, *, dense=False, n_groups=2):
    groups = np.random.default_rng(n).integers(n_groups, size=n)
    return regroupings(inputs.blobs(n, 4, 8), groups, 8, n_questions, dense=dense)


def regroupings_by_n(n):
    return blob_questions(n, 8)[0]


GOALS = (
    Goal(
        "8 fair spectral questions, inverted digits",
        regroupings_on_digits,
        {"shift-invert": 1.0},
    ),
    Goal(
        "a fair spectral question, inverted digits",
        functools.partial(regroupings_on_digits, 1, dense=True),
        {"dense formula": 100.0},
        once=True,
    ),
)
LADDERS = (
    Ladder(
        "8 fair spectral questions, k = 8",
        "n",
        (500, 1000, 2000, 4000),
        regroupings_by_n,
    ),
)


def test_regroupings(compare, full):
    case, embeddings = blob_questions(*((2000, 8) if full else (300, 2)))
    apart, excess = compared(compare(case, n_rounds=3), embeddings)
    assert apart < 1e-8
    assert excess < 0.01


def test_dense_formula(compare):
    case, embeddings = blob_questions(300, 2, dense=True, n_groups=3)
    apart, excess = compared(compare(case, n_rounds=3), embeddings)
    assert apart < 1e-8
    assert excess < 0.01
