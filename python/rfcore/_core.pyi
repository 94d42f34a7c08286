"""Types and one line on every compiled kernel; the contracts stand in cpp/include.

`Floats` is one dtype, float32 or float64, the same for all arguments of that type.
Arrays should be C-ordered and of the named dtype exactly; outputs are written in place.
"""

from types import ModuleType
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

_Floats = TypeVar("_Floats", NDArray[np.float32], NDArray[np.float64])
_Doubles = NDArray[np.float64]
_Indices = NDArray[np.int64]
_Labels = NDArray[np.int32]
_Flags = NDArray[np.uint8]

cuda: ModuleType

def ari(a: _Labels, others: _Labels, k: int, l: int, out: _Doubles) -> None:
    """The adjusted Rand index of one labeling with each of the others."""

def assign_nearest(X: _Floats, C: _Doubles, labels: _Labels, sq: _Doubles) -> None:
    """The nearest center of each row, and the squared distance to it."""

def balance(labels: _Labels, groups: _Labels, k: int, l: int, out: _Doubles) -> None:
    """The least ratio of a group's share in a cluster and its share overall."""

def basic_partitions(
    X: _Floats,
    rows: _Indices,
    features: _Indices,
    uniforms: _Doubles,
    n_clusters: int,
    max_iter: int,
    tol: float,
    labels: _Labels,
) -> None:
    """k-means of parts of the data, each then asked for the labels of all rows."""

def build_quadtree(
    X: _Doubles, shifts: _Doubles, order: _Indices, nodes: _Indices
) -> int:
    """A randomly shifted quadtree; how many nodes it has."""

def cluster_fairlets(
    X: _Doubles,
    order: _Indices,
    nodes: _Indices,
    groups: _Labels,
    p: int,
    q: int,
    uniforms: _Doubles,
    max_iter: int,
    nearest: bool,
    labels: _Labels,
    medoids: _Indices,
    cost: _Doubles,
    fairlets: _Indices,
    n_fairlets: _Indices,
) -> None:
    """Fair k-median by fairlets, once per question."""

def cluster_moments(
    X: _Floats,
    labels: _Labels,
    means: _Doubles,
    variances: _Doubles,
    counts: _Indices,
) -> None:
    """Mean and sample variance of each feature in each cluster."""

def co_association(
    labels: _Labels, S: NDArray[np.uint16] | NDArray[np.float32]
) -> None:
    """How often, or in what share of partitions, two rows have the same label."""

def co_membership_distance(
    a: _Labels, others: _Labels, k: int, l: int, distance: _Doubles
) -> None:
    """How far one labeling is from others, by the pairs of rows they keep together."""

def contingency(a: _Labels, others: _Labels, table: _Indices) -> None:
    """Contingency tables of one labeling with each of the others."""

def coordinate_depth(
    points: _Doubles,
    means: _Doubles,
    variances: _Doubles,
    printed: bool,
    depth: _Doubles,
) -> None:
    """Coordinate-wise minimum of the Mahalanobis depth, as defined or as printed."""

def count_groups(
    selected: _Flags,
    presence: _Flags,
    packed: bool,
    counts: _Indices,
    sizes: _Indices,
) -> None:
    """How many frames of each summary show each group, and how many it has."""

def cut_tree(merges: _Indices, n_clusters: int, labels: _Labels) -> None:
    """The partition that the first n - n_clusters merges leave."""

def decompose_fairlets(
    order: _Indices,
    nodes: _Indices,
    groups: _Labels,
    p: int,
    q: int,
    fairlets: _Indices,
    n_fairlets: _Indices,
) -> None:
    """Rows grouped into (p, q)-fairlets along a tree, once per question."""

def extend_segments(
    K: _Doubles,
    sums: _Doubles,
    diagonal: _Doubles,
    costs: _Doubles,
    previous: _Labels,
) -> None:
    """The table of best segmentations, extended by a few frames."""

def farthest_first(X: _Floats, first: int, chosen: _Indices, sq: _Doubles) -> None:
    """Farthest-first traversal: each next center is the farthest row."""

