// Compiled with contraction: what rounds otherwise here than elsewhere is within the
// bounds that are given out.
#include "rfcore/scores.hpp"

#include <cmath>
#include <cstring>
#include <limits>

#include "rfcore/wide.hpp"

namespace rfcore {
namespace {

template <int kWidth>
RFCORE_INLINE void look(const Lanes* tile, const float* lengths, const Centers& centers,
                        Found* found) {
  using Floats = typename Wide<float, kWidth>::Type;
  using Names = typename Wide<std::int32_t, kWidth>::Type;
  const float infinity = std::numeric_limits<float>::infinity();
  const Index d = centers.d;
  float least[kLanes], next[kLanes];
  for (Index at = 0; at < kLanes; at += kWidth) {
    Floats best = Floats{} + infinity, second = best;
    Names label{};
    for (Index g = 0; g < centers.n_groups; ++g) {
      const float* group = centers.packed + g * d * kGroup;
      Floats sum[kGroup] = {};
      for (Index f = 0; f < d; ++f) {
        Floats x;
        std::memcpy(&x, tile[f].of + at, sizeof x);
        for (Index c = 0; c < kGroup; ++c) sum[c] += x * group[f * kGroup + c];
      }
      for (Index c = 0; c < kGroup; ++c) {
        const Floats score = centers.sq[g * kGroup + c] - 2.0f * sum[c];
        const Names name = Names{} + static_cast<std::int32_t>(g * kGroup + c);
        const Names less = score < best;
        const Floats other = less ? best : score;
        second = other < second ? other : second;
        label = less ? name : label;
        best = less ? score : best;
      }
    }
    std::memcpy(found->label + at, &label, sizeof label);
    std::memcpy(least + at, &best, sizeof best);
    std::memcpy(next + at, &second, sizeof second);
  }
  for (Index l = 0; l < kLanes; ++l) {
    const float length = lengths[l], reach = length + centers.longest;
    const float error =
        centers.base + centers.slope * length + centers.square * reach * reach;
    found->clear[l] = next[l] - least[l] - 2.0f * error;
    const float sq = length * length, own = error + kSquares * sq;
    const float upper = std::sqrt(std::max(sq + least[l] + own, 0.0f));
    const float lower = std::sqrt(std::max(sq + next[l] - own, 0.0f));
    found->slack[l] = lower * kDown - upper * kUp;
  }
}

RFCORE_WIDE(float, look_at,
            (const Lanes* tile, const float* lengths, const Centers& centers,
             Found* found),
            look, (tile, lengths, centers, found))

}  // namespace

void score(const Lanes* tile, const float* lengths, const Centers& centers,
           Found* found) {
  look_at(tile, lengths, centers, found);
}

}  // namespace rfcore
