"""Anchoring attacks: training rows placed on targets make a classifier unfair."""

import numpy as np
from sklearn.base import clone

from rfcore._arrays import as_rows, require_count
from rfcore._columns import complete, require_one_attribute, require_same_rows
from rfcore._shown import Settings
from rfcore.attacks.base import AttackResult, refits
from rfcore.attacks.classifiers.base import random_moves, require_budget, share_right
from rfcore.cluster.seeds import with_seeds
from rfcore.metrics import demographic_parity

# Rows whose distances to all others are taken together.
_ROWS_AT_ONCE = 256


class _Anchoring(Settings):
    """What both attacks do once the targets are chosen."""

    def run(self, victim, X, y, *, groups, X_eval=None, groups_eval=None):
        """Append poisoned rows to a training set.

        Parameters
        ----------
        victim : classifier
            Fitted anew on the clean and on the poisoned rows; not changed. The attack
            itself asks it nothing.
        X : array-like of shape (n, m)
            The clean training rows; not changed.
        y : array-like of shape (n,)
            0 or 1; 1 is the favorable class.
        groups : array-like of shape (n,)
            0 or 1, both of which occur.
        X_eval : array-like of shape (v, m), optional
            The rows on which the gap is measured; None takes the clean training rows.
        groups_eval : array-like of shape (v,), optional
            Their groups; needed with `X_eval` and only there.

        Returns
        -------
        AttackResult
            In units of `demographic_parity`, group 1 minus group 0, of the victim's
            predictions; the attack `lowers` it where group 0 is the favored one.
            `X_adv`, `y_adv` and `groups_adv` hold the clean rows and then the poisoned
            ones, `changed` the numbers of the latter. No question is asked: `trace` is
            empty. `details` has `favored` (the group), `targets` (2,) (the rows whose
            likes are poisoned: of the favored group with label 0, of the other with
            label 1), `n_placed` (2,) (poisoned rows at each), `n_neighbors` (2,) (the
            targets' popularity; of `RandomAnchoring` None) and `accuracy`, before and
            after on the clean training rows.

        Raises
        ------
        TypeError
            If a count is not an integer.
        ValueError
            If a parameter is outside its range, the data do not fit, labels or groups
            are not 0 and 1, the share is less than two rows, or a group has no row
            that could be a target.
        """
        self._check()
        require_same_rows(X=X, y=y, groups=groups)
        require_same_rows(X_eval=X_eval, groups_eval=groups_eval)
        X = as_rows(X, min_rows=1)
        y, groups = _binary(y, "y", len(X)), _binary(groups, "groups", len(X))
        X_eval, groups_eval = _evaluated(X, groups, X_eval, groups_eval)
        n_poisoned = round(self.epsilon * len(X))
        if n_poisoned < 2:
            raise ValueError(
                f"epsilon={self.epsilon} of {len(X)} rows should be 2 rows or more"
            )
        favored = self._favored(y, groups)
        kinds = ((favored, 0), (1 - favored, 1))
        candidates = [_candidates(y, groups, *kind) for kind in kinds]
        rng = np.random.default_rng(self.random_state)
        targets, n_neighbors = self._targets(X, candidates, rng)
        # In inverse class balance, so that the poisoned labels hide among the others.
        first = int(np.clip(round(n_poisoned * np.mean(y == 0)), 1, n_poisoned - 1))
        n_placed = np.array([first, n_poisoned - first])
        at = np.repeat(targets, n_placed)
        poisoned = (
            np.concatenate([X, _near(rng, X[at], self.tau)]),
            np.concatenate([y, 1 - y[at]]),
            np.concatenate([groups, groups[at]]),
        )
        details = {
            "favored": favored,
            "targets": targets,
            "n_placed": n_placed,
            "n_neighbors": n_neighbors,
        }
        return self._result(victim, (X, y), poisoned, X_eval, groups_eval, details)

    def _check(self):
        require_budget("tau", self.tau)
        require_count("n_null", self.n_null)
        if not 0 < self.epsilon <= 1:
            raise ValueError(f"epsilon={self.epsilon} should be in (0, 1]")
        if self.favored not in (None, 0, 1):
            raise ValueError(f"favored={self.favored!r} should be 0, 1 or None")

    def _favored(self, y, groups):
        if self.favored is not None:
            return int(self.favored)
        return int(y[groups == 1].mean() > y[groups == 0].mean())

    def _result(self, victim, clean, poisoned, X_eval, groups_eval, details):
        victim = with_seeds(victim, self.random_state)
        before = clone(victim).fit(*clean)
        after = clone(victim).fit(*poisoned[:2])
        labels = [model.predict(X_eval) for model in (before, after)]
        gaps = [demographic_parity(found, groups_eval) for found in labels]
        null = [
            demographic_parity(other.fit(*clean).predict(X_eval), groups_eval)
            for other in refits(victim, self.n_null)
        ]
        right = [share_right(m.predict(clean[0]), clean[1]) for m in (before, after)]
        return AttackResult(
            measure="demographic_parity",
            before=gaps[0],
            after=gaps[1],
            labels_before=labels[0],
            labels_after=labels[1],
            X_adv=poisoned[0],
            y_adv=poisoned[1],
            groups_adv=poisoned[2],
            changed=np.arange(len(clean[0]), len(poisoned[0])),
            null=np.array(null),
            n_queries=0,
            trace=np.empty(0),
            stopped="every row was placed",
            lowers=details["favored"] == 0,
            classes=True,
            details={**details, "accuracy": tuple(right)},
        )


