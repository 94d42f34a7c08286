// Many partitions of the same rows: how they are drawn, and how often they keep two
// rows together.
#pragma once

#include <array>

#include "rfcore/core.hpp"

namespace rfcore {

// The most partitions whose counts fit 16 bits.
constexpr Index kMostPartitions = 65535;

// How often each two rows have the same label.
//   S[u, v] = #{p : labels[p, u] = labels[p, v]}, for floats divided by r
// Ties, empty: labels are compared as they are, so any integers name clusters; n = 0 is
//   allowed.
// Requires: 1 <= r <= 65535.
// Returns: S symmetric, r (or 1) on the diagonal.
// Cost: n^2 r / 2 comparisons, of bytes where all labels are in [0, 256); one copy of
//   the labels. Written: n^2 numbers.
// Repeats: exactly; a share is the float nearest to count / r.
// Throws: std::invalid_argument on unequal shapes or r out of range.
// Source: Fred and Jain 2005, doi:10.1109/TPAMI.2005.113; thesis 4.1.4.
template <class T>
void co_association(Matrix<const Label> labels,  // in (r, n)
                    Matrix<T> S);                // out (n, n), uint16 or float

// The shapes of its arrays, checked.
void require_co_association(Index r, Index n, const std::array<Index, 2>& S);

// What a basic partition sees, and how its k-means runs.
struct PartitionPlan {
  Matrix<const Index> rows;       // (r, s) of X
  Matrix<const Index> features;   // (r, m) of X
  Matrix<const double> uniforms;  // (r, u) for kmeans_plus_plus
  Index n_clusters;
  Index max_iter;
  double tol;  // as in LloydPlan
};

// k-means of parts of the data, each then asked for the labels of all rows.
//   labels[p] = assign_nearest(X[:, features[p]], centers of
//               lloyd(X[rows[p]][:, features[p]], one run from uniforms[p]))
// Ties, empty: as lloyd and assign_nearest; n = 0 only where s = 0 is refused anyway.
// Requires: s >= k >= 1; m >= 1; finite values.
// Returns: labels in [0, k).
// Cost: r runs of lloyd on (s, m) and n k m r differences; partitions in parallel, one
//   (s, m) copy a thread.
// Repeats: bit for bit for any number of threads.
// Throws: std::invalid_argument on unequal shapes, or a row or feature out of range.
// Source: thesis 4.1.4, first stage; Fred and Jain 2005.
template <class T>
void basic_partitions(Matrix<const T> X,          // in (n, d)
                      const PartitionPlan& plan,  // in
                      Matrix<Label> labels);      // out (r, n)

}  // namespace rfcore
