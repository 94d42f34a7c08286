// Devices, the place of a call, and the pools of temporary memory.
#include "device.cuh"

#include <map>
#include <mutex>
#include <string>

namespace rfcore::cuda {
namespace {

constexpr std::uint64_t kKeptBytes = std::uint64_t{64} << 20;

cudaStream_t handle(Stream stream) {
  return reinterpret_cast<cudaStream_t>(stream.address);
}

// 1 is another name of the default stream.
bool same(Stream a, Stream b) {
  return a.address == b.address || (a.address <= 1 && b.address <= 1);
}

int device_of(const Argument& array) {
  cudaPointerAttributes attributes{};
  check(cudaPointerGetAttributes(&attributes, array.data), array.name);
  if (attributes.type != cudaMemoryTypeDevice &&
      attributes.type != cudaMemoryTypeManaged) {
    throw DeviceError(std::string(array.name) +
                      " should live on the device, not on "
                      "the host");
  }
  return attributes.device;
}

}  // namespace

void check(cudaError_t status, const char* action) {
  if (status == cudaSuccess) return;
  cudaGetLastError();
  throw DeviceError(std::string(action) + ": " + cudaGetErrorName(status) + ", " +
                    cudaGetErrorString(status));
}

const char* backend() noexcept {
#ifdef RFCORE_CUDA_EMULATED
  return "emulated";
#else
  return "cuda";
#endif
}

int device_count() noexcept {
  int count = 0;
  if (cudaGetDeviceCount(&count) == cudaSuccess) return count;
  cudaGetLastError();
  return 0;
}

bool is_available() noexcept {
  return device_count() > 0;
}

void wait_for(const char* name, const void* data, Stream producer, Stream stream) {
  if (data == nullptr || same(producer, stream)) return;
  const Call call(producer, {{name, data}});
  call.finish();
}

Call::Call(Stream stream, std::initializer_list<Argument> arrays)
    : stream_(handle(stream)) {
  check(cudaGetDevice(&previous_), "looking for a device");
  device_ = previous_;
  const Argument* first = nullptr;
  for (const Argument& array : arrays) {
    if (array.data == nullptr) continue;
    const int device = device_of(array);
    if (first == nullptr) {
      first = &array;
      device_ = device;
    } else if (device != device_) {
      throw DeviceError(std::string(array.name) + " lives on device " +
                        std::to_string(device) + ", " + first->name + " on device " +
                        std::to_string(device_));
    }
  }
  if (device_ != previous_) check(cudaSetDevice(device_), "choosing a device");
}

Call::~Call() {
  if (device_ != previous_) cudaSetDevice(previous_);
}

cudaMemPool_t Call::pool() const {
  static std::mutex mutex;
  static std::map<int, cudaMemPool_t> pools;
  const std::lock_guard<std::mutex> lock(mutex);
  const auto found = pools.find(device_);
  if (found != pools.end()) return found->second;
  cudaMemPoolProps properties{};
  properties.allocType = cudaMemAllocationTypePinned;
  properties.location.type = cudaMemLocationTypeDevice;
  properties.location.id = device_;
  cudaMemPool_t pool = nullptr;
  check(cudaMemPoolCreate(&pool, &properties), "making a memory pool");
  std::uint64_t kept = kKeptBytes;
  check(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &kept),
        "making a memory pool");
  return pools[device_] = pool;
}

}  // namespace rfcore::cuda
