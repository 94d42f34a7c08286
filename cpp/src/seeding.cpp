#include "rfcore/seeding.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "rfcore/distance.hpp"

namespace rfcore {
namespace {

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

template <class T>
void lower_parallel(Matrix<const T> X, const T* center, const double* sq, double* out) {
  const Chunks chunks(X.shape[0]);
#pragma omp parallel for schedule(static) num_threads(thread_count(chunks.count))
  for (Index c = 0; c < chunks.count; ++c) {
    const Index begin = chunks.begin(c);
    lower(X.row(begin), chunks.end(c) - begin, X.shape[1], center, sq + begin,
          out + begin);
  }
}

double sum_in_chunks(const std::vector<double>& values) {
  const Chunks chunks(static_cast<Index>(values.size()));
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
  require_at_least("n_clusters", n_clusters, 1);
  return 1 + (n_clusters - 1) * seeding_trials(n_clusters);
}

template <class T>
void kmeans_plus_plus(Matrix<const T> X, Vector<const double> uniforms,
                      Vector<Index> chosen) {
  const Index n = X.shape[0], k = chosen.shape[0];
  require_at_least("n_clusters", k, 1);
  require_at_least("n_samples", n, k);
  require_equal("uniforms.shape[0]", uniforms.shape[0], seeding_uniforms(k));
  std::vector<double> sq(n, std::numeric_limits<double>::infinity());
  std::vector<double> trial(n), best(n);
  chosen[0] = std::min(n - 1, static_cast<Index>(uniforms[0] * static_cast<double>(n)));
  lower_parallel(X, X.row(chosen[0]), sq.data(), sq.data());
  double total = sum_in_chunks(sq);
  for (Index center = 1, u = 1; center < k; ++center) {
    double best_total = std::numeric_limits<double>::infinity();
    for (Index attempt = 0; attempt < seeding_trials(k); ++attempt, ++u) {
      const Index candidate = draw(sq, uniforms[u] * total);
      lower_parallel(X, X.row(candidate), sq.data(), trial.data());
      const double trial_total = sum_in_chunks(trial);
      if (trial_total < best_total) {
        best_total = trial_total;
        chosen[center] = candidate;
        best.swap(trial);
      }
    }
    sq.swap(best);
    total = best_total;
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
  lower_parallel(X, X.row(first), sq.data, sq.data);
  for (Index j = 1; j < k; ++j) {
    chosen[j] = std::max_element(sq.data, sq.data + n) - sq.data;
    lower_parallel(X, X.row(chosen[j]), sq.data, sq.data);
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
