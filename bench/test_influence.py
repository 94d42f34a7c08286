"""Influence of all rows on one and four targets, against the formula in NumPy."""

import re
import threading
from pathlib import Path

import numpy as np
import pytest
from machine import gemm_rate
from race import THREADS, Case, Goal, Ladder, peak_bytes
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from rfcore.influence import InfluenceFunction
from rfcore.influence.linear.design import Design
from rfcore.influence.linear.hessian import Problem, sum_over_rows
from rfcore.influence.linear.models import read_model

TARGETS = ("loss", "demographic_parity", "equal_opportunity", "robustness")
_N_VAL = 1000
_GAMMA = 1.1
_WRITTEN_AT_ONCE = 2**17


def logistic(n, d, *, seed=0):
    """A fitted model, its rows and labels, and validation rows with groups."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n + _N_VAL, d))
    y = (rng.random(len(X)) < expit(X @ rng.normal(size=d) / np.sqrt(d))).astype(int)
    groups = (X[n:, 0] > 0).astype(int)
    model = LogisticRegression(tol=1e-8, solver="newton-cholesky").fit(X[:n], y[:n])
    return model, X[:n], y[:n], X[n:], y[n:], groups


def scores(n, d, n_targets, *, threads=THREADS):
    """Scores of all rows; the Hessian is part of the work."""
    model, X, y, *validation = logistic(n, d)
    theta = np.append(model.coef_[0], model.intercept_)
    targets = list(TARGETS[:n_targets])
    X_val, y_val, groups = validation

    def own(threads):
        influence = InfluenceFunction()
        return lambda: influence.fit(model, X, y).scores(
            X_val, y_val, target=targets, groups=groups
        )

    def separate(threads):
        return lambda: np.vstack(
            [numpy_scores(theta, X, y, *validation, [target]) for target in targets]
        )

    def shared(threads):
        return lambda: numpy_scores(theta, X, y, *validation, targets)

    contestants = {"rfcore": own, "NumPy": separate}
    if n_targets > 1:
        contestants["NumPy, one Hessian"] = shared
    return Case(
        contestants=contestants,
        quality=_largest_difference,
        flops=float(n * (d + 1) ** 2),
        n_bytes=8.0 * n * d,
        threads=threads,
    )


def row_hessians(n, d, *, threads=THREADS):
    """Against a Hessian that is the sum of those of all rows, all formed at once."""
    model, X, y, *validation = logistic(n, d)
    theta = np.append(model.coef_[0], model.intercept_)

    def own(threads):
        influence = InfluenceFunction()
        return lambda: influence.fit(model, X, y).scores(
            validation[0], validation[1], target=["loss"]
        )

    def by_einsum(threads):
        return lambda: numpy_scores(
            theta, X, y, *validation, ["loss"], find=_hessian_of_rows
        )

    return Case(
        contestants={"rfcore": own, "einsum": by_einsum},
        quality=_largest_difference,
        threads=threads,
    )


def numpy_scores(theta, X, y, X_val, y_val, groups, targets, *, find=None):
    """grad f' H^-1 grad l_i, (t, n), written down as it stands."""
    rows, p, hessian = (find or _hessian)(theta, X)
    slopes = [_target_gradient(theta, X_val, y_val, groups, name) for name in targets]
    solved = np.linalg.solve(hessian, np.column_stack(slopes))
    gradients = (p - y)[:, None] * rows
    return (gradients @ solved).T


def _hessian(theta, X):
    rows = np.column_stack([X, np.ones(len(X))])
    p = expit(rows @ theta)
    weighted = rows * (p * (1 - p))[:, None]
    return rows, p, rows.T @ weighted + _penalty(len(theta))


