// k-means of data with rows appended: many questions from the same warm centers.
#pragma once

#include "rfcore/core.hpp"
#include "rfcore/lloyd.hpp"
#include "rfcore/margins.hpp"

namespace rfcore {

// k-means of the data with some rows appended, once per question.
//   labels[q], centers[q] = lloyd(X above V[q], plan), the labels of the rows of X
// Ties, empty: as lloyd; b = 0 and s = 0 are allowed.
// Requires: as lloyd.
// Returns: centers and labels, one entry per question.
// Cost: b runs of lloyd; one copy of X per thread.
// Repeats: bit for bit for any number of threads; equal to a fresh fit.
// Throws: std::invalid_argument on unequal shapes or values out of range.
// Source: thesis, algorithm 3, line 2.
void lloyd_append_rows(Matrix<const double> X,  // in (n, d)
                       Cube<const double> V,    // in (b, s, d)
                       const LloydPlan& plan,   // in
                       Cube<double> centers,    // out (b, k, d)
                       Matrix<Label> labels);   // out (b, n)

// lloyd_append_rows with the plan that starts once, from warm.centers. A step looks at
// the rows whose margin is at most what their own and another center moved since the
// start, and changes the prepared sums by those that switched; the others cannot have
// switched. Where the rounding of sums could decide a label or the end of the run, or
// a cluster is empty, the question is answered by lloyd.
// Ties, empty: as lloyd.
// Requires: as lloyd; warm as rank_margins gives it for X.
// Returns: the labels of lloyd_append_rows, its centers to rounding, and how many
//   questions lloyd answered.
// Cost: b times n copied labels, and per step the rows near the boundary times k d.
// Repeats: bit for bit for any number of threads.
// Throws: std::invalid_argument on unequal shapes or values out of range.
// Source: as lloyd_append_rows and rank_margins.
Index warm_append_rows(Matrix<const double> X,  // in (n, d)
                       const WarmRows& warm,    // in
                       Cube<const double> V,    // in (b, s, d)
                       Index max_iter,          // in
                       double tol,              // in, as in LloydPlan
                       Cube<double> centers,    // out (b, k, d)
                       Matrix<Label> labels);   // out (b, n)

}  // namespace rfcore
