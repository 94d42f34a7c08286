"""Consensus fair clustering: seeds, restarts, batches, checkpoints, errors."""

import itertools
import sys

import numpy as np
import oracles_consensus as slow
import pytest
from consensus_victims import blobs, consensus
from sklearn.base import clone

torch = pytest.importorskip("torch")

from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402

from rfcore.attacks import FairnessAttack  # noqa: E402
from rfcore.cluster import KMeans, oracle  # noqa: E402
from rfcore.errors import ConvergenceError  # noqa: E402
from rfcore.fair import (  # noqa: E402
    ConsensusFairAssignment,
    FairAssignmentLP,
    FairKCenter,
    ScalableFairlets,
)
from rfcore.fair.consensus import training  # noqa: E402
from rfcore.fair.consensus.network import Adam  # noqa: E402
from rfcore.fair.consensus.oracle import Scaling  # noqa: E402
from rfcore.metrics import balance, co_association  # noqa: E402


@pytest.mark.parametrize("batch_size", [None, 16])
@pytest.mark.parametrize("n_groups", [2, 3])
@pytest.mark.parametrize("variant", ["paper", "code"])
def test_fits_of_one_seed_are_the_same(batch_size, n_groups, variant):
    X, groups = blobs(n_groups=n_groups)
    one, again = (
        consensus(batch_size=batch_size, variant=variant).fit(X, groups=groups)
        for _ in range(2)
    )
    np.testing.assert_array_equal(one.labels_, again.labels_)
    np.testing.assert_array_equal(one.probabilities_, again.probabilities_)
    np.testing.assert_array_equal(one.loss_curve_, again.loss_curve_)
    assert one.loss_curve_.shape == (4, 3)
    assert np.isfinite(one.loss_curve_).all()
    other = consensus(random_state=1).fit(X, groups=groups)
    assert (one.probabilities_ != other.probabilities_).any()


def test_the_global_generators_are_left_alone():
    X, groups = blobs()
    torch.manual_seed(3)
    before = torch.get_rng_state(), np.random.get_state()[1]
    consensus().fit(X, groups=groups)
    assert torch.equal(torch.get_rng_state(), before[0])
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])


def test_training_finds_the_blobs_and_counts_clusters():
    X, groups = blobs(120)
    fair = consensus(
        max_iter=25,
        dropout=0.0,
        variant="code",
        learning_rate=0.03,
        decision="largest",
    ).fit(X, groups=groups)
    assert fair.n_clusters_used_ == len(np.unique(fair.labels_)) == 3
    assert balance(fair.labels_, groups) > 0.8
    assert fair.loss_curve_[-1, 2] < 0.5 * fair.loss_curve_[0, 2]
    np.testing.assert_array_equal(fair.labels_, fair.probabilities_.argmax(axis=1))
    np.testing.assert_allclose(fair.probabilities_.sum(axis=1), 1, rtol=1e-5)


def test_a_fair_decision_costs_least_within_the_bounds():
    """All labelings of eight rows, each with a cost of -log p."""
    rng = np.random.default_rng(1)
    answers = oracle(consensus(delta=0.5), blobs()[0])
    P = rng.dirichlet(np.ones(2), size=8).astype(np.float32)
    own = np.array([0, 0, 0, 0, 1, 1, 1, 1], dtype=np.int32)
    labels = answers.decide(torch.as_tensor(P), own)
    costs = -np.log(P.astype(np.float64))
    fair = {}
    for choice in itertools.product(range(2), repeat=8):
        choice = np.array(choice)
        counts = np.array([np.bincount(choice[own == g], minlength=2) for g in (0, 1)])
        sizes = counts.sum(0)
        # Shares in [(1 - delta) / 2, 1 / (2 (1 - delta))]: a quarter at least.
        if (counts >= sizes / 4).all():
            fair[tuple(choice)] = costs[np.arange(8), choice].sum()
    assert fair[tuple(labels)] == pytest.approx(min(fair.values()))
    assert len(fair) < 2**8


def test_one_cluster_alone_is_fair():
    X, groups = blobs()
    answers = oracle(consensus(), X)
    only = np.array([[1.0, 0.0, 0.0]] * 60, dtype=np.float32) + np.float32(1e-30)
    labels = answers.decide(torch.as_tensor(only), groups.astype(np.int32))
    assert set(labels) == {0}


def test_a_dead_cluster_gets_no_rows():
    X, groups = blobs(60)
    P = np.full((60, 3), 0.01, dtype=np.float32)
    P[np.arange(60), np.arange(60) % 2] = 0.98
    P[0] = [0.01, 0.01, 0.98]
    tensor = torch.as_tensor(P)
    own = groups.astype(np.int32)
    assert set(oracle(consensus(), X).decide(tensor, own)) == {0, 1}
    largest = oracle(consensus(decision="largest"), X).decide(tensor, own)
    assert set(largest) == {0, 1, 2}


