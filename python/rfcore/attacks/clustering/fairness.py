"""The fairness attack (definition 4.1.1): false groups make fair clusters unfair."""

import functools
import numbers

import numpy as np
from sklearn.base import clone

from rfcore._arrays import as_labels, as_positions, as_rows, require_count
from rfcore._columns import require_same_rows
from rfcore._shown import Settings
from rfcore.attacks.base import AttackResult, refits
from rfcore.cluster import oracle
from rfcore.cluster.oracle import fresh_labels, takes_groups
from rfcore.cluster.seeds import with_seeds
from rfcore.fair.base import as_groups
from rfcore.metrics import balance, group_entropy
from rfcore.zeroth import minimize
from rfcore.zeroth.space import Discrete

# A victim that marks noise is measured with it: noise is a cluster.
_balance = functools.partial(balance, noise="cluster")
_group_entropy = functools.partial(group_entropy, noise="cluster")
MEASURES = {"balance": _balance, "group_entropy": _group_entropy}

# Of `minimize`'s methods those that search choices.
METHODS = ("racos", "random")

# What the optimizer hears, which takes finite values only, of a question without
# effect: worse than any measure.
_NO_EFFECT = 1e6


class FairnessAttack(Settings):
    """Black-box attack on a fair clustering by changing the groups of some rows.

    The attacker sees labels only, and searches for groups of the rows it controls under
    which the rows that it does not control are clustered least fairly (equation 4.1).

    Parameters
    ----------
    metric : {"balance", "group_entropy"}, default="balance"
        What is made small. Where the balance of the observed rows is 0 before the
        attack, "balance" goes on to the entropy, among the questions that leave the
        balance at 0; the result's `measure` says so.
    max_evals : int, default=50
        The budget of questions, >= 1. A search for balance ends earlier where it is 0.
    method : {"racos", "random"}, default="racos"
        The methods of `rfcore.zeroth.minimize` that search choices. "random" draws
        groups uniformly; with `max_evals=1` it is the thesis's random attack.
    n_null : int, default=20
        Refits of the clean data with other seeds, >= 1.
    random_state : int or None, default=None

    Notes
    -----
    A search that finds nothing better than the clean groups returns these. "random" is
    a baseline and does not: it returns its best draw, whatever that does. Groups that
    the victim refuses (by a ValueError, as `InfeasibleError` is one), and those that
    give back a balance that was 0, count as a question without effect and are never
    returned. A batch that is refused is asked once more, one by one; that counts once.

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
    >>> X, groups = rng.normal(size=(80, 2)), np.arange(80) % 2
    >>> victim = ScalableFairlets(3, assignment="nearest", random_state=0)
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

    def run(
        self,
        victim,
        X,
        *,
        groups,
        attackable,
        evaluated=None,
        observed=None,
        null_labels=None,
    ):
        """Attack a fair clustering.

        Parameters
        ----------
        victim : fair clusterer
            Any estimator whose `fit` has a parameter `groups`; that of a pipeline has
            none. It is given the groups as 0 .. l - 1, in the order of their sorted
            names. A `random_state` that is None is given a seed, so that before and
            after begin alike. Rows that it labels -1, noise, are a cluster here.
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
        null_labels : array-like of shape (q, n), optional
            Clusterings of the clean data under other seeds where these are at hand,
            for the null; None refits the victim.

        Returns
        -------
        AttackResult
            In units of `measure`, which the attack `lowers`. `changed` are the rows
            with another group than before. `trace` is inf before the first question
            that has an effect. `details` has `attackable`, `evaluated`, `observed`
            (rows), `groups` (the true ones), `search_value` (the search's own best,
            the end of `trace`) and, each (before, after) on the evaluated rows,
            `balance`, `group_entropy` and `clusters_used`.

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
        self._check()
        require_same_rows(X=X, groups=groups)
        X = as_rows(X, min_rows=1)
        groups, names = as_groups(groups, len(X))
        if len(names) < 2:
            raise ValueError(f"groups has {len(names)} group, an attack needs 2")
        rows = self._rows(len(X), attackable, evaluated, observed)
        if null_labels is not None:
            null_labels, _ = as_labels(
                null_labels, "null_labels", ndim=2, n_rows=len(X)
            )
        if not (hasattr(victim, "fit") and takes_groups(victim)):
            raise TypeError(f"{type(victim).__name__} has no fit(X, groups=)")
        victim = with_seeds(victim, self.random_state)
        before = fresh_labels(victim, X, groups=groups)
        # A clone: preparing may draw from a generator that the victim carries.
        answers = oracle(clone(victim), X)
        search = _Search(answers, groups, rows, self.metric, before)
        found, stopped = self._search(search, len(names))
        after = fresh_labels(victim, X, groups=found)
        score = MEASURES[search.measure]
        own = rows["evaluated"]
        if null_labels is None:
            others = refits(victim, self.n_null)
            null_labels = np.array([fresh_labels(v, X, groups=groups) for v in others])
        return AttackResult(
            measure=search.measure,
            before=score(before[own], groups[own]),
            after=score(after[own], groups[own]),
            labels_before=before,
            labels_after=after,
            X_adv=X.copy(),
            groups_adv=names[found],
            changed=np.flatnonzero(found != groups),
            null=score(null_labels[:, own], groups[own]),
            n_queries=len(search.values),
            trace=np.minimum.accumulate(search.values),
            stopped=stopped,
            lowers=True,
            details={
                **rows,
                "groups": names[groups],
                "search_value": min(search.values),
                **_before_and_after(before[own], after[own], groups[own]),
            },
        )

    def _check(self):
        require_count("max_evals", self.max_evals)
        require_count("n_null", self.n_null)
        for name, known in (("metric", MEASURES), ("method", METHODS)):
            value = getattr(self, name)
            if value not in tuple(known):
                raise ValueError(
                    f"{name}={value!r} should be one of {', '.join(known)}"
                )

    def _rows(self, n, attackable, evaluated, observed):
        """The three sets of rows, checked."""
        if isinstance(attackable, numbers.Real):
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
        enough = _NO_EFFECT if self.method == "random" else search.clean_value
        if result.fun >= enough:
            return search.groups, stopped
        return search.filled(result.x[None])[0], stopped


