"""The quadtree, fairlets along it and their clusters, against plain Python."""

import itertools

import hypothesis
import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfcore import _core

PLACES = [(1e-6, 0.0), (1.0, 0.0), (1e6, 0.0), (1.0, 1e6), (1e-6, 1e6)]
RATIOS = [(1, 1), (1, 2), (1, 5), (2, 3), (2, 5), (3, 4), (4, 5)]


def build(X, shifts):
    n = len(X)
    order, nodes = np.full(n, -1), np.full((2 * n, 3), -1)
    n_nodes = _core.build_quadtree(X, shifts, order, nodes)
    assert n_nodes <= max(0, 2 * n - 1)
    assert (nodes[n_nodes:] == -1).all()
    return order, nodes[:n_nodes].copy()


def decompose(order, nodes, groups, p, q):
    groups = np.ascontiguousarray(groups, dtype=np.int32)
    fairlets, n_fairlets = np.full(groups.shape, -1), np.full(len(groups), -1)
    _core.decompose_fairlets(order, nodes, groups, p, q, fairlets, n_fairlets)
    return fairlets, n_fairlets


def cluster(X, tree, groups, p, q, uniforms, *, nearest=False, max_iter=100):
    groups = np.ascontiguousarray(groups, dtype=np.int32)
    (b, n), k = groups.shape, uniforms.shape[1]
    labels, medoids = np.full((b, n), -1, np.int32), np.full((b, k), -1)
    cost, fairlets, n_fairlets = np.full(b, np.nan), np.full((b, n), -1), np.full(b, -1)
    _core.cluster_fairlets(
        *(X, *tree, groups, p, q, uniforms, max_iter, nearest),
        *(labels, medoids, cost, fairlets, n_fairlets),
    )
    return labels, medoids, cost, fairlets, n_fairlets


def nested(order, nodes, v=0):
    """A node and its children as `oracles.quadtree` gives them."""
    begin, end, after = nodes[v]
    children, child, at = [], v + 1, begin
    while child < after:
        assert nodes[child, 0] == at
        children.append(nested(order, nodes, child))
        at, child = nodes[child, 1], nodes[child, 2]
    assert child == after
    assert not children or at == end
    return order[begin:end].tolist(), children


def height(tree):
    return 1 + max(map(height, tree[1]), default=0)


def leaves(tree):
    rows, children = tree
    return [own for child in children for own in leaves(child)] or [rows]


def numbered(made, n):
    """The fairlet of each row."""
    fairlets = np.full(n, -1)
    for number, members in enumerate(made):
        fairlets[members] = number
    return fairlets


@st.composite
def rows_and_shifts(draw, *, least=1, most=40):
    """Normal rows, few places with many rows, or rows ever nearer to one place."""
    kind = draw(st.sampled_from(["normal", "duplicates", "deep"]))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    n, d = int(rng.integers(least, most + 1)), int(rng.integers(1, 4))
    X = rng.normal(size=(n, d))
    if kind == "duplicates":
        X = np.round(X)
    if kind == "deep":
        X *= 2.0 ** -rng.integers(0, 40, size=(n, 1))
    return X, rng.random(d)


