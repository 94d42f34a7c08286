// Rows ranked by how far centers have to move before they change cluster.
#pragma once

#include "rfcore/core.hpp"

namespace rfcore {

// What all questions from the same warm centers C share: the rows cluster by cluster,
// those first that the least move of the centers can take to another cluster.
struct WarmRows {
  Matrix<const double> centers;  // (k, d) C
  Vector<const Label> labels;    // (n,) the nearest of C
  Vector<const Index> order;     // (n,) rows by label, then by margin
  Matrix<const double> rows;     // (n, d) X[order]
  Vector<const double> margins;  // (n,) of order: a lower bound on how much farther
                                 // than the nearest the second nearest of C is
  Vector<const Index> begin;     // (k + 1,) where in order each label begins
  Matrix<const double> sums;     // (k, d) over the rows of each label
  Matrix<const double> moments;  // (3, d) of the features: mean, sum of squared
                                 // deviations from it, largest absolute value
};

// Prepares WarmRows.
//   margins: |X[i] - C[second]| - |X[i] - C[nearest]| less the rounding of distances
// Ties, empty: the lowest of equals is the nearest; rows of equal label and margin in
//   the order of X; with one center all margins are infinite.
// Requires: n >= k >= 1; finite values.
// Returns: the members of WarmRows beside C.
// Cost: n k d differences, a sort of n numbers, one copy of X.
// Repeats: bit for bit for any number of threads.
// Throws: std::invalid_argument on unequal shapes, k = 0 or n < k.
// Source: bounds as in Hamerly 2010, doi:10.1137/1.9781611972801.12.
void rank_margins(Matrix<const double> X,   // in (n, d)
                  Matrix<const double> C,   // in (k, d)
                  Vector<Label> labels,     // out (n,)
                  Vector<Index> order,      // out (n,)
                  Matrix<double> rows,      // out (n, d)
                  Vector<double> margins,   // out (n,)
                  Vector<Index> begin,      // out (k + 1,)
                  Matrix<double> sums,      // out (k, d)
                  Matrix<double> moments);  // out (3, d)

// The shapes of WarmRows for rows X, and that order and begin index them.
void check_warm_shapes(Matrix<const double> X, const WarmRows& warm);
void check_warm(Matrix<const double> X, const WarmRows& warm);

}  // namespace rfcore
