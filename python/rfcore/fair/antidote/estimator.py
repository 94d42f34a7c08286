"""Antidote data (Algorithm 3): a few added rows make an ordinary clustering fairer."""

import math
import numbers

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin

from rfcore._arrays import as_rows, require_count, require_moderate, validate_data
from rfcore._columns import require_same_rows
from rfcore.cluster.oracle import takes_groups
from rfcore.cluster.seeds import with_seeds
from rfcore.fair.antidote.questions import COSTS, Questions
from rfcore.fair.antidote.result import AntidoteResult, front_of
from rfcore.fair.antidote.rows import Room, suggested_rows
from rfcore.fair.antidote.search import Search, search_box, search_pool
from rfcore.fair.base import as_groups
from rfcore.metrics import n_switched
from rfcore.zeroth.minimize import METHODS


class AntidoteData(ClusterMixin, BaseEstimator):
    """A clusterer made fairer by a few rows that are added to its data.

    The estimator is fitted to X with antidote rows V appended; its centers cluster the
    original rows, and only these count in the fairness cost. V minimizes that cost. A
    clustering in which some cluster holds no original row is refused: one far outlier
    takes a center for itself, all original rows share the others, and with two clusters
    any balance is "perfect".

    Parameters
    ----------
    estimator : clusterer
        `rfcore.cluster.KMeans` and anything else with `cluster_centers_` or `labels_`;
        of labels the centers are the means of the clusters. It should not take groups.
    cost : {"balance", "social"} or callable, default="balance"
        "balance" is minus the balance of nearest-center labels (definition 3.1.2),
        "social" is `rfcore.metrics.social_cost` (definition 3.1.1). A callable takes
        (X, centers, groups), the groups as 0 .. l - 1 in the order of their sorted
        names, and gives a float, to be made small; NaN refuses the clustering.
    alpha : float, default=None
        The goal: rows are added until the cost is at most alpha. None searches `n_rows`
        rows for the least cost.
    n_rows : int, default=10
        V_s, the number of rows that is searched first, >= 1.
    step : int, default=1
        Rows more in each round that follows, >= 1.
    max_rows : int, default=None
        The largest number of rows; None leaves it to `max_iter`.
    max_iter : int, default=10
        Rounds, >= 1.
    max_evals : int, default=2000
        Clusterings asked in all, >= 1; each round may spend an equal share of what is
        left, but one at least.
    smallest : bool, default=False
        Whether, once alpha is met, fewer rows are searched by bisection.
    method : {"racos", "cmaes", "imgpo", "rbf", "random", "starts"}, default="racos"
        The optimizer that follows the starts; "starts" has none.
    n_components : int, default=100
        n': where V holds more numbers, it is searched by `SequentialEmbedding`.
    bounds : "range", None or array-like of shape (m, 2), default="range"
        Where V may lie: the observed range of each feature; None is ten times that
        range, the thesis's protocol; or limits of your own.
    depth_quantile : float, default=None
        In [0, 1]: rows of V should be as deep, by `coordinate_depth` among the
        clusters before, as this quantile of the rows of X, so that they are plausible.
    pool : array-like of shape (p, m), default=None
        V is chosen from these rows, each at most once; real rows of the same kind.
        Those outside the bounds or not deep enough are left out. Of more than 0.4
        times the questions of a round, as many are looked at, drawn by `random_state`.
    n_null : int, default=20
        Draws of as many random rows, >= 1.
    random_state : int or None, default=None

    Attributes
    ----------
    antidote_ : float64 array of shape (s, m)
        V; your clusterer gives `labels_` and `cost_after` if fitted to X with these
        rows appended from the centers before: `init=result_.centers_before`,
        `n_init=1`, `tol=0` (other starts may end elsewhere). Without `init`, if fitted
        with the same seed.
    labels_ : int32 array of shape (n,)
        The clusters of the original rows.
    cluster_centers_ : float64 array of shape (k, m)
    result_ : AntidoteResult
        Costs, the path of the search, the null.
    n_iter_ : int
        Rounds of the search, those of `smallest` among them; 0 if alpha was met before.
    groups_ : ndarray of shape (l,)
        The names of the groups, sorted; a group without rows is none.
    n_features_in_ : int

    Notes
    -----
    *Before and after.* A local optimum that happens to be fairer is no antidote. An
    estimator that can begin at given centers (`init`) is run to a fixed point of X,
    with `tol` 0 and steps enough; that is "before", and every question begins there
    and runs to a fixed point too. Others are fitted anew with the same `random_state`.
    `result_.n_switched` tells where a basin changed.

    *The search.* Centers move little: by about |V| / n of the distance to V. So rows
    that a look at the clustering suggests are asked first, each |V| times: against the
    gradient of the cost with respect to the centers, toward and away from the groups'
    means, the corners and ends of the room, rows at the boundary. Single rows are then
    exchanged; the optimizer gets the rest of the budget, from the best so far.

    *Differences from the paper and the authors' code.* Theirs starts from arbitrary V
    and runs RACOS in random embeddings alone. Theirs leaves V unbounded; the default
    here keeps it in the observed range. Degenerate clusterings are refused. Where
    alpha is not met the best V is given back, which is empty if nothing helps.
    `smallest`, `depth_quantile`, `pool`, `front` and the null are ours.

    References
    ----------
    Thesis, 3.1.2 and algorithm 3; Chhabra, Singla and Mohapatra 2022,
    arXiv:2106.00600.

    Examples
    --------
    >>> from rfcore.cluster import KMeans
    >>> rng = np.random.default_rng(0)
    >>> X, groups = rng.normal(size=(300, 2)), rng.integers(0, 2, 300)
    >>> fair = AntidoteData(KMeans(2, random_state=0), max_evals=300, random_state=0)
    >>> result = fair.fit(X, groups=groups).result_
    >>> result.cost_after < result.cost_before
    True
    """

    def __init__(
        self,
        estimator,
        *,
        cost="balance",
        alpha=None,
        n_rows=10,
        step=1,
        max_rows=None,
        max_iter=10,
        max_evals=2000,
        smallest=False,
        method="racos",
        n_components=100,
        bounds="range",
        depth_quantile=None,
        pool=None,
        n_null=20,
        random_state=None,
    ):
        self.estimator = estimator
        self.cost = cost
        self.alpha = alpha
        self.n_rows = n_rows
        self.step = step
        self.max_rows = max_rows
        self.max_iter = max_iter
        self.max_evals = max_evals
        self.smallest = smallest
        self.method = method
        self.n_components = n_components
        self.bounds = bounds
        self.depth_quantile = depth_quantile
        self.pool = pool
        self.n_null = n_null
        self.random_state = random_state

    def fit(self, X, y=None, *, groups):
        """Find antidote rows and cluster the rows of X with them.

        Parameters
        ----------
        X : array-like of shape (n, m)
            Computed with as float64.
        y : ignored
        groups : array-like of shape (n,)
            The protected group of each row; names of any kind.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If X is not a finite matrix, groups do not fit it, a parameter is outside
            its range, the estimator asks for more clusters than rows, the bounds hold
            no row that is deep enough, or the cost of the unchanged data is NaN.
        TypeError
            If a count is not an integer, or the estimator has neither centers nor
            labels, or takes groups itself.
        InfeasibleError
            If the estimator leaves a cluster without rows before any is added.
        """
        questions, room, rng = self._prepared(X, groups)
        search = Search(questions, room, -np.inf if self.alpha is None else self.alpha)
        look = self._look(questions, room, rng)
        V, path, stopped, value = self._grow(search, look)
        n_queries, n_refused = questions.n_queries, questions.n_refused
        before, after = questions.before, questions.fit(V)
        self.antidote_, self.n_iter_ = V, len(path)
        self.labels_, self.cluster_centers_ = after.labels, after.centers
        self.result_ = AntidoteResult(
            V=V,
            cost_before=before.cost,
            cost_after=after.cost,
            k_means_cost_before=before.k_means_cost,
            k_means_cost_after=after.k_means_cost,
            centers_before=before.centers,
            centers=after.centers,
            labels_before=before.labels,
            labels=after.labels,
            clusters_used=(before.clusters_used, after.clusters_used),
            n_switched=n_switched(before.labels, after.labels),
            search_value=value,
            path=path,
            n_queries=n_queries,
            n_refused=n_refused,
            stopped=stopped,
            null=self._null(questions, len(V), rng),
        )
        return self

    def front(self, X, *, groups, weights=(0.0, 0.5, 0.75, 0.9)):
        """What fairness costs: the front of the fairness and the k-means cost.

        For each weight w, (1 - w) cost / |cost before| + w k-means cost / k-means cost
        before is minimized over `n_rows` rows, by an equal share of `max_evals`
        questions; every answer takes part in the front.

        Parameters
        ----------
        X : array-like of shape (n, m)
        groups : array-like of shape (n,)
        weights : sequence of float
            In [0, 1].

        Returns
        -------
        AntidoteFront

        Raises
        ------
        ValueError, TypeError, InfeasibleError
            As `fit`; and if there is no weight, or one is outside [0, 1].
        """
        weights = [float(weight) for weight in weights]
        if not weights or not all(0.0 <= weight <= 1.0 for weight in weights):
            raise ValueError(f"weights={weights} should be one or more in [0, 1]")
        questions, room, rng = self._prepared(X, groups)
        look, asked = self._look(questions, room, rng), []
        for i, weight in enumerate(weights):
            search = Search(questions, room, -np.inf, weight, asked)
            share = self._share(questions, len(weights) - i)
            if share:
                look(search, self.n_rows, share, [])
        return front_of(asked, questions.before, questions.n_queries)

    def _prepared(self, X, groups):
        """Questions, the room of V and random numbers; all that is given is checked."""
        require_same_rows(X=X, groups=groups)
        X = validate_data(self, X, dtype=np.float64, order="C")
        require_moderate(X)
        self._check()
        groups, self.groups_ = as_groups(groups, len(X))
        questions = Questions(
            with_seeds(self.estimator, self.random_state), X, groups, self.cost
        )
        before = questions.before
        room = Room(X, self.bounds, self.depth_quantile, before.centers, before.labels)
        return questions, room, np.random.default_rng(self.random_state)

    def _check(self):
        for name in ("n_rows", "step", "max_iter", "max_evals", "n_components"):
            require_count(name, getattr(self, name))
        require_count("n_null", self.n_null)
        if self.max_rows is not None:
            require_count("max_rows", self.max_rows)
            if self.max_rows < self.n_rows:
                raise ValueError(
                    f"max_rows={self.max_rows} should be >= n_rows={self.n_rows}"
                )
        if not callable(self.cost) and self.cost not in COSTS:
            raise ValueError(
                f"cost={self.cost!r} should be one of {', '.join(COSTS)}, or callable"
            )
        if self.method not in (*METHODS, "starts"):
            known = ", ".join((*METHODS, "starts"))
            raise ValueError(f"method={self.method!r} should be one of {known}")
        for name in ("alpha", "depth_quantile"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, numbers.Real):
                raise TypeError(f"{name}={value!r} should be a number or None")
        if self.alpha is not None and math.isnan(self.alpha):
            raise ValueError("alpha=nan should be a number")
        if self.depth_quantile is not None and not 0 <= self.depth_quantile <= 1:
            raise ValueError(
                f"depth_quantile={self.depth_quantile} should be in [0, 1]"
            )
        if self.smallest and self.alpha is None:
            raise ValueError("smallest=True needs alpha, the goal of the rows")
        if not hasattr(self.estimator, "fit"):
            name = type(self.estimator).__name__
            raise TypeError(f"{name} has no fit: it cannot cluster")
        if takes_groups(self.estimator):
            name = type(self.estimator).__name__
            raise TypeError(f"{name} takes groups itself: give an ordinary clusterer")

    def _look(self, questions, room, rng):
        """look(search, n_rows, budget, starts): the search for so many rows."""
        seed = int(rng.integers(2**31))
        if self.pool is None:
            rows = suggested_rows(questions, room, questions.groups, rng)

            def look(search, n_rows, budget, starts):
                search_box(
                    search,
                    n_rows,
                    budget,
                    starts,
                    rows,
                    method=self.method,
                    n_components=self.n_components,
                    seed=seed,
                )

            return look
        pool = as_rows(self.pool, "pool", n_features=questions.X.shape[1])
        pool = np.ascontiguousarray(pool[room.holds(pool)])
        largest = max(self._sizes())
        if len(pool) < largest:
            raise ValueError(
                f"pool has {len(pool)} rows within the bounds, should have >= {largest}"
            )
        # A search may see the first rows alone, whose order should mean nothing.
        pool = np.random.default_rng(seed).permutation(pool)
        return lambda search, n_rows, budget, starts: search_pool(
            search, n_rows, budget, starts, pool
        )

    def _sizes(self):
        """The numbers of rows to search, one a round."""
        if self.alpha is None:
            return [self.n_rows]
        last = self.n_rows + self.step * (self.max_iter - 1)
        if self.max_rows is not None:
            last = min(last, self.max_rows)
        return list(range(self.n_rows, last + 1, self.step))

    def _share(self, questions, n_rounds):
        """The questions of this round of n_rounds; 0 once all are spent."""
        left = self.max_evals - questions.n_queries
        return max(min(left, 1), left // n_rounds)

    def _grow(self, search, look):
        """V (s, m), the path, what ended the search, and the search's own value."""
        before, m = search.questions.before, len(search.room.low)
        best, value = np.empty((0, m)), before.cost
        if value <= search.alpha:
            return best, [], "alpha already met", value
        path, starts, sizes = [], [], self._sizes()
        for i, size in enumerate(sizes):
            share = self._share(search.questions, len(sizes) - i)
            if not share:
                break
            search.forget()
            look(search, size, share, starts)
            path.append((size, float(search.cost)))
            if search.cost < value:
                best, value = search.best, float(search.cost)
            if search.met:
                if self.smallest:
                    best, value = self._shrink(search, look, path)
                return best, path, "alpha met", value
            if self.pool is None and search.best is not None:
                more = np.resize(search.best, (self.step, m))
                starts = [np.vstack([search.best, more])]
        if self.alpha is not None:
            return best, path, "limit", value
        stopped = "budget spent" if len(best) else "nothing better found"
        return best, path, stopped, value

    def _shrink(self, search, look, path):
        """The smallest number of rows that meets alpha, by bisection."""
        best, value = search.best, float(search.cost)
        low, high = 0, len(best)
        while high - low > 1:
            share = self._share(search.questions, math.ceil(math.log2(high - low)))
            if not share:
                break
            size = (low + high) // 2
            search.forget()
            look(search, size, share, [best[:size]])
            path.append((size, float(search.cost)))
            if search.met:
                best, value, high = search.best, float(search.cost), size
            else:
                low = size
        return best, value

    def _null(self, questions, n_rows, rng):
        """Gains (n_null,) of as many random rows in the observed range."""
        low, high = questions.X.min(axis=0), questions.X.max(axis=0)
        V = low + rng.random((self.n_null, n_rows, len(low))) * (high - low)
        costs, _ = questions.ask(V)
        return np.where(np.isfinite(costs), questions.before.cost - costs, 0.0)
