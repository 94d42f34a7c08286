#include "chunk_sums.cuh"
#include "distance.cuh"
#include "peak.cuh"

namespace rfcore::cuda {
namespace {

constexpr int kThreads = 256;

struct Nearest {
  double sq;
  Label label;
};

__device__ __forceinline__ bool nearer(const Nearest& a, const Nearest& b) {
  return a.sq < b.sq || (a.sq == b.sq && a.label < b.label);
}

template <class Shape, class T>
__global__ void __launch_bounds__(Shape::kThreads)
    assign_rows(Rows<T> x, Index n, Rows<double> centers, Index k, Index d,
                Label* labels, double* sq) {
  __shared__ Staging<Shape> staging;
  const int across = threadIdx.x % Shape::kAcross, down = threadIdx.x / Shape::kAcross;
  const Index n_tiles = parts(n, Shape::kRows);
  for (Index tile = blockIdx.x; tile < n_tiles; tile += gridDim.x) {
    const Index first_row = tile * Shape::kRows;
    Nearest best[2] = {{kInfinity, 0}, {kInfinity, 0}};
    for (Index first = 0; first < k; first += Shape::kColumns) {
      double pair[2][2];
      tile_sq_distances(x, first_row, n, centers, first, k, d, staging, pair);
#pragma unroll
      for (int r = 0; r < 2; ++r) {
#pragma unroll
        for (int c = 0; c < 2; ++c) {
          const Index column = first + across + c * Shape::kAcross;
          // A thread meets its columns in rising order: the first of equals stays.
          if (column < k && pair[r][c] < best[r].sq) {
            best[r] = {pair[r][c], static_cast<Label>(column)};
          }
        }
      }
    }
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      for (int offset = Shape::kAcross / 2; offset > 0; offset /= 2) {
        const Nearest other{__shfl_xor_sync(kWholeWarp, best[r].sq, offset),
                            __shfl_xor_sync(kWholeWarp, best[r].label, offset)};
        if (nearer(other, best[r])) best[r] = other;
      }
      const Index row = first_row + down + r * Shape::kDown;
      if (across == 0 && row < n) {
        labels[row] = best[r].label;
        sq[row] = best[r].sq;
      }
    }
  }
}

template <class T>
void assign(const Call& call, Matrix<const T> X, Matrix<const double> C, Label* labels,
            double* sq) {
  const Index n = X.shape[0], d = X.shape[1], k = C.shape[0];
  with_tile(k, [&](auto tile) {
    using Shape = decltype(tile);
    call.launch(assign_rows<Shape, T>, parts(n, Shape::kRows), Shape::kThreads,
                Rows<T>{X.data, d}, n, Rows<double>{C.data, d}, k, d, labels, sq);
  });
}

// One warp adds the rows of one chunk that carry one label, first to last, for 32
// features: the order of the host without sorting. The loads of kAhead rows fly
// together.
template <class T>
__global__ void __launch_bounds__(kThreads)
    add_rows(const T* X, Index n, Index d, const Label* labels, Index k,
             Index chunk_rows, Index n_chunks, double* sums, double* counts) {
  constexpr int kAhead = 8;
  const Index lane = threadIdx.x % kWarp;
  const Index n_groups = max(parts(d, kWarp), Index{1});
  for (Index item = grid_thread() / kWarp; item < n_chunks * k * n_groups;
       item += grid_threads() / kWarp) {
    const Index f = item % n_groups * kWarp + lane;
    const Index c = item / n_groups % k;
    const Index chunk = item / n_groups / k;
    const Index begin = chunk * chunk_rows, end = min(n, begin + chunk_rows);
    double sum = 0.0;
    Index count = 0;
    Label next = begin + lane < end ? labels[begin + lane] : -1;
    for (Index base = begin; base < end; base += kWarp) {
      unsigned members = __ballot_sync(kWholeWarp, next == c);
      const Index ahead = base + kWarp + lane;
      next = ahead < end ? labels[ahead] : -1;
      count += __popc(members);
      while (members != 0) {
        double held[kAhead];
        int n_held = 0;
#pragma unroll
        for (int a = 0; a < kAhead; ++a) {
          held[a] = 0.0;
          if (members != 0) {
            const Index row = base + __ffs(members) - 1;
            members &= members - 1;
            ++n_held;
            if (f < d) held[a] = static_cast<double>(X[row * d + f]);
          }
        }
#pragma unroll
        for (int a = 0; a < kAhead; ++a) {
          if (a < n_held) sum += held[a];
        }
      }
    }
    if (f < d) sums[(chunk * k + c) * d + f] = sum;
    if (item % n_groups == 0 && lane == 0) {
      counts[chunk * k + c] = static_cast<double>(count);
    }
  }
}

// to[e] = the sum over chunks of from[chunk, e], in chunk order.
__global__ void __launch_bounds__(kThreads)
    join_chunks(const double* from, Index n_chunks, Index size, double* to) {
  for (Index e = grid_thread(); e < size; e += grid_threads()) {
    double sum = 0.0;
    for (Index chunk = 0; chunk < n_chunks; ++chunk) sum += from[chunk * size + e];
    to[e] = sum;
  }
}

// Each empty cluster in turn takes the farthest row of a cluster that can spare it. One
// block, since each choice depends on those before it.
template <class T>
__global__ void __launch_bounds__(1024)
    relocate_empty(const T* X, Index n, Index d, const double* C, Index k,
                   const Label* labels, double* sq, double* sums, double* counts) {
  const Index thread = threadIdx.x, n_threads = blockDim.x;
  for (Index first = 0; first < k; first += n_threads) {
    const Index last = min(k, first + n_threads);
    const bool empty = first + thread < k && counts[first + thread] == 0.0;
    if (!__syncthreads_or(empty)) continue;
    for (Index c = first; c < last; ++c) {
      if (counts[c] != 0.0) continue;
      Peak own{0.0, -1};
      for (Index i = thread; i < n; i += n_threads) {
        if (counts[labels[i]] >= 2.0 && sq[i] != 0.0) own = higher(own, {sq[i], i});
      }
      const Index farthest = block_peak(own).row;
      const Index from = farthest < 0 ? c : labels[farthest];
      for (Index f = thread; f < d; f += n_threads) {
        if (farthest < 0) {
          sums[c * d + f] = C[c * d + f];
        } else {
          const double value = static_cast<double>(X[farthest * d + f]);
          sums[from * d + f] -= value;
          sums[c * d + f] = value;
        }
      }
      if (farthest >= 0 && thread == 0) {
        counts[from] -= 1.0;
        counts[c] = 1.0;
        sq[farthest] = 0.0;
      }
      __syncthreads();
    }
  }
}

__global__ void __launch_bounds__(kThreads)
    divide(double* sums, const double* counts, Index k, Index d) {
  for (Index e = grid_thread(); e < k * d; e += grid_threads()) {
    const double count = counts[e / d];
    if (count != 0.0) sums[e] /= count;
  }
}

}  // namespace

