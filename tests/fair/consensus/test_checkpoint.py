"""Trainings that are interrupted go on as if nothing had happened."""

import numpy as np
import pytest
from consensus_victims import Stopped, blobs, consensus, stop_after

pytest.importorskip("torch")

from rfcore.fair.consensus import checkpoint, training
from rfcore.fair.consensus.oracle import ConsensusFairOracle


@pytest.mark.parametrize("batch_size", [None, 16])
@pytest.mark.parametrize("stop", [1, 5])
def test_an_interrupted_training_resumes(tmp_path, monkeypatch, stop, batch_size):
    """Stopped in its first or its second run, it ends as if nothing had happened."""
    X, groups = blobs()
    options = {"n_init": 2, "batch_size": batch_size}
    expected = consensus(**options).fit(X, groups=groups)
    path = tmp_path / "run.pt"
    left, run_epoch = [stop], training.Training._run_epoch

    def interrupted(self):
        if left[0] == 0:
            raise Stopped
        left[0] -= 1
        run_epoch(self)

    with monkeypatch.context() as patch:
        patch.setattr(training.Training, "_run_epoch", interrupted)
        with pytest.raises(Stopped):
            consensus(checkpoint=path, **options).fit(X, groups=groups)
    assert path.exists()
    epochs = []

    def counted(self):
        epochs.append(self.epoch)
        run_epoch(self)

    monkeypatch.setattr(training.Training, "_run_epoch", counted)
    fair = consensus(checkpoint=path, **options).fit(X, groups=groups)
    assert len(epochs) == 8 - stop
    np.testing.assert_array_equal(fair.probabilities_, expected.probabilities_)
    np.testing.assert_array_equal(fair.objectives_, expected.objectives_)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("batch_size", [None, 16])
@pytest.mark.parametrize("n_steps", [1, 2, 5])
def test_an_epoch_that_was_interrupted_is_trained_again(
    tmp_path, monkeypatch, n_steps, batch_size
):
    """Its steps are forgotten: none counts twice."""
    X, groups = blobs()
    options = {"n_init": 2, "batch_size": batch_size}
    expected = consensus(**options).fit(X, groups=groups)
    fair = consensus(checkpoint=tmp_path / "run.pt", **options)
    with monkeypatch.context() as patch:
        stop_after(n_steps, patch)
        with pytest.raises(Stopped):
            fair.fit(X, groups=groups)
    fair.fit(X, groups=groups)
    np.testing.assert_array_equal(fair.probabilities_, expected.probabilities_)
    np.testing.assert_array_equal(fair.loss_curve_, expected.loss_curve_)


def test_what_comes_after_training_loses_nothing(tmp_path, monkeypatch):
    """Stopped in the decision, the fit goes on from the end of its last run."""
    X, groups = blobs()
    expected = consensus().fit(X, groups=groups)
    path = tmp_path / "run.pt"
    monkeypatch.setattr(training, "_SAVE_SECONDS", 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(ConsensusFairOracle, "decide", stopped)
        with pytest.raises(Stopped):
            consensus(checkpoint=path).fit(X, groups=groups)
    with monkeypatch.context() as patch:
        patch.setattr(training.Training, "_run_epoch", None)
        fair = consensus(checkpoint=path).fit(X, groups=groups)
    np.testing.assert_array_equal(fair.labels_, expected.labels_)
    assert not path.exists()


def stopped(*args):
    raise Stopped


@pytest.mark.parametrize("seed", [None, np.random.RandomState(0)])
def test_error_checkpoint_without_a_seed(tmp_path, seed):
    X, groups = blobs()
    fair = consensus(checkpoint=tmp_path / "run.pt", random_state=seed)
    with pytest.raises(ValueError, match="checkpoint= needs an integer random_state"):
        fair.fit(X, groups=groups)


@pytest.fixture
def written(tmp_path, monkeypatch):
    """A checkpoint that was written on the way and not removed at the end."""
    monkeypatch.setattr(training, "_SAVE_SECONDS", 0.0)
    monkeypatch.setattr(checkpoint.Checkpoint, "remove", lambda self: None)
    X, groups = blobs()
    consensus(checkpoint=tmp_path / "run.pt").fit(X, groups=groups)
    assert [path.name for path in tmp_path.iterdir()] == ["run.pt"]
    return tmp_path / "run.pt"


def test_error_checkpoint_of_another_training(written):
    X, groups = blobs()
    for fair, own in (
        (consensus(checkpoint=written, alpha=1.0), groups),
        (consensus(checkpoint=written), np.roll(groups, 1)),
    ):
        with pytest.raises(ValueError, match="is of other data, groups or parameters"):
            fair.fit(X, groups=own)
    written.write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"checkpoint=.*run.pt cannot be read"):
        consensus(checkpoint=written).fit(X, groups=groups)