class _Search:
    """The objective: questions to the oracle, measured on the observed rows."""

    def __init__(self, answers, groups, rows, metric, labels):
        self.answers, self.groups = answers, groups
        self.attackable, self.observed = rows["attackable"], rows["observed"]
        seen = labels[None, self.observed], groups[self.observed]
        self.keeps_zero = metric == "balance" and _balance(*seen)[0] == 0
        self.measure = "group_entropy" if self.keeps_zero else metric
        self.clean_value = MEASURES[self.measure](*seen)[0]
        self.values = []

    def filled(self, points):
        """Points (b, s) of the search as groups of all rows, (b, n)."""
        filled = np.tile(self.groups, (len(points), 1))
        filled[:, self.attackable] = points
        return filled

    def ask(self, points):
        """The measure for each point, (b, s) -> (b,), to be made small."""
        values = self._scores(self.filled(points))
        self.values += values.tolist()
        return np.minimum(values, _NO_EFFECT)

    def _scores(self, candidates):
        """The measure under groups (b, n), (b,); inf is a question without effect."""
        try:
            return self._answered(candidates)
        except ValueError:
            if len(candidates) == 1:
                return np.array([np.inf])
        return np.concatenate([self._scores(own[None]) for own in candidates])

    def _answered(self, candidates):
        seen = self.observed
        labels = self.answers.regroup(candidates)[:, seen]
        values = MEASURES[self.measure](labels, self.groups[seen])
        if self.keeps_zero:
            values[_balance(labels, self.groups[seen]) > 0] = np.inf
        return values


def _before_and_after(before, after, groups):
    pair = np.stack([before, after])
    return {
        "balance": tuple(_balance(pair, groups)),
        "group_entropy": tuple(_group_entropy(pair, groups)),
        "clusters_used": tuple(len(np.unique(labels)) for labels in pair),
    }