@st.composite
def questions(draw):
    """A tree, and groups that are balanced enough, some of them only just."""
    p, q = draw(st.sampled_from(RATIOS))
    X, shifts = draw(rows_and_shifts(least=2, most=60))
    n = len(X)
    least = -(-n * p // (p + q))  # a p <= (n - a) q and the other way round
    most = n - least
    if least > most:
        X, n, least, most = np.repeat(X, 2, axis=0), 2 * n, n, n
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    groups = np.zeros((3, n), dtype=np.int32)
    sizes = least, most, rng.integers(least, most + 1)
    for own, size in zip(groups, sizes, strict=True):
        own[:size] = 1
        rng.shuffle(own)
    if draw(st.booleans()):
        groups[2] = np.sort(groups[2])[np.argsort(np.argsort(X[:, 0]))]
    return X, build(X, shifts), groups, p, q


@given(rows_and_shifts())
def test_the_tree_is_that_of_the_definition(question):
    X, shifts = question
    tree = nested(*build(X, shifts))
    assert tree == oracles.quadtree(X, shifts)
    assert sorted(tree[0]) == list(range(len(X)))


@pytest.mark.parametrize(("scale", "offset"), PLACES)
def test_the_tree_does_not_depend_on_scale_and_offset(scale, offset):
    rng = np.random.default_rng(0)
    X, shifts = rng.integers(0, 2**12, size=(80, 3)) / 2.0**12, rng.random(3)
    X *= [1.0, 0.5, 1e-3]
    expected = oracles.quadtree(X, shifts)
    moved = X * scale + offset
    assert nested(*build(moved, shifts)) == oracles.quadtree(moved, shifts)
    if offset == 0.0:
        assert nested(*build(moved, shifts)) == expected


def test_a_tree_by_hand():
    """Side 4: with shift 0 the root is [0, 8), and cells are 4, 2, 1, 1/2 wide."""
    X = np.array([[0.0], [4.0], [1.0], [1.5], [3.0]])
    order, nodes = build(X, np.zeros(1))
    assert order.tolist() == [0, 2, 3, 4, 1]
    assert nodes.tolist() == [
        [0, 5, 9],  # all
        [0, 4, 8],  # [0, 4)
        [0, 3, 7],  # [0, 2)
        [0, 1, 4],  # [0, 1)
        [1, 3, 7],  # [1, 2), cut in its halves
        [1, 2, 6],
        [2, 3, 7],
        [3, 4, 8],  # [2, 4)
        [4, 5, 9],  # [4, 8)
    ]


def test_shifts_are_parts_of_the_side():
    """Shift 1/2 of side 4: the root is [-2, 6), and its halves meet at 2."""
    order, nodes = build(np.array([[3.0], [0.0], [4.0], [1.0]]), np.array([0.5]))
    assert order.tolist() == [1, 3, 0, 2]
    halves = nodes[1], nodes[nodes[1, 2]]
    assert [half[:2].tolist() for half in halves] == [[0, 2], [2, 4]]


def test_duplicates_stay_in_one_leaf():
    rng = np.random.default_rng(1)
    X = np.repeat(rng.normal(size=(7, 2)), 5, axis=0)[rng.permutation(35)]
    own = leaves(nested(*build(X, rng.random(2))))
    assert len(own) == 7
    for rows in own:
        assert rows == sorted(rows)
        assert (X[rows] == X[rows[0]]).all()


def test_rows_together_below_the_last_level_stay_a_leaf():
    X = np.array([[0.0], [2.0**-33], [1.0], [2.0**-20]])
    tree = nested(*build(X, np.array([0.25])))
    assert leaves(tree) == [[0, 1], [3], [2]]


def test_trees_of_equal_rows_one_row_and_no_rows():
    assert nested(*build(np.full((6, 2), 3.0), np.full(2, 0.9))) == ([*range(6)], [])
    assert nested(*build(np.full((1, 2), 1e6), np.full(2, 0.9))) == ([0], [])
    order, nodes = build(np.empty((0, 2)), np.full(2, 0.5))
    assert order.shape == (0,)
    assert nodes.shape == (0, 3)


def test_the_largest_tree():
    """Each row leaves its own level: n leaves below n - 1 nodes."""
    X = 2.0 ** -np.arange(20.0)[:, None]
    nodes = build(X, np.zeros(1))[1]
    assert len(nodes) == 39
    assert height(nested(*build(X, np.zeros(1)))) == 20


@given(questions())
def test_fairlets_are_balanced_and_hold_each_row_once(question):
    _, tree, groups, p, q = question
    for own, fairlets, n in zip(groups, *decompose(*tree, groups, p, q), strict=True):
        assert np.unique(fairlets).tolist() == list(range(n))
        counts = np.stack(
            [np.bincount(fairlets[own == g], minlength=n) for g in (0, 1)]
        )
        assert (counts.sum(axis=0) <= p + q).all()
        assert (p * counts <= q * counts[::-1]).all()


@given(questions())
def test_fairlets_are_those_of_plain_python(question):
    X, tree, groups, p, q = question
    nest = nested(*tree)
    for own, fairlets, n in zip(groups, *decompose(*tree, groups, p, q), strict=True):
        made = oracles.fairlets(nest, own.tolist(), p, q)
        assert n == len(made)
        np.testing.assert_array_equal(fairlets, numbered(made, len(X)))


def two_children(first, second):
    """A tree of two leaves with so many rows of each group, and the groups."""
    groups = [np.repeat([0, 1], counts) for counts in (first, second)]
    n, m = len(groups[0]), sum(map(len, groups))
    nodes = np.array([[0, m, 3], [0, n, 2], [n, m, 3]])
    return np.arange(m), nodes, np.concatenate(groups)[None]


@pytest.mark.parametrize(("p", "q"), RATIOS)
def test_a_node_gives_up_what_its_children_must(p, q):
    """Where both groups' excess balances itself, nothing else crosses the children."""
    first, second = (3 * q + p, 3 * p), (3 * p, 3 * q + p)
    order, nodes, groups = two_children(first, second)
    fairlets = decompose(order, nodes, groups, p, q)[0][0]
    crossing = np.intersect1d(fairlets[: sum(first)], fairlets[sum(first) :])
    assert np.isin(fairlets, crossing).sum() == 2 * p


@given(st.lists(st.integers(0, 6), min_size=4, max_size=4), st.sampled_from(RATIOS))
def test_a_node_gives_up_about_the_least(counts, ratio):
    """Against all ways that leave both children and what is given up balanced.

    With p = 1 it is the least; else there is less than a whole fairlet more.
    """
    (p, q), (a, b) = ratio, (counts[:2], counts[2:])

    def fair(x, y):
        return x * p <= y * q and y * p <= x * q

    hypothesis.assume(fair(a[0] + b[0], a[1] + b[1]))
    own, other = oracles.given_up([a, b], p, q)
    for had, took in (a, own), (b, other):
        assert took[0] >= had[0] - had[1] * q // p
        assert took[1] >= had[1] - had[0] * q // p
        assert fair(had[0] - took[0], had[1] - took[1])
    least = min(
        sum(way)
        for way in itertools.product(*(range(size + 1) for size in (*a, *b)))
        if fair(way[0] + way[2], way[1] + way[3])
        and fair(a[0] - way[0], a[1] - way[1])
        and fair(b[0] - way[2], b[1] - way[3])
    )
    assert least <= sum(own) + sum(other) < least + (1 if p == 1 else p + q)
    if a != [0, 0] and b != [0, 0]:
        order, nodes, groups = two_children(a, b)
        made = oracles.fairlets(nested(order, nodes), groups[0].tolist(), p, q)
        fairlets = decompose(order, nodes, groups, p, q)[0][0]
        np.testing.assert_array_equal(fairlets, numbered(made, len(order)))


def test_fairlets_by_hand():
    """p = 1, q = 2. Left child: rows 0 .. 3 of group 0, row 4 of group 1. It keeps
    two of group 0 and gives up rows 0 and 1. The right child, rows 5 .. 7 of group 1,
    keeps none of them. Five are given up: a fairlet of two of group 1 and one of group
    0, then a pair. The left child's rest is one fairlet more.
    """
    order, nodes, groups = two_children((4, 1), (0, 3))
    fairlets, n_fairlets = decompose(order, nodes, groups, 1, 2)
    assert fairlets.tolist() == [[0, 1, 2, 2, 2, 0, 0, 1]]
    assert n_fairlets.tolist() == [3]


def test_rows_that_cost_nothing_are_given_up_first():
    """p = 1, q = 2. Rows 0 and 1 of group 0 are alone. The second child, rows 2 to 4,
    is a whole fairlet and would give up all for its row 4 of group 1; the third, rows
    5 to 7, can spare row 6.
    """
    order = np.arange(8)
    nodes = np.array([[0, 8, 4], [0, 2, 2], [2, 5, 3], [5, 8, 4]])
    groups = np.array([[0, 0, 0, 0, 1, 0, 1, 1]])
    fairlets, n_fairlets = decompose(order, nodes, groups, 1, 2)
    assert fairlets.tolist() == [[0, 0, 1, 1, 1, 2, 0, 2]]
    assert n_fairlets.tolist() == [3]


def test_whole_fairlets_stay_where_others_can_give():
    """p = 2, q = 3. Row 0 of group 0 is alone. Of the others every row of group 1 that
    is given up brings one of group 0 along: pairs break, the fairlet of five does not.
    """
    order = np.arange(10)
    nodes = np.array([[0, 10, 5], [0, 1, 2], [1, 6, 3], [6, 8, 4], [8, 10, 5]])
    groups = np.array([[0, 0, 0, 0, 1, 1, 0, 1, 0, 1]])
    fairlets = decompose(order, nodes, groups, 2, 3)[0]
    assert fairlets.tolist() == [[0, 1, 1, 1, 1, 1, 0, 0, 0, 0]]


@pytest.mark.parametrize(("p", "q"), RATIOS)
def test_a_batch_is_single_questions(p, q):
    rng = np.random.default_rng(2)
    X = rng.normal(size=(90, 2))
    tree, uniforms = build(X, rng.random(2)), rng.random((2, 4))
    groups = np.array([rng.permutation(np.arange(90) % 2) for _ in range(6)])
    together = decompose(*tree, groups, p, q)
    clusters = cluster(X, tree, groups, p, q, uniforms)
    for i in range(6):
        one = decompose(*tree, groups[i : i + 1], p, q)
        for part, expected in zip(one, together, strict=True):
            np.testing.assert_array_equal(part[0], expected[i])
        one = cluster(X, tree, groups[i : i + 1], p, q, uniforms)
        for part, expected in zip(one, clusters, strict=True):
            np.testing.assert_array_equal(part[0], expected[i])
    np.testing.assert_array_equal(clusters[3], together[0])
    np.testing.assert_array_equal(clusters[4], together[1])


@pytest.mark.parametrize("nearest", [False, True])
def test_the_same_bits_for_any_number_of_threads(same_bits, nearest):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(150, 3))
    tree, uniforms = build(X, rng.random(3)), rng.random((2, 5))
    groups = np.array([rng.permutation(np.arange(150) % 2) for _ in range(9)])
    same_bits(lambda: decompose(*tree, groups, 2, 3))
    same_bits(lambda: cluster(X, tree, groups, 2, 3, uniforms, nearest=nearest))


