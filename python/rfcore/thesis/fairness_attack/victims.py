"""The clusterers under the fairness attack, with the settings of thesis 4.1."""

from dataclasses import dataclass

from rfcore.fair import (
    ConsensusFairAssignment,
    ConsensusFairClustering,
    FairAssignmentLP,
    FairKCenter,
    FairSpectral,
    ScalableFairlets,
)


@dataclass(frozen=True)
class Setting:
    """How the thesis clusters a data set (4.1.3.2, 4.1.5), and how often it may ask.

    The published code asks 10 to 50 questions, and 5 where the victim is a defence.

    Attributes
    ----------
    n_clusters : int
    p, q : int
        Of the fairlets.
    metric : str
        Of the neighbor graph.
    max_evals : int
    power, alpha, beta : int, float, float
        Of consensus fair clustering.
    by_sfd : bool
        Whether its targets J are those of SFD, as in the thesis; of a linear program if
        not.
    """

    n_clusters: int
    p: int = 2
    q: int = 5
    metric: str = "euclidean"
    max_evals: int = 50
    power: int = 2
    alpha: float = 1.0
    beta: float = 100.0
    by_sfd: bool = False


SETTINGS = {
    "inverted_digits": Setting(10, p=1, alpha=10.0, beta=50.0, by_sfd=True),
    "mnist_usps": Setting(10, metric="manhattan", alpha=100.0, beta=25.0),
    "yaleb": Setting(38, max_evals=20, alpha=50.0, beta=10.0),
    "office31": Setting(31, power=1),
    "office31_googlenet": Setting(10, power=1),
}

DEFENCE_EVALS = 5


def _fairlets(own, seed, assignment):
    return ScalableFairlets(
        own.n_clusters, p=own.p, q=own.q, assignment=assignment, random_state=seed
    )


VICTIMS = {
    "SFD": lambda own, seed: _fairlets(own, seed, "nearest"),
    "SFD, whole fairlets": lambda own, seed: _fairlets(own, seed, "fairlet"),
    "FSC": lambda own, seed: FairSpectral(
        own.n_clusters, metric=own.metric, random_state=seed
    ),
    "KFC": lambda own, seed: FairKCenter(own.n_clusters, random_state=seed),
}

CFC, CONSENSUS_LP = "CFC", "consensus + LP"

# Their fits take seconds where those above take milliseconds.
DEFENCES = {
    CFC: lambda own, seed: consensus(own, seed),
    CONSENSUS_LP: lambda own, seed: ConsensusFairAssignment(
        own.n_clusters, random_state=seed
    ),
}

_KNOWN = VICTIMS | DEFENCES


def consensus(own, seed, **more):
    """Consensus fair clustering as the thesis sets it for a data set."""
    given = {"power": own.power, "alpha": own.alpha, "beta": own.beta}
    if own.by_sfd:
        given["target_clusterer"] = _fairlets(own, seed, "nearest")
    return ConsensusFairClustering(
        own.n_clusters, variant="code", random_state=seed, **(given | more)
    )


def victim(
    dataset,
    method,
    seed,
    *,
    clean_groups=None,
    partitions=None,
    centers=None,
    smoke=False,
):
    """The clusterer that is attacked.

    Parameters
    ----------
    dataset, method : str
    seed : int
    clean_groups : array-like of shape (n,), optional
        Where given, CFC fits its targets J with these groups always: the thesis's
        protocol, in which the attacker comes too late for J.
    partitions : array-like of shape (r, n), optional
        For a defence, which draws its own otherwise.
    centers : array-like of shape (k, m), optional
        Of the linear program that CFC's J is then of.
    smoke : bool, default=False
        Whether CFC may be as quick as it can.

    Returns
    -------
    fair clusterer
    """
    found = _KNOWN[method](SETTINGS[dataset], seed)
    if method == CFC and clean_groups is not None:
        found.set_params(targets="clean", clean_groups=clean_groups)
    if method in DEFENCES:
        found.set_params(partitions=partitions)
    if centers is not None:
        lp = FairAssignmentLP(found.n_clusters, init=centers)
        found.set_params(target_clusterer=lp)
    if smoke and method == CFC:
        found.set_params(max_iter=5)
    return found


def target(method):
    """What the attack makes small: FSC's balance is 0 throughout."""
    return "group_entropy" if method == "FSC" else "balance"


def max_evals(dataset, method):
    """The questions of one search."""
    return DEFENCE_EVALS if method in DEFENCES else SETTINGS[dataset].max_evals
