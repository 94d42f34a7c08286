"""What tables 4.1, 4.3 and 4.4 print of the fairness attack, and the bars beside it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Printed:
    """A printed mean with its standard deviation: before, after, random attack."""

    before: tuple
    after: tuple
    random: tuple | None = None


PRINTED = {
    ("mnist_usps", "SFD", "balance"): Printed((0.286, 0.065), (0, 0), (0, 0)),
    ("mnist_usps", "SFD", "group_entropy"): Printed(
        (3.070, 0.155), (1.621, 0.108), (1.743, 0.156)
    ),
    ("mnist_usps", "SFD", "nmi"): Printed(
        (0.320, 0.033), (0.302, 0.007), (0.301, 0.019)
    ),
    ("mnist_usps", "SFD", "accuracy"): Printed(
        (0.427, 0.040), (0.378, 0.015), (0.374, 0.026)
    ),
    ("mnist_usps", "FSC", "balance"): Printed((0, 0), (0, 0), (0, 0)),
    ("mnist_usps", "FSC", "group_entropy"): Printed(
        (0.275, 0.077), (0.251, 0.041), (0.295, 0.036)
    ),
    ("mnist_usps", "FSC", "nmi"): Printed(
        (0.549, 0.011), (0.544, 0.007), (0.552, 0.006)
    ),
    ("mnist_usps", "FSC", "accuracy"): Printed(
        (0.448, 0.012), (0.457, 0.002), (0.455, 0.002)
    ),
    ("mnist_usps", "KFC", "balance"): Printed(
        (0.730, 0.250), (0.352, 0.307), (0.608, 0.237)
    ),
    ("mnist_usps", "KFC", "group_entropy"): Printed(
        (2.607, 0.607), (2.343, 0.444), (2.383, 0.490)
    ),
    ("mnist_usps", "KFC", "nmi"): Printed(
        (0.072, 0.024), (0.076, 0.029), (0.076, 0.027)
    ),
    ("mnist_usps", "KFC", "accuracy"): Printed(
        (0.168, 0.026), (0.176, 0.034), (0.174, 0.031)
    ),
    ("office31", "SFD", "balance"): Printed(
        (0.484, 0.129), (0.062, 0.080), (0.212, 0.188)
    ),
    ("office31", "SFD", "group_entropy"): Printed(
        (10.01, 0.098), (9.675, 0.187), (9.748, 0.181)
    ),
    ("office31", "SFD", "nmi"): Printed((0.801, 0.050), (0.768, 0.058), (0.795, 0.053)),
    ("office31", "SFD", "accuracy"): Printed(
        (0.688, 0.082), (0.624, 0.098), (0.668, 0.091)
    ),
    ("office31", "FSC", "balance"): Printed((0.041, 0.122), (0, 0), (0.086, 0.172)),
    ("office31", "FSC", "group_entropy"): Printed(
        (9.538, 0.113), (9.443, 0.178), (9.558, 0.226)
    ),
    ("office31", "FSC", "nmi"): Printed((0.669, 0.014), (0.693, 0.014), (0.693, 0.022)),
    ("office31", "FSC", "accuracy"): Printed(
        (0.411, 0.014), (0.452, 0.027), (0.447, 0.030)
    ),
    ("office31", "KFC", "balance"): Printed(
        (0.250, 0.310), (0.057, 0.172), (0.194, 0.301)
    ),
    ("office31", "KFC", "group_entropy"): Printed(
        (9.997, 0.315), (9.919, 0.189), (9.992, 0.250)
    ),
    ("office31", "KFC", "nmi"): Printed((0.393, 0.064), (0.391, 0.063), (0.393, 0.067)),
    ("office31", "KFC", "accuracy"): Printed(
        (0.265, 0.048), (0.266, 0.049), (0.265, 0.051)
    ),
    ("inverted_digits", "SFD", "balance"): Printed((0.021, 0.002), (0, 0)),
    ("inverted_digits", "SFD", "group_entropy"): Printed((2.781, 0.286), (0, 0)),
    ("inverted_digits", "SFD", "nmi"): Printed((0.281, 0.005), (0.371, 0.032)),
    ("inverted_digits", "SFD", "accuracy"): Printed((0.395, 0.014), (0.417, 0.038)),
    ("inverted_digits", "FSC", "balance"): Printed((0, 0), (0, 0)),
    ("inverted_digits", "FSC", "group_entropy"): Printed((0.345, 0), (0.345, 0)),
    ("inverted_digits", "FSC", "nmi"): Printed((0.571, 0.004), (0.571, 0.004)),
    ("inverted_digits", "FSC", "accuracy"): Printed((0.317, 0.003), (0.317, 0.003)),
    ("inverted_digits", "KFC", "balance"): Printed((0.653, 0.290), (0.188, 0.167)),
    ("inverted_digits", "KFC", "group_entropy"): Printed(
        (3.356, 0.138), (3.128, 0.193)
    ),
    ("inverted_digits", "KFC", "nmi"): Printed((0.069, 0.012), (0.062, 0.010)),
    ("inverted_digits", "KFC", "accuracy"): Printed((0.182, 0.020), (0.179, 0.017)),
    ("yaleb", "SFD", "balance"): Printed((0, 0), (0, 0)),
    ("yaleb", "SFD", "group_entropy"): Printed((3.757, 0.358), (3.351, 0.277)),
    ("yaleb", "SFD", "nmi"): Printed((0.159, 0.009), (0.170, 0.007)),
    ("yaleb", "SFD", "accuracy"): Printed((0.095, 0.004), (0.101, 0.005)),
    ("yaleb", "FSC", "balance"): Printed((0, 0), (0, 0)),
    ("yaleb", "FSC", "group_entropy"): Printed((3.907, 0.137), (3.793, 0.060)),
    ("yaleb", "FSC", "nmi"): Printed((0.375, 0.004), (0.373, 0.005)),
    ("yaleb", "FSC", "accuracy"): Printed((0.277, 0.004), (0.277, 0.004)),
    ("yaleb", "KFC", "balance"): Printed((0, 0), (0, 0)),
    ("yaleb", "KFC", "group_entropy"): Printed((10.92, 0.744), (10.19, 0.742)),
    ("yaleb", "KFC", "nmi"): Printed((0.122, 0.006), (0.138, 0.006)),
    ("yaleb", "KFC", "accuracy"): Printed((0.080, 0.006), (0.088, 0.004)),
    ("mnist_usps", "CFC", "balance"): Printed((0.442, 0.002), (0.373, 0.09)),
    ("mnist_usps", "CFC", "group_entropy"): Printed((2.576, 0.088), (2.626, 0.136)),
    ("mnist_usps", "CFC", "nmi"): Printed((0.269, 0.007), (0.287, 0.008)),
    ("mnist_usps", "CFC", "accuracy"): Printed((0.385, 0.002), (0.405, 0.015)),
    ("office31", "CFC", "balance"): Printed((0.609, 0.081), (0.606, 0.047)),
    ("office31", "CFC", "group_entropy"): Printed((5.995, 0.325), (6.009, 0.27)),
    ("office31", "CFC", "nmi"): Printed((0.69, 0.019), (0.698, 0.013)),
    ("office31", "CFC", "accuracy"): Printed((0.508, 0.021), (0.511, 0.018)),
    ("inverted_digits", "CFC", "balance"): Printed((0.145, 0.002), (0.266, 0.189)),
    ("inverted_digits", "CFC", "group_entropy"): Printed(
        (1.963, 0.022), (2.096, 0.153)
    ),
    ("inverted_digits", "CFC", "nmi"): Printed((0.225, 0.004), (0.187, 0.013)),
    ("inverted_digits", "CFC", "accuracy"): Printed((0.287, 0.006), (0.27, 0.008)),
    ("yaleb", "CFC", "balance"): Printed((0.176, 0.027), (0.047, 0.067)),
    ("yaleb", "CFC", "group_entropy"): Printed((5.472, 0.669), (6.196, 0.441)),
    ("yaleb", "CFC", "nmi"): Printed((0.142, 0.004), (0.17, 0.013)),
    ("yaleb", "CFC", "accuracy"): Printed((0.099, 0.003), (0.108, 0.007)),
}

# What CFC's means should reach before and after the attack.
LEAST = {
    ("inverted_digits", "CFC", "balance"): {"before": 0.145, "after": 0.145},
    ("inverted_digits", "CFC", "nmi"): {"before": 0.20, "after": 0.20},
    ("inverted_digits", "CFC", "accuracy"): {"before": 0.27, "after": 0.27},
    ("mnist_usps", "CFC", "balance"): {"before": 0.40, "after": 0.37},
    ("mnist_usps", "CFC", "nmi"): {"before": 0.26, "after": 0.26},
    ("mnist_usps", "CFC", "accuracy"): {"before": 0.38, "after": 0.38},
}

# How far the mean before the attack may be from the printed one.
BARS = {
    ("inverted_digits", "SFD", "balance"): 0.01,
    ("inverted_digits", "SFD", "nmi"): 0.02,
    ("inverted_digits", "SFD", "accuracy"): 0.03,
    ("inverted_digits", "FSC", "balance"): 0.0,
    ("inverted_digits", "FSC", "group_entropy"): 0.01,
    ("inverted_digits", "FSC", "nmi"): 0.01,
    ("inverted_digits", "FSC", "accuracy"): 0.01,
    ("inverted_digits", "KFC", "balance"): 0.290,
    ("mnist_usps", "FSC", "balance"): 0.0,
    ("mnist_usps", "KFC", "balance"): 0.250,
}