@pytest.mark.parametrize(("scale", "offset"), PLACES[:4])
@pytest.mark.parametrize(("p", "q"), [(1, 1), (1, 3), (2, 5)])
def test_clusters_are_those_of_plain_python(p, q, scale, offset):
    rng = np.random.default_rng(p + q)
    X = rng.normal(size=(70, 2)) * scale + offset
    shifts, uniforms = rng.random(2), rng.random((1, 4))
    tree = build(X, shifts)
    groups = rng.permutation(np.arange(70) % 2)
    groups[:8] = 0 if p < q else groups[:8]
    made = oracles.fairlets(nested(*tree), groups.tolist(), p, q)
    centers = [oracles.fairlet_center(X, members) for members in made]
    D = np.sqrt(oracles.sq_distances(X[centers], X[centers]))
    chosen = oracles.swap_descent(D, uniforms[0])
    cost, names = oracles.medoid_cost(D, chosen)
    own = numbered(made, 70)
    expected = {False: names[own]}
    medoids = np.array(centers)[chosen]
    expected[True] = oracles.sq_distances(X, X[medoids]).argmin(axis=1)
    for nearest, labels in expected.items():
        found = cluster(X, tree, groups[None], p, q, uniforms, nearest=nearest)
        np.testing.assert_array_equal(found[0][0], labels)
        np.testing.assert_array_equal(found[1][0], medoids)
        assert found[2][0] == pytest.approx(cost, rel=1e-12)
        np.testing.assert_array_equal(found[3][0], own)
        assert found[4][0] == len(made)


