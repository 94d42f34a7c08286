#include "rfcore/summary.hpp"

#include "device.cuh"

namespace rfcore::cuda {
namespace {

constexpr int kThreads = 256;
constexpr Index kWarps = kThreads / kWarp;
// Frames that a block packs before it counts them, eight a byte, and in half words,
// since the device counts the bits of 32 at once.
constexpr Index kTileFrames = 16384;
constexpr Index kTileBytes = kTileFrames / kByteBits;
using Half = std::uint32_t;
constexpr Index kHalfBits = 32;
constexpr Index kTileHalves = kTileFrames / kHalfBits;

__global__ void __launch_bounds__(kThreads)
    find_no_flag(const Bit* flags, Index size, int* found) {
  for (Index i = grid_thread(); i < size; i += grid_threads()) {
    if (flags[i] > 1) *found = 1;
  }
}

// Eight flags, `step` apart, as a byte; 0 beyond the last.
__device__ Bit pack_eight(const Bit* flags, Index count, Index step) {
  unsigned byte = 0;
  for (Index i = 0; i < count; ++i) byte |= flags[i * step] << (kByteBits - 1 - i);
  return static_cast<Bit>(byte);
}

// One packed row for each group, then one with a bit for each frame; each of `halves`
// half words, 0 beyond the last frame.
__global__ void __launch_bounds__(kThreads)
    pack_presence(const Bit* presence, Index n, Index g, Index halves, Bit* masks) {
  const Index bytes = halves * (kHalfBits / kByteBits);
  const Bit ones = 1;
  for (Index e = grid_thread(); e < (g + 1) * bytes; e += grid_threads()) {
    const Index j = e / bytes, first = e % bytes * kByteBits;
    const Index count = min(kByteBits, max(Index{0}, n - first));
    masks[e] = j < g ? pack_eight(presence + first * g + j, count, g)
                     : pack_eight(&ones, count, 0);
  }
}

// A block counts one summary, tile by tile: all its threads pack, then each warp counts
// for the groups that are its own.
__global__ void __launch_bounds__(kThreads)
    count_shared(const Bit* selected, bool packed, Index n_summaries, Index n,
                 Index row_bytes, const Half* masks, Index halves, Index n_masks,
                 Index* counts) {
  __shared__ Half tile[kTileHalves];
  const Index lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp;
  for (Index q = blockIdx.x; q < n_summaries; q += gridDim.x) {
    const Bit* row = selected + q * row_bytes;
    for (Index j = warp; j < n_masks; j += kWarps) {
      if (lane == 0) counts[q * n_masks + j] = 0;
    }
    for (Index begin = 0; begin < n; begin += kTileFrames) {
      const Index frames = min(kTileFrames, n - begin);
      for (Index byte = threadIdx.x; byte < kTileBytes; byte += kThreads) {
        const Index first = begin + byte * kByteBits;
        const Index count = min(kByteBits, max(Index{0}, n - first));
        Bit eight = 0;
        if (count > 0) {
          eight = packed ? row[first / kByteBits] : pack_eight(row + first, count, 1);
        }
        reinterpret_cast<Bit*>(tile)[byte] = eight;
      }
      __syncthreads();
      const Index tile_halves = parts(frames, kHalfBits);
      for (Index j = warp; j < n_masks; j += kWarps) {
        const Half* mask = masks + j * halves + begin / kHalfBits;
        int sum = 0;
        for (Index w = lane; w < tile_halves; w += kWarp) {
          sum += __popc(tile[w] & mask[w]);
        }
        for (int offset = kWarp / 2; offset > 0; offset /= 2) {
          sum += __shfl_xor_sync(kWholeWarp, sum, offset);
        }
        if (lane == 0) counts[q * n_masks + j] += sum;
      }
      __syncthreads();
    }
  }
}

void check_flags(const Call& call, const Bit* flags, Index size, int* found) {
  call.launch(find_no_flag, parts(size, kThreads), kThreads, flags, size, found);
}

// Frames of each summary that show each group, and all its frames behind them.
struct Counts {
  Counts(const Call& call, Matrix<const Bit> selected, Matrix<const Bit> presence,
         bool packed)
      : n_masks(presence.shape[1] + 1), shared(call, selected.shape[0] * n_masks) {
    const Index b = selected.shape[0], n = presence.shape[0], g = presence.shape[1];
    const Index halves = parts(n, kHalfBits);
    const Buffer<int> found(call, 2);
    found.clear();
    if (!packed) check_flags(call, selected.data, selected.size(), found.get());
    check_flags(call, presence.data, presence.size(), found.get() + 1);
    const std::vector<int> no_flag = call.read(found.get(), 2);
    require(no_flag[1] == 0, summary::kPresence);
    require(no_flag[0] == 0, summary::kSelected);
    const Buffer<Half> masks(call, n_masks * halves);
    call.launch(pack_presence, parts(n_masks * halves, kThreads), kThreads,
                presence.data, n, g, halves, reinterpret_cast<Bit*>(masks.get()));
    call.launch(count_shared, b, kThreads, selected.data, packed, b, n,
                selected.shape[1], masks.get(), halves, n_masks, shared.get());
    // What all frames show, as if they were a summary.
    const Buffer<Index> all(call, n_masks);
    call.launch(count_shared, Index{1}, kThreads,
                reinterpret_cast<const Bit*>(masks.get() + g * halves), true, Index{1},
                n, packed_bytes(n), masks.get(), halves, n_masks, all.get());
    totals = call.read(all.get(), g);
  }