def _hessian_of_rows(theta, X):
    """As the authors of the thesis do: n d^2 numbers, bordered by the intercept's."""
    rows = np.column_stack([X, np.ones(len(X))])
    p = expit(rows @ theta)
    inner = np.einsum("i,ij,ik->ijk", p * (1 - p), X, X)
    border = np.einsum("i,ij->ij", p * (1 - p), rows)
    each = np.concatenate([inner, border[:, None, :-1]], axis=1)
    each = np.concatenate([each, border[:, :, None]], axis=2)
    summed = np.einsum("ijk,i->jk", each, np.ones(len(X)))
    return rows, p, summed + _penalty(len(theta))


def _penalty(q):
    return np.diag(np.append(np.ones(q - 1), 0.0))


def _target_gradient(theta, X_val, y_val, groups, name):
    rows = np.column_stack([X_val, np.ones(len(X_val))])
    if name == "robustness":
        coef = np.append(theta[:-1], 0)
        rows -= _GAMMA * np.outer(rows @ theta, coef) / (coef @ coef)
    z = rows @ theta
    p = expit(z)
    if name in ("loss", "robustness"):
        return rows.T @ (p - y_val)
    if name == "demographic_parity":
        values, slopes, counted = p, p * (1 - p), np.ones(len(z), dtype=bool)
    else:
        values, slopes, counted = np.logaddexp(0, -z), p - 1, y_val == 1
    one, other = (counted & (groups == g) for g in (1, 0))
    gap = values[one].mean() - values[other].mean()
    moved = [slopes[own] @ rows[own] / own.sum() for own in (one, other)]
    return np.sign(gap) * (moved[0] - moved[1])


def _largest_difference(results):
    own, *others = results.values()
    apart = max(np.abs(other / own - 1).max() for other in others)
    return f"largest relative difference {apart:.1e}"


def one_target_by_n(n):
    return scores(n, 64, 1)


def four_targets_by_n(n):
    return scores(n, 64, 4)


def four_targets_by_d(d):
    return scores(15_000, d, 4)


GOALS = (
    Goal("1 target, 100,000 x 64", lambda: scores(100_000, 64, 1), {"NumPy": 1}),
    Goal("1 target, 15,000 x 384", lambda: scores(15_000, 384, 1), {"NumPy": 1}),
    Goal(
        "4 targets, 100,000 x 64",
        lambda: scores(100_000, 64, 4),
        {"NumPy": 3, "NumPy, one Hessian": 1.3},
    ),
    Goal(
        "4 targets, 15,000 x 384",
        lambda: scores(15_000, 384, 4),
        {"NumPy": 3, "NumPy, one Hessian": 1.3},
    ),
    # A tenth of the rows above: of all, the peer would need 50 GB.
    Goal(
        "Hessians of rows, 1,500 x 384",
        lambda: row_hessians(1_500, 384),
        {"einsum": 100},
    ),
    Goal("Hessians of rows, 20,000 x 64", lambda: row_hessians(20_000, 64), {}),
)

LADDERS = (
    Ladder("1 target, d = 64", "n", (2_000, 20_000, 100_000), one_target_by_n),
    Ladder("4 targets, d = 64", "n", (2_000, 20_000, 100_000), four_targets_by_n),
    Ladder("4 targets, n = 15,000", "d", (16, 64, 384), four_targets_by_d),
)


@pytest.mark.parametrize("n_targets", [1, 4])
def test_scores(compare, full, n_targets):
    case = scores(*((100_000, 64) if full else (800, 6)), n_targets)
    own, *others = compare(case, n_rounds=3).values()
    for other in others:
        np.testing.assert_allclose(own, other, rtol=1e-6, atol=1e-12)


def test_hessians_of_rows(compare, full):
    case = row_hessians(*((1_500, 384) if full else (500, 6)))
    own, other = compare(case, n_rounds=1).values()
    np.testing.assert_allclose(own, other, rtol=1e-6, atol=1e-12)