def test_new_rows_and_old_ones():
    X, groups = blobs()
    fair = consensus(decision="largest")
    labels = fair.fit_predict(X, groups=groups)
    np.testing.assert_array_equal(fair.predict(X), labels)
    assert fair.predict(X[:5] + 0.1).shape == (5,)
    with pytest.raises(ValueError, match=r"3 features, but .* expecting 4"):
        fair.predict(X[:, :3])


def test_restarts_are_all_reported_and_the_lowest_objective_is_kept():
    X, groups = blobs()
    fair = consensus(n_init=3).fit(X, groups=groups)
    assert fair.objectives_.shape == fair.restarts_clusters_used_.shape == (3,)
    assert len(np.unique(fair.objectives_)) == 3
    assert fair.best_restart_ == np.argmin(fair.objectives_)
    used = fair.restarts_clusters_used_[fair.best_restart_]
    assert used == fair.n_clusters_used_
    answer = oracle(consensus(n_init=3), X).regroup(groups[None])
    np.testing.assert_array_equal(answer[0], fair.labels_)


def test_batches_of_all_rows_and_groups_that_a_batch_lacks():
    X, groups = blobs()
    exact = consensus(batch_size=None).fit(X, groups=groups)
    more = consensus(batch_size=1000).fit(X, groups=groups)
    np.testing.assert_array_equal(exact.probabilities_, more.probabilities_)
    rare = np.zeros(60, dtype=int)
    rare[:2] = 1
    fair = consensus(batch_size=8).fit(X, groups=rare)
    assert np.isfinite(fair.loss_curve_).all()


def test_blocks_of_many_rows_are_those_of_the_kept_matrix(monkeypatch):
    X, groups = blobs()
    kept = consensus().fit(X, groups=groups)
    monkeypatch.setattr(training, "_KEPT_ROWS", 0)
    assert oracle(consensus(), X)._affinity.whole is None
    looked_up = consensus().fit(X, groups=groups)
    np.testing.assert_allclose(looked_up.probabilities_, kept.probabilities_, atol=1e-4)


def run_of(fair, X, groups):
    """The only run of a training."""
    answers = oracle(fair, X)
    problem, _ = answers.problem(groups.astype(np.int32))
    (run,) = answers.train(problem)
    return run


@pytest.mark.parametrize("variant", ["paper", "code"])
@pytest.mark.parametrize("kept_rows", [0, 1000])
def test_the_contrastive_loss_is_that_of_the_matrix(variant, kept_rows, monkeypatch):
    """L_c of a batch by the implicit rows, against equation 4.2 on the dense S^2."""
    monkeypatch.setattr(training, "_KEPT_ROWS", kept_rows)
    X, groups = blobs()
    fair = consensus(variant=variant, max_iter=1)
    run, rows = run_of(fair, X, groups), torch.arange(0, 60, 4)
    Z = run.network.encode(run.problem.X[rows]).detach()
    S = co_association(fair.fit(X, groups=groups).partitions_).astype(float)
    if variant == "code":
        S /= fair.n_partitions
    weights = (S @ S)[np.ix_(rows, rows)]
    expected = slow.contrastive_loss(Z.double().numpy(), weights, 2.0, variant)
    loss, _ = run._contrastive(Z, rows)
    np.testing.assert_allclose(loss.item(), expected, rtol=1e-5)


class Sizes(TorchDispatchMode):
    """Keeps the number of elements of every tensor that an operation gives."""

    def __init__(self):
        super().__init__()
        self.found = []

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        result = operation(*args, **(kwargs or {}))
        for value in result if isinstance(result, tuple | list) else [result]:
            if isinstance(value, torch.Tensor):
                self.found.append(value.numel())
        return result


def test_the_memory_of_a_batch_step_does_not_depend_on_n(monkeypatch):
    monkeypatch.setattr(training, "_KEPT_ROWS", 0)
    steps = []
    for n in (300, 1200):
        run = run_of(consensus(batch_size=64, max_iter=1), *blobs(n))
        with Sizes() as sizes:
            run._step(torch.arange(64), 0.01)
        steps.append(sizes.found)
    few, many = steps
    assert few == many
    assert len(few) > 100
    assert max(few) == 64 * 64


@pytest.mark.parametrize("decay", ["cosine", "none"])
def test_learning_rate_falls_or_stays(decay):
    run = run_of(consensus(decay=decay, max_iter=1), *blobs())
    rates = [run.rate(done) for done in (0, 1 / 3, 1)]
    falls = [0.01, 0.0075, 0.0]
    np.testing.assert_allclose(rates, falls if decay == "cosine" else 0.01, atol=1e-12)


