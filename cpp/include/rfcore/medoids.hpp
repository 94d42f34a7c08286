// k-median with centers among the rows.
#pragma once

#include <limits>

#include "rfcore/core.hpp"

namespace rfcore {

// Distances of this many pairs are kept, 32 MiB; those of more are computed when asked.
constexpr Index kKeptDistances = Index{1} << 22;

// The best of r descents to k medoids: points whose distances to the others sum low.
//   cost = sum_i D[i, medoids[labels[i]]]
//   first = floor(u[0] s);  next = first point whose cumulated distance to the nearest
//     medoid so far exceeds u[c] times the sum
//   candidates j = 0 .. s - 1, 0 .. in turn; with n(i) and m(i) the distances to the
//     nearest and the second medoid, j in place of medoid c changes the cost by
//     sum_i (min(D[j, i], n(i)) - n(i))
//       + sum_{i of c} (min(D[j, i], m(i)) - min(D[j, i], n(i)))
//   and the c with the lowest change is replaced at once where that lowers the cost by
//   more than 1e-12 of it
// Ties, empty: labels[i] is the lowest of equally near medoids, so the cluster of a
//   medoid is its own unless a lower one is at distance 0; c the lowest of equals; the
//   first of the starts with the lowest cost. Where all points are at distance 0 of a
//   medoid the lowest point that is none is the next seed. Medoids keep the numbers
//   under which they were seeded or swapped in.
// Requires: s >= k >= 1; r >= 1; max_iter >= 1; D symmetric with zeros on its diagonal
//   and finite values; uniforms in [0, 1).
// Returns: the cost; k different points; labels in [0, k). A descent ends when s
//   candidates in a row were no gain, so that no single swap is one, or after max_iter
//   s candidates.
// Cost: s for each candidate, and kPanel s more for each swap; a copy of D; starts in
//   parallel.
// Repeats: bit for bit for any number of threads.
// Throws: std::invalid_argument on unequal shapes or values out of range.
// Source: Schubert and Rousseeuw 2021, doi:10.1016/j.is.2021.101804, FasterPAM; the sum
//   over all points and the one over a cluster are of small terms, where theirs are the
//   losses of removals, which cancel.
double k_medoids_of_distances(Matrix<const double> D,         // in (s, s)
                              Matrix<const double> uniforms,  // in (r, k)
                              Index max_iter,                 // in
                              Vector<Index> medoids,          // out (k,)
                              Vector<Label> labels,           // out (s,)
                              Index* n_rounds = nullptr);     // out, or not asked for

// Points of a cluster near its geometric median that are candidates at the end of a
// descent whose candidates are a part of the points.
constexpr Index kCentral = 64;

// The same of some rows of X by Euclidean distance.
//   D[i, j] = sqrt(sum_f (X[rows[i], f] - X[rows[j], f])^2)
//   candidates are all points, or with more than max_candidates of them every
//     ceil(s / max_candidates)-th, and once those are no gain the kCentral points of
//     each cluster that are nearest to its geometric median
// Ties, empty: as above; a row may be named twice, and then is two points.
// Requires: as above; rows of X; finite values.
// Returns: as above; medoids are positions in `rows`.
// Cost: s^2 d / 2 differences, once for all starts; with more than kKeptDistances pairs
//   s d for each candidate instead, and no memory for them: with max_candidates linear
//   in s.
// Repeats: bit for bit for any number of threads, and with the distances kept or not.
// Throws: std::invalid_argument on unequal shapes or values out of range.
// Source: as above.
double k_medoids(Matrix<const double> X,         // in (n, d)
                 Vector<const Index> rows,       // in (s,)
                 Matrix<const double> uniforms,  // in (r, k)
                 Index max_iter,                 // in
                 Vector<Index> medoids,          // out (k,)
                 Vector<Label> labels,           // out (s,)
                 Index* n_rounds = nullptr,      // out, or not asked for
                 Index max_candidates =          // in, >= 1
                 std::numeric_limits<Index>::max());

// k-median of all rows with some of them replaced, once per question.
//   labels[q], medoids[q], cost[q] = k_medoids(X with X[t] = rows[q], 0 .. n - 1)
// Ties, empty: as k_medoids; b = 0 is allowed.
// Requires: as k_medoids; t are s different rows.
// Returns: medoids, labels and cost, one row per question.
// Cost: s n d differences and r descents per question; all distances once, and a copy
//   of them per thread, where they are kept.
// Repeats: bit for bit for any number of threads; equal to a fresh k_medoids.
// Throws: std::invalid_argument on unequal shapes, t out of range or repeated.
// Source: thesis, algorithm 1, lines 4-6.
void k_medoids_replace_rows(Matrix<const double> X,         // in (n, d)
                            Vector<const Index> t,          // in (s,)
                            Cube<const double> rows,        // in (b, s, d)
                            Matrix<const double> uniforms,  // in (r, k)
                            Index max_iter,                 // in
                            Matrix<Index> medoids,          // out (b, k)
                            Matrix<Label> labels,           // out (b, n)
                            Vector<double> cost);           // out (b,)

}  // namespace rfcore