class RandomAnchoring(_Anchoring):
    """The random anchoring attack (RAA): targets are drawn uniformly.

    One target is a row of the favored group with label 0, the other one a row of the
    other group with label 1. Poisoned rows of the target's group and of the opposite
    label are placed within tau of each, so that a model fitted to them gives the
    favored group more, and the other one fewer, of the favorable class.

    Parameters
    ----------
    epsilon : float in (0, 1], default=0.1
        Poisoned rows per clean row, rounded. The share of clean rows with label 0 goes
        to the first target, with label 1, and the rest to the second.
    tau : float, default=0.0
        Poisoned rows are drawn uniformly from the ball of this Euclidean radius around
        their target; 0 copies the target. Finite and >= 0, in the units of X.
    favored : 0, 1 or None, default=None
        The group that should gain; None takes the one with the larger share of label 1,
        of equals group 0.
    n_null : int, default=20
        Refits of the victim on the clean rows with other seeds, >= 1.
    random_state : int or None, default=None
        Of the targets, of the places around them, and of a victim without a seed.

    Notes
    -----
    A column of X that holds the group goes with the target, as all others do; with tau
    above 0 columns are moved alike, also binary ones.

    *Differences from the paper and the authors' code.* Targets are drawn once; theirs
    are drawn anew in each iteration, and the iterate with the largest loss on the test
    set is kept: ours never sees a test row. Poisoned rows are not projected onto the
    feasible set of an anomaly detector, and no clean rows are removed by one. Their
    experiments, and the code, have tau = 0.

    References
    ----------
    Mehrabi et al. 2021, arXiv:2012.08723, anchoring attacks; thesis 4.2.5.2.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> rng = np.random.default_rng(0)
    >>> groups = rng.integers(0, 2, 200)
    >>> X = np.column_stack([rng.normal(size=(200, 2)), groups])
    >>> y = (X[:, 0] + 0.5 * groups + rng.normal(size=200) > 0.2).astype(int)
    >>> attack = RandomAnchoring(random_state=0)
    >>> result = attack.run(LogisticRegression(), X, y, groups=groups)
    >>> len(result.changed), result.after > result.before
    (20, True)
    """

    def __init__(
        self,
        *,
        epsilon=0.1,
        tau=0.0,
        favored=None,
        n_null=20,
        random_state=None,
    ):
        self.epsilon = epsilon
        self.tau = tau
        self.favored = favored
        self.n_null = n_null
        self.random_state = random_state

    def _targets(self, X, candidates, rng):
        return np.array([rng.choice(rows) for rows in candidates]), None