def test_adam_moves_as_its_formula_says():
    vector = torch.tensor([1.0, -2.0], dtype=torch.float64, requires_grad=True)
    adam = Adam(vector, 0.5)
    expected, m, v = np.array([1.0, -2.0]), np.zeros(2), np.zeros(2)
    for t in range(1, 6):
        g = 2 * expected * t + 0.5 * expected
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        step = (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        expected = expected - 0.1 * step
        (t * vector**2).sum().backward()
        adam.step(0.1)
        np.testing.assert_allclose(vector.detach(), expected, rtol=1e-12)


def test_targets_are_fitted_with_the_groups_that_are_given():
    X, groups = blobs()
    false = np.roll(groups, 7)
    lp = consensus(target_clusterer=FairAssignmentLP(3, random_state=5))
    expected = FairAssignmentLP(3, random_state=5).fit(X, groups=false).labels_
    np.testing.assert_array_equal(lp.fit(X, groups=false).targets_, expected)
    fairlets = ScalableFairlets(3, random_state=5)
    by_fairlets = consensus(target_clusterer=fairlets).fit(X, groups=false)
    expected = fairlets.fit(X, groups=false).labels_
    np.testing.assert_array_equal(by_fairlets.targets_, expected)
    by_lp = consensus(target_clusterer=FairAssignmentLP(3)).fit(X, groups=false)
    default = consensus().fit(X, groups=false)
    np.testing.assert_array_equal(default.targets_, by_lp.targets_)


def test_targets_of_clean_groups_and_given_ones():
    X, groups = blobs()
    false = np.where(np.arange(60) % 3 == 0, 1, groups)
    honest = consensus().fit(X, groups=groups).targets_
    clean = consensus(targets="clean", clean_groups=groups).fit(X, groups=false)
    np.testing.assert_array_equal(clean.targets_, honest)
    assert (consensus().fit(X, groups=false).targets_ != honest).any()
    given = consensus(targets=honest).fit(X, groups=false)
    np.testing.assert_array_equal(given.targets_, honest)
    np.testing.assert_array_equal(given.labels_, clean.labels_)


@pytest.mark.parametrize("standardize", [True, False])
def test_what_the_encoder_takes(standardize):
    X = np.random.default_rng(0).normal(3.0, [1.0, 5.0, 1.0], (50, 3))
    X[:, 2] = 0.1
    scaled = Scaling(X, torch.device("cpu"), standardize=standardize).tensor(X).numpy()
    if standardize:
        np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-6)
        np.testing.assert_allclose(scaled.std(axis=0), [1, 1, 0], atol=1e-6)
    else:
        mean_deviation = X.std(axis=0).sum() / 3
        np.testing.assert_allclose(scaled, X / mean_deviation, rtol=1e-6)


def test_uneven_groups_and_more_than_two():
    X, groups = blobs(n_groups=3)
    rare = (np.arange(60) < 5).astype(int)
    for given in (rare, groups):
        fair = consensus().fit(X, groups=given)
        assert fair.targets_.max() <= 2


def test_a_loss_of_weight_zero_is_not_computed():
    X, groups = blobs()
    fair = consensus(contrastive_weight=0.0).fit(X, groups=groups)
    assert (fair.loss_curve_[:, 0] == 0).all()
    assert oracle(consensus(contrastive_weight=0.0), X)._affinity is None


@pytest.mark.parametrize("kind", [consensus, ConsensusFairAssignment])
def test_partitions_of_an_earlier_fit(kind):
    X, groups = blobs()
    make = consensus if kind is consensus else lambda **o: kind(3, random_state=0, **o)
    drawn = make().fit(X, groups=groups)
    given = make(partitions=drawn.partitions_).fit(X, groups=groups)
    np.testing.assert_array_equal(given.labels_, drawn.labels_)
    np.testing.assert_array_equal(given.partitions_, drawn.partitions_)
    others = make(partitions=drawn.partitions_[:2]).fit(X, groups=groups)
    assert others.partitions_.shape == (2, 60)
    with pytest.raises(ValueError, match=r"partitions.*60"):
        make(partitions=drawn.partitions_[:, 1:]).fit(X, groups=groups)


def test_the_partitions_do_not_depend_on_the_groups():
    X, groups = blobs()
    one = consensus().fit(X, groups=groups)
    other = consensus().fit(X, groups=np.roll(groups, 1))
    np.testing.assert_array_equal(one.partitions_, other.partitions_)
    assert one.partitions_.shape == (8, 60)


@pytest.mark.parametrize("term", training.TERMS)
def test_error_a_loss_that_is_not_finite(term, monkeypatch):
    X, groups = blobs()
    step = training.Training._finite
    seen = []

    def broken(self, *losses):
        seen.append(self.epoch)
        if self.epoch == 2:
            position = training.TERMS.index(term)
            losses = list(losses)
            losses[position] = losses[position] * float("nan")
        return step(self, *losses)

    monkeypatch.setattr(training.Training, "_finite", broken)
    with pytest.raises(ConvergenceError, match=f"epoch 2: the {term} loss is nan"):
        consensus().fit(X, groups=groups)


