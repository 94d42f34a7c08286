"""The spill-over attacks that were released: their files, and what they add to a set.

The data behind section 2.2 of the thesis (original matrix, attacked matrix) are in
the repository github.com/Cinofix/poisoning-clustering (MIT license), which belongs to
Cinà, Torcinovich and Pelillo, doi:10.1016/j.patcog.2021.108306. It publishes no
checksums; the digests of the converted arrays are what is verified. A fetched file
holds the arrays that rfcore reads, not the row numbers of other copies of the data.
"""

import numpy as np

from rfcore.datasets.download import Product, github_file
from rfcore.datasets.files import DataError, read_arrays

_REPOSITORY = "Cinofix/poisoning-clustering"
_COMMIT = "1a136a3d783eb3ef462edb605b80351da4cb7479"

REPOSITORY = f"https://github.com/{_REPOSITORY}"
LICENSE = "MIT (repository)"
ATTACK_ARRAYS = ("X_org", "X_adv", "target_row")


def attack_product(name, files, *, convert, more=(), digest):
    """Describe the converted file of one released attack.

    Parameters
    ----------
    name : str
        The file is ``spillover/{name}.npz``.
    files : tuple of str
        Paths below ``comparison/`` of the repository; the first two are the original
        and the attacked matrix.
    convert : callable
        As in `Product`.
    more : tuple of str, default=()
        Names of the arrays beside `ATTACK_ARRAYS`.
    digest : str
        As in `Product`.

    Returns
    -------
    product : Product
    """
    remotes = tuple(
        github_file(_REPOSITORY, _COMMIT, f"comparison/{file}") for file in files
    )
    arrays = (*ATTACK_ARRAYS, *more)
    return Product(f"spillover/{name}.npz", remotes, convert, arrays, digest)


def convert_attack(original, attacked, *, dtype, adv_dtype=np.float64):
    """Convert the two released matrices of an attack.

    Parameters
    ----------
    original, attacked : Path
        ``.npy`` files of one shape, (n, d) or (n, ...), which is flattened.
    dtype, adv_dtype : dtype
        What `X_org` and `X_adv` are stored as.

    Returns
    -------
    arrays : dict of str to ndarray
        `X_org` (n, d), `X_adv` (n, d) and `target_row` (1,) int64, the row in which
        they differ.
    """
    X_org, X_adv = (_flat(np.load(path)) for path in (original, attacked))
    with np.errstate(invalid="ignore"):
        # What a damaged value becomes is the digest's business.
        X_org, X_adv = X_org.astype(dtype), X_adv.astype(adv_dtype)
    target_row = np.flatnonzero((X_org != X_adv).any(axis=1)).astype(np.int64)
    return {"X_org": X_org, "X_adv": X_adv, "target_row": target_row}


def read_attack(home, product):
    """Read a released attack, or give None where its file is not there."""
    path = home / product.path
    return read_arrays(path, product.arrays) if path.is_file() else None


def attack_extras(attack, X):
    """Make the `extras` of a set out of its released attack.

    Parameters
    ----------
    attack : dict of str to ndarray or None
        What `read_attack` gave.
    X : ndarray of shape (n, d)
        The rows of the set.

    Returns
    -------
    extras : dict
        `X_adv` (n, d) float64 and `target_row` (int); empty where `attack` is None.

    Raises
    ------
    DataError
        If the attack was made on other rows.
    """
    if attack is None:
        return {}
    if not np.array_equal(attack["X_org"], X):
        raise DataError("the released attack's rows differ from the rows of the set")
    return {
        "X_adv": attack["X_adv"].astype(np.float64),
        "target_row": int(attack["target_row"].item()),
    }


def _flat(X):
    return X.reshape(len(X), -1)
