"""Influence functions of linear scikit-learn models (thesis 4.2.2)."""

import warnings

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from rfcore._arrays import as_positions, require_count
from rfcore._columns import require_same_rows
from rfcore.errors import (
    ApproximationWarning,
    ConvergenceError,
    ConvergenceWarning,
    InfeasibleError,
)
from rfcore.influence.doubts import with_doubts
from rfcore.influence.embedding import embeddings
from rfcore.influence.linear.blocks import over_blocks
from rfcore.influence.linear.boundary import boundary_move
from rfcore.influence.linear.damping import smallest_damping
from rfcore.influence.linear.hessian import Problem, add_gauge, gauge, sum_over_rows
from rfcore.influence.linear.losses import SmoothedHinge
from rfcore.influence.linear.minimum import minimum
from rfcore.influence.linear.models import read_model
from rfcore.influence.linear.pipelines import split_pipeline, transformed
from rfcore.influence.linear.removal import Removal
from rfcore.influence.linear.resident import read_rows, to_host, to_place
from rfcore.influence.linear.singular import why_singular
from rfcore.influence.linear.solvers import (
    Cholesky,
    ConjugateGradients,
    Nystroem,
    SingularError,
)
from rfcore.influence.linear.steps import NewtonSteps, first_order_steps
from rfcore.influence.linear.targets import Targets

__all__ = ["InfluenceFunction", "boundary_move"]

_METHODS = ("first_order", "newton")
_SOLVERS = ("cholesky", "cg", "nystroem")

# Above this the parameters are not the minimum that the theory speaks of; up to the
# other they are it, to rounding.
_GRADIENT_LIMIT = 1e-3
_ROUNDING = 1e-8

_WITH_NEWTON = "method='newton' takes the target at the model without the row"
_WITH_ORDER_2 = "order=2 takes the target at the model without the rows"

# Numbers in the steps of the rows that are left out together.
_STEPS_AT_ONCE = 2**18
_ROWS_AT_ONCE = 256


