#include "rfcore/lloyd.hpp"

#include <limits>
#include <numeric>
#include <optional>
#include <vector>

#include "rfcore/distance.hpp"
#include "rfcore/nearest.hpp"
#include "rfcore/seeding.hpp"
#include "rfcore/tracking.hpp"

namespace rfcore {
namespace {

template <class T>
RFCORE_INLINE void assign(const T* X, Index n, const double* C, Index k, Index d,
                          Label* labels, double* sq) {
  for (Index i = 0; i < n; ++i) {
    double least = std::numeric_limits<double>::infinity();
    Label label = 0;
    for (Index c = 0; c < k; ++c) {
      const double distance = sq_distance(X + i * d, C + c * d, d);
      if (distance < least) {
        least = distance;
        label = static_cast<Label>(c);
      }
    }
    labels[i] = label;
    sq[i] = least;
  }
}

RFCORE_CLONES
void assign_rows(const double* X, Index n, const double* C, Index k, Index d,
                 Label* labels, double* sq) {
  assign(X, n, C, k, d, labels, sq);
}

RFCORE_CLONES
void assign_rows(const float* X, Index n, const double* C, Index k, Index d,
                 Label* labels, double* sq) {
  assign(X, n, C, k, d, labels, sq);
}

// The features of narrow rows, one after the other, each with room for a last block;
// empty where rows are wide.
template <class T>
std::vector<double> columns_of(Matrix<const T> X) {
  const Index n = X.shape[0], d = X.shape[1];
  if (d > kNarrow) return {};
  std::vector<double> columns(d * (n + kBlock), 0.0);
  for (Index i = 0; i < n; ++i) {
    for (Index f = 0; f < d; ++f) {
      columns[f * (n + kBlock) + i] = static_cast<double>(X.row(i)[f]);
    }
  }
  return columns;
}

RFCORE_CLONES
void assign_columns(const double* columns, Index stride, Index begin, Index end,
                    const double* C, Index k, Index d, Label* labels, double* sq) {
  for (Index i = begin; i < end; i += kBlock) {
    double least[kBlock];
    Index label[kBlock];
    nearest_of_block(columns + i, stride, C, k, d, label, least);
    const Index rows = std::min(kBlock, end - i);
    for (Index l = 0; l < rows; ++l) {
      labels[i + l] = static_cast<Label>(label[l]);
      sq[i + l] = least[l];
    }
  }
}

template <class T>
void assign_chunk(Matrix<const T> X, Matrix<const double> C, const Chunks& chunks,
                  Index chunk, Label* labels, double* sq) {
  const Index begin = chunks.begin(chunk);
  assign_rows(X.row(begin), chunks.end(chunk) - begin, C.data, C.shape[0], C.shape[1],
              labels + begin, sq + begin);
}

// Products of rows, centers and features from which on keeping bounds pays, and of
// which a thread should have so many, lest it costs more to wake.
constexpr Index kTracked = 1 << 20;
constexpr Index kThreadProducts = 1 << 22;

int step_threads(Index n_chunks, Index n_products) {
  return thread_count(std::min(n_chunks, n_products / kThreadProducts + 1));
}

// What the runs of a fit share: rows side by side, or in single precision.
template <class T>
struct Prepared {
  explicit Prepared(Matrix<const T> rows) : X(rows) {}
  Prepared(Matrix<const T> rows, Index k)
      : X(rows), columns(tracks(rows, k) ? std::vector<double>() : columns_of(rows)) {
    if (tracks(rows, k)) single.emplace(rows);
  }
  static bool tracks(Matrix<const T> rows, Index k) {
    return k > 1 && rows.size() * k >= kTracked;
  }

  Matrix<const T> X;
  std::vector<double> columns;
  std::optional<SingleRows> single;
};

RFCORE_CLONES
void own_rows(const double* X, const double* C, Index d, const Label* labels,
              Index begin, Index end, double* sq) {
  for (Index i = begin; i < end; ++i)
    sq[i] = sq_distance(X + i * d, C + labels[i] * d, d);
}

RFCORE_CLONES
void own_rows(const float* X, const double* C, Index d, const Label* labels,
              Index begin, Index end, double* sq) {
  for (Index i = begin; i < end; ++i)
    sq[i] = sq_distance(X + i * d, C + labels[i] * d, d);
}

// Memory that the steps of a run share. The sums of a chunk stay as they are from step
// to step for clusters that neither lost nor won a row of it.
struct Scratch {
  Scratch(Index n, Index k, Index d)
      : chunks(n),
        sq(n),
        sums(chunks.count * k * d),
        counts(chunks.count * k),
        affected(chunks.count * k) {}

