// The nearest center of rows: of a block of rows side by side, of one row with the
// runner-up.
#pragma once

#include <limits>

#include "rfcore/core.hpp"
#include "rfcore/distance.hpp"

namespace rfcore {

// Rows of up to so many features are taken side by side, feature after feature: the
// same sums as sq_distance's for d up to its lanes.
constexpr Index kNarrow = 16;
constexpr Index kBlock = 64;

// The nearest center of each of kBlock rows, the lowest of equals, and the squared
// distance to it. Feature f of row l stands at columns[f * stride + l].
RFCORE_INLINE void nearest_of_block(const double* columns, Index stride,
                                    const double* C,  // in (k, d)
                                    Index k, Index d,
                                    Index* label,     // out (kBlock,)
                                    double* least) {  // out (kBlock,)
  for (Index l = 0; l < kBlock; ++l) {
    least[l] = std::numeric_limits<double>::infinity();
    label[l] = 0;
  }
  for (Index c = 0; c < k; ++c) {
    double sum[kBlock] = {};
    for (Index f = 0; f < d; ++f) {
      const double* column = columns + f * stride;
      const double center = C[c * d + f];
      for (Index l = 0; l < kBlock; ++l) {
        const double difference = column[l] - center;
        sum[l] += difference * difference;
      }
    }
    for (Index l = 0; l < kBlock; ++l) {
      label[l] = sum[l] < least[l] ? c : label[l];
      least[l] = sum[l] < least[l] ? sum[l] : least[l];
    }
  }
}

struct TwoNearest {
  double least = std::numeric_limits<double>::infinity();
  double second = std::numeric_limits<double>::infinity();
  Label label = 0;
};

// The nearest center of a row, the lowest of equals, and the squared distances to it
// and to the second nearest, which is infinite for k = 1.
template <class T>
RFCORE_INLINE TwoNearest two_nearest(const T* x, const double* C, Index k, Index d) {
  TwoNearest found;
  for (Index c = 0; c < k; ++c) {
    const double sq = sq_distance(x, C + c * d, d);
    if (sq < found.least) {
      found.second = found.least;
      found.least = sq;
      found.label = static_cast<Label>(c);
    } else if (sq < found.second) {
      found.second = sq;
    }
  }
  return found;
}

// The relative error of a squared distance of d features, and of what is computed from
// a few of them, with room to spare.
inline double distance_rounding(Index d) {
  return 8.0 * static_cast<double>(d + 8) * std::numeric_limits<double>::epsilon();
}

}  // namespace rfcore
