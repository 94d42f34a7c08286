// The only place where a Python array on a device becomes a view.
#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <string>
#include <utility>
#include <vector>

#include "rfcore/cuda.hpp"

namespace rfcore::bind {

namespace py = pybind11;

// The array interface's word for a type.
template <class T>
constexpr const char* kTypestr = nullptr;
template <>
inline constexpr const char* kTypestr<float> = "<f4";
template <>
inline constexpr const char* kTypestr<double> = "<f8";
template <>
inline constexpr const char* kTypestr<std::uint16_t> = "<u2";
template <>
inline constexpr const char* kTypestr<Label> = "<i4";
template <>
inline constexpr const char* kTypestr<Index> = "<i8";
template <>
inline constexpr const char* kTypestr<std::uint8_t> = "|u1";

// What an object says of itself by the CUDA Array Interface, version 2 or 3:
// https://numba.readthedocs.io/en/stable/cuda/cuda_array_interface.html
// Whether the address lies on a device is for rfcore::cuda to see.
class DeviceArray {
 public:
  DeviceArray(const py::object& array, const char* name) : name_(name) {
    const py::dict interface = read_interface(array);
    const int version = entry<int>(interface, "version");
    if (version != 2 && version != 3) {
      reject("version=" + std::to_string(version) + " should be 2 or 3");
    }
    if (has(interface, "mask")) reject("mask should be None");
    typestr_ = entry<std::string>(interface, "typestr");
    shape_ = entry<std::vector<Index>>(interface, "shape");
    std::tie(address_, read_only_) =
        entry<std::pair<std::uintptr_t, bool>>(interface, "data");
    if (has(interface, "strides")) {
      strides_ = entry<std::vector<Index>>(interface, "strides");
      if (strides_.size() != shape_.size()) reject("strides should match the shape");
    }
    if (has(interface, "stream")) {
      producer_.address = entry<std::uintptr_t>(interface, "stream");
      if (producer_.address == 0) reject("stream=0 should be 1, 2 or an address");
    }
  }

  const std::string& name() const { return name_; }
  const std::string& typestr() const { return typestr_; }

  template <int R, class T>
  View<const T, R> in() const {
    const View<T, R> view = as_view<R, T>();
    return {view.data, view.shape};
  }

  template <int R, class T>
  View<T, R> out() const {
    require(!read_only_, (name_ + " should be writable").c_str());
    return as_view<R, T>();
  }

  // An exporter that names its stream may still be writing.
  void wait(cuda::Stream stream) const {
    if (size() == 0 || producer_.address == 0) return;
    cuda::wait_for(name_.c_str(), reinterpret_cast<const void*>(address_), producer_,
                   stream);
  }

 private:
  [[noreturn]] void reject(const std::string& reason) const {
    throw py::value_error(name_ + ".__cuda_array_interface__ " + reason);
  }

  // Only a missing attribute means an array of the host: a tensor that refuses to be
  // read says why.
  py::dict read_interface(const py::object& array) const {
    try {
      return array.attr("__cuda_array_interface__");
    } catch (py::error_already_set& error) {
      if (!error.matches(PyExc_AttributeError)) throw;
    }
    const py::type type = py::type::of(array);
    throw DeviceError(name_ + " should be an array on the device, not a " +
                      type.attr("__module__").cast<std::string>() + "." +
                      type.attr("__qualname__").cast<std::string>());
  }

  static bool has(const py::dict& interface, const char* key) {
    return interface.contains(key) && !interface[key].is_none();
  }

  template <class T>
  T entry(const py::dict& interface, const char* key) const {
    try {
      if (has(interface, key)) return interface[key].cast<T>();
    } catch (const py::cast_error&) {
    }
    reject("should have a valid '" + std::string(key) + "'");
  }

  Index size() const {
    Index product = 1;
    for (Index extent : shape_) product *= extent;
    return product;
  }

  // Strides of axes of one step, and of empty arrays, say nothing about the order.
  bool is_ordered(Index item_size) const {
    if (strides_.empty() || size() == 0) return true;
    Index expected = item_size;
    for (std::size_t axis = shape_.size(); axis-- > 0;) {
      if (shape_[axis] > 1 && strides_[axis] != expected) return false;
      expected *= shape_[axis];
    }
    return true;
  }

  template <int R, class T>
  View<T, R> as_view() const {
    if (typestr_ != kTypestr<T>) {
      throw py::type_error(name_ + ".typestr='" + typestr_ + "' should be '" +
                           kTypestr<T> + "'");
    }
    require_equal((name_ + ".ndim").c_str(), static_cast<Index>(shape_.size()), R);
    require(is_ordered(sizeof(T)), (name_ + " should be C-contiguous").c_str());
    if (size() > 0 && (address_ == 0 || address_ % sizeof(T) != 0)) {
      reject("data=" + std::to_string(address_) + " should be an aligned address");
    }
    View<T, R> view;
    view.data = reinterpret_cast<T*>(address_);
    std::copy(shape_.begin(), shape_.end(), view.shape.begin());
    return view;
  }

  std::string name_, typestr_;
  std::vector<Index> shape_, strides_;
  std::uintptr_t address_ = 0;
  bool read_only_ = false;
  cuda::Stream producer_;
};

}  // namespace rfcore::bind