  Chunks chunks;
  std::vector<double> sq, sums, counts;
  std::vector<unsigned char> affected;
};

// Each empty cluster takes the farthest row of a cluster that can spare it.
template <class T>
void relocate_empty(Matrix<const T> X, Matrix<const double> C, const Label* labels,
                    std::vector<double>& sq, Matrix<double> sums, double* counts) {
  const Index n = X.shape[0], d = X.shape[1], k = C.shape[0];
  for (Index c = 0; c < k; ++c) {
    if (counts[c] != 0.0) continue;
    Index farthest = -1;
    for (Index i = 0; i < n; ++i) {
      if (counts[labels[i]] < 2.0 || sq[i] == 0.0) continue;
      if (farthest < 0 || sq[i] > sq[farthest]) farthest = i;
    }
    if (farthest < 0) {
      std::copy(C.row(c), C.row(c) + d, sums.row(c));
      continue;
    }
    for (Index f = 0; f < d; ++f) {
      const double value = static_cast<double>(X.row(farthest)[f]);
      sums.row(labels[farthest])[f] -= value;
      sums.row(c)[f] = value;
    }
    counts[labels[farthest]] -= 1.0;
    counts[c] = 1.0;
    sq[farthest] = 0.0;
  }
}

// |X[i] - C[labels[i]]|^2 of every row.
template <class T>
void own_distances(Matrix<const T> X, Matrix<const double> C, const Label* labels,
                   Scratch& scratch) {
  const Chunks& chunks = scratch.chunks;
#pragma omp parallel for schedule(static) num_threads(thread_count(chunks.count))
  for (Index chunk = 0; chunk < chunks.count; ++chunk) {
    own_rows(X.data, C.data, X.shape[1], labels, chunks.begin(chunk), chunks.end(chunk),
             scratch.sq.data());
  }
}

// Labels a chunk, and marks the clusters whose rows in it are not those of before.
template <class T>
void assign_either(const Prepared<T>& rows, Matrix<const double> C, Index chunk,
                   Label* labels, NearestTracker* tracker, Scratch& scratch) {
  const Matrix<const T> X = rows.X;
  const Index begin = scratch.chunks.begin(chunk), end = scratch.chunks.end(chunk);
  const Index k = C.shape[0];
  unsigned char* affected = scratch.affected.data() + chunk * k;
  std::fill(affected, affected + k, tracker == nullptr);
  if (tracker != nullptr) {
    tracker->assign(X, C, begin, end, labels, affected);
  } else if (rows.columns.empty()) {
    assign_chunk(X, C, scratch.chunks, chunk, labels, scratch.sq.data());
  } else {
    assign_columns(rows.columns.data(), X.shape[0] + kBlock, begin, end, C.data, k,
                   C.shape[1], labels, scratch.sq.data());
  }
}

template <class T>
void assign_all(const Prepared<T>& rows, Matrix<const double> C, Label* labels,
                NearestTracker* tracker, Scratch& scratch) {
  const Index n_chunks = scratch.chunks.count;
  if (tracker != nullptr) tracker->move(C);
#pragma omp parallel for schedule(dynamic) num_threads(thread_count(n_chunks))
  for (Index chunk = 0; chunk < n_chunks; ++chunk) {
    assign_either(rows, C, chunk, labels, tracker, scratch);
  }
}

// The sums and counts of the affected clusters in a chunk, anew.
template <class T>
void sum_chunk(Matrix<const T> X, Index k, Index chunk, const Label* labels,
               Scratch& scratch) {
  const Index d = X.shape[1];
  double* sums = scratch.sums.data() + chunk * k * d;
  double* counts = scratch.counts.data() + chunk * k;
  const unsigned char* affected = scratch.affected.data() + chunk * k;
  for (Index c = 0; c < k; ++c) {
    if (!affected[c]) continue;
    std::fill(sums + c * d, sums + (c + 1) * d, 0.0);
    counts[c] = 0.0;
  }
  for (Index i = scratch.chunks.begin(chunk); i < scratch.chunks.end(chunk); ++i) {
    const Label own = labels[i];
    if (!affected[own]) continue;
    double* sum = sums + own * d;
    const T* row = X.row(i);
    for (Index f = 0; f < d; ++f) sum[f] += static_cast<double>(row[f]);
    counts[own] += 1.0;
  }
}

double total_sq(const Scratch& scratch) {
  const Chunks& chunks = scratch.chunks;
  double total = 0.0;
  for (Index chunk = 0; chunk < chunks.count; ++chunk) {
    double partial = 0.0;
    for (Index i = chunks.begin(chunk); i < chunks.end(chunk); ++i) {
      partial += scratch.sq[i];
    }
    total += partial;
  }
  return total;
}

// Assigns, then averages. Squared distances are at hand only where nothing is tracked.
template <class T>
void step(const Prepared<T>& rows, Matrix<const double> C, Label* labels,
          Matrix<double> means, double* counts, NearestTracker* tracker,
          Scratch& scratch) {
  const Matrix<const T> X = rows.X;
  const Index d = X.shape[1], k = C.shape[0];
  const Chunks& chunks = scratch.chunks;
  if (tracker != nullptr) tracker->move(C);
#pragma omp parallel num_threads(step_threads(chunks.count, X.size() * k))
  {
#pragma omp for schedule(dynamic)
    for (Index chunk = 0; chunk < chunks.count; ++chunk) {
      assign_either(rows, C, chunk, labels, tracker, scratch);
      sum_chunk(X, k, chunk, labels, scratch);
    }
#pragma omp for schedule(static)
    for (Index c = 0; c < k; ++c) {
      double* mean = means.row(c);
      std::fill(mean, mean + d, 0.0);
      counts[c] = 0.0;
      for (Index chunk = 0; chunk < chunks.count; ++chunk) {
        const double* sums = scratch.sums.data() + (chunk * k + c) * d;
        for (Index f = 0; f < d; ++f) mean[f] += sums[f];
        counts[c] += scratch.counts[chunk * k + c];
      }
    }
  }
  if (std::find(counts, counts + k, 0.0) != counts + k) {
    if (tracker != nullptr) own_distances(X, C, labels, scratch);
    std::vector<double> sq = scratch.sq;
    relocate_empty(X, C, labels, sq, means, counts);
  }
  for (Index c = 0; c < k; ++c) {
    if (counts[c] == 0.0) continue;
    for (Index f = 0; f < d; ++f) means.row(c)[f] /= counts[c];
  }
}

// One run from the centers that it is given; they are replaced by its last ones.
template <class T>
LloydResult run(const Prepared<T>& rows, Index max_iter, double tol,
                Matrix<double> centers, Vector<Label> labels, Scratch& scratch) {
  const Matrix<const T> X = rows.X;
  const Index n = X.shape[0], k = centers.shape[0], size = centers.size();
  const Matrix<const double> C{centers.data, centers.shape};
  std::vector<double> means(size), counts(k);
  std::vector<Label> before(n, -1);
  std::fill(labels.data, labels.data + n, -1);
  std::optional<NearestTracker> kept;
  if (rows.single) kept.emplace(*rows.single, k);
  NearestTracker* tracker = kept ? &*kept : nullptr;
  LloydResult result;
  double shift = 0.0;
  while (!result.converged && result.n_iter < max_iter) {
    step(rows, C, labels.data, {means.data(), centers.shape}, counts.data(), tracker,
         scratch);
    ++result.n_iter;
    shift = 0.0;
    for (Index e = 0; e < size; ++e) {
      shift += (means[e] - centers[e]) * (means[e] - centers[e]);
    }
    std::copy(means.begin(), means.end(), centers.data);
    result.converged =
        shift <= tol || std::equal(before.begin(), before.end(), labels.data);
    std::copy(labels.data, labels.data + n, before.begin());
  }
  // Where the last step left the centers as they were, it assigned to the final ones.
  if (!(shift == 0.0)) assign_all(rows, C, labels.data, tracker, scratch);
  if (tracker != nullptr) own_distances(X, C, labels.data, scratch);
  result.inertia = total_sq(scratch);
  return result;
}

template <class T>
void check(Matrix<const T> X, const LloydPlan& plan) {
  const Index n = X.shape[0], d = X.shape[1], k = plan.n_clusters;
  require_at_least("n_clusters", k, 1);
  require_at_least("n_samples", n, k);
  require_at_least("max_iter", plan.max_iter, 1);
  require(plan.tol >= 0.0, "tol should be >= 0");
  if (plan.centers.shape[0] > 0) {
    require_equal("centers.shape[1]", plan.centers.shape[1], k);
    require_equal("centers.shape[2]", plan.centers.shape[2], d);
    require_equal("uniforms.shape[0]", plan.uniforms.shape[0], 0);
  } else {
    require_at_least("uniforms.shape[0]", plan.uniforms.shape[0], 1);
    require_equal("uniforms.shape[1]", plan.uniforms.shape[1], seeding_uniforms(k));
  }
}

template <class T>
void start(Matrix<const T> X, const LloydPlan& plan, Index r, Matrix<double> centers) {
  if (plan.centers.shape[0] > 0) {
    std::copy(plan.centers.row(r), plan.centers.row(r) + centers.size(), centers.data);
    return;
  }
  std::vector<Index> chosen(plan.n_clusters);
  kmeans_plus_plus(X, {plan.uniforms.row(r), {plan.uniforms.shape[1]}},
                   {chosen.data(), {plan.n_clusters}});
  for (Index c = 0; c < plan.n_clusters; ++c) {
    std::copy(X.row(chosen[c]), X.row(chosen[c]) + X.shape[1], centers.row(c));
  }
}

}  // namespace

template <class T>
void assign_nearest(Matrix<const T> X, Matrix<const double> C, Vector<Label> labels,
                    Vector<double> sq) {
  const Index n = X.shape[0];
  require_equal("C.shape[1]", C.shape[1], X.shape[1]);
  require_at_least("n_clusters", C.shape[0], 1);
  require_equal("labels.shape[0]", labels.shape[0], n);
  require_equal("sq.shape[0]", sq.shape[0], n);
  const Chunks chunks(n);
#pragma omp parallel for schedule(static) num_threads(thread_count(chunks.count))
  for (Index chunk = 0; chunk < chunks.count; ++chunk) {
    assign_chunk(X, C, chunks, chunk, labels.data, sq.data);
  }
}

template <class T>
double lloyd_step(Matrix<const T> X, Matrix<const double> C, Vector<Label> labels,
                  Matrix<double> means, Vector<double> counts) {
  const Index n = X.shape[0], d = X.shape[1], k = C.shape[0];
  require_equal("C.shape[1]", C.shape[1], d);
  require_at_least("n_clusters", k, 1);
  require_at_least("n_samples", n, k);
  require_equal("labels.shape[0]", labels.shape[0], n);
  require_equal("means.shape[0]", means.shape[0], k);
  require_equal("means.shape[1]", means.shape[1], d);
  require_equal("counts.shape[0]", counts.shape[0], k);
  Scratch scratch(n, k, d);
  step(Prepared<T>(X), C, labels.data, means, counts.data, nullptr, scratch);
  return total_sq(scratch);
}

template <class T>
double mean_variance(Matrix<const T> X) {
  const Index n = X.shape[0], d = X.shape[1];
  require_at_least("n_samples", n, 1);
  require_at_least("n_features", d, 1);
  std::vector<double> mean(d, 0.0), variance(d, 0.0);
  for (Index i = 0; i < n; ++i) {
    for (Index f = 0; f < d; ++f) mean[f] += static_cast<double>(X.row(i)[f]);
  }
  for (Index f = 0; f < d; ++f) mean[f] /= static_cast<double>(n);
  for (Index i = 0; i < n; ++i) {
    for (Index f = 0; f < d; ++f) {
      const double difference = static_cast<double>(X.row(i)[f]) - mean[f];
      variance[f] += difference * difference;
    }
  }
  const double total = std::accumulate(variance.begin(), variance.end(), 0.0);
  return total / (static_cast<double>(n) * static_cast<double>(d));
}

template <class T>
LloydResult lloyd(Matrix<const T> X, const LloydPlan& plan, Matrix<double> centers,
                  Vector<Label> labels) {
  const Index n = X.shape[0], d = X.shape[1], k = plan.n_clusters;
  check(X, plan);
  require_equal("centers.shape[0]", centers.shape[0], k);
  require_equal("centers.shape[1]", centers.shape[1], d);
  require_equal("labels.shape[0]", labels.shape[0], n);
  const Index n_starts = std::max(plan.centers.shape[0], plan.uniforms.shape[0]);
  const double tol = plan.tol > 0.0 ? plan.tol * mean_variance(X) : 0.0;
  struct Run {
    std::vector<double> centers;
    std::vector<Label> labels;
    LloydResult result;
  };
  const Prepared<T> rows(X, k);
  std::vector<Run> runs(n_starts);
  for_each_task(n_starts, thread_count(n_starts), [&](Index r, int) {
    Run& own = runs[r];
    own.centers.resize(k * d);
    own.labels.resize(n);
    Scratch scratch(n, k, d);
    const Matrix<double> at{own.centers.data(), {k, d}};
    start(X, plan, r, at);
    own.result = run(rows, plan.max_iter, tol, at, {own.labels.data(), {n}}, scratch);
  });
  const Run& best = *std::min_element(
      runs.begin(), runs.end(),
      [](const Run& a, const Run& b) { return a.result.inertia < b.result.inertia; });
  std::copy(best.centers.begin(), best.centers.end(), centers.data);
  std::copy(best.labels.begin(), best.labels.end(), labels.data);
  return best.result;
}

template <class T>
void lloyd_replace_rows(Matrix<const T> X, Vector<const Index> t, Cube<const T> rows,
                        const LloydPlan& plan, Matrix<Label> labels,
                        Cube<double> centers, Vector<double> inertia) {
  const Index n = X.shape[0], d = X.shape[1], s = t.shape[0], b = rows.shape[0];
  const Index k = plan.n_clusters;
  check(X, plan);
  require_equal("rows.shape[1]", rows.shape[1], s);
  require_equal("rows.shape[2]", rows.shape[2], d);
  require_equal("labels.shape[0]", labels.shape[0], b);
  require_equal("labels.shape[1]", labels.shape[1], n);
  require_equal("centers.shape[0]", centers.shape[0], b);
  require_equal("centers.shape[1]", centers.shape[1], k);
  require_equal("centers.shape[2]", centers.shape[2], d);
  require_equal("inertia.shape[0]", inertia.shape[0], b);
  require_different_rows(t, n);
  const int n_threads = thread_count(b);
  std::vector<std::vector<T>> copies(n_threads);
  for (auto& copy : copies) copy.assign(X.data, X.data + n * d);
  for_each_task(b, n_threads, [&](Index q, int thread) {
    std::vector<T>& changed = copies[thread];
    for (Index r = 0; r < s; ++r) {
      const T* row = rows.row(q) + r * d;
      std::copy(row, row + d, changed.data() + t[r] * d);
    }
    inertia[q] = lloyd(Matrix<const T>{changed.data(), {n, d}}, plan,
                       {centers.row(q), {k, d}}, {labels.row(q), {n}})
                     .inertia;
  });
}

#define RFCORE_INSTANTIATE(T)                                                         \
  template void assign_nearest<T>(Matrix<const T>, Matrix<const double>,              \
                                  Vector<Label>, Vector<double>);                     \
  template double lloyd_step<T>(Matrix<const T>, Matrix<const double>, Vector<Label>, \
                                Matrix<double>, Vector<double>);                      \
  template double mean_variance<T>(Matrix<const T>);                                  \
  template LloydResult lloyd<T>(Matrix<const T>, const LloydPlan&, Matrix<double>,    \
                                Vector<Label>);                                       \
  template void lloyd_replace_rows<T>(Matrix<const T>, Vector<const Index>,           \
                                      Cube<const T>, const LloydPlan&, Matrix<Label>, \
                                      Cube<double>, Vector<double>);
RFCORE_INSTANTIATE(float)
RFCORE_INSTANTIATE(double)
#undef RFCORE_INSTANTIATE

}  // namespace rfcore
