"""Every compiled function and what it takes, for the tests of the door and the fuzz."""

import numpy as np

from rfcore import _core

EXTENTS = {"n": 5, "d": 2, "k": 3, "l": 4, "b": 4, "s": 1, "r": 1, "m": 4, "p": 3}
EXTENTS |= {"2": 2, "3": 3, "0": 0, "u": _core.seeding_uniforms(EXTENTS["k"])}
EXTENTS |= {"w": 10, "v": 1}
DTYPES = {"f": np.float64, "i": np.int64, "l": np.int32}
# Fixed by a scalar or a number in the contract, not only by another array.
BOUND = {"m", "p", "u", "w", "2", "3"}

# Every kernel: its scalars, then its arrays as extents, dtype and "!" for an output.
PLAN = {"n_clusters": 3, "max_iter": 2, "tol": 0.0}
WARD = {"method": "ward", "n_clusters": 5}
TREE = {"order": "n i", "nodes": "v3 i"}
KERNELS = {
    "pairwise_sq_distances": ({}, {"X": "nd f", "Y": "bd f", "out": "nb f!"}),
    "self_distances": ({"squared": True}, {"X": "nd f", "out": "nn f!"}),
    "largest_magnitude": ({}, {"x": "n f"}),
    "replace_row_distances": (
        {"t": 1, "squared": True},
        {"X": "nd f", "row": "d f", "D": "nn f!"},
    ),
    "assign_nearest": (
        {},
        {"X": "nd f", "C": "kd f", "labels": "n l!", "sq": "n f!"},
    ),
    "lloyd_step": (
        {},
        {
            "X": "nd f",
            "C": "kd f",
            "labels": "n l!",
            "means": "kd f!",
            "counts": "k f!",
        },
    ),
    "mean_variance": ({}, {"X": "nd f"}),
    "lloyd": (
        PLAN,
        {"X": "nd f", "starts": "000 f", "uniforms": "ru f"}
        | {"centers": "kd f!", "labels": "n l!"},
    ),
    "lloyd_replace_rows": (
        PLAN,
        {"X": "nd f", "t": "s i", "rows": "bsd f", "starts": "rkd f"}
        | {"uniforms": "00 f", "labels": "bn l!", "centers": "bkd f!"}
        | {"inertia": "b f!"},
    ),
    "kmeans_plus_plus": ({}, {"X": "nd f", "uniforms": "u f", "chosen": "k i!"}),
    "k_medoids": (
        {"max_iter": 2},
        {"X": "ld f", "rows": "n i", "uniforms": "rk f"}
        | {"medoids": "k i!", "labels": "n l!"},
    ),
    "k_medoids_of_distances": (
        {"max_iter": 2},
        {"D": "nn f", "uniforms": "rk f", "medoids": "k i!", "labels": "n l!"},
    ),
    "k_medoids_replace_rows": (
        {"max_iter": 2},
        {"X": "nd f", "t": "s i", "rows": "bsd f", "uniforms": "rk f"}
        | {"medoids": "bk i!", "labels": "bn l!", "cost": "b f!"},
    ),
    "farthest_first": ({"first": 0}, {"X": "nd f", "chosen": "k i!", "sq": "n f!"}),
    "nearest_neighbors": (
        {"metric": "euclidean"},
        {"X": "nd f", "neighbors": "nk i!", "distances": "nk f!"},
    ),
    "build_quadtree": (
        {},
        {"X": "nd f", "shifts": "d f", "order": "n i!", "nodes": "w3 i!"},
    ),
    "decompose_fairlets": (
        {"p": 1, "q": 5},
        TREE | {"groups": "bn l", "fairlets": "bn i!", "n_fairlets": "b i!"},
    ),
    "cluster_fairlets": (
        {"p": 1, "q": 5, "max_iter": 2, "nearest": True},
        {"X": "nd f", **TREE, "groups": "bn l", "uniforms": "r2 f"}
        | {"labels": "bn l!", "medoids": "b2 i!", "cost": "b f!"}
        | {"fairlets": "bn i!", "n_fairlets": "b i!"},
    ),
    "linkage": (
        {"method": "ward"},
        {"D": "nn f!", "merges": "m2 i!", "heights": "m f!"},
    ),
    "cut_tree": ({"n_clusters": 2}, {"merges": "m2 i", "labels": "n l!"}),
    "linkage_replace_rows": (
        WARD,
        {"X": "nd f", "D": "nn f", "t": "s i", "rows": "bsd f", "labels": "bn l!"},
    ),
    "prepare_insertion": (
        {"t": 0, "method": "ward"},
        {"D": "nn f", "pairs": "p2 i!", "heights": "p f!", "history": "pn f!"},
    ),
    "linkage_insert_row": (
        WARD | {"t": 0},
        {"X": "nd f", "D": "nn f", "rows": "bd f", "pairs": "p2 i", "heights": "p f"}
        | {"history": "pn f", "labels": "bn l!"},
    ),
    "contingency": ({}, {"a": "n l", "others": "bn l", "table": "bkl i!"}),
    "co_membership_distance": (
        {"k": 3, "l": 4},
        {"a": "n l", "others": "bn l", "distance": "b f!"},
    ),
    "n_switched": (
        {"k": 3, "l": 4},
        {"a": "n l", "others": "bn l", "switched": "b i!"},
    ),
    "nmi": ({"k": 3, "l": 4}, {"a": "n l", "others": "bn l", "out": "b f!"}),
    "ari": ({"k": 3, "l": 4}, {"a": "n l", "others": "bn l", "out": "b f!"}),
    "balance": (
        {"k": 3, "l": 4},
        {"labels": "bn l", "groups": "bn l", "out": "b f!"},
    ),
    "group_entropy": (
        {"k": 3, "l": 4},
        {"labels": "bn l", "groups": "bn l", "out": "b f!"},
    ),
    "cluster_moments": (
        {},
        {"X": "nd f", "labels": "n l", "means": "kd f!", "variances": "kd f!"}
        | {"counts": "k i!"},
    ),
    "mahalanobis_depth": (
        {},
        {"points": "nd f", "means": "kd f", "whitening": "kdd f", "depth": "n f!"},
    ),
    "coordinate_depth": (
        {"printed": False},
        {"points": "nd f", "means": "kd f", "variances": "kd f", "depth": "n f!"},
    ),
    "shrink_regions": (
        {"discrete": True, "n_free": 2},
        {"positives": "bd f", "negatives": "sd f", "bounds": "d2 f"}
        | {"uniforms": "bu f", "low": "bd f!", "high": "bd f!", "points": "bd f!"},
    ),
    "rows_times": (
        {},
        {"X": "nd f", "W": "kd f", "constant": "k f", "out": "nk f!"},
    ),
    "sum_slopes": (
        {},
        {"X": "nd f", "shift": "d f", "slopes": "nk f", "magnitudes": "nk f"}
        | {"gradient": "kd f!", "sizes": "kd f!"},
    ),
}
# Their extents, dtypes or values hang together in ways of their own, and so do their
# errors, which stand with the tests of each.
ELSEWHERE = {
    "basic_partitions",
    "co_association",
    "count_groups",
    "extend_segments",
    "knapsack",
    "lloyd_append_rows",
    "rank_margins",
    "scale_rows",
    "son_labels",
    "son_penalty",
    "son_sweep",
    "sum_bal",
    "tally_nearest",
    "warm_append_rows",
}
SIZES = {"region_uniforms", "seeding_uniforms", "son_dual_shape"}
