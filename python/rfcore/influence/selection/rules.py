"""The leaves of an influence tree as rules that can be read."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Rule:
    """One leaf of an influence tree; as a string it reads as a sentence.

    Attributes
    ----------
    conditions : str
        What a row of the leaf fulfils, one condition per feature, joined by "and";
        "every row" for a tree without splits. Numbers have six digits.
    influence : float
        The shrunk mean influence: what the tree predicts there.
    n_rows : int
        Training rows in the leaf.
    lower, upper : float64 arrays of shape (m,), or (m + 1,) with the label last
        The leaf holds q with lower < q <= upper in every column, -inf and inf where
        there is no bound, in float32. A label counts as its position in `classes_` of
        the `TreeInfluence`.
    """

    conditions: str
    influence: float
    n_rows: int
    lower: np.ndarray
    upper: np.ndarray

    def __str__(self):
        return f"{self.conditions}: influence {self.influence:.3g} ({self.n_rows} rows)"


def rules_of(tree, names, classes):
    """All leaves of a compiled regression tree, by ascending value.

    Parameters
    ----------
    tree : sklearn.tree._tree.Tree
    names : list of str
        One for each column.
    classes : array or None
        Labels whose positions are in the last column, if it holds labels.

    Returns
    -------
    list of Rule
    """
    found = [
        Rule(
            conditions=_conditions(lower, upper, names, classes),
            influence=float(tree.value[leaf, 0, 0]),
            n_rows=int(tree.n_node_samples[leaf]),
            lower=lower,
            upper=upper,
        )
        for leaf, lower, upper in _leaves(tree)
    ]
    return sorted(found, key=lambda rule: rule.influence)


def _leaves(tree):
    """Each leaf and its bounds: lower < q <= upper."""
    free = np.full(tree.n_features, np.inf)
    pending = [(0, -free, free)]
    while pending:
        node, lower, upper = pending.pop()
        if tree.children_left[node] < 0:
            yield node, lower, upper
            continue
        column, threshold = tree.feature[node], tree.threshold[node]
        below, above = upper.copy(), lower.copy()
        below[column] = above[column] = threshold
        pending.append((tree.children_right[node], above, upper))
        pending.append((tree.children_left[node], lower, below))


def _conditions(lower, upper, names, classes):
    """One text for each column with a bound, joined."""
    texts = [
        _interval(name, *bounds)
        for name, *bounds in zip(names, lower, upper, strict=True)
        if np.isfinite(bounds).any()
    ]
    if classes is not None and np.isfinite([lower[-1], upper[-1]]).any():
        position = np.arange(len(classes))
        held = classes[(lower[-1] < position) & (position <= upper[-1])]
        words = ", ".join(str(label) for label in held)
        one = len(held) == 1
        texts[-1] = f"{names[-1]} = {words}" if one else f"{names[-1]} in {{{words}}}"
    return " and ".join(texts) or "every row"


def _interval(name, lower, upper):
    """lower < name <= upper in words; one bound is finite."""
    if np.isinf(lower):
        return f"{name} <= {upper:.6g}"
    if np.isinf(upper):
        return f"{name} > {lower:.6g}"
    return f"{lower:.6g} < {name} <= {upper:.6g}"
