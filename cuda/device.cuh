// What the device kernels share: checked calls, the device and stream of a call, its
// temporary memory and its launches.
#pragma once

#include <cuda_runtime.h>

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <utility>
#include <vector>

#include "rfcore/cuda.hpp"

namespace rfcore::cuda {

constexpr int kWarp = 32;
constexpr unsigned kWholeWarp = 0xffffffffu;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Turns a status into an exception, and takes it off the runtime's record so that no
// later call is blamed for it.
void check(cudaError_t status, const char* action);

struct Argument {
  // An empty array has no address, so it lives everywhere.
  template <class T, int R>
  Argument(const char* name_, const View<T, R>& view)
      : name(name_), data(view.size() > 0 ? view.data : nullptr) {}
  Argument(const char* name_, const void* data_) : name(name_), data(data_) {}

  const char* name;
  const void* data;
};

// One call from the host: the device where its arrays live, current as long as the call
// lasts, and its stream.
class Call {
 public:
  Call(Stream stream, std::initializer_list<Argument> arrays);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  cudaStream_t stream() const { return stream_; }

  // The device's pool for temporary memory.
  cudaMemPool_t pool() const;

  // Waits for the stream: a fault in a kernel belongs to the call that launched it.
  void finish() const { check(cudaStreamSynchronize(stream_), "running a kernel"); }

  // Queues a kernel; its blocks loop where there is more work than blocks.
  template <class... Parameters, class... Arguments>
  void launch(void (*kernel)(Parameters...), Index blocks, int threads,
              Arguments&&... arguments) const {
    if (blocks == 0) return;
    constexpr Index kMaxBlocks = std::numeric_limits<std::int32_t>::max();
    cudaLaunchConfig_t config{};
    config.gridDim = dim3(static_cast<unsigned>(std::min(blocks, kMaxBlocks)));
    config.blockDim = dim3(static_cast<unsigned>(threads));
    config.stream = stream_;
    check(cudaLaunchKernelEx(&config, kernel, std::forward<Arguments>(arguments)...),
          "launching a kernel");
  }

  // A copy on the host, once the stream has come so far.
  template <class T>
  std::vector<T> read(const T* data, Index count) const {
    std::vector<T> values(count);
    if (count > 0) {
      check(cudaMemcpyAsync(values.data(), data, count * sizeof(T),
                            cudaMemcpyDeviceToHost, stream_),
            "copying to the host");
    }
    finish();
    return values;
  }

 private:
  cudaStream_t stream_;
  int device_ = 0;
  int previous_ = 0;
};

// Temporary memory of a call, given back in stream order on every path.
template <class T>
class Buffer {
 public:
  Buffer(const Call& call, Index count) : stream_(call.stream()), count_(count) {
    if (count == 0) return;
    void* data = nullptr;
    // More than any device has, and far from where a size in bytes overflows.
    constexpr Index kMost = Index{1} << 48;
    check(count > kMost ? cudaErrorMemoryAllocation : cudaSuccess, kAllocating);
    check(cudaMallocFromPoolAsync(&data, count * sizeof(T), call.pool(), stream_),
          kAllocating);
    data_ = static_cast<T*>(data);
  }
  ~Buffer() {
    if (data_ != nullptr) cudaFreeAsync(data_, stream_);
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  T* get() const { return data_; }

  void clear() const {
    if (count_ == 0) return;
    check(cudaMemsetAsync(data_, 0, count_ * sizeof(T), stream_), "clearing memory");
  }

 private:
  static constexpr const char* kAllocating = "allocating temporary memory";

  cudaStream_t stream_;
  Index count_;
  T* data_ = nullptr;
};

// Parts of size `part` that cover `whole`.
__host__ __device__ constexpr Index parts(Index whole, Index part) {
  return (whole + part - 1) / part;
}

// The calling thread's number in its grid, and the number of threads there.
__device__ inline Index grid_thread() {
  return static_cast<Index>(blockIdx.x) * blockDim.x + threadIdx.x;
}
__device__ inline Index grid_threads() {
  return static_cast<Index>(gridDim.x) * blockDim.x;
}

}  // namespace rfcore::cuda
