"""The promises of every attack on rows: budget, honesty, box, depth, seeds.

Those of attacks on clusterings come first, then those of attacks on classifiers. Those
of the attack on groups are in `test_fairness_promises.py`.
"""

import copy
import functools
import itertools

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.cluster import DBSCAN, AgglomerativeClustering
from sklearn.cluster import KMeans as SklearnKMeans
from sklearn.linear_model import LogisticRegression
from sklearn.mixture import GaussianMixture
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from rfcore.attacks import (
    FGSM,
    GDA,
    PGD,
    BoundaryAttack,
    NonRandomAnchoring,
    RandomAnchoring,
    SpilloverAttack,
)
from rfcore.cluster import Agglomerative, KMeans, Oracle
from rfcore.thesis.spillover import peers


def blobs(centers, n_each=25, seed=0):
    """Rows around centers in features of unlike scale, closed to writing."""
    rng = np.random.default_rng(seed)
    X = np.concatenate([rng.normal(center, 1.0, (n_each, 4)) for center in centers])
    X = X * [1.0, 1e3, 1e-3, 5.0] + [0.0, 1e4, 0.0, -7.0]
    X.setflags(write=False)
    return X


TWO = blobs([[0, 0, 0, 0], [3, 0, 2, 0]])
THREE = blobs([[0, 0, 0, 0], [3, 0, 2, 0], [0, 2, 3, 2]])
SCALED = (TWO - TWO.mean(axis=0)) / TWO.std(axis=0)

# name: the attack's options, the victim, the data. Budgets are small on purpose.
WARD = Agglomerative(2)
TABLE = {
    "rbf": ({}, WARD, TWO),
    "cmaes": ({"method": "cmaes"}, WARD, TWO),
    "racos": ({"method": "racos"}, WARD, TWO),
    "random": ({"method": "random"}, WARD, TWO),
    "starts": ({"method": "starts"}, WARD, TWO),
    "rbf alone": ({"structured": False, "source": 0}, WARD, TWO),
    "one way": ({"source": 1, "target": 0}, WARD, TWO),
    "genetic": ({"method": peers.differential_evolution}, WARD, TWO),
    "annealing": ({"method": peers.dual_annealing}, WARD, TWO),
    "one question": ({"max_evals": 1}, WARD, TWO),
    "two questions": ({"max_evals": 2, "method": "random"}, WARD, TWO),
    "fewer questions than pairs": ({"max_evals": 2}, Agglomerative(3), THREE),
    "three clusters": ({}, Agglomerative(3), THREE),
    "five clusters": ({"method": "random"}, Agglomerative(5), THREE),
    "average linkage": ({}, Agglomerative(4, linkage="average"), THREE),
    "two rows": ({"n_rows": 2}, WARD, TWO),
    "three rows": ({"n_rows": 3}, Agglomerative(3), THREE),
    "delta": ({"delta": 0.5}, Agglomerative(2, linkage="complete"), SCALED),
    "delta each": ({"delta": [0.3, 0.0, np.inf, 1.0]}, WARD, SCALED),
    "no delta": ({"delta": 0}, WARD, TWO),
    "whole range": ({"depth_quantile": 0}, WARD, TWO),
    "deepest only": ({"depth_quantile": 1}, WARD, TWO),
    "median depth": ({"depth_quantile": 0.5}, WARD, TWO),
    "noisy metric": ({"metric_noise": 0.4}, WARD, SCALED),
    "noisy rows": ({"metric_noise": 0.4, "n_rows": 2}, WARD, SCALED),
    "k-means": ({}, KMeans(2, n_init=3, random_state=5), SCALED),
    "k-means, three": ({}, KMeans(3, n_init=2, random_state=5), THREE),
    "k-means from centers": ({}, KMeans(2, init=SCALED[[0, 40]]), SCALED),
    "scikit-learn Ward": ({"max_evals": 8}, AgglomerativeClustering(2), TWO),
    "DBSCAN": ({"max_evals": 8}, DBSCAN(eps=0.9, min_samples=4), SCALED),
    "mixture": ({"max_evals": 4}, GaussianMixture(2, random_state=0), SCALED),
    "pipeline": (
        {"max_evals": 4},
        make_pipeline(StandardScaler(), SklearnKMeans(2, n_init=1, random_state=0)),
        TWO,
    ),
}
SEARCHED = [name for name in TABLE if TABLE[name][0].get("max_evals", 40) > 8]
SEEDED = [
    name for name in SEARCHED if name not in ("starts", "no delta", "deepest only")
]
every_attack = pytest.mark.parametrize("name", TABLE)