def group_entropy(
    labels: _Labels, groups: _Labels, k: int, l: int, out: _Doubles
) -> None:
    """The mean over groups of the entropy of their shares in the clusters."""

def k_medoids(
    X: _Doubles,
    rows: _Indices,
    uniforms: _Doubles,
    max_iter: int,
    medoids: _Indices,
    labels: _Labels,
    max_candidates: int = ...,
) -> tuple[float, int]:
    """The best of several descents to k medoids of some rows: cost and rounds."""

def k_medoids_of_distances(
    D: _Doubles, uniforms: _Doubles, max_iter: int, medoids: _Indices, labels: _Labels
) -> tuple[float, int]:
    """The best of several descents to k medoids from distances: cost and rounds."""

def k_medoids_replace_rows(
    X: _Doubles,
    t: _Indices,
    rows: _Doubles,
    uniforms: _Doubles,
    max_iter: int,
    medoids: _Indices,
    labels: _Labels,
    cost: _Doubles,
) -> None:
    """k-median of the data with some rows replaced, once per question."""

def kmeans_plus_plus(X: _Floats, uniforms: _Doubles, chosen: _Indices) -> None:
    """Greedy k-means++ from given uniform numbers."""

def knapsack(
    values: _Doubles, weights: _Indices, capacity: int, single: bool, taken: _Flags
) -> float:
    """The items of greatest total value whose weights fit, and that value."""

def linkage(D: _Doubles, method: str, merges: _Indices, heights: _Doubles) -> None:
    """The dendrogram of a distance matrix, which is overwritten."""

def linkage_insert_row(
    X: _Doubles,
    D: _Doubles,
    t: int,
    rows: _Doubles,
    method: str,
    n_clusters: int,
    pairs: _Indices,
    heights: _Doubles,
    history: _Doubles,
    labels: _Labels,
) -> int:
    """Partitions after row t is replaced; how many took a new dendrogram."""

def linkage_replace_rows(
    X: _Doubles,
    D: _Doubles,
    t: _Indices,
    rows: _Doubles,
    method: str,
    n_clusters: int,
    labels: _Labels,
) -> None:
    """Partitions after some rows are replaced, each by a new dendrogram."""

def largest_magnitude(x: _Floats) -> float:
    """The largest absolute value; NaN where one is NaN."""

def lloyd(
    X: _Floats,
    starts: _Doubles,
    uniforms: _Doubles,
    n_clusters: int,
    max_iter: int,
    tol: float,
    centers: _Doubles,
    labels: _Labels,
) -> tuple[float, int, bool]:
    """The best of several runs of Lloyd: inertia, steps, whether it converged."""

def lloyd_append_rows(
    X: _Doubles,
    V: _Doubles,
    starts: _Doubles,
    uniforms: _Doubles,
    n_clusters: int,
    max_iter: int,
    tol: float,
    centers: _Doubles,
    labels: _Labels,
) -> None:
    """k-means with some rows appended, once per question."""

def lloyd_replace_rows(
    X: _Floats,
    t: _Indices,
    rows: _Floats,
    starts: _Doubles,
    uniforms: _Doubles,
    n_clusters: int,
    max_iter: int,
    tol: float,
    labels: _Labels,
    centers: _Doubles,
    inertia: _Doubles,
) -> None:
    """k-means of the data with some rows replaced, once per question."""

def lloyd_step(
    X: _Floats, C: _Doubles, labels: _Labels, means: _Doubles, counts: _Doubles
) -> float:
    """One step of Lloyd: assign, then average; the inertia."""

def mahalanobis_depth(
    points: _Doubles, means: _Doubles, whitening: _Doubles, depth: _Doubles
) -> None:
    """Sum over clusters of the Mahalanobis depth."""

def mean_variance(X: _Floats) -> float:
    """The mean over features of their variances."""

def n_switched(a: _Labels, others: _Labels, k: int, l: int, switched: _Indices) -> None:
    """Rows that switch cluster, under the names that make them fewest."""

def nearest_neighbors(
    X: _Doubles, metric: str, neighbors: _Indices, distances: _Doubles
) -> None:
    """The nearest other rows of each row, by (distance, row)."""

