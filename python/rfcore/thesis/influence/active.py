"""Panel E of figure 4.12: rounds of questions about Diabetic Retinopathy."""

import functools

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from rfcore.datasets import load
from rfcore.influence import ActiveLearner, TreeInfluence

POOL = "diabetic_retinopathy"
BASELINES = ("random", "entropy", "margin", "uncertainty")

# Options of the learner; the last are those of the authors' program.
INFLUENCE = {
    "influence": {},
    "influence, tree refitted": {"refit_tree": True},
    "influence, full tree": {
        "surrogate": LogisticRegression(C=1.0, fit_intercept=False, tol=1e-8),
        "tree": TreeInfluence(
            max_depth=None,
            min_samples_leaf=1,
            reg_param=0.0,
            append_y=False,
            random_state=0,
        ),
    },
}

N_ROUNDS = 10
N_QUERIES = 10
SIZES = {"train": 150, "pool": 800, "validation": 100, "test": 101}


@functools.lru_cache(maxsize=1)
def retinopathy():
    """The set of panel E, loaded once in a process."""
    return load(POOL)


def splits(data, seed):
    """Rows of the four parts: as released, or drawn anew where there is a seed."""
    if seed is None:
        return {part: data.extras[part] for part in SIZES}
    order = np.random.default_rng(seed).permutation(len(data.X))
    return dict(
        zip(SIZES, np.split(order, np.cumsum(list(SIZES.values()))[:-1]), strict=True)
    )


def active_run(data, rows, strategy, seed):
    """Ten rounds of questions by one strategy.

    Parameters
    ----------
    data : Dataset
    rows : dict of str to int64 array
        Of the four parts; the features are scaled by the labeled rows.
    strategy : str
        Of `BASELINES` or `INFLUENCE`.
    seed : int
        Of random sampling.

    Returns
    -------
    curve : float64 array of shape (11,)
        Accuracy on the test rows, first before any question.
    asked : int64 array of shape (100,)
        Rows of the set.
    """
    X = StandardScaler().fit(data.X[rows["train"]]).transform(data.X)
    learner = ActiveLearner(
        LinearSVC(C=1.0, dual=False, tol=1e-8),
        strategy=strategy.partition(",")[0],
        random_state=seed,
        **INFLUENCE.get(strategy, {}),
    )
    parts = {part: (X[own], data.y[own]) for part, own in rows.items()}
    learner.fit(*parts["train"], *parts["validation"])
    curve, pool, asked = [learner.score(*parts["test"])], rows["pool"], []
    for _ in range(N_ROUNDS):
        own = learner.query(X[pool], N_QUERIES)
        learner.teach(X[pool[own]], data.y[pool[own]])
        curve.append(learner.score(*parts["test"]))
        asked.append(pool[own])
        pool = np.delete(pool, own)
    return np.array(curve), np.concatenate(asked)