def run(name, seed=0):
    options, victim, X = TABLE[name]
    options = {"max_evals": 40, "n_null": 2, "random_state": seed, **options}
    return SpilloverAttack(**options).run(victim, X)


@functools.cache
def attacked(name):
    return run(name)


def depths(points, X, labels):
    """Coordinate depth as definition 2.2.3 says it; a lone row is deep at itself."""
    sums = np.zeros(points.shape)
    for c in np.unique(labels):
        own = X[labels == c]
        if len(own) == 1:
            sums += points == own
        else:
            z = (points - own.mean(axis=0)) / own.std(axis=0, ddof=1)
            sums += 1.0 / (1.0 + z**2)
    return sums.min(axis=1)


def switched(a, b):
    """Rows that switch, under the best of all ways to name the clusters of b."""
    names_a, names_b = np.unique(a), np.unique(b)
    size = max(len(names_a), len(names_b))
    table = np.zeros((size, size), dtype=int)
    for i, p in enumerate(names_a):
        for j, q in enumerate(names_b):
            table[i, j] = np.sum((a == p) & (b == q))
    kept = max(
        sum(table[i, j] for i, j in enumerate(order))
        for order in itertools.permutations(range(size))
    )
    return len(a) - kept


@every_attack
def test_budget_is_kept(name, monkeypatch):
    asked = []
    answer = Oracle.replace_rows

    def counted(self, t, rows):
        labels = answer(self, t, rows)
        asked.append(len(rows))
        return labels

    monkeypatch.setattr(Oracle, "replace_rows", counted)
    result = run(name)
    assert sum(asked) == result.n_queries == len(result.trace)
    assert 1 <= result.n_queries <= TABLE[name][0].get("max_evals", 40)


@pytest.mark.parametrize("name", [n for n in SEEDED if n != "whole range"])
def test_budget_is_spent(name):
    assert attacked(name).n_queries == 40


@every_attack
def test_data_and_victim_are_untouched(name):
    _, victim, X = TABLE[name]
    before, parameters = X.copy(), repr(victim)
    result = attacked(name)
    np.testing.assert_array_equal(X, before)
    assert not np.shares_memory(result.X_adv, X)
    assert repr(victim) == parameters
    assert not any(key.endswith("_") for key in vars(victim) if key[0] != "_")


@every_attack
def test_only_the_named_rows_of_the_source_move(name):
    options, _, X = TABLE[name]
    result = attacked(name)
    moved = np.flatnonzero((result.X_adv != X).any(axis=1))
    assert set(moved) <= set(result.changed)
    assert len(result.changed) == options.get("n_rows", 1)
    if "noisy" not in name:
        source = set(result.labels_before[result.changed])
        assert source == {result.details["source"]}


@every_attack
def test_after_is_that_of_fresh_fits(name):
    _, victim, X = TABLE[name]
    result = attacked(name)
    before, after = (clone(victim).fit_predict(rows) for rows in (X, result.X_adv))
    np.testing.assert_array_equal(result.labels_before, before)
    np.testing.assert_array_equal(result.labels_after, after)
    assert result.before == 0
    assert result.after == switched(before, after)
    assert len(result.details["switched"]) == result.after


@every_attack
def test_result_stays_in_its_box_and_in_the_observed_range(name):
    options, _, X = TABLE[name]
    result = attacked(name)
    moved, details = result.X_adv[result.changed], result.details
    assert ((moved >= details["low"]) & (moved <= details["high"])).all()
    assert (details["low"] >= X.min(axis=0)).all()
    assert (details["high"] <= X.max(axis=0)).all()
    assert (np.abs(moved - X[result.changed]) <= details["delta"] * (1 + 1e-12)).all()
    if "delta" in options:
        expected = np.broadcast_to(options["delta"], moved.shape)
        np.testing.assert_array_equal(details["delta"], expected)


