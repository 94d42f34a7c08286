// The first of the highest values of a block's threads.
#pragma once

#include "device.cuh"

namespace rfcore::cuda {

// row < 0 stands for none.
struct Peak {
  double value;
  Index row;
};

__device__ inline Peak higher(Peak a, Peak b) {
  if (a.row < 0) return b;
  if (b.row < 0) return a;
  if (a.value == b.value) return a.row < b.row ? a : b;
  return a.value > b.value ? a : b;
}

// The highest peak of the block, in every thread. All threads call it together; the
// block is made of whole warps.
__device__ inline Peak block_peak(Peak own) {
  constexpr int kMaxWarps = 1024 / kWarp;
  __shared__ Peak peaks[kMaxWarps];
  for (int offset = kWarp / 2; offset > 0; offset /= 2) {
    const Peak other{__shfl_xor_sync(kWholeWarp, own.value, offset),
                     __shfl_xor_sync(kWholeWarp, own.row, offset)};
    own = higher(own, other);
  }
  if (threadIdx.x % kWarp == 0) peaks[threadIdx.x / kWarp] = own;
  __syncthreads();
  Peak best = peaks[0];
  for (int warp = 1; warp < static_cast<int>(blockDim.x) / kWarp; ++warp) {
    best = higher(best, peaks[warp]);
  }
  __syncthreads();
  return best;
}

}  // namespace rfcore::cuda
