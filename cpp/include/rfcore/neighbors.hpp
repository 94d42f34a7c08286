// The nearest rows of each row, for graphs.
#pragma once

#include "rfcore/core.hpp"

namespace rfcore {

enum class Metric { kEuclidean, kManhattan };

// The k nearest other rows of each row.
//   neighbors[i] = the k rows j != i with the smallest (distance(X[i], X[j]), j), in
//   that order;  distances[i] = sum_f (X[i, f] - X[j, f])^2  (kEuclidean: squared)
//                             or sum_f |X[i, f] - X[j, f]|   (kManhattan)
// Ties, empty: the lower row; a row that equals another is at distance 0 from it; n = 0
//   is allowed.
// Requires: 1 <= k < n unless n = 0; finite values.
// Returns: rows of X, and distances in double, ascending.
// Cost: n^2 d differences at most; a pair is left when its partial sum is too large.
// Repeats: bit for bit for any number of threads and vector unit; squared distances are
//   the bits of sq_distance.
// Throws: std::invalid_argument on unequal shapes or k >= n.
// Source: definition.
void nearest_neighbors(Matrix<const double> X,     // in (n, d)
                       Metric metric,              // in
                       Matrix<Index> neighbors,    // out (n, k)
                       Matrix<double> distances);  // out (n, k)

}  // namespace rfcore
