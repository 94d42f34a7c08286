// How evenly clusterings mix protected groups, for batches of clusterings or of groups.
#pragma once

#include "rfcore/core.hpp"
#include "rfcore/tables.hpp"

namespace rfcore {

// The least ratio of a group's share in a cluster and its share among all rows.
//   out[q] = min over clusters i and groups j of min(r_j / r_ij, r_ij / r_j),
//   r_j = n_j / n, r_ij = n_ij / n_i, with counts of pair q: labels[q] and groups[q],
//   or labels[0] or groups[0] where only one is given
// Ties, empty: over the clusters and groups that have rows; 0 where such a group is
//   missing in such a cluster; exactly 1 where all shares are equal.
// Requires: 0 <= labels < k, 0 <= groups < l, n >= 1, n^2 < 2^63.
// Returns: values in [0, 1].
// Cost: b (n + k l).
// Repeats: exactly.
// Throws: std::invalid_argument on unequal shapes, n = 0 or a label out of range.
// Source: thesis 4.1.3.4; Chierichetti et al. 2017, arXiv:1802.05733.
void balance(Matrix<const Label> labels,  // in (b, n) or (1, n)
             Matrix<const Label> groups,  // in (b, n) or (1, n)
             Index k,                     // in, clusters
             Index l,                     // in, groups
             Vector<double> out);         // out (b,)

// The mean over groups of the sum of -r log r over a group's shares r in the clusters.
//   out[q] = 1 / |J| sum_{j in J} sum_i -r_ij log r_ij, r_ij = n_ij / n_i, with the
//   natural logarithm, 0 log 0 = 0 and J the groups that have rows
// Ties, empty: clusters without rows add nothing. The shares of a group are no
//   distribution over clusters, so log k is no bound.
// Requires: as balance.
// Returns: values in [0, k / e].
// Cost: b (n + k l).
// Repeats: exactly.
// Throws: as balance.
// Source: thesis 4.1.3.4.
void group_entropy(Matrix<const Label> labels,  // in (b, n) or (1, n)
                   Matrix<const Label> groups,  // in (b, n) or (1, n)
                   Index k,                     // in, clusters
                   Index l,                     // in, groups
                   Vector<double> out);         // out (b,)

// The pairs of both kernels, their shapes checked.
LabelPairs clusters_with_groups(Matrix<const Label> labels, Matrix<const Label> groups,
                                Index k, Index l, Index n_pairs);

}  // namespace rfcore
