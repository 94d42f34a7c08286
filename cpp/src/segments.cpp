#include "rfcore/segments.hpp"

#include <cstring>
#include <limits>
#include <vector>

namespace rfcore {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// Numbers of segments that one pass over the starts keeps in registers, and the ends
// that share what it loads.
constexpr Index kLanes = 8;
constexpr Index kEnds = 2;
// Starts of which the pass remembers the least cost alone: which of them it was is
// looked up afterwards.
constexpr Index kBlock = 32;

// Costs, and the blocks in which their starts lie; -1 for no start.
struct Best {
  double cost[kEnds][kLanes];
  Index block[kEnds][kLanes];
};

// Spelled as vectors, since the compiler would unroll loops over lanes before it could
// widen them.
constexpr Index kWide = 4;
using Costs = double __attribute__((vector_size(kWide * sizeof(double))));
using Blocks = Index __attribute__((vector_size(kWide * sizeof(Index))));

struct Running {
  Costs cost;
  Blocks block;
};

RFCORE_INLINE Costs lower(const Costs& a, const Costs& b) {
  return a < b ? a : b;
}

RFCORE_INLINE void try_block(Running& best, const Costs& found, Index block) {
  const Blocks less = found < best.cost;
  best.cost = less ? found : best.cost;
  best.block = less ? Blocks{} + block : best.block;
}

RFCORE_INLINE void store(const Running& best, Index r, Index half, Best& to) {
  std::memcpy(to.cost[r] + half * kWide, &best.cost, sizeof best.cost);
  std::memcpy(to.block[r] + half * kWide, &best.block, sizeof best.block);
}

// costs holds kLanes numbers for each start, scatter0 and scatter1 one for each.
RFCORE_CLONES void scan_starts(const double* costs, const double* scatter0,
                               const double* scatter1, Index begin, Index end,
                               Best& best) {
  const Costs none = Costs{} + kInfinity;
  Running low0{none, Blocks{} - 1}, high0 = low0, low1 = low0, high1 = low0;
  for (Index block = begin; block < end; block += kBlock) {
    Costs least_low0 = none, least_high0 = none, least_low1 = none, least_high1 = none;
    for (Index t = block; t < std::min(block + kBlock, end); ++t) {
      Costs low, high;
      std::memcpy(&low, costs + t * kLanes, sizeof low);
      std::memcpy(&high, costs + t * kLanes + kWide, sizeof high);
      least_low0 = lower(low + scatter0[t], least_low0);
      least_high0 = lower(high + scatter0[t], least_high0);
      least_low1 = lower(low + scatter1[t], least_low1);
      least_high1 = lower(high + scatter1[t], least_high1);
    }
    try_block(low0, least_low0, block);
    try_block(high0, least_high0, block);
    try_block(low1, least_low1, block);
    try_block(high1, least_high1, block);
  }
  store(low0, 0, 0, best);
  store(high0, 0, 1, best);
  store(low1, 1, 0, best);
  store(high1, 1, 1, best);
}

// The first start of a block with a cost that one of them has.
Index first_start(const double* costs, const double* scatter, Index lane, double cost,
                  Index block) {
  Index t = block;
  while (costs[t * kLanes + lane] + scatter[t] != cost) ++t;
  return t;
}

RFCORE_CLONES void try_start(const double* __restrict before, double scatter, Label t,
                             Index count, double* __restrict cost,
                             Label* __restrict start) {
  for (Index k = 0; k < count; ++k) {
    const double found = before[k] + scatter;
    const bool less = found < cost[k];
    cost[k] = less ? found : cost[k];
    start[k] = less ? t : start[k];
  }
}

// Scatters (c, e) of the segments that end with each new frame.
std::vector<double> scatters(Matrix<const double> K, Vector<double> sums,
                             Vector<double> diagonal) {
  const Index c = K.shape[0], e = K.shape[1];
  std::vector<double> all(c * e);
  for (Index r = 0; r < c; ++r) {
    const Index f = e - c + r;
    const double* row = K.row(r);
    diagonal[f + 1] = diagonal[f] + row[f];
    sums[f] = row[f];
    all[r * e + f] = 0.0;
    double shared = 0.0;
    for (Index t = f; t-- > 0;) {
      shared += row[t];
      sums[t] += 2.0 * shared + row[f];
      all[r * e + t] =
          (diagonal[f + 1] - diagonal[t]) - sums[t] / static_cast<double>(f + 1 - t);
    }
  }
  return all;
}

// Numbers k0 .. of segments for all new ends, from starts that the last call finished.
void extend_lanes(const std::vector<double>& scatter, Index c, Index e, Index k0,
                  Matrix<double> costs, Matrix<Label> previous) {
  const Index width = costs.shape[1], lanes = std::min(kLanes, width - k0);
  const Index first = e - c;
  std::vector<double> before((first + 1) * kLanes, kInfinity);
  for (Index t = k0; t <= first; ++t) {
    std::copy_n(costs.row(t) + k0 - 1, lanes, before.data() + t * kLanes);
  }
  Best best;
  for (Index r = 0; r < c; r += kEnds) {
    const double* rows[kEnds] = {scatter.data() + r * e,
                                 scatter.data() + std::min(r + 1, c - 1) * e};
    scan_starts(before.data(), rows[0], rows[1], k0, first + 1, best);
    for (Index q = 0; q < std::min(kEnds, c - r); ++q) {
      const Index l = first + r + q + 1;
      for (Index lane = 0; lane < lanes; ++lane) {
        const double cost = best.cost[q][lane];
        const Index block = best.block[q][lane];
        costs.row(l)[k0 + lane] = cost;
        previous.row(l)[k0 + lane] = static_cast<Label>(
            block < 0 ? -1 : first_start(before.data(), rows[q], lane, cost, block));
      }
    }
  }
}

}  // namespace

void extend_segments(Matrix<const double> K, Vector<double> sums,
                     Vector<double> diagonal, Matrix<double> costs,
                     Matrix<Label> previous) {
  const Index n = sums.shape[0], width = costs.shape[1];
  const Index c = K.shape[0], e = K.shape[1], first = e - c;
  require_at_least("sums.shape[0]", n, 1);
  require_equal("diagonal.shape[0]", diagonal.shape[0], n + 1);
  require_equal("costs.shape[0]", costs.shape[0], n + 1);
  require_at_least("costs.shape[1]", width, 1);
  require_equal("previous.shape[0]", previous.shape[0], n + 1);
  require_equal("previous.shape[1]", previous.shape[1], width);
  require_at_least("K.shape[1]", e, c);
  require_at_least("sums.shape[0]", n, e);
  if (first == 0) {
    diagonal[0] = 0.0;
    std::fill_n(costs.row(0), width, kInfinity);
    std::fill_n(previous.row(0), width, Label{-1});
  }
  const std::vector<double> scatter = scatters(K, sums, diagonal);
  const Index n_tasks = (width - 1 + kLanes - 1) / kLanes;
  for_each_task(n_tasks, thread_count(n_tasks), [&](Index task, int) {
    extend_lanes(scatter, c, e, 1 + task * kLanes, costs, previous);
  });
  for (Index r = 0; r < c; ++r) {
    const Index l = first + r + 1;
    costs.row(l)[0] = scatter[r * e];
    previous.row(l)[0] = -1;
    for (Index t = first + 1; t < l; ++t) {
      try_start(costs.row(t), scatter[r * e + t], static_cast<Label>(t),
                std::min(width - 1, t), costs.row(l) + 1, previous.row(l) + 1);
    }
  }
}

}  // namespace rfcore
