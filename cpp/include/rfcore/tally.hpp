// Rows counted by nearest center and group: what the fairness costs are read off.
#pragma once

#include "rfcore/core.hpp"

namespace rfcore {

// Rows by nearest center and group, and how far the rows of each group are in all, for
// each of several sets of centers.
//   counts[q, c, g] = |{i : groups[i] = g, c = argmin_c' |X[i] - centers[q, c']|^2}|
//   sums[q, g] = sum over i with groups[i] = g of min_c |X[i] - centers[q, c]|^2
// Ties, empty: the lowest c; n = 0 and b = 0 are allowed.
// Requires: k >= 1; 0 <= groups < l; finite values.
// Returns: counts, and sums in double.
// Cost: b n k d differences; memory for 64 b l sums and b k l counts per thread.
// Repeats: bit for bit for any number of threads.
// Throws: std::invalid_argument on unequal shapes, k = 0 or a group out of range.
// Source: thesis, definitions 3.1.1 and 3.1.2.
template <class T>
void tally_nearest(Matrix<const T> X,           // in (n, d)
                   Cube<const double> centers,  // in (b, k, d)
                   Vector<const Label> groups,  // in (n,)
                   Cube<Index> counts,          // out (b, k, l)
                   Matrix<double> sums);        // out (b, l)

// The shapes of both versions, checked; the groups are not.
template <class T>
void check_tally(Matrix<const T> X, Cube<const double> centers,
                 Vector<const Label> groups, Cube<Index> counts, Matrix<double> sums);

constexpr const char* kGroupsOutside = "groups should be in [0, l)";

}  // namespace rfcore
