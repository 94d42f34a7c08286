"""Consensus fair clustering: a network that learns from many partitions (CFC)."""

import numbers

import numpy as np
from sklearn.utils.validation import check_is_fitted

from rfcore._arrays import require_count, validate_data
from rfcore._columns import require_same_rows
from rfcore.cluster.oracle import takes_groups
from rfcore.fair.base import FairClusterer
from rfcore.fair.consensus.checkpoint import Checkpoint, training_key
from rfcore.fair.consensus.network import import_torch
from rfcore.fair.consensus.oracle import ConsensusFairOracle, largest
from rfcore.fair.shares import require_delta


class ConsensusFairClustering(FairClusterer):
    """Fair clustering by a network trained on a consensus of partitions (CFC).

    The rows' co-association S over many k-means partitions of random parts of the data
    says which rows belong together; no protected group enters it. An encoder with
    Student-t assignments to learned centers is then trained to lower

        contrastive_weight L_c + alpha L_f + beta L_p

    where L_c draws rows together that S^R joins (4.2), L_f makes the assignments of
    each group certain and spread alike (4.3), and L_p keeps them near a fair clustering
    J of the same rows, group by group (4.4).

    Parameters
    ----------
    n_clusters : int
        K, in [1, rows that a partition draws].
    n_partitions : int, default=100
        r.
    max_samples, max_features : float or int, default=0.5
        What a partition draws, as by `rfcore.cluster.basic_partitions`.
    partitions : array-like of shape (r, n) or None, default=None
        Partitions to take instead of drawing them, say those of an earlier fit to the
        same rows.
    power : int, default=2
        R >= 1.
    temperature : float, default=2.0
        > 0.
    contrastive_weight, alpha, beta : float, default=1.0, 10.0, 50.0
        >= 0. A loss of weight 0 is not computed where that saves work.
    standardize : bool, default=True
        Whether the encoder takes features of mean 0 and deviation 1, or all of X over
        one number, which suits features of one kind such as pixels.
    n_hidden : int, default=128
        Width of the encoder's layers.
    dropout : float, default=0.2
        In [0, 1).
    max_iter : int, default=50
        Epochs.
    batch_size : int or None, default=512
        Rows of a step. None, or a number from n on, takes all rows in each: the losses
        are then exact, and S^R is kept as an (n, n) float32 matrix.
    learning_rate : float, default=0.01
        Of Adam, > 0.
    decay : {"cosine", "none"}, default="none"
        How the rate falls: to 0 by half a cosine, or not.
    weight_decay : float, default=5e-3
        Of Adam, >= 0.
    variant : {"paper", "code"}, default="paper"
        Where the printed losses and those of the authors' code differ; see the notes.
    targets : {"given", "clean"} or array-like of shape (n,), default="given"
        "given": J is fitted with the groups that `fit` gets. "clean": with
        `clean_groups`, whatever `fit` gets, which is the thesis's protocol under
        attack. Or the labels of J themselves, at most n_clusters different ones.
    clean_groups : array-like of shape (n,) or None, default=None
    target_clusterer : fair clusterer or None, default=None
        What fits J; None is `FairAssignmentLP`. Its `random_state`, if None, is drawn.
    decision : {"fair", "largest"}, default="fair"
        How labels come from soft assignments p: "fair" is the program of
        `FairAssignmentLP` on the costs -log p, with the groups that `fit` gets, so that
        each group has about its share in every cluster; clusters with the largest p of
        fewer than a tenth of n / k rows get none. "largest" takes the cluster of the
        largest p, as the paper does.
    delta : float, default=0.2
        In [0, 1); as that of `FairAssignmentLP`, for "fair".
    n_init : int, default=1
        Runs from different first weights. The one of the lowest objective over all rows
        without dropout is kept, the first of equals.
    device : str, default="cpu"
        Of torch.
    checkpoint : path-like or None, default=None
        A file that `fit` writes now and then and when interrupted, resumes from, and
        removes when it is done. It needs an integer `random_state`. Oracles do not use
        it.
    random_state : int, RandomState or None, default=None

    Attributes
    ----------
    labels_ : int32 array of shape (n,)
    probabilities_ : float32 array of shape (n, n_clusters)
    n_clusters_used_ : int
        Clusters that have rows: balance rises by itself when clusters die.
    targets_ : int32 array of shape (n,)
        J.
    loss_curve_ : float64 array of shape (max_iter, 3)
        L_c, L_f and L_p without weights, means over the steps of each epoch.
    objectives_ : float64 array of shape (n_init,)
        The weighted losses of each run over all rows. With batches, L_c in it is over
        at most 2048 evenly spread rows.
    restarts_clusters_used_ : int64 array of shape (n_init,)
        Clusters of the largest assignments; a fair decision may use fewer.
    best_restart_ : int
    n_iter_ : int
        Epochs of each run.
    partitions_ : int32 array of shape (n_partitions, n)
    groups_ : ndarray of shape (l,)
        The names of the groups.
    n_features_in_ : int

    Notes
    -----
    *Batches* are a stated approximation: negatives of L_c are the rows of the batch,
    and the group sums in L_f and L_p are running means over batches, a tenth of which
    is the newest. A step holds O(b (b + r k)) whatever n is, and an inner (q, q) matrix
    is held throughout, q = r k. A group may be missing in a batch.

    The program of a fair decision has n k variables, which is seconds for thousands of
    rows; take "largest" for many more.

    The same seed gives the same result on the same device and number of threads.

    *Differences from the paper and the authors' code.* "paper" is equation 4.2 to 4.4,
    with any number of groups; "code" multiplies by the temperature instead of dividing,
    lets the term a = i stay with similarity 0, takes KL(Q || P) for KL(P || Q), halves
    L_f and L_p, and scales S to [0, 1]; it takes any number of groups too, theirs two.
    The index slip in the printed q is mended in both. Both scale X, and by default
    train for fewer epochs, on batches, with less dropout (theirs is 0.6), and decide by
    a linear program; theirs takes raw rows, 3000 epochs, all rows (for 3800 rows, some
    of them twice) and the largest assignment. J is by default that of a linear program:
    the network imitates J, and SFD's rows at the nearest center are hardly fair before
    any attack. Partitions draw without replacement. Theirs trains again until the
    balance reaches a threshold, and takes J from clean groups always.

    References
    ----------
    Thesis 4.1.4, equations 4.2-4.4; Chhabra, Li, Mohapatra and Liu 2023 (ICLR);
    the contrastive loss is that of Hu et al. 2021, arXiv:2106.04051.
    """

    def __init__(
        self,
        n_clusters,
        *,
        n_partitions=100,
        max_samples=0.5,
        max_features=0.5,
        partitions=None,
        power=2,
        temperature=2.0,
        contrastive_weight=1.0,
        alpha=10.0,
        beta=50.0,
        standardize=True,
        n_hidden=128,
        dropout=0.2,
        max_iter=50,
        batch_size=512,
        learning_rate=0.01,
        decay="none",
        weight_decay=5e-3,
        variant="paper",
        targets="given",
        clean_groups=None,
        target_clusterer=None,
        decision="fair",
        delta=0.2,
        n_init=1,
        device="cpu",
        checkpoint=None,
        random_state=None,
    ):
        self.n_clusters = n_clusters
        self.n_partitions = n_partitions
        self.max_samples = max_samples
        self.max_features = max_features
        self.partitions = partitions
        self.power = power
        self.temperature = temperature
        self.contrastive_weight = contrastive_weight
        self.alpha = alpha
        self.beta = beta
        self.standardize = standardize
        self.n_hidden = n_hidden
        self.dropout = dropout
        self.max_iter = max_iter
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.decay = decay
        self.weight_decay = weight_decay
        self.variant = variant
        self.targets = targets
        self.clean_groups = clean_groups
        self.target_clusterer = target_clusterer
        self.decision = decision
        self.delta = delta
        self.n_init = n_init
        self.device = device
        self.checkpoint = checkpoint
        self.random_state = random_state

    def predict(self, X):
        """The clusters of the largest assignments of rows, new ones too.

        Groups do not enter: with `decision="fair"` rows of `fit` may differ.

        Parameters
        ----------
        X : array-like of shape (q, m)

        Returns
        -------
        int32 array of shape (q,)
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, order="C", reset=False)
        return largest(self._network.assignments(self._scaling.tensor(X)))

    def _validated(self, X):
        require_same_rows(X=X, clean_groups=self.clean_groups, targets=self.targets)
        X = super()._validated(X)
        if len(X) < 2:
            raise ValueError("n_samples=1 should be >= 2: a row of each group")
        return X

    def _check_parameters(self):
        import_torch()
        for name in ("power", "n_hidden", "max_iter", "n_init"):
            require_count(name, getattr(self, name))
        if self.batch_size is not None:
            require_count("batch_size", self.batch_size)
        for name, least, above in (
            ("temperature", 0, True),
            ("learning_rate", 0, True),
            ("contrastive_weight", 0, False),
            ("alpha", 0, False),
            ("beta", 0, False),
            ("weight_decay", 0, False),
        ):
            _require_number(name, getattr(self, name), least, above)
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout={self.dropout} should be in [0, 1)")
        for name, known in (
            ("variant", ("paper", "code")),
            ("decay", ("cosine", "none")),
            ("decision", ("fair", "largest")),
        ):
            if getattr(self, name) not in known:
                raise ValueError(
                    f"{name}={getattr(self, name)!r} should be "
                    f"{' or '.join(map(repr, known))}"
                )
        require_delta(self.delta)
        if self.checkpoint is not None and not isinstance(
            self.random_state, numbers.Integral
        ):
            raise ValueError(
                "checkpoint= needs an integer random_state, not "
                f"{self.random_state!r}: what resumes must draw the same again"
            )
        self._check_targets()

    def _check_targets(self):
        if isinstance(self.targets, str):
            if self.targets not in ("given", "clean"):
                raise ValueError(
                    f"targets={self.targets!r} should be 'given', 'clean' or labels"
                )
            if (self.targets == "clean") != (self.clean_groups is not None):
                raise ValueError("targets='clean' and clean_groups need each other")
        if self.target_clusterer is not None and not takes_groups(
            self.target_clusterer
        ):
            raise TypeError(
                f"{type(self.target_clusterer).__name__} has no fit(X, groups=)"
            )

    def _answers(self, X):
        return ConsensusFairOracle(self, X)

    def _take(self, answers, groups):
        problem, targets = answers.problem(groups)
        checkpoint = None
        if self.checkpoint is not None:
            key = training_key(self, answers.X, groups, targets, answers.partitions)
            checkpoint = Checkpoint(self.checkpoint, key)
        runs = answers.train(problem, checkpoint)
        self.objectives_ = np.array([run.objective() for run in runs])
        assigned = [run.network.assignments(problem.X) for run in runs]
        self.restarts_clusters_used_ = np.array(
            [len(np.unique(largest(P))) for P in assigned]
        )
        self.best_restart_ = int(self.objectives_.argmin())
        best = runs[self.best_restart_]
        P = assigned[self.best_restart_]
        self.probabilities_ = P.cpu().numpy()
        self.labels_ = answers.decide(P, groups)
        self.n_clusters_used_ = len(np.unique(self.labels_))
        self.targets_ = targets
        self.loss_curve_ = np.array(best.curve)
        self.n_iter_ = best.epoch
        self.partitions_ = answers.partitions
        self._network, self._scaling = best.network, answers.scaling
        if checkpoint is not None:
            checkpoint.remove()


def _require_number(name, value, least, above):
    if not isinstance(value, numbers.Real):
        raise TypeError(f"{name}={value!r} should be a number")
    if not (value > least if above else value >= least) or value == np.inf:
        sign = ">" if above else ">="
        raise ValueError(f"{name}={value} should be {sign} {least} and finite")
