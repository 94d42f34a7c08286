"""The co-association matrix of many partitions as a product that is never formed."""

import functools

import numpy as np
from scipy import sparse

from rfcore._arrays import as_partitions, require_count

# The largest whole numbers that float64 and int64 hold exactly.
_FLOAT_WHOLE = 2**53
_INT_WHOLE = 2**63 - 1


class CoAssociation:
    """S = H H', the number of partitions that keep two rows together, through H.

    H (n, q) has a column for each cluster of each partition and a one where a row lies
    in it, so r ones a row. Powers are S^R = H (H'H)^(R - 1) H', whose inner matrix is
    (q, q): any rows of a power cost no (n, n) array.

    Parameters
    ----------
    partitions : array-like of shape (r, n)
        Labels of any kind.
    noise : {"raise", "drop", "cluster"}, default="raise"
        What becomes of rows with the label -1 in a partition: they are an error, they
        are together with no other row there, or they are a cluster like others.

    Attributes
    ----------
    n_rows, n_partitions, n_columns : int
        n, r and q, the number of clusters of all partitions that have rows.
    codes : int64 array of shape (n, r)
        The columns of H in which a row has its ones, ascending.
    H : sparse float64 array of shape (n, q)
        In CSR format.

    Raises
    ------
    ValueError
        If partitions are not two-dimensional or are empty, or hold noise where that is
        an error.

    References
    ----------
    Thesis 4.1.4; Strehl and Ghosh 2002, doi:10.1162/153244303321897735, who call H a
    hypergraph.

    Examples
    --------
    >>> S = CoAssociation([[0, 0, 1], [0, 1, 1]])
    >>> S.rows([0])
    array([[2., 1., 0.]])
    >>> S.rows([0], power=2)
    array([[5., 4., 1.]])
    """

    def __init__(self, partitions, *, noise="raise"):
        labels, k = as_partitions(partitions, noise)
        if labels.size == 0:
            raise ValueError(
                f"partitions.shape={labels.shape} should hold a partition and a row"
            )
        self.n_partitions, self.n_rows = labels.shape
        names = labels + k * np.arange(self.n_partitions)[:, None]
        used, codes = np.unique(names, return_inverse=True)
        self.n_columns = len(used)
        self.codes = np.ascontiguousarray(codes.reshape(labels.shape).T)
        starts = np.arange(self.n_rows + 1) * self.n_partitions
        self.H = sparse.csr_array(
            (np.ones(self.codes.size), self.codes.ravel(), starts),
            shape=(self.n_rows, self.n_columns),
        )
        self._powers = {}

    def degrees(self):
        """The row sums of S.

        Returns
        -------
        float64 array of shape (n,)
            Whole numbers in [r, r n].
        """
        return self.H @ self.H.sum(axis=0)

    def matvec(self, v):
        """S times vectors.

        Parameters
        ----------
        v : array-like of shape (n,) or (n, c)

        Returns
        -------
        float64 array of that shape
        """
        return self.H @ (self.H.T @ np.asarray(v, dtype=np.float64))

    def inner(self, power=1):
        """The inner matrix (H'H)^(R - 1) of a power.

        Parameters
        ----------
        power : int, default=1
            R >= 1.

        Returns
        -------
        float64 or int64 array of shape (q, q)
            Exact: float64 where all entries of S^R are below 2^53, else int64.

        Raises
        ------
        TypeError
            If R is not an integer.
        ValueError
            If R is below 1, or an entry of S^R might be 2^63 or more.
        """
        require_count("power", power)
        if power not in self._powers:
            dtype = self._dtype(power)
            G = (self.H.T @ self.H).toarray().astype(dtype)
            found = np.eye(self.n_columns, dtype=dtype) if power == 1 else G
            for _ in range(power - 2):
                found = found @ G
            self._powers = {power: found}
        return self._powers[power]

    def rows(self, indices, power=1):
        """Some rows of a power of S.

        Parameters
        ----------
        indices : array-like of shape (b,)
            Positions of rows, repeated or not.
        power : int, default=1
            R >= 1.

        Returns
        -------
        float64 or int64 array of shape (b, n)
            Exact, as by `inner`.

        Raises
        ------
        ValueError
            If a position is outside [0, n), or as `inner`.
        """
        return self.block(indices, None, power)

    def block(self, indices, columns=None, power=1):
        """Some rows and columns of a power of S.

        Parameters
        ----------
        indices : array-like of shape (b,)
        columns : array-like of shape (c,), optional
            None takes all.
        power : int, default=1
            R >= 1.

        Returns
        -------
        float64 or int64 array of shape (b, c)
            Exact, as by `inner`; memory O(b (c + q) + q^2), and a copy of H where
            they are int64.

        Raises
        ------
        ValueError
            If a position is outside [0, n), or as `inner`.
        """
        H = self.H[self._positions(indices)]
        others = self.H if columns is None else self.H[self._positions(columns)]
        require_count("power", power)
        dtype = self._dtype(power)
        H, others = H.astype(dtype, copy=False), others.astype(dtype, copy=False)
        if power == 1:
            return (H @ others.T).toarray()
        return (others @ (H @ self.inner(power)).T).T

    def _positions(self, indices):
        found = np.atleast_1d(np.asarray(indices))
        if found.ndim != 1 or found.dtype.kind not in "iu":
            raise ValueError(f"indices={indices!r} should hold row numbers")
        outside = found[(found < 0) | (found >= self.n_rows)]
        if outside.size:
            raise ValueError(f"row {outside[0]} should be in [0, {self.n_rows})")
        return found

    @functools.cached_property
    def _largest_degree(self):
        return int(self.degrees().max())

    def _dtype(self, power):
        # No entry of S is above r and no row sum above the largest degree; all terms
        # are >= 0, so no partial sum is above the entry it belongs to.
        bound = self.n_partitions * self._largest_degree ** (int(power) - 1)
        if bound < _FLOAT_WHOLE:
            return np.float64
        if bound > _INT_WHOLE:
            raise ValueError(
                f"power={power}: entries of up to {bound:.3g} should be below 2^63"
            )
        return np.int64
