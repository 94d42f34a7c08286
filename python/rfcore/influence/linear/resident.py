"""Rows of X that live on a device, and the products that are taken there."""

import sys

import numpy as np

from rfcore import _arrays
from rfcore.errors import DeviceError
from rfcore.influence.linear.design import Design

# Numbers in a block: the device is not to wait for the host between blocks.
_BLOCK_SIZE = 2**24


def read_rows(X, name="X", **options):
    """A design of the place where X lives; arguments as of `Design`."""
    kind = ResidentDesign if _arrays.on_device(X) else Design
    return kind(X, name, **options)


def to_host(array):
    """A NumPy array of an array that may live on a device."""
    if array is None or not _arrays.on_device(array):
        return array
    return array.detach().cpu().numpy() if _is_torch(array) else array.get()


def to_place(values, like):
    """Values (NumPy) where `like` lives."""
    if not _arrays.on_device(like):
        return values
    if _is_torch(like):
        return _module(like).as_tensor(values, device=like.device)
    with like.device:
        return _module(like).asarray(values)


class ResidentDesign(Design):
    """Rows in float32 or float64 on a device: torch tensors or CuPy arrays.

    What has a factor n p is done there: products with the rows and their Gram matrices.
    What has a factor n alone, decision values and losses, is done on the host, as are
    factors of the Hessian.
    """

    resident = True

    def parts(self, n_rows=None):
        """Slices of rows, larger than those of the host."""
        return super().parts(n_rows or max(1, _BLOCK_SIZE // self.n_columns))

    def take(self, rows):
        """Some of the rows, on the host."""
        X = to_host(self.X[self._index(rows)])
        return Design(X, self.name, intercept=self.intercept, shift=self.shift)

    def times(self, block, W):
        """[block - shift, 1] W, (b, m) float64 on the host."""
        slopes = W[: self.n_features]
        product = to_host(block @ self._put(slopes)).astype(np.float64)
        return product + self._constant(W)

    def transposed_times(self, block, R):
        """[block - shift, 1]' R, (p, m) float64 on the host."""
        product = to_host(block.T @ self._put(R)).astype(np.float64)
        return self._with_shift(product, R.sum(axis=0))

    def terms(self, block, slopes, magnitudes, curvatures, pairs):
        """X' slopes, |X|' magnitudes, and X' diag(S_kj) X of pairs or the diagonal.

        Parameters
        ----------
        block : array of shape (b, d)
        slopes, magnitudes : float64 arrays of shape (b, c)
        curvatures : float64 array of shape (b, c, c)
        pairs : list of (int, int) or None
            None for the diagonal of each S_kk.

        Returns
        -------
        float64 arrays of shapes (c, p), (c, p), and (pairs, p, p) or (c, p)
        """
        rows = block - self._put(self.shift)
        if self.intercept:
            ones = self._put(np.ones((block.shape[0], 1)))
            rows = _module(block).hstack((rows, ones))
        gradient = (rows.T @ self._put(slopes)).T
        sizes = (abs(rows).T @ self._put(magnitudes)).T
        if pairs is None:
            own = np.einsum("bkk->bk", curvatures)
            curved = [((rows**2).T @ self._put(own)).T]
        else:
            bends = (self._put(curvatures[:, k, j])[:, None] for k, j in pairs)
            curved = [rows.T @ (rows * bend) for bend in bends]
        gradient, sizes, *curved = (
            to_host(a).astype(np.float64) for a in (gradient, sizes, *curved)
        )
        return gradient, sizes, curved[0] if pairs is None else curved

    def _put(self, values):
        return to_place(np.ascontiguousarray(values, dtype=self.dtype), self.X)

    def _index(self, rows):
        return rows if isinstance(rows, slice) else to_place(np.asarray(rows), self.X)

    def _rows_on_host(self, rows):
        return to_host(self.X[self._index(rows)])

    @staticmethod
    def _as_matrix(X, name):
        if X.ndim != 2:
            raise ValueError(f"{name}.ndim={X.ndim} should be 2")
        if _type_name(X) not in ("float32", "float64"):
            raise DeviceError(
                f"{name} on a device should be float32 or float64, not {_type_name(X)}"
            )
        return X.detach() if _is_torch(X) else X

    @staticmethod
    def _dtype_of(X):
        return np.dtype(_type_name(X))

    def _require_finite(self, block, start):
        # A product with zeros is zero but where a number is not finite.
        if float(abs(block * 0).sum()) == 0:
            return
        super()._require_finite(to_host(block), start)


def _is_torch(array):
    return _module(array).__name__ == "torch"


def _module(array):
    """torch or cupy, which who has such an array has loaded."""
    return sys.modules[type(array).__module__.split(".")[0]]


def _type_name(X):
    return str(X.dtype).removeprefix("torch.")
