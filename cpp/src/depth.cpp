#include "rfcore/depth.hpp"

#include <limits>
#include <vector>

namespace rfcore {
namespace {

void check_points(Matrix<const double> points, Matrix<const double> means,
                  Vector<double> depth) {
  require_equal("means.shape[1]", means.shape[1], points.shape[1]);
  require_equal("depth.shape[0]", depth.shape[0], points.shape[0]);
}

double feature_depth(double x, double mean, double variance) {
  if (variance == 0.0) return x == mean ? 1.0 : 0.0;
  return 1.0 / (1.0 + (x - mean) * (x - mean) / variance);
}

double definition_depth(const double* x, Matrix<const double> means,
                        Matrix<const double> variances) {
  const Index k = means.shape[0], d = means.shape[1];
  double least = std::numeric_limits<double>::infinity();
  for (Index f = 0; f < d; ++f) {
    double sum = 0.0;
    for (Index c = 0; c < k; ++c) {
      sum += feature_depth(x[f], means.row(c)[f], variances.row(c)[f]);
    }
    least = std::min(least, sum);
  }
  return least;
}

double printed_depth(const double* x, Matrix<const double> means,
                     Matrix<const double> variances) {
  const Index k = means.shape[0], d = means.shape[1];
  double sum = 0.0;
  for (Index c = 0; c < k; ++c) {
    double least = 1.0;
    for (Index f = 0; f < d; ++f) {
      if (variances.row(c)[f] == 0.0) continue;
      least =
          std::min(least, feature_depth(x[f], means.row(c)[f], variances.row(c)[f]));
    }
    sum += least;
  }
  return sum;
}

// Adds visit(row, column) over the rows of each cluster, in chunks, in chunk order.
template <class Visit>
void add_by_cluster(Vector<const Label> labels, Matrix<double> out, Visit&& visit) {
  const Index d = out.shape[1];
  const Chunks chunks(labels.shape[0]);
  std::vector<double> partial(chunks.count * out.size(), 0.0);
#pragma omp parallel for schedule(static) num_threads(thread_count(chunks.count))
  for (Index chunk = 0; chunk < chunks.count; ++chunk) {
    for (Index i = chunks.begin(chunk); i < chunks.end(chunk); ++i) {
      double* sum = partial.data() + chunk * out.size() + labels[i] * d;
      for (Index f = 0; f < d; ++f) sum[f] += visit(i, f);
    }
  }
  std::fill(out.data, out.data + out.size(), 0.0);
  for (Index chunk = 0; chunk < chunks.count; ++chunk) {
    for (Index e = 0; e < out.size(); ++e) out[e] += partial[chunk * out.size() + e];
  }
}

}  // namespace

template <class T>
void cluster_moments(Matrix<const T> X, Vector<const Label> labels,
                     Matrix<double> means, Matrix<double> variances,
                     Vector<Index> counts) {
  const Index n = X.shape[0], d = X.shape[1], k = means.shape[0];
  require_equal("labels.shape[0]", labels.shape[0], n);
  require_equal("means.shape[1]", means.shape[1], d);
  require_equal("variances.shape[0]", variances.shape[0], k);
  require_equal("variances.shape[1]", variances.shape[1], d);
  require_equal("counts.shape[0]", counts.shape[0], k);
  std::vector<Index> first(k, -1);
  std::fill(counts.data, counts.data + k, Index{0});
  for (Index i = 0; i < n; ++i) {
    require(0 <= labels[i] && labels[i] < k, "labels should be in [0, k)");
    if (counts[labels[i]]++ == 0) first[labels[i]] = i;
  }
  // Deviations from the cluster's first row: an offset of the data costs no digits, and
  // a constant feature has variance exactly 0.
  const auto deviation = [&](Index i, Index f) {
    return static_cast<double>(X.row(i)[f]) -
           static_cast<double>(X.row(first[labels[i]])[f]);
  };
  add_by_cluster(labels, means, deviation);
  for (Index c = 0; c < k; ++c) {
    for (Index f = 0; f < d; ++f) {
      means.row(c)[f] /= static_cast<double>(std::max(counts[c], Index{1}));
    }
  }
  add_by_cluster(labels, variances, [&](Index i, Index f) {
    const double difference = deviation(i, f) - means.row(labels[i])[f];
    return difference * difference;
  });
  for (Index c = 0; c < k; ++c) {
    for (Index f = 0; f < d; ++f) {
      variances.row(c)[f] /= static_cast<double>(std::max(counts[c] - 1, Index{1}));
      if (first[c] >= 0) means.row(c)[f] += static_cast<double>(X.row(first[c])[f]);
    }
  }
}

void mahalanobis_depth(Matrix<const double> points, Matrix<const double> means,
                       Cube<const double> whitening, Vector<double> depth) {
  const Index b = points.shape[0], d = points.shape[1], k = means.shape[0];
  check_points(points, means, depth);
  require_equal("whitening.shape[0]", whitening.shape[0], k);
  require_equal("whitening.shape[1]", whitening.shape[1], d);
  require_equal("whitening.shape[2]", whitening.shape[2], d);
  for_each_task(b, thread_count(b), [&](Index i, int) {
    depth[i] = 0.0;
    for (Index c = 0; c < k; ++c) {
      double sq = 0.0;
      for (Index r = 0; r < d; ++r) {
        const double* weights = whitening.row(c) + r * d;
        double projection = 0.0;
        for (Index f = 0; f <= r; ++f) {
          projection += weights[f] * (points.row(i)[f] - means.row(c)[f]);
        }
        sq += projection * projection;
      }
      depth[i] += 1.0 / (1.0 + sq);
    }
  });
}

void coordinate_depth(Matrix<const double> points, Matrix<const double> means,
                      Matrix<const double> variances, CoordinateDepth variant,
                      Vector<double> depth) {
  const Index b = points.shape[0];
  check_points(points, means, depth);
  require_at_least("n_features", points.shape[1], 1);
  require_equal("variances.shape[0]", variances.shape[0], means.shape[0]);
  require_equal("variances.shape[1]", variances.shape[1], means.shape[1]);
  for_each_task(b, thread_count(b), [&](Index i, int) {
    depth[i] = variant == CoordinateDepth::kDefinition
                   ? definition_depth(points.row(i), means, variances)
                   : printed_depth(points.row(i), means, variances);
  });
}

#define RFCORE_INSTANTIATE(T)                                            \
  template void cluster_moments<T>(Matrix<const T>, Vector<const Label>, \
                                   Matrix<double>, Matrix<double>, Vector<Index>);
RFCORE_INSTANTIATE(float)
RFCORE_INSTANTIATE(double)
#undef RFCORE_INSTANTIATE

}  // namespace rfcore
