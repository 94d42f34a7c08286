#include "rfcore/neighbors.hpp"

#include <cmath>
#include <limits>

#include "rfcore/distance.hpp"

namespace rfcore {
namespace {

constexpr Index kLanes = 16;
// A partial sum is taken in another order than the whole: what rounding can do to 16
// terms is far below this.
constexpr double kRounding = 1.0 - 1e-12;
// Rows whose neighbors are looked for together, while the others pass through cache.
constexpr Index kBlock = 16;

template <Metric metric>
RFCORE_INLINE double term(double difference) {
  return metric == Metric::kEuclidean ? difference * difference : std::fabs(difference);
}

RFCORE_INLINE double sum_lanes(const double* lane) {
  double sum = 0.0;
  for (Index l = 0; l < kLanes; ++l) sum += lane[l];
  return sum;
}

// The lanes added pairwise, which takes few vector instructions.
RFCORE_INLINE double add_pairwise(const double* lane) {
  double eight[8], four[4];
  for (Index l = 0; l < 8; ++l) eight[l] = lane[l] + lane[l + 8];
  for (Index l = 0; l < 4; ++l) four[l] = eight[l] + eight[l + 4];
  return (four[0] + four[2]) + (four[1] + four[3]);
}

// The sum over features in the order of sq_distance, or any value >= bound: lanes only
// grow, so the whole is never below a partial sum.
template <Metric metric>
RFCORE_INLINE double bounded_distance(const double* a, const double* b, Index d,
                                      double bound) {
  if (d < kLanes) {
    double sum = 0.0;
    for (Index f = 0; f < d; ++f) sum += term<metric>(a[f] - b[f]);
    return sum;
  }
  double lane[kLanes] = {};
  const Index whole = d - d % kLanes;
  for (Index f = 0; f < whole; f += kLanes) {
    for (Index l = 0; l < kLanes; ++l) lane[l] += term<metric>(a[f + l] - b[f + l]);
    if (add_pairwise(lane) * kRounding >= bound) return bound;
  }
  for (Index f = whole; f < d; ++f) lane[f - whole] += term<metric>(a[f] - b[f]);
  return sum_lanes(lane);
}

// Enters row j, which comes after all rows entered so far, into a sorted list.
void enter(Index j, double distance, Index k, Index* rows, double* distances) {
  Index place = k - 1;
  for (; place > 0 && distances[place - 1] > distance; --place) {
    rows[place] = rows[place - 1];
    distances[place] = distances[place - 1];
  }
  rows[place] = j;
  distances[place] = distance;
}

template <Metric metric>
RFCORE_INLINE void search(Matrix<const double> X, Index begin, Index end,
                          Matrix<Index> neighbors, Matrix<double> distances) {
  const Index n = X.shape[0], d = X.shape[1], k = neighbors.shape[1];
  std::fill(distances.row(begin), distances.row(end),
            std::numeric_limits<double>::infinity());
  for (Index j = 0; j < n; ++j) {
    for (Index i = begin; i < end; ++i) {
      if (i == j) continue;
      const double worst = distances.row(i)[k - 1];
      const double distance = bounded_distance<metric>(X.row(i), X.row(j), d, worst);
      if (distance < worst) enter(j, distance, k, neighbors.row(i), distances.row(i));
    }
  }
}

RFCORE_CLONES
void search_euclidean(Matrix<const double> X, Index begin, Index end,
                      Matrix<Index> neighbors, Matrix<double> distances) {
  search<Metric::kEuclidean>(X, begin, end, neighbors, distances);
}

RFCORE_CLONES
void search_manhattan(Matrix<const double> X, Index begin, Index end,
                      Matrix<Index> neighbors, Matrix<double> distances) {
  search<Metric::kManhattan>(X, begin, end, neighbors, distances);
}

}  // namespace

void nearest_neighbors(Matrix<const double> X, Metric metric, Matrix<Index> neighbors,
                       Matrix<double> distances) {
  const Index n = X.shape[0], k = neighbors.shape[1];
  require_equal("neighbors.shape[0]", neighbors.shape[0], n);
  require_equal("distances.shape[0]", distances.shape[0], n);
  require_equal("distances.shape[1]", distances.shape[1], k);
  if (n == 0) return;
  require_at_least("neighbors.shape[1]", k, 1);
  require_at_least("X.shape[0]", n, k + 1);
  const auto search_block =
      metric == Metric::kEuclidean ? search_euclidean : search_manhattan;
  const Index n_blocks = (n + kBlock - 1) / kBlock;
  for_each_task(n_blocks, thread_count(n_blocks), [&](Index block, int) {
    search_block(X, block * kBlock, std::min(n, (block + 1) * kBlock), neighbors,
                 distances);
  });
}

}  // namespace rfcore
