// Where k-means and k-center start.
#pragma once

#include "rfcore/core.hpp"

namespace rfcore {

// Trials per center in kmeans_plus_plus, scikit-learn's rule: 2 + floor(log k).
Index seeding_trials(Index n_clusters);

// Uniforms that kmeans_plus_plus reads for k centers: 1 + (k - 1) trials.
Index seeding_uniforms(Index n_clusters);

// Greedy k-means++: each next center is the best of a few rows drawn with probability
// proportional to the squared distance to the nearest center so far.
//   first = floor(u[0] n);  trial = first row with cumulated sq > u total
//   the trial kept minimizes sum_i min(sq[i], |X[i] - X[trial]|^2)
// Ties, empty: the first of equal trials; where every row is a center already, row 0
//   is drawn again.
// Requires: n >= k >= 1; uniforms in [0, 1), seeding_uniforms(k) of them.
// Returns: rows of X.
// Cost: k trials n d differences; memory trials n.
// Repeats: bit for bit for any number of threads.
// Throws: std::invalid_argument on unequal shapes or n < k.
// Source: Arthur and Vassilvitskii 2007, with greedy trials as its section 5 suggests.
template <class T>
void kmeans_plus_plus(Matrix<const T> X,              // in (n, d)
                      Vector<const double> uniforms,  // in (u,)
                      Vector<Index> chosen);          // out (k,)

// Farthest-first traversal: each next center is the row farthest from those so far.
//   chosen[0] = first;  chosen[j] = argmax_i min_{l < j} |X[i] - X[chosen[l]]|^2
// Ties, empty: the lowest row.
// Requires: n >= k >= 1; 0 <= first < n.
// Returns: rows of X, and each row's squared distance to the nearest chosen one.
// Cost: n k d differences.
// Repeats: bit for bit for any number of threads.
// Throws: std::invalid_argument on unequal shapes, n < k or first out of range.
// Source: Gonzalez 1985, doi:10.1016/0304-3975(85)90224-5.
template <class T>
void farthest_first(Matrix<const T> X,     // in (n, d)
                    Index first,           // in
                    Vector<Index> chosen,  // out (k,)
                    Vector<double> sq);    // out (n,)

}  // namespace rfcore