def test_of_equally_central_rows_the_first_of_the_larger_group():
    """Pairs tie always: group 0 has the center, whichever group the node has more of.

    In one leaf of three and two rows, p = 1, q = 5: rows 0, 1 of the larger group and
    row 3 lie on a triangle's corners, rows 2 and 4 are the pair.
    """
    X = np.array([[0.0, 0.0], [2.0, 0.0], [9.0, 9.0], [1.0, 3.0**0.5], [9.0, 9.5]])
    X[3, 1] = 1.0
    nodes = np.array([[0, 5, 1]])
    one = np.array([[0.999]])
    for groups, of_pair in ([0, 0, 0, 1, 1], 2), ([1, 1, 1, 0, 0], 4):
        tree = np.arange(5), nodes
        groups = np.array([groups])
        found = cluster(X, tree, groups, 1, 5, np.array([[0.0, 0.999]]))
        assert found[3].tolist() == [[0, 0, 1, 0, 1]]
        assert sorted(found[1][0]) == sorted([3, of_pair])
        assert cluster(X, tree, groups, 1, 5, one)[4].tolist() == [2]
    # Four corners of a square: all tie, and the first of the larger group wins.
    X = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    for groups, center in ([0, 1, 1, 1], 1), ([1, 1, 0, 1], 0), ([0, 0, 1, 0], 0):
        tree = np.arange(4), np.array([[0, 4, 1]])
        assert cluster(X, tree, [groups], 1, 3, one)[1].tolist() == [[center]]
    tree = np.array([3, 2, 1, 0]), np.array([[0, 4, 1]])
    assert cluster(X, tree, [[0, 1, 1, 1]], 1, 3, one)[1].tolist() == [[3]]


