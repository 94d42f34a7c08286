// Sum-of-norms clustering: every pair of rows pulls their centers together.
#pragma once

#include "rfcore/core.hpp"

namespace rfcore {

// The duals of pairs are kept in tiles of this many rows by as many rows.
constexpr Index kSonTile = 64;

// Tiles (a, b), a <= b < ceil(n / kSonTile), in the order of a, then b.
constexpr Index son_tiles(Index n) {
  const Index blocks = (n + kSonTile - 1) / kSonTile;
  return blocks * (blocks + 1) / 2;
}

// Steps of the alternating direction method of multipliers for
//   min over M of 1/2 sum_i |X_i - M_i|^2 + lam sum_{i<j} |M_i - M_j|
// with one dual z_ij = -z_ji in R^d for each pair. One step:
//   z_ij <- P(z_ij + step (M_i - M_j)), P(v) = v min(1, lam / |v|)
//   T'_i = sum_j z_ij
//   M <- (X + step n M + T - 2 T') / (1 + step n);  T <- T'
// The graph is complete, so that the linear system of the method is this division.
//   dual[tile of (a, b), r, f, l] = z_ij[f], i = a kSonTile + r, j = b kSonTile + l
// Ties, empty: P(0) = 0, also with lam = 0; places of rows past n and of i = j stay 0;
//   tiles on the diagonal hold each pair twice. n = 1 is allowed.
// Requires: lam >= 0, step > 0, n_steps >= 0; finite values; the columns of X and M
//   with the same means; at first zeros in dual and T, or what a call with another lam
//   left there.
// Returns: duals of length <= lam up to rounding and their sums T, feasible for
//   max <X, T> - 1/2 |T|^2, and the next centers M.
// Cost: n_steps (n^2 / 2) d; each pair's dual is read and written once a step, 4 n^2 d
//   bytes in all.
// Repeats: bit for bit for any number of threads and vector unit.
// Throws: std::invalid_argument on unequal shapes or parameters out of range.
// Source: thesis 3.1.3.1, eq. 3.1-3.4, whose P lacks lam; Chi and Lange 2015,
//   arXiv:1304.0499, section 3.1; the two sums of duals stand for the differences.
void son_sweep(Matrix<const double> X,  // in (n, d)
               double lam,              // in
               double step,             // in
               Index n_steps,           // in
               Matrix<double> centers,  // in, out (n, d)
               Matrix<double> sums,     // in, out (n, d)
               View<double, 4> dual);   // in, out (son_tiles(n), kSonTile, d, kSonTile)

// Which rows a dual holds together: i and j with |z_ij| < lam, and so on from row to
// row.
//   i ~ j where |z_ij|^2 < lam^2 (1 - 1e-12)
// Ties, empty: clusters are numbered by their smallest row; lam = 0 joins nobody.
// Requires: dual of son_sweep for this lam and n.
// Returns: the number of clusters; labels in [0, that).
// Cost: n^2 d / 2 products, one reading of the duals.
// Repeats: exactly.
// Throws: std::invalid_argument on unequal shapes.
// Source: Chi and Lange 2015, arXiv:1304.0499, section 4: centers are equal where the
//   proximal map gives 0.
Index son_labels(
    View<const double, 4> dual,  // in (son_tiles(n), kSonTile, d, kSonTile)
    double lam,                  // in
    Vector<Label> labels);       // out (n,)

// The sum of weighted distances of all pairs.
//   sum_{a<b} weights[a] weights[b] |C_a - C_b|
// Ties, empty: k = 1 gives 0.
// Requires: finite values.
// Returns: the sum; for cluster means with cluster sizes it is that of the rows.
// Cost: k^2 d / 2 differences.
// Repeats: bit for bit for any number of threads and vector unit.
// Throws: std::invalid_argument on unequal shapes.
// Source: definition.
double son_penalty(Matrix<const double> C,         // in (k, d)
                   Vector<const double> weights);  // in (k,)

}  // namespace rfcore
