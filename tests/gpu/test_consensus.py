"""Consensus fair clustering trained on a device: seeds, the host, files, memory."""

import functools
import pickle

import numpy as np
import pytest
from consensus_victims import Stopped, blobs, consensus, stop_after

torch = pytest.importorskip("torch")

from rfcore.cluster import oracle  # noqa: E402
from rfcore.errors import DeviceError  # noqa: E402
from rfcore.fair.consensus import oracle as fair_oracle  # noqa: E402
from rfcore.fair.consensus import training  # noqa: E402
from rfcore.fair.consensus.training import Schedule, Training  # noqa: E402


@pytest.fixture
def on_device():
    """Makes small networks that train on torch's current device."""
    if not torch.cuda.is_available():
        pytest.skip("torch finds no CUDA device")
    return functools.partial(consensus, device="cuda")


@pytest.mark.gpu
@pytest.mark.parametrize("batch_size", [None, 16])
@pytest.mark.parametrize("variant", ["paper", "code"])
def test_fits_of_one_seed_are_the_same(on_device, batch_size, variant):
    X, groups = blobs(n_groups=3)
    one, again = (
        on_device(batch_size=batch_size, variant=variant).fit(X, groups=groups)
        for _ in range(2)
    )
    np.testing.assert_array_equal(one.labels_, again.labels_)
    np.testing.assert_array_equal(one.probabilities_, again.probabilities_)
    np.testing.assert_array_equal(one.loss_curve_, again.loss_curve_)
    assert np.isfinite(one.loss_curve_).all()
    other = on_device(batch_size=batch_size, variant=variant, random_state=1)
    other.fit(X, groups=groups)
    assert (one.probabilities_ != other.probabilities_).any()


@pytest.mark.gpu
@pytest.mark.parametrize("batch_size", [None, 512])
def test_many_rows_of_one_seed_are_the_same(on_device, batch_size):
    """Sums of so many terms are shared by blocks of threads."""
    X, groups = blobs(1500)
    one, again = (
        on_device(batch_size=batch_size).fit(X, groups=groups) for _ in range(2)
    )
    np.testing.assert_array_equal(one.probabilities_, again.probabilities_)
    np.testing.assert_array_equal(one.loss_curve_, again.loss_curve_)


@pytest.mark.gpu
@pytest.mark.parametrize("n", [60, 1500])
@pytest.mark.parametrize("batch_size", [None, 16])
@pytest.mark.parametrize("variant", ["paper", "code"])
def test_losses_of_the_first_epoch_are_those_of_the_host(
    on_device, n, batch_size, variant
):
    """Weights, partitions and the order of batches are the host's; dropout is not."""
    X, groups = blobs(n)
    options = {
        "batch_size": batch_size and n * batch_size // 60,
        "variant": variant,
        "dropout": 0.0,
        "max_iter": 1,
    }
    host = consensus(**options).fit(X, groups=groups)
    device = on_device(**options).fit(X, groups=groups)
    np.testing.assert_array_equal(device.partitions_, host.partitions_)
    np.testing.assert_array_equal(device.targets_, host.targets_)
    np.testing.assert_allclose(device.loss_curve_, host.loss_curve_, rtol=1e-3)


@pytest.mark.gpu
def test_blocks_of_many_rows_are_those_of_the_kept_matrix(on_device, monkeypatch):
    X, groups = blobs()
    kept = on_device().fit(X, groups=groups)
    monkeypatch.setattr(training, "_KEPT_ROWS", 0)
    looked_up = on_device().fit(X, groups=groups)
    np.testing.assert_allclose(looked_up.probabilities_, kept.probabilities_, atol=1e-4)


@pytest.mark.gpu
def test_what_a_fit_leaves_is_on_the_host(on_device):
    X, groups = blobs()
    fair = on_device(n_init=2).fit(X, groups=groups)
    for name, value in vars(fair).items():
        if name.endswith("_") and not name.startswith("_"):
            assert not torch.is_tensor(value), name
    assert fair.labels_.dtype == np.int32
    assert fair.probabilities_.dtype == np.float32
    answer = oracle(on_device(n_init=2), X).regroup(groups[None])
    np.testing.assert_array_equal(answer[0], fair.labels_)


@pytest.mark.gpu
def test_new_rows_and_old_ones(on_device):
    X, groups = blobs()
    fair = on_device(decision="largest").fit(X, groups=groups)
    np.testing.assert_array_equal(fair.predict(X), fair.labels_)
    new = fair.predict(X[:5] + 1e-6)
    np.testing.assert_array_equal(new, fair.labels_[:5])
    assert new.dtype == np.int32
    again = pickle.loads(pickle.dumps(fair))
    np.testing.assert_array_equal(again.predict(X), fair.labels_)


@pytest.mark.gpu
@pytest.mark.parametrize("batch_size", [None, 16])
@pytest.mark.parametrize("n_steps", [2, 5])
def test_an_interrupted_training_resumes(
    on_device, tmp_path, monkeypatch, n_steps, batch_size
):
    X, groups = blobs()
    options = {"n_init": 2, "batch_size": batch_size}
    expected = on_device(**options).fit(X, groups=groups)
    path = tmp_path / "run.pt"
    fair = on_device(checkpoint=path, **options)
    with monkeypatch.context() as patch:
        stop_after(n_steps, patch)
        with pytest.raises(Stopped):
            fair.fit(X, groups=groups)
    assert path.exists()
    fair.fit(X, groups=groups)
    np.testing.assert_array_equal(fair.probabilities_, expected.probabilities_)
    np.testing.assert_array_equal(fair.loss_curve_, expected.loss_curve_)
    np.testing.assert_array_equal(fair.objectives_, expected.objectives_)
    assert not list(tmp_path.iterdir())


def bytes_of_a_step(fair, n):
    """Device bytes that a step on a batch asks for beyond those held before it."""
    X, groups = blobs(n)
    problem, _ = oracle(fair, X).problem(groups.astype(np.int32))
    run = Training(problem, Schedule.of(fair), fair.n_hidden, fair.dropout, 0)
    rows = torch.arange(fair.batch_size, device=problem.X.device)
    # The first step makes the running means and the workspaces of matrix products.
    for _ in range(2):
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_stats()["requested_bytes.all.current"]
        run._step(rows, 0.01)
    return torch.cuda.memory_stats()["requested_bytes.all.peak"] - before


@pytest.mark.gpu
def test_memory_of_a_step_does_not_grow_with_the_rows(on_device, monkeypatch):
    monkeypatch.setattr(training, "_KEPT_ROWS", 0)
    targets = {n: np.arange(n) % 3 for n in (2000, 20_000)}
    few, many = (
        bytes_of_a_step(on_device(batch_size=256, targets=targets[n]), n)
        for n in targets
    )
    assert few == many > 0


def test_error_a_device_that_is_not_there(monkeypatch):
    """It is refused in one line, and before the partitions are computed."""

    def too_late(*arguments, **options):
        raise AssertionError("the partitions came first")

    monkeypatch.setattr(fair_oracle, "partitions_of", too_late)
    X, groups = blobs()
    for device in ("nowhere", f"cuda:{torch.cuda.device_count()}"):
        with pytest.raises(DeviceError) as refused:
            consensus(device=device).fit(X, groups=groups)
        message = str(refused.value)
        assert message.startswith(f"device='{device}' cannot be used: ")
        assert "\n" not in message
