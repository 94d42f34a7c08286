// One row put into the dendrogram of the other rows, instead of a new dendrogram.
#pragma once

#include "rfcore/linkage.hpp"

namespace rfcore {

// The dendrogram of all rows but row t, with the distances that its clusters met.
//   pairs, heights: sorted_merges of D without row and column t, in the row names of D
//   history[i, c] = distance of the cluster that merge i makes to the cluster whose
//   smallest row is c at that moment, infinite where there is none
// Ties, empty: as `linkage`; n = 2 gives no merges.
// Requires: D symmetric, n >= 2; 0 <= t < n; squared distances for ward.
// Returns: whether every merge is clear: no other pair that shares a cluster with it
//   comes within the tolerance, but for exact ties of single rows (none with single
//   linkage). Where it is false, rounding decides the dendrogram and linkage_insert_row
//   must not be used.
// Cost: O(n^2) time, three n x n matrices of memory (history and two that are freed).
// Repeats: bit for bit.
// Throws: std::invalid_argument on unequal shapes or t out of range.
bool prepare_insertion(Matrix<const double> D,   // in (n, n)
                       Index t,                  // in
                       Linkage method,           // in
                       Matrix<Index> pairs,      // out (n - 2, 2)
                       Vector<double> heights,   // out (n - 2,)
                       Matrix<double> history);  // out (n - 2, n)

// The partitions that follow when row t is replaced: linkage_replace_rows for one row.
//   labels[q] = cut_tree(linkage(distances of X with X[t] = rows[q])), from the
//   dendrogram of the other rows. Only clusters that the new row changes are followed:
//   the new row's own, and each cluster whose partner it took away. All others merge as
//   they did without it.
// Ties, empty: a question in which two possible merges that share a cluster come within
//   the tolerance, or with the cut between them, is answered by a new dendrogram; b = 0
//   is allowed.
// Requires: what prepare_insertion gave for the same D, t and method, and that it
//   returned true; finite values.
// Returns: the number of questions that needed a new dendrogram.
// Cost: per question O(n d + n f) for f followed clusters (a handful; O(n^2) at worst),
//   against O(n^2) for a new dendrogram.
// Repeats: bit for bit for any number of threads; equal to linkage_replace_rows.
// Throws: std::invalid_argument on unequal shapes or t out of range.
// Source: ours. It rests on reducibility (Bruynooghe 1977): a merge brings no cluster
//   nearer to a third than the nearer of its two parts was.
Index linkage_insert_row(Matrix<const double> X,        // in (n, d)
                         Matrix<const double> D,        // in (n, n)
                         Index t,                       // in
                         Matrix<const double> rows,     // in (b, d)
                         Linkage method,                // in
                         Index n_clusters,              // in
                         Matrix<const Index> pairs,     // in (n - 2, 2)
                         Vector<const double> heights,  // in (n - 2,)
                         Matrix<const double> history,  // in (n - 2, n)
                         Matrix<Label> labels);         // out (b, n)

}  // namespace rfcore
