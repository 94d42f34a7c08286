"""The sets of the fairness attack (thesis 4.1), with their rows that may be attacked.

The authors' repository github.com/anshuman23/CFC gives, for each set, the row numbers
of the points whose group the attacker may change and of those that the attack is
judged on. ``fairness_rows.npz`` beside this file holds the former as packed bits, so
that a fetched set is split as theirs is.
"""

from pathlib import Path

import numpy as np

from rfcore.datasets.download import Product, Remote, github_file
from rfcore.datasets.faces import FACE_SHAPE, convert_faces
from rfcore.datasets.files import DataError, read_arrays
from rfcore.datasets.images import pixel_names
from rfcore.datasets.record import DatasetInfo

_ROWS = Path(__file__).with_name("fairness_rows.npz")

_CFC = (
    "anshuman23/CFC",
    "b605b6bf2cc4600f80bf2c859a47baf77ad118a5",
    "Fair-Clustering-Codebase/Consensus-Fair-Clustering/precomputed_labels",
)
_JPDA = ("chamwen/JPDA", "dba993a3212708c5df60229494560ebaae6081e7")
_OFFICE_CALTECH = (
    "redhat12345/OfficeCaltechDomainAdaptation",
    "00a61dbfa42403199ec622b44a027928f0cc9332",
)

_OFFICE_SHAPE = (1293, 64, 64, 3)
_N_COMPONENTS = 256
_DOMAINS = ("dslr", "webcam")


def principal_components(X, n_components):
    """Give the coordinates of rows along their first principal components.

    These are ``(X - mean) @ V``, V the eigenvectors of the largest eigenvalues of the
    covariance, from the largest down, by way of the smaller n x n Gram matrix. Of each
    eigenvector the entry of largest absolute value is positive.

    Parameters
    ----------
    X : ndarray of float64, shape (n, d)
    n_components : int
        At most n - 1, and at most the rank of the centered rows.

    Returns
    -------
    scores : ndarray of float64, shape (n, n_components)
    """
    from scipy.linalg import eigh

    X = X - X.mean(axis=0)
    n = len(X)
    sq, U = eigh(X @ X.T, subset_by_index=(n - n_components, n - 1))
    sq, U = sq[::-1], U[:, ::-1]
    V = X.T @ U
    largest = V[np.abs(V).argmax(axis=0), np.arange(n_components)]
    return U * (np.sign(largest) * np.sqrt(sq))


def _read_mat(path):
    from scipy.io import loadmat

    try:
        return loadmat(path)
    except Exception as error:  # The reader raises nearly anything on damaged bytes.
        raise ValueError(f"{path.name} is no MATLAB file: {error}") from error


def _convert_inverted_digits(labels):
    return {"fair_labels": _read_fair_labels(labels)}


def _read_fair_labels(path):
    return np.load(path).astype(np.int64).ravel()


def _convert_mnist_usps(pairs, labels):
    """Convert the MATLAB file of two sets whose columns are the images.

    The names are X_src, Y_src, X_tar, Y_tar, or Xs, Ys, Xt, Yt as the repository's own
    program loads its other pairs. Classes are counted from 0 or 1, or the zeros are
    class 10; the first image is a zero, so its class tells.
    """
    mat = _read_mat(pairs)
    ends = ("_src", "_tar") if "X_src" in mat else ("s", "t")
    X = [mat[f"X{end}"].T.astype(np.float32) for end in ends]
    y = np.concatenate([mat[f"Y{end}"].ravel() for end in ends]).astype(np.int64)
    return {
        "X": np.concatenate(X),
        "y": ((y - y[0]) % 10).astype(np.uint8),
        "s": np.repeat(np.array([0, 1], np.uint8), [len(part) for part in X]),
        "fair_labels": _read_fair_labels(labels),
    }


