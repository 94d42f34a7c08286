#include "tables.cuh"

namespace rfcore::cuda {
namespace {

constexpr int kThreads = 256;
// Rows that one block counts.
constexpr Index kBlockRows = 8192;
// The largest table that a block counts in shared memory.
constexpr Index kSharedCounts = 4096;

using Count = unsigned long long;
static_assert(sizeof(Count) == sizeof(Index), "tables are counted in place");

__device__ Count* counter(Index* count) {
  return reinterpret_cast<Count*>(count);
}

__global__ void __launch_bounds__(kThreads)
    find_outside(const Label* labels, Index size, Index names, int* outside) {
  for (Index i = grid_thread(); i < size; i += grid_threads()) {
    if (labels[i] < 0 || labels[i] >= names) *outside = 1;
  }
}

// Counts are integers, so the order in which they arrive does not matter. A block
// counts its rows of one pair, in shared memory where the table fits. From pair to pair
// it is a_step and b_step labels, 0 where one labeling stands in all pairs.
__global__ void __launch_bounds__(kThreads)
    count_pairs(const Label* a, Index a_step, const Label* b, Index b_step,
                Index n_pairs, Index n, Index k, Index l, Index* tables) {
  __shared__ unsigned counts[kSharedCounts];
  const Index size = k * l, n_parts = parts(n, kBlockRows);
  const bool fits = size <= kSharedCounts;
  for (Index item = blockIdx.x; item < n_pairs * n_parts; item += gridDim.x) {
    const Index q = item / n_parts;
    const Index begin = item % n_parts * kBlockRows, end = min(n, begin + kBlockRows);
    if (fits) {
      for (Index e = threadIdx.x; e < size; e += blockDim.x) counts[e] = 0;
      __syncthreads();
    }
    for (Index i = begin + threadIdx.x; i < end; i += blockDim.x) {
      const Index e = a[q * a_step + i] * l + b[q * b_step + i];
      if (fits) {
        atomicAdd(counts + e, 1u);
      } else {
        atomicAdd(counter(tables + q * size + e), Count{1});
      }
    }
    if (fits) {
      __syncthreads();
      for (Index e = threadIdx.x; e < size; e += blockDim.x) {
        if (counts[e] != 0) atomicAdd(counter(tables + q * size + e), Count{counts[e]});
      }
      __syncthreads();
    }
  }
}

Index step(Matrix<const Label> labelings) {
  return labelings.shape[0] == 1 ? 0 : labelings.shape[1];
}

}  // namespace

void check_pairs(const Call& call, const LabelPairs& pairs) {
  check_names(pairs.k, pairs.l);
  const Buffer<int> outside(call, 2);
  outside.clear();
  call.launch(find_outside, parts(pairs.a.size(), kThreads), kThreads, pairs.a.data,
              pairs.a.size(), pairs.k, outside.get());
  call.launch(find_outside, parts(pairs.b.size(), kThreads), kThreads, pairs.b.data,
              pairs.b.size(), pairs.l, outside.get() + 1);
  const std::vector<int> found = call.read(outside.get(), 2);
  require(found[0] == 0, pairs.a_outside);
  require(found[1] == 0, pairs.b_outside);
}

void count_tables(const Call& call, const LabelPairs& pairs, Index first, Index count,
                  Index* tables) {
  const Index n = pairs.n(), k = pairs.k, l = pairs.l;
  if (count * k * l == 0) return;
  check(cudaMemsetAsync(tables, 0, count * k * l * sizeof(Index), call.stream()),
        "clearing memory");
  call.launch(count_pairs, count * parts(n, kBlockRows), kThreads, pairs.a_row(first),
              step(pairs.a), pairs.b_row(first), step(pairs.b), count, n, k, l, tables);
}

}  // namespace rfcore::cuda
