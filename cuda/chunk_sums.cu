#include "chunk_sums.cuh"

namespace rfcore::cuda {
namespace {

// One warp per chunk. Every thread adds the same values in the same order; the warp
// only shares the loads.
__global__ void __launch_bounds__(kWarp)
    sum_each_chunk(const double* values, Index n, Index n_series, Index chunk_rows,
                   Index n_chunks, double* partials) {
  const Index lane = threadIdx.x;
  for (Index item = blockIdx.x; item < n_series * n_chunks; item += gridDim.x) {
    const double* series = values + item / n_chunks * n;
    const Index begin = item % n_chunks * chunk_rows;
    const Index end = min(n, begin + chunk_rows);
    double sum = 0.0;
    double next = begin + lane < end ? series[begin + lane] : 0.0;
    for (Index base = begin; base < end; base += kWarp) {
      const double value = next;
      const Index ahead = base + kWarp + lane;
      next = ahead < end ? series[ahead] : 0.0;
#pragma unroll
      for (int j = 0; j < kWarp; ++j) sum += __shfl_sync(kWholeWarp, value, j);
    }
    if (lane == 0) partials[item] = sum;
  }
}

}  // namespace

void sum_chunks(const Call& call, const double* values, Index n, Index n_series,
                double* partials) {
  const Chunks chunks(n);
  call.launch(sum_each_chunk, n_series * chunks.count, kWarp, values, n, n_series,
              chunks.rows, chunks.count, partials);
}

}  // namespace rfcore::cuda
