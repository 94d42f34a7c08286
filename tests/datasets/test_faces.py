"""Tests of the Extended Yale B faces: PGM images, the resize, the official archive."""

import zipfile

import numpy as np
import pytest

from rfcore.datasets.faces import FACE_SHAPE, convert_faces, read_pgm, resize_bicubic


def _pgm(image, comment=b""):
    height, width = image.shape
    return b"P5\n%b%d %d\n255\n" % (comment, width, height) + image.tobytes()


def _cubic(t):
    """Write the kernel as it stands in the literature, a = -1/2."""
    t, a = abs(t), -0.5
    if t < 1:
        return (a + 2) * t**3 - (a + 3) * t**2 + 1
    return a * (t**3 - 5 * t**2 + 8 * t - 4) if t < 2 else 0.0


def _resize_line(line, n_new):
    """Resize one line in whole numbers, pixel by pixel."""
    scale = len(line) / n_new
    resized = []
    for new in range(n_new):
        center = (new + 0.5) * scale
        weights = [
            _cubic((old + 0.5 - center) / max(scale, 1)) for old in range(len(line))
        ]
        total = sum(weights)
        bits = [round(weight / total * 2**22) for weight in weights]
        value = sum(int(v) * b for v, b in zip(line, bits, strict=True))
        resized.append(min(max((value + 2**21) >> 22, 0), 255))
    return resized


@pytest.mark.parametrize(
    "header",
    [
        b"P5\n3 2\n255\n",
        b"P5 3 2 255 ",
        b"P5\n# CREATOR: 12 34\n#\n3 2\n# b\n255\n",
    ],
)
def test_read_pgm_by_hand(header):
    assert read_pgm(header + b"abcxyz").tolist() == [[97, 98, 99], [120, 121, 122]]
    assert read_pgm(header + b"abcxyz and more").shape == (2, 3)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"P5\n3 2\n255\nabcxy",
        b"P2\n3 2\n255\nabcxyz",
        b"P5\n3 2\n65535\nabcxyzabcxyz",
        b"P5\n3 2\n",
        b"P53 2 255\nabcxyz",
        b"P5\n-3 2\n255\nabcxyz",
    ],
)
def test_malformed_pgm(data):
    with pytest.raises(ValueError, match=r"PGM header|buffer"):
        read_pgm(data)


def test_resize_by_hand():
    # Two pixels into one: centers at t = 1/4 on either side, so equal weights.
    assert resize_bicubic(np.array([[10, 21]], np.uint8), (1, 1)).tolist() == [[16]]
    # One into two at scale 1/2: every weight falls on the only pixel.
    assert resize_bicubic(np.array([[7]], np.uint8), (2, 3)).tolist() == [[7] * 3] * 2
    # Doubled, the first four take 111 -9, 111 29 -3, 29 111 -9 and -9 111 29 -3 parts
    # of the first old pixels: 255 x -9 / 102, 26 / 137, 102 / 131 and 140 / 128.
    doubled = resize_bicubic(np.array([[0, 255, 255, 0]], np.uint8), (1, 8))
    assert doubled.tolist() == [[0, 48, 199, 255, 255, 199, 48, 0]]


@pytest.mark.parametrize(
    ("old", "new"), [((24, 16), (6, 4)), ((9, 7), (4, 5)), ((4, 5), (9, 7))]
)
@pytest.mark.parametrize("levels", [2, 256])
def test_resize_against_whole_numbers(old, new, levels):
    image = np.random.default_rng(0).integers(0, levels, old) * (255 // (levels - 1))
    image = image.astype(np.uint8)
    lines = np.array([_resize_line(line, new[1]) for line in image])
    expected = np.array([_resize_line(line, new[0]) for line in lines.T]).T
    resized = resize_bicubic(image, new)
    assert resized.dtype == np.uint8
    np.testing.assert_array_equal(resized, expected)


@pytest.mark.parametrize("levels", [2, 256])
def test_faces_are_resized_as_pillow_does(levels):
    pillow = pytest.importorskip("PIL.Image")
    rng = np.random.default_rng(1)
    for _ in range(5):
        image = rng.integers(0, levels, (192, 168)) * (255 // (levels - 1))
        image = image.astype(np.uint8)
        expected = pillow.fromarray(image).resize(FACE_SHAPE[::-1])
        np.testing.assert_array_equal(
            resize_bicubic(image, FACE_SHAPE), np.asarray(expected)
        )


def test_resize_keeps_even_gray_and_the_same_shape():
    image = np.full((192, 168), 93, np.uint8)
    assert (resize_bicubic(image, FACE_SHAPE) == 93).all()
    image = np.random.default_rng(2).integers(0, 256, (7, 5)).astype(np.uint8)
    np.testing.assert_array_equal(resize_bicubic(image, (7, 5)), image)


# Name in the archive, subject counted from 0, and whether the light comes from aside.
FACES = [
    ("CroppedYale/yaleB02/yaleB02_P00A+000E+00.pgm", 0, 0),
    ("CroppedYale/yaleB02/yaleB02_P00A+000E+45.pgm", 0, 1),
    ("CroppedYale/yaleB02/yaleB02_P00A+000E-40.pgm", 0, 0),
    ("CroppedYale/yaleB02/yaleB02_P00A-035E+15.pgm", 0, 0),
    ("CroppedYale/yaleB02/yaleB02_P00A-050E+00.pgm", 0, 1),
    ("CroppedYale/yaleB13/yaleB13_P00A+035E+65.pgm", 1, 1),
    ("CroppedYale/yaleB15/yaleB15_P00A+050E-40.pgm", 2, 1),
]
NOT_FACES = [
    "CroppedYale/",
    "CroppedYale/yaleB02/yaleB02_P00.info",
    "CroppedYale/yaleB02/yaleB02_P00_Ambient.pgm",
    "CroppedYale/yaleB13/yaleB13_P00A+050E+00.pgm.bad",
    "CroppedYale/yaleB13/DEADJOE",
    "__MACOSX/CroppedYale/yaleB02/._yaleB02_P00A+000E+00.pgm",
]


def test_conversion_of_a_small_archive(tmp_path):
    path = tmp_path / "CroppedYale.zip"
    with zipfile.ZipFile(path, "w") as members:
        for name in NOT_FACES:
            members.writestr(name, b"no image")
        for gray, (name, _, _) in reversed(list(enumerate(FACES))):
            members.writestr(name, _pgm(np.full((192, 168), gray, np.uint8)))
    arrays = convert_faces(path)
    assert arrays["X"].shape == (len(FACES), *FACE_SHAPE)
    assert arrays["X"][:, 7, 5].tolist() == list(range(len(FACES)))
    assert arrays["y"].tolist() == [subject for _, subject, _ in FACES]
    assert arrays["s"].tolist() == [aside for _, _, aside in FACES]
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.uint8)}


def test_archive_without_a_face(tmp_path):
    path = tmp_path / "CroppedYale.zip"
    with zipfile.ZipFile(path, "w") as members:
        members.writestr(NOT_FACES[0], b"")
    with pytest.raises(ValueError):
        convert_faces(path)
