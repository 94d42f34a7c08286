"""Figure 4.9: trimming the training rows of a multilayer perceptron."""

import dataclasses
import functools
import hashlib
import time
from dataclasses import dataclass

import numpy as np

from rfcore.experiments.claims import Claim
from rfcore.experiments.record import Cell, Outcome
from rfcore.experiments.registry import register
from rfcore.influence import InfluenceFunction, embeddings
from rfcore.thesis import drawing
from rfcore.thesis.base import ThesisExperiment
from rfcore.thesis.influence import figures
from rfcore.thesis.influence.figures import (
    GAMMA,
    MEASURES,
    Panel,
    draw_panels,
    fitted,
    panels_won,
    trimmed,
)

# The network: two hidden layers, the second of which is the embedding.
WIDTHS = (64, 32)
N_EPOCHS = 10
BATCH_SIZE = 1024
LEARNING_RATE = 1e-3
WEIGHT_DECAY = 1e-4

# The most training rows, by a permutation that is seeded; only CelebA has more.
N_TRAIN = {"smoke": 1500, "small": 32_000, "paper": 10**9}

# Steps of the adversary that moves inputs.
N_STEPS = 20

# Behind the metrics of networks that are trained again.
RETRAINED = "[network retrained]"


@dataclass(frozen=True, eq=False)
class Network:
    """A trained body, and logistic regression on its embeddings."""

    body: object
    head: object

    def predict(self, X):
        """The classes of rows."""
        return self.head.predict(embeddings(self.body, X))


@dataclass(frozen=True, eq=False)
class NetworkPanel(Panel):
    """A panel whose model is a network that is trained again without the rows.

    Attributes
    ----------
    seed : int
    known : dict
        Networks and adversarial rows by what they are of.
    """

    seed: int = 0
    known: dict = dataclasses.field(default_factory=dict)

    def trained(self, rows):
        """The network of some training rows, kept: all targets draw the same ones."""
        key = hashlib.sha256(rows.tobytes()).digest()
        if key not in self.known:
            kept = np.isin(self.train, rows)
            X, y = self.X[self.train], self.y[self.train]
            self.known[key] = train(X, y, kept, self.seed)
        return self.known[key]

    def adversarial(self, rows):
        """Inputs that the untrimmed network's decision moves across its boundary."""
        key = ("adversarial", hashlib.sha256(rows.tobytes()).digest())
        if key not in self.known:
            self.known[key] = crossed(self.model, self.X[rows])
        return self.known[key]


def train(X, y, kept, seed):
    """A network without some of its training rows.

    Rows that are left out have weight 0, so that all networks of a seed start from the
    same numbers and see the other rows in the same batches: what differs is the data.

    Parameters
    ----------
    X : float64 array of shape (n, d)
    y : int array of shape (n,)
    kept : bool array of shape (n,)
    seed : int

    Returns
    -------
    Network
    """
    torch = _torch()
    X_all = torch.as_tensor(X, dtype=torch.float32)
    y_all = torch.as_tensor(y, dtype=torch.float32)
    weights = torch.as_tensor(kept, dtype=torch.float32)
    n_threads = torch.get_num_threads()
    # One thread: the order of sums, and so every bit, does not depend on the machine's.
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            module = _module(torch, X.shape[1])
            optimizer = torch.optim.Adam(
                module.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY
            )
            for _ in range(N_EPOCHS):
                for rows in torch.randperm(len(X)).split(BATCH_SIZE):
                    optimizer.zero_grad(set_to_none=True)
                    losses = torch.nn.functional.binary_cross_entropy_with_logits(
                        module(X_all[rows])[:, 0], y_all[rows], reduction="none"
                    )
                    (weights[rows] @ losses / len(rows)).backward()
                    optimizer.step()
    finally:
        torch.set_num_threads(n_threads)
    body = module[:-1]
    return Network(body, fitted(embeddings(body, X[kept]).astype(float), y[kept]))


def _module(torch, n_features):
    parts, before = [], n_features
    for width in WIDTHS:
        parts += [torch.nn.Linear(before, width), torch.nn.ReLU()]
        before = width
    return torch.nn.Sequential(*parts, torch.nn.Linear(before, 1))


def crossed(network, X):
    """Inputs moved across a network's boundary, along the gradient of its decision.

    x <- x - gamma z(x) / ||grad z||^2 grad z until the decision z has changed its sign,
    at most 20 times: `boundary_move` of the linear model that the network is at x. A
    row without a gradient stays.

    Parameters
    ----------
    network : Network
    X : float64 array of shape (n, d)

    Returns
    -------
    float64 array of shape (n, d)
    """
    torch = _torch()
    body = network.body.double()
    coef = torch.as_tensor(network.head.coef_[0])
    bias = float(network.head.intercept_[0])
    moved = torch.as_tensor(X).clone()
    rows, signs = torch.arange(len(X)), None
    for _ in range(N_STEPS):
        x = moved[rows].requires_grad_()
        z = body(x) @ coef + bias
        (slope,) = torch.autograd.grad(z.sum(), x)
        z = z.detach()
        signs = z.sign() if signs is None else signs
        still = z * signs[rows] > 0
        size = (slope**2).sum(dim=1)
        steps = torch.where(size > 0, GAMMA * z / size, 0.0)[:, None] * slope
        rows = rows[still]
        moved[rows] -= steps[still]
    body.float()
    return moved.numpy()


