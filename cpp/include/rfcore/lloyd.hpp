// Lloyd's iterations for k-means.
#pragma once

#include "rfcore/core.hpp"

namespace rfcore {

// The nearest center of each row.
//   labels[i] = argmin_c |X[i] - C[c]|^2, sq[i] = the minimum
// Ties, empty: the lowest c; n = 0 is allowed.
// Requires: k >= 1; finite values.
// Returns: labels in [0, k), squared distances in double.
// Cost: n k d differences.
// Repeats: bit for bit for any number of threads.
// Throws: std::invalid_argument on unequal shapes or k = 0.
// Source: definition.
template <class T>
void assign_nearest(Matrix<const T> X,       // in (n, d)
                    Matrix<const double> C,  // in (k, d)
                    Vector<Label> labels,    // out (n,)
                    Vector<double> sq);      // out (n,)

// One step of Lloyd: assign, then average.
//   labels as assign_nearest;  means[c] = mean of the rows with label c
//   counts[c] = their number;  inertia = sum_i |X[i] - C[labels[i]]|^2
// Ties, empty: lowest c. Each empty cluster in turn takes the row that is farthest from
//   its center (first of equals, from a cluster of two or more rows) as its mean, and
//   that row leaves its cluster's mean; where no row is off its center the empty
//   cluster keeps its center. Labels are not changed by that.
// Requires: n >= k >= 1; finite values.
// Returns: inertia.
// Cost: n k d differences.
// Repeats: bit for bit for any number of threads.
// Throws: std::invalid_argument on unequal shapes, k = 0 or n < k.
// Source: Lloyd 1982, doi:10.1109/TIT.1982.1056489; relocation as in scikit-learn.
template <class T>
double lloyd_step(Matrix<const T> X,       // in (n, d)
                  Matrix<const double> C,  // in (k, d)
                  Vector<Label> labels,    // out (n,)
                  Matrix<double> means,    // out (k, d)
                  Vector<double> counts);  // out (k,)

// The mean over features of their variances, the scale of k-means' tolerance.
//   (1 / d) sum_f (1 / n) sum_i (X[i, f] - mean_f)^2
// Ties, empty: n >= 1, d >= 1.
// Requires: finite values.
// Returns: a number >= 0.
// Cost: 2 n d, two passes.
// Repeats: bit for bit for any number of threads.
// Throws: std::invalid_argument on an empty array.
// Source: definition, ddof = 0.
template <class T>
double mean_variance(Matrix<const T> X);  // in (n, d)

struct LloydResult {
  double inertia = 0.0;
  Index n_iter = 0;
  bool converged = false;
};

// Where the runs of k-means start and when they end.
struct LloydPlan {
  Cube<const double> centers;     // (r, k, d) explicit starts, or r = 0
  Matrix<const double> uniforms;  // (r, u) for kmeans_plus_plus where centers has r = 0
  Index n_clusters;
  Index max_iter;
  double tol;  // relative: times mean_variance(X)
};

// The best of r runs of Lloyd. A run ends when the labels repeat, or the centers move
// by a total of at most tol mean_variance(X) (sum of squares), or after max_iter steps.
// Ties, empty: the first of the runs with the lowest inertia; empty clusters as in
//   lloyd_step.
// Requires: n >= k >= 1; r >= 1; max_iter >= 1; tol >= 0; finite values.
// Returns: centers (the means of the last step), labels and inertia (of those centers);
//   the steps of that run, and whether it met a fixed point or the tolerance.
// Cost: r n_iter times lloyd_step; runs in parallel.
// Repeats: bit for bit for any number of threads.
// Throws: std::invalid_argument on unequal shapes or values out of range.
// Source: Lloyd 1982; stopping rules of scikit-learn's KMeans(algorithm="lloyd").
template <class T>
LloydResult lloyd(Matrix<const T> X,       // in (n, d)
                  const LloydPlan& plan,   // in
                  Matrix<double> centers,  // out (k, d)
                  Vector<Label> labels);   // out (n,)

// k-means of the data with some rows replaced, once per question.
//   labels[q], inertia[q] = lloyd(X with X[t] = rows[q], plan)
// Ties, empty: as lloyd; b = 0 is allowed.
// Requires: as lloyd; t are s different rows.
// Returns: labels, centers and inertia, one row per question.
// Cost: b runs of lloyd; one copy of X per thread.
// Repeats: bit for bit for any number of threads; equal to a fresh fit.
// Throws: std::invalid_argument on unequal shapes, t out of range or repeated.
// Source: thesis, algorithm 1, lines 4-6.
template <class T>
void lloyd_replace_rows(Matrix<const T> X,        // in (n, d)
                        Vector<const Index> t,    // in (s,)
                        Cube<const T> rows,       // in (b, s, d)
                        const LloydPlan& plan,    // in
                        Matrix<Label> labels,     // out (b, n)
                        Cube<double> centers,     // out (b, k, d)
                        Vector<double> inertia);  // out (b,)

}  // namespace rfcore
