"""What every attack gives back, and the null that stands beside it."""

from dataclasses import dataclass, field

import numpy as np
from sklearn.base import clone

from rfcore._shown import Record, brief
from rfcore.cluster.oracle import fresh_labels
from rfcore.cluster.seeds import random_states
from rfcore.metrics import n_switched


@dataclass(frozen=True, repr=False)
class AttackResult(Record):
    """An attack and its effect, measured again after the search.

    Attributes
    ----------
    measure : str
        What `before`, `after`, `null` and `trace` count, as `rfcore.metrics` names it,
        or "accuracy", the share of rows that a classifier gets right.
    before, after : float
        The measure on the clean and on the attacked data, from fresh fits; of a fitted
        classifier from fresh predictions.
    labels_before, labels_after : arrays of shape (n,)
        The victim's clusterings, int32; of a classifier its predictions, as it names
        them, of training rows that are poisoned those on the evaluated rows.
    X_adv : float64 array of shape (n, m)
        The attacked data; of an attack on groups a copy of the clean data; of an
        attack on a network of the kind and shape that came in; of one that adds rows
        (n + s, m), the clean rows first.
    changed : int64 array of shape (s,)
        The rows that the attack changed or added; all others are those of the clean
        data.
    null : ndarray
        The measure on the clean data, refitted with other seeds; of a fitted classifier
        on rows that are moved as far in random directions. An effect that does not
        exceed all of it is restart noise.
    n_queries : int
        Questions that the search asked.
    trace : ndarray of shape (n_queries,)
        The measure of the best answer after each question.
    stopped : str
        What ended the search.
    details : dict
        What the attack adds; its class says what. Of an attack on groups at least
        `groups` (n,), the true ones, and `attackable`, the rows that it may change.
    groups_adv : ndarray of shape (n,) or None, default=None
        The attacked groups, under their own names.
    lowers : bool, default=False
        Whether the attack makes the measure small: a trace then falls, and an effect
        exceeds the null where it is below all of it.
    y_adv : ndarray of shape (n + s,) or None, default=None
        The labels of `X_adv`, of an attack that adds rows.
    classes : bool, default=False
        Whether labels are classes, whose names mean something: rows switch where the
        name changes. Clusters are matched first.
    """

    measure: str
    before: float
    after: float
    labels_before: np.ndarray
    labels_after: np.ndarray
    X_adv: np.ndarray
    changed: np.ndarray
    null: np.ndarray
    n_queries: int
    trace: np.ndarray
    stopped: str
    details: dict = field(default_factory=dict)
    groups_adv: np.ndarray | None = None
    lowers: bool = False
    y_adv: np.ndarray | None = None
    classes: bool = False

    def _lines(self):
        word = "above" if self.above_null else "not above"
        if self.lowers:
            word = word.replace("above", "below")
        null = brief(float(self.null.min() if self.lowers else self.null.max()))
        most = "least" if self.lowers else "most"
        rows = ", ".join(map(str, self.changed[:6]))
        rows += ", ..." if len(self.changed) > 6 else ""
        return [
            f"{type(self).__name__}: {self.measure} {self.before:g} before, "
            f"{self.after:g} after",
            f"null     {null} at {most} of {self.null.size}; the effect is {word} it",
            f"changed  {len(self.changed)} of {len(self.X_adv)} rows: {rows}",
            f"search   {self.n_queries} questions, {self.stopped}",
        ]

    @property
    def above_null(self):
        """Whether the effect exceeds every refit of the clean data."""
        if self.lowers:
            return bool(self.after < self.null.min())
        return bool(self.after > self.null.max())

    def queries_to(self, value):
        """Questions until the measure first reached a value.

        Parameters
        ----------
        value : float

        Returns
        -------
        int or None
            None if it never did.
        """
        sign = -1 if self.lowers else 1
        reached = np.flatnonzero(sign * self.trace >= sign * value)
        return int(reached[0]) + 1 if reached.size else None

    def plot(self, *, image_shape=None, features=None, ax=None):
        """Draw the rows that were changed and those that switched cluster.

        Of an attack on groups, draw all rows before and after, side by side: clusters
        as colors, groups as markers, the attacker's rows in red
        (`rfcore.attacks.plots.groups_scatter`). Of an attack that adds rows, draw these
        among the others, with labels as colors.

        Parameters
        ----------
        image_shape : (int, int), optional
            Draw the rows as images of this shape, the target with a red border. Not of
            an attack on groups.
        features : sequence of 2 or 3 int, optional
            Draw all rows in these features, else in the first three, or two where
            there are no more or `ax` is flat. Of an attack on groups 2, else the first
            two.
        ax : matplotlib axes, or two of them, optional
            Where to draw a scatter; two of an attack on groups.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        ImportError
            If matplotlib is missing; the message names the extra that has it.
        ValueError
            If the shape or the features do not fit the data, `ax` holds too few or
            too many axes, or an attack on groups should be drawn as images.
        """
        from rfcore.attacks import plots

        before, X = self.labels_before, self.X_adv
        X = np.asarray(X.cpu() if hasattr(X, "cpu") else X)
        if self.y_adv is not None:
            labels = np.unique(self.y_adv, return_inverse=True)[1]
            return plots.scatter(X, labels, self.changed, self.changed, features, ax)
        if self.groups_adv is not None:
            if image_shape is not None:
                raise ValueError(
                    f"image_shape={image_shape} should be None: an attack on groups "
                    "moves no row"
                )
            return plots.groups_scatter(
                self.X_adv,
                (before, named_alike(before, self.labels_after)),
                (self.details["groups"], self.groups_adv),
                self.details["attackable"],
                self.changed,
                self._titles(),
                features,
                ax,
            )
        X = X.reshape(len(X), -1)
        if self.classes:
            switched = np.flatnonzero(before != self.labels_after)
            before = np.unique(before, return_inverse=True)[1]
        else:
            switched = switched_rows(before, self.labels_after)
        if image_shape is not None:
            return plots.images(X, self.changed, switched, image_shape)
        return plots.scatter(X, before, self.changed, switched, features, ax)

    def _titles(self):
        name = self.measure.replace("_", " ")
        return f"before: {name} {self.before:.2f}", f"after: {name} {self.after:.2f}"


