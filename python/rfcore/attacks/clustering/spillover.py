"""The spill-over attack (Algorithm 1): one moved row makes others change cluster."""

import numpy as np
from sklearn.base import clone

from rfcore._arrays import as_rows, require_count
from rfcore._shares import count_of
from rfcore._shown import Settings
from rfcore.attacks.base import AttackResult, restart_null, switched_rows
from rfcore.attacks.clustering.questions import Move, Questions
from rfcore.attacks.clustering.starts import structured_starts
from rfcore.cluster.oracle import fresh_labels, oracle
from rfcore.cluster.seeds import with_seeds
from rfcore.errors import BudgetError
from rfcore.metrics import coordinate_depth, coordinate_reach, n_switched
from rfcore.zeroth import minimize
from rfcore.zeroth.minimize import METHODS

# The share of the budget that goes to structured starts.
_START_SHARE = 0.25


class SpilloverAttack(Settings):
    """Black-box poisoning of a clustering by moving one row, or a few.

    The row of the source cluster that is nearest to the target cluster's center moves
    inside a box around it, so that the co-membership distance between the clusterings
    of the clean and of the changed data is largest. The attacker sees labels only.

    Parameters
    ----------
    source, target : int, optional
        Clusters of the victim's labels on the clean data. Where `source` is None each
        cluster of more than `n_rows` rows is tried, where `target` is None the one
        whose center is nearest to a row of the source; the starts decide which pair is
        searched further. Rows that the victim calls noise (-1) are neither.
    delta : float or array-like of shape (m,), optional
        Noise threshold: how far each feature may move, >= 0. None takes it from the
        depth quantile.
    depth_quantile : float in [0, 1], default=0.1
        The moved row keeps a coordinate depth at or above this quantile of the clean
        rows' depths; a feature in which it is below that already does not move. Not
        used where `delta` is given.
    method : str or callable, default="rbf"
        A method of `rfcore.zeroth.minimize`; "starts" asks the structured starts and
        stops; a callable ``method(fun, box, max_evals, seed)`` may be any optimizer. It
        is told the budget that the starts left, is stopped where it passes it, and may
        return words for what ended it.
    max_evals : int, default=400
        The budget: questions asked of the victim, >= 1.
    n_rows : int, default=1
        How many rows of the source move together, >= 1 and fewer than it has.
    structured : bool, default=True
        Whether the search begins with `structured_starts`.
    metric_noise : float, default=0.0
        The attacker's metric d' and the victim's d differ by at most this much, >= 0:
        each row is shifted by half of it, in a random direction, wherever the attacker
        looks at distances. The box and the effect are those of the true rows.
    n_null : int, default=20
        Refits of the clean data with other seeds, >= 1.
    random_state : int or None, default=None

    Notes
    -----
    Values stay inside the observed range of each feature. The search follows the
    co-membership distance; of all answers the one with the most switched rows is kept,
    and of equals the most distant (with two clusters both orders are the same).

    *Differences from the paper and the authors' code.* Algorithm 1 is followed line by
    line; lines 1 and 2 choose the row, the box is `coordinate_reach`. Beyond it: the
    structured starts, each in place of a point of the Latin hypercube, the direction
    chosen by them, more than two clusters (each pair as Algorithm 1; its nearest other
    cluster is the target), several rows, the null. The released
    attacks leave the observed range (up to 25.8 on pixels of 0 to 16); ours do not.

    References
    ----------
    Thesis, 2.2, Algorithm 1; theorem 2.2.2 for `metric_noise`.

    Examples
    --------
    >>> from rfcore.cluster import Agglomerative
    >>> from rfcore.datasets import load
    >>> attack = SpilloverAttack(random_state=0)
    >>> result = attack.run(Agglomerative(2), load("digits_1_4").X)
    >>> result.after > 24
    True
    """

    def __init__(
        self,
        *,
        source=None,
        target=None,
        delta=None,
        depth_quantile=0.1,
        method="rbf",
        max_evals=400,
        n_rows=1,
        structured=True,
        metric_noise=0.0,
        n_null=20,
        random_state=None,
    ):
        self.source = source
        self.target = target
        self.delta = delta
        self.depth_quantile = depth_quantile
        self.method = method
        self.max_evals = max_evals
        self.n_rows = n_rows
        self.structured = structured
        self.metric_noise = metric_noise
        self.n_null = n_null
        self.random_state = random_state

    def run(self, victim, X):
        """Attack a clustering.

        Parameters
        ----------
        victim : clusterer
            Any estimator that `rfcore.cluster.oracle` accepts. A `random_state` that is
            None is given a seed, so that before and after begin alike. Rows that it
            labels -1, noise, are a cluster here.
        X : array-like of shape (n, m)
            The clean data; not changed.

        Returns
        -------
        AttackResult
            In units of `n_switched`, the moved rows included. `details` has `source`,
            `target`, `delta` (s, m), `low` and `high` (s, m), `depth` (s,) and
            `depth_threshold` (of the moved rows, nan where `delta` was given),
            `clean_depths` (n,), `switched` (rows) and `search_value` (the search's own
            best count).

        Raises
        ------
        TypeError
            If a count is not an integer.
        ValueError
            If a parameter is outside its range, a cluster does not exist, or X is not
            a finite matrix; no question is asked then.
        """
        X = as_rows(X)
        self._check()
        victim = with_seeds(victim, self.random_state)
        shift = self._metric_shift(X)
        # A clone: preparing may draw from a generator that the victim carries.
        answers = oracle(clone(victim), X + shift, max_queries=self.max_evals)
        moves = [
            self._move(X, answers, source, target)
            for source, target in self._pairs(answers.X, answers.labels_)
        ]
        questions = Questions(answers, shift)
        move, stopped = self._search(questions, moves)
        best = questions.best_rows
        if best is None:
            raise ValueError(f"method={self.method!r} asked no question")
        return self._result(victim, X, move, best, questions, stopped)

    def _check(self):
        for name in ("max_evals", "n_rows", "n_null"):
            require_count(name, getattr(self, name))
        methods = ("starts", *METHODS)
        if not callable(self.method) and self.method not in methods:
            raise ValueError(
                f"method={self.method!r} should be callable or one of "
                f"{', '.join(methods)}"
            )
        if self.method == "starts" and not self.structured:
            raise ValueError("method='starts' needs structured=True")
        if not 0.0 <= self.depth_quantile <= 1.0:
            raise ValueError(
                f"depth_quantile={self.depth_quantile} should be in [0, 1]"
            )
        if not 0.0 <= self.metric_noise < np.inf:
            raise ValueError(
                f"metric_noise={self.metric_noise} should be finite and >= 0"
            )

    def _metric_shift(self, X):
        """A shift of each row by metric_noise / 2: distances change by metric_noise."""
        if self.metric_noise == 0.0:
            return np.zeros_like(X)
        shift = np.random.default_rng(self.random_state).normal(size=X.shape)
        shift *= self.metric_noise / 2 / np.linalg.norm(shift, axis=1, keepdims=True)
        return shift

    def _pairs(self, X, labels):
        """The (source, target) pairs to try."""
        clusters = np.unique(labels[labels >= 0]).tolist()
        for name in ("source", "target"):
            value = getattr(self, name)
            if value is not None and value not in clusters:
                raise ValueError(f"{name}={value} should be one of {clusters}")
        if len(clusters) < 2:
            raise ValueError(
                f"an attack needs 2 clusters, the victim finds {len(clusters)}"
            )
        if self.source is not None and self.source == self.target:
            raise ValueError(f"source={self.source} and target should differ")
        for source in self._sources(labels, clusters):
            if self.target is None:
                others = [c for c in clusters if c != source]
                gaps = [_distances_to_center(X, labels, source, c) for c in others]
                yield source, others[int(np.argmin([gap.min() for gap in gaps]))]
            else:
                yield source, self.target

    def _sources(self, labels, clusters):
        if self.source is not None:
            return [self.source]
        others = [c for c in clusters if c != self.target]
        return [c for c in others if np.sum(labels == c) > self.n_rows] or others

    def _move(self, X, answers, source, target):
        """Lines 1-2: the rows that move, and the box that they move in."""
        labels = answers.labels_
        rows = np.flatnonzero(labels == source)
        if self.n_rows >= len(rows):
            raise ValueError(
                f"n_rows={self.n_rows} should be < {len(rows)}, the rows of cluster "
                f"{source}"
            )
        to_center = _distances_to_center(answers.X, labels, source, target)
        t = rows[np.argsort(to_center, kind="stable")[: self.n_rows]]
        delta, threshold = self._noise_threshold(X, labels, X[t])
        low = np.maximum(X[t] - delta, X.min(axis=0))
        high = np.minimum(X[t] + delta, X.max(axis=0))
        starts = structured_starts(
            X, labels, source, target, X[t], low, high, self.max_evals
        )
        starts = starts.reshape(len(starts), low.size)
        return Move(source, target, t, delta, threshold, low, high, starts)

    def _noise_threshold(self, X, labels, x):
        if self.delta is None:
            reach = [
                coordinate_reach(
                    row, X, labels, quantile=self.depth_quantile, noise="cluster"
                )
                for row in x
            ]
            return np.array([delta for delta, _ in reach]), reach[0][1]
        delta = np.asarray(self.delta, dtype=np.float64)
        if delta.shape not in ((), (X.shape[1],)):
            raise ValueError(
                f"delta.shape={delta.shape} should be () or {(X.shape[1],)}"
            )
        if not (delta >= 0.0).all():
            raise ValueError("delta should be >= 0 in each feature")
        return np.broadcast_to(delta, x.shape).copy(), np.nan

    def _search(self, questions, moves):
        """Line 10: minimize over the box of the pair that the starts favor."""
        share = 1.0 if self.method == "starts" else _START_SHARE
        n_starts = max(1, count_of(share, self.max_evals) // len(moves))
        if not self.structured:
            if len(moves) > 1:
                raise ValueError("without structured starts, give source and target")
            n_starts = 0
        for move in moves:
            left = self.max_evals - questions.n_queries
            questions.ask(move, move.starts[: min(n_starts, left)])
        move = questions.best_move or moves[0]
        if self.method == "starts":
            return move, "all structured starts asked"
        left = self.max_evals - questions.n_queries
        if left == 0:
            return move, "budget spent"
        box = np.stack([move.low.ravel(), move.high.ravel()], axis=1)

        def fun(points):
            return questions.ask(move, points)

        if callable(self.method):
            try:
                stopped = self.method(fun, box, left, self.random_state)
            except BudgetError as error:
                return move, f"the method passed its budget: {error}"
            return move, str(stopped or "the method ended")
        # The chosen pair's starts were asked already: the optimizer hears the answers
        # again, and pays for new questions only.
        started = questions.known(move, move.starts[:n_starts])
        outcome = minimize(
            fun,
            box,
            method=self.method,
            max_evals=left + len(started),
            x0=started if len(started) else None,
            random_state=self.random_state,
        )
        return move, outcome.message

    def _result(self, victim, X, move, best, questions, stopped):
        X_adv = X.copy()
        X_adv[move.t] = best
        before, after = fresh_labels(victim, X), fresh_labels(victim, X_adv)
        depth = coordinate_depth(X_adv[move.t], X, before, noise="cluster")
        return AttackResult(
            measure="n_switched",
            before=0,
            after=n_switched(before, after),
            labels_before=before,
            labels_after=after,
            X_adv=X_adv,
            changed=move.t,
            null=restart_null(victim, X, before, self.n_null),
            n_queries=questions.n_queries,
            trace=np.array(questions.trace),
            stopped=stopped,
            details={
                "source": move.source,
                "target": move.target,
                "delta": move.delta,
                "low": move.low,
                "high": move.high,
                "depth": depth,
                "clean_depths": coordinate_depth(X, X, before, noise="cluster"),
                "depth_threshold": move.threshold,
                "switched": switched_rows(before, after),
                "search_value": int(questions.trace[-1]),
            },
        )


def _distances_to_center(X, labels, source, target):
    center = X[labels == target].mean(axis=0)
    return np.linalg.norm(X[labels == source] - center, axis=1)