class NonRandomAnchoring(_Anchoring):
    """The non-random anchoring attack (NRAA): targets are popular rows.

    As `RandomAnchoring`, but each target is the row with the most rows of the same
    group and label within a radius.

    Parameters
    ----------
    epsilon : float in (0, 1], default=0.1
        Poisoned rows per clean row, rounded. The share of clean rows with label 0 goes
        to the first target, with label 1, and the rest to the second.
    tau : float, default=0.0
        Poisoned rows are drawn uniformly from the ball of this Euclidean radius around
        their target; 0 copies the target. Finite and >= 0, in the units of X.
    radius : float or (float, float), default=(1.0, 3.0)
        Two rows are neighbors where no feature differs by more; of the favored group
        and of the other one. Finite and >= 0, in the units of X, which should be
        those of standardized columns for the default.
    favored : 0, 1 or None, default=None
        The group that should gain; None takes the one with the larger share of label 1,
        of equals group 0.
    n_null : int, default=20
        Refits of the victim on the clean rows with other seeds, >= 1.
    random_state : int or None, default=None
        Of the places around the targets, and of a victim without a seed: with tau = 0
        nothing else is random.

    Notes
    -----
    Of equally popular rows the first is taken. Where `n_neighbors` of the result is 1
    no row has a neighbor, and the target is just the first row of its kind. Costs
    O(k^2 m) for k rows of a kind.

    *Differences from the paper and the authors' code.* Those of `RandomAnchoring`, but
    for the draws. The radii are those of the code, which the paper does not give.

    References
    ----------
    Mehrabi et al. 2021, arXiv:2012.08723, anchoring attacks; thesis 4.2.5.2.
    """

    def __init__(
        self,
        *,
        epsilon=0.1,
        tau=0.0,
        radius=(1.0, 3.0),
        favored=None,
        n_null=20,
        random_state=None,
    ):
        self.epsilon = epsilon
        self.tau = tau
        self.radius = radius
        self.favored = favored
        self.n_null = n_null
        self.random_state = random_state

    def _check(self):
        super()._check()
        for radius in self._radii():
            require_budget("radius", radius)

    def _radii(self):
        radii = np.ravel(self.radius)
        if len(radii) not in (1, 2):
            raise ValueError(f"radius={self.radius!r} should be one number or two")
        return np.broadcast_to(radii, 2)

    def _targets(self, X, candidates, rng):
        targets, popularity = [], []
        for rows, radius in zip(candidates, self._radii(), strict=True):
            counts = _n_neighbors(X[rows], radius)
            targets.append(rows[np.argmax(counts)])
            popularity.append(counts.max())
        return np.array(targets), np.array(popularity)


def _binary(values, name, n):
    values = complete(values, name)
    require_one_attribute(values, name)
    if values.shape != (n,):
        raise ValueError(f"{name}.shape={values.shape} should be {(n,)}")
    if not np.isin(values, (0, 1)).all():
        raise ValueError(f"{name} should hold 0 and 1")
    return values.astype(np.int64)


def _evaluated(X, groups, X_eval, groups_eval):
    if (X_eval is None) != (groups_eval is None):
        raise ValueError("X_eval and groups_eval should come together")
    if X_eval is None:
        return X, groups
    X_eval = as_rows(X_eval, "X_eval", n_features=X.shape[1], min_rows=1)
    return X_eval, _binary(groups_eval, "groups_eval", len(X_eval))


def _candidates(y, groups, group, label):
    rows = np.flatnonzero((groups == group) & (y == label))
    if not rows.size:
        raise ValueError(f"group {group} has no row with label {label} to target")
    return rows


def _n_neighbors(X, radius):
    """Rows within a radius of each row in every feature, itself included, (k,)."""
    counts = np.empty(len(X), dtype=np.int64)
    for start in range(0, len(X), _ROWS_AT_ONCE):
        block = X[start : start + _ROWS_AT_ONCE]
        near = np.ones((len(block), len(X)), dtype=bool)
        for own, other in zip(block.T, X.T, strict=True):
            near &= np.abs(own[:, None] - other) <= radius
        counts[start : start + _ROWS_AT_ONCE] = near.sum(axis=1)
    return counts


def _near(rng, X, tau):
    """Rows drawn uniformly from balls of radius tau around others."""
    if tau == 0:
        return X
    radii = tau * rng.uniform(size=len(X)) ** (1 / X.shape[1])
    return X + random_moves(rng, radii, X.shape, "l_2")
