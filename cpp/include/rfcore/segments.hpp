// The exact segmentation of a sequence of frames into runs that vary least.
#pragma once

#include "rfcore/core.hpp"

namespace rfcore {

// Extends the table of best segmentations by c frames, which follow the first e - c.
//   costs[l, k] = min_t costs[t, k - 1] + J(t, l), previous[l, k] = that t,
//   costs[l, 0] = J(0, l), where frames t .. l - 1 make a segment of scatter
//   J(t, l) = sum_a K_aa - sum_ab K_ab / (l - t), a and b in [t, l)
// Ties, empty: the lowest t. Where l frames do not make k + 1 segments costs is
// infinite
//   and previous -1; so is previous[l, 0].
// Requires: K symmetric and finite; the calls come in the order of the frames, the
// first
//   with e = c and any content of the tables, the others with what the last one left.
// Returns: rows e - c + 1 .. e of costs and previous, and row 0 of them with e = c.
// Cost: c e m / 2; temporary memory c e + 8 e per thread.
// Repeats: exactly.
// Throws: std::invalid_argument on unequal shapes, n = 0, or more frames than n.
// Source: Potapov et al. 2014, doi:10.1007/978-3-319-10599-4_35 (KTS).
void extend_segments(Matrix<const double> K,   // in (c, e), new frames with all so far
                     Vector<double> sums,      // in, out (n,), of K over [t, e)
                     Vector<double> diagonal,  // in, out (n + 1,), sums of K_aa, a < l
                     Matrix<double> costs,     // in, out (n + 1, m + 1)
                     Matrix<Label> previous);  // in, out (n + 1, m + 1)

}  // namespace rfcore
