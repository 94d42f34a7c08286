#include "rfcore/labels.hpp"

#include <string>

#include "device.cuh"
#include "rfcore/matching.hpp"

namespace rfcore::cuda {
namespace {

constexpr int kThreads = 256;
// Rows that one block counts.
constexpr Index kBlockRows = 8192;
// The largest table that a block counts in shared memory, and the most counts that the
// tables of one batch of questions hold (128 MiB).
constexpr Index kSharedCounts = 4096;
constexpr Index kTableCounts = Index{1} << 24;

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
// counts its rows of one question, in shared memory where the table fits.
__global__ void __launch_bounds__(kThreads)
    count_pairs(const Label* a, const Label* others, Index b, Index n, Index k, Index l,
                Index* tables) {
  __shared__ unsigned counts[kSharedCounts];
  const Index size = k * l, n_parts = parts(n, kBlockRows);
  const bool fits = size <= kSharedCounts;
  for (Index item = blockIdx.x; item < b * n_parts; item += gridDim.x) {
    const Index q = item / n_parts;
    const Index begin = item % n_parts * kBlockRows, end = min(n, begin + kBlockRows);
    if (fits) {
      for (Index e = threadIdx.x; e < size; e += blockDim.x) counts[e] = 0;
      __syncthreads();
    }
    for (Index i = begin + threadIdx.x; i < end; i += blockDim.x) {
      const Index e = a[i] * l + others[q * n + i];
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

// One block per table. Unsigned sums wrap, so the differences come out right.
__global__ void __launch_bounds__(kThreads)
    join_tables(const Index* tables, Index b, Index k, Index l, double* distance) {
  __shared__ Count pairs;
  for (Index q = blockIdx.x; q < b; q += gridDim.x) {
    const Index* table = tables + q * k * l;
    if (threadIdx.x == 0) pairs = 0;
    __syncthreads();
    Index own = 0;
    for (Index i = threadIdx.x; i < k; i += blockDim.x) {
      Index margin = 0;
      for (Index j = 0; j < l; ++j) {
        margin += table[i * l + j];
        own -= 2 * table[i * l + j] * table[i * l + j];
      }
      own += margin * margin;
    }
    for (Index j = threadIdx.x; j < l; j += blockDim.x) {
      Index margin = 0;
      for (Index i = 0; i < k; ++i) margin += table[i * l + j];
      own += margin * margin;
    }
    atomicAdd(&pairs, static_cast<Count>(own));
    __syncthreads();
    if (threadIdx.x == 0) {
      distance[q] = sqrt(static_cast<double>(static_cast<Index>(pairs)));
    }
    __syncthreads();
  }
}

// Beyond the names of a label, the size of a table would overflow.
void check_names(const char* what, Index names) {
  constexpr Index kMost = Index{1} << 31;
  require_at_least(what, names, 0);
  if (names > kMost) {
    throw std::invalid_argument(std::string(what) + "=" + std::to_string(names) +
                                " should be <= " + std::to_string(kMost));
  }
}

void check_labels(const Call& call, Vector<const Label> a, Matrix<const Label> others,
                  Index k, Index l) {
  const Buffer<int> outside(call, 2);
  outside.clear();
  call.launch(find_outside, parts(a.size(), kThreads), kThreads, a.data, a.size(), k,
              outside.get());
  call.launch(find_outside, parts(others.size(), kThreads), kThreads, others.data,
              others.size(), l, outside.get() + 1);
  const std::vector<int> found = call.read(outside.get(), 2);
  require(found[0] == 0, "labels should be in [0, k)");
  require(found[1] == 0, "labels should be in [0, l)");
  check_names("k", k);
  check_names("l", l);
}

void count_tables(const Call& call, Vector<const Label> a, const Label* others, Index b,
                  Index k, Index l, Index* tables) {
  const Index n = a.shape[0];
  if (b * k * l == 0) return;
  check(cudaMemsetAsync(tables, 0, b * k * l * sizeof(Index), call.stream()),
        "clearing memory");
  call.launch(count_pairs, b * parts(n, kBlockRows), kThreads, a.data, others, b, n, k,
              l, tables);
}

// Hands the device's tables of a few questions after the others to `use`.
template <class Use>
void for_each_batch(const Call& call, Vector<const Label> a, Matrix<const Label> others,
                    Index k, Index l, Use&& use) {
  const Index b = others.shape[0], size = k * l;
  const Index batch =
      std::min(b, std::max(Index{1}, kTableCounts / std::max(size, Index{1})));
  const Buffer<Index> tables(call, batch * size);
  for (Index first = 0; first < b; first += batch) {
    const Index count = std::min(batch, b - first);
    count_tables(call, a, others.row(first), count, k, l, tables.get());
    use(first, count, tables.get());
  }
}

}  // namespace

void contingency(Vector<const Label> a, Matrix<const Label> others, Cube<Index> table,
                 Stream stream) {
  const Index b = others.shape[0], k = table.shape[1], l = table.shape[2];
  require_equal("table.shape[0]", table.shape[0], b);
  require_equal("others.shape[1]", others.shape[1], a.shape[0]);
  const Call call(stream, {{"a", a}, {"others", others}, {"table", table}});
  check_labels(call, a, others, k, l);
  count_tables(call, a, others.data, b, k, l, table.data);
  call.finish();
}

void co_membership_distance(Vector<const Label> a, Matrix<const Label> others, Index k,
                            Index l, Vector<double> distance, Stream stream) {
  require_equal("distance.shape[0]", distance.shape[0], others.shape[0]);
  require_equal("others.shape[1]", others.shape[1], a.shape[0]);
  const Call call(stream, {{"a", a}, {"others", others}, {"distance", distance}});
  check_labels(call, a, others, k, l);
  for_each_batch(call, a, others, k, l,
                 [&](Index first, Index count, const Index* tables) {
                   call.launch(join_tables, count, kThreads, tables, count, k, l,
                               distance.data + first);
                 });
  call.finish();
}

void n_switched(Vector<const Label> a, Matrix<const Label> others, Index k, Index l,
                Vector<Index> switched, Stream stream) {
  require_equal("switched.shape[0]", switched.shape[0], others.shape[0]);
  require_equal("others.shape[1]", others.shape[1], a.shape[0]);
  const Call call(stream, {{"a", a}, {"others", others}, {"switched", switched}});
  check_labels(call, a, others, k, l);
  const Index b = others.shape[0];
  std::vector<Index> counts(b);
  for_each_batch(call, a, others, k, l,
                 [&](Index first, Index count, const Index* tables) {
                   const std::vector<Index> host = call.read(tables, count * k * l);
                   for_each_task(count, thread_count(count), [&](Index q, int) {
                     counts[first + q] =
                         a.shape[0] - heaviest_matching(host.data() + q * k * l, k, l);
                   });
                 });
  if (b > 0) {
    check(cudaMemcpyAsync(switched.data, counts.data(), b * sizeof(Index),
                          cudaMemcpyHostToDevice, call.stream()),
          "copying to the device");
  }
  call.finish();
}

}  // namespace rfcore::cuda
