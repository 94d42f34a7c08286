"""FairBatch: mini-batches whose shares of the groups follow the gaps of the losses."""

import numpy as np
from scipy.special import expit
from sklearn.utils import check_random_state

from rfcore._arrays import require_count
from rfcore.fair.classifiers.base import (
    CRITERIA,
    FairLinearClassifier,
    require_positive,
    require_word,
)


class FairBatch(FairLinearClassifier):
    """Logistic regression on batches that hold more of the group that is worse off.

    With n(y, g) rows of class y and group g, a batch of b rows holds
    S(y) = b n(y) / n rows of class y, of which a share lambda(y) is of group 1: at
    first n(y, 1) / n(y). Before each epoch, with L(y, g) the sum over the n(y, g) rows
    of the loss of calling them class 1, divided by n(g),

        demographic_parity   lambda(y) moves by alpha for the y with the larger
                             |L(y, 1) - L(y, 0)|: up for y = 1 and down for y = 0 where
                             L(y, 1) is the larger one,
        equal_opportunity    lambda(1) moves by alpha, up where the mean loss of the
                             rows (1, 1) is larger than that of (1, 0),

    and stays in [0, 1]. Where both gaps of demographic parity are closed, so is that
    of the mean loss of the answer 1 between the groups.

    Parameters
    ----------
    criterion : "demographic_parity" or "equal_opportunity"
        Default "demographic_parity".
    alpha : float, default=0.005
        Step of lambda, > 0.
    batch_size : int, default=100
        b, >= 1; each of the four numbers of rows is rounded by itself.
    n_epochs : int, default=100
        Passes of n // b batches (at least one), >= 1.
    learning_rate : float, default=0.01
        Of Adam, > 0.
    C : float, default=1.0
        Inverse penalty, > 0, in the unit of scikit-learn's `LogisticRegression`: half
        of the coefficients' squares over n C is added to the mean loss.
    random_state : int, RandomState or None, default=None
        Of the order of the rows.

    Attributes
    ----------
    coef_ : float64 array of shape (1, m)
    intercept_ : float64 array of shape (1,)
    lambdas_ : float64 array of shape (n_epochs, 2)
        Shares of group 1 among the rows of class 0 and of class 1, by epoch.
    classes_, groups_ : ndarray of shape (2,)
        Names of the classes and of the groups, sorted.
    n_features_in_ : int

    Notes
    -----
    Scale the columns first. Rows of a class and group are taken in random order, and
    again from the start where an epoch needs more of them than there are. Where the
    classes have unlike shares in the groups, the gaps of demographic parity need not
    close, and lambda may drift to 0 or 1, which leaves a group out of the batches: look
    at `lambdas_`.

    *Differences from the paper and the authors' code.* The probability is the logistic
    function of the score; the code's is that of twice the score. The coefficients are
    penalized and start at 0; theirs start at random and are not penalized. Gaps that
    are equal to zero move nothing; in the code they move lambda down. The learning rate
    is higher and there are fewer epochs (0.0005 and 500 in a notebook of theirs).
    Equalized odds is left out.

    References
    ----------
    Roh et al. 2021, arXiv:2012.01696.
    """

    def __init__(
        self,
        *,
        criterion="demographic_parity",
        alpha=0.005,
        batch_size=100,
        n_epochs=100,
        learning_rate=0.01,
        C=1.0,
        random_state=None,
    ):
        self.criterion = criterion
        self.alpha = alpha
        self.batch_size = batch_size
        self.n_epochs = n_epochs
        self.learning_rate = learning_rate
        self.C = C
        self.random_state = random_state

    def fit(self, X, y, *, groups):
        """Train on batches whose composition follows the gaps.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n, m)
        y : array-like of shape (n,)
            Two classes; the second in sorted order is the favorable one.
        groups : array-like of shape (n,)
            Two protected groups; names of any kind.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If y or groups do not hold two values, no row has a class and group that
            the criterion compares, the data do not fit, or a parameter is outside its
            range.
        """
        self._check_parameters()
        X, y, groups = self._read(X, y, groups)
        self._require_cells(y, groups, self.criterion)
        rng = check_random_state(self.random_state)
        cells = [
            [np.flatnonzero((y == label) & (groups == group)) for group in (0, 1)]
            for label in (0, 1)
        ]
        of_class = np.array([sum(map(len, own)) for own in cells])
        share = np.array([len(own[1]) for own in cells]) / of_class
        sizes = self.batch_size * of_class / len(y)
        adam = Adam(X.shape[1] + 1, self.learning_rate)
        self.lambdas_ = np.empty((self.n_epochs, 2))
        for epoch in range(self.n_epochs):
            scores = X @ adam.theta[:-1] + adam.theta[-1]
            share = moved_shares(share, scores, cells, self.criterion, self.alpha)
            self.lambdas_[epoch] = share
            self._run_epoch(X, y, cells, cell_sizes(sizes, share), adam, rng)
        self.coef_, self.intercept_ = adam.theta[None, :-1], adam.theta[-1:]
        return self

    def _check_parameters(self):
        require_word("criterion", self.criterion, CRITERIA)
        for name in ("alpha", "learning_rate", "C"):
            require_positive(name, getattr(self, name))
        for name in ("batch_size", "n_epochs"):
            require_count(name, getattr(self, name))

    def _run_epoch(self, X, y, cells, sizes, adam, rng):
        n_batches = max(1, len(y) // self.batch_size)
        order = np.concatenate(
            [
                endless(rng.permutation(rows), n_batches, size)
                for own, counts in zip(cells, sizes, strict=True)
                for rows, size in zip(own, counts, strict=True)
            ],
            axis=1,
        )
        step = order.shape[1]
        if step == 0:
            raise ValueError(
                f"batch_size={self.batch_size} rounds every class and group to 0"
            )
        rows, labels = X[order.ravel()], y[order.ravel()]
        penalty = 1 / (self.C * len(y))
        gradient = np.empty_like(adam.theta)
        for start in range(0, len(labels), step):
            batch = rows[start : start + step]
            scores = batch @ adam.theta[:-1] + adam.theta[-1]
            slope = (expit(scores) - labels[start : start + step]) / step
            gradient[:-1] = slope @ batch + penalty * adam.theta[:-1]
            gradient[-1] = slope.sum()
            adam.step(gradient)


def moved_shares(share, scores, cells, criterion, alpha):
    """lambda after one step of the outer loop, (2,) by class.

    Parameters
    ----------
    share : float64 array of shape (2,)
        Of group 1 among the rows of each class.
    scores : float64 array of shape (n,)
        Log odds of class 1.
    cells : list of list of int arrays
        Rows by class, then by group.
    criterion : str
    alpha : float
    """
    losses = np.logaddexp(0, -scores)
    share = share.copy()
    if criterion == "equal_opportunity":
        means = [losses[rows].mean() for rows in cells[1]]
        share[1] += alpha * np.sign(means[1] - means[0])
    else:
        of_group = [len(cells[0][group]) + len(cells[1][group]) for group in (0, 1)]
        gaps = [
            losses[own[1]].sum() / of_group[1] - losses[own[0]].sum() / of_group[0]
            for own in cells
        ]
        label = int(abs(gaps[1]) > abs(gaps[0]))
        share[label] += alpha * np.sign(gaps[label]) * (1 if label else -1)
    return np.clip(share, 0, 1)


def cell_sizes(sizes, share):
    """Rows of a batch by class, then by group, each rounded half to even."""
    by_group = np.column_stack([(1 - share) * sizes, share * sizes])
    return np.rint(by_group).astype(int)


def endless(rows, n_batches, size):
    """The rows one after another, again and again, as (n_batches, size)."""
    return np.resize(rows, (n_batches, size)) if size else np.empty((n_batches, 0), int)


class Adam:
    """Adam's parameters and moments (Kingma and Ba 2015, arXiv:1412.6980)."""

    def __init__(self, n_parameters, learning_rate):
        self.theta = np.zeros(n_parameters)
        self.learning_rate = learning_rate
        self.first = np.zeros(n_parameters)
        self.second = np.zeros(n_parameters)
        self.n_steps = 0

    def step(self, gradient, beta1=0.9, beta2=0.999, epsilon=1e-8):
        """Move theta against a gradient."""
        self.n_steps += 1
        self.first += (1 - beta1) * (gradient - self.first)
        self.second += (1 - beta2) * (gradient**2 - self.second)
        rate = self.learning_rate / (1 - beta1**self.n_steps)
        size = np.sqrt(self.second / (1 - beta2**self.n_steps)) + epsilon
        self.theta -= rate * self.first / size