def test_of_equally_near_clusters_the_lowest():
    """Pairs at 0 and 4 have the centers; row 4, in the middle, is as near to both."""
    X = np.array([[0.0], [0.0], [4.0], [4.0], [2.0], [0.0]])
    tree = np.arange(6), np.array([[0, 6, 4], [0, 2, 2], [2, 4, 3], [4, 6, 4]])
    groups = np.array([[0, 1, 0, 1, 1, 0]])
    for uniforms in ([[0.0, 0.5]], [[0.4, 0.5]]):
        labels, medoids, *_ = cluster(
            X, tree, groups, 1, 1, np.array(uniforms), nearest=True
        )
        assert sorted(X[medoids[0], 0]) == [0.0, 4.0]
        assert labels[0, 4] == 0
        assert labels[0, medoids[0]].tolist() == [0, 1]


def test_fewer_fairlets_than_clusters_are_told():
    X = np.arange(6.0)[:, None]
    tree = build(X, np.array([0.5]))
    groups = np.array([[0, 0, 0, 1, 1, 1], [0, 1, 1, 1, 1, 1]])
    found = cluster(X, tree, groups, 1, 5, np.full((1, 3), 0.5))
    labels, medoids, cost, fairlets, n_fairlets = found
    assert n_fairlets.tolist() == [3, 1]
    assert sorted(labels[0].tolist()) == [0, 0, 1, 1, 2, 2]
    assert (labels[1] == 0).all()
    assert (medoids[1] == 0).all()
    assert cost[1] == 0.0
    assert (fairlets[1] == 0).all()


def test_no_questions_and_no_rows():
    tree = build(np.arange(4.0)[:, None], np.zeros(1))
    fairlets, n_fairlets = decompose(*tree, np.empty((0, 4)), 1, 2)
    assert fairlets.shape == (0, 4)
    assert n_fairlets.shape == (0,)
    none = build(np.empty((0, 1)), np.zeros(1))
    assert decompose(*none, np.empty((2, 0)), 1, 2)[1].tolist() == [0, 0]
    found = cluster(np.empty((0, 1)), none, np.empty((2, 0)), 1, 2, np.zeros((1, 1)))
    assert found[4].tolist() == [0, 0]


def test_error_trees():
    X, order, nodes = np.zeros((3, 2)), np.zeros(3, int), np.zeros((6, 3), int)
    with pytest.raises(ValueError, match=r"shifts\.shape\[0\]=1 should be 2"):
        _core.build_quadtree(X, np.zeros(1), order, nodes)
    with pytest.raises(ValueError, match=r"order\.shape\[0\]=2 should be 3"):
        _core.build_quadtree(X, np.zeros(2), order[:2].copy(), nodes)
    with pytest.raises(ValueError, match=r"nodes\.shape\[0\]=5 should be 6"):
        _core.build_quadtree(X, np.zeros(2), order, nodes[:5].copy())
    with pytest.raises(ValueError, match=r"nodes\.shape\[1\]=2 should be 3"):
        _core.build_quadtree(X, np.zeros(2), order, np.zeros((6, 2), int))


GOOD = {
    "order": np.arange(4),
    "nodes": np.array([[0, 4, 3], [0, 2, 2], [2, 4, 3]]),
    "groups": np.array([[0, 1, 0, 1]], dtype=np.int32),
    "p": 1,
    "q": 2,
    "fairlets": np.zeros((1, 4), dtype=np.int64),
    "n_fairlets": np.zeros(1, dtype=np.int64),
}
CLUSTERS = {
    "X": np.arange(4.0)[:, None],
    "uniforms": np.zeros((1, 2)),
    "max_iter": 9,
    "nearest": True,
    "labels": np.zeros((1, 4), dtype=np.int32),
    "medoids": np.zeros((1, 2), dtype=np.int64),
    "cost": np.zeros(1),
}


