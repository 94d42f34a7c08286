"""A step of training consensus fair clustering on the device against the host."""

import numpy as np
import pytest

pytestmark = pytest.mark.gpu


def training(X, device, *, k, r, batch_size):
    """A training about to begin, of blobs whose J is given."""
    from rfcore.cluster import oracle
    from rfcore.fair import ConsensusFairClustering
    from rfcore.fair.consensus.training import Schedule, Training

    fair = ConsensusFairClustering(
        k,
        n_partitions=r,
        max_samples=min(2000, len(X) // 2),
        batch_size=batch_size,
        targets=np.arange(len(X)) % k,
        device=device,
        random_state=0,
    )
    groups = np.arange(len(X), dtype=np.int32) // k % 2
    problem, _ = oracle(fair, X).problem(groups)
    return Training(problem, Schedule.of(fair), fair.n_hidden, 0.0, 0)


@pytest.mark.parametrize(
    ("n", "batch_size"), [(3594, 512), (3594, None), (100_000, 512), (100_000, 4096)]
)
def bench_training_step(cupy, compare, rows, n, batch_size, d=64, k=10, r=50):
    torch = pytest.importorskip("torch")
    X = rows(n, d, k)
    first, contestants = {}, {}
    for who, device in {"rfcore": "cuda", "rfcore on the host": "cpu"}.items():
        run = training(X, device, k=k, r=r, batch_size=batch_size)
        batch = None
        if batch_size is not None:
            batch = torch.randperm(n, generator=torch.Generator().manual_seed(0))
            batch = batch[:batch_size].to(device)
        first[who] = np.array(run._step(batch, 0.01))
        contestants[who] = lambda run=run, batch=batch: run._step(batch, 0.01)
    exact = first["rfcore on the host"]
    b = batch_size or n
    compare(
        contestants,
        n_bytes=4 * b * (d + b),
        n_flop=0,
        error={who: np.abs(own / exact - 1.0).max() for who, own in first.items()},
    )
