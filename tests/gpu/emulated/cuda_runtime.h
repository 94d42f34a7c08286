// CUDA on the host, as far as rfcore's device code uses it: with this header in the
// place of CUDA's, the .cu files compile as C++ and their tests run without a device.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <tuple>

#include "block.hpp"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __shared__ static
#define __launch_bounds__(...)

using std::max;
using std::min;

struct dim3 {
  dim3(unsigned x_ = 1) : x(x_) {}
  unsigned x;
};

// Each name holds the value for the thread that runs.
inline emulated::Position threadIdx{[] { return emulated::block().thread(); }};
inline emulated::Position blockIdx{[] { return emulated::block().number; }};
inline emulated::Position blockDim{[] { return emulated::block().n_threads(); }};
inline emulated::Position gridDim{[] { return emulated::block().n_blocks; }};

inline void __syncthreads() {
  emulated::block().meet(0);
}
inline int __syncthreads_or(int flag) {
  return emulated::block().meet(flag);
}

template <class T>
T __shfl_sync(unsigned, T value, int lane) {
  return emulated::block().exchange(value)[lane];
}
template <class T>
T __shfl_xor_sync(unsigned, T value, int offset) {
  const int lane = emulated::block().thread() % emulated::kWarp;
  return emulated::block().exchange(value)[lane ^ offset];
}
inline unsigned __ballot_sync(unsigned, int flag) {
  const auto flags = emulated::block().exchange(flag);
  unsigned ballot = 0;
  for (int lane = 0; lane < emulated::kWarp; ++lane) {
    ballot |= static_cast<unsigned>(flags[lane] != 0) << lane;
  }
  return ballot;
}
inline int __all_sync(unsigned mask, int flag) {
  return __ballot_sync(mask, flag) == 0xffffffffu;
}
inline int __popc(unsigned bits) {
  return __builtin_popcount(bits);
}
inline int __ffs(unsigned bits) {
  return __builtin_ffs(static_cast<int>(bits));
}

// A thread runs alone until it waits, so every update is atomic.
template <class T>
T atomicAdd(T* to, T value) {
  const T before = *to;
  *to = before + value;
  return before;
}

enum cudaError_t { cudaSuccess, cudaErrorMemoryAllocation, cudaErrorLaunchFailure };
inline const char* cudaGetErrorName(cudaError_t error) {
  return error == cudaErrorMemoryAllocation ? "cudaErrorMemoryAllocation"
                                            : "cudaErrorLaunchFailure";
}
inline const char* cudaGetErrorString(cudaError_t error) {
  return error == cudaErrorMemoryAllocation ? "out of memory"
                                            : "threads wait for threads that are gone";
}
inline cudaError_t cudaGetLastError() {
  return cudaSuccess;
}

// No device is here; the host plays device 0.
inline cudaError_t cudaGetDeviceCount(int* count) {
  return *count = 0, cudaSuccess;
}
inline cudaError_t cudaGetDevice(int* device) {
  return *device = 0, cudaSuccess;
}
inline cudaError_t cudaSetDevice(int) {
  return cudaSuccess;
}

enum cudaMemoryType {
  cudaMemoryTypeUnregistered,
  cudaMemoryTypeDevice,
  cudaMemoryTypeManaged
};
struct cudaPointerAttributes {
  cudaMemoryType type;
  int device;
};
// Addresses below 1 MiB play memory of the host, those below 2 MiB memory of device 1.
inline cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes,
                                            const void* data) {
  const auto mebibyte = reinterpret_cast<std::uintptr_t>(data) >> 20;
  attributes->type = mebibyte == 0 ? cudaMemoryTypeUnregistered : cudaMemoryTypeDevice;
  attributes->device = mebibyte == 1;
  return cudaSuccess;
}

using cudaStream_t = struct EmulatedStream*;
inline cudaError_t cudaStreamSynchronize(cudaStream_t) {
  return cudaSuccess;
}

using cudaMemPool_t = struct EmulatedPool*;
enum { cudaMemAllocationTypePinned, cudaMemLocationTypeDevice };
enum { cudaMemPoolAttrReleaseThreshold };
struct cudaMemPoolProps {
  int allocType;
  struct {
    int type, id;
  } location;
};
inline cudaError_t cudaMemPoolCreate(cudaMemPool_t*, const cudaMemPoolProps*) {
  return cudaSuccess;
}
inline cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t, int, void*) {
  return cudaSuccess;
}
// Fresh memory is full of NaN and of -1, so that what is read unwritten shows.
inline cudaError_t cudaMallocFromPoolAsync(void** data, std::size_t size, cudaMemPool_t,
                                           cudaStream_t) {
  constexpr std::size_t kMemory = std::size_t{1} << 32;
  *data = size < kMemory ? std::malloc(size) : nullptr;
  if (*data == nullptr) return cudaErrorMemoryAllocation;
  std::memset(*data, 0xff, size);
  return cudaSuccess;
}
inline cudaError_t cudaFreeAsync(void* data, cudaStream_t) {
  return std::free(data), cudaSuccess;
}

enum cudaMemcpyKind { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost };
inline cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t size,
                                   cudaMemcpyKind, cudaStream_t) {
  return std::memcpy(to, from, size), cudaSuccess;
}
inline cudaError_t cudaMemsetAsync(void* to, int byte, std::size_t size, cudaStream_t) {
  return std::memset(to, byte, size), cudaSuccess;
}

struct cudaLaunchConfig_t {
  dim3 gridDim, blockDim;
  std::size_t dynamicSmemBytes;
  cudaStream_t stream;
};

// Few blocks at most, last first: kernels must loop, and must not rely on their order.
template <class... Parameters, class... Arguments>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config,
                               void (*kernel)(Parameters...),
                               Arguments&&... arguments) {
  constexpr unsigned kMaxBlocks = 3;
  const std::tuple<Parameters...> held(std::forward<Arguments>(arguments)...);
  const unsigned n_blocks = min(config->gridDim.x, kMaxBlocks);
  for (unsigned number = n_blocks; number-- > 0;) {
    const bool finished = emulated::run_block(number, n_blocks, config->blockDim.x,
                                              [&] { std::apply(kernel, held); });
    if (!finished) return cudaErrorLaunchFailure;
  }
  return cudaSuccess;
}