@pytest.mark.parametrize("kernel", ["decompose_fairlets", "cluster_fairlets"])
@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"groups": np.zeros((1, 3), np.int32)}, r"groups\.shape\[1\]=3 should be 4"),
        ({"nodes": np.zeros((1, 2), int)}, r"nodes\.shape\[1\]=2 should be 3"),
        ({"fairlets": np.zeros((2, 4), int)}, r"fairlets\.shape\[0\]=2 should be 1"),
        ({"fairlets": np.zeros((1, 5), int)}, r"fairlets\.shape\[1\]=5 should be 4"),
        ({"n_fairlets": np.zeros(2, int)}, r"n_fairlets\.shape\[0\]=2 should be 1"),
        ({"p": 0}, "p=0 should be >= 1"),
        ({"p": 3}, "q=2 should be >= 3"),
        ({"p": 2}, "p and q should have no common divisor"),
        ({"order": np.array([0, 1, 1, 3])}, "order should name each row once"),
        ({"order": np.array([0, 1, 2, 4])}, "order should name each row once"),
        ({"order": np.array([0, -1, 2, 3])}, "order should name each row once"),
        ({"nodes": np.zeros((0, 3), int)}, "nodes should have a root"),
        ({"nodes": np.array([[0, 5, 1]])}, "nodes should be ranges of rows"),
        ({"nodes": np.array([[-1, 4, 1]])}, "nodes should be ranges of rows"),
        ({"nodes": np.array([[3, 2, 1]])}, "nodes should be ranges of rows"),
        ({"nodes": np.array([[0, 4, 0]])}, "nodes should be in the order of the tree"),
        ({"nodes": np.array([[0, 4, 2]])}, "nodes should be in the order of the tree"),
        ({"nodes": np.array([[0, 2, 1]])}, "nodes should have a root of all rows"),
        (
            {"nodes": np.array([[0, 4, 3], [0, 2, 2], [1, 4, 3]])},
            "children should partition the rows of their node",
        ),
        (
            {"nodes": np.array([[0, 4, 3], [0, 2, 2], [2, 3, 3]])},
            "children should partition the rows of their node",
        ),
        (
            {"nodes": np.array([[0, 4, 2], [0, 4, 3], [0, 4, 3]])},
            "children should partition the rows of their node",
        ),
        ({"groups": np.array([[0, 1, 2, 1]], np.int32)}, "groups should be 0 or 1"),
        ({"groups": np.array([[0, 1, -1, 1]], np.int32)}, "groups should be 0 or 1"),
        (
            {"groups": np.array([[0, 1, 1, 1]], np.int32)},
            "groups should be balanced: n_0 p <= n_1 q and n_1 p <= n_0 q",
        ),
        ({"groups": np.zeros((1, 4), np.int32)}, "groups should be balanced"),
    ],
)
def test_error_fairlets(kernel, changed, message):
    given_ = GOOD | (CLUSTERS if kernel == "cluster_fairlets" else {}) | changed
    with pytest.raises(ValueError, match=message):
        getattr(_core, kernel)(**given_)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"X": np.zeros((5, 1))}, r"order\.shape\[0\]=4 should be 5"),
        ({"labels": np.zeros((2, 4), np.int32)}, r"labels\.shape\[0\]=2 should be 1"),
        ({"labels": np.zeros((1, 5), np.int32)}, r"labels\.shape\[1\]=5 should be 4"),
        ({"medoids": np.zeros((2, 2), int)}, r"medoids\.shape\[0\]=2 should be 1"),
        ({"medoids": np.zeros((1, 3), int)}, r"medoids\.shape\[1\]=3 should be 2"),
        ({"cost": np.zeros(2)}, r"cost\.shape\[0\]=2 should be 1"),
        ({"max_iter": 0}, "max_iter=0 should be >= 1"),
        (
            {"uniforms": np.zeros((0, 2))},
            r"uniforms\.shape\[0\]=0 should be >= 1",
        ),
    ],
)
def test_error_clusters(changed, message):
    with pytest.raises(ValueError, match=message):
        _core.cluster_fairlets(**GOOD | CLUSTERS | changed)
