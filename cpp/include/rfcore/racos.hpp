// Where RACOS looks next: regions that hold a good point and none of the bad ones.
#pragma once

#include "rfcore/core.hpp"

namespace rfcore {

// Uniforms that shrink_regions reads for each point: 3 n_negatives + 2 n_free.
Index region_uniforms(Index n_negatives, Index n_free);

// Around each of b positive points x a region parallel to the axes, which holds x and
// no negative point, and a uniform point of it.
//   The region begins as the whole space: low, high = bounds.
//   Step s, as long as negatives z are in the region, takes u1, u2, u3 = u[3 s ...]:
//     f = coordinate floor(u1 c) of the c ones in which such a z differs from x
//     discrete:  low[f] = high[f] = x[f]
//     else:      low[f] or high[f], on the side of z, = x[f] + u3 (z[f] - x[f]),
//                where z is the negative floor(u2 c) of the c that differ in f
//   Then n_free of the c coordinates with low[f] < high[f] are drawn, and the others
//   are fixed, low[f] = high[f] = x[f]. Draw j takes u1, u2 = u[3 m + 2 j ...]; in the
//   list of the c in order it swaps the places j and j + floor(u1 (c - j)), and j holds
//     f:  point[f] = low[f] + u2 w  or, discrete, low[f] + floor(u2 (w + 1)),
//         with w = high[f] - low[f]; never above high[f]
// Ties, empty: counted from 0 in order; a negative equal to x is left out; a bound that
//   rounding puts on z is x[f]; fewer than n_free coordinates are all drawn.
// Requires: points in the bounds, low <= high, whole numbers if discrete; uniforms in
//   [0, 1), region_uniforms(m, n_free) a row.
// Returns: points, and the bounds of their regions, both included.
// Cost: b (m d + n_free).
// Repeats: bit for bit for any number of threads.
// Throws: std::invalid_argument on unequal shapes or n_free < 0.
// Source: Yu, Qian and Hu 2016, doi:10.1609/aaai.v30i1.10289, algorithm 2.
void shrink_regions(Matrix<const double> positives,  // in (b, d)
                    Matrix<const double> negatives,  // in (m, d)
                    Matrix<const double> bounds,     // in (d, 2)
                    bool discrete,                   // in, whether numbers are whole
                    Index n_free,                    // in
                    Matrix<const double> uniforms,   // in (b, u)
                    Matrix<double> low,              // out (b, d)
                    Matrix<double> high,             // out (b, d)
                    Matrix<double> points);          // out (b, d)

}  // namespace rfcore