def _convert_googlenet(*domains):
    arrays = {}
    for name, path in zip(_DOMAINS, domains, strict=True):
        mat = _read_mat(path)
        arrays[f"{name}_googlenet"] = mat["fts"].astype(np.float32)
        arrays[f"{name}_y_googlenet"] = (mat["labels"].ravel() - 1).astype(np.uint8)
    return arrays


def _fields(X, y, groups, split, *, names=None, image_shape=None, **extras):
    attackable = split(len(X)).astype(bool)
    rows = {
        "attackable": np.flatnonzero(attackable),
        "evaluated": np.flatnonzero(~attackable),
    }
    return {
        "X": X.reshape(len(X), -1).astype(np.float64),
        "y": y.astype(np.int64),
        "groups": groups.astype(np.int64),
        "feature_names": names or pixel_names(image_shape),
        "image_shape": image_shape,
        "extras": rows | extras,
    }


def _released(name):
    """Give the function of n that tells the rows of a set released for attack."""

    def split(n):
        with np.load(_ROWS) as packed:
            return np.unpackbits(packed[name], count=n)

    return split


def _one_in_ten(n):
    """Draw as many rows as the release of Office-31 has, n // 10."""
    attackable = np.zeros(n)
    attackable[np.random.default_rng(0).permutation(n)[: n // 10]] = 1
    return attackable


def _read_inverted_digits(home):
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    # RandomState's stream is frozen, and this is the order of the released rows.
    order = np.random.RandomState(42).permutation(2 * len(X))
    X, y = np.concatenate([X, 16 - X])[order], np.tile(y, 2)[order]
    path = home / INVERTED_DIGITS.path
    fair = read_arrays(path, INVERTED_DIGITS.arrays) if path.is_file() else {}
    split = _released("inverted_digits")
    return _fields(X, y, order // (len(X) // 2), split, image_shape=(8, 8), **fair)


def _read_mnist_usps(home):
    X, y, s, fair = read_arrays(home / MNIST_USPS.path, MNIST_USPS.arrays).values()
    split = _released("mnist_usps")
    return _fields(X, y, s, split, image_shape=(16, 16), fair_labels=fair)


def _read_yaleb(home):
    arrays = read_arrays(home / YALEB.path, YALEB.arrays)
    return _fields(*arrays.values(), _released("yaleb"), image_shape=FACE_SHAPE)


def _read_office31(home):
    path = home / _OFFICE_FILE
    X, y, s = read_arrays(path, ("X", "y", "s")).values()
    shapes = (X.shape, y.shape, s.shape)
    if shapes != (_OFFICE_SHAPE, _OFFICE_SHAPE[:1], _OFFICE_SHAPE[:1]):
        raise DataError(f"{path} holds X, y, s of {shapes=}; it should hold {_BY_HAND}")
    return _fields(
        principal_components(X.reshape(len(X), -1) / 255, _N_COMPONENTS),
        y,
        s,
        _released("office31"),
        names=tuple(f"component_{i}" for i in range(_N_COMPONENTS)),
        substitute="The first 256 principal components of the pixels, 64 x 64 x 3, "
        "stand in for the thesis's ResNet-50 features.",
    )


def _read_office31_googlenet(home):
    arrays = read_arrays(home / OFFICE_CALTECH.path, OFFICE_CALTECH.arrays)
    parts = [arrays[f"{name}_googlenet"] for name in _DOMAINS]
    return _fields(
        np.concatenate(parts),
        np.concatenate([arrays[f"{name}_y_googlenet"] for name in _DOMAINS]),
        np.repeat([0, 1], [len(part) for part in parts]),
        _one_in_ten,
        names=tuple(f"feature_{i}" for i in range(parts[0].shape[1])),
        substitute="GoogLeNet features of the 452 images of ten classes stand in for "
        "the thesis's ResNet-50 features of 1,293 images of 31 classes.",
    )


def _fair_labels(name):
    repository, commit, folder = _CFC
    return github_file(repository, commit, f"{folder}/labels_{name}.npy")


# The labels alone: the rows are those of scikit-learn's digits.
INVERTED_DIGITS = Product(
    path="inverted_digits/inverted_digits.npz",
    remotes=(_fair_labels("DIGITS"),),
    convert=_convert_inverted_digits,
    arrays=("fair_labels",),
    digest="db90a457e1cc71574b1a1f3a9186962b5d174948e9b57dfa52ed04d9009cddb6",
)

MNIST_USPS = Product(
    path="mnist_usps/mnist_usps.npz",
    remotes=(
        github_file(*_JPDA, "data/MNIST_vs_USPS.mat"),
        _fair_labels("MNIST_USPS"),
    ),
    convert=_convert_mnist_usps,
    arrays=("X", "y", "s", "fair_labels"),
    digest="21d370e502abb7cf2aedd59b110560387096c719aa4128a724399b161a7afb5e",
)

# Yale publishes no checksum of the archive: the digest of the arrays vouches for it.
YALEB = Product(
    path="yaleb/yaleb_48x42.npz",
    remotes=(
        Remote(
            "CroppedYale.zip",
            ("http://vision.ucsd.edu/extyaleb/CroppedYaleBZip/CroppedYale.zip",),
        ),
    ),
    convert=convert_faces,
    arrays=("X", "y", "s"),
    digest="41f79b76be8da798d39be83a88432070a7c1c2082a0194d65b9da22d1d6d25ab",
)

OFFICE_CALTECH = Product(
    path="office31/office_caltech10_features.npz",
    remotes=tuple(
        github_file(*_OFFICE_CALTECH, f"features/GoogleNet1024/{name}.mat")
        for name in _DOMAINS
    ),
    convert=_convert_googlenet,
    arrays=tuple(f"{name}{y}_googlenet" for name in _DOMAINS for y in ("", "_y")),
    digest="6fee429447f6626d62a18ee299b9567eb1afb04a34c38e42aca43a00fcaadc34",
)

_OFFICE_FILE = "office31/office31_dslr_webcam_64.npz"
_OFFICE_PAGE = "https://faculty.cc.gatech.edu/~judy/domainadapt/"
_BY_HAND = (
    "X (1293, 64, 64, 3), y and s (1293,), all uint8: the 498 DSLR images (s 0), "
    "then the 795 Webcam images (s 1), each class by class in alphabetical order"
)

FAIRNESS = (
    DatasetInfo(
        "inverted_digits",
        3594,
        64,
        source="https://archive.ics.uci.edu/dataset/80",
        license="CC BY 4.0",
        read=_read_inverted_digits,
        products=(INVERTED_DIGITS,),
    ),
    DatasetInfo(
        "mnist_usps",
        3800,
        256,
        source="https://github.com/chamwen/JPDA",
        license="none stated",
        read=_read_mnist_usps,
        layouts=((MNIST_USPS.path,),),
        products=(MNIST_USPS,),
    ),
    DatasetInfo(
        "yaleb",
        2414,
        2016,
        source="http://vision.ucsd.edu/~iskwak/ExtYaleDatabase/ExtYaleB.html",
        license="free for research",
        read=_read_yaleb,
        layouts=((YALEB.path,),),
        products=(YALEB,),
    ),
    DatasetInfo(
        "office31",
        1293,
        _N_COMPONENTS,
        source=_OFFICE_PAGE,
        license="none stated",
        read=_read_office31,
        layouts=((_OFFICE_FILE,),),
        by_hand=f"take the images from {_OFFICE_PAGE} and save {_BY_HAND}",
    ),
    DatasetInfo(
        "office31_googlenet",
        452,
        1024,
        source="https://github.com/redhat12345/OfficeCaltechDomainAdaptation",
        license="none stated",
        read=_read_office31_googlenet,
        layouts=((OFFICE_CALTECH.path,),),
        products=(OFFICE_CALTECH,),
    ),
)
