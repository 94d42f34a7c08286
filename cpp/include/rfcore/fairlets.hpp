// Fairlets: small balanced sets of rows that a fair clustering keeps whole.
#pragma once

#include "rfcore/core.hpp"

namespace rfcore {

// Levels of a quadtree; rows that are still together below the last one stay a leaf.
constexpr Index kTreeLevels = 31;

// Fairlet centers that are candidates of the k-median in cluster_fairlets.
constexpr Index kFairletCandidates = 4096;

// A randomly shifted quadtree: cubes are halved in every feature until rows are alone.
//   cell of row i at level l = floor(2^l u_f), u_f = (X[i, f] - low_f) / (2 side)
//   side = max_f (max_i X[i, f] - min_i X[i, f]);  low_f = min_i X[i, f] - shifts[f]
//   side side order = rows so that those of a cell are neighbors;  nodes[v] = (begin,
//   end, next): the rows order[begin .. end), and the first node after the subtree of
//   v, so the children of v are v + 1, next[v + 1], ... while they are below next[v]
// Ties, empty: cells in the order of their bits, rows of a leaf ascending; a cell with
//   all rows of its parent is no node of its own; n = 0 has no node.
// Requires: finite values; shifts in [0, 1).
// Returns: the number of nodes, at most 2 n - 1; node 0 is the root.
// Cost: n d, and n log n comparisons of d bits per level in use.
// Repeats: exactly.
// Throws: std::invalid_argument on unequal shapes.
// Source: Backurs et al. 2019, arXiv:1902.03519, section 3.
Index build_quadtree(Matrix<const double> X,       // in (n, d)
                     Vector<const double> shifts,  // in (d,)
                     Vector<Index> order,          // out (n,)
                     Matrix<Index> nodes);         // out (2 n, 3)

// Rows grouped into (p, q)-fairlets along a tree: sets of at most p + q rows in which
// neither of two groups has more than q / p times the rows of the other.
//   From the root on, each node gives up the rows that keep its children from being
//   balanced, and as many of the other group as balance those: of a child with r and b
//   rows left, y of the second group with max(0, r - floor((b - y) q / p)) of the
//   first. What is given up is cut into fairlets; the children go on with the rest.
// Ties, empty: children in order; of a child its first rows in tree order; n = 0 is
//   allowed.
// Requires: gcd(p, q) = 1, 1 <= p <= q; groups 0 and 1 with n_0 p <= n_1 q and
//   n_1 p <= n_0 q; order and nodes of build_quadtree.
// Returns: a number from 0 for each row's fairlet, and how many there are.
// Cost: n times the height of the tree; questions in parallel.
// Repeats: exactly.
// Throws: std::invalid_argument on unequal shapes, values out of range or no tree.
// Source: Backurs et al. 2019, algorithm 2; that a child never gives up more than what
//   its whole fairlets leave over follows from the balance of its parent.
void decompose_fairlets(Vector<const Index> order,   // in (n,)
                        Matrix<const Index> nodes,   // in (m, 3)
                        Matrix<const Label> groups,  // in (b, n)
                        Index p,                     // in
                        Index q,                     // in
                        Matrix<Index> fairlets,      // out (b, n)
                        Vector<Index> n_fairlets);   // out (b,)

// Fair k-median by fairlets, once per question.
//   center of a fairlet = its row with the least sum of distances to the others;
//   medoids[c] = rows of X, k_medoids of those centers with kFairletCandidates;
//   labels[i] = the cluster of the center of i's fairlet, or the nearest medoid of row
//   i where `nearest`
// Ties, empty: of equally central rows of a fairlet the first of its larger group (of
//   group 0 where both are as large) in tree order; the lowest of equally near
//   clusters; where there are fewer fairlets than clusters n_fairlets says so and the
//   rest is 0.
// Requires: as decompose_fairlets and k_medoids; finite values.
// Returns: labels, medoids, their cost over the fairlet centers, fairlets.
// Cost: as decompose_fairlets and k_medoids; questions in parallel.
// Repeats: bit for bit for any number of threads.
// Throws: std::invalid_argument on unequal shapes, values out of range or no tree.
// Source: Backurs et al. 2019; thesis 4.1.3.2 (SFD).
void cluster_fairlets(Matrix<const double> X,         // in (n, d)
                      Vector<const Index> order,      // in (n,)
                      Matrix<const Index> nodes,      // in (m, 3)
                      Matrix<const Label> groups,     // in (b, n)
                      Index p,                        // in
                      Index q,                        // in
                      Matrix<const double> uniforms,  // in (r, k)
                      Index max_iter,                 // in
                      bool nearest,                   // in
                      Matrix<Label> labels,           // out (b, n)
                      Matrix<Index> medoids,          // out (b, k)
                      Vector<double> cost,            // out (b,)
                      Matrix<Index> fairlets,         // out (b, n)
                      Vector<Index> n_fairlets);      // out (b,)

}  // namespace rfcore