@pytest.mark.parametrize("name", [n for n in TABLE if "delta" not in TABLE[n][0]])
def test_depth_is_kept(name):
    options, _, X = TABLE[name]
    result = attacked(name)
    details, labels = result.details, result.labels_before
    clean, own = depths(X, X, labels), X[result.changed]
    np.testing.assert_allclose(details["clean_depths"], clean, rtol=1e-9)
    moved = depths(result.X_adv[result.changed], X, labels)
    np.testing.assert_allclose(details["depth"], moved, rtol=1e-9)
    if "noisy" in name:
        return
    threshold = np.quantile(clean, options.get("depth_quantile", 0.1))
    assert details["depth_threshold"] == pytest.approx(threshold, rel=1e-9)
    # Features that are below already stay, so such a row keeps its own depth at least.
    floor = np.minimum(threshold, depths(own, X, labels))
    assert (moved >= floor * (1 - 1e-9)).all()


@every_attack
def test_trace_rises_to_the_result(name):
    result = attacked(name)
    assert (np.diff(result.trace) >= 0).all()
    assert result.trace[-1] == result.details["search_value"]
    if "noisy" not in name:
        assert result.trace[-1] == result.after


@every_attack
def test_same_seed_gives_the_same_result(name):
    first, again = attacked(name), run(name)
    np.testing.assert_array_equal(first.X_adv, again.X_adv)
    np.testing.assert_array_equal(first.trace, again.trace)
    np.testing.assert_array_equal(first.null, again.null)
    np.testing.assert_array_equal(first.changed, again.changed)
    assert first.stopped == again.stopped


@pytest.mark.parametrize("name", SEEDED)
def test_other_seed_asks_other_questions(name, monkeypatch):
    asked = {0: [], 1: []}
    answer = Oracle.replace_rows
    for seed, kept in asked.items():

        def noted(self, t, rows, kept=kept):
            kept.append(np.array(rows))
            return answer(self, t, rows)

        monkeypatch.setattr(Oracle, "replace_rows", noted)
        run(name, seed)
    assert not np.array_equal(np.concatenate(asked[0]), np.concatenate(asked[1]))


@every_attack
def test_null_stands_beside_the_result(name):
    result = attacked(name)
    seeded = any("random_state" in key for key in TABLE[name][1].get_params())
    assert result.null.shape == (2 if seeded else 1,)
    assert result.above_null == (result.after > max(result.null))


def two_classes(n=120, seed=0):
    """Overlapping classes in three features, labels and groups; closed to writing."""
    rng = np.random.default_rng(seed)
    groups = np.arange(n) % 2
    X = np.column_stack([rng.normal(size=(n, 2)), groups])
    y = (X[:, 0] + 0.5 * groups + rng.normal(size=n) > 0.2).astype(int)
    for array in (X, y, groups):
        array.setflags(write=False)
    return X, y, groups


ROWS, CLASSES, GROUPS = two_classes()
IMAGES = np.random.default_rng(1).uniform(size=(60, 1, 4, 4)).astype(np.float32)
IMAGES.setflags(write=False)
BRIGHT = (IMAGES[:, 0, :2].mean(axis=(1, 2)) > 0.5).astype(int)
LINEAR = LogisticRegression().fit(ROWS, CLASSES)
MARGIN = LinearSVC(random_state=0).fit(ROWS, np.array(["no", "yes"])[CLASSES])


