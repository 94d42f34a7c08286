"""A tree that says which features of a row make its influence good or bad."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.tree import DecisionTreeRegressor
from sklearn.utils.validation import check_is_fitted

from rfcore._arrays import require_count, validate_data
from rfcore._columns import complete, require_same_rows
from rfcore.influence.doubts import repeat_doubts
from rfcore.influence.selection import regions
from rfcore.influence.selection.rules import rules_of
from rfcore.influence.selection.shrinkage import HierarchicalShrinkage


class TreeInfluence(BaseEstimator):
    """Influence of rows as a function of their features, by a shrunk regression tree.

    CART regresses given influence scores on q = [x, y], and hierarchical shrinkage
    pulls each node towards its ancestors.

    Parameters
    ----------
    max_depth : int or None, default=4
        Most conditions of a rule, >= 1; None sets no limit.
    reg_param : float, default=1.0
        lambda of the shrinkage, >= 0, in rows.
    min_samples_leaf : int, default=5
        The least rows of a leaf, >= 1.
    append_y : bool, default=True
        Whether the label is a column of q. Without it, influence can be predicted for
        rows that have no label yet.
    random_state : int, RandomState or None, default=None
        Which of equally good splits is taken.

    Attributes
    ----------
    estimator_ : DecisionTreeRegressor
        The shrunk tree. Its columns are the features, then the label by its position
        in `classes_`.
    classes_ : array or None
        The distinct labels, sorted. None where labels are not appended or are numbers
        with fractions, which enter q as they are.
    n_features_in_ : int
        Features of X, without the label.
    feature_names_in_ : array of shape (m,)
        Only where the data had names.

    Notes
    -----
    scikit-learn's trees compare values in float32: center features whose spread is
    below 1e-6 of their offset. Scores of any scale give the same splits.

    *Differences from thesis 4.2.3.1.* The thesis names no depth and no least leaf; the
    defaults here keep at most 16 rules. Labels that are no numbers are appended by
    their sorted position.

    References
    ----------
    Thesis Algorithm 4; Breiman et al. 1984 (CART); arXiv:2202.00858.

    Examples
    --------
    >>> tree = TreeInfluence(reg_param=4.0, min_samples_leaf=1, append_y=False)
    >>> tree = tree.fit([[0], [1], [2], [3]], influence=[-2, -2, 1, 1])
    >>> print(tree.rules(["age"])[0])
    age <= 1.5: influence -1.25 (2 rows)
    """

    def __init__(
        self,
        *,
        max_depth=4,
        reg_param=1.0,
        min_samples_leaf=5,
        append_y=True,
        random_state=None,
    ):
        self.max_depth = max_depth
        self.reg_param = reg_param
        self.min_samples_leaf = min_samples_leaf
        self.append_y = append_y
        self.random_state = random_state

    def fit(self, X, y=None, influence=None):
        """Explain the influence of training rows by their features.

        Parameters
        ----------
        X : array-like of shape (n, m)
            Training rows.
        y : array-like of shape (n,)
            Their labels, of any kind; ignored if `append_y` is False.
        influence : array-like of shape (n,)
            Their scores; negative means: removing the row lowers the target.

        Returns
        -------
        self

        Raises
        ------
        TypeError
            If a parameter or `influence` is of a wrong kind or missing.
        ValueError
            If X or the scores are not finite, lengths differ, labels are missing, or a
            parameter is outside its range.

        Warns
        -----
        ApproximationWarning
            As the scores did where they were taken (`InfluenceFunction.scores`).
        """
        self._check_parameters()
        repeat_doubts(influence)
        require_same_rows(X=X, y=y, influence=influence)
        X = validate_data(self, X, dtype=np.float64)
        if influence is None:
            raise TypeError("influence should be given: one score per row of X")
        influence = _vector(influence, "influence", len(X)).astype(np.float64)
        if not np.isfinite(influence).all():
            raise ValueError("influence should be finite")
        self.classes_ = self._distinct(y, len(X))
        # CART splits no node whose variance is below 2e-16, so tiny scores would never
        # be split. A power of two, both ways, changes no digit.
        scale = np.ldexp(0.5, np.frexp(np.abs(influence).max())[1])
        shrunk = HierarchicalShrinkage(
            DecisionTreeRegressor(
                max_depth=self.max_depth,
                min_samples_leaf=self.min_samples_leaf,
                random_state=self.random_state,
            ),
            reg_param=self.reg_param,
        ).fit(self._columns(X, y), influence / scale)
        self.estimator_ = shrunk.estimator_
        self.estimator_.tree_.value[:] *= scale
        with np.errstate(over="ignore", under="ignore"):
            self.estimator_.tree_.impurity[:] *= scale**2
        return self

    def predict(self, X, y=None):
        """Influence of rows by the leaves that they fall into.

        Parameters
        ----------
        X : array-like of shape (n, m)
        y : array-like of shape (n,)
            Labels among those of the fit; ignored if `append_y` is False.

        Returns
        -------
        float64 array of shape (n,)
            In the unit of the scores.

        Raises
        ------
        ValueError
            If X does not fit the training rows, or labels are missing or unknown.
        """
        check_is_fitted(self)
        require_same_rows(X=X, y=y)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        return self._predict(X, y)

    def rules(self, feature_names=None):
        """All leaves as rules; each row fulfils exactly one.

        Parameters
        ----------
        feature_names : sequence of m str, optional
            None takes `feature_names_in_`, or x0, x1, ... where the data had no names.

        Returns
        -------
        list of Rule
            By ascending influence, most negative first.

        Raises
        ------
        ValueError
            If there are not m names.
        """
        check_is_fitted(self)
        names = self._names(feature_names) + ["y"] * self.append_y
        return rules_of(self.estimator_.tree_, names, self.classes_)

    def plot_regions(
        self,
        X,
        y=None,
        groups=None,
        *,
        features=(0, 1),
        label=None,
        at=None,
        boundary=None,
        feature_names=None,
        ax=None,
    ):
        """Draw where influence is positive and where negative, in two features.

        Light green is positive, light red negative, white 0. Rows lie on top, colored
        by class; their mark is their group's.

        Parameters
        ----------
        X : array-like of shape (n, m)
            Rows to draw; their range is the picture's.
        y : array-like of shape (n,), optional
            Their labels, which give the colors. With `append_y`, they or `label` are
            needed.
        groups : array-like of shape (n,), optional
            Protected groups.
        features : (int, int), default=(0, 1)
            The horizontal and the vertical one.
        label : label, optional
            With `append_y`: the label for which influence is drawn; only rows that have
            it are drawn then, unless labels have fractions. None takes the mean over
            the labels of `y`, each with its share.
        at : array-like of shape (m,), optional
            Where the other features are held; None takes the medians of X.
        boundary : (array-like of shape (m,), float), optional
            Coefficients and intercept of a linear model, whose decision boundary is
            drawn at `at`.
        feature_names : sequence of m str, optional
            As in `rules`.
        ax : matplotlib axes, optional
            None makes a figure.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        ImportError
            If matplotlib is missing; it says how to get it.
        ValueError
            If features, labels, names, `at` or `boundary` do not fit, or `label` is
            missing where labels have fractions.
        """
        check_is_fitted(self)
        require_same_rows(X=X, y=y, groups=groups)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        y = None if y is None else _vector(y, "y", len(X))
        groups = None if groups is None else _vector(groups, "groups", len(X))
        labels = self._labels_to_draw(y, label)
        rows = np.ones(len(X), dtype=bool)
        if label is not None and y is not None and self.classes_ is not None:
            rows = y == label

        def value(points):
            if labels is None:
                return self._predict(points, None)
            names, shares = labels
            each = [self._predict(points, np.full(len(points), c)) for c in names]
            return shares @ np.array(each)

        return regions.plot(
            value, X, y, groups, rows=rows,
            features=features, at=at, boundary=boundary,
            names=self._names(feature_names), ax=ax,
        )  # fmt: skip

    def _check_parameters(self):
        require_count("min_samples_leaf", self.min_samples_leaf)
        if self.max_depth is not None:
            require_count("max_depth", self.max_depth)

    def _distinct(self, y, n):
        """The sorted labels, or None where they are not appended or continuous."""
        if not self.append_y:
            return None
        if y is None:
            raise ValueError("y should be given, or append_y=False")
        y = _vector(y, "y", n)
        if y.dtype.kind == "f":
            if not np.isfinite(y).all():
                raise ValueError("y should be finite")
            if (y != np.floor(y)).any():
                return None
        try:
            return np.unique(y)
        except TypeError as error:
            raise ValueError(f"y should be of one kind: {error}") from error

    def _predict(self, X, y):
        return self.estimator_.predict(self._columns(X, y))

    def _columns(self, X, y):
        """q = [x, y], with labels by their position in classes_."""
        if not self.append_y:
            return X
        if y is None:
            raise ValueError("y should be given: the tree was trained with labels")
        y = _vector(y, "y", len(X))
        if self.classes_ is None:
            return np.column_stack([X, y.astype(np.float64)])
        unknown = ~np.isin(y, self.classes_)
        if unknown.any():
            raise ValueError(
                f"label {y[unknown].tolist()[0]!r} should be one of the "
                f"{len(self.classes_)} labels of the fit"
            )
        return np.column_stack([X, np.searchsorted(self.classes_, y)])

    def _names(self, feature_names):
        if feature_names is None:
            default = [f"x{f}" for f in range(self.n_features_in_)]
            return list(getattr(self, "feature_names_in_", default))
        if len(feature_names) != self.n_features_in_:
            raise ValueError(
                f"len(feature_names)={len(feature_names)} should be "
                f"n_features={self.n_features_in_}"
            )
        return list(feature_names)

    def _labels_to_draw(self, y, label):
        """Labels and their shares, or None where the tree has no labels."""
        if not self.append_y:
            return None
        if label is not None:
            return [label], np.ones(1)
        if y is None:
            raise ValueError("y or label should be given: the tree has labels")
        if self.classes_ is None:
            raise ValueError("label should be given: labels have fractions")
        names, counts = np.unique(y, return_counts=True)
        return names, counts / len(y)


def _vector(values, name, n):
    values = complete(values, name)
    if values.ndim != 1:
        raise ValueError(f"{name}.ndim={values.ndim} should be 1")
    if len(values) != n:
        raise ValueError(f"len({name})={len(values)} should be n_samples={n}")
    return values
