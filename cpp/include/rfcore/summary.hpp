// How a video summary shows the groups that appear in the video.
#pragma once

#include <vector>

#include "rfcore/bits.hpp"

namespace rfcore {

// How many frames of each summary show each group, and how many frames it has.
//   counts[q, j] = sum_i selected[q, i] presence[i, j], sizes[q] = sum_i selected[q, i]
// Ties, empty: an empty summary counts 0. Bits of packed rows beyond n are not read.
// Requires: selected and presence hold 0 and 1; packed rows are in the order of
//   bits.hpp, ceil(n / 8) bytes each.
// Returns: counts in [0, sizes[q]].
// Cost: b n / 64 (g + 1) words, and a pass over selected.
// Repeats: exactly.
// Throws: std::invalid_argument on unequal shapes, n = 0 or another value.
// Source: the sums of thesis eq. 3.7.
void count_groups(Matrix<const Bit> selected,  // in (b, n), or (b, ceil(n / 8)) packed
                  Matrix<const Bit> presence,  // in (n, g)
                  bool packed,                 // in
                  Matrix<Index> counts,        // out (b, g)
                  Vector<Index> sizes);        // out (b,)

// SumBal: the least ratio of a group's share in a summary and its share in the video.
//   values[q] = min_j min(r_j, 1 / r_j), r_j = (N_j / n) / (counts[q, j] / sizes[q]),
//   with N_j = sum_i presence[i, j]; violating[q] is the j of the minimum
// Ties, empty: the lowest j. Groups with N_j = 0 do not count; 0 where a group of the
//   video is missing in the summary; exactly 1 where all shares are equal.
// Requires: as count_groups; n^2 < 2^53.
// Returns: values in [0, 1].
// Cost: as count_groups.
// Repeats: exactly.
// Throws: as count_groups; std::invalid_argument where N_j = 0 for all j or a summary
//   has no frame, before any output is written.
// Source: thesis eq. 3.7.
void sum_bal(Matrix<const Bit> selected,  // in (b, n), or (b, ceil(n / 8)) packed
             Matrix<const Bit> presence,  // in (n, g)
             bool packed,                 // in
             Vector<double> values,       // out (b,)
             Vector<Label> violating);    // out (b,)

// What the versions for the host and for the device share.
namespace summary {

constexpr const char* kSelected = "selected should hold 0 and 1";
constexpr const char* kPresence = "presence should hold 0 and 1";

// The shapes of count_groups, checked.
void check_shapes(Matrix<const Bit> selected, Matrix<const Bit> presence, bool packed,
                  Index n_summaries);

// SumBal and the violating group from counts, as in the contract of sum_bal.
void compare_shares(const std::vector<Index>& counts,  // in (b, g)
                    const std::vector<Index>& sizes,   // in (b,)
                    const std::vector<Index>& totals,  // in (g,)
                    Index n,                           // in, frames
                    Vector<double> values,             // out (b,)
                    Vector<Label> violating);          // out (b,)

}  // namespace summary
}  // namespace rfcore