@functools.cache
def network(kind):
    """A small network in mode `train` whose dropout would disturb an attack."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    nn = torch.nn
    if kind == "rows":
        layers = [nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2)]
        X, y = ROWS, CLASSES
    else:
        layers = [nn.Conv2d(1, 4, 2), nn.ReLU(), nn.Flatten(), nn.Linear(36, 2)]
        X, y = IMAGES, BRIGHT
    module = nn.Sequential(*layers[:-1], nn.Dropout(0.5), layers[-1])
    X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y)
    optimizer = torch.optim.Adam(module.parameters(), lr=0.03)
    for _ in range(60):
        optimizer.zero_grad()
        nn.functional.cross_entropy(module(X), y).backward()
        optimizer.step()
    module.zero_grad()
    module[1].eval()
    return module


BOX = {"low": 0.0, "high": 1.0}
# name: the attack's class and options, the victim, rows and labels, and the budget:
# the norm and the radius, or the rows that it may add.
CLASSIFIERS = {
    "boundary": (BoundaryAttack, {}, LINEAR, ROWS, CLASSES, None),
    "boundary, far": (BoundaryAttack, {"gamma": 3}, LINEAR, ROWS, CLASSES, None),
    "boundary, words": (
        BoundaryAttack,
        {},
        MARGIN,
        ROWS,
        np.array(["no", "yes"])[CLASSES],
        None,
    ),
    "FGSM": (FGSM, {"epsilon": 0.2, **BOX}, "images", IMAGES, BRIGHT, (np.inf, 0.2)),
    "FGSM, l_2": (FGSM, {"epsilon": 0.4, "norm": "l_2"}, "rows", ROWS, CLASSES,
                  (2, 0.4)),
    "PGD": (PGD, {"epsilon": 0.2, "n_steps": 5, **BOX}, "images", IMAGES, BRIGHT,
            (np.inf, 0.2)),
    "PGD, l_2": (PGD, {"epsilon": 0.5, "n_steps": 5, "norm": "l_2", "batch_size": 7},
                 "rows", ROWS, CLASSES, (2, 0.5)),
    "GDA": (GDA, {"epsilon": 0.5, "max_steps": 20}, "rows", ROWS, CLASSES, (2, 0.5)),
    "GDA, l_inf": (GDA, {"epsilon": 0.2, "norm": "l_inf", "max_steps": 9, **BOX},
                   "images", IMAGES, BRIGHT, (np.inf, 0.2)),
    "RAA": (RandomAnchoring, {}, LINEAR, ROWS, CLASSES, 12),
    "RAA, near": (RandomAnchoring, {"tau": 0.3, "epsilon": 0.05}, LINEAR, ROWS, CLASSES,
                  6),
    "NRAA": (NonRandomAnchoring, {"radius": 0.5}, LINEAR, ROWS, CLASSES, 12),
    "NRAA, near": (NonRandomAnchoring, {"tau": 0.3}, LINEAR, ROWS, CLASSES, 12),
}  # fmt: skip
EVASIONS = [n for n, entry in CLASSIFIERS.items() if not isinstance(entry[-1], int)]
NETWORKS = [name for name in EVASIONS if isinstance(CLASSIFIERS[name][2], str)]
POISONINGS = [name for name in CLASSIFIERS if name not in EVASIONS]
on_every_classifier = pytest.mark.parametrize("name", CLASSIFIERS)
on_every_evasion = pytest.mark.parametrize("name", EVASIONS)
on_every_network = pytest.mark.parametrize("name", NETWORKS)
on_every_poisoning = pytest.mark.parametrize("name", POISONINGS)


def run_on_classifier(name, seed=0):
    kind, options, victim, X, y, _ = CLASSIFIERS[name]
    victim = network(victim) if isinstance(victim, str) else victim
    more = {"groups": GROUPS} if name in POISONINGS else {}
    return kind(n_null=3, random_state=seed, **options).run(victim, X, y, **more)


@functools.cache
def attacked_classifier(name):
    return run_on_classifier(name)


def predictions(name, X):
    """The victim's classes of rows, asked at once."""
    victim = CLASSIFIERS[name][2]
    if not isinstance(victim, str):
        return victim.predict(X)
    import torch

    module = copy.deepcopy(network(victim)).eval()
    with torch.no_grad():
        return module(torch.tensor(X, dtype=torch.float32)).argmax(1).numpy()


@on_every_evasion
def test_evasion_is_measured_on_what_is_given_back(name):
    _, _, _, X, y, _ = CLASSIFIERS[name]
    result = attacked_classifier(name)
    for rows, labels, value in (
        (X, result.labels_before, result.before),
        (result.X_adv, result.labels_after, result.after),
    ):
        np.testing.assert_array_equal(labels, predictions(name, rows))
        assert value == np.mean(labels == y)
    assert result.after < result.before - 0.1
    assert result.null.shape == (3,)
    assert result.above_null
    assert result.n_queries == len(result.trace)
    assert result.trace[-1] == pytest.approx(result.after)


