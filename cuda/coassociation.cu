#include "rfcore/coassociation.hpp"

#include "device.cuh"

namespace rfcore::cuda {
namespace {

using Count = std::uint16_t;

constexpr int kThreads = 256;
// Rows and columns of the block of S that a block of threads counts.
constexpr int kSide = 64;
// Each thread counts a square of entries, this far apart so that lanes share lines.
constexpr int kApart = 16;
constexpr int kOwn = kSide / kApart;
// Partitions whose labels are in shared memory at a time.
constexpr int kRuns = 32;

__device__ Count as_entry(Count count, Index, Count) {
  return count;
}
__device__ float as_entry(Count count, Index r, float) {
  return static_cast<float>(count) / static_cast<float>(r);
}

// The labels of a block's rows for some partitions.
__device__ void stage(const Label* labels, Index n, Index first, Index begin, int count,
                      Label (*staged)[kSide]) {
  for (int e = threadIdx.x; e < count * kSide; e += kThreads) {
    const Index row = begin + e % kSide;
    if (row < n) staged[e / kSide][e % kSide] = labels[(first + e / kSide) * n + row];
  }
}

// Blocks on and above the diagonal are counted, the others are their mirror images.
template <class T>
__global__ void __launch_bounds__(kThreads)
    count_blocks(const Label* labels, Index r, Index n, Index n_blocks, T* S) {
  __shared__ Label rows[kRuns][kSide], columns[kRuns][kSide];
  __shared__ Count tile[kSide][kSide + 2];
  const int y = threadIdx.x / kApart, x = threadIdx.x % kApart;
  for (Index item = blockIdx.x; item < n_blocks * n_blocks; item += gridDim.x) {
    const Index row = item / n_blocks * kSide, column = item % n_blocks * kSide;
    if (row > column) continue;
    Count counts[kOwn][kOwn] = {};
    for (Index first = 0; first < r; first += kRuns) {
      const int count = static_cast<int>(min(static_cast<Index>(kRuns), r - first));
      stage(labels, n, first, row, count, rows);
      stage(labels, n, first, column, count, columns);
      __syncthreads();
      for (int p = 0; p < count; ++p) {
        for (int a = 0; a < kOwn; ++a) {
          for (int b = 0; b < kOwn; ++b) {
            counts[a][b] += rows[p][y + a * kApart] == columns[p][x + b * kApart];
          }
        }
      }
      __syncthreads();
    }
    for (int a = 0; a < kOwn; ++a) {
      for (int b = 0; b < kOwn; ++b) {
        tile[y + a * kApart][x + b * kApart] = counts[a][b];
      }
    }
    __syncthreads();
    for (int e = threadIdx.x; e < kSide * kSide; e += kThreads) {
      const int i = e / kSide, j = e % kSide;
      if (row + i < n && column + j < n) {
        S[(row + i) * n + column + j] = as_entry(tile[i][j], r, T{});
      }
      if (row != column && column + i < n && row + j < n) {
        S[(column + i) * n + row + j] = as_entry(tile[j][i], r, T{});
      }
    }
    __syncthreads();
  }
}

}  // namespace

template <class T>
void co_association(Matrix<const Label> labels, Matrix<T> S, Stream stream) {
  const Index r = labels.shape[0], n = labels.shape[1];
  require_co_association(r, n, S.shape);
  const Call call(stream, {{"labels", labels}, {"S", S}});
  const Index n_blocks = parts(n, kSide);
  call.launch(count_blocks<T>, n_blocks * n_blocks, kThreads, labels.data, r, n,
              n_blocks, S.data);
  call.finish();
}

template void co_association<Count>(Matrix<const Label>, Matrix<Count>, Stream);
template void co_association<float>(Matrix<const Label>, Matrix<float>, Stream);

}  // namespace rfcore::cuda
