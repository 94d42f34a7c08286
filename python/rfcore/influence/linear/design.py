"""The design matrix [X - shift, 1], read in blocks of rows and never copied whole."""

import numpy as np
from scipy import sparse

from rfcore import _core
from rfcore._columns import require_numbers

# Numbers in a block: 2 MB of doubles, so that what is done to a block stays in cache;
# but so many rows that a block's Gram matrix is small beside it.
_BLOCK_SIZE = 2**18
_ROWS_PER_COLUMN = 4

# Up to which a product with rows is the kernel's; BLAS is made for more, or for one.
_FEW_COLUMNS = 16

# Rows that the shift is the mean of.
_SHIFT_ROWS = 256


class Design:
    """Rows of X with a last column of ones where the model has an intercept.

    The shift changes the coordinates of the parameters, the intercept taking it up, so
    that an offset of the data costs no digits; nothing that is asked depends on it.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n, d)
        float32 stays float32; all else is read as float64. CSR is read as it is.
    name : str
        What the error messages call it.
    intercept : bool
    n_features : int, optional
        The number of columns it should have.
    shift : ndarray of shape (d,), optional
        Zeros by default.
    """

    resident = False

    def __init__(self, X, name="X", *, intercept, n_features=None, shift=None):
        X = self._as_matrix(X, name)
        if X.shape[0] == 0:
            raise ValueError(f"{name} has 0 rows: at least 1 is needed")
        if n_features is not None and X.shape[1] != n_features:
            raise ValueError(f"{name}.shape[1]={X.shape[1]} should be {n_features}")
        self.X, self.name, self.intercept = X, name, intercept
        self.n_rows, self.n_features = X.shape
        self.n_columns = self.n_features + intercept
        self.dtype = self._dtype_of(X)
        self.shift = np.zeros(self.n_features) if shift is None else shift

    def shifted(self):
        """The same rows with the mean of a few of them as the shift.

        Columns whose mean is within their spread are left where they are.
        """
        few = np.unique(np.linspace(0, self.n_rows - 1, _SHIFT_ROWS).astype(np.int64))
        rows = self._rows_on_host(few).astype(np.float64)
        with np.errstate(all="ignore"):
            shift = rows.mean(axis=0)
            off = np.abs(shift) > rows.std(axis=0)
        # A row that is not finite is refused when its block is read.
        return self._with(self.X, np.where(off & np.isfinite(shift), shift, 0.0))

    def take(self, rows):
        """Some of the rows."""
        return self._with(self.X[rows], self.shift)

    def parts(self, n_rows=None):
        """Slices of rows, from first to last, of a size that suits a cache."""
        n_rows = n_rows or max(
            1, _BLOCK_SIZE // self.n_columns, _ROWS_PER_COLUMN * self.n_columns
        )
        return [
            slice(start, min(start + n_rows, self.n_rows))
            for start in range(0, self.n_rows, n_rows)
        ]

    def block(self, part, *, check=False):
        """Rows of X, checked to be finite or not."""
        block = self.X[part]
        if not self.resident and block.dtype != self.dtype:
            block = block.astype(self.dtype)
        if check:
            self._require_finite(block, part.start)
        return block

    def blocks(self, *, n_rows=None, check=False):
        """Yields (slice, rows of X) from first to last."""
        for part in self.parts(n_rows):
            yield part, self.block(part, check=check)

    def times(self, block, W):
        """[block - shift, 1] W, (b, m) float64, for W of shape (p, m)."""
        slopes, constant = W[: self.n_features], self._constant(W)
        if 1 < W.shape[1] <= _FEW_COLUMNS and not sparse.issparse(block):
            product = np.empty((len(block), W.shape[1]))
            columns = np.ascontiguousarray(slopes.T)
            _core.rows_times(self.features(block), columns, constant, product)
            return product
        product = np.asarray(block @ slopes.astype(self.dtype), dtype=np.float64)
        return product + constant

    def transposed_times(self, block, R):
        """[block - shift, 1]' R, (p, m) float64, for R of shape (b, m)."""
        sums = R.sum(axis=0)
        product = np.asarray(block.T @ R.astype(self.dtype), dtype=np.float64)
        return self._with_shift(product, sums)

    def features(self, block):
        """A block as a C-ordered array (b, d), as it is where it is one."""
        return np.ascontiguousarray(_dense(block))

    def dense(self, block):
        """[block - shift, 1] as a new C-ordered array (b, p)."""
        rows = np.empty((block.shape[0], self.n_columns), dtype=self.dtype)
        features, block = rows[:, : self.n_features], _dense(block)
        if self.shift.any():
            np.subtract(block, self.shift.astype(self.dtype), out=features)
        else:
            features[:] = block
        if self.intercept:
            rows[:, -1] = 1
        return rows

    def to_model(self, theta):
        """Parameters (..., p) in these coordinates as coefficients and intercept."""
        return self._move_intercept(theta, -1)

    def from_model(self, theta):
        """Coefficients and intercept (..., p) as parameters in these coordinates."""
        return self._move_intercept(theta, 1)

    def gradient_from_model(self, gradient):
        """A gradient (..., p) by coefficients and intercept, in these coordinates."""
        gradient = np.array(gradient, dtype=np.float64)
        if self.intercept:
            gradient[..., :-1] -= gradient[..., -1:] * self.shift
        return gradient

    def shift_sizes(self, scale):
        """The shifts times the sizes (c, p) of the intercept's terms, (c, p)."""
        sizes = np.zeros_like(scale)
        if self.intercept:
            sizes[:, :-1] = scale[:, -1:] * np.abs(self.shift)
        return sizes

    def _move_intercept(self, theta, sign):
        theta = np.array(theta, dtype=np.float64)
        if self.intercept:
            theta[..., -1] += sign * (theta[..., :-1] @ self.shift)
        return theta

    def _with(self, X, shift):
        return type(self)(X, self.name, intercept=self.intercept, shift=shift)

    def _constant(self, W):
        constant = -(self.shift @ W[: self.n_features])
        return constant + W[-1] if self.intercept else constant

    def _with_shift(self, product, sums):
        product = product - np.outer(self.shift, sums)
        return np.vstack([product, sums]) if self.intercept else product

    def _rows_on_host(self, rows):
        return _dense(self.X[rows])

    @staticmethod
    def _dtype_of(X):
        return np.dtype(np.float32 if X.dtype == np.float32 else np.float64)

    @staticmethod
    def _as_matrix(X, name):
        """X as a CSR matrix or a matrix of real numbers, seldom copied."""
        require_numbers(X, name)
        X = X.tocsr() if sparse.issparse(X) else np.asarray(X)
        if X.ndim != 2:
            raise ValueError(f"{name}.ndim={X.ndim} should be 2")
        if X.dtype.kind == "c":
            raise ValueError(f"{name} should hold real numbers, not {X.dtype}")
        if X.dtype.kind not in "fiub":
            try:
                X = X.astype(np.float64)
            except (TypeError, ValueError) as error:
                raise ValueError(f"{name} should hold numbers: {error}") from error
        return X

    def _require_finite(self, block, start):
        values = (block.data if sparse.issparse(block) else block).ravel(order="K")
        # The sum of squares is faster; where it overflows the values are looked at.
        if np.isfinite(np.vdot(values, values)) or np.isfinite(values).all():
            return
        row, column = np.argwhere(~np.isfinite(_dense(block)))[0]
        value = _dense(block)[row, column]
        raise ValueError(
            f"{self.name}[{start + int(row)}, {int(column)}]={value} should be finite"
        )


def _dense(block):
    return block.toarray() if sparse.issparse(block) else block
