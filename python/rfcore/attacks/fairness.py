"""The fairness attack (definition 4.1.1): false groups make a clustering unfair."""

import numpy as np
from sklearn.base import clone

from rfcore._arrays import as_labels, as_positions, as_rows, require_count
from rfcore.attacks.base import AttackResult, refits, with_seeds
from rfcore.cluster import oracle
from rfcore.cluster.oracle import FairOracle, fresh_labels
from rfcore.errors import InfeasibleError
from rfcore.metrics import balance, group_entropy
from rfcore.zeroth import minimize
from rfcore.zeroth.minimize import METHODS
from rfcore.zeroth.space import Discrete

MEASURES = {"balance": balance, "group_entropy": group_entropy}

# Of a question that is no attack, for no fair clustering exists under it, or it gives
# back a balance that was 0: worse than any measure.
_NO_ATTACK = 1e6


class FairnessAttack:
    """Black-box attack on a fair clustering by changing the groups of some rows.

    The attacker sees labels only, and searches for groups of the rows it controls under
    which the rows that it does not control are clustered least fairly (equation 4.1).

    Parameters
    ----------
    metric : {"balance", "group_entropy"}, default="balance"
        What is made small. Where the balance is 0 before the attack, "balance" goes on
        to the entropy, among the questions that leave the balance at 0; the result's
        `measure` says so.
    max_evals : int, default=50
        The budget of questions, >= 1. The search ends earlier at a balance of 0.
    method : str, default="racos"
        A method of `rfcore.zeroth.minimize` for discrete choices. "random" draws groups
        uniformly; with `max_evals=1` it is the thesis's random attack.
    n_null : int, default=20
        Refits of the clean data with other seeds, >= 1.
    random_state : int or None, default=None

    Notes
    -----
    A search that finds nothing better than the clean groups returns these. "random" is
    a baseline and does not: it returns its best draw, whatever that does. Groups under
    which the victim finds no fair clustering count as a question without effect.

    *Differences from the paper and the authors' code.* Theirs is ZOOpt's RACOS on
    binary groups; here any number of groups. Entropy is chosen per run, by the balance
    before, where theirs is chosen per algorithm. The null is ours: the same measure on
    clean groups under other seeds.

    References
    ----------
    Thesis, 4.1.2 (definition 4.1.1, equation 4.1) and 4.1.3.

    Examples
    --------
    >>> from rfcore.fair import ScalableFairlets
    >>> rng = np.random.default_rng(0)
    >>> X, groups = rng.normal(size=(120, 2)), np.arange(120) % 2
    >>> victim = ScalableFairlets(4, assignment="nearest", random_state=0)
    >>> attack = FairnessAttack(n_null=5, random_state=0)
    >>> result = attack.run(victim, X, groups=groups, attackable=0.2)
    >>> result.after < result.before
    True
    """

    def __init__(
        self,
        *,
        metric="balance",
        max_evals=50,
        method="racos",
        n_null=20,
        random_state=None,
    ):
        self.metric = metric
        self.max_evals = max_evals
        self.method = method
        self.n_null = n_null
        self.random_state = random_state

    def run(self, victim, X, *, groups, attackable, evaluated=None, observed=None):
        """Attack a fair clustering.

        Parameters
        ----------
        victim : fair clusterer
            Any estimator with `fit(X, groups=)`. A `random_state` that is None is given
            a seed, so that before and after begin alike.
        X : array-like of shape (n, m)
            The data; not changed.
        groups : array-like of shape (n,)
            The true protected groups, two at least.
        attackable : array-like of shape (s,) or float
            The rows whose groups the attacker controls, or a share of all rows in
            (0, 1), which are then drawn by `random_state`, one row at least.
        evaluated : array-like of int, optional
            The rows on which before, after and null are measured, none of them
            attackable; None takes all others.
        observed : array-like of int, optional
            The rows on which the search measures, none of them attackable; None takes
            those that are evaluated.

        Returns
        -------
        AttackResult
            In units of `measure`, which the attack `lowers`. `changed` are the rows
            with another group than before. `details` has `attackable`, `evaluated`,
            `observed` (rows), `search_value` (the search's own best) and, each (before,
            after) on the evaluated rows, `balance`, `group_entropy` and
            `clusters_used`.

        Raises
        ------
        TypeError
            If a count is not an integer, or the victim takes no groups.
        ValueError
            If a parameter is outside its range, rows or groups do not fit X, or there
            is only one group; no question is asked then.
        InfeasibleError
            If the victim finds no fair clustering under the clean groups.
        """
        X = as_rows(X, min_rows=1)
        names, groups = _as_groups(groups, len(X))
        self._check()
        victim = with_seeds(victim, self.random_state)
        answers = oracle(clone(victim), X)
        if not isinstance(answers, FairOracle):
            raise TypeError(f"{type(victim).__name__}.fit takes no groups")
        rows = self._rows(len(X), attackable, evaluated, observed)
        before = fresh_labels(victim, X, groups=groups)
        search = _Search(answers, groups, rows, self.metric, before)
        found, stopped = self._search(search, len(names))
        after = fresh_labels(victim, X, groups=found)
        score = MEASURES[search.measure]
        own = rows["evaluated"]
        return AttackResult(
            measure=search.measure,
            before=score(before[own], groups[own]),
            after=score(after[own], groups[own]),
            labels_before=before,
            labels_after=after,
            X_adv=X.copy(),
            groups_adv=names[found],
            changed=np.flatnonzero(found != groups),
            null=self._null(victim, X, groups, own, score),
            n_queries=len(search.values),
            trace=np.minimum.accumulate(search.values),
            stopped=stopped,
            lowers=True,
            details={
                **rows,
                "search_value": min(search.values),
                **_before_and_after(before[own], after[own], groups[own]),
            },
        )

    def _check(self):
        require_count("max_evals", self.max_evals)
        require_count("n_null", self.n_null)
        for name, known in (("metric", MEASURES), ("method", METHODS)):
            value = getattr(self, name)
            if value not in known:
                raise ValueError(
                    f"{name}={value!r} should be one of {', '.join(known)}"
                )

    def _rows(self, n, attackable, evaluated, observed):
        """The three sets of rows, checked."""
        if np.ndim(attackable) == 0:
            if not 0 < attackable < 1:
                raise ValueError(f"attackable={attackable} should be in (0, 1)")
            rng = np.random.default_rng(self.random_state)
            size = min(n - 1, max(1, round(attackable * n)))
            attackable = np.sort(rng.choice(n, size, replace=False))
        attackable = as_positions(attackable, n, "attackable")
        if evaluated is None:
            evaluated = np.setdiff1d(np.arange(n), attackable)
        evaluated = as_positions(evaluated, n, "evaluated")
        observed = evaluated if observed is None else observed
        observed = as_positions(observed, n, "observed")
        for name, rows in (("evaluated", evaluated), ("observed", observed)):
            both = np.intersect1d(rows, attackable)
            if both.size:
                raise ValueError(f"row {both[0]} should not be attackable and {name}")
        return {"attackable": attackable, "evaluated": evaluated, "observed": observed}

    def _search(self, search, n_groups):
        """The groups that were found, and what ended the search."""
        space = Discrete((n_groups,) * len(search.attackable))
        result = minimize(
            search.ask,
            space,
            method=self.method,
            max_evals=self.max_evals,
            random_state=self.random_state,
            callback=lambda found: search.measure == "balance" and found.fun == 0,
        )
        stopped = result.message
        if stopped == "stopped by the callback":
            stopped = "the balance is 0"
        if result.fun >= search.clean_value and self.method != "random":
            return search.groups, stopped
        return search.filled(result.x[None])[0], stopped

    def _null(self, victim, X, groups, own, score):
        fresh = [fresh_labels(v, X, groups=groups) for v in refits(victim, self.n_null)]
        return score(np.array(fresh)[:, own], groups[own])


