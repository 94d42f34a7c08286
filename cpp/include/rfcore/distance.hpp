// Squared Euclidean distances, by differences.
#pragma once

#include "rfcore/core.hpp"

namespace rfcore {

// The squared distance of two rows: the one summation order of the whole library.
//   sum_j (a_j - b_j)^2, in double, over 16 interleaved lanes that are added in order
// Ties, empty: d = 0 gives 0; swapping a and b gives the same bits.
// Requires: a and b have d finite elements.
// Cost: d differences.
// Repeats: bit for bit, on every vector unit: the lanes are separate sums, so the
//   compiler may widen them without reordering.
template <class A, class B>
RFCORE_INLINE double sq_distance(const A* a, const B* b, Index d) {
  constexpr Index kLanes = 16;
  if (d < kLanes) {
    // Each lane would hold one square at most: their sum needs no lanes.
    double sum = 0.0;
    for (Index f = 0; f < d; ++f) {
      const double difference = static_cast<double>(a[f]) - static_cast<double>(b[f]);
      sum += difference * difference;
    }
    return sum;
  }
  double lane[kLanes] = {};
  const Index whole = d - d % kLanes;
  for (Index f = 0; f < whole; f += kLanes) {
    for (Index l = 0; l < kLanes; ++l) {
      const double difference =
          static_cast<double>(a[f + l]) - static_cast<double>(b[f + l]);
      lane[l] += difference * difference;
    }
  }
  for (Index f = whole; f < d; ++f) {
    const double difference = static_cast<double>(a[f]) - static_cast<double>(b[f]);
    lane[f - whole] += difference * difference;
  }
  double sum = 0.0;
  for (Index l = 0; l < kLanes; ++l) sum += lane[l];
  return sum;
}

// All squared distances between the rows of X and the rows of Y.
//   out[i, j] = sum_f (X[i, f] - Y[j, f])^2
// Ties, empty: n = 0, m = 0 and d = 0 are allowed.
// Requires: X and Y have the same d; finite values.
// Returns: out in double for either dtype.
// Cost: n m d differences; no memory beside the output.
// Repeats: bit for bit for any number of threads; equal rows give exactly 0; no
//   cancellation (no norm expansion is used), so an offset costs no digits.
// Throws: std::invalid_argument on unequal shapes.
// Source: definition.
template <class T>
void pairwise_sq_distances(Matrix<const T> X,    // in (n, d)
                           Matrix<const T> Y,    // in (m, d)
                           Matrix<double> out);  // out (n, m)

// All distances between the rows of X.
//   out[i, j] = sum_f (X[i, f] - X[j, f])^2, or the square root of it
// Ties, empty: n = 0 and d = 0 are allowed.
// Requires: finite values.
// Returns: out, symmetric, in double for either dtype.
// Cost: n^2 d / 2 differences; two copies of X.
// Repeats: the bits of pairwise_sq_distances, for any number of threads.
// Throws: std::invalid_argument on unequal shapes.
// Source: definition.
template <class T>
void self_distances(Matrix<const T> X,    // in (n, d)
                    bool squared,         // in
                    Matrix<double> out);  // out (n, n)

// Row and column t of a distance matrix, after row t of X was replaced.
//   D[t, i] = D[i, t] = sum_f (X[i, f] - row[f])^2, i != t;  D[t, t] = 0
//   or the square root of it where squared is false
// Ties, empty: none.
// Requires: D is (n, n) for the n rows of X; 0 <= t < n; finite values.
// Returns: D changed in place.
// Cost: n d differences.
// Repeats: the bits that pairwise_sq_distances gives on the changed X.
// Throws: std::invalid_argument on unequal shapes or t out of range.
// Source: definition.
template <class T>
void replace_row_distances(Matrix<const T> X,    // in (n, d)
                           Vector<const T> row,  // in (d,)
                           Index t,              // in
                           bool squared,         // in
                           Matrix<double> D);    // out (n, n)

}  // namespace rfcore