template <class T>
void assign_nearest(Matrix<const T> X, Matrix<const double> C, Vector<Label> labels,
                    Vector<double> sq, Stream stream) {
  const Index n = X.shape[0];
  require_equal("C.shape[1]", C.shape[1], X.shape[1]);
  require_at_least("n_clusters", C.shape[0], 1);
  require_equal("labels.shape[0]", labels.shape[0], n);
  require_equal("sq.shape[0]", sq.shape[0], n);
  const Call call(stream, {{"X", X}, {"C", C}, {"labels", labels}, {"sq", sq}});
  assign(call, X, C, labels.data, sq.data);
  call.finish();
}

template <class T>
double lloyd_step(Matrix<const T> X, Matrix<const double> C, Vector<Label> labels,
                  Matrix<double> means, Vector<double> counts, Stream stream) {
  const Index n = X.shape[0], d = X.shape[1], k = C.shape[0];
  require_equal("C.shape[1]", C.shape[1], d);
  require_at_least("n_clusters", k, 1);
  require_at_least("n_samples", n, k);
  require_equal("labels.shape[0]", labels.shape[0], n);
  require_equal("means.shape[0]", means.shape[0], k);
  require_equal("means.shape[1]", means.shape[1], d);
  require_equal("counts.shape[0]", counts.shape[0], k);
  const Call call(
      stream,
      {{"X", X}, {"C", C}, {"labels", labels}, {"means", means}, {"counts", counts}});
  const Chunks chunks(n);
  const Buffer<double> sq(call, n), partials(call, chunks.count);
  const Buffer<double> chunk_sums(call, chunks.count * k * d);
  const Buffer<double> chunk_counts(call, chunks.count * k);
  assign(call, X, C, labels.data, sq.get());
  sum_chunks(call, sq.get(), n, 1, partials.get());
  const Index n_warps = chunks.count * k * std::max(parts(d, kWarp), Index{1});
  call.launch(add_rows<T>, parts(n_warps, kThreads / kWarp), kThreads, X.data, n, d,
              labels.data, k, chunks.rows, chunks.count, chunk_sums.get(),
              chunk_counts.get());
  call.launch(join_chunks, parts(k * d, kThreads), kThreads, chunk_sums.get(),
              chunks.count, k * d, means.data);
  call.launch(join_chunks, parts(k, kThreads), kThreads, chunk_counts.get(),
              chunks.count, k, counts.data);
  call.launch(relocate_empty<T>, 1, 1024, X.data, n, d, C.data, k, labels.data,
              sq.get(), means.data, counts.data);
  call.launch(divide, parts(k * d, kThreads), kThreads, means.data, counts.data, k, d);
  double inertia = 0.0;
  for (double partial : call.read(partials.get(), chunks.count)) inertia += partial;
  return inertia;
}

#define RFCORE_INSTANTIATE(T)                                                         \
  template void assign_nearest<T>(Matrix<const T>, Matrix<const double>,              \
                                  Vector<Label>, Vector<double>, Stream);             \
  template double lloyd_step<T>(Matrix<const T>, Matrix<const double>, Vector<Label>, \
                                Matrix<double>, Vector<double>, Stream);
RFCORE_INSTANTIATE(float)
RFCORE_INSTANTIATE(double)
#undef RFCORE_INSTANTIATE

}  // namespace rfcore::cuda
