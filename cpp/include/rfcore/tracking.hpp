// The nearest center of each row, kept exactly while the centers move.
#pragma once

#include <vector>

#include "rfcore/core.hpp"

namespace rfcore {

// Rows less their mean, over their largest coordinate, in single precision.
struct SingleRows {
  template <class T>
  explicit SingleRows(Matrix<const T> X);

  Index n, d;
  double scale;                // what coordinates less their mean are multiplied by
  std::vector<double> mean;    // (d,)
  std::vector<float> rows;     // (n, d)
  std::vector<float> lengths;  // (n,) not below the lengths of the rows
};

// The nearest centers of rows, step by step: labels[i] = argmin_c |X[i] - C[c]|^2.
//   A row is looked at again only where the moves of the centers could have changed its
//   label, by a bound on how much closer its own center was than all others. Then
//   distances are taken in single precision; where rounding, of which there is a bound,
//   leaves more than one candidate, differences decide.
// Ties, empty: the lowest c, as assign_nearest.
// Requires: finite values; rows are those that SingleRows was made of.
// Returns: the labels that assign_nearest gives.
// Cost: n k d products in single precision for the first centers, then those of rows
//   that no bound holds. Memory: 4 bytes a row.
// Repeats: the labels do, whatever the vector unit and the number of threads.
// Source: Hamerly 2010, doi:10.1137/1.9781611972801.12.
class NearestTracker {
 public:
  NearestTracker(const SingleRows& rows, Index k);

  // Takes in where the centers are now.
  void move(Matrix<const double> C);  // in (k, d)

  // Labels rows [begin, end) and marks the clusters that lost or won one of them.
  // Chunks may be labeled at the same time; `labels` are those of the last step.
  template <class T>
  void assign(Matrix<const T> X, Matrix<const double> C, Index begin, Index end,
              Label* labels,             // in, out (n,)
              unsigned char* affected);  // out (k,), marks are added

 private:
  const SingleRows& rows_;
  Index k_, n_groups_, n_moves_ = 0;
  std::vector<double> centers_;     // (k, d) where they were
  std::vector<float> packed_, sq_;  // (groups, d, 8), (groups, 8)
  std::vector<float> moves_;        // (k,) the last own move and the largest of others'
  std::vector<float> slack_;        // (n,) how much closer than all others, at least
  double longest_ = 0.0;            // the largest length of a center
};

}  // namespace rfcore
