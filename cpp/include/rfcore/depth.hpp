// Depth: how central a point is among clusters.
#pragma once

#include "rfcore/core.hpp"

namespace rfcore {

// Mean and sample variance of each feature in each cluster.
//   means[c, f] = mean;  variances[c, f] = sum (x - mean)^2 / (n_c - 1)
// Ties, empty: a cluster of one row, and a feature that is constant in a cluster, have
//   variance exactly 0; an empty cluster has mean and variance 0 and count 0.
// Requires: 0 <= labels < k; finite values.
// Returns: means, variances, counts.
// Cost: 2 n d, two passes, sums in chunks added in chunk order.
// Repeats: bit for bit for any number of threads.
// Throws: std::invalid_argument on unequal shapes or a label out of range.
// Source: definition, ddof = 1.
template <class T>
void cluster_moments(Matrix<const T> X,           // in (n, d)
                     Vector<const Label> labels,  // in (n,)
                     Matrix<double> means,        // out (k, d)
                     Matrix<double> variances,    // out (k, d)
                     Vector<Index> counts);       // out (k,)

// Sum over clusters of the Mahalanobis depth.
//   depth[i] = sum_c 1 / (1 + |W_c (x_i - mean_c)|^2), W_c' W_c = inverse covariance
// Ties, empty: b = 0 is allowed.
// Requires: W lower triangular (the inverse Cholesky factor); finite values.
// Returns: depths in (0, k].
// Cost: b k d^2 / 2.
// Repeats: bit for bit for any number of threads.
// Throws: std::invalid_argument on unequal shapes.
// Source: thesis, definitions 2.2.1 (k = 1) and 2.2.2.
void mahalanobis_depth(Matrix<const double> points,   // in (b, d)
                       Matrix<const double> means,    // in (k, d)
                       Cube<const double> whitening,  // in (k, d, d)
                       Vector<double> depth);         // out (b,)

// How the features of coordinate_depth are joined.
enum class CoordinateDepth {
  kDefinition,  // min over features of the sum over clusters
  kPrinted      // sum over clusters of the min over features that vary in the cluster
};

// Coordinate-wise minimum of the Mahalanobis depth.
//   t[c, f] = 1 / (1 + (x_f - means[c, f])^2 / variances[c, f])
//   definition: min_f sum_c t[c, f];  printed: sum_c min_{f: variances[c, f] > 0} t[c,
//   f]
// Ties, empty: where variances[c, f] = 0, t is 1 at the mean and 0 elsewhere
//   (definition) or left out (printed; 1 where every feature is left out).
// Requires: d >= 1, variances >= 0; finite values.
// Returns: depths in [0, k].
// Cost: b k d.
// Repeats: bit for bit for any number of threads.
// Throws: std::invalid_argument on unequal shapes or d = 0.
// Source: thesis, definition 2.2.3; the printed tables 2.1 and 2.2 follow the other
// form.
void coordinate_depth(Matrix<const double> points,     // in (b, d)
                      Matrix<const double> means,      // in (k, d)
                      Matrix<const double> variances,  // in (k, d)
                      CoordinateDepth variant,         // in
                      Vector<double> depth);           // out (b,)

}  // namespace rfcore
