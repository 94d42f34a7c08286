"""The sets of images: digits and MNIST, whole and in the pairs that 2.2 clusters."""

import gzip
from functools import partial

import numpy as np

from rfcore.datasets import released
from rfcore.datasets.download import Product, Remote
from rfcore.datasets.files import read_arrays
from rfcore.datasets.record import DatasetInfo

# The thesis clusters 200 images of each digit (2.2.6.3): the first 200 of the
# training set, in its order.
_N_PER_DIGIT = 200

_IDX_MAGIC = {3: b"\x00\x00\x08\x03", 1: b"\x00\x00\x08\x01"}

_MNIST_MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist",
    "https://storage.googleapis.com/cvdf-datasets/mnist",
    "http://yann.lecun.com/exdb/mnist",
)


def _idx(filename, sha256):
    urls = tuple(f"{mirror}/{filename}" for mirror in _MNIST_MIRRORS)
    return Remote(filename, urls, sha256)


def read_idx(path):
    """Read a gzipped idx file of bytes, the official format of MNIST.

    Parameters
    ----------
    path : Path

    Returns
    -------
    array : ndarray of uint8, shape (n, 28, 28) for images or (n,) for labels

    Raises
    ------
    ValueError
        If the magic number is not that of bytes in one or three dimensions, or the
        file's length is not what its header says.
    """
    with gzip.open(path) as file:
        data = file.read()
    for n_dim, magic in _IDX_MAGIC.items():
        if data[:4] == magic:
            start = 4 + 4 * n_dim
            shape = tuple(np.frombuffer(data[4:start], ">u4").tolist())
            return np.frombuffer(data, np.uint8, offset=start).reshape(shape)
    raise ValueError(f"{path.name} starts with {data[:4]!r}, not with an idx header")


def _convert_mnist(images, labels):
    return {"X": read_idx(images), "y": read_idx(labels)}


def _convert_pair_attack(original, attacked, *, digits, counts):
    arrays = released.convert_attack(original, attacked, dtype=np.uint8)
    return {**arrays, "y": np.repeat(np.array(digits, np.uint8), counts)}


def pixel_names(image_shape):
    """Name the pixels of an image, row by row."""
    return tuple(f"pixel_{i}_{j}" for i, j in np.ndindex(image_shape))


def _fields(X, y, image_shape, extras=None):
    return {
        "X": X,
        "y": y.astype(np.int64),
        "feature_names": pixel_names(image_shape),
        "image_shape": image_shape,
        "extras": extras or {},
    }


def _digit_rows(digits):
    """Give the rows of scikit-learn's digits of these classes, class by class."""
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    rows = np.concatenate([np.flatnonzero(y == digit) for digit in digits])
    return X[rows], y[rows]


def _read_digits(home):
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    return _fields(X, y, (8, 8))


def _read_digit_pair(home, *, digits, product):
    X, y = _digit_rows(digits)
    attack = released.read_attack(home, product)
    return _fields(X, y, (8, 8), released.attack_extras(attack, X))


def _read_mnist(home, *, product):
    arrays = read_arrays(home / product.path, product.arrays)
    return _fields(arrays["X"].reshape(len(arrays["X"]), -1), arrays["y"], (28, 28))


def _read_mnist_pair(home, *, digits, product):
    attack = released.read_attack(home, product)
    if attack is not None:
        X, y = attack["X_org"], attack["y"]
    else:
        X, y = _mnist_rows(home, digits)
    X = X.astype(np.float64)
    return _fields(X, y, (28, 28), released.attack_extras(attack, X))


def _mnist_rows(home, digits):
    """Give the first images of each of these digits, digit by digit."""
    train = read_arrays(home / MNIST_TRAIN.path, MNIST_TRAIN.arrays)
    X, y = train["X"], train["y"]
    rows = np.concatenate([np.flatnonzero(y == d)[:_N_PER_DIGIT] for d in digits])
    return X[rows].reshape(len(rows), -1), y[rows]


MNIST_TRAIN = Product(
    path="mnist/mnist_train.npz",
    remotes=(
        _idx(
            "train-images-idx3-ubyte.gz",
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        ),
        _idx(
            "train-labels-idx1-ubyte.gz",
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        ),
    ),
    convert=_convert_mnist,
    arrays=("X", "y"),
    digest="5392f837ea65e556556fe42acefb24850ce0c1f5d5ce778054ed5ec62e547ef7",
)

