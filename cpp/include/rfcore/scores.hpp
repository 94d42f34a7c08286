// Scores of rows and centers in single precision, with a bound on their rounding.
#pragma once

#include "rfcore/core.hpp"

namespace rfcore {

// Rows of a tile stand side by side in the lanes of vectors; centers come in groups, so
// many that their sums fill the registers.
constexpr Index kLanes = 16;
constexpr Index kGroup = 8;

// What a rounding to single precision may change, and what a bound gives away for it.
constexpr float kUnit = 0x1p-24f;
constexpr float kUp = 1.0f + 0x1p-20f;
constexpr float kDown = 1.0f - 0x1p-20f;
// Relative to |x|^2: its length is rounded up, and sums with scores are rounded.
constexpr float kSquares = 0x1p-18f;
// Coordinates are at most 1, so that this covers all that underflows.
constexpr float kTiny = 1e-30f;

// One feature of the rows of a tile. A template drops the alignment of a vector.
struct alignas(64) Lanes {
  float of[kLanes];
};

// What is found of the rows of a tile: two candidates are told apart where the scores
// of the nearest center and of the next differ by more than rounding, `clear`; `slack`
// is how much closer the nearest one is, at least.
struct alignas(64) Found {
  std::int32_t label[kLanes];
  float clear[kLanes], slack[kLanes];
};

// The centers as a tile sees them, and what rounding may do to a score: at most
// base + slope |x| + square (|x| + longest)^2.
struct Centers {
  const float* packed;  // (groups, d, kGroup)
  const float* sq;      // (groups, kGroup)
  Index n_groups, d;
  float base, slope, square, longest;
};

// Scores |c|^2 - 2 x.c of a tile's rows and all centers, and what follows from them.
//   label[l] = argmin_c score, the lowest of equals; clear[l] > 0 only where no
//   rounding makes another center nearer; slack[l] <= the gap of the two least
//   distances
// Ties, empty: clear is not positive, or NaN, where the scores cannot tell.
// Requires: coordinates of rows at most 1; lengths not below those of the rows.
// Returns: found for all lanes; those beside the rows are of no meaning.
// Cost: 16 k d products.
// Repeats: not to the bit: vector units that multiply and add at once round less.
// Throws: nothing.
// Source: definition; Higham 2002, section 3.1, of the rounding of inner products.
void score(const Lanes* tile,       // in (d,)
           const float* lengths,    // in (16,)
           const Centers& centers,  // in
           Found* found);           // out

}  // namespace rfcore
