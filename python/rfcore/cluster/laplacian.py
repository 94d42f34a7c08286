"""Eigenvectors of graph Laplacians under linear constraints."""

import numpy as np
import scipy.linalg
import scipy.sparse
from scipy.sparse import csgraph
from scipy.sparse.linalg import LinearOperator, eigsh, splu

from rfcore._threads import one_blas_thread

# Up to this many nodes all eigenvectors are computed, by LAPACK.
_DENSE = 256
# Above this many nothing is factored, for fill grows faster than the graph.
_FACTORED = 100_000
# Eigenvectors kept of the graph beside the k asked for: _MORE, or k where that is more.
_MORE = 30
# How many of the largest components take part where the null space is larger than k.
_COMPONENTS = 1000
# What may be left of L h - theta h, relative to a bound on the eigenvalues of L.
_TOLERANCE = 1e-12
# Krylov steps between two looks at the residual, and the most vectors they make.
_STEPS = 6
_MOST_VECTORS = 120
# A column whose independent part is smaller than this share of it adds nothing new.
_DEPENDENT = 1e-10


class Laplacian:
    """A graph Laplacian, prepared for eigenvectors under many linear constraints.

    L = D - W, or D^(-1/2) (D - W) D^(-1/2) where it is normalized. What the constraints
    do not change is done once: the connected components, whose indicators (times
    D^(1/2)) span the null space exactly; a sparse factor of L with one node of each
    component grounded; the lowest eigenvectors U of L. For constraint vectors C the
    lowest eigenvectors of L on the complement of C lie in the span of U and of R,
    L^+ R, (L^+)^2 R, ... with R = C - U U'C, up to an error that falls geometrically.
    Each of those costs one solve; Rayleigh and Ritz give the vectors, and the residual
    is checked. Up to 256 nodes U is complete and R is 0; above 100,000 nodes nothing is
    factored and Lanczos runs on L itself.

    Parameters
    ----------
    W : CSR array of shape (n, n)
        Symmetric weights >= 0 without a diagonal; each node has an edge.
    n_vectors : int
        How many eigenvectors will be asked for.
    normalized : bool, default=False
    n_kept : int or None, default=None
        How many vectors of U beside the `n_vectors`; None is 30, or `n_vectors` where
        that is more. Without constraints none are needed.

    Attributes
    ----------
    n_components : int
        Connected components of the graph.

    References
    ----------
    von Luxburg 2007, doi:10.1007/s11222-007-9033-z. Golub 1973 on eigenvalues under
    linear constraints, doi:10.1137/1015032.
    """

    def __init__(self, W, n_vectors, *, normalized=False, n_kept=None):
        degrees = np.asarray(W.sum(axis=1)).ravel()
        self.graph = W
        self.n, self.k = len(degrees), n_vectors
        self._n_kept = max(n_vectors, _MORE) if n_kept is None else n_kept
        self.weights = np.sqrt(degrees) if normalized else np.ones(self.n)
        scale = scipy.sparse.diags_array(1.0 / self.weights)
        self.L = (scale @ (scipy.sparse.diags_array(degrees) - W) @ scale).tocsr()
        self.bound = 2.0 * (1.0 if normalized else degrees.max())
        self.n_components, self.component = csgraph.connected_components(W)
        self.sizes = np.bincount(self.component)
        self._norms = np.sqrt(np.bincount(self.component, self.weights**2))
        self._solve = None
        # The bits of a product should not depend on how many threads BLAS takes.
        with one_blas_thread():
            self._prepare()

    def lowest(self, constraints):
        """The lowest eigenvectors of L on the vectors orthogonal to all constraints.

        Where more of them than asked for belong to the eigenvalue 0 (a graph of many
        components), those with the least sum_i h_i^2 / |component of i| are given: the
        largest components are told apart first.

        Parameters
        ----------
        constraints : float64 array of shape (n, q)
            May be dependent; q = 0 is allowed.

        Returns
        -------
        H : float64 array of shape (n, k)
            Orthonormal; H'constraints = 0.
        values : float64 array of shape (k,)
            Ascending.
        residual : float
            The largest norm of P L h - theta h over the columns, where P projects on
            the complement of the constraints.

        Raises
        ------
        ValueError
            If fewer than k vectors are orthogonal to the constraints.
        """
        with one_blas_thread():
            return self._lowest(constraints)

    def _lowest(self, constraints):
        C = _orthonormal(constraints)
        if self.k > self.n - C.shape[1]:
            raise ValueError(
                f"n_samples={self.n} should be >= {self.k} eigenvectors + "
                f"{C.shape[1]} constraints"
            )
        flat, bent = self._null_space(C)
        k = self.k - flat.shape[1]
        if k == 0:
            H, values = flat, np.empty(0)
        elif self.n > _FACTORED:
            H, values = self._matrix_free(C, flat, k)
        else:
            H, values = self._ritz_until_converged(C, bent, k)
        if 0 < k < self.k:
            H = np.hstack([flat, H])
        values = np.concatenate([np.zeros(self.k - k), values])
        return H, values, self._residual(C, H, values)

    def _null_space(self, C):
        """Null vectors that satisfy the constraints, at most k, and the others."""
        most = max(_COMPONENTS, 2 * (self.k + C.shape[1]))
        chosen = np.argsort(-self.sizes, kind="stable")[:most]
        left, sizes, _ = scipy.linalg.svd(self._to_components(C)[chosen])
        rank = int(np.sum(sizes > _DEPENDENT))
        bent, flat = left[:, :rank], left[:, rank:]
        if flat.shape[1] > self.k:
            crowding = flat.T @ (flat / self.sizes[chosen, None])
            last = [0, self.k - 1]
            flat = flat @ scipy.linalg.eigh(crowding, subset_by_index=last)[1]
        both = np.zeros((self.n_components, flat.shape[1] + rank))
        both[chosen] = np.hstack([flat, bent])
        return np.hsplit(self._from_components(both), [flat.shape[1]])

    def _ritz_until_converged(self, C, bent, k):
        basis = np.hstack([bent, self.vectors])
        diagonal = np.concatenate([np.zeros(bent.shape[1]), self.values])
        space = np.empty((self.n, _MOST_VECTORS), order="F")
        size = 0
        block = C if self._solve else C[:, :0]
        while True:
            for _ in range(_STEPS):
                block = _new_directions(block, basis, space[:, :size])
                if size + block.shape[1] > _MOST_VECTORS:
                    block = block[:, :0]
                if block.shape[1] == 0:
                    break
                space[:, size : size + block.shape[1]] = block
                size += block.shape[1]
                block = self._solve(block)
            H, values = self._ritz(C, basis, diagonal, space[:, :size], k)
            converged = self._residual(C, H, values) <= _TOLERANCE * self.bound
            if converged or block.shape[1] == 0:
                return H, values

    def _ritz(self, C, basis, diagonal, space, k):
        """Rayleigh and Ritz on eigenvectors of L and a space orthogonal to them."""
        low = len(diagonal)
        small = np.zeros((low + space.shape[1],) * 2)
        small[np.diag_indices(low)] = diagonal
        small[low:, low:] = space.T @ (self.L @ space)
        free = _complement(np.concatenate([basis.T @ C, space.T @ C]))
        values, vectors = scipy.linalg.eigh(
            free.T @ small @ free, subset_by_index=[0, k - 1]
        )
        vectors = free @ vectors
        return basis @ vectors[:low] + space @ vectors[low:], values

    def _residual(self, C, H, values):
        image = self.L @ H
        image -= C @ (C.T @ image) + H * values
        return float(np.sqrt((image**2).sum(axis=0)).max())

    def _prepare(self):
        """The factor, and the lowest eigenpairs above 0 of all components together."""
        if self.n > _FACTORED:
            return
        m = self.n - self.n_components
        if self.n > _DENSE:
            self._solve = self._factor()
            m = min(m, self.k + self._n_kept)
        pairs = []
        order = np.argsort(self.component, kind="stable")
        for c, rows in enumerate(np.split(order, np.cumsum(self.sizes)[:-1])):
            small = len(rows) <= max(_DENSE, 3 * m)
            find = self._by_lapack if small else self._by_lanczos
            values, vectors = find(rows, min(m, len(rows) - 1))
            pairs += [(value, c, i, rows, vectors) for i, value in enumerate(values)]
        pairs = sorted(pairs, key=lambda pair: pair[:3])[:m]
        self.values = np.array([pair[0] for pair in pairs])
        self.vectors = np.zeros((self.n, m), order="F")
        for column, (_, _, i, rows, vectors) in enumerate(pairs):
            self.vectors[rows, column] = vectors[:, i]

    def _by_lapack(self, rows, m):
        dense = self.L[rows][:, rows].toarray()
        values, vectors = scipy.linalg.eigh(dense, subset_by_index=[0, m])
        return values[1:], vectors[:, 1:]

    def _by_lanczos(self, rows, m):
        def inverse(x):
            b = np.zeros((self.n, 1))
            b[rows, 0] = x
            return self._solve(b)[rows, 0]

        values, vectors = eigsh(
            LinearOperator((len(rows),) * 2, inverse, dtype=np.float64),
            k=m,
            ncv=2 * m + 20,
            which="LA",
            v0=_start(len(rows)),
        )
        return 1.0 / values[::-1], vectors[:, ::-1]

    def _factor(self):
        """A function that solves L x = b in the complement of the null space."""
        grounded = np.unique(self.component, return_index=True)[1]
        rest = np.setdiff1d(np.arange(self.n), grounded)
        factor = splu(
            self.L[rest][:, rest].tocsc(),
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        )

        def solve(b):
            x = np.zeros(b.shape)
            x[rest] = factor.solve(self._off_null(b)[rest])
            return self._off_null(x)

        return solve

    def _matrix_free(self, C, flat, k):
        """Lanczos on L, with what is not wanted moved above its eigenvalues."""
        unwanted = np.hstack([C, flat])

        def moved(x):
            off = unwanted @ (unwanted.T @ x)
            image = self.L @ (x - off)
            return image - C @ (C.T @ image) + 2.0 * self.bound * off

        values, vectors = eigsh(
            LinearOperator((self.n,) * 2, moved, dtype=np.float64),
            k=k,
            ncv=max(3 * k, 60),
            which="SA",
            v0=_start(self.n),
            tol=_TOLERANCE,
        )
        return vectors, values

    def _off_null(self, b):
        return b - self._from_components(self._to_components(b))

    def _to_components(self, b):
        """N'b, (n_components, q), with the null vectors N of the components."""
        sums = [np.bincount(self.component, self.weights * x) for x in b.T]
        totals = np.reshape(sums, (b.shape[1], self.n_components)).T
        return totals / self._norms[:, None]

    def _from_components(self, a):
        """N a, (n, q)."""
        return self.weights[:, None] * (a / self._norms[:, None])[self.component]


