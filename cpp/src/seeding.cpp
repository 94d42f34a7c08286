#include "rfcore/seeding.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "rfcore/distance.hpp"

namespace rfcore {
namespace {

constexpr Index kBlockBytes = 128 * 1024;

// sq[i] becomes min(sq[i], |X[i] - center|^2), in place or into `out`.
template <class T>
RFCORE_INLINE void lower_rows(const T* X, Index n, Index d, const T* center,
                              const double* sq, double* out) {
  for (Index i = 0; i < n; ++i) {
    const double distance = sq_distance(X + i * d, center, d);
    out[i] = distance < sq[i] ? distance : sq[i];
  }
}

RFCORE_CLONES
void lower(const double* X, Index n, Index d, const double* center, const double* sq,
           double* out) {
  lower_rows(X, n, d, center, sq, out);
}

RFCORE_CLONES
void lower(const float* X, Index n, Index d, const float* center, const double* sq,
           double* out) {
  lower_rows(X, n, d, center, sq, out);
}

// out[t, i] = min(sq[i], |X[i] - centers[t]|^2), and where there is one center `out`
// may be `sq`. Rows are taken in blocks that stay in the cache while the centers pass.
template <class T>
void lower_parallel(Matrix<const T> X, const std::vector<const T*>& centers,
                    const double* sq, double* out) {
  const Index n = X.shape[0], d = X.shape[1];
  const Index block = std::max<Index>(1, kBlockBytes / (d * sizeof(T) + 1));
  const Chunks chunks(n);
#pragma omp parallel for schedule(static) num_threads(thread_count(chunks.count))
  for (Index c = 0; c < chunks.count; ++c) {
    for (Index i = chunks.begin(c); i < chunks.end(c); i += block) {
      const Index rows = std::min(block, chunks.end(c) - i);
      for (std::size_t t = 0; t < centers.size(); ++t) {
        lower(X.row(i), rows, d, centers[t], sq + i, out + t * n + i);
      }
    }
  }
}

double sum_in_chunks(const double* values, Index n) {
  const Chunks chunks(n);
  double total = 0.0;
  for (Index c = 0; c < chunks.count; ++c) {
    double partial = 0.0;
    for (Index i = chunks.begin(c); i < chunks.end(c); ++i) partial += values[i];
    total += partial;
  }
  return total;
}

// The first row whose cumulated weight exceeds `mark`, never one of weight 0.
Index draw(const std::vector<double>& weights, double mark) {
  double cumulated = 0.0;
  Index last = 0;
  for (Index i = 0; i < static_cast<Index>(weights.size()); ++i) {
    if (weights[i] == 0.0) continue;
    last = i;
    cumulated += weights[i];
    if (cumulated > mark) break;
  }
  return last;
}

}  // namespace

Index seeding_trials(Index n_clusters) {
  return 2 + static_cast<Index>(std::log(static_cast<double>(n_clusters)));
}

Index seeding_uniforms(Index n_clusters) {
  require_count("n_clusters", n_clusters, 1);
  return 1 + (n_clusters - 1) * seeding_trials(n_clusters);
}

template <class T>
void kmeans_plus_plus(Matrix<const T> X, Vector<const double> uniforms,
                      Vector<Index> chosen) {
  const Index n = X.shape[0], k = chosen.shape[0];
  require_at_least("n_clusters", k, 1);
  require_at_least("n_samples", n, k);
  require_equal("uniforms.shape[0]", uniforms.shape[0], seeding_uniforms(k));
  require_uniforms("uniforms", uniforms.data, uniforms.size());
  const Index n_trials = seeding_trials(k);
  std::vector<double> sq(n, std::numeric_limits<double>::infinity());
  std::vector<double> lowered(n_trials * n);
  std::vector<Index> trials(n_trials);
  std::vector<const T*> rows(n_trials);
  chosen[0] = std::min(n - 1, static_cast<Index>(uniforms[0] * static_cast<double>(n)));
  lower_parallel<T>(X, {X.row(chosen[0])}, sq.data(), sq.data());
  double total = sum_in_chunks(sq.data(), n);
  for (Index center = 1, u = 1; center < k; ++center) {
    for (Index t = 0; t < n_trials; ++t, ++u) {
      trials[t] = draw(sq, uniforms[u] * total);
      rows[t] = X.row(trials[t]);
    }
    lower_parallel(X, rows, sq.data(), lowered.data());
    Index best = 0;
    for (Index t = 0; t < n_trials; ++t) {
      const double trial_total = sum_in_chunks(lowered.data() + t * n, n);
      if (t > 0 && !(trial_total < total)) continue;
      total = trial_total;
      best = t;
    }
    chosen[center] = trials[best];
    std::copy_n(lowered.data() + best * n, n, sq.data());
  }
}

template <class T>
void farthest_first(Matrix<const T> X, Index first, Vector<Index> chosen,
                    Vector<double> sq) {
  const Index n = X.shape[0], k = chosen.shape[0];
  require_at_least("n_clusters", k, 1);
  require_at_least("n_samples", n, k);
  require_equal("sq.shape[0]", sq.shape[0], n);
  require(0 <= first && first < n, "first should be a row of X");
  std::fill(sq.data, sq.data + n, std::numeric_limits<double>::infinity());
  chosen[0] = first;
  lower_parallel<T>(X, {X.row(first)}, sq.data, sq.data);
  for (Index j = 1; j < k; ++j) {
    chosen[j] = std::max_element(sq.data, sq.data + n) - sq.data;
    lower_parallel<T>(X, {X.row(chosen[j])}, sq.data, sq.data);
  }
}

#define RFCORE_INSTANTIATE(T)                                              \
  template void kmeans_plus_plus<T>(Matrix<const T>, Vector<const double>, \
                                    Vector<Index>);                        \
  template void farthest_first<T>(Matrix<const T>, Index, Vector<Index>,   \
                                  Vector<double>);
RFCORE_INSTANTIATE(float)
RFCORE_INSTANTIATE(double)
#undef RFCORE_INSTANTIATE

}  // namespace rfcore