def test_error_a_rate_that_diverges():
    X, groups = blobs()
    with pytest.raises(ConvergenceError, match=r"epoch \d+: the \w+ loss is"):
        consensus(learning_rate=1e30, max_iter=30).fit(X, groups=groups)


def test_the_attack_runs_against_it():
    X, groups = blobs(48)
    victim = consensus(max_iter=2)
    result = FairnessAttack(max_evals=3, n_null=1, random_state=0).run(
        victim, X, groups=groups, attackable=0.2
    )
    assert 1 <= result.n_queries <= 3
    after = clone(victim).fit(X, groups=result.groups_adv).labels_
    np.testing.assert_array_equal(result.labels_after, after)


def test_without_a_network_only_the_assignment_follows_the_groups():
    X, groups = blobs(90, n_groups=3)
    fair = ConsensusFairAssignment(3, n_partitions=10, delta=0.0, random_state=0)
    fair.fit(X, groups=groups)
    assert balance(fair.labels_, groups) > 0.8
    other = clone(fair).fit(X, groups=np.roll(groups, 4))
    np.testing.assert_array_equal(fair.embedding_, other.embedding_)
    lp = clone(fair.assignment_).fit(fair.embedding_, groups=groups)
    np.testing.assert_array_equal(lp.labels_, fair.labels_)
    assert fair.n_clusters_used_ == 3


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"n_clusters": 61}, ValueError, "n_samples=60 should be >= n_clusters=61"),
        ({"n_clusters": 31}, ValueError, "draws 30 of n_samples=60"),
        ({"power": 0}, ValueError, "power=0 should be >= 1"),
        ({"max_iter": 1.5}, TypeError, "max_iter=1.5 should be an integer"),
        ({"n_init": 0}, ValueError, "n_init=0 should be >= 1"),
        ({"batch_size": 0}, ValueError, "batch_size=0 should be >= 1"),
        ({"temperature": 0.0}, ValueError, "temperature=0.0 should be > 0"),
        ({"alpha": -1.0}, ValueError, "alpha=-1.0 should be >= 0"),
        ({"beta": np.inf}, ValueError, "beta=inf should be >= 0 and finite"),
        ({"learning_rate": "fast"}, TypeError, "'fast' should be a number"),
        ({"dropout": 1.0}, ValueError, r"dropout=1.0 should be in \[0, 1\)"),
        ({"variant": "thesis"}, ValueError, "'thesis' should be 'paper' or 'code'"),
        ({"decay": "step"}, ValueError, "decay='step' should be 'cosine' or 'none'"),
        (
            {"decision": "best"},
            ValueError,
            "decision='best' should be 'fair' or 'largest'",
        ),
        ({"delta": 1.0}, ValueError, "delta=1.0 should be in"),
        ({"targets": "true"}, ValueError, "'true' should be 'given', 'clean' or label"),
        ({"targets": "clean"}, ValueError, "targets='clean' and clean_groups need"),
        ({"targets": [0, 1]}, ValueError, r"targets.shape\[-1\]=2 should be 60"),
        ({"targets": [3] * 60}, ValueError, "hold 4 names, should hold n_clusters=3"),
        ({"target_clusterer": KMeans()}, TypeError, r"KMeans has no fit\(X, groups=\)"),
    ],
)
def test_error_parameters(options, error, message):
    X, groups = blobs()
    with pytest.raises(error, match=message):
        consensus().set_params(**options).fit(X, groups=groups)


def test_error_one_group():
    X, _ = blobs()
    fair = consensus()
    with pytest.raises(ValueError, match="1 group: consensus fair clustering needs 2"):
        fair.fit(X, groups=np.zeros(60))
    asked = oracle(fair, X)
    with pytest.raises(ValueError, match=r"groups\[0\] has 1 group: consensus fair"):
        asked.regroup(np.zeros((1, 60)))
    assert asked.n_queries == 0
    with pytest.raises(ValueError, match="n_samples=1 should be >= 2"):
        fair.set_params(n_clusters=1).fit(X[:1], groups=[0])


def test_error_torch_is_missing(monkeypatch):
    X, groups = blobs()
    fair = consensus()
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r'pip install "rfcore\[deep\]"'):
        fair.fit(X, groups=groups)


def test_answers_take_other_estimators_for_targets():
    X, groups = blobs(n_groups=3)
    fair = consensus(target_clusterer=FairKCenter(3, random_state=0))
    expected = FairKCenter(3, random_state=0).fit(X, groups=groups).labels_
    np.testing.assert_array_equal(fair.fit(X, groups=groups).targets_, expected)