def switched_rows(before, after):
    """The rows that switch cluster, under the names that make them fewest.

    Parameters
    ----------
    before, after : int arrays of shape (n,)

    Returns
    -------
    int64 array of shape (s,)
        s equals `n_switched(before, after)`.
    """
    return np.flatnonzero(before != named_alike(before, after))


def named_alike(before, after):
    """A clustering under the names of another that make the fewest rows switch.

    Parameters
    ----------
    before, after : int arrays of shape (n,)

    Returns
    -------
    int array of shape (n,)
        The clusters of `after`. Those beyond the number of clusters of `before` are
        named from its largest name on.
    """
    from scipy.optimize import linear_sum_assignment

    from rfcore.metrics import contingency

    clusters, before = np.unique(before, return_inverse=True)
    others, after = np.unique(after, return_inverse=True)
    names = clusters[-1] + 1 + np.arange(len(others))
    own, other = linear_sum_assignment(contingency(before, after), maximize=True)
    names[other] = clusters[own]
    return names[after]


def refits(victim, n_refits):
    """Clones of a victim with other seeds, in the estimators that it nests too.

    Parameters
    ----------
    victim : estimator
    n_refits : int
        Seeds 1000 .. 1000 + n_refits - 1. A victim without any `random_state` is
        cloned once.

    Returns
    -------
    list of estimators
    """
    names = random_states(victim)
    return [
        clone(victim).set_params(**dict.fromkeys(names, 1000 + seed))
        for seed in range(n_refits if names else 1)
    ]


def restart_null(victim, X, labels, n_refits):
    """Rows that switch cluster when clean data are refitted with other seeds.

    Parameters
    ----------
    victim : clusterer
    X : float64 array of shape (n, m)
    labels : int32 array of shape (n,)
        The victim's own clustering of X.
    n_refits : int
        As in `refits`.

    Returns
    -------
    int64 array of shape (n_refits,) or (1,)
    """
    fresh = [fresh_labels(other, X) for other in refits(victim, n_refits)]
    return n_switched(labels, np.array(fresh))