class InfluenceFunction(BaseEstimator):
    """What a target does when a training row of a linear model is left out.

    The score of row i estimates f(theta without row i) - f(theta): **negative means
    that removing the row lowers the target**. With the objective
    sum_i w_i l_i(theta) + penalty, its Hessian H = sum_i w_i H_i + penalty and the
    row's gradient g_i = w_i grad l_i,

        first_order   grad f' H^-1 r_i
        newton        f(theta + (H - H_i)^-1 r_i) - f(theta)

    where r_i = g_i, but for what else changes when the row leaves, and the second is
    exact for squared loss. ``class_weight="balanced"`` weighs class c with
    S / (k S_c), for k classes whose rows are S_c of S rows (or of their sample weights,
    where scikit-learn goes by these). Without row i of class a the weights of class c
    are rho_c times what they were,

        rho_a = (1 - s_i / S) / (1 - s_i / S_a)      rho_c = 1 - s_i / S else

    with s_i the row's own share (1, or its sample weight), so that with the sums G_c of
    the rows' gradients and H_c of their Hessians by class

        r_i = rho_a g_i - sum_c (rho_c - 1) G_c
        H - H_i = H + sum_c (rho_c - 1) H_c - rho_a w_i H_i

    The objective of `SGDClassifier` is a mean, whose penalty in the sum is n alpha and
    goes down by alpha with each row; r_i gains alpha times the coefficients.

    The losses are the models' own: log loss (binary or multinomial), half the squared
    error (for `RidgeClassifier` of labels +-1), the squared hinge. For
    ``LinearSVC(loss="hinge")`` the hinge is replaced by t log(1 + exp((1 - s z) / t))
    with t = 0.1, and theta moved from the model's to the minimum of that objective.
    Penalties are those of the models: half of 1 / C or alpha times the squares of the
    coefficients; a C that was chosen (`LogisticRegressionCV`) stays. The intercept is
    not penalized, except by liblinear (`LinearSVC`,
    ``LogisticRegression(solver="liblinear")``), which does penalize it.

    Parameters
    ----------
    method : "first_order" or "newton", default="first_order"
        Newton needs the Cholesky factor.
    solver : "cholesky", "cg" or "nystroem", default="cholesky"
        The factor of H, formed from weighted Gram matrices of blocks of rows; conjugate
        gradients with products over all rows; or H minus the penalty approximated by
        `rank` random directions.
    damping : float or "auto", default=0.0
        Added to the diagonal of H, >= 0; in the units of 1 / C or alpha. "auto": 0
        where H has a Cholesky factor; where it is singular, the smallest power of ten
        with which the reciprocal condition number of H, scaled to a diagonal of ones,
        is at least the root of the machine epsilon of X. Needs the Cholesky factor.
    rank : int, default=None
        Of the Nystroem approximation, >= 1; None for 100 or the number of parameters,
        whichever is smaller.
    tol : float, default=1e-8
        Relative residual at which conjugate gradients end, > 0.
    max_iter : int, default=None
        Passes of conjugate gradients over the rows, >= 1; None for ten times the number
        of parameters.
    random_state : int, RandomState or None, default=None
        Of the Nystroem approximation.

    Attributes
    ----------
    theta_ : float64 array of shape (c, p)
        A row per decision value of the model: its coefficients, then the intercept if
        it has one. Of a pipeline, by the columns that its last step takes.
    gradient_norm_ : float
        How far the parameters are from the minimum: the largest over the parameters of
        the objective's gradient over the sum of the sizes of its terms (one per row and
        the penalty's), in [0, 1]; of the units of no column.
    damping_ : float
        What was added to the diagonal of H.
    n_features_in_ : int
        Of the model, so with `embed` the length of an embedding.

    Notes
    -----
    X is kept, not copied, and read once by `fit` and once by each call for any number
    of targets (conjugate gradients: once per iteration). Beyond X memory is
    O((c p)^2 + block) for each thread of BLAS. Balanced weights take another pass for
    each class, and for Newton k (c p)^2 numbers and a factor for each class, or for
    each row that has a sample weight of its own.

    A Newton step supposes that the curvature stays what it was. Where less than half
    of it is left along a row, or the row's own decision value moves by more than 0.5
    (0.2 for the smoothed hinge), a second step is taken, for its length; where that
    moves the decision value by more than a quarter of what the first did, the model is
    fitted again without the row, to what is minimized here, and a warning names the
    row. That takes several passes over X for each such row. A class whose last row
    leaves weighs nothing.

    X may live on a CUDA device, as a float32 or float64 tensor of torch or array of
    CuPy; X_val then lives there too. Products with X and its Gram matrices are taken
    there, in blocks; decision values, losses and the factor are the host's.

    *Differences from the thesis.* H contains the penalty of the model. The move of eq.
    4.8 divides by the squared norm. Both targets of fairness have subgradient 0 where
    the gap is 0, to rounding. With `embed`, V' is moved in the space of the embeddings,
    where no rows of X need lie behind it.

    References
    ----------
    Thesis 4.2.2, eq. 4.5-4.8; Koh and Liang 2017, arXiv:1703.04730.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [0.0, 1.0, 2.0, 9.0]
    >>> influence = InfluenceFunction(method="newton").fit(Ridge().fit(X, y), X, y)
    >>> influence.scores([[2.0]], [2.0], target="loss").round(2)
    array([-0.35,  0.56,  2.33, -2.29])
    """

    def __init__(
        self,
        *,
        method="first_order",
        solver="cholesky",
        damping=0.0,
        rank=None,
        tol=1e-8,
        max_iter=None,
        random_state=None,
    ):
        self.method = method
        self.solver = solver
        self.damping = damping
        self.rank = rank
        self.tol = tol
        self.max_iter = max_iter
        self.random_state = random_state

    def fit(self, model, X, y, sample_weight=None, *, embed=None):
        """Sum the gradient and the Hessian of a model's objective over its rows.

        Parameters
        ----------
        model : estimator
            `LogisticRegression`, `LogisticRegressionCV`, `Ridge`, `RidgeClassifier`,
            `LinearRegression`, `LinearSVC`, `SGDClassifier` with ``loss="log_loss"``,
            or a `Pipeline`, fitted on these rows. Of a pipeline the last step is one of
            the others; the steps before it transform X, and stay as they are when a row
            is left out.
        X : array-like or sparse matrix of shape (n, d)
            float32 stays float32; CSR stays sparse.
        y : array-like of shape (n,)
            Labels of any kind that are in the model's classes, or real numbers.
        sample_weight : array-like of shape (n,), optional
            What the model was fitted with, >= 0.
        embed : callable or torch.nn.Module, optional
            Maps rows (n, ...) to embeddings (n, p), as `embeddings` says, where the
            model was fitted on these: X is a network's rows then, here and in
            `scores`, and the influence that of the model on them, the network left as
            it is (thesis 4.2.2, the first way to models that are not convex).

        Returns
        -------
        self

        Raises
        ------
        TypeError
            If the model is of another class.
        ValueError
            If the model is not fitted (NotFittedError), its objective is not smooth
            plus quadratic, the data do not fit it, are not finite, or a parameter is
            outside its range.
        InfeasibleError
            If H is singular; the message says which rank X has.
        ConvergenceError
            If `gradient_norm_` of an `SGDClassifier` is above 0.1.

        Warns
        -----
        ConvergenceWarning
            If `gradient_norm_` is above 1e-3: the model has not converged, or was
            fitted on other rows or with other weights.
        """
        self._check_parameters()
        require_same_rows(X=X, y=y, sample_weight=sample_weight)
        self._transformers, model = split_pipeline(model)
        model = read_model(model)
        self._embed = embed
        problem, sizes = self._read(model, self._features(X, "X"), y, sample_weight)
        if isinstance(model.loss, SmoothedHinge):
            problem, _ = minimum(problem, 0.0 if self._automatic else self.damping)
        sums = sum_over_rows(
            problem, with_hessian=self.solver == "cholesky", check=True
        )
        self.gradient_norm_ = sums.relative_gradient
        self._model, self._problem = model, problem
        self._removal = Removal(
            problem,
            sizes=sizes,
            n_classes=None if sizes is None else len(model.classes),
            share=model.penalty * model.penalty_per_row,
        )
        self.theta_ = problem.design.to_model(problem.theta)
        self.n_features_in_ = model.n_features
        if self._transformers and hasattr(self._transformers[0], "n_features_in_"):
            self.n_features_in_ = self._transformers[0].n_features_in_
        self._diagonal = sums.diagonal
        self._check_gradient()
        self._make_solver(sums)
        return self

    def scores(self, X_val=None, y_val=None, *, target, groups=None, gamma=1.1):
        """The influence of leaving out each training row on a target.

        Parameters
        ----------
        X_val : array-like or sparse matrix of shape (v, d)
            Validation rows V, as `embed` or a pipeline's first step takes them; None
            where every target is a callable.
        y_val : array-like of shape (v,)
        target : str, callable, or list of them
            "loss": the model's loss summed over V (eq. 4.5). "demographic_parity":
            the absolute difference between groups of the mean over V of the probability
            of the second class (eq. 4.6), for `LinearSVC` and `RidgeClassifier` of the
            decision value.
            "equal_opportunity": the absolute difference between groups of the mean loss
            over the rows of V of the second class (eq. 4.7). "robustness": the loss
            summed over V', the rows of V moved by `boundary_move`, which stay where
            they are when theta changes (eq. 4.8); every row is moved across, so the
            accuracy on V' is one minus that on V. A callable takes parameters in the
            shape of `theta_` and gives a finite number, or that and its gradient of the
            same shape; without the gradient central differences are taken.
        groups : array-like of shape (v,), optional
            Two values, for the two targets of fairness.
        gamma : float, default=1.1
            Of `boundary_move`.

        Returns
        -------
        float64 array of shape (n,), or (t, n) for a list of targets
            In units of the target; it lives where X does. Scores that the first of the
            warnings is about tell `trim` and `TreeInfluence`, which repeat it: on the
            host they are a subclass of ndarray. What is made of them keeps that, but
            for ``np.array(scores)`` and what is saved.

        Raises
        ------
        ValueError
            If a target has no meaning for the model, the groups are not two, one of
            them has no rows to count, or the validation rows do not fit.
        InfeasibleError
            If the Hessian without a row is singular, or the model without it has no
            minimum (newton).

        Warns
        -----
        ApproximationWarning
            Of first order, if a score of a target of fairness is below minus twice the
            gap, or that is 0: it is the slope of an absolute value, which turns at 0,
            and without the row the gap is larger. Of Newton, if rows were refitted.
        """
        check_is_fitted(self, "theta_")
        targets, single = self._targets(target, X_val, y_val, groups, gamma)
        if self.method == "first_order":
            scores = self._first_order_scores(targets)
            scores = with_doubts(
                scores, targets.names, targets.gaps, _WITH_NEWTON, stacklevel=2
            )
        else:
            scores = self._newton_scores(targets)
        return to_place(scores[0] if single else scores, self._problem.design.X)

    def values(self, X_val=None, y_val=None, *, target, groups=None, gamma=1.1):
        """The targets themselves, at the model's parameters.

        Parameters
        ----------
        X_val, y_val, target, groups, gamma
            As of `scores`.

        Returns
        -------
        float, or float64 array of shape (t,) for a list of targets
            What ``trim(..., stop="target", value=...)`` takes.

        Raises
        ------
        ValueError
            As `scores`.
        """
        check_is_fitted(self, "theta_")
        targets, single = self._targets(target, X_val, y_val, groups, gamma)
        found = targets.values(self._problem.theta[None])[:, 0]
        return float(found[0]) if single else found

    def group_scores(
        self,
        row_sets,
        X_val=None,
        y_val=None,
        *,
        target,
        groups=None,
        gamma=1.1,
        order=1,
    ):
        """The influence of leaving out sets of training rows on a target.

        Parameters
        ----------
        row_sets : list of array-like of int
            Each names different rows, in [0, n).
        X_val : array-like or sparse matrix of shape (v, d)
        y_val : array-like of shape (v,)
        target : str, callable, or list of them
        groups : array-like of shape (v,), optional
        gamma : float, default=1.1
        order : 1 or 2, default=1
            1 sums the first-order scores of the rows. 2 takes a Newton step with the
            Hessian of the other rows and evaluates the target there, whatever `method`
            is, or fits again as Newton's scores do; it needs the Cholesky factor.

        Returns
        -------
        float64 array of shape (s,), or (t, s) for a list of targets

        Raises
        ------
        ValueError
            As `scores`, and if a set holds a row that does not exist or twice the same.
        InfeasibleError
            If the Hessian without a set is singular (order 2).
        """
        check_is_fitted(self, "theta_")
        if order not in (1, 2):
            raise ValueError(f"order={order!r} should be 1 or 2")
        n = self._problem.design.n_rows
        sets = [as_positions(rows, n, "row_sets") for rows in row_sets]
        targets, single = self._targets(target, X_val, y_val, groups, gamma)
        if order == 1:
            by_row = self._first_order_scores(targets)
            scores = np.array([by_row[:, rows].sum(axis=1) for rows in sets])
        else:
            scores = self._set_scores(targets, sets)
        scores = scores.reshape(len(sets), targets.n_targets).T
        if order == 1:
            scores = with_doubts(
                scores, targets.names, targets.gaps, _WITH_ORDER_2, stacklevel=2
            )
        return scores[0] if single else scores

    def parameter_changes(self, rows):
        """Where the parameters go when each of some rows alone is left out.

        Parameters
        ----------
        rows : array-like of int of shape (m,)
            Different rows, in [0, n).

        Returns
        -------
        float64 array of shape (m, c, p)
            To be added to `theta_`, by `method`.
        """
        check_is_fitted(self, "theta_")
        rows = as_positions(rows, self._problem.design.n_rows, "rows")
        if self.method == "newton":
            steps, refitted = self._newton.of_each(rows)
            _warn_of_refits("row", rows[refitted])
        else:
            steps = first_order_steps(self._removal, self._solver, rows)
        return self._problem.design.to_model(steps)

    @property
    def hessian_(self):
        """H with the damping, (c p, c p) float64, in the order of theta_.ravel().

        Only with ``solver="cholesky"``.
        """
        check_is_fitted(self, "theta_")
        self._require_factor("hessian_")
        design, (c, p) = self._problem.design, self.theta_.shape
        hessian = self._hessian.copy()
        add_gauge(hessian, -self._gauge, c)
        if not design.intercept:
            return hessian
        jacobian = np.eye(p)
        jacobian[-1, :-1] = design.shift
        jacobian = np.kron(np.eye(c), jacobian)
        return jacobian.T @ hessian @ jacobian

    @property
    def _automatic(self):
        return isinstance(self.damping, str) and self.damping == "auto"

    def _check_parameters(self):
        for name, choices in (("method", _METHODS), ("solver", _SOLVERS)):
            if getattr(self, name) not in choices:
                raise ValueError(
                    f"{name}={getattr(self, name)!r} should be one of "
                    f"{', '.join(choices)}"
                )
        if self._automatic:
            self._require_factor("damping='auto'")
        elif isinstance(self.damping, str) or not 0 <= self.damping < np.inf:
            raise ValueError(
                f"damping={self.damping!r} should be finite and >= 0, or 'auto'"
            )
        if not self.tol > 0:
            raise ValueError(f"tol={self.tol} should be > 0")
        for name in ("rank", "max_iter"):
            if getattr(self, name) is not None:
                require_count(name, getattr(self, name))
        if self.method == "newton":
            self._require_factor("method='newton'")

    def _require_factor(self, what):
        if self.solver != "cholesky":
            raise ValueError(f"{what} needs solver='cholesky', not {self.solver!r}")

    def _features(self, X, name):
        """Rows as the model takes them."""
        if X is None:
            return None
        if self._embed is not None:
            X = embeddings(self._embed, X, name)
        return transformed(self._transformers, X)

    def _read(self, model, X, y, sample_weight):
        model.require_columns(X, "X")
        design = read_rows(X, intercept=model.intercept, n_features=model.n_features)
        y = model.encode(to_host(y), "y", design.n_rows)
        weights, sizes = model.row_weights(y, to_host(sample_weight), design.n_rows)
        if model.free_intercept:
            design = design.shifted()
        theta = design.from_model(model.theta)
        penalty = model.penalty * (design.n_rows if model.penalty_per_row else 1)
        return Problem(design, y, weights, model.loss, theta, penalty), sizes

    def _check_gradient(self):
        limit = self._model.gradient_limit
        if self.gradient_norm_ > limit:
            raise ConvergenceError(
                f"the model's relative gradient norm is {self.gradient_norm_:.2g}, "
                f"above {limit}: it is too far from the minimum of its objective; "
                "give it tol=None and a larger max_iter or alpha"
            )
        if self.gradient_norm_ > _GRADIENT_LIMIT:
            warnings.warn(
                f"the model's relative gradient norm is {self.gradient_norm_:.2g}, "
                f"above {_GRADIENT_LIMIT}: it has not converged (give it a smaller tol "
                "or a larger max_iter), or was fitted on other rows or weights",
                ConvergenceWarning,
                stacklevel=3,
            )

    def _make_solver(self, sums):
        problem = self._problem
        self.damping_ = 0.0 if self._automatic else float(self.damping)
        self._gauge = gauge(problem, sums.diagonal)
        if self.solver == "cg":
            self._solver = ConjugateGradients(
                problem,
                sums.diagonal,
                self._gauge,
                damping=self.damping,
                tol=self.tol,
                max_iter=self.max_iter or 10 * problem.n_parameters,
            )
        elif self.solver == "nystroem":
            self._solver = self._nystroem()
        else:
            self._hessian = sums.hessian
            add_gauge(self._hessian, self._gauge, len(problem.theta))
            self._precision = np.finfo(problem.design.dtype).eps
            self._solver = self._cholesky()
            self._newton = NewtonSteps(
                self._removal,
                self._hessian,
                self._solver,
                sums.gradient * (self.gradient_norm_ > _ROUNDING),
                damping=self.damping_,
                precision=self._precision,
            )

    def _cholesky(self):
        """The factor of the damped Hessian, and how much it was damped."""
        hessian = self._hessian
        if not self._automatic:
            hessian[np.diag_indices_from(hessian)] += self.damping
        try:
            return Cholesky(hessian, self._precision)
        except SingularError as error:
            if not self._automatic:
                advice = self._model.advice
                why = why_singular(self._problem, hessian, self._precision, advice)
                raise InfeasibleError(why) from error
        self.damping_ = smallest_damping(hessian, self._precision)
        hessian[np.diag_indices_from(hessian)] += self.damping_
        return Cholesky(hessian, self._precision)

    def _nystroem(self):
        problem, q = self._problem, self._problem.n_parameters
        if problem.penalty.min() + self.damping <= 0:
            raise ValueError(
                "solver='nystroem' needs damping > 0 where a parameter is not penalized"
                " (the intercept, or all of them)"
            )
        rng = check_random_state(self.random_state)
        rank = min(q, 100 if self.rank is None else self.rank)
        vectors = rng.standard_normal((q, rank))
        return Nystroem(problem, damping=self.damping, vectors=vectors)

    def _targets(self, target, X_val, y_val, groups, gamma):
        several = isinstance(target, list | tuple)
        listed = list(target) if several else [target]
        if not listed:
            raise ValueError("target=[] should name at least one target")
        require_same_rows(X_val=X_val, y_val=y_val, groups=groups)
        theta = self._problem.theta
        curvature = np.where(self._diagonal > 0, self._diagonal, 1.0)
        targets = Targets(
            self._problem,
            self._model,
            listed,
            self._features(X_val, "X_val"),
            y_val,
            groups=groups,
            gamma=gamma,
            steps=np.maximum(np.abs(theta), 1 / np.sqrt(curvature)),
        )
        return targets, not several

    def _first_order_scores(self, targets):
        """grad f' H^-1 g_i of all rows and targets in one pass over X, (t, n)."""
        problem, removal = self._problem, self._removal
        c, p = problem.theta.shape
        t = targets.n_targets
        solved = self._solver.solve(targets.gradients().reshape(t, -1).T)
        columns = solved.reshape(c, p, t).transpose(1, 0, 2).reshape(p, c * t)
        columns = np.hstack([problem.theta.T, columns])
        scores = np.empty((t, problem.design.n_rows))

        def score(part, block):
            product = problem.design.times(block, columns)
            slopes = problem.slopes(part, np.ascontiguousarray(product[:, :c]))
            along = product[:, c:].reshape(-1, c, t)
            own = np.einsum("bc,bct->tb", slopes, along)
            if not removal.plain:
                ratios = removal.ratios(part)
                own = own * removal.own_ratios(part, ratios)
                own += solved.T @ removal.pull(ratios).reshape(len(ratios), -1).T
            scores[:, part] = own

        for _ in over_blocks(score, problem.design):
            pass
        return scores

    def _newton_scores(self, targets):
        theta, n = self._problem.theta, self._problem.design.n_rows
        before = targets.values(theta[None])
        scores = np.empty((targets.n_targets, n))
        size = theta.size * len(theta)
        n_rows = max(1, min(_ROWS_AT_ONCE, _STEPS_AT_ONCE // size))
        refitted = np.zeros(n, dtype=bool)
        for start in range(0, n, n_rows):
            part = np.arange(start, min(start + n_rows, n))
            steps, refitted[part] = self._newton.of_each(part)
            scores[:, part] = targets.values(theta + steps) - before
        _warn_of_refits("row", np.flatnonzero(refitted))
        return scores

    def _set_scores(self, targets, sets):
        """Scores of sets of rows, (s, t)."""
        self._require_factor("order=2")
        theta = self._problem.theta
        steps, refitted = zip(*map(self._newton.of_set, sets), strict=True)
        before, *after = targets.values(theta + np.array([0 * theta, *steps])).T
        _warn_of_refits("set", np.flatnonzero(refitted))
        return np.array(after) - before


def _warn_of_refits(what, numbers):
    if not len(numbers):
        return
    first = ", ".join(str(i) for i in numbers[:5])
    warnings.warn(
        f"too little curvature is left for a Newton step without {what} {first}"
        f"{' ...' if len(numbers) > 5 else ''} ({len(numbers)} in all): the model was "
        "fitted again without it",
        ApproximationWarning,
        stacklevel=4,
    )