class _Search:
    """The objective: questions to the oracle, measured on the observed rows."""

    def __init__(self, answers, groups, rows, metric, labels):
        self.answers, self.groups = answers, groups
        self.attackable, self.observed = rows["attackable"], rows["observed"]
        seen = labels[None, self.observed], groups[self.observed]
        self.keeps_zero = metric == "balance" and balance(*seen)[0] == 0
        self.measure = "group_entropy" if self.keeps_zero else metric
        self.clean_value = MEASURES[self.measure](*seen)[0]
        self.values = []

    def filled(self, points):
        """Points (b, s) of the search as groups of all rows, (b, n)."""
        filled = np.tile(self.groups, (len(points), 1))
        filled[:, self.attackable] = points
        return filled

    def ask(self, points):
        """The measure for each point, (b, s) -> (b,)."""
        candidates = self.filled(points)
        try:
            values = self._scores(candidates)
        except InfeasibleError:
            values = np.concatenate([self._score_alone(own) for own in candidates])
        self.values += values.tolist()
        return values

    def _score_alone(self, candidate):
        try:
            return self._scores(candidate[None])
        except InfeasibleError:
            return np.array([_NO_ATTACK])

    def _scores(self, candidates):
        seen = self.observed
        labels = self.answers.regroup(candidates)[:, seen]
        values = MEASURES[self.measure](labels, self.groups[seen])
        if self.keeps_zero:
            values[balance(labels, self.groups[seen]) > 0] = _NO_ATTACK
        return values


def _as_groups(groups, n):
    """The names of the groups, sorted, and each row's number among them."""
    as_labels(groups, "groups", n_rows=n)
    names, groups = np.unique(np.asarray(groups), return_inverse=True)
    if len(names) < 2:
        raise ValueError(f"groups has {len(names)} group, an attack needs 2")
    return names, groups.astype(np.int32)


def _before_and_after(before, after, groups):
    pair = np.stack([before, after])
    return {
        "balance": tuple(balance(pair, groups)),
        "group_entropy": tuple(group_entropy(pair, groups)),
        "clusters_used": tuple(len(np.unique(labels)) for labels in pair),
    }