  Index n_masks;
  Buffer<Index> shared;
  std::vector<Index> totals;
};

__global__ void __launch_bounds__(kThreads)
    split_counts(const Index* shared, Index n_summaries, Index n_masks, Index* counts,
                 Index* sizes) {
  for (Index e = grid_thread(); e < n_summaries * n_masks; e += grid_threads()) {
    const Index q = e / n_masks, j = e % n_masks;
    if (j + 1 < n_masks) {
      counts[q * (n_masks - 1) + j] = shared[e];
    } else {
      sizes[q] = shared[e];
    }
  }
}

template <class T>
void write(const Call& call, const std::vector<T>& from, Vector<T> to) {
  if (from.empty()) return;
  check(cudaMemcpyAsync(to.data, from.data(), from.size() * sizeof(T),
                        cudaMemcpyHostToDevice, call.stream()),
        "copying to the device");
}

}  // namespace

void count_groups(Matrix<const Bit> selected, Matrix<const Bit> presence, bool packed,
                  Matrix<Index> counts, Vector<Index> sizes, Stream stream) {
  summary::check_shapes(selected, presence, packed, sizes.shape[0]);
  require_equal("counts.shape[0]", counts.shape[0], sizes.shape[0]);
  require_equal("counts.shape[1]", counts.shape[1], presence.shape[1]);
  const Call call(stream, {{"selected", selected},
                           {"presence", presence},
                           {"counts", counts},
                           {"sizes", sizes}});
  const Counts found(call, selected, presence, packed);
  const Index b = selected.shape[0];
  call.launch(split_counts, parts(b * found.n_masks, kThreads), kThreads,
              found.shared.get(), b, found.n_masks, counts.data, sizes.data);
  call.finish();
}

void sum_bal(Matrix<const Bit> selected, Matrix<const Bit> presence, bool packed,
             Vector<double> values, Vector<Label> violating, Stream stream) {
  summary::check_shapes(selected, presence, packed, values.shape[0]);
  require_equal("violating.shape[0]", violating.shape[0], values.shape[0]);
  const Call call(stream, {{"selected", selected},
                           {"presence", presence},
                           {"values", values},
                           {"violating", violating}});
  const Counts found(call, selected, presence, packed);
  const Index b = selected.shape[0], g = presence.shape[1];
  const std::vector<Index> shared = call.read(found.shared.get(), b * found.n_masks);
  std::vector<Index> counts(b * g), sizes(b);
  for (Index q = 0; q < b; ++q) {
    std::copy_n(shared.data() + q * found.n_masks, g, counts.data() + q * g);
    sizes[q] = shared[q * found.n_masks + g];
  }
  std::vector<double> ratios(b);
  std::vector<Label> groups(b);
  summary::compare_shares(counts, sizes, found.totals, presence.shape[0],
                          {ratios.data(), {b}}, {groups.data(), {b}});
  write(call, ratios, values);
  write(call, groups, violating);
  call.finish();
}

}  // namespace rfcore::cuda
