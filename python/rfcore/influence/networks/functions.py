"""Influence functions of whole networks, by damped conjugate gradients."""

import warnings

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from rfcore._arrays import require_count
from rfcore._columns import require_same_rows
from rfcore.errors import ConvergenceWarning, InfeasibleError
from rfcore.influence.doubts import with_doubts
from rfcore.influence.embedding import is_module
from rfcore.influence.networks.objective import Objective, as_rows, log_loss
from rfcore.influence.networks.outcomes import labels, outcome

_CURVATURES = ("gauss_newton", "hessian")

_TRAIN_AGAIN = "only training without the row tells"

# The automatic damping: its share of the mean eigenvalue, and the random vectors that
# this mean is estimated with.
_DAMPING_SHARE = 0.1
_N_PROBES = 8


class NetworkInfluence(BaseEstimator):
    """What a target does when a training row of a torch network is left out.

    The score of row i estimates f(theta without row i) - f(theta): **negative means
    that removing the row lowers the target**. With the objective
    sum_i w_i l(f(x_i), y_i) + sum(penalty theta^2) / 2 over all parameters that require
    gradients, and g_i = w_i grad l of the row, it is

        grad f' (C + damping I)^-1 g_i

    where C is the curvature of the objective. The system is solved by conjugate
    gradients, a pass over the rows each; the scores of all rows are then one pass of
    directional derivatives along the solution, with no gradient of a single row formed.

    This is a class of its own, and not `InfluenceFunction` given a module: a network
    has no parameters (c, p), no factor and no Newton step to offer, and its numbers
    need a damping, which those of a convex model do not. For the influence of a linear
    model on a network's embeddings, much cheaper, see `last_layer`.

    Parameters
    ----------
    loss : callable, default=None
        Takes outputs (b, ...) and labels (b, ...) and gives losses (b,), all tensors.
        None is the log loss: of outputs (b,) or (b, 1), the log odds of class 1 of 0
        and 1; of (b, c), softmax of c classes numbered from 0. Module and loss are made
        of what torch has forward derivatives of, twice for the loss; that of
        ``cross_entropy`` is missing under ``python -O``.
    penalty : float or mapping of str to float, default=0.0
        What the squares of the parameters are taken times, halved, in the sum over
        rows: n times the ``weight_decay`` of an optimizer that got the mean loss. A
        mapping gives it by the parameters' names, 0 to those that it lacks.
    curvature : "gauss_newton" or "hessian", default="gauss_newton"
        The Hessian of the objective of the linearized network, which is positive
        semi-definite for every loss that is convex in the outputs; or the whole Hessian
        of the network, which away from a minimum has negative eigenvalues.
    damping : float or None, default=None
        > 0, in the units of `penalty`. None takes 0.1 of the mean eigenvalue of the
        Gauss-Newton matrix over the rows, as its trace is estimated with eight random
        signs; the number is in `damping_`.
    tol : float, default=1e-5
        Relative residual at which conjugate gradients end, > 0.
    max_iter : int, default=500
        Passes over the rows for each target, >= 1.
    batch_size : int, default=256
        Rows on the device at a time, >= 1.
    random_state : int, RandomState or None, default=0
        Of the automatic damping.

    Attributes
    ----------
    damping_ : float
    gradient_norm_ : float
        Norm of the objective's gradient over the sum of the weights. Networks are
        seldom trained to 0; see the notes.
    n_parameters_ : int
        q.
    residuals_ : float64 array of shape (t,)
        Of the last call of `scores`: the norm of each system's residual over that of
        its right-hand side, computed anew from the solution; 0 where that is 0.
    n_iter_ : int64 array of shape (t,)
        Of the last call of `scores`: passes of conjugate gradients.

    Notes
    -----
    `fit` keeps a copy of the module in eval mode, so that no row's output depends on
    another row, and training the module on changes no score. All is computed on the
    module's device in the module's dtype, with sums over rows and conjugate gradients
    in float64; X may be elsewhere, and is brought over in batches. Memory is a few
    vectors (q,) and what a batch takes.

    Away from a minimum the scores are not those of training again. With the
    Gauss-Newton matrix and damping they are, to first order, those of minimizing the
    objective without the row from the network's own outputs, held near them and near
    the parameters (Bae et al. 2022).

    *Differences from the thesis.* It names damping as its second way to networks and
    follows the first only (`last_layer`); nothing of it is compared with here. V' is
    made by any adversary, and stays where it is when theta changes.

    References
    ----------
    Thesis 4.2.2; Koh and Liang 2017, arXiv:1703.04730; Bae et al. 2022,
    arXiv:2209.05364; the automatic damping is that of Grosse et al. 2023,
    arXiv:2308.03296, for the whole matrix instead of each layer's.
    """

    def __init__(
        self,
        *,
        loss=None,
        penalty=0.0,
        curvature="gauss_newton",
        damping=None,
        tol=1e-5,
        max_iter=500,
        batch_size=256,
        random_state=0,
    ):
        self.loss = loss
        self.penalty = penalty
        self.curvature = curvature
        self.damping = damping
        self.tol = tol
        self.max_iter = max_iter
        self.batch_size = batch_size
        self.random_state = random_state

    def fit(self, module, X, y, sample_weight=None):
        """Take a copy of a network and the rows that it was trained on.

        Parameters
        ----------
        module : torch.nn.Module
            On any device; its parameters are of one dtype.
        X : array-like or tensor of shape (n, ...)
            What the module takes; floating values are brought to its dtype.
        y : array-like or tensor of shape (n, ...)
            What the loss takes.
        sample_weight : array-like of shape (n,), optional
            >= 0; of each row's loss in the sum.

        Returns
        -------
        self

        Raises
        ------
        ImportError
            If torch is missing.
        TypeError
            If the module is none.
        ValueError
            If it has nothing to train, the data do not fit it, they or its gradient are
            not finite, the loss does not give a number for each row, or a parameter is
            outside its range.
        """
        self._check_parameters()
        _require_torch()
        if not is_module(module):
            raise TypeError(
                f"module is a {type(module).__name__}, should be a torch.nn.Module"
            )
        require_same_rows(X=X, y=y, sample_weight=sample_weight)
        X = as_rows(X, "X")
        weights = _row_weights(sample_weight, len(X))
        objective = Objective(
            module, X, None, weights,
            loss=self.loss or log_loss,
            penalty=self.penalty,
            gauss_newton=self.curvature == "gauss_newton",
            batch_size=self.batch_size,
        )  # fmt: skip
        objective.y = labels(objective, X, y, "y")
        _check_loss(objective)
        self._objective, self.n_parameters_ = objective, objective.n_parameters
        self.gradient_norm_ = float(objective.gradient().norm() / weights.sum())
        if not np.isfinite(self.gradient_norm_):
            raise ValueError(
                f"the objective's gradient has the norm {self.gradient_norm_}: outputs "
                "or losses of the module on X are not finite"
            )
        self.damping_ = self._automatic() if self.damping is None else self.damping
        return self

    def scores(self, X_val, y_val=None, *, target, groups=None, adversary=None):
        """The influence of leaving out each training row on a target.

        Parameters
        ----------
        X_val : array-like or tensor of shape (v, ...)
            Validation rows V.
        y_val : array-like or tensor of shape (v, ...), optional
            Needed except for callables.
        target : str, callable, or list of them
            "loss": the loss summed over V (eq. 4.5). "demographic_parity": the absolute
            difference between groups of the mean over V of the probability of class 1
            (eq. 4.6). "equal_opportunity": the absolute difference between groups of
            the mean loss over the rows of V of class 1 (eq. 4.7); both need the log
            loss of two classes. "robustness": the loss summed over V' (eq. 4.8). A
            callable takes the outputs on V, a tensor (v, ...), and gives a tensor of
            one number that torch can differentiate.
        groups : array-like of shape (v,), optional
            Two values, for the two targets of fairness.
        adversary : callable, optional
            Takes X_val and y_val as they are given and gives V', of the shape of X_val;
            for robustness.

        Returns
        -------
        float64 array of shape (n,), or (t, n) for a list of targets
            In units of the target.

        Raises
        ------
        ValueError
            If a target has no meaning for the network, the groups are not two, one of
            them has no rows to count, or the validation rows do not fit.
        InfeasibleError
            If conjugate gradients meet a direction of negative curvature.

        Warns
        -----
        ConvergenceWarning
            If a residual is above `tol` at the end.
        ApproximationWarning
            If a row's score is below minus twice the gap that it is of, or that is 0:
            the slope of an absolute value, beyond where it turns.
        """
        import torch

        check_is_fitted(self, "damping_")
        require_same_rows(X_val=X_val, y_val=y_val, groups=groups)
        several = isinstance(target, list | tuple)
        listed = list(target) if several else [target]
        if not listed:
            raise ValueError("target=[] should name at least one target")
        outcomes = [
            outcome(
                self._objective, one, X_val, y_val, groups=groups, adversary=adversary
            )
            for one in listed
        ]
        sides = [one.gradient(self._objective) for one in outcomes]
        solved, residuals, n_iter = zip(*map(self._solved, sides), strict=True)
        self.residuals_, self.n_iter_ = np.array(residuals), np.array(n_iter)
        self._warn_of_residual()
        scores = self._objective.row_slopes(torch.stack(solved))
        gaps = np.array([one.gap(self._objective) for one in outcomes])
        scores = with_doubts(scores, listed, gaps, _TRAIN_AGAIN, stacklevel=2)
        return scores if several else scores[0]

    def _check_parameters(self):
        if self.curvature not in _CURVATURES:
            raise ValueError(
                f"curvature={self.curvature!r} should be one of "
                f"{', '.join(_CURVATURES)}"
            )
        if self.damping is not None and not 0 < self.damping < np.inf:
            raise ValueError(
                f"damping={self.damping} should be finite and > 0, or None"
            )
        if not self.tol > 0:
            raise ValueError(f"tol={self.tol} should be > 0")
        require_count("max_iter", self.max_iter)
        require_count("batch_size", self.batch_size)
        if self.loss is not None and not callable(self.loss):
            raise TypeError(f"loss={self.loss!r} should be callable or None")

    def _automatic(self):
        """A share of the mean eigenvalue of the Gauss-Newton matrix."""
        import torch

        objective, rng = self._objective, check_random_state(self.random_state)
        total = 0.0
        for _ in range(_N_PROBES):
            signs = rng.choice([-1.0, 1.0], size=objective.n_parameters)
            vector = torch.as_tensor(signs, device=objective.like.device)
            total += float(vector @ objective.gauss_newton_times(vector))
        mean = total / _N_PROBES / objective.n_parameters
        if not mean > 0:
            raise ValueError(
                f"the mean eigenvalue of the Gauss-Newton matrix is {mean:.3g}: there "
                "is no scale to take damping from; give it"
            )
        return _DAMPING_SHARE * mean

    def _solved(self, side):
        """The solution for a right-hand side (q,), its residual and the passes."""
        solution, residual = side.new_zeros(len(side)), side.clone()
        direction, size = residual.clone(), residual @ residual
        goal, n_iter = self.tol**2 * size, 0
        while size > goal and n_iter < self.max_iter:
            curved = self._times(direction)
            along = direction @ curved
            if not along > 0:
                raise InfeasibleError(self._why_not_positive(along, direction))
            step = size / along
            solution += step * direction
            residual -= step * curved
            previous, size = size, residual @ residual
            direction = residual + size / previous * direction
            n_iter += 1
        if n_iter == 0:
            return solution, 0.0, 0
        left = side - self._times(solution)
        return solution, float(left.norm() / side.norm()), n_iter

    def _times(self, vector):
        return self._objective.curvature_times(vector) + self.damping_ * vector

    def _why_not_positive(self, along, direction):
        found = float(along / (direction @ direction))
        if self.curvature == "hessian":
            return (
                f"with damping={self.damping_:.3g} the Hessian has curvature "
                f"{found:.3g} along a direction: the network is at no minimum there; "
                f"give damping > {self.damping_ - found:.3g}, or "
                "curvature='gauss_newton'"
            )
        return (
            f"the Gauss-Newton matrix has curvature {found:.3g} along a direction: the "
            f"loss is not convex in the outputs; give damping > "
            f"{self.damping_ - found:.3g}"
        )

    def _warn_of_residual(self):
        worst = int(np.argmax(self.residuals_))
        if self.residuals_[worst] > self.tol:
            warnings.warn(
                f"conjugate gradients ended after {self.n_iter_[worst]} passes with a "
                f"relative residual of {self.residuals_[worst]:.2g}, above "
                f"tol={self.tol}; give a larger max_iter or damping, or a module in "
                "float64",
                ConvergenceWarning,
                stacklevel=3,
            )


def _require_torch():
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise ImportError('networks need torch: pip install "rfcore[deep]"') from error


def _row_weights(sample_weight, n_rows):
    import torch

    if sample_weight is None:
        return torch.ones(n_rows, dtype=torch.float64)
    weights = as_rows(sample_weight, "sample_weight").double()
    if weights.shape != (n_rows,):
        raise ValueError(
            f"sample_weight.shape={tuple(weights.shape)} should be {(n_rows,)}"
        )
    if weights.min() < 0 or not weights.sum() > 0:
        raise ValueError("sample_weight should be >= 0, and not 0 everywhere")
    return weights


def _check_loss(objective):
    rows, y = next(objective.batches(objective.X[:2], objective.y[:2]))
    losses = objective.loss(objective.outputs(rows), y)
    if tuple(losses.shape) != (len(rows),):
        raise ValueError(
            f"loss gives shape {tuple(losses.shape)} for {len(rows)} rows, should give "
            f"({len(rows)},): one number a row"
        )