MNIST_TEST = Product(
    path="mnist/mnist_test.npz",
    remotes=(
        _idx(
            "t10k-images-idx3-ubyte.gz",
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        ),
        _idx(
            "t10k-labels-idx1-ubyte.gz",
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        ),
    ),
    convert=_convert_mnist,
    arrays=("X", "y"),
    digest="8c3053b676720c28b194515b07342f2dd23cc9cb49bbb2a7bc18a58d83ca2ec6",
)

DIGITS_1_4 = released.attack_product(
    "digits_1_4",
    ("DIGIT/X_org_14.npy", "DIGIT/X_adv_14.npy"),
    convert=partial(_convert_pair_attack, digits=(1, 4), counts=(182, 181)),
    more=("y",),
    digest="1cf0fc5d1c5c94ccbf2132b085efb5bb551559a07fbb815f9c8b06c448916f75",
)

# The released rows begin with the nines.
DIGITS_8_9 = released.attack_product(
    "digits_8_9",
    ("DIGIT/X_org_89.npy", "DIGIT/X_adv_89.npy"),
    convert=partial(_convert_pair_attack, digits=(9, 8), counts=(180, 174)),
    more=("y",),
    digest="53db23c25517bf3b166c6a491e7e16c71948a7cb770958f45f02f0202147f3f7",
)

MNIST_1_4 = released.attack_product(
    "mnist_1_4",
    ("MNIST/wip_MNIST_X_org_41.npy", "MNIST/wip_MNIST_X_adv_41.npy"),
    convert=partial(_convert_pair_attack, digits=(1, 4), counts=_N_PER_DIGIT),
    more=("y",),
    digest="db41ca588240a9c72164276a51f447c40ef4691d5c230c5c349414b340744e20",
)

MNIST_2_3 = released.attack_product(
    "mnist_2_3",
    ("MNIST/wip_MNIST_X_org_23.npy", "MNIST/wip_MNIST_X_adv_23.npy"),
    convert=partial(_convert_pair_attack, digits=(2, 3), counts=_N_PER_DIGIT),
    more=("y",),
    digest="50c3285ef58127c9d864101617672ee386c1d583441df01b81771928370298c0",
)

_DIGITS_ABOUT = {
    "n_columns": 64,
    "source": "https://archive.ics.uci.edu/dataset/80",
    "license": "CC BY 4.0",
}

_MNIST_ABOUT = {
    "n_columns": 784,
    "source": "http://yann.lecun.com/exdb/mnist",
    "license": "CC BY-SA 3.0",
}


def _digit_pair(name, n_rows, digits, product):
    read = partial(_read_digit_pair, digits=digits, product=product)
    return DatasetInfo(name, n_rows, read=read, products=(product,), **_DIGITS_ABOUT)


def _mnist_pair(name, digits, product):
    return DatasetInfo(
        name,
        _N_PER_DIGIT * len(digits),
        read=partial(_read_mnist_pair, digits=digits, product=product),
        layouts=((product.path,), (MNIST_TRAIN.path,)),
        products=(MNIST_TRAIN, product),
        **_MNIST_ABOUT,
    )


def _mnist_whole(name, n_rows, product):
    return DatasetInfo(
        name,
        n_rows,
        read=partial(_read_mnist, product=product),
        layouts=((product.path,),),
        products=(product,),
        **_MNIST_ABOUT,
    )


IMAGES = (
    DatasetInfo("digits", 1797, read=_read_digits, **_DIGITS_ABOUT),
    _digit_pair("digits_1_4", 363, (1, 4), DIGITS_1_4),
    _digit_pair("digits_8_9", 354, (9, 8), DIGITS_8_9),
    _mnist_pair("mnist_1_4", (1, 4), MNIST_1_4),
    _mnist_pair("mnist_2_3", (2, 3), MNIST_2_3),
    _mnist_whole("mnist", 60000, MNIST_TRAIN),
    _mnist_whole("mnist_test", 10000, MNIST_TEST),
)
