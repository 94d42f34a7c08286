"""The cropped faces of Extended Yale B: the official archive and its conversion."""

import re
import zipfile

import numpy as np

_NAME = re.compile(r"(?:^|/)yaleB(\d\d)_P00A([+-]\d{3})E([+-]\d\d)\.pgm$")
FACE_SHAPE = (48, 42)
# From here on, in degrees off the camera's axis, a face counts as lit from aside.
_ASIDE = 45

_PGM_HEADER = re.compile(rb"P5" + 2 * rb"(?:\s|#.*\n)+(\d+)" + rb"(?:\s|#.*\n)+255\s")

# Pillow keeps the weights of a resize as integers with this many bits behind the point.
_WEIGHT_ONE = float(1 << 22)


def convert_faces(archive):
    """Convert the official ``CroppedYale.zip``.

    Ambient and bad images are left out; their names end otherwise. The rest are in the
    order of their names, ``yaleB01_P00A+035E-20.pgm`` say: subject 1, light from
    azimuth 35 and elevation -20 degrees.

    Parameters
    ----------
    archive : Path

    Returns
    -------
    arrays : dict of str to ndarray of uint8
        `X` (n, 48, 42); `y` (n,), the subject, counted from 0 without gaps; `s` (n,), 1
        where azimuth or elevation is 45 degrees or more to either side.
    """
    with zipfile.ZipFile(archive) as members:
        matches = filter(None, map(_NAME.search, members.namelist()))
        matches = sorted(matches, key=lambda match: match.group().lstrip("/"))
        images = [read_pgm(members.read(match.string)) for match in matches]
    subject, *angles = np.array([match.groups() for match in matches]).astype(int).T
    return {
        "X": np.stack([resize_bicubic(image, FACE_SHAPE) for image in images]),
        "y": np.unique(subject, return_inverse=True)[1].astype(np.uint8),
        "s": (np.abs(angles).max(axis=0) >= _ASIDE).astype(np.uint8),
    }


def read_pgm(data):
    """Read a raw PGM image of bytes.

    Parameters
    ----------
    data : bytes
        The file; what follows the pixels is ignored.

    Returns
    -------
    image : ndarray of uint8, shape (height, width)

    Raises
    ------
    ValueError
        If the header is not that of a raw PGM image with maximum 255, or pixels are
        missing.
    """
    header = _PGM_HEADER.match(data)
    if header is None:
        raise ValueError(f"an image starts with {data[:4]!r}, not with a PGM header")
    width, height = map(int, header.groups())
    pixels = np.frombuffer(data, np.uint8, width * height, offset=header.end())
    return pixels.reshape(height, width)


def resize_bicubic(image, shape):
    """Resize a gray image as Pillow's ``Image.resize`` by default resizes the faces.

    This is cubic convolution along the rows, then along the columns; for a few other
    shapes Pillow goes along the columns first. With t the distance between the centers
    of an old and a new pixel, in old pixels over max(1, n_old / n_new), the weight is
    ``1.5 t^3 - 2.5 t^2 + 1`` for t < 1, ``-0.5 t^3 + 2.5 t^2 - 4 t + 2`` for
    1 <= t < 2, else 0. The weights of a new pixel are scaled to the sum 1 and rounded
    to 22 bits behind the point; each pass is rounded, halves up, and clipped to 0-255.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width)
    shape : tuple of int
        The new height and width.

    Returns
    -------
    resized : ndarray of uint8, shape `shape`

    References
    ----------
    Keys, Cubic convolution interpolation for digital image processing,
    doi:10.1109/TASSP.1981.1163711.
    """
    rows, columns = map(_bicubic_weights, image.shape, shape)
    return _whole(rows @ _whole(image @ columns.T)).astype(np.uint8)


def _bicubic_weights(n_in, n_out):
    """Give the whole-numbered weights (n_out, n_in) as floats, for the BLAS's sake."""
    scale = n_in / n_out
    centers = (np.arange(n_out) + 0.5) * scale
    t = np.abs(np.arange(n_in) + 0.5 - centers[:, None]) / max(1.0, scale)
    near = (1.5 * t - 2.5) * t * t + 1
    far = ((-0.5 * t + 2.5) * t - 4) * t + 2
    weights = np.where(t < 1, near, np.where(t < 2, far, 0.0))
    weights *= _WEIGHT_ONE / weights.sum(axis=1, keepdims=True)
    return np.copysign(np.floor(np.abs(weights) + 0.5), weights)


def _whole(sums):
    """Take the weights' bits off; exact, because the sums are far below 2^53."""
    return np.clip(np.floor(sums / _WEIGHT_ONE + 0.5), 0, 255)
