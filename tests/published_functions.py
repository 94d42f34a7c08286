"""The functions that IMGPO and sequential random embeddings were published with."""

import numpy as np


def _wave(x):
    return (np.sin(13 * x) * np.sin(27 * x) + 1) / 2


def sin1(X):
    return -_wave(X[:, 0])


def sin2(X):
    return -_wave(X[:, 0]) * _wave(X[:, 1])


def sin1000(X):
    """Sin2 of the first two coordinates; the others do nothing."""
    return sin2(X[:, :2])


def peaks(X):
    x, y = X.T
    hills = 3 * (1 - x) ** 2 * np.exp(-(x**2) - (y + 1) ** 2)
    hills -= 10 * (x / 5 - x**3 - y**5) * np.exp(-(x**2) - y**2)
    return np.exp(-((x + 1) ** 2) - y**2) / 3 - hills


def branin(X):
    x, y = X.T
    valley = y - 5.1 / (4 * np.pi**2) * x**2 + 5 / np.pi * x - 6
    return valley**2 + 10 * (1 - 1 / (8 * np.pi)) * np.cos(x) + 10


def rosenbrock2(X):
    x, y = X.T
    return 100 * (y - x**2) ** 2 + (1 - x) ** 2


_HEIGHTS = np.array([1.0, 1.2, 3.0, 3.2])
_NARROW_3 = np.array([[3.0, 10, 30], [0.1, 10, 35]] * 2)
_PLACES_3 = 1e-4 * np.array(
    [[3689, 1170, 2673], [4699, 4387, 7470], [1091, 8732, 5547], [381, 5743, 8828]]
)
_NARROW_6 = np.array(
    [
        [10, 3, 17, 3.5, 1.7, 8],
        [0.05, 10, 17, 0.1, 8, 14],
        [3, 3.5, 1.7, 10, 17, 8],
        [17, 8, 0.05, 10, 0.1, 14],
    ]
)
_PLACES_6 = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)


def _hartmann(X, narrow, places):
    return -np.exp(-((X[:, None] - places) ** 2 * narrow).sum(axis=2)) @ _HEIGHTS


def hartmann3(X):
    return _hartmann(X, _NARROW_3, _PLACES_3)


def hartmann6(X):
    return _hartmann(X, _NARROW_6, _PLACES_6)


_DEPTHS = np.array([0.1, 0.2, 0.2, 0.4, 0.4])
_FOXHOLES = np.array([[4.0] * 4, [1] * 4, [8] * 4, [6] * 4, [3, 7, 3, 7]])


def shekel5(X):
    sq = ((X[:, None] - _FOXHOLES) ** 2).sum(axis=2)
    return -(1 / (sq + _DEPTHS)).sum(axis=1)


_SIN_BEST = _wave(np.linspace(0.86, 0.875, 100_001)).max()

# Name: function, box, least value.
OF_IMGPO = {
    "sin1": (sin1, [[0, 1]], -_SIN_BEST),
    "sin2": (sin2, [[0, 1]] * 2, -(_SIN_BEST**2)),
    "sin1000": (sin1000, [[0, 1]] * 1000, -(_SIN_BEST**2)),
    "peaks": (peaks, [[-3, 3]] * 2, -8.106213589442345),
    "branin": (branin, [[-5, 10], [0, 15]], 0.397887357729739),
    "rosenbrock2": (rosenbrock2, [[-5, 10]] * 2, 0.0),
    "hartmann3": (hartmann3, [[0, 1]] * 3, -3.8627797873327696),
    "hartmann6": (hartmann6, [[0, 1]] * 6, -3.322368011415511),
    "shekel5": (shekel5, [[0, 10]] * 4, -10.153199679058222),
}

_N_EFFECTIVE = 10
_SHIFT = 0.2


def _little(X):
    """What all but the first coordinates add: at most 1.44."""
    return ((X[:, _N_EFFECTIVE:] - _SHIFT) ** 2).sum(axis=1) / X.shape[1]


def sphere_of_few(X):
    return ((X[:, :_N_EFFECTIVE] - _SHIFT) ** 2).sum(axis=1) + _little(X)


def ackley_of_few(X):
    Z = X[:, :_N_EFFECTIVE] - _SHIFT
    root = np.sqrt((Z**2).mean(axis=1))
    waves = np.exp(np.cos(2 * np.pi * Z).mean(axis=1))
    return 20 - 20 * np.exp(-0.2 * root) + np.e - waves + _little(X)
