// Agglomerative clustering of a distance matrix by nearest-neighbor chains.
#pragma once

#include "rfcore/core.hpp"

namespace rfcore {

enum class Linkage { kWard, kComplete, kAverage, kSingle };

// The distance from the union of A and B to a third cluster C (Lance and Williams).
//   ward      ((a + c) AC + (b + c) BC - c AB) / (a + b + c), on squared distances
//   complete  max(AC, BC)      single  min(AC, BC)
//   average   (a AC + b BC) / (a + b)
// Swapping A and B gives the same bits.
RFCORE_INLINE double lance_williams(Linkage method, double AC, double BC, double AB,
                                    double a, double b, double c) {
  switch (method) {
    case Linkage::kWard:
      return ((a + c) * AC + (b + c) * BC - c * AB) / (a + b + c);
    case Linkage::kComplete:
      return std::max(AC, BC);
    case Linkage::kAverage:
      return (a * AC + b * BC) / (a + b);
    default:
      return std::min(AC, BC);
  }
}

// The first of the smallest entries of a row; n where all are infinite.
Index first_minimum(const double* row, Index n);

// Row a becomes the distances of the union of a and b: lance_williams in each column.
//   row_a[c] = lance_williams(method, row_a[c], row_b[c], AB, a, b, sizes[c])
void merge_rows(Linkage method, double* row_a, const double* row_b, const double* sizes,
                Index n, double AB, double a, double b);

// The merges of a distance matrix, each named by the smallest rows of its two clusters.
//   pairs[i] = (smaller, larger); heights ascend, no cluster is merged before it exists
// Otherwise as `linkage`, which only gives these merges other names.
void sorted_merges(Matrix<double> D,         // in and out (n, n)
                   Linkage method,           // in
                   Matrix<Index> pairs,      // out (n - 1, 2)
                   Vector<double> heights);  // out (n - 1,)

// The dendrogram of a distance matrix.
//   merge i joins the two clusters that are nearest under `method`; it is node n + i
// Ties, empty: among pairs at the same distance the one with the smallest first member,
//   then the smallest second; a cluster's index is its smallest row. Single linkage may
//   take equal distances in another order, which changes no partition between two
//   different heights. n = 1 gives no merges.
// Requires: D symmetric, finite, >= 0, n >= 1; squared Euclidean distances for ward.
// Returns: merges sorted by height, smaller node first; heights on the scale of D
//   (ward: the squared height of SciPy).
// Cost: O(n^2) time; D is the only n x n memory and is overwritten.
// Repeats: bit for bit.
// Throws: std::invalid_argument on unequal shapes, an empty matrix or a distance that
// is
//   infinite.
// Source: Murtagh 1983, doi:10.1093/comjnl/26.4.354; Muellner 2011, arXiv:1109.2378,
//   figures 3 and 6; Lance and Williams 1967, doi:10.1093/comjnl/9.4.373.
void linkage(Matrix<double> D,         // in and out (n, n)
             Linkage method,           // in
             Matrix<Index> merges,     // out (n - 1, 2)
             Vector<double> heights);  // out (n - 1,)

// The partition that the first n - k merges leave.
// Ties, empty: clusters are numbered by their smallest row.
// Requires: merges as `linkage` gives them; 1 <= n_clusters <= n.
// Returns: labels 0 .. n_clusters - 1.
// Cost: O(n).
// Repeats: bit for bit.
// Throws: std::invalid_argument on unequal shapes or n_clusters out of range.
// Source: definition.
void cut_tree(Matrix<const Index> merges,  // in (n - 1, 2)
              Index n_clusters,            // in
              Vector<Label> labels);       // out (n,)

// The partitions that follow when some rows of the clustered data are replaced.
//   labels[q] = cut_tree(linkage(distances of X with X[t] = rows[q])), from D
// Ties, empty: as `linkage` and `cut_tree`; b = 0 is allowed.
// Requires: D holds the distances of X on the scale that `method` takes (squared for
//   ward, else Euclidean); t are s different rows; finite values.
// Returns: labels, one row per question.
// Cost: b times O(n^2 + s n d) time; one n x n workspace per thread.
// Repeats: bit for bit for any number of threads; equal to a fresh `linkage`.
// Throws: std::invalid_argument on unequal shapes, t out of range or repeated.
// Source: thesis, algorithm 1, lines 4-6.
void linkage_replace_rows(Matrix<const double> X,   // in (n, d)
                          Matrix<const double> D,   // in (n, n)
                          Vector<const Index> t,    // in (s,)
                          Cube<const double> rows,  // in (b, s, d)
                          Linkage method,           // in
                          Index n_clusters,         // in
                          Matrix<Label> labels);    // out (b, n)

}  // namespace rfcore