def nmi(a: _Labels, others: _Labels, k: int, l: int, out: _Doubles) -> None:
    """Normalized mutual information of one labeling with each of the others."""

def pairwise_sq_distances(X: _Floats, Y: _Floats, out: _Doubles) -> None:
    """All squared distances between the rows of X and the rows of Y."""

def prepare_insertion(
    D: _Doubles,
    t: int,
    method: str,
    pairs: _Indices,
    heights: _Doubles,
    history: _Doubles,
) -> bool:
    """The dendrogram of all rows but t; whether rounding leaves it clear."""

def rank_margins(
    X: _Doubles,
    C: _Doubles,
    labels: _Labels,
    order: _Indices,
    rows: _Doubles,
    margins: _Doubles,
    begin: _Indices,
    sums: _Doubles,
    moments: _Doubles,
) -> None:
    """Rows ranked by how far centers have to move before they change cluster."""

def region_uniforms(n_negatives: int, n_free: int) -> int:
    """How many uniform numbers `shrink_regions` reads for each point."""

def replace_row_distances(
    X: _Floats, row: _Floats, t: int, squared: bool, D: _Doubles
) -> None:
    """Row and column t of a distance matrix, after row t of X was replaced."""

def rows_times(X: _Floats, W: _Doubles, constant: _Doubles, out: _Doubles) -> None:
    """Rows times a few columns, and a constant added to each."""

def scale_rows(X: _Floats, shift: _Floats, root: _Floats, scaled: _Floats) -> None:
    """Rows less a shift, and a 1 behind them, times a number each."""

def seeding_uniforms(n_clusters: int) -> int:
    """How many uniform numbers `kmeans_plus_plus` reads."""

def self_distances(X: _Floats, squared: bool, out: _Doubles) -> None:
    """All distances between the rows of X, squared or not."""

def shrink_regions(
    positives: _Doubles,
    negatives: _Doubles,
    bounds: _Doubles,
    discrete: bool,
    n_free: int,
    uniforms: _Doubles,
    low: _Doubles,
    high: _Doubles,
    points: _Doubles,
) -> None:
    """Regions that hold a positive point and no negative, and a point of each."""

def sum_slopes(
    X: _Floats,
    shift: _Floats,
    slopes: _Doubles,
    magnitudes: _Doubles,
    gradient: _Doubles,
    sizes: _Doubles,
) -> None:
    """The gradient that a block of rows adds, and the sum of its terms' sizes."""

def sum_bal(
    selected: _Flags,
    presence: _Flags,
    packed: bool,
    values: _Doubles,
    violating: _Labels,
) -> None:
    """The least ratio of a group's share in a summary and its share in the video."""

def son_dual_shape(n: int, d: int) -> tuple[int, int, int, int]:
    """The shape of the duals of all pairs of n rows."""

def son_labels(dual: _Doubles, lam: float, labels: _Labels) -> int:
    """The clusters of rows that a dual holds together; how many."""

def son_penalty(C: _Doubles, weights: _Doubles) -> float:
    """The sum of weighted distances of all pairs of rows."""

def son_sweep(
    X: _Doubles,
    lam: float,
    step: float,
    n_steps: int,
    centers: _Doubles,
    sums: _Doubles,
    dual: _Doubles,
) -> None:
    """Steps of ADMM for sum-of-norms clustering."""

def tally_nearest(
    X: _Floats, centers: _Doubles, groups: _Labels, counts: _Indices, sums: _Doubles
) -> None:
    """Rows by nearest center and group, and squared distances added up by group."""

def warm_append_rows(
    X: _Doubles,
    C: _Doubles,
    warm_labels: _Labels,
    order: _Indices,
    rows: _Doubles,
    margins: _Doubles,
    begin: _Indices,
    sums: _Doubles,
    moments: _Doubles,
    V: _Doubles,
    max_iter: int,
    tol: float,
    centers: _Doubles,
    labels: _Labels,
) -> int:
    """k-means with some rows appended, from warm centers; how many took whole runs."""