@on_every_evasion
def test_evasion_keeps_its_budget(name):
    _, options, _, X, _, budget = CLASSIFIERS[name]
    result = attacked_classifier(name)
    assert result.X_adv.shape == X.shape
    assert result.X_adv.dtype == X.dtype
    moves = (result.X_adv.astype(float) - X).reshape(len(X), -1)
    order, epsilon = budget or (2, np.inf)
    norms = np.linalg.norm(moves, ord=order, axis=1)
    np.testing.assert_allclose(result.details["distances"], norms, atol=1e-6)
    assert norms.max() <= epsilon * (1 + 1e-5)
    # The budget is used, not only kept.
    assert budget is None or np.median(norms) > 0.5 * epsilon
    if "low" in options:
        assert 0 <= result.X_adv.min() < result.X_adv.max() <= 1
    np.testing.assert_array_equal(result.changed, np.flatnonzero(norms))


@on_every_poisoning
def test_poisoning_is_measured_on_fresh_fits(name):
    _, _, victim, X, y, _ = CLASSIFIERS[name]
    result = attacked_classifier(name)
    for rows, labels, value in (
        (X, y, result.before),
        (result.X_adv, result.y_adv, result.after),
    ):
        found = clone(victim).fit(rows, labels).predict(X)
        gap = found[GROUPS == 1].mean() - found[GROUPS == 0].mean()
        assert value == pytest.approx(gap)
    assert result.after > result.before
    assert result.above_null
    assert result.n_queries == len(result.trace) == 0


@on_every_poisoning
def test_poisoning_keeps_its_budget_and_the_clean_rows(name):
    _, _, _, X, y, n_added = CLASSIFIERS[name]
    result, n = attacked_classifier(name), len(X)
    np.testing.assert_array_equal(result.changed, np.arange(n, n + n_added))
    for array, clean in ((result.X_adv, X), (result.y_adv, y),
                         (result.groups_adv, GROUPS)):  # fmt: skip
        assert len(array) == n + n_added
        np.testing.assert_array_equal(array[:n], clean)


@on_every_classifier
def test_rows_and_classifier_are_untouched(name):
    _, _, victim, X, y, _ = CLASSIFIERS[name]
    rows, labels = X.copy(), y.copy()
    if isinstance(victim, str):
        module = network(victim)
        state = {key: value.clone() for key, value in module.state_dict().items()}
        modes = [part.training for part in module.modules()]
        gradients = [p.grad for p in module.parameters()]
        result = run_on_classifier(name)
        assert all((module.state_dict()[key] == state[key]).all() for key in state)
        assert [part.training for part in module.modules()] == modes
        assert len(set(modes)) == 2
        after = [p.grad for p in module.parameters()]
        assert all(a is b for a, b in zip(after, gradients, strict=True))
        assert all(p.requires_grad for p in module.parameters())
    else:
        coef = victim.coef_.copy()
        result = run_on_classifier(name)
        np.testing.assert_array_equal(victim.coef_, coef)
    np.testing.assert_array_equal(X, rows)
    np.testing.assert_array_equal(y, labels)
    assert not np.shares_memory(result.X_adv, X)


@on_every_classifier
def test_same_seed_gives_the_same_rows(name):
    first, again = attacked_classifier(name), run_on_classifier(name)
    np.testing.assert_array_equal(first.X_adv, again.X_adv)
    np.testing.assert_array_equal(first.null, again.null)
    np.testing.assert_array_equal(first.trace, again.trace)


@pytest.mark.parametrize("name", ["PGD", "PGD, l_2", "RAA", "RAA, near", "NRAA, near"])
def test_other_seed_gives_other_rows(name):
    assert not np.array_equal(attacked_classifier(name).X_adv,
                              run_on_classifier(name, 1).X_adv)  # fmt: skip


@on_every_network
def test_batches_change_nothing(name, monkeypatch):
    kind, options, victim, X, y, _ = CLASSIFIERS[name]
    options = {**options, "batch_size": 1000}
    monkeypatch.setitem(CLASSIFIERS, name, (kind, options, victim, X, y, None))
    whole = run_on_classifier(name)
    np.testing.assert_allclose(whole.X_adv, attacked_classifier(name).X_adv, atol=1e-4)


@on_every_classifier
def test_attacks_on_classifiers_are_drawn(name):
    figure = attacked_classifier(name).plot()
    assert figure.axes[0].has_data()
    from matplotlib import pyplot

    pyplot.close(figure)
