#include "rfcore/seeding.hpp"

#include "chunk_sums.cuh"
#include "distance.cuh"
#include "peak.cuh"

namespace rfcore::cuda {
namespace {

constexpr int kThreads = 256;
// Peaks that blocks find and one more block joins.
constexpr Index kMaxPeaks = 1024;

// lowered[j, i] = min(sq[i], |X[i] - column j|^2); `lowered` may be `sq` for one
// column.
struct Lower {
  __device__ void operator()(Index i, Index j, double distance) const {
    lowered[j * n + i] = distance < sq[i] ? distance : sq[i];
  }

  const double* sq;
  double* lowered;
  Index n;
};

template <class T>
void lower(const Call& call, Matrix<const T> X, const Index* chosen, Index n_chosen,
           const double* sq, double* lowered) {
  const Index n = X.shape[0], d = X.shape[1];
  for_each_pair(call, Rows<T>{X.data, d}, n, ChosenRows<T>{X.data, d, chosen}, n_chosen,
                d, Lower{sq, lowered, n});
}

__global__ void __launch_bounds__(kThreads) fill(double* to, Index n, double value) {
  for (Index i = grid_thread(); i < n; i += grid_threads()) to[i] = value;
}

__global__ void set_first(Index first, Index* chosen) {
  chosen[0] = first;
}

// A uniform outside [0, 1) must not lead outside X: that would end the process's use of
// the device.
__global__ void choose_first(const double* uniforms, Index n, Index* chosen) {
  const Index row = static_cast<Index>(uniforms[0] * static_cast<double>(n));
  chosen[0] = max(Index{0}, min(n - 1, row));
}

// The rows of all trials for one center, a trial per thread of one warp: the first row
// whose cumulated sq exceeds u total, never one where sq is 0. The order of the host is
// one running sum over all rows, so one warp runs it for all trials at once.
__global__ void __launch_bounds__(kWarp)
    draw(const double* sq, Index n, const double* partials, Index n_chunks,
         const double* uniforms, int n_trials, Index* candidates) {
  const int lane = threadIdx.x;
  double total = 0.0;
  for (Index c = 0; c < n_chunks; ++c) total += partials[c];
  const bool draws = lane < n_trials;
  const double mark = draws ? uniforms[lane] * total : 0.0;
  double cumulated = 0.0;
  Index last = 0;
  bool found = !draws;
  double next = lane < n ? sq[lane] : 0.0;
  for (Index base = 0; base < n && !__all_sync(kWholeWarp, found); base += kWarp) {
    const double weight = next;
    const Index ahead = base + kWarp + lane;
    next = ahead < n ? sq[ahead] : 0.0;
#pragma unroll
    for (int j = 0; j < kWarp; ++j) {
      const double row_weight = __shfl_sync(kWholeWarp, weight, j);
      cumulated += row_weight;
      if (!found && row_weight != 0.0) {
        last = base + j;
        found = cumulated > mark;
      }
    }
  }
  if (draws) candidates[lane] = last;
}

// Keeps the trial with the least total, the first of equals: its row, its number and
// its chunk sums.
__global__ void __launch_bounds__(kWarp)
    choose_trial(const double* trial_partials, Index n_chunks, int n_trials,
                 const Index* candidates, Index* chosen, int* best, double* partials) {
  __shared__ double totals[kWarp];
  const int lane = threadIdx.x;
  if (lane < n_trials) {
    double total = 0.0;
    for (Index c = 0; c < n_chunks; ++c) total += trial_partials[lane * n_chunks + c];
    totals[lane] = total;
  }
  __syncthreads();
  int kept = 0;
  for (int trial = 1; trial < n_trials; ++trial) {
    if (totals[trial] < totals[kept]) kept = trial;
  }
  for (Index c = lane; c < n_chunks; c += kWarp) {
    partials[c] = trial_partials[kept * n_chunks + c];
  }
  if (lane == 0) {
    *chosen = candidates[kept];
    *best = kept;
  }
}

__global__ void __launch_bounds__(kThreads)
    keep_trial(const double* trials, const int* best, Index n, double* sq) {
  const double* kept = trials + *best * n;
  for (Index i = grid_thread(); i < n; i += grid_threads()) sq[i] = kept[i];
}

__global__ void __launch_bounds__(kThreads)
    find_peaks(const double* values, Index n, Index n_peaks, Peak* peaks) {
  for (Index p = blockIdx.x; p < n_peaks; p += gridDim.x) {
    Peak own{0.0, -1};
    for (Index i = p * kThreads + threadIdx.x; i < n; i += n_peaks * kThreads) {
      own = higher(own, {values[i], i});
    }
    const Peak best = block_peak(own);
    if (threadIdx.x == 0) peaks[p] = best;
  }
}

__global__ void __launch_bounds__(kThreads)
    choose_peak(const Peak* peaks, Index n_peaks, Index* chosen) {
  Peak own{0.0, -1};
  for (Index p = threadIdx.x; p < n_peaks; p += blockDim.x) own = higher(own, peaks[p]);
  const Peak best = block_peak(own);
  if (threadIdx.x == 0) *chosen = best.row;
}

}  // namespace

template <class T>
void kmeans_plus_plus(Matrix<const T> X, Vector<const double> uniforms,
                      Vector<Index> chosen, Stream stream) {
  const Index n = X.shape[0], k = chosen.shape[0];
  require_at_least("n_clusters", k, 1);
  require_at_least("n_samples", n, k);
  require_equal("uniforms.shape[0]", uniforms.shape[0], seeding_uniforms(k));
  // At most a warp: 33 trials would take 1e13 centers.
  const int n_trials = static_cast<int>(seeding_trials(k));
  const Call call(stream, {{"X", X}, {"uniforms", uniforms}, {"chosen", chosen}});
  const Chunks chunks(n);
  const Buffer<double> sq(call, n), partials(call, chunks.count);
  const Buffer<double> trials(call, k > 1 ? n_trials * n : 0);
  const Buffer<double> trial_partials(call, n_trials * chunks.count);
  const Buffer<Index> candidates(call, n_trials);
  const Buffer<int> best(call, 1);
  call.launch(fill, parts(n, kThreads), kThreads, sq.get(), n, kInfinity);
  call.launch(choose_first, 1, 1, uniforms.data, n, chosen.data);
  lower(call, X, chosen.data, 1, sq.get(), sq.get());
  sum_chunks(call, sq.get(), n, 1, partials.get());
  for (Index center = 1; center < k; ++center) {
    const double* own_uniforms = uniforms.data + 1 + (center - 1) * n_trials;
    call.launch(draw, 1, kWarp, sq.get(), n, partials.get(), chunks.count, own_uniforms,
                n_trials, candidates.get());
    lower(call, X, candidates.get(), n_trials, sq.get(), trials.get());
    sum_chunks(call, trials.get(), n, n_trials, trial_partials.get());
    call.launch(choose_trial, 1, kWarp, trial_partials.get(), chunks.count, n_trials,
                candidates.get(), chosen.data + center, best.get(), partials.get());
    call.launch(keep_trial, parts(n, kThreads), kThreads, trials.get(), best.get(), n,
                sq.get());
  }
  call.finish();
}

template <class T>
void farthest_first(Matrix<const T> X, Index first, Vector<Index> chosen,
                    Vector<double> sq, Stream stream) {
  const Index n = X.shape[0], k = chosen.shape[0];
  require_at_least("n_clusters", k, 1);
  require_at_least("n_samples", n, k);
  require_equal("sq.shape[0]", sq.shape[0], n);
  require(0 <= first && first < n, "first should be a row of X");
  const Call call(stream, {{"X", X}, {"chosen", chosen}, {"sq", sq}});
  const Index n_peaks = std::min(parts(n, kThreads), kMaxPeaks);
  const Buffer<Peak> peaks(call, n_peaks);
  call.launch(fill, parts(n, kThreads), kThreads, sq.data, n, kInfinity);
  call.launch(set_first, 1, 1, first, chosen.data);
  lower(call, X, chosen.data, 1, sq.data, sq.data);
  for (Index j = 1; j < k; ++j) {
    call.launch(find_peaks, n_peaks, kThreads, sq.data, n, n_peaks, peaks.get());
    call.launch(choose_peak, 1, kThreads, peaks.get(), n_peaks, chosen.data + j);
    lower(call, X, chosen.data + j, 1, sq.data, sq.data);
  }
  call.finish();
}

#define RFCORE_INSTANTIATE(T)                                              \
  template void kmeans_plus_plus<T>(Matrix<const T>, Vector<const double>, \
                                    Vector<Index>, Stream);                \
  template void farthest_first<T>(Matrix<const T>, Index, Vector<Index>,   \
                                  Vector<double>, Stream);
RFCORE_INSTANTIATE(float)
RFCORE_INSTANTIATE(double)
#undef RFCORE_INSTANTIATE

}  // namespace rfcore::cuda