def _start(n):
    """A fixed vector that no eigenvector should be orthogonal to."""
    return np.random.RandomState(0).uniform(-1.0, 1.0, n)


def _orthonormal(columns):
    """An orthonormal basis of the span of a few columns."""
    if columns.shape[1] == 0:
        return columns
    norms = np.sqrt((columns**2).sum(axis=0))
    columns = columns[:, norms > 0] / norms[norms > 0]
    Q, R, _ = scipy.linalg.qr(columns, mode="economic", pivoting=True)
    return Q[:, np.abs(np.diag(R)) > _DEPENDENT]


def _new_directions(block, basis, space):
    """An orthonormal basis of what a block adds to two orthonormal ones."""
    for _ in range(2):
        if block.shape[1] == 0:
            break
        norms = np.sqrt((block**2).sum(axis=0))
        block = block / norms
        block -= basis @ (basis.T @ block)
        block -= space @ (space.T @ block)
        block = block[:, np.sqrt((block**2).sum(axis=0)) > _DEPENDENT]
    return _orthonormal(block)


def _complement(columns):
    """An orthonormal basis of what is orthogonal to a few columns."""
    if columns.shape[1] == 0:
        return np.eye(len(columns))
    Q, R, _ = scipy.linalg.qr(columns, mode="full", pivoting=True)
    return Q[:, np.sum(np.abs(np.diag(R)) > _DEPENDENT) :]
