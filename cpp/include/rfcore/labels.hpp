// What two labelings of the same rows have in common, for batches of labelings.
#pragma once

#include "rfcore/core.hpp"

namespace rfcore {

// Contingency tables of one labeling with each of b others.
//   table[q, i, j] = number of rows with a = i and others[q] = j
// Ties, empty: n = 0 and b = 0 give zeros.
// Requires: 0 <= a < k, 0 <= others < l.
// Returns: counts.
// Cost: b n.
// Repeats: exactly.
// Throws: std::invalid_argument on unequal shapes or a label out of range.
// Source: definition.
void contingency(Vector<const Label> a,       // in (n,)
                 Matrix<const Label> others,  // in (b, n)
                 Cube<Index> table);          // out (b, k, l)

// How far one labeling is from each of b others, by the pairs of rows they keep
// together.
//   distance[q] = |Y Y' - Z Z'|_F = sqrt(sum_i a_i^2 + sum_j b_j^2 - 2 sum_ij t_ij^2)
//   with the contingency table t and its margins a, b; Y, Z the indicator matrices
// Ties, empty: 0 for the same partition under any names; n = 0 gives 0.
// Requires: as contingency.
// Returns: distances, >= 0, at most n.
// Cost: b (n + k l); never n x n.
// Repeats: exactly (the sum is an integer).
// Throws: std::invalid_argument on unequal shapes or a label out of range.
// Source: thesis, equation 2.1 (without its sign).
void co_membership_distance(Vector<const Label> a,       // in (n,)
                            Matrix<const Label> others,  // in (b, n)
                            Index k,                     // in, labels of a
                            Index l,                     // in, labels of others
                            Vector<double> distance);    // out (b,)

// Rows that switch cluster, under the names that make them fewest.
//   switched[q] = n - max over matchings pi of sum_i t[i, pi(i)]
// Ties, empty: equal best matchings give the same count; n = 0 gives 0.
// Requires: as contingency.
// Returns: counts in [0, n).
// Cost: b (n + max(k, l)^3).
// Repeats: exactly.
// Throws: std::invalid_argument on unequal shapes or a label out of range.
// Source: Kuhn 1955, doi:10.1002/nav.3800020109, in the shortest-path form of Jonker
// and
//   Volgenant 1987, doi:10.1007/BF02278710.
void n_switched(Vector<const Label> a,       // in (n,)
                Matrix<const Label> others,  // in (b, n)
                Index k,                     // in, labels of a
                Index l,                     // in, labels of others
                Vector<Index> switched);     // out (b,)

// Normalized mutual information of one labeling with each of b others.
//   out[q] = 2 I / (H(a) + H(others[q])), with shares p_ij = t_ij / n and their
//   margins: I = sum_ij p_ij log(p_ij / (p_i. p_.j)), H = -sum p log p over a margin
// Ties, empty: exactly 1 for the same partition under any names, two single clusters
// and
//   n = 0 among them; 0 where one of two different partitions is a single cluster.
// Requires: as contingency; n^2 < 2^63.
// Returns: values in [0, 1].
// Cost: b (n + k l).
// Repeats: exactly.
// Throws: std::invalid_argument on unequal shapes or a label out of range.
// Source: Strehl and Ghosh 2002, doi:10.1162/153244303321897735, with the arithmetic
//   mean.
void nmi(Vector<const Label> a,       // in (n,)
         Matrix<const Label> others,  // in (b, n)
         Index k,                     // in, labels of a
         Index l,                     // in, labels of others
         Vector<double> out);         // out (b,)

// The Rand index of one labeling with each of b others, adjusted for chance.
//   out[q] = 2 (s d - x y) / ((s + x) (x + d) + (s + y) (y + d)), with the numbers of
//   pairs of rows that are together in both (s), in a only (x), in others[q] only (y),
//   and in neither (d)
// Ties, empty: exactly 1 for the same partition under any names, n <= 1 among them.
// Requires: as contingency; n^2 < 2^63.
// Returns: values in [-1/2, 1].
// Cost: b (n + k l).
// Repeats: exactly.
// Throws: std::invalid_argument on unequal shapes or a label out of range.
// Source: Hubert and Arabie 1985, doi:10.1007/BF01908075.
void ari(Vector<const Label> a,       // in (n,)
         Matrix<const Label> others,  // in (b, n)
         Index k,                     // in, labels of a
         Index l,                     // in, labels of others
         Vector<double> out);         // out (b,)

}  // namespace rfcore
