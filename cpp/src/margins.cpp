#include "rfcore/margins.hpp"

#include <cmath>
#include <vector>

#include "rfcore/nearest.hpp"

namespace rfcore {
namespace {

RFCORE_CLONES
void rank_rows(const double* X, Index n, const double* C, Index k, Index d,
               Label* labels, double* margins) {
  const double rounding = distance_rounding(d);
  for (Index i = 0; i < n; ++i) {
    const TwoNearest found = two_nearest(X + i * d, C, k, d);
    const double near = std::sqrt(found.least), far = std::sqrt(found.second);
    labels[i] = found.label;
    margins[i] = k == 1 ? found.second : far - near - rounding * (far + near);
  }
}

// Feature by feature: mean, sum of squared deviations, largest absolute value.
void measure_features(Matrix<const double> X, Matrix<double> moments) {
  const Index n = X.shape[0], d = X.shape[1];
  double *mean = moments.row(0), *deviation = moments.row(1), *largest = moments.row(2);
  std::fill(moments.data, moments.data + 3 * d, 0.0);
  for (Index i = 0; i < n; ++i) {
    for (Index f = 0; f < d; ++f) mean[f] += X.row(i)[f];
  }
  for (Index f = 0; f < d; ++f) mean[f] /= static_cast<double>(n);
  for (Index i = 0; i < n; ++i) {
    for (Index f = 0; f < d; ++f) {
      const double difference = X.row(i)[f] - mean[f];
      deviation[f] += difference * difference;
      largest[f] = std::max(largest[f], std::abs(X.row(i)[f]));
    }
  }
}

}  // namespace

void check_warm_shapes(Matrix<const double> X, const WarmRows& warm) {
  const Index n = X.shape[0], d = X.shape[1], k = warm.centers.shape[0];
  require_at_least("n_clusters", k, 1);
  require_at_least("n_samples", n, k);
  require_equal("centers.shape[1]", warm.centers.shape[1], d);
  require_equal("labels.shape[0]", warm.labels.shape[0], n);
  require_equal("order.shape[0]", warm.order.shape[0], n);
  require_equal("rows.shape[0]", warm.rows.shape[0], n);
  require_equal("rows.shape[1]", warm.rows.shape[1], d);
  require_equal("margins.shape[0]", warm.margins.shape[0], n);
  require_equal("begin.shape[0]", warm.begin.shape[0], k + 1);
  require_equal("sums.shape[0]", warm.sums.shape[0], k);
  require_equal("sums.shape[1]", warm.sums.shape[1], d);
  require_equal("moments.shape[0]", warm.moments.shape[0], 3);
  require_equal("moments.shape[1]", warm.moments.shape[1], d);
}

void check_warm(Matrix<const double> X, const WarmRows& warm) {
  const Index n = X.shape[0], k = warm.centers.shape[0];
  check_warm_shapes(X, warm);
  require(warm.begin[0] == 0 && warm.begin[k] == n, "begin should go from 0 to n");
  for (Index c = 0; c < k; ++c) {
    require(warm.begin[c] <= warm.begin[c + 1], "begin should not fall");
  }
  for (Index p = 0; p < n; ++p) {
    require(warm.order[p] >= 0 && warm.order[p] < n, "order should be in [0, n)");
  }
}

void rank_margins(Matrix<const double> X, Matrix<const double> C, Vector<Label> labels,
                  Vector<Index> order, Matrix<double> rows, Vector<double> margins,
                  Vector<Index> begin, Matrix<double> sums, Matrix<double> moments) {
  const Index n = X.shape[0], d = X.shape[1], k = C.shape[0];
  check_warm_shapes(X, {C,
                        {labels.data, labels.shape},
                        {order.data, order.shape},
                        {rows.data, rows.shape},
                        {margins.data, margins.shape},
                        {begin.data, begin.shape},
                        {sums.data, sums.shape},
                        {moments.data, moments.shape}});
  std::vector<double> by_row(n);
  const Chunks chunks(n);
  for_each_task(chunks.count, thread_count(chunks.count), [&](Index chunk, int) {
    const Index first = chunks.begin(chunk);
    rank_rows(X.row(first), chunks.end(chunk) - first, C.data, k, d,
              labels.data + first, by_row.data() + first);
  });
  std::fill(begin.data, begin.data + k + 1, Index{0});
  for (Index i = 0; i < n; ++i) ++begin[labels[i] + 1];
  for (Index c = 0; c < k; ++c) begin[c + 1] += begin[c];
  std::vector<Index> next(begin.data, begin.data + k);
  for (Index i = 0; i < n; ++i) order[next[labels[i]]++] = i;
  for_each_task(k, thread_count(k), [&](Index c, int) {
    std::stable_sort(order.data + begin[c], order.data + begin[c + 1],
                     [&](Index a, Index b) { return by_row[a] < by_row[b]; });
  });
  std::fill(sums.data, sums.data + k * d, 0.0);
  std::vector<double> partial(k * d);
  for (Index chunk = 0; chunk < chunks.count; ++chunk) {
    std::fill(partial.begin(), partial.end(), 0.0);
    for (Index i = chunks.begin(chunk); i < chunks.end(chunk); ++i) {
      for (Index f = 0; f < d; ++f) partial[labels[i] * d + f] += X.row(i)[f];
    }
    for (Index e = 0; e < k * d; ++e) sums[e] += partial[e];
  }
  for (Index p = 0; p < n; ++p) {
    margins[p] = by_row[order[p]];
    std::copy(X.row(order[p]), X.row(order[p]) + d, rows.row(p));
  }
  measure_features(X, moments);
}

}  // namespace rfcore