@functools.lru_cache(maxsize=1)
def panels(name, scale, seed):
    """A data set with a network: its embeddings as a panel, and itself."""
    plain = figures.panel(name)
    rows = np.random.default_rng(0).permutation(plain.train)[: N_TRAIN[scale]]
    splits = {
        "train": np.sort(rows),
        "validation": plain.validation,
        "test": plain.test,
    }
    X, y = plain.X[splits["train"]], plain.y[splits["train"]]
    network = train(X, y, np.ones(len(y), dtype=bool), seed)
    shared = {"y": plain.y, "groups": plain.groups, **splits}
    shared["substitutes"] = plain.substitutes
    found = embeddings(network.body, plain.X).astype(float)
    return (
        Panel(X=found, model=network.head, **shared),
        NetworkPanel(X=plain.X, model=network, seed=seed, **shared),
    )


@register
class Figure49(ThesisExperiment):
    """The last layer, or the whole network, is trained again on the rows kept."""

    id = "figure-4.9"
    title = "Trimming for a multilayer perceptron (four data sets)"
    description = (
        "The model is logistic regression on the second hidden layer of a network with "
        "64 and 32 units, trained on the training rows, and influence is that of this "
        "model on the embeddings (thesis 4.2.2). Trimmed rows are taken from the last "
        "layer alone, with the network left as it is, and V' is of the embeddings; or "
        "from the whole network ('network retrained'), and V' is of the inputs, moved "
        "across the boundary of the untrimmed network. Protocols, budgets and the null "
        "are those of figure 4.8. Up to 32,000 training rows at scale small."
    )
    datasets = figures.SETS
    methods = tuple(MEASURES)
    protocols = ("thesis", "held-out")
    claims = tuple(
        Claim(
            "all sets",
            "trimming",
            f"n_panels_won{suffix}",
            None,
            low=7,
            protocol="held-out",
            min_seeds=3,
            note="of 12, 3 of them on texts that stand in for Jigsaw's",
        )
        for suffix in ("", RETRAINED)
    )

    def cells(self, scale, seeds):
        """One cell for the panels of a network, which share it and its null."""
        return [
            Cell(self.id, name, "all targets", seed, None, scale)
            for name in self.datasets
            for seed in seeds
        ]

    def run(self, cell):
        rows, arrays = [], {}
        for target in MEASURES:
            for own, suffix in zip(
                panels(cell.dataset, cell.scale, cell.seed),
                ("", RETRAINED),
                strict=True,
            ):
                found = self._panel(own, suffix, target, cell)
                rows += found.rows
                arrays |= {
                    f"{target}{suffix}/{name}": array
                    for name, array in found.arrays.items()
                }
        return Outcome(rows=tuple(rows), arrays=arrays)

    def _panel(self, own, suffix, target, cell):
        start = time.perf_counter()
        influence = self._influence(own, target)
        seconds = time.perf_counter() - start
        return trimmed(
            own, cell.dataset, target, influence, cell.scale,
            suffix=suffix, sparse=bool(suffix), seconds=seconds,
        )  # fmt: skip

    def _influence(self, own, target):
        """Of the last layer; the loss on V' where V' is of the inputs."""
        embed, model, X_val = None, own.model, own.X[own.validation]
        if isinstance(own, NetworkPanel):
            embed, model = own.model.body, own.model.head
            if target == "robustness":
                target, X_val = "loss", own.adversarial(own.validation)
        return InfluenceFunction().fit(
            model, own.X[own.train], own.y[own.train], embed=embed
        ).scores(
            X_val,
            own.y[own.validation],
            target=target,
            groups=own.groups[own.validation],
            gamma=GAMMA,
        )  # fmt: skip

    def derived(self, rows):
        """How many panels are won, by protocol and seed."""
        return panels_won(rows) + panels_won(rows, RETRAINED)

    def figures(self, rows, out_dir, arrays):
        return drawing.save(draw_panels(_merged(arrays)), out_dir / "panels")


def _merged(arrays):
    """Arrays of the last layer's panels, a cell a panel: means over the seeds."""
    merged = {}
    for target in MEASURES:
        for name in dict.fromkeys(cell.dataset for cell in arrays):
            cells = [cell for cell in arrays if cell.dataset == name]
            own = [
                [arrays[cell][f"{target}/{part}"] for cell in cells]
                for part in ("shares", "values", "random")
            ]
            merged[dataclasses.replace(cells[0], method=target, seed=None)] = {
                "shares": np.mean(own[0], axis=0),
                "values": np.mean(own[1], axis=0),
                "random": np.hstack(own[2]),
            }
    return merged


def _torch():
    try:
        import torch
    except ImportError as error:
        raise ImportError(
            'figure 4.9 needs torch: pip install "rfcore[deep]"'
        ) from error
    return torch