def test_memory(benchmark, full):
    """rfcore adds at most a third of what the formula in NumPy does."""
    if not full:
        pytest.skip("the peak is measured at the full size")
    peaks = {
        name: peak_bytes(LADDERS[0], name)
        for name in one_target_by_n(LADDERS[0].sizes[0]).contestants
    }
    benchmark.extra_info.update(peak_bytes=peaks)
    benchmark.pedantic(lambda: None)
    if None not in peaks.values():
        assert peaks["rfcore"] <= peaks["NumPy"] / 3, peaks


def test_rows_in_a_file(benchmark, full, tmp_path):
    """10 million rows of a mapped file under 1 GiB of memory that is not the file's."""
    n, d = (10_000_000, 64) if full else (5_000, 6)
    path = tmp_path / "rows.float32"
    y, X_val, y_val = write_rows(path, n, d)
    X = np.memmap(path, dtype=np.float32, mode="r", shape=(n, d))
    try:
        with threadpool_limits(THREADS, user_api="blas"):
            model = fitted_in_blocks(X, y)
            influence = InfluenceFunction()

            def work():
                influence.fit(model, X, y)
                return influence.scores(X_val, y_val, target="loss")

            with AnonymousPeak() as peak:
                found = benchmark.pedantic(work, rounds=3 if full else 1)
    finally:
        path.unlink()
    assert found.shape == (n,)
    assert influence.gradient_norm_ < 1e-3
    if full:
        seconds = benchmark.stats.stats.median
        flops = n * (d + 1) ** 2 / seconds
        benchmark.extra_info.update(
            rows_a_second=n / seconds,
            share_of_gemm=flops / gemm_rate(THREADS, np.float32),
            peak_anonymous_bytes=peak.n_bytes,
        )
        assert peak.n_bytes is None or peak.n_bytes < 2**30


def write_rows(path, n, d):
    """Rows in a file; their labels, (n,) int8; and validation rows and labels."""
    rng = np.random.default_rng(0)
    slope, y = rng.normal(size=d).astype(np.float32) / 8, []
    with path.open("wb") as file:
        for start in range(0, n + _N_VAL, _WRITTEN_AT_ONCE):
            size = min(_WRITTEN_AT_ONCE, n + _N_VAL - start)
            rows = rng.standard_normal((size, d), dtype=np.float32)
            y.append(rng.random(size) < expit(rows @ slope))
            rows[: max(0, n - start)].tofile(file)
    y = np.concatenate(y).astype(np.int8)
    return y[:n], rows[-_N_VAL:], y[n:]


def fitted_in_blocks(X, y):
    """Two Newton steps over all rows, from the model of the first ones."""
    few = min(len(X), 50_000)
    model = LogisticRegression(tol=1e-8, solver="newton-cholesky")
    model.fit(X[:few].astype(np.float64), y[:few])
    plain = read_model(model)
    design = Design(X, intercept=True).shifted()
    theta = design.from_model(plain.theta)
    problem = Problem(design, y, None, plain.loss, theta, plain.penalty)
    for _ in range(2):
        sums = sum_over_rows(problem, with_hessian=True)
        step = np.linalg.solve(sums.hessian, sums.gradient[0])
        problem = problem.at(problem.theta - step)
    theta = design.to_model(problem.theta)
    model.coef_, model.intercept_ = theta[:, :-1], theta[:, -1]
    return model


class AnonymousPeak:
    """The most memory that no file stands behind, looked at every few milliseconds.

    Attributes
    ----------
    n_bytes : int or None
        None where the system does not tell.
    """

    def __enter__(self):
        self.n_bytes, self._done = self._now(), threading.Event()
        self._watcher = threading.Thread(target=self._watch)
        self._watcher.start()
        return self

    def __exit__(self, *error):
        self._done.set()
        self._watcher.join()

    def _watch(self):
        while self.n_bytes is not None and not self._done.wait(0.005):
            self.n_bytes = max(self.n_bytes, self._now())

    def _now(self):
        status = Path("/proc/self/status")
        if not status.exists():
            return None
        found = re.search(r"RssAnon:\s+(\d+) kB", status.read_text())
        return 1024 * int(found[1]) if found else None
